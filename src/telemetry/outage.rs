//! What fails again and again while a part is away: told when it begins, then how often each minute, and that it ended.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

/// By what failed: how often since it was told last.
static GOING: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

const EVERY: Duration = Duration::from_secs(60);
/// There are a few dozen things that can be away; more, and each is told.
const MOST: usize = 64;

/// Tells of a failure with `tell`, unless `what` has failed within the last minute: then it is counted. `what` is a word of
/// ours, never input.
pub fn told_once(what: &str, tell: impl FnOnce()) {
    // Without a runtime nobody would tell the count.
    let Ok(runtime) = Handle::try_current() else { return tell() };
    match happened(what) {
        Happened::First => {
            tell();
            runtime.spawn(follow(Going(what.to_owned())));
        }
        Happened::Again => {}
        Happened::Uncounted => tell(),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Happened {
    First,
    Again,
    Uncounted,
}

/// An outage that goes on; over when this is dropped, with its runtime at the latest.
struct Going(String);

impl Going {
    /// How often it happened since this was asked last.
    fn times(&self) -> u64 {
        going().get_mut(&self.0).map(std::mem::take).unwrap_or_default()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        going().remove(&self.0);
    }
}

async fn follow(outage: Going) {
    loop {
        tokio::time::sleep(EVERY).await;
        let what = outage.0.as_str();
        match outage.times() {
            0 => return tracing::info!(what, "did not fail again for a minute"),
            times => tracing::warn!(what, times, "failed so often again in the last minute"),
        }
    }
}

fn happened(what: &str) -> Happened {
    let mut going = going();
    if let Some(times) = going.get_mut(what) {
        *times += 1;
        return Happened::Again;
    }
    if going.len() >= MOST {
        return Happened::Uncounted;
    }
    going.insert(what.to_owned(), 0);
    Happened::First
}

fn going() -> MutexGuard<'static, BTreeMap<String, u64>> {
    GOING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_storm_is_one_line_and_a_count() {
        let mut told = 0;
        for _ in 0..1000 {
            told_once("a storm", || told += 1);
        }
        told_once("another storm", || told += 1);
        assert_eq!(told, 2);
        assert_eq!(going().get("a storm"), Some(&999));
    }

    #[test]
    fn an_outage_that_is_over_is_told_when_it_comes_again() {
        assert_eq!(happened("on and off"), Happened::First);
        let outage = Going("on and off".to_owned());
        assert_eq!(happened("on and off"), Happened::Again);
        assert_eq!(happened("on and off"), Happened::Again);
        assert_eq!((outage.times(), outage.times()), (2, 0));
        drop(outage);
        assert_eq!(happened("on and off"), Happened::First);
        drop(Going("on and off".to_owned()));
    }

    /// A test, or a command, that ends leaves nothing behind that keeps others silent.
    #[test]
    fn an_outage_ends_with_its_runtime() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { told_once("a runtime", || {}) });
        drop(runtime);
        assert_eq!(going().get("a runtime"), None);
    }
}
