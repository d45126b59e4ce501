//! A clerk's own figures for today.

use super::clerk_session::Desk;
use super::counter::start_of_day;
use crate::base::{Fault, Moment};
use crate::sql;
use crate::storage::{Db, Run};

/// What a clerk has done since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Today {
    pub decided: i64,
    pub passed: i64,
    /// From taking the visit in hand to the decision, rounded; `None` before the first decision.
    pub mean_minutes: Option<i64>,
}

const MINUTE: i64 = 60_000_000;

pub async fn today(db: &Db, moment: &Moment, desk: &Desk) -> Result<Today, Fault> {
    let (decided, passed, micros): (i64, i64, i64) = db
        .read()
        .one(sql!(
            "SELECT COUNT(*),
                    CAST(COALESCE(SUM(CASE WHEN outcome = 'passed' THEN 1 ELSE 0 END), 0) AS BIGINT),
                    CAST(COALESCE(SUM(decided_at - COALESCE(started_at, decided_at)), 0) AS BIGINT)
             FROM visit WHERE clerk_id = $1 AND decided_at >= $2",
            desk.clerk.as_str(),
            start_of_day(moment.now),
        ))
        .await?;
    let mean_minutes = (decided > 0).then(|| (micros / decided + MINUTE / 2) / MINUTE);
    Ok(Today { decided, passed, mean_minutes })
}
