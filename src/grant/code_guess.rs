//! Slowing down guesses at the codes of devices (RFC 8628 §5.1): failures are counted by address, successes never.

use std::time::Duration;

use crate::base::{Fault, Moment};
use crate::storage::Ephemeral;

/// A phone network puts many citizens behind one address, and people mistype; 30 guesses at 2^34 codes come to nothing.
const MOST: u64 = 30;
const WINDOW: Duration = Duration::from_secs(600);

/// Seconds to wait, if this address has guessed too often.
pub async fn wait(ephemeral: &Ephemeral, moment: &Moment) -> Result<Option<u64>, Fault> {
    let counts = ephemeral.counted(&[&key(moment)]).await?;
    let reached = counts.first().is_some_and(|count| *count >= MOST);
    Ok(reached.then(|| seconds_left(moment)))
}

/// Counts a failure.
pub async fn failed(ephemeral: &Ephemeral, moment: &Moment) -> Result<(), Fault> {
    ephemeral.count(&key(moment), WINDOW).await.map(|_| ())
}

/// Windows follow the clock, so that one ends at the same moment on every node.
fn key(moment: &Moment) -> String {
    format!("user-code:{}:{}", moment.now.seconds().div_euclid(window()), moment.client_ip)
}

fn seconds_left(moment: &Moment) -> u64 {
    u64::try_from(window() - moment.now.seconds().rem_euclid(window())).unwrap_or(1).max(1)
}

fn window() -> i64 {
    i64::try_from(WINDOW.as_secs()).unwrap_or(i64::MAX)
}
