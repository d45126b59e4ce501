//! SQLite's readers: a few connections that see only what is committed and never wait for the writing lane.
//!
//! Not the driver's pool: it gives a connection back by a task of its own, which costs more than a look-up here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::trouble::fault;
use crate::base::Fault;

const READERS: usize = 4;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The readers; cheap to clone.
#[derive(Clone)]
pub(super) struct Readers(Arc<Shared>);

struct Shared {
    turns: Semaphore,
    free: Mutex<Vec<SqliteConnection>>,
}

/// A reader for one statement; it is free again when this is dropped, whatever became of the statement.
pub(super) struct Lent<'a> {
    connection: Option<SqliteConnection>,
    shared: &'a Shared,
    _turn: SemaphorePermit<'a>,
}

impl Readers {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, Fault> {
        let mut free = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let opened = SqliteConnection::connect_with(options).await;
            free.push(opened.map_err(|error| fault("opening the database", error))?);
        }
        Ok(Self(Arc::new(Shared { turns: Semaphore::new(READERS), free: Mutex::new(free) })))
    }

    pub(super) async fn lend(&self) -> Result<Lent<'_>, Fault> {
        let busy = || Fault::unavailable("no reader of the database is free");
        let turn = timeout(LONGEST_WAIT, self.0.turns.acquire()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let connection = self.0.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Lent { connection, shared: &self.0, _turn: turn })
    }

    /// Waits for those who read, and closes.
    pub(super) async fn close(&self) {
        let all = u32::try_from(READERS).unwrap_or_default();
        let _ = timeout(LONGEST_WAIT, self.0.turns.acquire_many(all)).await;
        self.0.turns.close();
        let free = std::mem::take(&mut *self.0.free.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in free {
            let _ = connection.close().await;
        }
    }
}

impl Lent<'_> {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, Fault> {
        self.connection.as_mut().ok_or_else(|| Fault::unavailable("the database is closed"))
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.shared.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
