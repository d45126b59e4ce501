//! Revocation (RFC 7009): a client gives a token back. An unknown token is as good as revoked.

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;

use super::error::Problem;
use super::{body, direct};
use crate::audit::{self, Event};
use crate::base::Actor;
use crate::client::Client;
use crate::grant::access_token::{self, TokenKey};
use crate::grant::family::{self, Life};
use crate::grant::refresh;
use crate::http::machine::Machine;
use crate::protocol::Refusal;
use crate::protocol::introspection::TokenQuestion;

pub async fn post(mut machine: Machine, request: Request) -> Response {
    let answered = answer(&mut machine, request).await;
    direct::told(&machine, answered.map(|()| StatusCode::OK))
}

async fn answer(machine: &mut Machine, request: Request) -> Result<(), Problem> {
    let params = body::params(request).await?;
    let client = direct::caller(machine, &params).await?;
    machine.moment.actor = Actor::Client(client.client_id.clone());
    let question = TokenQuestion::parse(&params)?;
    let token = question.token.expose();
    if token.starts_with(refresh::PREFIX) {
        revoke_refresh(machine, &client, token).await
    } else if TokenKey::of(&machine.app.keys, token).is_some() {
        revoke_access(machine, &client, token).await
    } else {
        Ok(())
    }
}

/// The token alone, and what it was exchanged for: other tokens of the family are other uses of the same consent.
async fn revoke_access(machine: &Machine, client: &Client, token: &str) -> Result<(), Problem> {
    let mut tx = machine.app.db.begin().await?;
    let (keys, now) = (&machine.app.keys, machine.moment.now);
    let Some(found) = access_token::find(&mut tx, keys, now, token).await? else {
        return Ok(tx.undo().await?);
    };
    if found.client_id != client.client_id {
        return Err(Refusal::TokenOtherClient.into());
    }
    // What was given back already changes nothing, and leaves no row: the same token may be sent for ever.
    if !access_token::revoke(&mut tx, &machine.moment, &found.key).await? {
        return Ok(tx.undo().await?);
    }
    let family = found.family.as_ref().map(|family| &family.id);
    audit::record(&mut tx, &machine.moment, Event::TokenRevoked { client: &client.client_id, family })
        .await?;
    Ok(tx.commit().await?)
}

/// RFC 7009 §2.1: with a refresh token everything that hangs on the same authorization goes.
async fn revoke_refresh(machine: &Machine, client: &Client, token: &str) -> Result<(), Problem> {
    let mut tx = machine.app.db.begin().await?;
    let Some(found) = refresh::find(&mut tx, machine.moment.now, token).await? else {
        return Ok(tx.undo().await?);
    };
    if found.family.granted.client_id != client.client_id {
        return Err(Refusal::TokenOtherClient.into());
    }
    if found.family.life == Life::Revoked {
        return Ok(tx.undo().await?);
    }
    family::revoke(&mut tx, &machine.moment, &found.family.id, "revoked_by_client").await?;
    let event = Event::TokenRevoked { client: &client.client_id, family: Some(&found.family.id) };
    audit::record(&mut tx, &machine.moment, event).await?;
    Ok(tx.commit().await?)
}
