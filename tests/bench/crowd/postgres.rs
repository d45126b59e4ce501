//! The crowd on PostgreSQL: one transaction that empties the tables and fills them again, so that a server with
//! `wal_level = minimal` writes no log of it; indexes are made at its end.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{Column, Dialect, Multiplied, NUMBER_DIGITS, SHARED_CHARACTERS};

struct Postgres;

/// Bytes of the database afterwards.
pub(super) async fn fill(url: &str, tables: &[Multiplied]) -> Result<u64> {
    let mut connection = PgConnection::connect(url).await?;
    let mut transaction = connection.begin().await?;
    for setting in [
        "maintenance_work_mem = '1GB'",
        // Foreign keys are not looked up row by row: they are right as they are made.
        "session_replication_role = replica",
        "allow_system_table_mods = on",
    ] {
        run(&mut transaction, format!("SET LOCAL {setting}")).await?;
    }
    for table in tables {
        let template = table.template();
        run(&mut transaction, format!("CREATE TABLE {template} AS SELECT * FROM {}", table.table)).await?;
    }
    let names: Vec<_> = tables.iter().map(|table| table.table).collect();
    run(&mut transaction, format!("TRUNCATE {} CASCADE", names.join(", "))).await?;
    for table in tables {
        multiply(&mut transaction, table).await?;
    }
    transaction.commit().await?;
    for table in names {
        run(&mut connection, format!("VACUUM (ANALYZE) {table}")).await?;
    }
    run(&mut connection, "CHECKPOINT".to_owned()).await?;
    let (bytes,): (i64,) =
        sqlx::query_as("SELECT pg_database_size(current_database())").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(bytes.unsigned_abs())
}

async fn multiply(connection: &mut PgConnection, table: &Multiplied) -> Result<()> {
    let (name, template) = (table.table, table.template());
    let columns = columns(connection, name).await?;
    // Not kept up to date row by row; REINDEX makes each of them anew from the schema, and valid.
    run(
        connection,
        format!(
            "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = '{name}'::regclass"
        ),
    )
    .await?;
    run(connection, table.insert(&Postgres, &columns)).await?;
    run(connection, format!("DROP TABLE {template}")).await?;
    run(connection, format!("REINDEX TABLE {name}")).await
}

async fn columns(connection: &mut PgConnection, table: &str) -> Result<Vec<Column>> {
    let told: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(connection)
    .await?;
    Ok(told.into_iter().map(Column::told).collect())
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<()> {
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(())
}

impl Dialect for Postgres {
    fn id(&self, original: &str, spacing: u64) -> String {
        let number = format!("lpad(to_hex(copy.n * {spacing}), {NUMBER_DIGITS}, '0')");
        let other = format!("CASE WHEN substr({original}, 36) = '0' THEN '1' ELSE '0' END");
        format!("substr({original}, 1, {SHARED_CHARACTERS}) || {number} || {other}")
    }

    fn digest(&self) -> String {
        let random = "encode(sha256(uuid_send(gen_random_uuid())), 'base64')";
        format!("substr(translate({random}, '+/', '-_'), 1, 43)")
    }

    fn sealed(&self, original: &str) -> String {
        let random = "sha512(uuid_send(gen_random_uuid()))";
        format!("substr(overlay({original} PLACING {random} FROM 1 FOR 64), 1, length({original}))")
    }

    fn rows(&self, template: &str, last: u64) -> String {
        // The reference to the original keeps the order of the loops.
        let numbers = format!("generate_series(0::bigint, {last} + 0 * length(original::text))");
        format!("{template} AS original CROSS JOIN LATERAL {numbers} AS copy (n)")
    }
}
