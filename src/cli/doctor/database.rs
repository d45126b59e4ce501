//! The database: reached, of a schema this program knows, writable, sealed with these keys, and not from the future.

use std::sync::Arc;
use std::time::Duration;

use super::finding::Finding;
use super::logouts;
use crate::app::{self, Kept, OpenProblem};
use crate::base::time::{Clock, SystemClock};
use crate::base::{Fault, Timestamp};
use crate::client::ClientState;
use crate::client::dynamic::desk;
use crate::config::{DatabasePlace, Settings};
use crate::crypto::Keys;
use crate::crypto::folder::KeysProblem;
use crate::crypto::keys::KeyName;
use crate::crypto::keystore::KeyStoreProblem;
use crate::sql;
use crate::storage::{Db, Run, Tally, migrate};

/// A clock may be this far behind the newest record; more, and sessions and codes go wrong.
const BEHIND: Duration = Duration::from_secs(300);
/// No clock that is right shows less: 2026-01-01.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_767_225_600);

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    if let DatabasePlace::Sqlite(path) = &settings.database
        && settings.database.is_missing()
    {
        if let Err(problem) = app::refuse_new_database(settings) {
            return vec![Finding::problem("database", problem)];
        }
        let made = Finding::note("database", format!("{} is made at the first start", path.display()));
        return [Some(made), not_made_yet(settings)].into_iter().flatten().collect();
    }
    let db = match Db::open(&settings.database, Arc::new(Tally::default())).await {
        Ok(db) => db,
        Err(fault) => return vec![Finding::problem("database", OpenProblem::Database(fault))],
    };
    let mut findings = vec![schema(&db).await];
    // Of a database without our tables there is nothing else to say.
    if migrate::known() > 0 && installed(&db).await {
        findings.push(writable(&db).await);
        findings.extend(keys_belong(&db, settings).await);
        findings.push(clock(&db).await);
        findings.push(clients(&db).await);
        findings.push(logouts::examine(&db).await);
    } else {
        findings.extend(new_to_these_keys(settings));
    }
    db.close().await;
    findings
}

async fn schema(db: &Db) -> Finding {
    if let Err(fault) = db.ping().await {
        return Finding::problem("database", OpenProblem::Database(fault));
    }
    let found: Result<(i64,), Fault> =
        db.read().one(sql!("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")).await;
    let known = migrate::known();
    match found {
        Err(_) => Finding::note("database", "reached; it has no tables yet: the first start makes them"),
        Ok((found,)) if found > known => Finding::problem(
            "database",
            format!(
                "schema {found}, this program knows up to {known}: start a newer program, or restore a backup"
            ),
        ),
        Ok((found,)) if found < known => Finding::note(
            "database",
            format!(
                "schema {found}, this program brings it to {known} at the next start or by `tongyao migrate`"
            ),
        ),
        Ok((found,)) => Finding::ok("database", format!("reached, schema {found}")),
    }
}

async fn installed(db: &Db) -> bool {
    db.read().all::<(String,)>(sql!("SELECT name FROM installation LIMIT 1")).await.is_ok()
}

/// How many clients there are by state; those that wait are worth a look.
async fn clients(db: &Db) -> Finding {
    match desk::counts(&mut db.read()).await {
        Ok(counts) => {
            let told: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
            let waiting = counts.iter().any(|(state, _)| state == ClientState::Pending.as_str());
            match waiting {
                true => Finding::note(
                    "clients",
                    format!("{}: tongyao clients list --state pending", told.join(", ")),
                ),
                false if told.is_empty() => Finding::ok("clients", "none yet"),
                false => Finding::ok("clients", told.join(", ")),
            }
        }
        // An older schema: the first line has told it.
        Err(_) => Finding::note("clients", "not counted: the schema is not up to date"),
    }
}

/// Tried in a transaction that is undone.
async fn writable(db: &Db) -> Finding {
    let tried = async {
        let mut tx = db.begin().await?;
        tx.execute(sql!(
            "INSERT INTO installation (name, value) VALUES ('doctor', '') ON CONFLICT DO NOTHING"
        ))
        .await
    };
    match tried.await {
        Ok(_) => Finding::ok("writing", "the database can be written"),
        Err(fault) => Finding::problem(
            "writing",
            format!(
                "the database cannot be written ({fault:?}): give its user and files the right to write, or free its disk"
            ),
        ),
    }
}

async fn keys_belong(db: &Db, settings: &Settings) -> Vec<Finding> {
    match app::kept(db).await {
        Ok(Some(kept)) => compared(&kept, settings),
        Ok(None) => vec![new_to_these_keys(settings).unwrap_or_else(|| {
            Finding::ok("keys", "the database is not bound to keys yet: the first start does it")
        })],
        Err(fault) => vec![Finding::problem("keys", format!("{fault:?}"))],
    }
}

/// Of a database that is not made yet, or that no keys belong to yet.
fn new_to_these_keys(settings: &Settings) -> Option<Finding> {
    match app::refuse_new_database(settings) {
        Err(problem) => Some(Finding::problem("keys", problem)),
        Ok(()) => not_made_yet(settings),
    }
}

fn not_made_yet(settings: &Settings) -> Option<Finding> {
    let folder = &settings.keys_dir;
    let missing = matches!(folder.try_exists(), Ok(false));
    missing.then(|| Finding::note("keys", format!("{} is made at the first start", folder.display())))
}

fn compared(kept: &Kept, settings: &Settings) -> Vec<Finding> {
    match app::open_kept_keys(kept, &settings.keys_dir, SystemClock.now()) {
        Ok(keys) => {
            let belong = Finding::ok("keys", "they belong to this database");
            std::iter::once(belong).chain(crowded(&keys)).collect()
        }
        // Told already when the folder itself was looked at.
        Err(OpenProblem::Keys(KeyStoreProblem::Folder(
            KeysProblem::FolderOpenToOthers { .. }
            | KeysProblem::FileOpenToOthers { .. }
            | KeysProblem::Unusable { .. },
        ))) => vec![Finding::note("keys", "not compared with the database")],
        Err(problem) => vec![Finding::problem("keys", problem)],
    }
}

/// Keys of another folder that came in beside our own sign for us from then on.
fn crowded(keys: &Keys) -> Option<Finding> {
    let signing = keys.signing.view().crowded().into_iter().map(KeyName::Signing);
    let names: Vec<&str> = signing
        .chain(keys.decryption.view().crowded().into_iter().map(KeyName::Decryption))
        .map(KeyName::as_str)
        .collect();
    (!names.is_empty()).then(|| {
        Finding::problem(
            "keys",
            format!(
                "there are two current or two next keys of {}: take the files that are not of this installation out of the \
                 folder (tongyao keys list); after a rotation that ended half-way, rotate again",
                names.join(", ")
            ),
        )
    })
}

async fn clock(db: &Db) -> Finding {
    let newest: Result<Option<(i64,)>, Fault> =
        db.read().optional(sql!("SELECT at FROM audit_event ORDER BY id DESC LIMIT 1")).await;
    let now = SystemClock.now();
    match newest {
        Err(fault) => Finding::problem("clock", format!("{fault:?}")),
        Ok(newest) => clock_against(now, newest.map(|(at,)| Timestamp::from_micros(at))),
    }
}

fn clock_against(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let set = "set the machine's clock (NTP)";
    match newest {
        _ if now < EARLIEST => Finding::problem("clock", format!("it shows {now}: {set}")),
        Some(newest) if newest.since(now) > BEHIND => {
            Finding::problem("clock", format!("it shows {now}, but the newest record is of {newest}: {set}"))
        }
        _ => Finding::ok("clock", now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::State;

    #[test]
    fn a_clock_that_is_wrong_is_noticed() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let cases = [
            (now, None, State::Ok),
            (now, Some(now - Duration::from_secs(1)), State::Ok),
            (now, Some(now + Duration::from_secs(60)), State::Ok),
            (now, Some(now + Duration::from_secs(3600)), State::Problem),
            (Timestamp::from_seconds(0), None, State::Problem),
        ];
        for (now, newest, expected) in cases {
            assert_eq!(clock_against(now, newest).state, expected, "{now} {newest:?}");
        }
    }
}
