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

/// Counts so many failures, none for a code that was found, before either is told. Seconds to wait, if those counted before
/// were enough: guesses sent all at once pass the look together.
pub async fn count(ephemeral: &Ephemeral, moment: &Moment, failures: u64) -> Result<Option<u64>, Fault> {
    FAILURES.judge(ephemeral, moment.now, (&moment.place().to_string(), failures)).await
}
