//! The sandbox's stand-in for a department's own interface: any living token opens it, shown as it must be shown. For plain OAuth
//! and for systems that act for themselves, whose tokens userinfo does not take.

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::error::{OAuthError, Problem};
use super::{interaction, proof, userinfo};
use crate::base::Actor;
use crate::grant::{access_token, holder};
use crate::http::machine::Machine;
use crate::http::paths;
use crate::http::shown::{Problem as PageTrouble, Shown};
use crate::protocol::Refusal;

pub async fn endpoint(mut machine: Machine, request: Request) -> Response {
    if !machine.app.settings.sandbox {
        return Shown::Problem(PageTrouble::NotFound).into_response();
    }
    let mut response = match answer(&mut machine, request).await {
        Ok(mut response) => {
            proof::offer_nonce(&machine, response.headers_mut());
            response
        }
        Err(problem) => OAuthError::at_resource(&machine, problem).into_response(),
    };
    interaction::name(&machine, response.headers_mut());
    response
}

async fn answer(machine: &mut Machine, request: Request) -> Result<Response, Problem> {
    let shown = userinfo::presented(machine, request).await?;
    let (app, now) = (&machine.app, machine.moment.now);
    let found = access_token::find(&mut app.db.read(), &app.keys, now, shown.token.expose()).await?;
    let mut token = found.ok_or(Refusal::AccessTokenUnknown)?;
    token.check(now)?;
    if !token.is_for(&[&app.settings.issuer, &app.settings.url(paths::SANDBOX_RESOURCE)]) {
        return Err(Refusal::AccessTokenWrongKind.into());
    }
    let client = holder::of(&app.clients, &mut token).await?.ok_or(Refusal::AccessTokenRevoked)?;
    machine.moment.actor = Actor::Client(client.client_id.clone());
    proof::at_resource(machine, &client, &shown, token.carries.confirmation.as_ref()).await?;
    Ok(Json(json!({ "client_id": token.client_id, "scope": token.scope.to_string() })).into_response())
}
