//! Errands under way: a person was sent to the identity service and the same browser must bring back the same `state`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::Timestamp;

/// Errands by `state`, each bound to a browser, each good for one return within [`Pending::KEPT`].
pub struct Pending<T> {
    errands: Mutex<HashMap<String, Errand<T>>>,
}

struct Errand<T> {
    browser: String,
    at: Timestamp,
    what: T,
}

impl<T> Pending<T> {
    /// Long enough to read a consent page and to sign in slowly.
    pub const KEPT: Duration = Duration::from_secs(3600);

    /// Above this the oldest errand is forgotten.
    pub const MOST: usize = 10_000;

    pub fn new() -> Self {
        Self { errands: Mutex::default() }
    }

    pub fn begin(&self, now: Timestamp, state: String, browser: String, what: T) {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        if errands.len() >= Self::MOST {
            errands.retain(|_, errand| now.since(errand.at) < Self::KEPT);
        }
        if errands.len() >= Self::MOST {
            let oldest = errands.iter().min_by_key(|(_, errand)| errand.at).map(|(state, _)| state.clone());
            oldest.and_then(|state| errands.remove(&state));
        }
        errands.insert(state, Errand { browser, at: now, what });
    }

    /// What was begun under `state`, if this browser began it (RFC 6749 §10.12). A second return finds nothing;
    /// another browser's attempt leaves the errand to its owner.
    pub fn finish(&self, now: Timestamp, state: &str, browser: &str) -> Option<T> {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        if errands.get(state)?.browser != browser {
            return None;
        }
        let errand = errands.remove(state)?;
        (now.since(errand.at) < Self::KEPT).then_some(errand.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn only_the_browser_that_began_may_finish_and_only_once() {
        let pending = Pending::new();
        pending.begin(START, "s".into(), "mine".into(), 7);
        assert_eq!(pending.finish(START, "s", "another"), None);
        assert_eq!(pending.finish(START, "t", "mine"), None);
        assert_eq!(pending.finish(START, "s", "mine"), Some(7));
        assert_eq!(pending.finish(START, "s", "mine"), None);
    }

    #[test]
    fn an_errand_grows_old() {
        let pending = Pending::new();
        pending.begin(START, "s".into(), "mine".into(), 7);
        assert_eq!(pending.finish(START + Pending::<i32>::KEPT, "s", "mine"), None);
    }

    #[test]
    fn a_flood_is_bounded_and_drops_the_oldest() {
        let pending = Pending::new();
        for n in 0..=Pending::<usize>::MOST {
            let at = START + Duration::from_millis(n as u64);
            pending.begin(at, n.to_string(), "b".into(), n);
        }
        assert_eq!(pending.finish(START, "0", "b"), None);
        assert_eq!(pending.finish(START, "1", "b"), Some(1));
    }
}
