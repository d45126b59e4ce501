//! SQLite's one writing lane: transactions run one after another, and those that wait together share one durable commit.
//!
//! A transaction is a savepoint inside the batch that is open on the lane. The first to finish queues the flush *behind*
//! everyone already waiting for the lane (the lock is fair), so a batch is exactly those who came while it was busy.
//! A caller is answered only after the batch's `COMMIT` has reached the disk.
//!
//! A hand-over to the driver costs two thread switches, so nothing is handed over alone that can go with something else:
//! `BEGIN` and `SAVEPOINT` go with the first statement, `RELEASE` with the first of the next transaction.

use std::sync::Arc;

use futures_util::StreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection, Either, Executor};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::statement::{Statement, bound};
use super::together::Together;
use super::trouble::fault;
use crate::base::Fault;
use crate::telemetry::outage;

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
    /// `BEGIN IMMEDIATE` has been sent; these wait for the commit.
    Open {
        waiting: Vec<oneshot::Sender<bool>>,
        /// The savepoint of the last of them, released by what comes next.
        kept: Option<Savepoint>,
    },
}

/// Two names in turn: a transaction that is undone never reaches behind its own savepoint, wherever it was cut off.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Savepoint {
    One,
    Two,
}

/// A transaction on the lane. Dropped without `commit`, it is undone.
pub(super) struct LaneTx {
    guard: Option<OwnedMutexGuard<State>>,
    lane: Lane,
    /// Set with the first statement.
    savepoint: Option<Savepoint>,
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
        LaneTx { guard: Some(guard), lane: self.clone(), savepoint: None }
    }

    /// Commits what waits, and writes the log back into the database file: a copy of that file alone is whole. The readers
    /// must be closed before.
    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        flush(&mut state).await;
        if let Err(fault) = run(&mut state, "PRAGMA wal_checkpoint(TRUNCATE)").await {
            tracing::warn!(
                ?fault,
                "the log of the database was not written back; it stands in the file beside it"
            );
        }
    }

    fn flush_later(&self) {
        let state = self.state.clone();
        tokio::spawn(async move { flush(&mut *state.lock().await).await });
    }
}

impl LaneTx {
    /// The rows of a statement, after those that wait for it.
    pub(super) async fn rows(
        &mut self,
        waiting: Vec<Statement>,
        statement: Statement,
    ) -> Result<Vec<SqliteRow>, Fault> {
        if waiting.is_empty() && self.savepoint.is_some() {
            let connection = &mut self.state()?.connection;
            return statement.for_sqlite().fetch_all(connection).await.map_err(writing);
        }
        let (connection, Together { text, values }) = self.together(waiting, Some(statement))?;
        bound!(sqlx::query(AssertSqlSafe(text)), values).fetch_all(connection).await.map_err(writing)
    }

    /// How many rows a statement touched; those that wait for it are not counted.
    pub(super) async fn execute(
        &mut self,
        waiting: Vec<Statement>,
        statement: Statement,
    ) -> Result<u64, Fault> {
        let (connection, Together { text, values }) = self.together(waiting, Some(statement))?;
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
        if !waiting.is_empty() {
            let (connection, Together { text, values }) = self.together(waiting, None)?;
            bound!(sqlx::query(AssertSqlSafe(text)), values).execute(connection).await.map_err(writing)?;
        }
        match self.leave() {
            None => Ok(()),
            Some(durable) => flushed(durable).await,
        }
    }

    /// Undoes the work; answers once those before it in the batch, whose work it has seen, are on the disk.
    pub(super) async fn undo(mut self) -> Result<(), Fault> {
        let Some(savepoint) = self.savepoint else { return Ok(()) };
        // Until it is undone the savepoint stays noted: a drop here undoes it once more, and finds nothing.
        savepoint.undo(self.state()?).await?;
        let Some(mut state) = self.guard.take() else { return Ok(()) };
        match &mut state.batch {
            Batch::Open { waiting, .. } if !waiting.is_empty() => {
                let (sender, durable) = oneshot::channel();
                waiting.push(sender);
                drop(state);
                flushed(durable).await
            }
            _ => {
                flush(&mut state).await;
                Ok(())
            }
        }
    }

    /// Leaves the work to the batch, and tells what becomes of it; nothing where nothing was written.
    fn leave(mut self) -> Option<oneshot::Receiver<bool>> {
        self.savepoint?;
        let mut state = self.guard.take()?;
        let Batch::Open { waiting, kept } = &mut state.batch else { return None };
        let (sender, receiver) = oneshot::channel();
        *kept = self.savepoint;
        waiting.push(sender);
        // The first asks for the flush, before anybody else can come to the lane.
        if waiting.len() == 1 {
            self.lane.flush_later();
        }
        Some(receiver)
    }

    /// What goes to the driver in one hand-over, and the connection it goes to, inside an open batch.
    fn together(
        &mut self,
        mut statements: Vec<Statement>,
        last: Option<Statement>,
    ) -> Result<(&mut SqliteConnection, Together), Fault> {
        statements.extend(last);
        // From here on a drop must undo. It may come at any await: whoever asked may hang up, and what was sent is
        // carried out as far as it has come.
        let before = match self.savepoint {
            Some(_) => None,
            None => {
                let (before, savepoint) = self.state()?.batch.join();
                self.savepoint = Some(savepoint);
                Some(before)
            }
        };
        Ok((&mut self.state()?.connection, Together::in_turn(before, statements)))
    }

    fn state(&mut self) -> Result<&mut State, Fault> {
        self.guard.as_deref_mut().ok_or_else(|| Fault::broken("a transaction was used after its end"))
    }
}

/// What became of the batch.
async fn flushed(durable: oneshot::Receiver<bool>) -> Result<(), Fault> {
    match durable.await {
        Ok(true) => Ok(()),
        _ => Err(Fault::unavailable("the transaction could not be made durable")),
    }
}

impl Drop for LaneTx {
    fn drop(&mut self) {
        let (Some(mut guard), Some(savepoint)) = (self.guard.take(), self.savepoint) else { return };
        // Without a runtime the process is ending, and what was not committed is undone by the next start.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let undone = savepoint.undo(&mut guard).await.is_ok();
            // Not undone: it was cut off before its savepoint, and has written nothing; or SQLite has rolled everything
            // back by itself (a full disk), and the commit fails and says so to those who wait.
            if !undone || guard.batch.nobody_waits() {
                flush(&mut guard).await;
            }
        });
    }
}

impl Batch {
    /// What opens the batch or goes on with it, and the savepoint it sets.
    fn join(&mut self) -> (&'static str, Savepoint) {
        match self {
            Batch::Closed => {
                *self = Batch::Open { waiting: Vec::new(), kept: None };
                ("BEGIN IMMEDIATE;SAVEPOINT one", Savepoint::One)
            }
            Batch::Open { kept, .. } => match kept.take() {
                None => ("SAVEPOINT one", Savepoint::One),
                Some(Savepoint::One) => ("RELEASE one;SAVEPOINT two", Savepoint::Two),
                Some(Savepoint::Two) => ("RELEASE two;SAVEPOINT one", Savepoint::One),
            },
        }
    }

    fn nobody_waits(&self) -> bool {
        matches!(self, Batch::Open { waiting, .. } if waiting.is_empty())
    }
}

impl Savepoint {
    async fn undo(self, state: &mut State) -> Result<(), Fault> {
        let (back, release) = match self {
            Savepoint::One => ("ROLLBACK TO one", "RELEASE one"),
            Savepoint::Two => ("ROLLBACK TO two", "RELEASE two"),
        };
        run(state, back).await?;
        run(state, release).await
    }
}

/// Commits the open batch and tells those who wait.
async fn flush(state: &mut State) {
    let Batch::Open { waiting, .. } = std::mem::replace(&mut state.batch, Batch::Closed) else { return };
    if waiting.is_empty() {
        // Nobody's work is in it. There may be nothing to undo: `BEGIN` itself may have been refused.
        let _ = run(state, "ROLLBACK").await;
        return;
    }
    let durable = match run(state, "COMMIT").await {
        Ok(()) => true,
        Err(fault) => {
            outage::told_once("committing", || {
                tracing::error!(
                    ?fault,
                    waiting = waiting.len(),
                    "a batch of transactions could not be committed"
                );
            });
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

    use futures_util::FutureExt;
    use tokio::time::timeout;

    use super::*;
    use crate::base::scratch::Scratch;
    use crate::storage::{Rows, Value};

    /// Not by `sql!`: the table does not exist.
    fn made(text: &'static str, number: i64) -> Statement {
        Statement::new(text, vec![Value::from(number)])
    }

    fn put(number: i64) -> Statement {
        made("INSERT INTO kept VALUES ($1)", number)
    }

    struct House {
        lane: Lane,
        _folder: Scratch,
    }

    impl House {
        async fn new() -> Self {
            let folder = Scratch::open();
            let options =
                SqliteConnectOptions::new().filename(folder.join("test.db")).create_if_missing(true);
            let lane = Lane::open(&options).await.unwrap();
            let mut tx = lane.begin().await;
            let table = Statement::new("CREATE TABLE kept (n INTEGER CHECK (n >= 0))", Vec::new());
            tx.execute(Vec::new(), table).await.unwrap();
            tx.commit(Vec::new()).await.unwrap();
            Self { lane, _folder: folder }
        }

        /// How often each number is there, by number.
        async fn kept(&self) -> Vec<(i64, i64)> {
            let mut tx = self.lane.begin().await;
            let text = "SELECT n, COUNT(*) FROM kept WHERE n >= $1 GROUP BY n ORDER BY n";
            Rows::Sqlite(tx.rows(Vec::new(), made(text, 0)).await.unwrap()).read().unwrap()
        }

        /// Both rows in one transaction, the second with its commit.
        async fn put_twice(&self, number: i64) -> Result<(), Fault> {
            let mut tx = self.lane.begin().await;
            tx.execute(Vec::new(), put(number)).await?;
            tx.commit(vec![put(number)]).await
        }

        /// The first row would do; the second, with the commit, is not allowed.
        async fn refused(&self, number: i64) -> Result<(), Fault> {
            let mut tx = self.lane.begin().await;
            tx.execute(Vec::new(), put(number)).await?;
            tx.commit(vec![put(-1)]).await
        }
    }

    /// A client that hangs up drops its handler wherever it waits.
    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_hangs_up_at_any_moment_leaves_the_lane_usable_and_the_others_whole() {
        let house = Arc::new(House::new().await);
        let many = (0..6).map(|task| {
            let house = house.clone();
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for round in 0..120 {
                    let number = task * 1_000 + round;
                    let patience = Duration::from_micros(u64::try_from(round).unwrap() * (1 + task as u64));
                    match timeout(patience, house.put_twice(number)).await {
                        Ok(Ok(())) => acknowledged.push(number),
                        Ok(Err(fault)) => panic!("{fault:?}"),
                        Err(_) => {}
                    }
                    // Polled once: what opens the batch is on its way, and nobody waits for it any more.
                    let _ = house.put_twice(number + 500).now_or_never();
                }
                acknowledged
            })
        });
        let many: Vec<_> = many.collect();
        let mut acknowledged = Vec::new();
        for task in many {
            acknowledged.extend(task.await.unwrap());
        }
        house.put_twice(9_999).await.unwrap();
        let kept = house.kept().await;
        assert!(kept.iter().all(|(_, times)| *times == 2), "{kept:?}");
        assert!(acknowledged.iter().all(|number| kept.iter().any(|(there, _)| there == number)));
        assert_eq!(kept.last(), Some(&(9_999, 2)));
    }

    #[tokio::test]
    async fn one_that_is_refused_takes_nobody_with_it() {
        let house = House::new().await;
        let dropped = async {
            let mut tx = house.lane.begin().await;
            tx.execute(Vec::new(), put(3)).await
        };
        let (first, refused, dropped, empty, last) = tokio::join!(
            house.put_twice(1),
            house.refused(2),
            dropped,
            async { house.lane.begin().await.commit(Vec::new()).await },
            house.put_twice(4),
        );
        assert!(refused.is_err());
        for answer in [first, dropped.map(drop), empty, last] {
            answer.unwrap();
        }
        assert_eq!(house.kept().await, [(1, 2), (4, 2)]);
    }

    #[tokio::test]
    async fn the_last_may_be_the_one_refused() {
        let house = House::new().await;
        let (first, refused) = tokio::join!(house.put_twice(1), house.refused(2));
        assert!(first.is_ok() && refused.is_err());
        assert_eq!(house.kept().await, [(1, 2)]);
    }

    /// As on a disk that is full: the batch fails with its commit.
    #[tokio::test]
    async fn what_a_batch_has_not_made_durable_is_told_to_nobody() {
        let house = House::new().await;
        let table = "CREATE TABLE never (n INTEGER REFERENCES none (n) DEFERRABLE INITIALLY DEFERRED)";
        let mut tx = house.lane.begin().await;
        tx.execute(Vec::new(), Statement::new("CREATE TABLE none (n INTEGER PRIMARY KEY)", Vec::new()))
            .await
            .unwrap();
        tx.execute(Vec::new(), Statement::new(table, Vec::new())).await.unwrap();
        tx.commit(Vec::new()).await.unwrap();
        let written = async {
            let mut tx = house.lane.begin().await;
            tx.execute(Vec::new(), made("INSERT INTO never VALUES ($1)", 7)).await?;
            tx.commit(Vec::new()).await
        };
        let looked = async |change: Option<i64>| {
            let mut tx = house.lane.begin().await;
            let rows = tx.rows(Vec::new(), made("SELECT n FROM never WHERE n = $1", 7)).await?;
            if let Some(number) = change {
                tx.execute(Vec::new(), put(number)).await?;
            }
            Ok::<_, Fault>((rows.len(), tx.undo().await))
        };
        let (written, seen, changed) = tokio::join!(written, looked(None), looked(Some(1)));
        assert!(written.is_err());
        for seen in [seen, changed] {
            let (rows, answer) = seen.unwrap();
            assert!(rows == 1 && answer.is_err(), "{rows} {answer:?}");
        }
        let (alone, answer) = looked(Some(2)).await.unwrap();
        assert!(alone == 0 && answer.is_ok());
        house.put_twice(3).await.unwrap();
        assert_eq!(house.kept().await, [(3, 2)]);
    }

    #[tokio::test]
    async fn a_crowd_is_answered_whole() {
        let house = House::new().await;
        let all = futures_util::future::join_all((0..200).map(|number| house.put_twice(number))).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(house.kept().await.len(), 200);
    }
}
