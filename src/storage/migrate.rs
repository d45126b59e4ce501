//! The schema: one folder of migrations for both databases, and the refusal of a schema this program does not know.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr};

use super::db::{Db, Engine, Run};
use super::trouble::{fault, lacks_table, with_advice};
use crate::base::Fault;
use crate::config::DatabasePlace;
use crate::sql;

/// Number, name and text of every file in `migrations/`.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "start", include_str!("../../migrations/0001_start.sql")),
    (2, "carried", include_str!("../../migrations/0002_carried.sql")),
    (3, "details", include_str!("../../migrations/0003_details.sql")),
    (4, "shared_secret", include_str!("../../migrations/0004_shared_secret.sql")),
    (6, "tokens", include_str!("../../migrations/0006_tokens.sql")),
    (7, "decoupled", include_str!("../../migrations/0007_decoupled.sql")),
    (8, "registration", include_str!("../../migrations/0008_registration.sql")),
    (9, "front_channel", include_str!("../../migrations/0009_front_channel.sql")),
    (10, "identity", include_str!("../../migrations/0010_identity.sql")),
    (11, "lighter", include_str!("../../migrations/0011_lighter.sql")),
    (12, "names", include_str!("../../migrations/0012_names.sql")),
    (13, "growth", include_str!("../../migrations/0013_growth.sql")),
    (14, "new_name", include_str!("../../migrations/0014_new_name.sql")),
    (15, "ends", include_str!("../../migrations/0015_ends.sql")),
];

/// Why the schema cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaProblem {
    #[error(
        "the database has schema {found}, this program knows up to {known}: start a newer program, or restore a backup"
    )]
    Newer { found: i64, known: i64 },
    #[error(
        "the database has schema {found}, this program {known}: run tongyao migrate first, or start the service with this \
         program"
    )]
    Older { found: i64, known: i64 },
    #[error(
        "the database has no tables of ours: start the service once (tongyao serve), or name the right settings with \
         --config"
    )]
    Absent,
    #[error(
        "schema step {0} in the database differs from this program's: it was changed by another build; start the program that \
         made it, or restore a backup"
    )]
    Different(i64),
    #[error("schema step {0} was begun and not finished: restore a backup or repair it by hand")]
    HalfDone(i64),
    #[error("the schema could not be brought up to date: {}", with_advice(.0))]
    Fault(Fault),
}

/// Brings the schema up to date. Several nodes may call it at once.
pub async fn run(place: &DatabasePlace, db: &Db) -> Result<(), SchemaProblem> {
    let answer = match (&db.engine, place) {
        (Engine::Postgres(server), _) => migrator().run(server.pool()).await,
        (Engine::Sqlite { .. }, DatabasePlace::Sqlite(path)) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = sqlx::SqliteConnection::connect_with(&options)
                .await
                .map_err(|error| SchemaProblem::Fault(fault("opening the database", error)))?;
            let answer = migrator().run(&mut connection).await;
            let _ = connection.close().await;
            answer
        }
        (Engine::Sqlite { .. }, DatabasePlace::Postgres(_)) => {
            return Err(SchemaProblem::Fault(Fault::broken("the database is not at the place named")));
        }
    };
    answer.map_err(problem)
}

/// Whether the schema is this program's; changes nothing.
pub async fn check(db: &Db) -> Result<(), SchemaProblem> {
    let applied: Result<Vec<(i64, Vec<u8>, i64)>, Fault> = db
        .read()
        .all(sql!(
            "SELECT version, checksum, CAST(CASE WHEN success THEN 1 ELSE 0 END AS BIGINT)
             FROM _sqlx_migrations ORDER BY version"
        ))
        .await;
    match applied {
        Ok(applied) => compare(&applied),
        Err(fault) if lacks_table(&fault) => Err(SchemaProblem::Absent),
        Err(fault) => Err(SchemaProblem::Fault(fault)),
    }
}

/// Whether the database has no tables of ours.
pub async fn is_absent(db: &Db) -> bool {
    matches!(check(db).await, Err(SchemaProblem::Absent))
}

/// The steps that were taken (number, checksum, 1 when it was finished), against those there are.
fn compare(applied: &[(i64, Vec<u8>, i64)]) -> Result<(), SchemaProblem> {
    let (found, known) = (applied.last().map_or(0, |(number, ..)| *number), known());
    if let Some((step, ..)) = applied.iter().find(|(.., finished)| *finished == 0) {
        return Err(SchemaProblem::HalfDone(*step));
    }
    let unknown = |(number, ..): &&(i64, Vec<u8>, i64)| STEPS.iter().all(|(step, ..)| step != number);
    if let Some((found, ..)) = applied.iter().find(unknown) {
        return Err(SchemaProblem::Newer { found: *found, known });
    }
    for step in migrator().iter() {
        match applied.iter().find(|(number, ..)| *number == step.version) {
            None => return Err(SchemaProblem::Older { found, known }),
            Some((_, checksum, _)) if *checksum != *step.checksum => {
                return Err(SchemaProblem::Different(step.version));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The newest schema step this program knows.
pub fn known() -> i64 {
    STEPS.last().map_or(0, |(number, ..)| *number)
}

fn migrator() -> Migrator {
    let step = |(number, name, text): &(i64, &'static str, &'static str)| {
        Migration::new(*number, Cow::Borrowed(*name), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(STEPS.iter().map(step).collect())
}

fn problem(error: MigrateError) -> SchemaProblem {
    match error {
        MigrateError::VersionMissing(found) | MigrateError::VersionTooNew(found, _) => {
            SchemaProblem::Newer { found, known: known() }
        }
        MigrateError::VersionMismatch(step) => SchemaProblem::Different(step),
        MigrateError::Dirty(step) => SchemaProblem::HalfDone(step),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            SchemaProblem::Fault(fault("changing the schema", error))
        }
        other => SchemaProblem::Fault(Fault::unavailable("changing the schema").because(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_schema_with_every_step_is_this_programs() {
        let whole: Vec<_> = migrator().iter().map(|step| (step.version, step.checksum.to_vec(), 1)).collect();
        assert!(compare(&whole).is_ok());
        let known = known();
        let older = compare(&whole[..whole.len() - 1]);
        assert!(matches!(older, Err(SchemaProblem::Older { found, .. }) if found < known), "{older:?}");
        assert!(matches!(compare(&[]), Err(SchemaProblem::Older { found: 0, .. })));
        let newer = [whole.clone(), vec![(known + 1, Vec::new(), 1)]].concat();
        assert!(matches!(compare(&newer), Err(SchemaProblem::Newer { found, .. }) if found == known + 1));
        let mut half_done = whole.clone();
        half_done[3].2 = 0;
        assert!(matches!(compare(&half_done), Err(SchemaProblem::HalfDone(4))));
        let mut different = whole;
        different[2].1[0] ^= 1;
        assert!(matches!(compare(&different), Err(SchemaProblem::Different(3))));
    }

    #[test]
    fn every_file_of_the_folder_is_a_step() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let steps: Vec<_> = STEPS.iter().map(|(number, name, _)| format!("{number:04}_{name}.sql")).collect();
        assert_eq!(steps, files);
    }
}
