//! Counts storage round trips, for the metrics and for the test that holds the budgets.

use std::sync::atomic::{AtomicU64, Ordering};

/// What kind of round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trip {
    /// A statement outside a transaction.
    Read,
    /// A transaction that was begun.
    Transaction,
    /// A statement inside a transaction.
    Statement,
    /// A call of the ephemeral store.
    Ephemeral,
}

/// How many round trips since the start, by kind.
#[derive(Debug, Default)]
pub struct Tally {
    reads: AtomicU64,
    transactions: AtomicU64,
    statements: AtomicU64,
    ephemeral: AtomicU64,
}

/// The counts at one point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub reads: u64,
    pub transactions: u64,
    pub statements: u64,
    pub ephemeral: u64,
}

impl Tally {
    pub(super) fn count(&self, trip: Trip) {
        let (count, kind) = match trip {
            Trip::Read => (&self.reads, "read"),
            Trip::Transaction => (&self.transactions, "transaction"),
            Trip::Statement => (&self.statements, "statement"),
            Trip::Ephemeral => (&self.ephemeral, "ephemeral"),
        };
        count.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("tongyao_storage_round_trips_total", "kind" => kind).increment(1);
    }

    pub fn counts(&self) -> Counts {
        Counts {
            reads: self.reads.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            statements: self.statements.load(Ordering::Relaxed),
            ephemeral: self.ephemeral.load(Ordering::Relaxed),
        }
    }
}

impl std::ops::Sub for Counts {
    type Output = Counts;

    fn sub(self, earlier: Counts) -> Counts {
        Counts {
            reads: self.reads - earlier.reads,
            transactions: self.transactions - earlier.transactions,
            statements: self.statements - earlier.statements,
            ephemeral: self.ephemeral - earlier.ephemeral,
        }
    }
}
