//! Access tokens: 256 random bits, kept as a digest, living as long as what they hang on; opaque, or the `jti` of a signed `at+jwt`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::family::{Columns, Family, Life};
use super::token_key;
use crate::base::id::{FamilyId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::client::Client;
use crate::crypto::Keys;
use crate::crypto::jwt::read_own;
use crate::crypto::mac::digest;
use crate::protocol::access_token::{AccessTokenFormat, TYP};
use crate::protocol::confirmation::Confirmation;
use crate::protocol::{Refusal, Scope};
use crate::sql;
use crate::storage::{Run, Statement, Tx, record};

/// A token that was presented and found.
#[derive(Debug, Clone)]
pub struct AccessToken {
    pub key: TokenKey,
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
    pub client: &'a Client,
    pub family: Option<&'a FamilyId>,
    pub scope: &'a Scope,
    pub carries: &'a Carries,
    /// The token it is exchanged for.
    pub parent: Option<&'a Parent>,
}

/// The token an exchanged one comes from: it dies with it, and never outlives it.
#[derive(Debug, Clone)]
pub struct Parent {
    pub key: TokenKey,
    pub expires_at: Timestamp,
}

/// A token that was written; `token_text::of` makes of it what the client gets.
#[derive(Serialize, Deserialize)]
pub struct Issued {
    pub(super) secret: String,
    pub(super) format: AccessTokenFormat,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What the database knows a token by: made of an opaque token, or of the `jti` of a signed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey(String);

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
    /// The sector whose `sub` it tells, where that is not its client's (an exchanged token).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector: Option<String>,
}

record! {
    struct Row {
        token_client_id: String,
        token_scope: String,
        issued_at: i64,
        expires_at: i64,
        revoked_at: Option<i64>,
        carries: Option<String>,
        family_id: Option<String>,
        family_client_id: Option<String>,
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
}

pub const LIFETIME: Duration = Duration::from_secs(600);

/// Says at a glance, to us and to those who search for leaked secrets, what kind of token this is.
pub const PREFIX: &str = "tya_";

/// More levels of exchange than are ever allowed.
const LOOKS: usize = 8;

/// Issues a token. What is signed is signed after the commit.
pub async fn issue(tx: &mut Tx, moment: &Moment, new: &NewToken<'_>) -> Result<Issued, Fault> {
    let text = token_key::fresh(moment);
    let format = new.client.metadata.access_token_format;
    let (secret, key) = match format {
        AccessTokenFormat::Opaque => {
            let token = format!("{PREFIX}{text}");
            let key = TokenKey::of_opaque(&token);
            (token, key)
        }
        AccessTokenFormat::Jwt => {
            let key = TokenKey::of_jti(&text);
            (text, key)
        }
    };
    let longest = moment.now + LIFETIME;
    // An exchanged token never outlives the one it came from.
    let expires_at = new.parent.map_or(longest, |parent| parent.expires_at.min(longest));
    tx.later(sql!(
        "INSERT INTO access_token (digest, client_id, family_id, scope, carries, parent, issued_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        key.0,
        new.client.client_id.as_str(),
        new.family.map(FamilyId::as_str),
        new.scope.to_string(),
        new.carries.column()?,
        new.parent.map(|parent| parent.key.0.as_str()),
        moment.now,
        expires_at,
    ));
    Ok(Issued { secret, format, issued_at: moment.now, expires_at })
}

/// Finds a token, alive or not, with its family; one read.
pub async fn find(
    run: &mut impl Run,
    keys: &Keys,
    now: Timestamp,
    token: &str,
) -> Result<Option<AccessToken>, Fault> {
    let Some(key) = TokenKey::of(keys, token) else { return Ok(None) };
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT access_token.client_id AS token_client_id, access_token.scope AS token_scope, access_token.issued_at,
                    access_token.expires_at, access_token.revoked_at, access_token.carries, token_family.id AS family_id,
                    token_family.client_id AS family_client_id, token_family.person_id, token_family.account_id,
                    token_family.session_id, token_family.sid, token_family.scope, token_family.facts, token_family.offline,
                    token_family.expires_at AS family_expires_at, family_revocation.at AS family_revoked_at,
                    sso_session.ended_at AS session_ended_at, sso_session.expires_at AS session_expires_at,
                    account.closed_at AS account_closed_at
             FROM access_token
             LEFT JOIN token_family ON token_family.id = access_token.family_id
             LEFT JOIN family_revocation ON family_revocation.family_id = token_family.id
             LEFT JOIN sso_session ON sso_session.id = token_family.session_id
             LEFT JOIN account ON account.id = token_family.account_id
             WHERE access_token.digest = $1",
            key.0.as_str(),
        ))
        .await?;
    row.map(|row| row.token(key, now)).transpose()
}

/// Revokes a token and what it was exchanged for; whether there was anything left to revoke.
pub async fn revoke(tx: &mut Tx, moment: &Moment, key: &TokenKey) -> Result<bool, Fault> {
    let mut revoked = tx
        .execute(sql!(
            "UPDATE access_token SET revoked_at = $2 WHERE digest = $1 AND revoked_at IS NULL",
            key.0.as_str(),
            moment.now,
        ))
        .await?;
    // An exchange holds its parent's row until it commits: what it writes is seen by the next look.
    for _ in 0..LOOKS {
        let reached = tx
            .execute(sql!(
                "WITH RECURSIVE hanging (digest) AS (
                     SELECT CAST($1 AS TEXT)
                     UNION
                     SELECT access_token.digest FROM access_token JOIN hanging ON access_token.parent = hanging.digest)
                 UPDATE access_token SET revoked_at = $2
                 WHERE revoked_at IS NULL AND parent IN (SELECT digest FROM hanging)",
                key.0.as_str(),
                moment.now,
            ))
            .await?;
        if reached == 0 {
            break;
        }
        revoked += reached;
    }
    Ok(revoked > 0)
}

/// Holds a token's row to the end of the transaction, so that nobody revokes it meanwhile; whether it still counts.
pub async fn hold(tx: &mut Tx, key: &TokenKey) -> Result<bool, Fault> {
    let held = tx
        .execute(sql!(
            "UPDATE access_token SET revoked_at = NULL WHERE digest = $1 AND revoked_at IS NULL",
            key.0.as_str(),
        ))
        .await?;
    Ok(held == 1)
}

/// Removes tokens that ended before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM access_token WHERE digest IN (
             SELECT digest FROM access_token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        most,
    )]
}

impl Issued {
    /// How long it lives, in seconds.
    pub fn seconds(&self) -> u64 {
        self.expires_at.since(self.issued_at).as_secs()
    }
}

impl TokenKey {
    /// The key of a presented token, if it can be one of ours: what nobody here made costs no look-up.
    pub fn of(keys: &Keys, token: &str) -> Option<Self> {
        if token.starts_with(PREFIX) {
            return Some(Self::of_opaque(token));
        }
        if !token.contains('.') {
            return None;
        }
        // The type keeps every other token we sign out (RFC 9068 §4, RFC 8725 §3.11).
        let named: Named = read_own(&keys.signing.view(), TYP, token).ok()?;
        Some(Self::of_jti(&named.jti))
    }

    fn of_opaque(token: &str) -> Self {
        Self(token_key::of(PREFIX, token))
    }

    /// Of a space of its own: a `jti`, which stands readable in the token, never passes for an opaque token.
    fn of_jti(jti: &str) -> Self {
        Self(token_key::key(jti, digest(&format!("{TYP}\0{jti}"))))
    }
}

#[derive(Deserialize)]
struct Named {
    jti: String,
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

    /// Whom the token is for; one that is for nobody in particular is for the service's own userinfo (RFC 9068 §3).
    pub fn told_audience(&self, issuer: &str) -> Vec<String> {
        if self.audience.is_empty() { vec![issuer.to_owned()] } else { self.audience.clone() }
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

    /// Whether one of these is whom the token is for; one without audience is for everybody.
    pub fn is_for(&self, names: &[&str]) -> bool {
        let audience = &self.carries.audience;
        audience.is_empty() || audience.iter().any(|one| names.contains(&one.as_str()))
    }

    pub fn person(&self) -> Option<&PersonId> {
        self.family.as_ref().map(|family| &family.granted.person)
    }
}

impl Row {
    fn token(self, key: TokenKey, now: Timestamp) -> Result<AccessToken, Fault> {
        let broken =
            || Fault::inconsistent("access_token", "of a client", "its columns contradict each other");
        let carries = self.carries.as_deref().map(serde_json::from_str).transpose().map_err(|_| broken())?;
        let token = AccessToken {
            key,
            carries: carries.unwrap_or_default(),
            scope: self.token_scope.parse().map_err(|_| broken())?,
            issued_at: Timestamp::from_micros(self.issued_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            revoked: if self.revoked_at.is_some() { Revoked::Yes } else { Revoked::No },
            family: None,
            client_id: self.token_client_id,
        };
        let Some(family_id) = self.family_id else { return Ok(token) };
        let columns = Columns {
            family_id,
            client_id: self.family_client_id.ok_or_else(broken)?,
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
    let Some(key) = TokenKey::of(keys, token) else { return Ok(None) };
    let row: Option<WideRow> = run
        .optional(sql!(
            "SELECT access_token.client_id AS token_client_id, access_token.scope AS token_scope, access_token.issued_at,
                    access_token.expires_at, access_token.revoked_at, access_token.carries, token_family.id AS family_id,
                    token_family.client_id AS family_client_id, token_family.person_id, token_family.account_id,
                    token_family.session_id, token_family.sid, token_family.scope, token_family.facts, token_family.offline,
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
            key.0.as_str(),
        ))
        .await?;
    let Some(row) = row else { return Ok(None) };
    let token = row.token.token(key, now)?;
    let about = match &token.family {
        Some(family) => Some(row.about.open(keys, &family.granted)?),
        None => None,
    };
    Ok(Some(Bearer { token, about }))
}

record! {
    struct WideRow {
        token: Row,
        about: super::claims::AboutRow,
    }
}
