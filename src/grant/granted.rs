//! What was granted to a client in one authorization, as code and tokens carry it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asked::Asked;
use super::standing::Standing;
use super::{claims, verified};
use crate::base::Timestamp;
use crate::base::id::{AccountId, ConsentId, PersonId, SessionId};
use crate::client::Client;
use crate::protocol::confirmation::{Confirmation, Sender};
use crate::protocol::{Acr, AuthorizeRequest, ClaimsRequest, Refusal, Scope};
use crate::session::Session;

/// One authorization of one person for one client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Granted {
    pub client_id: String,
    pub person: PersonId,
    pub account: AccountId,
    pub session: SessionId,
    pub scope: Scope,
    pub facts: Facts,
}

/// What is told about the sign-in and the person's level, as it was when it was granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub auth_time: Timestamp,
    pub acr: Acr,
    pub amr: Vec<String>,
    pub nonce: Option<String>,
    /// The level of assurance.
    pub level: u8,
    pub level_reached_at: Option<Timestamp>,
    pub level_reached_by: Option<String>,
    /// The claims asked for singly, as far as they were granted.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// The names of those that were granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claim_names: Vec<String>,
    /// The key that refresh tokens of a public client are bound to (RFC 9449 §5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// How the first tokens were sent: those after them are bound no less, whichever key a confidential client shows.
    #[serde(default, skip_serializing_if = "Sender::is_anybody")]
    pub sender: Sender,
    /// The resources that were granted (RFC 8707).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The details that were granted (RFC 9396).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Value>,
    /// The consent it rests on, where there is one: withdrawn, it carries nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentId>,
}

impl Granted {
    /// What is granted, with what is told about the person and the sign-in at this moment.
    pub fn of(
        (request, client): (&AuthorizeRequest, &Client),
        (session, standing): (&Session, &Standing),
        (asked, acr): (&Asked, Acr),
        now: Timestamp,
    ) -> Self {
        let Asked { scope, claims, details } = asked.granted(client.consent, standing.consent.as_ref());
        let assurance = standing.assurance(now);
        Self {
            client_id: client.client_id.clone(),
            person: session.person.clone(),
            account: session.account.clone(),
            session: session.id.clone(),
            scope,
            facts: Facts {
                auth_time: session.auth_time(),
                acr,
                amr: session.amr().into_iter().map(str::to_owned).collect(),
                nonce: request.nonce.clone(),
                level: assurance.level.number(),
                level_reached_at: assurance.reached_at,
                level_reached_by: standing.reached_by(&assurance).map(|kind| kind.as_str().to_owned()),
                claims: request.claims.clone(),
                claim_names: claims,
                confirmation: None,
                sender: Sender::Anybody,
                resources: request.resource.clone(),
                details: details.to_values(),
                consent: standing.consent.as_ref().map(|consent| consent.id.clone()),
            },
        }
    }

    /// What an operator has taken from the registration since is granted no more; given back, it is as it was.
    pub fn narrow_to(&mut self, client: &Client) {
        let registered = &client.metadata.scope;
        let scope_of = |claim: &str| claims::scope_of(claim).or_else(|| verified::scope_of(claim));
        self.scope = self.scope.intersection(registered);
        self.facts.claim_names.retain(|name| scope_of(name).is_some_and(|scope| registered.contains(scope)));
    }

    /// RFC 6749 §6: less than was granted, never more.
    pub fn narrowed(&self, scope: Option<Scope>) -> Result<Scope, Refusal> {
        match scope {
            Some(narrower) if !narrower.is_subset(&self.scope) => Err(Refusal::ScopeWidened),
            Some(narrower) => Ok(narrower),
            None => Ok(self.scope.clone()),
        }
    }
}
