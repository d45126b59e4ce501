//! The direct endpoints, which systems call without a browser: who calls, and an answer that nobody keeps.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, PRAGMA};

use super::error::{OAuthError, Problem};
use super::proof;
use crate::client::{Authenticated, Client};
use crate::grant::trace::Kind;
use crate::http::machine::Machine;
use crate::protocol::Params;
use crate::protocol::client_auth::ClientAuth;

/// The client, by the method it registered (RFC 6749 §2.3).
pub(super) async fn caller(machine: &Machine, params: &Params) -> Result<Arc<Client>, Problem> {
    Ok(authenticated(machine, params).await?.take(&machine.app.ephemeral).await?)
}

/// The same, before what it shows is used up: where a proof is looked at as well.
pub(super) async fn authenticated(machine: &Machine, params: &Params) -> Result<Authenticated, Problem> {
    let presented = ClientAuth::find(machine.authorization().as_deref(), params)?;
    // A wrong secret is what its department asks about most.
    if let Some(client_id) = presented.client_id() {
        machine.trace.of_client(client_id);
    }
    let authenticated = machine.app.authenticator.authenticate(&machine.moment, &presented).await?;
    machine.trace.of_client(&authenticated.client().client_id);
    // Anybody can name a public client.
    if !authenticated.client().is_public() {
        machine.trace.note(machine.moment.now, Kind::ClientAuthenticated, None);
    }
    Ok(authenticated)
}

/// The answer, with a nonce for whoever sends proofs.
pub(super) fn told(machine: &Machine, answered: Result<impl IntoResponse, Problem>) -> Response {
    let mut response = match answered {
        Ok(answer) => answer.into_response(),
        Err(problem) => return OAuthError::new(machine, problem).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    proof::offer_nonce(machine, headers);
    response
}
