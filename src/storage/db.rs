//! The database: SQLite or PostgreSQL behind `read()`, `begin()` and `commit()`.

use std::fs::OpenOptions;
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::Postgres;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::lane::{Lane, LaneTx};
use super::postgres::Server;
use super::statement::{Record, Statement};
use super::tally::{Tally, Trip};
use super::trouble::fault;
use crate::base::Fault;
use crate::config::DatabasePlace;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pub(super) engine: Engine,
    tally: Arc<Tally>,
}

#[derive(Clone)]
pub(super) enum Engine {
    Sqlite { reads: SqlitePool, lane: Lane },
    Postgres(Server),
}

/// Which database serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 4;

impl Db {
    /// Opens the database; it must be reachable. The schema is `migrate`'s business.
    pub async fn open(place: &DatabasePlace, tally: Arc<Tally>) -> Result<Self, Fault> {
        let engine = match place {
            DatabasePlace::Sqlite(path) => open_sqlite(path).await?,
            DatabasePlace::Postgres(url) => Engine::Postgres(Server::open(url.expose()).await?),
        };
        Ok(Self { engine, tally })
    }

    pub fn kind(&self) -> Kind {
        match self.engine {
            Engine::Sqlite { .. } => Kind::Sqlite,
            Engine::Postgres(_) => Kind::Postgres,
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
            Engine::Sqlite { lane, .. } => TxEngine::Sqlite(lane.begin().await?),
            Engine::Postgres(server) => TxEngine::Postgres(server.begin().await?),
        };
        Ok(Tx { engine, tally: self.tally.clone() })
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), Fault> {
        self.read().one::<(i64,)>(crate::sql!("SELECT CAST(1 AS BIGINT)")).await.map(|_| ())
    }

    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { reads, lane } => {
                lane.close().await;
                reads.close().await;
            }
            Engine::Postgres(server) => server.pool().close().await,
        }
    }
}

/// Runs statements. Implemented by a reader and by a transaction, so that a store's query serves both.
pub trait Run: Send {
    /// Every row.
    fn all<T: Record>(&mut self, statement: Statement) -> impl Future<Output = Result<Vec<T>, Fault>> + Send;

    /// Runs it; how many rows it touched.
    fn execute(&mut self, statement: Statement) -> impl Future<Output = Result<u64, Fault>> + Send;

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
    async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>, Fault> {
        self.db.tally.count(Trip::Read);
        match &self.db.engine {
            Engine::Sqlite { reads, .. } => {
                let rows = statement.rows_from_sqlite().fetch_all(reads).await;
                rows.map_err(|error| fault("reading", error))
            }
            Engine::Postgres(server) => server.all(statement).await,
        }
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Fault> {
        let text = statement.text;
        Err(Fault::broken(format!("a reader was asked to write: {text}")))
    }
}

/// A transaction.
pub struct Tx {
    engine: TxEngine,
    tally: Arc<Tally>,
}

enum TxEngine {
    Sqlite(LaneTx),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes the work durable; answers once it is.
    pub async fn commit(self) -> Result<(), Fault> {
        match self.engine {
            TxEngine::Sqlite(tx) => tx.commit().await,
            TxEngine::Postgres(tx) => tx.commit().await.map_err(|error| fault("committing", error)),
        }
    }
}

impl Run for Tx {
    async fn all<T: Record>(&mut self, statement: Statement) -> Result<Vec<T>, Fault> {
        self.tally.count(Trip::Statement);
        match &mut self.engine {
            TxEngine::Sqlite(tx) => statement.rows_from_sqlite().fetch_all(tx.connection()?).await,
            TxEngine::Postgres(tx) => statement.rows_from_postgres().fetch_all(&mut **tx).await,
        }
        .map_err(|error| fault("writing", error))
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Fault> {
        self.tally.count(Trip::Statement);
        match &mut self.engine {
            TxEngine::Sqlite(tx) => {
                statement.for_sqlite().execute(tx.connection()?).await.map(|done| done.rows_affected())
            }
            TxEngine::Postgres(tx) => {
                statement.for_postgres().execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err(|error| fault("writing", error))
    }
}

async fn open_sqlite(path: &PathBuf) -> Result<Engine, Fault> {
    make_private(path);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256);
    let lane = Lane::open(&options).await?;
    let reads = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.create_if_missing(false))
        .await
        .map_err(|error| fault("opening the database", error))?;
    Ok(Engine::Sqlite { reads, lane })
}

/// A new database is its owner's alone; SQLite gives the files beside it the same mode. What goes wrong here shows, with
/// its reason, when the file is opened.
fn make_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}
