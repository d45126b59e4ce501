//! A limit on how often something may happen, counted in the ephemeral store.

use std::time::Duration;

use super::Ephemeral;
use super::ephemeral::Counter;
use crate::base::{Fault, Timestamp};

/// So often within so long. The stretches follow the clock, so that one ends at the same moment on every node.
#[derive(Debug)]
pub struct Limit {
    /// What its counters are called in the store.
    pub name: &'static str,
    pub most: u64,
    pub within: Duration,
}

impl Limit {
    /// Seconds to wait, if what is counted under `by` has reached the limit.
    pub async fn wait(&self, ephemeral: &Ephemeral, now: Timestamp, by: &str) -> Result<Option<u64>, Fault> {
        let [wait] = waits(ephemeral, now, &[(self, by.to_owned())]).await?;
        Ok(wait)
    }

    /// Counts once more; how often it was within this stretch.
    pub async fn count(&self, ephemeral: &Ephemeral, now: Timestamp, by: &str) -> Result<u64, Fault> {
        ephemeral.count(&self.key(now, by), self.within).await
    }

    /// Counts once more; seconds to wait, if it was too often within this stretch.
    pub async fn take(&self, ephemeral: &Ephemeral, now: Timestamp, by: &str) -> Result<Option<u64>, Fault> {
        let count = self.count(ephemeral, now, by).await?;
        Ok((count > self.most).then(|| self.seconds_left(now)))
    }

    /// Counts so many failures, none for a success, and judges by what was counted before: seconds to wait, if that had
    /// reached the limit. Called between the look-up and its answer: of those in flight together no more than the limit are
    /// answered. For either it is the same write: where nothing can be counted nothing is told.
    pub async fn judge(
        &self,
        ephemeral: &Ephemeral,
        now: Timestamp,
        (by, failures): (&str, u64),
    ) -> Result<Option<u64>, Fault> {
        let before = ephemeral.count_below(&[self.counter(now, by, failures)]).await?;
        Ok(before.first().and_then(|count| self.reached(now, *count)))
    }

    /// What counts `add` more under `by`, together with others.
    pub fn counter(&self, now: Timestamp, by: &str, add: u64) -> Counter {
        Counter { key: self.key(now, by), add, most: self.most, lifetime: self.within }
    }

    /// Seconds to wait, if so many have reached the limit.
    pub fn reached(&self, now: Timestamp, count: u64) -> Option<u64> {
        (count >= self.most).then(|| self.seconds_left(now))
    }

    fn key(&self, now: Timestamp, by: &str) -> String {
        format!("limit:{}:{}:{by}", self.name, now.seconds().div_euclid(self.seconds()))
    }

    fn seconds_left(&self, now: Timestamp) -> u64 {
        u64::try_from(self.seconds() - now.seconds().rem_euclid(self.seconds())).unwrap_or(1)
    }

    fn seconds(&self) -> i64 {
        i64::try_from(self.within.as_secs()).unwrap_or(i64::MAX).max(1)
    }
}

/// For each limit the seconds to wait, if what is counted has reached it; one round trip for all.
pub async fn waits<const N: usize>(
    ephemeral: &Ephemeral,
    now: Timestamp,
    counted: &[(&Limit, String); N],
) -> Result<[Option<u64>; N], Fault> {
    let keys = counted.each_ref().map(|(limit, by)| limit.key(now, by));
    let counts = ephemeral.counted(&keys.each_ref().map(String::as_str)).await?;
    Ok(std::array::from_fn(|index| counts.get(index).and_then(|count| counted[index].0.reached(now, *count))))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::time::ManualClock;
    use crate::storage::Tally;

    const LIMIT: Limit = Limit { name: "test", most: 3, within: Duration::from_secs(600) };
    const OTHER: Limit = Limit { name: "other", ..LIMIT };

    #[tokio::test]
    async fn of_those_in_flight_no_more_are_answered() {
        let at = Timestamp::from_seconds;
        let ephemeral =
            Ephemeral::in_process(Arc::new(ManualClock::at(at(1200))), Arc::new(Tally::default()));
        let judge = async |failures| LIMIT.judge(&ephemeral, at(1300), ("here", failures)).await.unwrap();
        // All of them have looked before the first is counted.
        for _ in 0..LIMIT.most {
            assert_eq!(judge(0).await, None);
            assert_eq!(judge(1).await, None);
        }
        assert_eq!(judge(1).await, Some(500));
        assert_eq!(judge(0).await, Some(500));
    }

    #[tokio::test]
    async fn who_has_reached_it_waits_until_the_stretch_ends() {
        let at = Timestamp::from_seconds;
        let ephemeral =
            Ephemeral::in_process(Arc::new(ManualClock::at(at(1200))), Arc::new(Tally::default()));
        for count in 1..=LIMIT.most {
            assert_eq!(LIMIT.wait(&ephemeral, at(1300), "here").await.unwrap(), None);
            assert_eq!(LIMIT.count(&ephemeral, at(1300), "here").await.unwrap(), count);
        }
        assert_eq!(LIMIT.take(&ephemeral, at(1300), "here").await.unwrap(), Some(500));
        assert_eq!(LIMIT.take(&ephemeral, at(1300), "elsewhere").await.unwrap(), None);
        let wait = async |limit: &Limit, now, by| limit.wait(&ephemeral, at(now), by).await.unwrap();
        assert_eq!(wait(&LIMIT, 1300, "here").await, Some(500));
        assert_eq!(wait(&LIMIT, 1799, "here").await, Some(1));
        assert_eq!(wait(&LIMIT, 1800, "here").await, None);
        assert_eq!(wait(&LIMIT, 1300, "there").await, None);
        assert_eq!(wait(&OTHER, 1300, "here").await, None);
        let both = [(&OTHER, "here".to_owned()), (&LIMIT, "here".to_owned())];
        assert_eq!(waits(&ephemeral, at(1300), &both).await.unwrap(), [None, Some(500)]);
    }
}
