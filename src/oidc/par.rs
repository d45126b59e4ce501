//! Pushed authorization requests (RFC 9126): a client hands its request over directly and gets a name for it.

use axum::Json;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::check::Door;
use super::error::Problem;
use super::{accept, arrival, body, direct, proof};
use crate::base::Actor;
use crate::grant::pushed::{self, Pushed};
use crate::http::machine::Machine;
use crate::protocol::Refusal;

/// RFC 9126 §2.2.
#[derive(Serialize)]
struct Answer {
    request_uri: String,
    /// Seconds.
    expires_in: u64,
}

pub async fn post(mut machine: Machine, request: Request) -> Response {
    let answered = answer(&mut machine, request).await;
    direct::told(&machine, answered.map(|answer| (StatusCode::CREATED, Json(answer))))
}

async fn answer(machine: &mut Machine, request: Request) -> Result<Answer, Problem> {
    let params = body::params(request).await?;
    // RFC 9126 §2: as at the token endpoint.
    let caller = direct::authenticated(machine, &params).await?;
    machine.moment.actor = Actor::Client(caller.client().client_id.clone());
    let (client, key) = proof::for_push(machine, caller).await?;
    let (draft, carried) = arrival::pushed(&machine.app, machine.moment.now, &client, params).await?;
    let mut request = accept::request(draft)?;
    if request.client_id != client.client_id {
        return Err(Refusal::ClientIdMismatch.into());
    }
    // RFC 9126 §2.4 would allow addresses nobody registered; we do not.
    client.find_redirect(request.redirect_uri.as_str()).ok_or(Refusal::RedirectUnregistered)?;
    request.bind(key.as_ref())?;
    accept::judge(&machine.app, &client, &request, (Door::Pushed, carried))?;
    let pushed = Pushed { request, carried, expires_at: machine.moment.now + pushed::LIFETIME };
    let request_uri = pushed::keep(&machine.app.ephemeral, &machine.moment, &pushed).await?;
    Ok(Answer { request_uri, expires_in: pushed::LIFETIME.as_secs() })
}
