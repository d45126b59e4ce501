//! Slowing down guesses at the codes of slips: failures are counted by where they come from. The code itself carries 100
//! bits; this keeps a machine that tries from keeping the database busy.

use std::time::Duration;

use crate::base::{Fault, Moment};
use crate::storage::{Ephemeral, Limit};

/// A hall's own machines share an address, and people mistype.
const FAILURES: Limit = Limit { name: "slip", most: 60, within: Duration::from_secs(600) };

/// Seconds to wait, if the limit is reached.
pub async fn wait(ephemeral: &Ephemeral, moment: &Moment) -> Result<Option<u64>, Fault> {
    FAILURES.wait(ephemeral, moment.now, &moment.place().to_string()).await
}

/// Counts so many failures, none for a code that was found, before either is told. Seconds to wait, if those counted before
/// were enough: guesses sent all at once pass the look together.
pub async fn count(ephemeral: &Ephemeral, moment: &Moment, failures: u64) -> Result<Option<u64>, Fault> {
    FAILURES.judge(ephemeral, moment.now, (&moment.place().to_string(), failures)).await
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use super::*;
    use crate::base::Timestamp;
    use crate::base::random::Seeded;
    use crate::base::time::ManualClock;
    use crate::storage::Tally;

    fn at(seconds: i64, address: &str) -> Moment {
        let mut moment = Moment::of_system(Timestamp::from_seconds(seconds), Arc::new(Seeded::new(1)));
        moment.client_ip = address.parse::<IpAddr>().unwrap();
        moment
    }

    #[tokio::test]
    async fn an_address_that_fails_too_often_waits_until_the_window_ends() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1200)));
        let ephemeral = Ephemeral::in_process(clock, Arc::new(Tally::default()));
        let here = at(1300, "203.0.113.9");
        for _ in 0..FAILURES.most {
            assert_eq!(wait(&ephemeral, &here).await.unwrap(), None);
            assert_eq!(count(&ephemeral, &here, 1).await.unwrap(), None);
        }
        assert_eq!(wait(&ephemeral, &here).await.unwrap(), Some(500));
        // Who has looked before waits as well, right or wrong.
        assert_eq!(count(&ephemeral, &here, 1).await.unwrap(), Some(500));
        assert_eq!(count(&ephemeral, &here, 0).await.unwrap(), Some(500));
        assert_eq!(wait(&ephemeral, &at(1300, "203.0.113.10")).await.unwrap(), None);
        assert_eq!(wait(&ephemeral, &at(1800, "203.0.113.9")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_address() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1200)));
        let ephemeral = Ephemeral::in_process(clock, Arc::new(Tally::default()));
        for number in 0..FAILURES.most {
            count(&ephemeral, &at(1300, &format!("2001:db8::{number:x}")), 1).await.unwrap();
        }
        assert!(wait(&ephemeral, &at(1300, "2001:db8::ffff")).await.unwrap().is_some());
        assert_eq!(wait(&ephemeral, &at(1300, "2001:db8:0:1::1")).await.unwrap(), None);
    }
}
