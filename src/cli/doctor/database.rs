//! The database: reached, of a schema this program knows, writable, sealed with these keys, and not from the future.

use std::sync::Arc;

use super::finding::Finding;
use super::{clock, logouts};
use crate::app::{self, Kept, OpenProblem};
use crate::base::time::{Clock, SystemClock};
use crate::client::ClientState;
use crate::client::dynamic::desk;
use crate::config::{DatabasePlace, Settings};
use crate::crypto::Keys;
use crate::crypto::folder::KeysProblem;
use crate::crypto::keys::KeyName;
use crate::crypto::keystore::KeyStoreProblem;
use crate::sql;
use crate::storage::migrate::{self, SchemaProblem};
use crate::storage::{Db, Run, Tally};

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
        Err(fault) => {
            return vec![Finding::problem("database", OpenProblem::of_database(&settings.database, fault))];
        }
    };
    let mut findings = vec![schema(&db, &settings.database).await];
    // Of a database without our tables there is nothing else to say.
    if migrate::known() > 0 && installed(&db).await {
        findings.push(writable(&db).await);
        findings.extend(keys_belong(&db, settings).await);
        findings.push(clock::examine(&db).await);
        findings.push(clients(&db).await);
        findings.push(logouts::examine(&db).await);
    } else {
        findings.extend(new_to_these_keys(settings));
    }
    db.close().await;
    findings
}

/// What stops the start is a problem; what the start mends is not.
async fn schema(db: &Db, place: &DatabasePlace) -> Finding {
    if let Err(fault) = db.ping().await {
        return Finding::problem("database", OpenProblem::of_database(place, fault));
    }
    match migrate::check(db).await {
        Ok(()) => Finding::ok("database", format!("reached, schema {}", migrate::known())),
        Err(SchemaProblem::Absent) => {
            Finding::note("database", "reached; it has no tables yet: the first start makes them")
        }
        Err(SchemaProblem::Older { found, known }) => Finding::note(
            "database",
            format!(
                "schema {found}, this program brings it to {known} at the next start or by `tongyao migrate`"
            ),
        ),
        Err(problem) => Finding::problem("database", problem),
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

/// Tried to the end, since a full disk shows at the commit.
async fn writable(db: &Db) -> Finding {
    match app::writing::proven(db).await {
        Ok(()) => Finding::ok("writing", "the database can be written"),
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
