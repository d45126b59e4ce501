//! The database: SQLite or PostgreSQL behind `read()` and `begin()`.

use std::future::Future;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::doubt::Doubt;
use super::lane::Lane;
use super::postgres::{self, Server};
use super::readers::Readers;
use super::record::{Record, Rows};
use super::statement::Statement;
use super::tally::{Tally, Trip};
use super::trouble::fault;
use super::tx::{Tx, TxEngine};
use crate::base::Fault;
use crate::config::DatabasePlace;
use crate::disk;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pub(super) engine: Engine,
    tally: Arc<Tally>,
    doubt: Arc<Doubt>,
}

#[derive(Clone)]
pub(super) enum Engine {
    Sqlite { reads: Readers, lane: Lane },
    Postgres(Server),
}

impl Db {
    /// Opens the database; it must be reachable. The schema is `migrate`'s business.
    pub async fn open(place: &DatabasePlace, tally: Arc<Tally>) -> Result<Self, Fault> {
        let engine = match place {
            DatabasePlace::Sqlite(path) => open_sqlite(path).await?,
            DatabasePlace::Postgres(url) => Engine::Postgres(Server::open(url.expose()).await?),
        };
        Ok(Self { engine, tally, doubt: Arc::default() })
    }

    /// Whether the address says what it must; nothing is opened.
    pub fn check(place: &DatabasePlace) -> Result<(), Fault> {
        match place {
            DatabasePlace::Sqlite(_) => Ok(()),
            DatabasePlace::Postgres(url) => postgres::options(url.expose()).map(drop),
        }
    }

    /// Statements outside a transaction; they see only what is committed and never wait for writers.
    pub fn read(&self) -> Reader<'_> {
        Reader { db: self }
    }

    /// Begins a transaction. Dropped without `commit`, it is undone.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        self.tally.count(Trip::Transaction);
        let engine = match &self.engine {
            Engine::Sqlite { lane, .. } => TxEngine::Sqlite(lane.begin().await),
            Engine::Postgres(server) => TxEngine::Postgres(server.begin().await?),
        };
        Ok(Tx::new(engine, self.tally.clone(), self.doubt.clone()))
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.read().one::<(i64,)>(crate::sql!("SELECT CAST(1 AS BIGINT)")).await.map(|_| ())
    }

    /// Whether it takes writes, as far as transactions have shown.
    pub fn doubt(&self) -> &Doubt {
        &self.doubt
    }

    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { reads, lane } => {
                reads.close().await;
                lane.close().await;
            }
            Engine::Postgres(server) => server.pool().close().await,
        }
    }
}

/// Runs statements. Implemented by a reader and by a transaction, so that a store's query serves both.
pub trait Run: Send {
    /// The rows, unread.
    fn rows(&mut self, statement: Statement) -> impl Future<Output = Result<Rows, Fault>> + Send;

    /// Runs it; how many rows it touched.
    fn execute(&mut self, statement: Statement) -> impl Future<Output = Result<u64, Fault>> + Send;

    /// Every row.
    fn all<T: Record>(&mut self, statement: Statement) -> impl Future<Output = Result<Vec<T>, Fault>> + Send {
        async move { self.rows(statement).await?.read() }
    }

    /// The first row, if there is one.
    fn optional<T: Record>(
        &mut self,
        statement: Statement,
    ) -> impl Future<Output = Result<Option<T>, Fault>> + Send {
        async move { Ok(self.all(statement).await?.into_iter().next()) }
    }

    /// The one row there must be.
    fn one<T: Record>(&mut self, statement: Statement) -> impl Future<Output = Result<T, Fault>> + Send {
        async move {
            let text = statement.text;
            self.optional(statement)
                .await?
                .ok_or_else(|| Fault::broken(format!("no row where one must be: {text}")))
        }
    }
}

/// Statements outside a transaction.
pub struct Reader<'a> {
    db: &'a Db,
}

impl Run for Reader<'_> {
    async fn rows(&mut self, statement: Statement) -> Result<Rows, Fault> {
        self.db.tally.count(Trip::Read);
        match &self.db.engine {
            Engine::Sqlite { reads, .. } => {
                let mut lent = reads.lend().await?;
                let rows = statement.for_sqlite().fetch_all(lent.connection()?).await;
                rows.map(Rows::Sqlite).map_err(|error| fault("reading", error))
            }
            Engine::Postgres(server) => server.rows(statement).await.map(Rows::Postgres),
        }
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Fault> {
        let text = statement.text;
        Err(Fault::broken(format!("a reader was asked to write: {text}")))
    }
}

async fn open_sqlite(path: &PathBuf) -> Result<Engine, Fault> {
    make_private(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        // What a savepoint keeps for undoing is small and needs no file.
        .pragma("temp_store", "MEMORY")
        // A page written often goes to the database once per 16 MB of log, not once per 4.
        .pragma("wal_autocheckpoint", "4000")
        .statement_cache_capacity(256);
    let lane = Lane::open(&options).await?;
    let reads = Readers::open(&options.create_if_missing(false)).await?;
    Ok(Engine::Sqlite { reads, lane })
}

/// A new database is its owner's alone; SQLite gives the files beside it the same mode and owner.
fn make_private(path: &Path) -> Result<(), Fault> {
    match disk::make_file(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let advice = disk::advice(path, &error);
            Err(Fault::unavailable(format!("the database {}: {error}{advice}", path.display())))
        }
        _ => Ok(()),
    }
}
