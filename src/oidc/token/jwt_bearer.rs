//! The JWT bearer grant (RFC 7523 §2.1): a system acting for itself, by an assertion of its own or of an issuer declared for it.

use std::sync::Arc;

use super::super::error::Problem;
use super::{Asked, client_credentials};
use crate::audit::Event;
use crate::base::Secret;
use crate::client::{Client, assertion, policy};
use crate::grant::trace::Kind;
use crate::http::machine::Machine;
use crate::http::paths;
use crate::protocol::token_answer::TokenAnswer;
use crate::protocol::{GrantType, Params, Refusal, Scope};

/// RFC 7521 §4.1: whether the assertion alone says who the client is, because the request shows nothing else.
pub(super) fn speaks_for_itself(machine: &Machine, params: &Params) -> bool {
    let shows = ["client_secret", "client_assertion", "client_assertion_type"];
    params.get("grant_type") == Some(GrantType::JwtBearer.as_str())
        && machine.authorization().is_none()
        && !shows.iter().any(|name| params.has(name))
}

/// The client such a request means: named, or the subject of its own assertion. Not believed until `exchange` has read the
/// assertion; who is no client is told what a wrong signature is told.
pub(super) async fn client(machine: &Machine, params: &Params) -> Result<Arc<Client>, Problem> {
    let assertion = params.get("assertion").ok_or(Refusal::GrantAssertionMissing)?;
    let named = match params.get("client_id") {
        Some(client_id) => Some(client_id.to_owned()),
        None => assertion::claimed_subject(assertion),
    };
    let client_id = named.ok_or(Refusal::GrantAssertionMalformed)?;
    let client = machine.app.clients.find(&client_id).await?;
    // One that waits for approval or is switched off gets nothing here either.
    let client = client.filter(|client| client.may_use(GrantType::JwtBearer) && client.usable().is_ok());
    Ok(client.ok_or(Refusal::GrantAssertionUntrusted)?)
}

pub(super) async fn exchange(
    asked: &Asked<'_>,
    assertion: &Secret,
    scope: Option<Scope>,
) -> Result<TokenAnswer, Problem> {
    let app = asked.app;
    let token_endpoint = app.settings.url(paths::TOKEN);
    let subject = (asked.client, token_endpoint.as_str());
    let believed = app.authenticator.believe(asked.moment.now, subject, assertion.expose()).await?;
    asked.trace.note(asked.moment.now, Kind::ClientAuthenticated, Some("assertion"));
    // Told only to who has proved to be the client.
    asked.client.usable()?;
    let scope = policy::own_scope(asked.client, &scope.unwrap_or_default())?;
    let scope = match &believed.scope {
        Some(most) if !scope.is_subset(most) => return Err(Refusal::ScopeNotAllowed.into()),
        _ => scope,
    };
    // Last of all: a request that is refused for another reason may be mended and sent again.
    believed.take(&app.ephemeral).await?;
    let printed = scope.to_string();
    let event = Event::AssertionAccepted {
        client: &asked.client.client_id,
        issuer: &believed.issuer,
        scope: &printed,
    };
    client_credentials::own_token(asked, scope, event).await
}
