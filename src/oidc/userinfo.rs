//! The userinfo endpoint (OIDC Core §5.3): one read, and what the person let this client know.

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde_json::{Map, Value, json};

use super::error::{OAuthError, Problem};
use super::{body, interaction, proof};
use crate::audit::{self, Event};
use crate::base::id::PersonId;
use crate::base::{Actor, Fault};
use crate::client::{Client, Purpose, Recipient};
use crate::grant::access_token::{self, Bearer};
use crate::grant::verified::{self, Question};
use crate::grant::{Granted, claims, holder, level};
use crate::http::form::is_form;
use crate::http::machine::Machine;
use crate::http::paths;
use crate::identity::subject;
use crate::protocol::bearer::{Presented, Requirement};
use crate::protocol::claims_request::Place;
use crate::protocol::scope::OPENID;
use crate::protocol::{Refusal, bearer};

pub async fn endpoint(mut machine: Machine, request: Request) -> Response {
    let mut required = None;
    let mut response = match answer(&mut machine, request, &mut required).await {
        Ok(mut response) => {
            proof::offer_nonce(&machine, response.headers_mut());
            response
        }
        Err(problem) => OAuthError::at_resource(&machine, problem).requiring(required).into_response(),
    };
    interaction::name(&machine, response.headers_mut());
    response
}

async fn answer(
    machine: &mut Machine,
    request: Request,
    required: &mut Option<Requirement>,
) -> Result<Response, Problem> {
    let shown = presented(machine, request).await?;
    let (token, now) = (&shown.token, machine.moment.now);
    let found =
        access_token::find_with_person(&mut machine.app.db.read(), &machine.app.keys, now, token.expose())
            .await?;
    let Bearer { mut token, about } = found.ok_or(Refusal::AccessTokenUnknown)?;
    token.check(now)?;
    let settings = &machine.app.settings;
    // RFC 8707 §2: what was made for a resource opens nothing else.
    if !token.is_for(&[&settings.issuer, &settings.url(paths::USERINFO)]) {
        return Err(Refusal::AccessTokenWrongKind.into());
    }
    let client = holder::of(&machine.app.clients, &mut token).await?.ok_or(Refusal::AccessTokenRevoked)?;
    let (Some(family), Some(about)) = (&token.family, &about) else {
        return Err(Refusal::AccessTokenWrongKind.into());
    };
    if !token.scope.contains(OPENID) {
        return Err(Refusal::ScopeInsufficient.into());
    }
    machine.moment.actor = Actor::Client(client.client_id.clone());
    proof::at_resource(machine, &client, &shown, token.carries.confirmation.as_ref()).await?;
    if let Some(demanded) = level::required(&client)
        && let Err(refusal) = level::suffices(&demanded, &family.granted.facts, now)
    {
        *required = Some(demanded);
        return Err(refusal.into());
    }
    let trust = &machine.app.authenticator.trust;
    let recipient = trust.recipient(machine.moment.now, &client, Purpose::Userinfo).await?;
    let mut told = claims::for_userinfo(about, &family.granted, &token.scope);
    let question =
        Question { about, granted: &family.granted, sector: &client.sector, place: Place::UserInfo, now };
    let verified = verified::tell(&mut machine.app.db.read(), &machine.app.keys, &question).await?;
    told.extend(verified.map(|value| ("verified_claims".to_owned(), value)));
    if claims::releases_number(&told) {
        record_release(machine, (&family.granted.person, &token.client_id)).await?;
    }
    let for_whom = (&*client, recipient.as_ref());
    respond(machine, for_whom, &family.granted, told)
}

/// The token from the header, or from the body of a POST (RFC 6750 §2).
pub(super) async fn presented(machine: &Machine, request: Request) -> Result<Presented, Refusal> {
    let kind = machine.header(CONTENT_TYPE).unwrap_or_default();
    let params = match request.method() == Method::POST && is_form(kind) {
        true => Some(body::params(request).await?),
        false => None,
    };
    bearer::access_token(machine.authorization().as_deref(), params.as_ref())
}

/// The full number leaves only together with the row that says so.
async fn record_release(machine: &Machine, (person, client): (&PersonId, &str)) -> Result<(), Fault> {
    let mut tx = machine.app.db.begin().await?;
    let event = Event::NumberReleased { person, client };
    audit::record(&mut tx, &machine.moment, event).await?;
    tx.commit().await
}

fn respond(
    machine: &Machine,
    (client, recipient): (&Client, Option<&Recipient>),
    granted: &Granted,
    told: Map<String, Value>,
) -> Result<Response, Problem> {
    let sub = subject::of_person(&machine.app.keys, &client.sector, &granted.person);
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), json!(sub));
    answer.extend(told);
    let random = &*machine.moment.random;
    let token = match (client.metadata.userinfo_signed_response_alg, recipient) {
        (None, None) => return Ok(Json(answer).into_response()),
        (None, Some(recipient)) => recipient.seal_claims(random, &Value::Object(answer).to_string())?,
        (Some(algorithm), recipient) => {
            // OIDC Core §5.3.2: a signed answer says who signs and for whom.
            answer.insert("iss".to_owned(), json!(machine.app.settings.issuer));
            answer.insert("aud".to_owned(), json!(client.client_id));
            let signed = machine.app.keys.signing.signer(algorithm)?.sign("JWT", &answer)?;
            match recipient {
                Some(recipient) => recipient.seal(random, &signed)?,
                None => signed,
            }
        }
    };
    let mut response = token.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwt"));
    Ok(response)
}
