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

/// Counts a failure.
pub async fn failed(ephemeral: &Ephemeral, moment: &Moment) -> Result<(), Fault> {
    FAILURES.count(ephemeral, moment.now, &moment.place().to_string()).await.map(|_| ())
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
            failed(&ephemeral, &here).await.unwrap();
        }
        assert_eq!(wait(&ephemeral, &here).await.unwrap(), Some(500));
        assert_eq!(wait(&ephemeral, &at(1300, "203.0.113.10")).await.unwrap(), None);
        assert_eq!(wait(&ephemeral, &at(1800, "203.0.113.9")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_address() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1200)));
        let ephemeral = Ephemeral::in_process(clock, Arc::new(Tally::default()));
        for number in 0..FAILURES.most {
            failed(&ephemeral, &at(1300, &format!("2001:db8::{number:x}"))).await.unwrap();
        }
        assert!(wait(&ephemeral, &at(1300, "2001:db8::ffff")).await.unwrap().is_some());
        assert_eq!(wait(&ephemeral, &at(1300, "2001:db8:0:1::1")).await.unwrap(), None);
    }
}
