//! The sweep: visits whose time is over, offers and slips that have run out, tries that no longer count.

use super::bind;
use super::state::State;
use super::tries;
use super::visit::{self, Visit};
use crate::audit::{self, Event};
use crate::base::id::VisitId;
use crate::base::{Fault, Moment};
use crate::sql;
use crate::storage::{Db, Run, Tx};

/// Visits of one transaction: enough to keep up, few enough not to hold up the windows.
const BATCH: i64 = 200;

/// One sweep; how many visits expired. Two nodes may sweep at once.
pub async fn expire(db: &Db, moment: &Moment) -> Result<u64, Fault> {
    let mut expired = 0;
    loop {
        let (found, ended) = sweep_visits(db, moment).await?;
        expired += ended;
        // Fewer than a batch: nothing is left. None ended: another node is at the same rows.
        if found < BATCH || ended == 0 {
            break;
        }
    }
    sweep_offers(db, moment).await?;
    Ok(expired)
}

/// Expires one visit with all that hangs on it; `false` where it has moved on meanwhile.
pub(super) async fn expire_one(tx: &mut Tx, moment: &Moment, mut visit: Visit) -> Result<bool, Fault> {
    if !visit::advance(tx, moment, &mut visit, State::Expired).await? {
        return Ok(false);
    }
    bind::end_all(tx, moment, &visit.id).await?;
    let event = Event::VisitExpired { visit: &visit.id, person: visit.person.as_ref() };
    audit::record(tx, moment, event).await?;
    Ok(true)
}

async fn sweep_visits(db: &Db, moment: &Moment) -> Result<(i64, u64), Fault> {
    let due: Vec<(String,)> = db
        .read()
        .all(sql!(
            "SELECT id FROM visit WHERE state IN ('draft', 'open', 'at_counter', 'awaiting_binding', 'referred')
               AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
            moment.now,
            BATCH,
        ))
        .await?;
    if due.is_empty() {
        return Ok((0, 0));
    }
    let mut ended = 0;
    let mut tx = db.begin().await?;
    for (id,) in &due {
        let id: VisitId = id.parse().map_err(|_| Fault::inconsistent("visit", id, "not an id"))?;
        // Looked at again inside: it may have been taken, or bound, since.
        let Some(visit) = visit::find(&mut tx, &id).await?.filter(|visit| visit.is_overdue(moment.now))
        else {
            continue;
        };
        ended += u64::from(expire_one(&mut tx, moment, visit).await?);
    }
    tx.commit().await?;
    Ok((i64::try_from(due.len()).unwrap_or(BATCH), ended))
}

async fn sweep_offers(db: &Db, moment: &Moment) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "UPDATE binding SET ended_at = $1 WHERE ended_at IS NULL AND expires_at <= $1",
        moment.now,
    ))
    .await?;
    tx.execute(sql!(
        "UPDATE continuation SET ended_at = $1 WHERE ended_at IS NULL AND expires_at <= $1",
        moment.now,
    ))
    .await?;
    tries::forget(&mut tx, moment).await?;
    tx.commit().await
}
