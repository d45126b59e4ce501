//! Pushed authorization requests (RFC 9126): a client hands its request over directly and gets a name for it.

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::check::Door;
use super::error::{OAuthError, Problem};
use super::{accept, arrival, body, proof};
use crate::base::Actor;
use crate::client::Client;
use crate::grant::pushed::{self, Pushed};
use crate::http::machine::Machine;
use crate::protocol::client_auth::ClientAuth;
use crate::protocol::{Params, Refusal};

/// RFC 9126 §2.2.
#[derive(Serialize)]
struct Answer {
    request_uri: String,
    /// Seconds.
    expires_in: u64,
}

pub async fn post(mut machine: Machine, request: Request) -> Response {
    match answer(&mut machine, request).await {
        Ok(answer) => {
            let mut response = (StatusCode::CREATED, Json(answer)).into_response();
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
            proof::offer_nonce(&machine, headers);
            response
        }
        Err(problem) => OAuthError::new(&machine, problem).into_response(),
    }
}

async fn answer(machine: &mut Machine, request: Request) -> Result<Answer, Problem> {
    let params = body::params(request).await?;
    let client = identify(machine, &params).await?;
    machine.moment.actor = Actor::Client(client.client_id.clone());
    let (draft, carried) = arrival::pushed(&machine.app, machine.moment.now, &client, params).await?;
    let mut request = accept::request(draft)?;
    if request.client_id != client.client_id {
        return Err(Refusal::ClientIdMismatch.into());
    }
    // RFC 9126 §2.4 would allow addresses nobody registered; we do not.
    client.find_redirect(request.redirect_uri.as_str()).ok_or(Refusal::RedirectUnregistered)?;
    request.bind(proof::for_push(machine, &client).await?.as_ref())?;
    accept::judge(&machine.app, &client, &request, (Door::Pushed, carried))?;
    let pushed = Pushed { request, carried, expires_at: machine.moment.now + pushed::LIFETIME };
    let request_uri = pushed::keep(&machine.app.ephemeral, &machine.moment, &pushed).await?;
    Ok(Answer { request_uri, expires_in: pushed::LIFETIME.as_secs() })
}

/// RFC 9126 §2: as at the token endpoint, by the method the client registered.
async fn identify(machine: &Machine, params: &Params) -> Result<Arc<Client>, Problem> {
    let presented = ClientAuth::find(machine.authorization().as_deref(), params)?;
    if let Some(client_id) = presented.client_id() {
        machine.trace.of_client(client_id);
    }
    Ok(machine.app.authenticator.authenticate(&machine.moment, &presented).await?)
}
