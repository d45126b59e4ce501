//! The clock: the same on every machine, for codes live a minute and the stores are where the nodes meet.

use std::time::Duration;

use chrono::NaiveDateTime;

use super::finding::Finding;
use crate::base::time::{Clock, SystemClock};
use crate::base::{Fault, Timestamp};
use crate::sql;
use crate::storage::{Db, Ephemeral, Run};

/// Clocks may be this far from one another: half the life of a code.
const APART: Duration = Duration::from_secs(30);
/// No clock that is right shows less: 2026-01-01.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Against the newest record, which any node may have made, and the clock of the database.
pub async fn examine(db: &Db) -> Finding {
    let (newest, there) = match read(db).await {
        Ok(read) => read,
        Err(fault) => return Finding::problem("clock", format!("{fault:?}")),
    };
    let now = SystemClock.now();
    let behind = newest.and_then(|newest| behind(now, newest));
    let apart = there.and_then(|there| apart(now, "the database", there));
    wrong(now).or(apart).or(behind).unwrap_or_else(|| Finding::ok("clock", now))
}

/// Against that of Redis, where it tells.
pub async fn examine_redis(ephemeral: &Ephemeral) -> Option<Finding> {
    let there = ephemeral.clock().await.ok()??;
    apart(SystemClock.now(), "Redis", there)
}

async fn read(db: &Db) -> Result<(Option<Timestamp>, Option<Timestamp>), Fault> {
    let newest: Option<(i64,)> =
        db.read().optional(sql!("SELECT at FROM audit_event ORDER BY id DESC LIMIT 1")).await?;
    // Both databases write the time like this, in UTC.
    let (there,): (String,) =
        db.read().one(sql!("SELECT SUBSTR(CAST(CURRENT_TIMESTAMP AS TEXT), 1, 19)")).await?;
    let there = NaiveDateTime::parse_from_str(&there, "%Y-%m-%d %H:%M:%S").ok();
    let there = there.map(|there| Timestamp::from_seconds(there.and_utc().timestamp()));
    Ok((newest.map(|(at,)| Timestamp::from_micros(at)), there))
}

fn wrong(now: Timestamp) -> Option<Finding> {
    (now < EARLIEST)
        .then(|| Finding::problem("clock", format!("it shows {now}: set the machine's clock (NTP)")))
}

fn behind(now: Timestamp, newest: Timestamp) -> Option<Finding> {
    (newest.since(now) > APART).then(|| {
        let what = format!("it shows {now}, but the newest record is of {newest}");
        Finding::problem("clock", format!("{what}: set the clocks of this machine and of every node (NTP)"))
    })
}

fn apart(now: Timestamp, whose: &str, there: Timestamp) -> Option<Finding> {
    (now.since(there).max(there.since(now)) > APART).then(|| {
        let what = format!("it shows {now}, that of {whose} {there}");
        Finding::problem("clock", format!("{what}: set the one that is wrong (NTP); codes live a minute"))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::scratch::Scratch;
    use crate::config::DatabasePlace;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_clock_that_is_wrong_is_noticed() {
        let second = Duration::from_secs;
        assert!(wrong(NOW).is_none() && wrong(Timestamp::from_seconds(0)).is_some());
        // Records are as old as they are; none is of the future.
        assert!(behind(NOW, NOW - second(3600)).is_none() && behind(NOW, NOW + second(20)).is_none());
        assert!(behind(NOW, NOW + second(45)).is_some());
        for there in [NOW, NOW - second(20), NOW + second(20)] {
            assert!(apart(NOW, "the database", there).is_none(), "{there}");
        }
        for there in [NOW - second(45), NOW + second(45)] {
            let told = apart(NOW, "the database", there).unwrap().to_string();
            assert!(told.contains(&there.to_string()) && told.contains("NTP"), "{told}");
        }
    }

    #[tokio::test]
    async fn the_clock_of_the_database_can_be_read() {
        let folder = Scratch::open();
        let place = DatabasePlace::Sqlite(folder.join("test.db"));
        let db = Db::open(&place, Arc::default()).await.unwrap();
        crate::storage::migrate::run(&place, &db).await.unwrap();
        let (newest, there) = read(&db).await.unwrap();
        assert_eq!(newest, None);
        assert!(apart(SystemClock.now(), "the database", there.unwrap()).is_none());
    }
}
