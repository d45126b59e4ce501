//! Refresh tokens rotate: each is used once, its successor takes over, and a replay revokes the whole family (RFC 9700 §4.14.2).

use std::time::Duration;

use super::family::{self, Columns, Family, Life};
use crate::audit::{self, Event};
use crate::base::id::FamilyId;
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::mac::digest;
use crate::protocol::Refusal;
use crate::sql;
use crate::storage::{FromRow, Run, Tx};

/// What became of presenting a refresh token.
#[derive(Debug)]
pub enum Rotated {
    /// Used now, and by nobody else.
    Fresh(Box<Family>),
    /// Refused. What had to be written (the revocation after a replay) is in the transaction: commit it.
    Refused(Refusal),
}

#[derive(FromRow)]
struct Row {
    #[sqlx(flatten)]
    family: Columns,
    issued_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
}

/// The mark of a refresh token, as `access_token::PREFIX` is of an access token.
pub const PREFIX: &str = "tyr_";

/// A token unused for this long dies, even when its family might live on.
pub const IDLE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Issues the next refresh token of a family.
pub async fn issue(tx: &mut Tx, moment: &Moment, family: &FamilyId) -> Result<String, Fault> {
    let token = format!("{PREFIX}{}", moment.random.token(32));
    tx.later(sql!(
        "INSERT INTO refresh_token (digest, family_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
        digest(&token),
        family.as_str(),
        moment.now,
        moment.now + IDLE,
    ));
    Ok(token)
}

/// Takes a refresh token for `client`; of any number at once exactly one is fresh.
pub async fn rotate(tx: &mut Tx, moment: &Moment, client: &str, token: &str) -> Result<Rotated, Fault> {
    let digest = digest(token);
    let Some(row) = find_row(tx, &digest).await? else {
        return Ok(Rotated::Refused(Refusal::RefreshUnknown));
    };
    let expires_at = Timestamp::from_micros(row.expires_at);
    let family = row.family.family(moment.now)?;
    if family.granted.client_id != client {
        return Ok(Rotated::Refused(Refusal::RefreshOtherClient));
    }
    if let Some(refusal) = refusal_of(family.life) {
        return Ok(Rotated::Refused(refusal));
    }
    if expires_at <= moment.now {
        return Ok(Rotated::Refused(Refusal::RefreshExpired));
    }
    let used = tx
        .execute(sql!(
            "UPDATE refresh_token SET used_at = $2 WHERE digest = $1 AND used_at IS NULL",
            digest,
            moment.now,
        ))
        .await?;
    if used == 1 {
        return Ok(Rotated::Fresh(Box::new(family)));
    }
    family::revoke(tx, moment, &family.id, "refresh_replayed").await?;
    let event = Event::RefreshReplayed { person: &family.granted.person, client, family: &family.id };
    audit::record(tx, moment, event).await?;
    Ok(Rotated::Refused(Refusal::RefreshReplayed))
}

/// A refresh token as it stands, for introspection and revocation.
pub struct RefreshToken {
    pub family: Family,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl RefreshToken {
    /// Whether its successor has taken over.
    pub fn is_used(&self) -> bool {
        self.used_at.is_some()
    }
}

/// Finds a refresh token, alive or not.
pub async fn find(run: &mut impl Run, now: Timestamp, token: &str) -> Result<Option<RefreshToken>, Fault> {
    let Some(row) = find_row(run, &digest(token)).await? else { return Ok(None) };
    Ok(Some(RefreshToken {
        issued_at: Timestamp::from_micros(row.issued_at),
        expires_at: Timestamp::from_micros(row.expires_at),
        used_at: row.used_at.map(Timestamp::from_micros),
        family: row.family.family(now)?,
    }))
}

/// Why a family that no longer lives gives no tokens.
fn refusal_of(life: Life) -> Option<Refusal> {
    match life {
        Life::Alive => None,
        Life::Revoked => Some(Refusal::RefreshRevoked),
        Life::SessionEnded => Some(Refusal::SessionEnded),
        Life::AccountClosed => Some(Refusal::AccountInactive),
        Life::Expired => Some(Refusal::RefreshExpired),
    }
}

async fn find_row(run: &mut impl Run, digest: &str) -> Result<Option<Row>, Fault> {
    run.optional(sql!(
        "SELECT refresh_token.issued_at, refresh_token.expires_at, refresh_token.used_at, token_family.id AS family_id, token_family.client_id,
                token_family.person_id, token_family.account_id, token_family.session_id, token_family.sid,
                token_family.scope, token_family.facts, token_family.offline,
                token_family.expires_at AS family_expires_at, family_revocation.at AS family_revoked_at,
                sso_session.ended_at AS session_ended_at, sso_session.expires_at AS session_expires_at,
                account.closed_at AS account_closed_at
         FROM refresh_token
         JOIN token_family ON token_family.id = refresh_token.family_id
         LEFT JOIN family_revocation ON family_revocation.family_id = token_family.id
         JOIN sso_session ON sso_session.id = token_family.session_id
         JOIN account ON account.id = token_family.account_id
         WHERE refresh_token.digest = $1",
        digest,
    ))
    .await
}
