//! The doubt whether the database takes writes: raised by one that failed, ended by one that was tried since.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::{Fault, Trouble};

/// Counts what gave cause for it, so that what fails while a write is tried is not forgotten when it succeeds.
#[derive(Default)]
pub struct Doubt {
    raised: AtomicU64,
    ended: AtomicU64,
}

impl Doubt {
    /// What of a transaction went wrong. A defect of a statement says nothing about the next one.
    pub(super) fn hear<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        if answer.as_ref().is_err_and(|fault| fault.trouble() == Trouble::Unavailable) {
            self.raised.fetch_add(1, Ordering::AcqRel);
        }
        answer
    }

    pub fn is_raised(&self) -> bool {
        self.seen() != self.ended.load(Ordering::Acquire)
    }

    /// How often it was raised until now.
    pub fn seen(&self) -> u64 {
        self.raised.load(Ordering::Acquire)
    }

    /// A write succeeded that began when it had been raised so often.
    pub fn end(&self, seen: u64) {
        self.ended.fetch_max(seen, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_during_a_trial_is_not_forgotten() {
        let doubt = Doubt::default();
        let fail = || drop(doubt.hear::<()>(Err(Fault::unavailable("the disk"))));
        assert!(doubt.hear(Ok(())).is_ok() && doubt.hear::<()>(Err(Fault::broken("a statement"))).is_err());
        assert!(!doubt.is_raised());
        fail();
        let seen = doubt.seen();
        fail();
        doubt.end(seen);
        assert!(doubt.is_raised());
        doubt.end(doubt.seen());
        assert!(!doubt.is_raised());
    }
}
