//! Opaque access tokens: 256 random bits, kept as a digest, living as long as what they hang on.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::family::{Columns, Family, Life};
use crate::base::id::{FamilyId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::mac::digest;
use crate::protocol::confirmation::Confirmation;
use crate::protocol::{Refusal, Scope};
use crate::sql;
use crate::storage::{FromRow, Run, Tx};

/// A token that was presented and found.
#[derive(Debug, Clone)]
pub struct AccessToken {
    pub client_id: String,
    pub scope: Scope,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked: Revoked,
    pub carries: Carries,
    /// Absent for a client's own token (client credentials).
    pub family: Option<Family>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    Yes,
    No,
}

/// A token about to be issued.
pub struct NewToken<'a> {
    pub client_id: &'a str,
    pub family: Option<&'a FamilyId>,
    pub scope: &'a Scope,
    pub carries: &'a Carries,
}

/// What a token carries beside its scope. A plain bearer token carries nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carries {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// The resources it is for (RFC 8707); empty: no one in particular.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// RFC 9396.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Value>,
    /// Who acts for the subject (`act`, RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Value>,
}

#[derive(FromRow)]
struct Row {
    token_client_id: String,
    token_scope: String,
    issued_at: i64,
    expires_at: i64,
    revoked_at: Option<i64>,
    carries: Option<String>,
    family_id: Option<String>,
    person_id: Option<String>,
    account_id: Option<String>,
    session_id: Option<String>,
    sid: Option<String>,
    scope: Option<String>,
    facts: Option<String>,
    offline: Option<i64>,
    family_expires_at: Option<i64>,
    family_revoked_at: Option<i64>,
    session_ended_at: Option<i64>,
    session_expires_at: Option<i64>,
    account_closed_at: Option<i64>,
}

pub const LIFETIME: Duration = Duration::from_secs(600);

/// Says at a glance, to us and to those who search for leaked secrets, what kind of token this is.
pub const PREFIX: &str = "tya_";

/// Issues a token.
pub async fn issue(tx: &mut Tx, moment: &Moment, new: &NewToken<'_>) -> Result<String, Fault> {
    let token = format!("{PREFIX}{}", moment.random.token(32));
    tx.later(sql!(
        "INSERT INTO access_token (digest, client_id, family_id, scope, carries, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        digest(&token),
        new.client_id,
        new.family.map(FamilyId::as_str),
        new.scope.to_string(),
        new.carries.column()?,
        moment.now,
        moment.now + LIFETIME,
    ));
    Ok(token)
}

/// Finds a token, alive or not, with its family; one read.
pub async fn find(run: &mut impl Run, now: Timestamp, token: &str) -> Result<Option<AccessToken>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT access_token.client_id AS token_client_id, access_token.scope AS token_scope, access_token.issued_at,
                    access_token.expires_at, access_token.revoked_at, access_token.carries, token_family.id AS family_id,
                    token_family.person_id, token_family.account_id, token_family.session_id, token_family.sid,
                    token_family.scope, token_family.facts, token_family.offline,
                    token_family.expires_at AS family_expires_at, family_revocation.at AS family_revoked_at,
                    sso_session.ended_at AS session_ended_at, sso_session.expires_at AS session_expires_at,
                    account.closed_at AS account_closed_at
             FROM access_token
             LEFT JOIN token_family ON token_family.id = access_token.family_id
             LEFT JOIN family_revocation ON family_revocation.family_id = token_family.id
             LEFT JOIN sso_session ON sso_session.id = token_family.session_id
             LEFT JOIN account ON account.id = token_family.account_id
             WHERE access_token.digest = $1",
            digest(token),
        ))
        .await?;
    row.map(|row| row.token(now)).transpose()
}

/// Revokes one token.
pub async fn revoke(tx: &mut Tx, moment: &Moment, token: &str) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE access_token SET revoked_at = $2 WHERE digest = $1 AND revoked_at IS NULL",
        digest(token),
        moment.now,
    ))
    .await
    .map(|_| ())
}

impl Carries {
    /// Nothing is kept as nothing.
    fn column(&self) -> Result<Option<String>, Fault> {
        if *self == Self::default() {
            return Ok(None);
        }
        let text = serde_json::to_string(self);
        text.map(Some).map_err(|error| Fault::broken("writing what a token carries").because(error))
    }
}

impl AccessToken {
    /// Whether the token still counts.
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.expires_at <= now {
            return Err(Refusal::AccessTokenExpired);
        }
        let life = self.family.as_ref().map_or(Life::Alive, |family| family.life);
        if self.revoked == Revoked::Yes || !matches!(life, Life::Alive | Life::Expired) {
            return Err(Refusal::AccessTokenRevoked);
        }
        Ok(())
    }

    pub fn person(&self) -> Option<&PersonId> {
        self.family.as_ref().map(|family| &family.granted.person)
    }
}

impl Row {
    fn token(self, now: Timestamp) -> Result<AccessToken, Fault> {
        let broken =
            || Fault::inconsistent("access_token", "of a client", "its columns contradict each other");
        let carries = self.carries.as_deref().map(serde_json::from_str).transpose().map_err(|_| broken())?;
        let token = AccessToken {
            carries: carries.unwrap_or_default(),
            scope: self.token_scope.parse().map_err(|_| broken())?,
            issued_at: Timestamp::from_micros(self.issued_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            revoked: if self.revoked_at.is_some() { Revoked::Yes } else { Revoked::No },
            family: None,
            client_id: self.token_client_id.clone(),
        };
        let Some(family_id) = self.family_id else { return Ok(token) };
        let columns = Columns {
            family_id,
            client_id: self.token_client_id,
            person_id: self.person_id.ok_or_else(broken)?,
            account_id: self.account_id.ok_or_else(broken)?,
            session_id: self.session_id.ok_or_else(broken)?,
            sid: self.sid.ok_or_else(broken)?,
            scope: self.scope.ok_or_else(broken)?,
            facts: self.facts.ok_or_else(broken)?,
            offline: self.offline.ok_or_else(broken)?,
            family_expires_at: self.family_expires_at.ok_or_else(broken)?,
            family_revoked_at: self.family_revoked_at,
            session_ended_at: self.session_ended_at,
            session_expires_at: self.session_expires_at.ok_or_else(broken)?,
            account_closed_at: self.account_closed_at,
        };
        Ok(AccessToken { family: Some(columns.family(now)?), ..token })
    }
}

/// The parts that userinfo needs of a person; read with the token so that it stays one round trip.
pub struct Bearer {
    pub token: AccessToken,
    pub about: Option<super::claims::About>,
}

/// Finds a token together with what its person's claims are made of; one read.
pub async fn find_with_person(
    run: &mut impl Run,
    keys: &Keys,
    now: Timestamp,
    token: &str,
) -> Result<Option<Bearer>, Fault> {
    let row: Option<WideRow> = run
        .optional(sql!(
            "SELECT access_token.client_id AS token_client_id, access_token.scope AS token_scope, access_token.issued_at,
                    access_token.expires_at, access_token.revoked_at, access_token.carries, token_family.id AS family_id,
                    token_family.person_id, token_family.account_id, token_family.session_id, token_family.sid,
                    token_family.scope, token_family.facts, token_family.offline,
                    token_family.expires_at AS family_expires_at, family_revocation.at AS family_revoked_at,
                    sso_session.ended_at AS session_ended_at, sso_session.expires_at AS session_expires_at,
                    account.closed_at AS account_closed_at,
                    person.name, person.claims, person.updated_at, account.phone, account.phone_verified_at,
                    document.id AS document_id, document.kind, document.number, document.issuing_country
             FROM access_token
             LEFT JOIN token_family ON token_family.id = access_token.family_id
             LEFT JOIN family_revocation ON family_revocation.family_id = token_family.id
             LEFT JOIN sso_session ON sso_session.id = token_family.session_id
             LEFT JOIN account ON account.id = token_family.account_id
             LEFT JOIN person ON person.id = token_family.person_id
             LEFT JOIN document ON document.person_id = person.id AND document.is_primary = 1
                  AND document.replaced_at IS NULL
             WHERE access_token.digest = $1",
            digest(token),
        ))
        .await?;
    let Some(row) = row else { return Ok(None) };
    let token = row.token.token(now)?;
    let about = match &token.family {
        Some(family) => Some(row.about.open(keys, &family.granted)?),
        None => None,
    };
    Ok(Some(Bearer { token, about }))
}

#[derive(FromRow)]
struct WideRow {
    #[sqlx(flatten)]
    token: Row,
    #[sqlx(flatten)]
    about: super::claims::AboutRow,
}
