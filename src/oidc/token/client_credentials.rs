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
    let client = asked.client.client_id.as_str();
    let carries = wanted::of_client(asked)?;
    let mut tx = asked.app.db.begin().await?;
    let new = NewToken { client_id: client, family: None, scope: &scope, carries: &carries };
    let access_token = access_token::issue(&mut tx, asked.moment, &new).await?;
    let printed = scope.to_string();
    audit::record(&mut tx, asked.moment, Event::ClientTokenIssued { client, scope: &printed }).await?;
    tx.commit().await?;
    Ok(TokenAnswer {
        access_token,
        token_type: issue::token_type(asked),
        expires_in: access_token::LIFETIME.as_secs(),
        refresh_token: None,
        scope,
        id_token: None,
        authorization_details: carries.details,
    })
}
