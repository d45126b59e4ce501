//! The crowd on SQLite: no journal and no indexes while it is filled, both again afterwards.

use std::fs::{self, File};

use anyhow::Result;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqliteConnection};

use super::{Column, Dialect, Multiplied, NUMBER_DIGITS, SHARED_CHARACTERS};

struct Sqlite;

/// Bytes of the database afterwards.
pub(super) async fn fill(file: &str, tables: &[Multiplied]) -> Result<u64> {
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
    // Whatever it costs to write this, it is not what is measured.
    let careless = options
        .clone()
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-3000000");
    let mut connection = careless.connect().await?;
    for table in tables {
        multiply(&mut connection, table).await?;
    }
    connection.close().await?;
    // The mode the service finds is the one it would have made itself.
    options.journal_mode(SqliteJournalMode::Wal).connect().await?.close().await?;
    File::open(file)?.sync_all()?;
    Ok(fs::metadata(file)?.len())
}

async fn multiply(connection: &mut SqliteConnection, table: &Multiplied) -> Result<()> {
    if table.times == 1 {
        return Ok(());
    }
    let (name, template) = (table.table, table.template());
    let columns = columns(connection, name).await?;
    let indexes = indexes(connection, name).await?;
    for (index, _) in &indexes {
        run(connection, format!("DROP INDEX {index}")).await?;
    }
    run(connection, format!("CREATE TABLE {template} AS SELECT * FROM {name} ORDER BY rowid")).await?;
    run(connection, format!("DELETE FROM {name}")).await?;
    run(connection, table.insert(&Sqlite, &columns)).await?;
    run(connection, format!("DROP TABLE {template}")).await?;
    for (_, made_by) in indexes {
        run(connection, made_by).await?;
    }
    Ok(())
}

async fn columns(connection: &mut SqliteConnection, table: &str) -> Result<Vec<Column>> {
    let told: Vec<(String, String)> =
        sqlx::query_as("SELECT name, type FROM pragma_table_info($1) ORDER BY cid")
            .bind(table)
            .fetch_all(connection)
            .await?;
    Ok(told.into_iter().map(Column::told).collect())
}

/// Names and texts of the indexes that a statement made; those of keys stay.
async fn indexes(connection: &mut SqliteConnection, table: &str) -> Result<Vec<(String, String)>> {
    let made =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL";
    Ok(sqlx::query_as(made).bind(table).fetch_all(connection).await?)
}

async fn run(connection: &mut SqliteConnection, statement: String) -> Result<()> {
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

impl Dialect for Sqlite {
    fn id(&self, original: &str, spacing: u64) -> String {
        let number = format!("printf('%0{NUMBER_DIGITS}x', copy.n * {spacing})");
        let other = format!("CASE WHEN substr({original}, 36) = '0' THEN '1' ELSE '0' END");
        format!("substr({original}, 1, {SHARED_CHARACTERS}) || {number} || {other}")
    }

    /// SQLite prints no base64: four characters of it decide the place in an index, hexadecimal digits fill up.
    fn digest(&self) -> String {
        let alphabet = "'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'";
        let one = format!("substr({alphabet}, 1 + (random() & 63), 1)");
        format!("{one} || {one} || {one} || {one} || substr(hex(randomblob(20)), 1, 39)")
    }

    fn sealed(&self, original: &str) -> String {
        format!("randomblob(length({original}))")
    }

    fn rows(&self, template: &str, last: u64) -> String {
        let numbers = format!(
            "(WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {last}) SELECT n FROM number)"
        );
        // CROSS JOIN keeps the order of the loops.
        format!("{template} AS original CROSS JOIN {numbers} AS copy")
    }
}
