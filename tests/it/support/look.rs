//! A look into the database behind the service's back: what stands there, whatever the service says.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::world::World;

/// A connection of the test's own.
pub enum Look {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// One value that stands in a row, as text; of sealed columns the bytes as hexadecimal digits.
pub struct Standing {
    pub place: String,
    pub value: String,
}

impl Look {
    pub async fn at(world: &World) -> Self {
        let url = world.database.url();
        match url.starts_with("sqlite") {
            true => Self::Sqlite(SqliteConnection::connect(url).await.unwrap()),
            false => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// The one number a query gives.
    pub async fn number(&mut self, query: &str) -> i64 {
        let query = sqlx_query(query);
        match self {
            Self::Sqlite(connection) => sqlx::query(query).fetch_one(connection).await.unwrap().get(0),
            Self::Postgres(connection) => sqlx::query(query).fetch_one(connection).await.unwrap().get(0),
        }
    }

    /// Changes rows behind the service's back; how many.
    pub async fn change(&mut self, statement: &str) -> u64 {
        let statement = sqlx_query(statement);
        match self {
            Self::Sqlite(connection) => {
                sqlx::query(statement).execute(connection).await.unwrap().rows_affected()
            }
            Self::Postgres(connection) => {
                sqlx::query(statement).execute(connection).await.unwrap().rows_affected()
            }
        }
    }

    /// The first column of every row, as text.
    pub async fn texts(&mut self, query: &str) -> Vec<String> {
        let rows = self.rows(query).await;
        rows.into_iter().map(|row| row.into_iter().next().unwrap()).collect()
    }

    /// Every column of every row, all of them text.
    async fn rows(&mut self, query: &str) -> Vec<Vec<String>> {
        let query = sqlx_query(query);
        match self {
            Self::Sqlite(connection) => {
                let rows = sqlx::query(query).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect()
            }
            Self::Postgres(connection) => {
                let rows = sqlx::query(query).fetch_all(connection).await.unwrap();
                rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect()
            }
        }
    }

    /// Whether the database understands a statement.
    pub async fn prepare(&mut self, statement: &str) -> Result<(), sqlx::Error> {
        use sqlx::{Executor, SqlSafeStr};
        let statement = sqlx_query(statement).into_sql_str();
        match self {
            Self::Sqlite(connection) => connection.prepare(statement).await.map(|_| ()),
            Self::Postgres(connection) => connection.prepare(statement).await.map(|_| ()),
        }
    }

    /// Everything that stands in the database.
    pub async fn everything(&mut self) -> Vec<Standing> {
        let mut all = Vec::new();
        for column in self.rows(self.columns_query()).await {
            let (table, column, kind) = (&column[0], &column[1], column[2].to_ascii_lowercase());
            let value = match (kind.as_str(), &self) {
                ("bytea" | "blob", Self::Sqlite(_)) => format!("hex({column})"),
                ("bytea", Self::Postgres(_)) => format!("encode({column}, 'hex')"),
                _ => format!("CAST({column} AS TEXT)"),
            };
            let query = format!("SELECT {value} FROM {table} WHERE {column} IS NOT NULL");
            let place = format!("{table}.{column}");
            let values = self.texts(&query).await;
            all.extend(values.into_iter().map(|value| Standing { place: place.clone(), value }));
        }
        all
    }

    fn columns_query(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => {
                "SELECT tables.name, columns.name, columns.type FROM sqlite_master AS tables
                 JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
            }
            Self::Postgres(_) => {
                "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT)
                 FROM information_schema.columns WHERE table_schema = 'public'"
            }
        }
    }
}

/// The test's own words, never anybody's input.
fn sqlx_query(query: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(query.to_owned())
}
