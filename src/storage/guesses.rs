//! Slowing down guesses at a code that somebody types: failures are counted by the place they come from, successes never.

use super::{Ephemeral, Limit};
use crate::base::{Fault, Moment};

/// How many failures one place has.
#[derive(Debug)]
pub struct Guesses(pub Limit);

impl Guesses {
    /// Seconds to wait, if too many came from there.
    pub async fn wait(&self, ephemeral: &Ephemeral, moment: &Moment) -> Result<Option<u64>, Fault> {
        self.0.wait(ephemeral, moment.now, &moment.place().to_string()).await
    }

    /// Counts so many failures, none for a code that was found, before either is told. Seconds to wait, if those counted
    /// before were enough: guesses sent all at once pass the look together.
    pub async fn count(
        &self,
        ephemeral: &Ephemeral,
        moment: &Moment,
        failures: u64,
    ) -> Result<Option<u64>, Fault> {
        self.0.judge(ephemeral, moment.now, (&moment.place().to_string(), failures)).await
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::base::Timestamp;
    use crate::base::random::Seeded;
    use crate::base::time::ManualClock;
    use crate::storage::Tally;

    const GUESSES: Guesses = Guesses(Limit { name: "test", most: 60, within: Duration::from_secs(600) });

    fn at(seconds: i64, address: &str) -> Moment {
        let mut moment = Moment::of_system(Timestamp::from_seconds(seconds), Arc::new(Seeded::new(1)));
        moment.client_ip = address.parse::<IpAddr>().unwrap();
        moment
    }

    fn ephemeral() -> Ephemeral {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1200)));
        Ephemeral::in_process(clock, Arc::new(Tally::default()))
    }

    #[tokio::test]
    async fn a_place_that_fails_too_often_waits_until_the_stretch_ends() {
        let ephemeral = ephemeral();
        let here = at(1300, "203.0.113.9");
        for _ in 0..GUESSES.0.most {
            assert_eq!(GUESSES.wait(&ephemeral, &here).await.unwrap(), None);
            assert_eq!(GUESSES.count(&ephemeral, &here, 1).await.unwrap(), None);
        }
        assert_eq!(GUESSES.wait(&ephemeral, &here).await.unwrap(), Some(500));
        // Who has looked before waits as well, right or wrong.
        assert_eq!(GUESSES.count(&ephemeral, &here, 1).await.unwrap(), Some(500));
        assert_eq!(GUESSES.count(&ephemeral, &here, 0).await.unwrap(), Some(500));
        assert_eq!(GUESSES.wait(&ephemeral, &at(1300, "203.0.113.10")).await.unwrap(), None);
        assert_eq!(GUESSES.wait(&ephemeral, &at(1800, "203.0.113.9")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_place() {
        let ephemeral = ephemeral();
        for number in 0..GUESSES.0.most {
            GUESSES.count(&ephemeral, &at(1300, &format!("2001:db8::{number:x}")), 1).await.unwrap();
        }
        assert!(GUESSES.wait(&ephemeral, &at(1300, "2001:db8::ffff")).await.unwrap().is_some());
        assert_eq!(GUESSES.wait(&ephemeral, &at(1300, "2001:db8:0:1::1")).await.unwrap(), None);
    }
}
