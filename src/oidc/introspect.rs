//! Introspection (RFC 7662): a resource asks whether a token lives, and gets JSON or a signed answer (RFC 9701). One read.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::error::Problem;
use super::{body, direct};
use crate::base::Fault;
use crate::client::{Client, Purpose, policy};
use crate::grant::access_token::{self, AccessToken, Carries};
use crate::grant::family::{Family, Life};
use crate::grant::{holder, refresh, token_text};
use crate::http::machine::Machine;
use crate::protocol::introspection::{ActiveToken, Introspection, SignedIntrospection, TokenQuestion};
use crate::protocol::{Params, Refusal};

pub async fn post(machine: Machine, request: Request) -> Response {
    // Whether a token lives is true for this moment only.
    direct::told(&machine, answer(&machine, request).await)
}

async fn answer(machine: &Machine, request: Request) -> Result<Response, Problem> {
    let signed = SignedIntrospection::is_wanted(machine.header(ACCEPT).unwrap_or_default());
    let params = body::params(request).await?;
    let caller = caller(machine, &params).await?;
    let question = TokenQuestion::parse(&params)?;
    let token = question.token.expose();
    let active = match token.starts_with(refresh::PREFIX) {
        true => refresh_of(machine, &caller, token).await?,
        false => access(machine, &caller, token).await?,
    };
    let said = active.map_or(Introspection::INACTIVE, Introspection::active);
    match signed {
        true => sign(machine, &caller, &said).await,
        false => Ok(Json(said).into_response()),
    }
}

/// RFC 9701 §5.
async fn sign(machine: &Machine, caller: &Client, said: &Introspection) -> Result<Response, Problem> {
    let claims = SignedIntrospection {
        iss: &machine.app.settings.issuer,
        aud: &caller.client_id,
        iat: machine.moment.now.seconds(),
        token_introspection: said,
    };
    let signer = machine.app.keys.signing.signer(policy::introspection_algorithm(caller))?;
    let signed = signer.sign(SignedIntrospection::TYP, &claims)?;
    let trust = &machine.app.authenticator.trust;
    let sealed = trust.seal(&machine.moment, caller, (Purpose::Introspection, signed)).await?;
    let mut response = sealed.into_response();
    let kind = HeaderValue::from_static(SignedIntrospection::MEDIA_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

/// RFC 7662 §2.1: only who can show who they are; a public client cannot.
async fn caller(machine: &Machine, params: &Params) -> Result<Arc<Client>, Problem> {
    let caller = direct::caller(machine, params).await?;
    if caller.is_public() { Err(Refusal::CallerNotAllowed.into()) } else { Ok(caller) }
}

async fn access(machine: &Machine, caller: &Client, token: &str) -> Result<Option<ActiveToken>, Fault> {
    let now = machine.moment.now;
    let found = access_token::find(&mut machine.app.db.read(), &machine.app.keys, now, token).await?;
    let Some(mut token) = found.filter(|token| token.check(now).is_ok() && may_ask(caller, token)) else {
        return Ok(None);
    };
    let Some(client) = holder::of(&machine.app.clients, &mut token).await? else { return Ok(None) };
    let issuer = machine.app.settings.issuer.as_str();
    let (iat, exp) = (token.issued_at.seconds(), token.expires_at.seconds());
    let mut active = ActiveToken::new(issuer, token.client_id.as_str(), token.scope.clone(), iat, exp);
    active.aud = token.carries.told_audience(issuer);
    active.bind(token.carries.confirmation.as_ref());
    active.act = token.carries.actor.clone();
    active.authorization_details = details_for(caller, &token);
    tell_about((machine, &client), &mut active, (token.family.as_ref(), &token.carries));
    Ok(Some(active))
}

/// RFC 7662 §4: a token that names whom it is for is the business of its client and of those; one that names nobody may be
/// shown to any system, so that any system that shows who it is may ask.
fn may_ask(caller: &Client, token: &AccessToken) -> bool {
    let audience = &token.carries.audience;
    audience.is_empty() || token.client_id == caller.client_id || caller.powers.stands_for_any(audience)
}

/// RFC 9396 §9.2: a resource hears of the details that are for it, and of those that are for no place in particular.
fn details_for(caller: &Client, token: &AccessToken) -> Vec<Value> {
    let own = token.client_id == caller.client_id;
    let concerns = |detail: &&Value| {
        let locations = detail.get("locations").and_then(Value::as_array);
        let place =
            |one: &Value| one.as_str().is_some_and(|one| caller.powers.stands_for_any(&[one.to_owned()]));
        own || locations.is_none_or(|locations| locations.is_empty() || locations.iter().any(place))
    };
    token.carries.details.iter().filter(concerns).cloned().collect()
}

/// A refresh token is nobody's business but its own client's.
async fn refresh_of(machine: &Machine, caller: &Client, token: &str) -> Result<Option<ActiveToken>, Fault> {
    let now = machine.moment.now;
    let found = refresh::find(&mut machine.app.db.read(), now, token).await?;
    let Some(mut found) = found else { return Ok(None) };
    let own = found.family.granted.client_id == caller.client_id;
    let alive = found.family.life == Life::Alive && found.expires_at > now && !found.is_used();
    if !own || !alive {
        return Ok(None);
    }
    found.family.granted.narrow_to(caller);
    let issuer = machine.app.settings.issuer.as_str();
    let scope = found.family.granted.scope.clone();
    let (iat, exp) = (found.issued_at.seconds(), found.expires_at.seconds());
    let mut active = ActiveToken::new(issuer, caller.client_id.as_str(), scope, iat, exp);
    active.aud = vec![issuer.to_owned()];
    active.cnf = found.family.granted.facts.confirmation.clone();
    tell_about((machine, caller), &mut active, (Some(&found.family), &Carries::default()));
    Ok(Some(active))
}

/// Whom the token is about, as the sector it is for knows them, whoever asks.
fn tell_about(
    (machine, client): (&Machine, &Client),
    active: &mut ActiveToken,
    (family, carries): (Option<&Family>, &Carries),
) {
    let granted = family.map(|family| &family.granted);
    active.sub = Some(token_text::subject(&machine.app.keys, client, granted, carries));
    let Some(family) = family else { return };
    let facts = &family.granted.facts;
    // A `sid` is the part of the client that signed the person in; an exchanged token is another's.
    active.sid = carries.sector.is_none().then(|| family.sid.to_string());
    active.acr = Some(facts.acr);
    active.amr = facts.amr.clone();
    active.auth_time = Some(facts.auth_time.seconds());
}
