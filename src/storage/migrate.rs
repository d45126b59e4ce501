//! The schema: one folder of migrations for both databases, and the refusal of a schema this program does not know.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr};

use super::db::{Db, Engine};
use crate::base::Fault;
use crate::config::DatabasePlace;

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
        "schema step {0} in the database differs from this program's: the database was changed by another build"
    )]
    Different(i64),
    #[error("schema step {0} was begun and not finished: restore a backup or repair it by hand")]
    HalfDone(i64),
    #[error("the schema could not be brought up to date: {0:?}")]
    Fault(Fault),
}

/// Brings the schema up to date. Several nodes may call it at once.
pub async fn run(place: &DatabasePlace, db: &Db) -> Result<(), SchemaProblem> {
    let answer = match (&db.engine, place) {
        (Engine::Postgres(server), _) => migrator().run(server.pool()).await,
        (Engine::Sqlite { .. }, DatabasePlace::Sqlite(path)) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.map_err(|error| {
                SchemaProblem::Fault(Fault::unavailable("opening the database").because(error))
            })?;
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
        other => SchemaProblem::Fault(Fault::unavailable("changing the schema").because(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
