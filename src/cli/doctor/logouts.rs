//! Whether systems are told of logouts: what waits and what was given up, system by system.

use std::time::Duration;

use super::finding::Finding;
use crate::base::time::{Clock, SystemClock};
use crate::base::{Fault, Timestamp};
use crate::sql;
use crate::storage::{Db, Run, record};

/// What was given up before is no news.
const NEWS: Duration = Duration::from_secs(7 * 24 * 3600);
/// The third pause is over by then: a system that has not answered since is in trouble.
const LATE: Duration = Duration::from_secs(120);
const MOST_TOLD: usize = 5;

record! {
    struct Row {
        client_id: String,
        waiting: i64,
        given_up: i64,
    }
}

pub async fn examine(db: &Db) -> Finding {
    let now = SystemClock.now();
    match find(db, now).await {
        Ok(rows) => told(&rows),
        Err(fault) => Finding::problem("logout", format!("{fault:?}")),
    }
}

async fn find(db: &Db, now: Timestamp) -> Result<Vec<Row>, Fault> {
    db.read()
        .all(sql!(
            "SELECT client_id,
                    CAST(SUM(CASE WHEN state = 'pending' AND created_at < $2 THEN 1 ELSE 0 END) AS BIGINT) AS waiting,
                    CAST(SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END) AS BIGINT) AS given_up
             FROM logout_delivery WHERE state IN ('pending', 'failed') AND created_at > $1
             GROUP BY client_id ORDER BY client_id LIMIT 1000",
            now - NEWS,
            now - LATE,
        ))
        .await
}

fn told(rows: &[Row]) -> Finding {
    let behind: Vec<String> = rows
        .iter()
        .filter(|row| row.waiting + row.given_up > 0)
        .map(|row| format!("{} ({} waiting, {} given up)", row.client_id, row.waiting, row.given_up))
        .collect();
    if behind.is_empty() {
        return Finding::ok("logout", "every system that takes notice of logouts answers");
    }
    let more = if behind.len() > MOST_TOLD {
        format!(", and {} more", behind.len() - MOST_TOLD)
    } else {
        String::new()
    };
    Finding::note(
        "logout",
        format!(
            "not told in the last 7 days: {}{more}; the log says why, and the department's backchannel_logout_uri must answer",
            behind[..behind.len().min(MOST_TOLD)].join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::State;

    #[test]
    fn names_the_systems_that_do_not_answer() {
        let row = |client: &str, waiting, given_up| Row { client_id: client.into(), waiting, given_up };
        assert_eq!(told(&[]).state, State::Ok);
        assert_eq!(told(&[row("fresh", 0, 0)]).state, State::Ok);
        let finding = told(&[row("hrss", 2, 1), row("fine", 0, 0)]);
        assert_eq!(finding.state, State::Note);
        assert!(finding.to_string().contains("hrss (2 waiting, 1 given up)"), "{finding}");
        assert!(!finding.to_string().contains("fine"));
    }
}
