//! What was granted to a client in one authorization, as code and tokens carry it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::Timestamp;
use crate::base::id::{AccountId, ConsentId, PersonId, SessionId};
use crate::protocol::confirmation::{Confirmation, Sender};
use crate::protocol::{Acr, ClaimsRequest, Scope};

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
