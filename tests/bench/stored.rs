//! A row that survives a crash, alone and in company, and a row read, on SQLite and on PostgreSQL.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use tokio::task::JoinSet;

use crate::parts::{Cost, each};
use crate::{plan, process};

/// Rows that share a commit in the grouped measurement.
const GROUP: u32 = 64;
/// Rows a measurement writes at least, however slow the disk is: those of the first are read again.
const READABLE: u32 = 100;
/// Connections of the side-by-side measurement on PostgreSQL.
const CONNECTIONS: i64 = 16;

const TABLE: &str = "CREATE TABLE parts (id BIGINT PRIMARY KEY, body TEXT NOT NULL)";
const ROW: &str = "INSERT INTO parts (id, body) VALUES ($1, $2)";
/// As long as a token's row.
const READ: &str = "SELECT body FROM parts WHERE id = $1";
const BODY: &str =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub struct Stored {
    /// Alone in its commit, one after the other.
    pub alone: Cost,
    /// Sharing its commit with others.
    pub grouped: Cost,
    /// One read by its key, one after the other.
    pub read: Cost,
    /// Single-row commits per second, all connections together.
    pub rate: f64,
}

/// One measurement for both drivers.
macro_rules! rows_per_commit {
    ($name:ident, $connection:ty) => {
        async fn $name(
            connection: &mut $connection,
            rows: u32,
            lasting: Duration,
            first: i64,
        ) -> Result<Cost> {
            let (began, before, mut times) = (Instant::now(), process::cpu("self")?, 0_u32);
            while began.elapsed() < lasting || times < READABLE {
                let mut transaction = connection.begin().await?;
                for _ in 0..rows {
                    let id = first + i64::from(times);
                    sqlx::query(ROW).bind(id).bind(BODY).execute(&mut *transaction).await?;
                    times += 1;
                }
                transaction.commit().await?;
            }
            each(began.elapsed(), process::cpu("self")? - before, times)
        }
    };
}

rows_per_commit!(sqlite_rows, SqliteConnection);
rows_per_commit!(postgres_rows, PgConnection);

/// The same.
macro_rules! reads {
    ($name:ident, $connection:ty) => {
        async fn $name(connection: &mut $connection, lasting: Duration) -> Result<Cost> {
            let (began, before, mut times) = (Instant::now(), process::cpu("self")?, 0_u32);
            while began.elapsed() < lasting {
                let row = sqlx::query(READ).bind(i64::from(times % READABLE));
                row.fetch_one(&mut *connection).await?;
                times += 1;
            }
            each(began.elapsed(), process::cpu("self")? - before, times)
        }
    };
}

reads!(sqlite_reads, SqliteConnection);
reads!(postgres_reads, PgConnection);

/// WAL, `synchronous=FULL`, as the service opens it.
pub async fn on_sqlite(lasting: Duration) -> Result<Stored> {
    let folder = plan::fresh_folder()?;
    let options = SqliteConnectOptions::new()
        .filename(folder.join("parts.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    connection.execute(TABLE).await?;
    let alone = sqlite_rows(&mut connection, 1, lasting, 0).await?;
    let grouped = sqlite_rows(&mut connection, GROUP, lasting, 1 << 32).await?;
    let read = sqlite_reads(&mut connection, lasting).await?;
    connection.close().await?;
    fs::remove_dir_all(folder)?;
    Ok(Stored { alone, grouped, read, rate: 1.0 / alone.wall.as_secs_f64() })
}

/// With the server's own settings; processor time is this side's only.
pub async fn on_postgres(url: &str, lasting: Duration) -> Result<Stored> {
    let mut connection = PgConnection::connect(url).await.context("connecting to PostgreSQL")?;
    connection.execute(TABLE).await?;
    let alone = postgres_rows(&mut connection, 1, lasting, 0).await?;
    let grouped = postgres_rows(&mut connection, GROUP, lasting, 1 << 32).await?;
    let read = postgres_reads(&mut connection, lasting).await?;
    let mut running = JoinSet::new();
    for n in 0..CONNECTIONS {
        let mut own = PgConnection::connect(url).await?;
        running.spawn(async move { postgres_rows(&mut own, 1, lasting, (n + 2) << 32).await });
    }
    let mut rate = 0.0;
    while let Some(done) = running.join_next().await {
        rate += 1.0 / done??.wall.as_secs_f64();
    }
    Ok(Stored { alone, grouped, read, rate })
}
