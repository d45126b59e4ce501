//! Initial access tokens (RFC 7591 §3): made by an operator for a department, good for so many clients until a day.

use std::time::Duration;

use crate::audit::{self, Event};
use crate::base::id::InvitationId;
use crate::base::{Fault, Moment, Secret, Timestamp};
use crate::client::Profile;
use crate::crypto::mac::digest;
use crate::protocol::{Refusal, Scope};
use crate::sql;
use crate::storage::{Run, Statement, Tx, record};

/// An initial access token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub department_id: String,
    /// What its clients may ask for without further approval.
    pub scope: Scope,
    /// The profiles its clients may have; the first is the one of who names none.
    pub profiles: Vec<Profile>,
    /// How many clients it may register, and has.
    pub most: i64,
    pub used: i64,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// What an operator decides about a new one.
pub struct NewInvitation<'a> {
    pub department_id: &'a str,
    pub scope: &'a Scope,
    pub profiles: &'a [Profile],
    pub most: i64,
    pub lifetime: Duration,
}

record! {
    struct Row {
        id: String,
        department_id: String,
        scope: String,
        profiles: String,
        most: i64,
        used: i64,
        expires_at: i64,
        revoked_at: Option<i64>,
    }
}

/// Says at a glance what kind of secret this is.
pub const PREFIX: &str = "tyi_";

/// Makes a token; its text is told once.
pub async fn issue(
    tx: &mut Tx,
    moment: &Moment,
    new: &NewInvitation<'_>,
) -> Result<(InvitationId, Secret), Fault> {
    let token = format!("{PREFIX}{}", moment.random.token(32));
    let id = InvitationId::new(moment);
    tx.execute(sql!(
        "INSERT INTO invitation (id, digest, department_id, scope, profiles, most, used, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)",
        id.as_str(),
        digest(&token),
        new.department_id,
        new.scope.to_string(),
        print_profiles(new.profiles),
        new.most,
        moment.now,
        moment.now + new.lifetime,
    ))
    .await?;
    audit::record(tx, moment, Event::InvitationChanged { invitation: &id, change: "issued" }).await?;
    Ok((id, Secret::new(token)))
}

/// The invitation behind a token, alive or not.
pub async fn find(run: &mut impl Run, token: &Secret) -> Result<Option<Invitation>, Fault> {
    if !token.expose().starts_with(PREFIX) {
        return Ok(None);
    }
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, department_id, scope, profiles, most, used, expires_at, revoked_at FROM invitation
             WHERE digest = $1",
            digest(token.expose()),
        ))
        .await?;
    row.map(Row::invitation).transpose()
}

/// Takes one registration of it, atomically: of fifty at once with one left, one succeeds.
pub async fn take(tx: &mut Tx, moment: &Moment, id: &InvitationId) -> Result<Result<(), Refusal>, Fault> {
    let taken = tx
        .execute(sql!(
            "UPDATE invitation SET used = used + 1
             WHERE id = $1 AND used < most AND expires_at > $2 AND revoked_at IS NULL",
            id.as_str(),
            moment.now,
        ))
        .await?;
    Ok(if taken == 1 { Ok(()) } else { Err(Refusal::InvitationUsedUp) })
}

/// At most `limit`, newest first.
pub async fn list(run: &mut impl Run, limit: i64) -> Result<Vec<Invitation>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT id, department_id, scope, profiles, most, used, expires_at, revoked_at FROM invitation
             ORDER BY id DESC LIMIT $1",
            limit,
        ))
        .await?;
    rows.into_iter().map(Row::invitation).collect()
}

/// Takes a token back; whether there was one that still counted.
pub async fn revoke(tx: &mut Tx, moment: &Moment, id: &InvitationId) -> Result<bool, Fault> {
    let revoked = tx
        .execute(sql!(
            "UPDATE invitation SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            id.as_str(),
            moment.now,
        ))
        .await?;
    if revoked == 0 {
        return Ok(false);
    }
    audit::record(tx, moment, Event::InvitationChanged { invitation: id, change: "revoked" }).await?;
    Ok(true)
}

/// Removes invitations that ended before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM invitation WHERE id IN (
             SELECT id FROM invitation WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        most,
    )]
}

impl Invitation {
    /// Whether it may still register somebody; the holder of its 256 bits may know why not.
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.revoked_at.is_some() {
            Err(Refusal::InvitationRevoked)
        } else if self.expires_at <= now {
            Err(Refusal::InvitationExpired)
        } else if self.used >= self.most {
            Err(Refusal::InvitationUsedUp)
        } else {
            Ok(())
        }
    }
}

/// Profiles as a column.
pub(super) fn print_profiles(profiles: &[Profile]) -> String {
    let words: Vec<&str> = profiles.iter().map(|profile| profile.as_str()).collect();
    words.join(" ")
}

/// Profiles as a column has them; `None` where a word is none.
pub(super) fn parse_profiles(text: &str) -> Option<Vec<Profile>> {
    text.split(' ').filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

impl Row {
    fn invitation(self) -> Result<Invitation, Fault> {
        let broken = |what| Fault::inconsistent("invitation", &self.id, what);
        Ok(Invitation {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            scope: self.scope.parse().map_err(|_| broken("scope cannot be read"))?,
            profiles: parse_profiles(&self.profiles).ok_or_else(|| broken("profiles cannot be read"))?,
            department_id: self.department_id,
            most: self.most,
            used: self.used,
            expires_at: Timestamp::from_micros(self.expires_at),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
        })
    }
}
