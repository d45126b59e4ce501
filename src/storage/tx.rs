//! A transaction on either database.

use std::sync::Arc;

use sqlx::postgres::Postgres;

use super::db::Run;
use super::doubt::Doubt;
use super::lane::LaneTx;
use super::record::Rows;
use super::statement::{Statement, bound};
use super::tally::{Tally, Trip};
use super::together::Together;
use super::trouble::fault;
use crate::base::Fault;

/// A transaction. Dropped without `commit`, it is undone.
///
/// What it has read may be another's work that is not durable yet: who is told by it that something is done is answered
/// after `commit` or `undo`.
pub struct Tx {
    engine: TxEngine,
    /// Written before the next statement runs, or with the commit.
    waiting: Vec<Statement>,
    tally: Arc<Tally>,
    doubt: Arc<Doubt>,
}

pub(super) enum TxEngine {
    Sqlite(LaneTx),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn new(engine: TxEngine, tally: Arc<Tally>, doubt: Arc<Doubt>) -> Self {
        Self { engine, waiting: Vec::new(), tally, doubt }
    }

    /// A statement whose answer nobody needs: it is sent together with what follows, and what is wrong with it shows
    /// there. Two of them must not touch the same row.
    pub fn later(&mut self, statement: Statement) {
        self.waiting.push(statement);
    }

    /// Makes the work durable; answers once it is. On PostgreSQL it goes on where whoever asked hangs up.
    pub async fn commit(mut self) -> Result<(), Fault> {
        let waiting = std::mem::take(&mut self.waiting);
        if !waiting.is_empty() {
            self.tally.count(Trip::Statement);
        }
        self.doubt.hear(self.engine.commit(waiting).await)
    }

    /// Undoes the work; answers once what it has read is durable.
    pub async fn undo(self) -> Result<(), Fault> {
        self.doubt.hear(self.engine.undo().await)
    }
}

impl Run for Tx {
    async fn rows(&mut self, statement: Statement) -> Result<Rows, Fault> {
        self.tally.count(Trip::Statement);
        let waiting = std::mem::take(&mut self.waiting);
        self.doubt.hear(self.engine.rows(waiting, statement).await)
    }

    async fn execute(&mut self, statement: Statement) -> Result<u64, Fault> {
        self.tally.count(Trip::Statement);
        let waiting = std::mem::take(&mut self.waiting);
        self.doubt.hear(self.engine.execute(waiting, statement).await)
    }
}

impl TxEngine {
    async fn rows(&mut self, waiting: Vec<Statement>, statement: Statement) -> Result<Rows, Fault> {
        match self {
            TxEngine::Sqlite(tx) => tx.rows(waiting, statement).await.map(Rows::Sqlite),
            TxEngine::Postgres(tx) => {
                write_together(tx, waiting).await?;
                let rows = statement.for_postgres().fetch_all(&mut **tx).await;
                rows.map(Rows::Postgres).map_err(writing)
            }
        }
    }

    async fn execute(&mut self, waiting: Vec<Statement>, statement: Statement) -> Result<u64, Fault> {
        match self {
            TxEngine::Sqlite(tx) => tx.execute(waiting, statement).await,
            TxEngine::Postgres(tx) => {
                write_together(tx, waiting).await?;
                let done = statement.for_postgres().execute(&mut **tx).await.map_err(writing)?;
                Ok(done.rows_affected())
            }
        }
    }

    async fn commit(self, waiting: Vec<Statement>) -> Result<(), Fault> {
        match self {
            TxEngine::Sqlite(tx) => tx.commit(waiting).await,
            TxEngine::Postgres(tx) => {
                let committed = tokio::spawn(commit(tx, waiting)).await;
                committed.map_err(|_stopped| Fault::broken("committing was stopped"))?
            }
        }
    }

    async fn undo(self) -> Result<(), Fault> {
        match self {
            TxEngine::Sqlite(tx) => tx.undo().await,
            // What it could read was durable.
            TxEngine::Postgres(tx) => tx.rollback().await.map_err(|error| fault("undoing", error)),
        }
    }
}

/// In a task of its own, which nobody who hangs up can stop in the middle: what was sent could not be called back, and the
/// connection would go back to the pool with a `ROLLBACK` behind the `COMMIT`.
async fn commit(mut tx: sqlx::Transaction<'static, Postgres>, waiting: Vec<Statement>) -> Result<(), Fault> {
    write_together(&mut tx, waiting).await?;
    tx.commit().await.map_err(|error| fault("committing", error))
}

async fn write_together(
    tx: &mut sqlx::Transaction<'static, Postgres>,
    waiting: Vec<Statement>,
) -> Result<(), Fault> {
    let Some(Together { text, values }) = Together::at_once(waiting) else { return Ok(()) };
    bound!(sqlx::query(sqlx::AssertSqlSafe(text)), values)
        .execute(&mut **tx)
        .await
        .map(|_| ())
        .map_err(writing)
}

fn writing(error: sqlx::Error) -> Fault {
    fault("writing", error)
}
