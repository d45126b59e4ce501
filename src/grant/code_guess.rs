//! Slowing down guesses at the codes of devices (RFC 8628 §5.1): failures are counted by where they come from, successes never.

use std::time::Duration;

use crate::base::{Fault, Moment};
use crate::storage::{Ephemeral, Limit};

/// A phone network puts many citizens behind one address, and people mistype; 30 guesses at 2^34 codes come to nothing.
const FAILURES: Limit = Limit { name: "user-code", most: 30, within: Duration::from_secs(600) };

/// Seconds to wait, if too many guesses came from there.
pub async fn wait(ephemeral: &Ephemeral, moment: &Moment) -> Result<Option<u64>, Fault> {
    FAILURES.wait(ephemeral, moment.now, &moment.place().to_string()).await
}

/// Counts a failure.
pub async fn failed(ephemeral: &Ephemeral, moment: &Moment) -> Result<(), Fault> {
    FAILURES.count(ephemeral, moment.now, &moment.place().to_string()).await.map(|_| ())
}
