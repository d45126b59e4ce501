//! Introspection (RFC 7662): a resource asks whether a token lives. One read.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};

use super::body;
use super::error::{OAuthError, Problem};
use crate::base::Fault;
use crate::client::Client;
use crate::grant::access_token::{self, AccessToken};
use crate::grant::family::{Family, Life};
use crate::grant::refresh;
use crate::http::machine::Machine;
use crate::identity::subject;
use crate::protocol::client_auth::ClientAuth;
use crate::protocol::introspection::{ActiveToken, Introspection, TokenQuestion};
use crate::protocol::{Params, Refusal};

pub async fn post(machine: Machine, request: Request) -> Response {
    match answer(&machine, request).await {
        Ok(answer) => Json(answer).into_response(),
        Err(problem) => OAuthError::new(&machine, problem).into_response(),
    }
}

async fn answer(machine: &Machine, request: Request) -> Result<Introspection, Problem> {
    let params = body::params(request).await?;
    let caller = caller(machine, &params).await?;
    let question = TokenQuestion::parse(&params)?;
    let token = question.token.expose();
    let active = if token.starts_with(access_token::PREFIX) {
        access(machine, token).await?
    } else if token.starts_with(refresh::PREFIX) {
        refresh_of(machine, &caller, token).await?
    } else {
        None
    };
    Ok(active.map_or(Introspection::INACTIVE, Introspection::active))
}

/// RFC 7662 §2.1: only who can show who they are; a public client cannot.
async fn caller(machine: &Machine, params: &Params) -> Result<Arc<Client>, Problem> {
    let presented = ClientAuth::find(machine.authorization().as_deref(), params)?;
    let caller = machine.app.authenticator.authenticate(&machine.moment, &presented).await?;
    if caller.is_public() { Err(Refusal::CallerNotAllowed.into()) } else { Ok(caller) }
}

async fn access(machine: &Machine, token: &str) -> Result<Option<ActiveToken>, Fault> {
    let now = machine.moment.now;
    let found = access_token::find(&mut machine.app.db.read(), now, token).await?;
    let Some(token) = found.filter(|token| token.check(now).is_ok()) else { return Ok(None) };
    let AccessToken { client_id, scope, issued_at, expires_at, family, carries, .. } = token;
    // Issued at another node in the moment the client went or was switched off.
    let client = machine.app.clients.find(&client_id).await?;
    if client.is_none_or(|client| client.usable().is_err()) {
        return Ok(None);
    }
    let issuer = machine.app.settings.issuer.as_str();
    let mut active =
        ActiveToken::new(issuer, client_id.as_str(), scope, issued_at.seconds(), expires_at.seconds());
    match family {
        Some(family) => tell_about(machine, &mut active, &family).await?,
        // RFC 7662 §2.2: a token of the client itself is about the client.
        None => active.sub = Some(client_id),
    }
    // RFC 8707 §2: whom the token is for, when it is for somebody in particular.
    if !carries.audience.is_empty() {
        active.aud = carries.audience;
    }
    active.authorization_details = carries.details;
    Ok(Some(active))
}

/// A refresh token is nobody's business but its own client's.
async fn refresh_of(machine: &Machine, caller: &Client, token: &str) -> Result<Option<ActiveToken>, Fault> {
    let now = machine.moment.now;
    let Some(found) = refresh::find(&mut machine.app.db.read(), now, token).await? else { return Ok(None) };
    let own = found.family.granted.client_id == caller.client_id;
    let alive = found.family.life == Life::Alive && found.expires_at > now && !found.is_used();
    if !own || !alive {
        return Ok(None);
    }
    let issuer = machine.app.settings.issuer.as_str();
    let scope = found.family.granted.scope.clone();
    let (iat, exp) = (found.issued_at.seconds(), found.expires_at.seconds());
    let mut active = ActiveToken::new(issuer, caller.client_id.as_str(), scope, iat, exp);
    tell_about(machine, &mut active, &found.family).await?;
    Ok(Some(active))
}

/// The person as the token's own client knows them, whoever asks.
async fn tell_about(machine: &Machine, active: &mut ActiveToken, family: &Family) -> Result<(), Fault> {
    let granted = &family.granted;
    if let Some(client) = machine.app.clients.find(&granted.client_id).await? {
        active.sub = Some(subject::of_person(&machine.app.keys, &client.sector, &granted.person));
    }
    active.aud = vec![granted.client_id.clone()];
    active.sid = Some(family.sid.to_string());
    active.acr = Some(granted.facts.acr);
    active.auth_time = Some(granted.facts.auth_time.seconds());
    Ok(())
}
