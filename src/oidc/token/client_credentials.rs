//! The client credentials grant (RFC 6749 §4.4): a system acting for itself.

use super::super::error::Problem;
use super::{Asked, issue, wanted};
use crate::audit::{self, Event};
use crate::client::policy;
use crate::grant::access_token::{self, NewToken};
use crate::protocol::Scope;
use crate::protocol::token_answer::TokenAnswer;

pub(super) async fn exchange(asked: &Asked<'_>, scope: Option<Scope>) -> Result<TokenAnswer, Problem> {
    let scope = policy::own_scope(asked.client, &scope.unwrap_or_default())?;
    let printed = scope.to_string();
    let event = Event::ClientTokenIssued { client: &asked.client.client_id, scope: &printed };
    own_token(asked, scope, event).await
}

/// A token of the client about itself, and what the audit says of it.
pub(super) async fn own_token(
    asked: &Asked<'_>,
    scope: Scope,
    event: Event<'_>,
) -> Result<TokenAnswer, Problem> {
    let carries = wanted::of_client(asked)?;
    let new = NewToken {
        client_id: &asked.client.client_id,
        family: None,
        scope: &scope,
        carries: &carries,
        format: asked.client.metadata.access_token_format,
        parent: None,
    };
    let mut tx = asked.app.db.begin().await?;
    let issued = access_token::issue(&mut tx, asked.moment, &new).await?;
    audit::record(&mut tx, asked.moment, event).await?;
    tx.commit().await?;
    Ok(TokenAnswer {
        expires_in: issued.seconds(),
        access_token: issue::text(asked, issued, None, (&scope, &carries))?,
        issued_token_type: None,
        token_type: issue::token_type(asked),
        refresh_token: None,
        scope,
        id_token: None,
        authorization_details: carries.details,
    })
}
