//! The schema: one folder of migrations for both databases, and the refusal of a schema this program does not know.

use sqlx::Connection;
use sqlx::migrate::{MigrateError, Migrator};

use super::db::{Db, Engine};
use crate::base::Fault;
use crate::config::DatabasePlace;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

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
        (Engine::Postgres(server), _) => MIGRATIONS.run(server.pool()).await,
        (Engine::Sqlite { .. }, DatabasePlace::Sqlite(path)) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.map_err(|error| {
                SchemaProblem::Fault(Fault::unavailable("opening the database").because(error))
            })?;
            let answer = MIGRATIONS.run(&mut connection).await;
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
    MIGRATIONS.iter().map(|step| step.version).max().unwrap_or(0)
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
