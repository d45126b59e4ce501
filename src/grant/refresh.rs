//! Refresh tokens rotate: each has one successor, which a short retry gets again, and a replay revokes the whole family (RFC 9700 §4.14.2).

use std::time::Duration;

use super::family::{self, Columns, Family, Life};
use super::token_key;
use crate::audit::{self, Event};
use crate::base::id::FamilyId;
use crate::base::{Fault, Moment, Timestamp};
use crate::client::policy::RotationRule;
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::protocol::Refusal;
use crate::protocol::confirmation::{Confirmation, Sender};
use crate::sql;
use crate::storage::{Run, Statement, Tx, record};

/// A refresh token as a client presents it.
pub struct Presented<'a> {
    pub client_id: &'a str,
    pub token: &'a str,
    pub rotation: RotationRule,
    /// The key the caller has shown it holds.
    pub confirmation: Option<&'a Confirmation>,
}

/// What became of presenting a refresh token.
#[derive(Debug)]
pub enum Redeemed {
    /// The family goes on.
    Good(Box<Renewal>),
    /// Refused. What had to be written (the revocation after a replay) is in the transaction: commit it.
    Refused(Refusal),
}

/// A family that goes on, and the refresh token the client goes on with.
#[derive(Debug)]
pub struct Renewal {
    pub family: Family,
    pub token: String,
    pub turn: Turn,
}

/// Which use of the presented token it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    First,
    /// A retry: the client gets the successor it did not hear of.
    Again,
}

record! {
    struct Row {
        family: Columns,
        issued_at: i64,
        expires_at: i64,
        used_at: Option<i64>,
    }
}

record! {
    struct Used {
        used_at: Option<i64>,
        successor_salt: Option<String>,
    }
}

/// The mark of a refresh token, as `access_token::PREFIX` is of an access token.
pub const PREFIX: &str = "tyr_";

/// A token unused for this long dies, even when its family might live on.
pub const IDLE: Duration = Duration::from_secs(14 * 24 * 3600);

/// A client whose network broke may ask again for this long after the first use.
pub const RETRY: Duration = Duration::from_secs(60);

/// Issues the first refresh token of a family.
pub async fn issue(tx: &mut Tx, moment: &Moment, family: &FamilyId) -> Result<String, Fault> {
    let token = format!("{PREFIX}{}", token_key::fresh(moment));
    insert(tx, moment, (&token, family), moment.now + IDLE);
    Ok(token)
}

/// Takes a refresh token. Of any number at once exactly one rotates it; the others are retries and get the same successor.
pub async fn redeem(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    presented: &Presented<'_>,
) -> Result<Redeemed, Fault> {
    let digest = key(presented.token);
    let Some(row) = find_row(tx, &digest).await? else {
        return Ok(Redeemed::Refused(Refusal::RefreshUnknown));
    };
    let expires_at = Timestamp::from_micros(row.expires_at);
    let family = row.family.family(moment.now)?;
    if family.granted.client_id != presented.client_id {
        return Ok(Redeemed::Refused(Refusal::RefreshOtherClient));
    }
    // Before anything is used up or revoked: a thief without the key changes nothing.
    let bound = family.granted.facts.confirmation.as_ref();
    if bound.is_some() && bound != presented.confirmation {
        return Ok(Redeemed::Refused(Refusal::RefreshOtherKey));
    }
    // A client that must bind was refused earlier. Who need not can bind by a proof alone.
    if family.granted.facts.sender == Sender::Constrained && presented.confirmation.is_none() {
        return Ok(Redeemed::Refused(Refusal::ProofMissing));
    }
    if let Some(refusal) = refusal_of(family.life) {
        return Ok(Redeemed::Refused(refusal));
    }
    if expires_at <= moment.now {
        return Ok(Redeemed::Refused(Refusal::RefreshExpired));
    }
    let token = match presented.rotation {
        RotationRule::Rotate => rotate(tx, moment, keys, (presented.token, &digest, &family)).await?,
        RotationRule::Keep => keep(tx, moment, (presented.token, &digest, &family)).await?,
    };
    if let Some(token) = token {
        return Ok(Redeemed::Good(Box::new(Renewal { family, token, turn: Turn::First })));
    }
    if let Some(token) = unheard_successor(tx, moment, keys, (presented.token, &digest)).await? {
        return Ok(Redeemed::Good(Box::new(Renewal { family, token, turn: Turn::Again })));
    }
    family::revoke(tx, moment, &family.id, "refresh_replayed").await?;
    let (person, client) = (&family.granted.person, presented.client_id);
    audit::record(tx, moment, Event::RefreshReplayed { person, client, family: &family.id }).await?;
    Ok(Redeemed::Refused(Refusal::RefreshReplayed))
}

/// The successor, if nobody has used the token yet.
async fn rotate(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (token, digest, family): (&str, &str, &Family),
) -> Result<Option<String>, Fault> {
    let salt = moment.random.token(32);
    let used = tx
        .execute(sql!(
            "UPDATE refresh_token SET used_at = $2, successor_salt = $3 WHERE digest = $1 AND used_at IS NULL",
            digest,
            moment.now,
            salt.as_str(),
        ))
        .await?;
    if used == 0 {
        return Ok(None);
    }
    let successor = successor(keys, token, (&salt, moment.now));
    insert(tx, moment, (&successor, &family.id), idle_until(moment.now, family));
    Ok(Some(successor))
}

/// The same token, good for another while, if it was never replaced.
async fn keep(
    tx: &mut Tx,
    moment: &Moment,
    (token, digest, family): (&str, &str, &Family),
) -> Result<Option<String>, Fault> {
    let kept = tx
        .execute(sql!(
            "UPDATE refresh_token SET expires_at = $2 WHERE digest = $1 AND used_at IS NULL",
            digest,
            idle_until(moment.now, family),
        ))
        .await?;
    Ok((kept == 1).then(|| token.to_owned()))
}

/// The successor of a used token, while the client may still not have heard of it: a short time, and nobody has shown it.
async fn unheard_successor(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (token, own_digest): (&str, &str),
) -> Result<Option<String>, Fault> {
    // Read again: whoever used it may have committed after the first look.
    let Some(Used { used_at: Some(used_at), successor_salt: Some(salt) }) = used(tx, own_digest).await?
    else {
        return Ok(None);
    };
    let used_at = Timestamp::from_micros(used_at);
    if moment.now >= used_at + RETRY {
        return Ok(None);
    }
    let successor = successor(keys, token, (&salt, used_at));
    let heard_of = used(tx, &key(&successor)).await?.is_none_or(|next| next.used_at.is_some());
    Ok((!heard_of).then_some(successor))
}

async fn used(tx: &mut Tx, digest: &str) -> Result<Option<Used>, Fault> {
    tx.optional(sql!("SELECT used_at, successor_salt FROM refresh_token WHERE digest = $1", digest)).await
}

/// Made of three parts that never lie together: the token the client holds, the salt in its row, the service's key. So it
/// can be told again to whoever presents the token, and is kept nowhere. It is made in the moment the token was used.
fn successor(keys: &Keys, token: &str, (salt, used_at): (&str, Timestamp)) -> String {
    let secret = keys.mac.of(Purpose::RefreshSuccessor, &[token.as_bytes(), salt.as_bytes()]);
    // An older build made those of its tokens without a moment, and a retry may be about one of them.
    match token_key::moment(token_key::text(PREFIX, token)) {
        Some(_) => format!("{PREFIX}{}", token_key::behind(used_at, &secret)),
        None => format!("{PREFIX}{secret}"),
    }
}

/// What the database knows a token by.
fn key(token: &str) -> String {
    token_key::of(PREFIX, token)
}

/// No token outlives its family.
fn idle_until(now: Timestamp, family: &Family) -> Timestamp {
    (now + IDLE).min(family.expires_at)
}

fn insert(tx: &mut Tx, moment: &Moment, (token, family): (&str, &FamilyId), until: Timestamp) {
    tx.later(sql!(
        "INSERT INTO refresh_token (digest, family_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
        key(token),
        family.as_str(),
        moment.now,
        until,
    ));
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
    let Some(row) = find_row(run, &key(token)).await? else { return Ok(None) };
    Ok(Some(RefreshToken {
        issued_at: Timestamp::from_micros(row.issued_at),
        expires_at: Timestamp::from_micros(row.expires_at),
        used_at: row.used_at.map(Timestamp::from_micros),
        family: row.family.family(now)?,
    }))
}

/// Removes tokens that ended before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM refresh_token WHERE digest IN (
             SELECT digest FROM refresh_token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        most,
    )]
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
