//! SQLite's one writing lane: transactions run one after another, and those that wait together share one durable commit.
//!
//! A transaction is a savepoint inside the batch that is open on the lane. The first to finish queues the flush *behind*
//! everyone already waiting for the lane (the lock is fair), so a batch is exactly those who came while it was busy.
//! A caller is answered only after the batch's `COMMIT` has reached the disk.

use std::sync::Arc;

use futures_util::StreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Either, Executor};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::statement::{Record, Statement, bound};
use super::together::Together;
use super::trouble::fault;
use crate::base::Fault;

/// The lane; cheap to clone.
#[derive(Clone)]
pub(super) struct Lane {
    state: Arc<Mutex<State>>,
}

struct State {
    connection: SqliteConnection,
    batch: Batch,
}

enum Batch {
    Closed,
    /// `BEGIN IMMEDIATE` has run; these wait for the commit.
    Open {
        waiting: Vec<oneshot::Sender<bool>>,
        flush: Flush,
    },
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Flush {
    NotAsked,
    Asked,
}

/// A transaction on the lane. Dropped without `commit`, it is undone.
pub(super) struct LaneTx {
    guard: Option<OwnedMutexGuard<State>>,
    lane: Lane,
    savepoint: Savepoint,
}

/// Set with the first statement: a hand-over to the driver less.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Savepoint {
    Owed,
    Set,
}

impl Lane {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, Fault> {
        let connection = SqliteConnection::connect_with(options)
            .await
            .map_err(|error| fault("opening the database for writing", error))?;
        Ok(Self { state: Arc::new(Mutex::new(State { connection, batch: Batch::Closed })) })
    }

    /// The lane is the caller's from here on; nothing is sent before the first statement.
    pub(super) async fn begin(&self) -> LaneTx {
        let guard = self.state.clone().lock_owned().await;
        LaneTx { guard: Some(guard), lane: self.clone(), savepoint: Savepoint::Owed }
    }

    pub(super) async fn close(&self) {
        let mut guard = self.state.lock().await;
        flush(&mut guard).await;
    }

    fn flush_later(&self) {
        let state = self.state.clone();
        tokio::spawn(async move {
            let mut guard = state.lock().await;
            flush(&mut guard).await;
        });
    }
}

impl LaneTx {
    /// The rows of a statement, after those that wait for it.
    pub(super) async fn all<T: Record>(
        &mut self,
        waiting: Vec<Statement>,
        statement: Statement,
    ) -> Result<Vec<T>, Fault> {
        if waiting.is_empty() && self.savepoint == Savepoint::Set {
            let connection = &mut self.state()?.connection;
            return statement.rows_from_sqlite().fetch_all(connection).await.map_err(writing);
        }
        let (connection, Together { text, values }) = self.together(waiting, Some(statement), None).await?;
        let query = sqlx::query_as(AssertSqlSafe(text));
        bound!(query, values).fetch_all(connection).await.map_err(writing)
    }

    /// How many rows a statement touched; those that wait for it are not counted.
    pub(super) async fn execute(
        &mut self,
        waiting: Vec<Statement>,
        statement: Statement,
    ) -> Result<u64, Fault> {
        let (connection, Together { text, values }) = self.together(waiting, Some(statement), None).await?;
        let query = bound!(sqlx::query(AssertSqlSafe(text)), values);
        let mut answers = connection.fetch_many(query);
        let mut touched = 0;
        // Each statement answers; the last one is the one asked.
        while let Some(answer) = answers.next().await {
            if let Either::Left(done) = answer.map_err(writing)? {
                touched = done.rows_affected();
            }
        }
        Ok(touched)
    }

    /// Makes the work durable; answers once it is on the disk.
    pub(super) async fn commit(mut self, waiting: Vec<Statement>) -> Result<(), Fault> {
        if waiting.is_empty() && self.savepoint == Savepoint::Owed {
            return Ok(());
        }
        let (connection, Together { text, values }) =
            self.together(waiting, None, Some("RELEASE one")).await?;
        bound!(sqlx::query(AssertSqlSafe(text)), values).execute(connection).await.map_err(writing)?;
        let (sender, receiver) = oneshot::channel();
        if let Batch::Open { waiting, flush } = &mut self.state()?.batch {
            waiting.push(sender);
            let ask = *flush == Flush::NotAsked;
            *flush = Flush::Asked;
            self.guard = None;
            if ask {
                self.lane.flush_later();
            }
        }
        match receiver.await {
            Ok(true) => Ok(()),
            _ => Err(Fault::unavailable("the transaction could not be made durable")),
        }
    }

    /// What goes to the driver in one hand-over, and the connection it goes to, inside an open batch.
    async fn together(
        &mut self,
        mut statements: Vec<Statement>,
        last: Option<Statement>,
        after: Option<&str>,
    ) -> Result<(&mut SqliteConnection, Together), Fault> {
        statements.extend(last);
        let before = (self.savepoint == Savepoint::Owed).then_some("SAVEPOINT one");
        let together = Together::in_turn(before, statements, after);
        // From here on a drop must undo and, if nobody else will, close the batch. It may come at any await: whoever
        // asked may hang up, and what was sent is carried out all the same.
        self.savepoint = Savepoint::Set;
        let state = self.state()?;
        if matches!(state.batch, Batch::Closed) {
            state.batch = Batch::Open { waiting: Vec::new(), flush: Flush::NotAsked };
            if let Err(fault) = run(state, "BEGIN IMMEDIATE").await {
                state.batch = Batch::Closed;
                self.savepoint = Savepoint::Owed;
                return Err(fault);
            }
        }
        Ok((&mut self.state()?.connection, together))
    }

    fn state(&mut self) -> Result<&mut State, Fault> {
        self.guard.as_deref_mut().ok_or_else(|| Fault::broken("a transaction was used after its end"))
    }
}

impl Drop for LaneTx {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        if self.savepoint == Savepoint::Owed {
            return;
        }
        // Without a runtime the process is ending, and what was not committed is undone by the next start.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let undone = run(&mut guard, "ROLLBACK TO one").await.is_ok()
                && run(&mut guard, "RELEASE one").await.is_ok();
            let unasked = matches!(&guard.batch, Batch::Open { flush: Flush::NotAsked, .. });
            // Not undone: either it was released already, and the commit keeps it, or SQLite has rolled everything
            // back by itself (a full disk), and the commit fails and says so to those who wait.
            if !undone || unasked {
                flush(&mut guard).await;
            }
        });
    }
}

/// Commits the open batch and tells those who wait.
async fn flush(state: &mut State) {
    let Batch::Open { waiting, .. } = std::mem::replace(&mut state.batch, Batch::Closed) else { return };
    let durable = match run(state, "COMMIT").await {
        Ok(()) => true,
        Err(fault) => {
            tracing::error!(
                ?fault,
                waiting = waiting.len(),
                "a batch of transactions could not be committed"
            );
            // The connection may still be inside the transaction (a full disk): leave it clean for the next batch.
            let _ = run(state, "ROLLBACK").await;
            false
        }
    };
    metrics::histogram!("tongyao_storage_batch_size").record(waiting.len() as f64);
    for sender in waiting {
        let _ = sender.send(durable);
    }
}

/// Prepared once and kept: it is sent with every batch.
async fn run(state: &mut State, text: &'static str) -> Result<(), Fault> {
    sqlx::query(text)
        .execute(&mut state.connection)
        .await
        .map(|_| ())
        .map_err(|error| fault("the writing lane", error))
}

fn writing(error: sqlx::Error) -> Fault {
    fault("writing", error)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::random::{Random, System};

    /// Not by `sql!`: the table does not exist.
    fn made(text: &'static str) -> Statement {
        Statement::new(text, Vec::new())
    }

    /// A client that hangs up drops its handler wherever it waits.
    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_hangs_up_at_any_moment_leaves_the_lane_usable() {
        let random: &dyn Random = &System::default();
        let path = std::env::temp_dir().join(format!("tongyao-lane-{}.db", random.token(9)));
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let lane = Lane::open(&options).await.unwrap();
        let mut tx = lane.begin().await;
        tx.execute(Vec::new(), made("CREATE TABLE kept (n INTEGER)")).await.unwrap();
        tx.commit(Vec::new()).await.unwrap();
        for micros in 0..200 {
            let work = async {
                let mut tx = lane.begin().await;
                let _ = tx.execute(Vec::new(), made("INSERT INTO kept VALUES (0)")).await;
                let _ = tx.commit(vec![made("INSERT INTO kept VALUES (0)")]).await;
            };
            let _ = tokio::time::timeout(Duration::from_micros(micros), work).await;
            let asked = async {
                let mut tx = lane.begin().await;
                tx.execute(Vec::new(), made("INSERT INTO kept VALUES (0)")).await
            };
            // Polled once: `BEGIN` is on its way, and nobody waits for it any more.
            let _ = futures_util::future::FutureExt::now_or_never(asked);
        }
        let mut tx = lane.begin().await;
        tx.execute(Vec::new(), made("INSERT INTO kept VALUES (1)")).await.unwrap();
        tx.commit(Vec::new()).await.unwrap();
        // Each of those that hung up is there whole or not at all.
        let mut tx = lane.begin().await;
        let rows: Vec<(i64,)> =
            tx.all(Vec::new(), made("SELECT CAST(COUNT(*) AS BIGINT) FROM kept WHERE n = 0")).await.unwrap();
        assert_eq!(rows[0].0 % 2, 0);
        drop(tx);
        lane.close().await;
        std::fs::remove_file(path).unwrap();
    }
}
