//! A family: everything that hangs on one authorization. Revoking it revokes all of it.

use std::time::Duration;

use super::granted::{Facts, Granted};
use crate::audit::{self, Event};
use crate::base::id::{FamilyId, ParticipationId, PersonId, SessionId};
use crate::base::{Fault, Moment, Timestamp};
use crate::protocol::Scope;
use crate::protocol::scope::OFFLINE_ACCESS;
use crate::sql;
use crate::storage::{Run, Statement, Tx, record};

/// A family as the database keeps it, with what decides whether it still lives.
#[derive(Debug, Clone)]
pub struct Family {
    pub id: FamilyId,
    pub granted: Granted,
    pub sid: ParticipationId,
    pub expires_at: Timestamp,
    pub life: Life,
}

/// Whether what hangs on a family still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Alive,
    Revoked,
    /// The session it belongs to has ended, and it is not off-line access.
    SessionEnded,
    AccountClosed,
    Expired,
}

/// How long refresh tokens of one authorization may go on renewing themselves.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

record! {
    /// The columns every query of a living token reads together with its own; see `FAMILY_COLUMNS` in each statement.
    #[derive(Debug)]
    pub(super) struct Columns {
        pub(super) family_id: String,
        pub(super) client_id: String,
        pub(super) person_id: String,
        pub(super) account_id: String,
        pub(super) session_id: String,
        pub(super) sid: String,
        pub(super) scope: String,
        pub(super) facts: String,
        pub(super) offline: i64,
        pub(super) family_expires_at: i64,
        pub(super) family_revoked_at: Option<i64>,
        pub(super) session_ended_at: Option<i64>,
        pub(super) session_expires_at: i64,
        pub(super) account_closed_at: Option<i64>,
    }
}

/// Begins a family. A replay may have revoked it already; then what hangs on it is born revoked.
pub async fn insert(
    tx: &mut Tx,
    moment: &Moment,
    (id, sid): (&FamilyId, &ParticipationId),
    granted: &Granted,
) -> Result<(), Fault> {
    let facts = serde_json::to_string(&granted.facts)
        .map_err(|error| Fault::broken("writing facts").because(error))?;
    tx.later(sql!(
        "INSERT INTO token_family (id, client_id, person_id, account_id, session_id, sid, scope, facts, offline, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.as_str(),
        granted.client_id.as_str(),
        granted.person.as_str(),
        granted.account.as_str(),
        granted.session.as_str(),
        sid.as_str(),
        granted.scope.to_string(),
        facts,
        i64::from(granted.scope.contains(OFFLINE_ACCESS)),
        moment.now,
        moment.now + LIFETIME,
    ));
    let (person, client, session) = (&granted.person, granted.client_id.as_str(), &granted.session);
    let (scope, acr) = (granted.scope.to_string(), granted.facts.acr.to_string());
    let event = Event::TokensIssued { person, client, session, family: id, scope: &scope, acr: &acr };
    audit::record(tx, moment, event).await
}

/// Another part of the client in the same session was first: the family takes its name.
pub fn rename_part(tx: &mut Tx, id: &FamilyId, sid: &ParticipationId) {
    tx.later(sql!("UPDATE token_family SET sid = $2 WHERE id = $1", id.as_str(), sid.as_str()));
}

/// Revokes a family, whether or not it has been written yet; idempotent.
pub async fn revoke(tx: &mut Tx, moment: &Moment, id: &FamilyId, reason: &str) -> Result<(), Fault> {
    tx.later(sql!(
        "INSERT INTO family_revocation (family_id, reason, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        id.as_str(),
        reason,
        moment.now,
    ));
    Ok(())
}

/// The same, where it matters whether it is new.
pub async fn revoke_once(tx: &mut Tx, moment: &Moment, id: &FamilyId, reason: &str) -> Result<bool, Fault> {
    let revoked = tx
        .execute(sql!(
            "INSERT INTO family_revocation (family_id, reason, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            id.as_str(),
            reason,
            moment.now,
        ))
        .await?;
    Ok(revoked == 1)
}

/// Whether it has been revoked.
pub async fn is_revoked(run: &mut impl Run, id: &FamilyId) -> Result<bool, Fault> {
    let row: Option<(i64,)> =
        run.optional(sql!("SELECT at FROM family_revocation WHERE family_id = $1", id.as_str())).await?;
    Ok(row.is_some())
}

/// Revokes every family of a person with a client.
pub async fn revoke_of_client(
    tx: &mut Tx,
    moment: &Moment,
    person: &PersonId,
    client: &str,
    reason: &str,
) -> Result<(), Fault> {
    tx.execute(sql!(
        "INSERT INTO family_revocation (family_id, reason, at)
         SELECT id, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM token_family WHERE person_id = $1 AND client_id = $2
         ON CONFLICT DO NOTHING",
        person.as_str(),
        client,
        reason,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Revokes what a client got in one session, off-line access aside: the person leaves this client and stays signed in.
pub async fn revoke_of_session(
    tx: &mut Tx,
    moment: &Moment,
    session: &SessionId,
    client: &str,
) -> Result<(), Fault> {
    tx.execute(sql!(
        "INSERT INTO family_revocation (family_id, reason, at)
         SELECT id, CAST('signed_out_here' AS TEXT), CAST($3 AS BIGINT) FROM token_family
         WHERE session_id = $1 AND client_id = $2 AND offline = 0
         ON CONFLICT DO NOTHING",
        session.as_str(),
        client,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Removes families that ended before, once no refresh token hangs on them. Access tokens are looked for by nothing but
/// time: none outlives its family by more than its own life, and `before` must leave that much.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM token_family WHERE id IN (
             SELECT id FROM token_family WHERE expires_at < $1
               AND NOT EXISTS (SELECT 1 FROM refresh_token WHERE refresh_token.family_id = token_family.id)
             ORDER BY expires_at, id LIMIT $2)",
        before,
        most,
    )]
}

/// Removes notes of revocations made before, once the family is gone, or where it was never written.
pub fn revocations_over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM family_revocation WHERE family_id IN (
             SELECT family_id FROM family_revocation WHERE at < $1
               AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.id = family_revocation.family_id)
             ORDER BY at LIMIT $2)",
        before,
        most,
    )]
}

impl Columns {
    pub(super) fn family(self, now: Timestamp) -> Result<Family, Fault> {
        let broken = |what| Fault::inconsistent("token_family", &self.family_id, what);
        let scope: Scope = self.scope.parse().map_err(|_| broken("scope cannot be read"))?;
        let facts: Facts = serde_json::from_str(&self.facts).map_err(|_| broken("facts cannot be read"))?;
        Ok(Family {
            id: self.family_id.parse().map_err(|_| broken("not an id"))?,
            granted: Granted {
                client_id: self.client_id.clone(),
                person: self.person_id.parse().map_err(|_| broken("person_id is not an id"))?,
                account: self.account_id.parse().map_err(|_| broken("account_id is not an id"))?,
                session: self.session_id.parse().map_err(|_| broken("session_id is not an id"))?,
                scope,
                facts,
            },
            sid: self.sid.parse().map_err(|_| broken("sid is not an id"))?,
            expires_at: Timestamp::from_micros(self.family_expires_at),
            life: self.life(now),
        })
    }

    fn life(&self, now: Timestamp) -> Life {
        let session_over =
            self.session_ended_at.is_some() || Timestamp::from_micros(self.session_expires_at) <= now;
        if self.family_revoked_at.is_some() {
            Life::Revoked
        } else if self.account_closed_at.is_some() {
            Life::AccountClosed
        } else if self.offline == 0 && session_over {
            Life::SessionEnded
        } else if Timestamp::from_micros(self.family_expires_at) <= now {
            Life::Expired
        } else {
            Life::Alive
        }
    }
}
