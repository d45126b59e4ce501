//! Slowing down guesses at the codes of slips: failures are counted by where they come from. The code itself carries 100
//! bits; this keeps a machine that tries from keeping the database busy.

use std::time::Duration;

use crate::base::{Fault, Moment};
use crate::storage::Ephemeral;

/// Counting windows follow the clock, so that a window ends at the same moment on every node.
const WINDOW: Duration = Duration::from_secs(600);
/// A hall's own machines share an address, and people mistype.
const MOST: u64 = 60;

/// Seconds to wait, if the limit is reached.
pub async fn wait(ephemeral: &Ephemeral, moment: &Moment) -> Result<Option<u64>, Fault> {
    let key = key(moment);
    let counts = ephemeral.counted(&[key.as_str()]).await?;
    Ok(counts.iter().any(|count| *count >= MOST).then(|| seconds_left(moment)))
}

/// Counts a failure.
pub async fn failed(ephemeral: &Ephemeral, moment: &Moment) -> Result<(), Fault> {
    ephemeral.count(&key(moment), WINDOW).await.map(|_| ())
}

fn key(moment: &Moment) -> String {
    format!("throttle:slip:{}:{}", moment.now.seconds().div_euclid(window()), moment.client_ip)
}

fn seconds_left(moment: &Moment) -> u64 {
    u64::try_from(window() - moment.now.seconds().rem_euclid(window())).unwrap_or(1)
}

fn window() -> i64 {
    i64::try_from(WINDOW.as_secs()).unwrap_or(i64::MAX)
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
        for _ in 0..MOST {
            assert_eq!(wait(&ephemeral, &here).await.unwrap(), None);
            failed(&ephemeral, &here).await.unwrap();
        }
        assert_eq!(wait(&ephemeral, &here).await.unwrap(), Some(500));
        assert_eq!(wait(&ephemeral, &at(1300, "203.0.113.10")).await.unwrap(), None);
        assert_eq!(wait(&ephemeral, &at(1800, "203.0.113.9")).await.unwrap(), None);
    }
}
