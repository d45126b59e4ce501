//! Front-channel logout: the person's own browser loads an address of each client; what became of that, as far as one can know.

use std::time::Duration;

use crate::audit::{self, Event};
use crate::base::id::{DeliveryId, SessionId};
use crate::base::{Fault, Moment};
use crate::sql;
use crate::storage::{Db, Run, Tx, record};

/// How the browser's part of a logout stands. It is never "done": a browser says that an address was loaded, not what
/// the client did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// For the page of the browser that signs out.
    Waiting,
    /// In a page that was sent; a browser without script says no more.
    Given,
    /// The browser says that the address was loaded.
    Asked,
    /// No page loaded it: the browser was closed before.
    Missed,
    /// The session was ended where its browser is not.
    Unable,
}

record! {
    struct MissedRow {
        id: String,
        client_id: String,
    }
}

/// A browser that has not shown the page by then will not.
pub const PAGE_WITHIN: Duration = Duration::from_secs(30 * 60);
const AT_ONCE: i64 = 200;

/// The page with these addresses is sent.
pub async fn give(tx: &mut Tx, session: &SessionId) -> Result<u64, Fault> {
    tx.execute(sql!(
        "UPDATE logout_delivery SET front = 'given' WHERE session_id = $1 AND front = 'waiting'",
        session.as_str(),
    ))
    .await
}

/// The browser says that it loaded the address of this client, for the first time; whether it was waited for.
pub async fn ask(
    tx: &mut Tx,
    moment: &Moment,
    session: &SessionId,
    delivery: &DeliveryId,
) -> Result<bool, Fault> {
    let asked: Option<(String,)> = tx
        .optional(sql!(
            "UPDATE logout_delivery SET front = 'asked'
             WHERE id = $1 AND session_id = $2 AND front IN ('waiting', 'given') RETURNING client_id",
            delivery.as_str(),
            session.as_str(),
        ))
        .await?;
    let Some((client,)) = asked else { return Ok(false) };
    audit::record(tx, moment, Event::LogoutAsked { client: &client, delivery }).await?;
    Ok(true)
}

/// Notes the clients whose address no page loaded in time; how many.
pub async fn miss(db: &Db, moment: &Moment) -> Result<usize, Fault> {
    let before = moment.now - PAGE_WITHIN;
    let late: Option<(String,)> = db
        .read()
        .optional(sql!(
            "SELECT id FROM logout_delivery WHERE front = 'waiting' AND created_at < $1 LIMIT 1",
            before
        ))
        .await?;
    if late.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let rows: Vec<MissedRow> = tx
        .all(sql!(
            "UPDATE logout_delivery SET front = 'missed' WHERE front = 'waiting' AND id IN (
                 SELECT id FROM logout_delivery WHERE front = 'waiting' AND created_at < $1 LIMIT $2)
             RETURNING id, client_id",
            before,
            AT_ONCE,
        ))
        .await?;
    for row in &rows {
        let delivery =
            row.id.parse().map_err(|_| Fault::inconsistent("logout_delivery", &row.id, "not an id"))?;
        let missed = Event::LogoutMissed { client: &row.client_id, delivery: &delivery };
        audit::record(&mut tx, moment, missed).await?;
    }
    tx.commit().await?;
    Ok(rows.len())
}

impl Front {
    pub(super) fn word(self) -> &'static str {
        match self {
            Front::Waiting => "waiting",
            Front::Given => "given",
            Front::Asked => "asked",
            Front::Missed => "missed",
            Front::Unable => "unable",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Front::Waiting, Front::Given, Front::Asked, Front::Missed, Front::Unable]
            .into_iter()
            .find(|front| front.word() == word)
    }
}
