//! SQLite's one writing lane: transactions run one after another, and those that wait together share one durable commit.
//!
//! A transaction is a savepoint inside the batch that is open on the lane. The first to finish queues the flush *behind*
//! everyone already waiting for the lane (the lock is fair), so a batch is exactly those who came while it was busy.
//! A caller is answered only after the batch's `COMMIT` has reached the disk.

use std::sync::Arc;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

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
}

impl Lane {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, Fault> {
        let connection = SqliteConnection::connect_with(options)
            .await
            .map_err(|error| fault("opening the database for writing", error))?;
        Ok(Self { state: Arc::new(Mutex::new(State { connection, batch: Batch::Closed })) })
    }

    pub(super) async fn begin(&self) -> Result<LaneTx, Fault> {
        let guard = self.state.clone().lock_owned().await;
        // From here on a drop must undo and, if nobody else will, close the batch. It may come at any await: whoever
        // asked may hang up, and `BEGIN` is carried out all the same.
        let mut tx = LaneTx { guard: Some(guard), lane: self.clone() };
        let state = tx.state()?;
        if matches!(state.batch, Batch::Closed) {
            state.batch = Batch::Open { waiting: Vec::new(), flush: Flush::NotAsked };
            if let Err(fault) = run(state, "BEGIN IMMEDIATE").await {
                state.batch = Batch::Closed;
                return Err(fault);
            }
        }
        run(state, "SAVEPOINT one").await?;
        Ok(tx)
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
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, Fault> {
        Ok(&mut self.state()?.connection)
    }

    /// Makes the work durable; answers once it is on the disk.
    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        let (sender, receiver) = oneshot::channel();
        let state = self.state()?;
        run(state, "RELEASE one").await?;
        if let Batch::Open { waiting, flush } = &mut state.batch {
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

    fn state(&mut self) -> Result<&mut State, Fault> {
        self.guard.as_deref_mut().ok_or_else(|| Fault::broken("a transaction was used after its end"))
    }
}

impl Drop for LaneTx {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
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

async fn run(state: &mut State, text: &'static str) -> Result<(), Fault> {
    sqlx::raw_sql(text)
        .execute(&mut state.connection)
        .await
        .map(|_| ())
        .map_err(|error| fault("the writing lane", error))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::random::{Random, System};

    /// A client that hangs up drops its handler wherever it waits.
    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_hangs_up_at_any_moment_leaves_the_lane_usable() {
        let random: &dyn Random = &System::default();
        let path = std::env::temp_dir().join(format!("tongyao-lane-{}.db", random.token(9)));
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let lane = Lane::open(&options).await.unwrap();
        let mut tx = lane.begin().await.unwrap();
        let make = "CREATE TABLE kept (n INTEGER)";
        sqlx::raw_sql(make).execute(tx.connection().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        for micros in 0..200 {
            let work = async {
                let tx = lane.begin().await.unwrap();
                let _ = tx.commit().await;
            };
            let _ = tokio::time::timeout(Duration::from_micros(micros), work).await;
            let asked = std::pin::pin!(lane.begin());
            // Polled once: `BEGIN` is on its way, and nobody waits for it any more.
            let _ = futures_util::future::FutureExt::now_or_never(asked);
        }
        let mut tx = lane.begin().await.unwrap();
        sqlx::raw_sql("INSERT INTO kept VALUES (1)").execute(tx.connection().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        lane.close().await;
        std::fs::remove_file(path).unwrap();
    }
}
