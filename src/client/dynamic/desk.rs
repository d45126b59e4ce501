//! What operators see and decide: clients by state, the yes to those who wait, switching off, a new secret.

use std::time::Duration;

use super::registrar::{self, Kept};
use crate::audit::{self, Event};
use crate::base::{Fault, Moment, Secret, Timestamp};
use crate::client::{Client, ClientState, secret, shared_secret};
use crate::crypto::Keys;
use crate::sql;
use crate::storage::{Run, Tx, record};

record! {
    /// A line of the list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Line {
        pub client_id: String,
        pub department_id: String,
        pub state: String,
        pub profile: String,
        /// Empty for a declared client.
        pub admission: String,
    }
}

/// What an operator does to a client that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Disable,
    Enable,
}

/// Clients by id, after the one last seen; of one state, or of every state where none is named.
pub async fn list(
    run: &mut impl Run,
    state: Option<ClientState>,
    (after, limit): (&str, i64),
) -> Result<Vec<Line>, Fault> {
    run.all(sql!(
        "SELECT client.client_id, client.department_id, client.state, client.profile,
                COALESCE(registration.admission, '') AS admission
         FROM client LEFT JOIN registration ON registration.client_id = client.client_id
         WHERE client.state <> 'deleted' AND client.client_id > $1
           AND (CAST($2 AS TEXT) IS NULL OR client.state = CAST($2 AS TEXT))
         ORDER BY client.client_id LIMIT $3",
        after,
        state.map(ClientState::as_str),
        limit,
    ))
    .await
}

/// Clients that have waited for a yes since before, the longest first.
pub async fn list_waiting(
    run: &mut impl Run,
    before: Timestamp,
    limit: i64,
) -> Result<Vec<(String,)>, Fault> {
    run.all(sql!(
        "SELECT client_id FROM client WHERE state = 'pending' AND updated_at < $1 ORDER BY updated_at LIMIT $2",
        before,
        limit,
    ))
    .await
}

/// How many clients are in each state that has any.
pub async fn counts(run: &mut impl Run) -> Result<Vec<(String, i64)>, Fault> {
    run.all(sql!("SELECT state, COUNT(*) FROM client WHERE state <> 'deleted' GROUP BY state ORDER BY state"))
        .await
}

/// Says yes to a client that waits, for what it asks now; into `department` where one is named. Whether it waited.
pub async fn approve(
    tx: &mut Tx,
    moment: &Moment,
    client_id: &str,
    department: Option<&str>,
) -> Result<bool, Fault> {
    let Some(kept) = registrar::find(tx, client_id).await? else { return Ok(false) };
    let approved = tx
        .execute(sql!(
            "UPDATE client SET state = 'active', department_id = COALESCE(CAST($2 AS TEXT), department_id), updated_at = $3
             WHERE client_id = $1 AND state = 'pending' AND updated_at = $4",
            client_id,
            department,
            moment.now,
            kept.client.updated_at,
        ))
        .await?;
    if approved == 0 {
        return Ok(false);
    }
    widen(tx, &kept).await?;
    let detail = department.unwrap_or_default();
    audit::record(tx, moment, Event::ClientChanged { client: client_id, change: "approved", detail }).await?;
    Ok(true)
}

/// Switches a client off, or on again; whether that changed anything.
pub async fn decide(
    tx: &mut Tx,
    moment: &Moment,
    client_id: &str,
    decision: Decision,
) -> Result<bool, Fault> {
    let (from, to, change) = match decision {
        Decision::Disable => (ClientState::Active, ClientState::Disabled, "disabled"),
        Decision::Enable => (ClientState::Disabled, ClientState::Active, "enabled"),
    };
    let decided = tx
        .execute(sql!(
            "UPDATE client SET state = $3, updated_at = $4 WHERE client_id = $1 AND state = $2",
            client_id,
            from.as_str(),
            to.as_str(),
            moment.now,
        ))
        .await?;
    if decided == 0 {
        return Ok(false);
    }
    audit::record(tx, moment, Event::ClientChanged { client: client_id, change, detail: "" }).await?;
    Ok(true)
}

/// A new secret. The one before works on for `keep`, so that a system can be changed over without a gap.
pub async fn rotate_secret(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (client, keep, expires_at): (&Client, Duration, Option<Timestamp>),
) -> Result<Secret, Fault> {
    let fresh = secret::generate(moment);
    tx.execute(sql!(
        "UPDATE client SET previous_secret_digest = secret_digest, previous_secret_until = $3, secret_digest = $2,
             secret_expires_at = $4, updated_at = $5
         WHERE client_id = $1",
        client.client_id.as_str(),
        secret::digest(keys, &client.client_id, &fresh),
        moment.now + keep,
        expires_at,
        moment.now,
    ))
    .await?;
    // A client signs with one secret: the one before verifies nothing from now on.
    if shared_secret::is_needed(&client.metadata) {
        shared_secret::keep(tx, (moment, keys), &client.client_id, &fresh).await?;
    }
    let event = Event::ClientChanged { client: &client.client_id, change: "secret_rotated", detail: "" };
    audit::record(tx, moment, event).await?;
    Ok(fresh)
}

/// What was approved once needs no second approval while it stays.
async fn widen(tx: &mut Tx, kept: &Kept) -> Result<(), Fault> {
    let ceiling = kept.ceiling.union(&kept.client.metadata.scope);
    tx.execute(sql!(
        "UPDATE registration SET ceiling = $2 WHERE client_id = $1",
        kept.client.client_id.as_str(),
        ceiling.to_string(),
    ))
    .await
    .map(|_| ())
}
