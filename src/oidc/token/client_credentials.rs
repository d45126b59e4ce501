//! The client credentials grant (RFC 6749 §4.4): a system acting for itself.

use super::super::error::Problem;
use super::Asked;
use crate::audit::{self, Event};
use crate::client::policy;
use crate::grant::access_token::{self, NewToken};
use crate::grant::issue;
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
    let to = asked.issuing();
    let carries = to.own_carries()?;
    let new = NewToken { client: asked.client, family: None, scope: &scope, carries: &carries, parent: None };
    let mut tx = asked.app.db.begin().await?;
    let issued = access_token::issue(&mut tx, asked.moment, &new).await?;
    audit::record(&mut tx, asked.moment, event).await?;
    tx.commit().await?;
    Ok(issue::access_answer(&to, issued, None, (scope, carries))?)
}
