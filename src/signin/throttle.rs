//! Slowing down guesses: failures are counted, successes never; nobody can lock a citizen out for good.

use std::time::Duration;

use crate::base::{Fault, Moment};
use crate::crypto::mac::digest;
use crate::storage::Ephemeral;

/// What failures are counted by, and how many a window bears.
struct Limit {
    name: &'static str,
    key: fn(&Guess<'_>) -> String,
    most: u64,
}

/// One try: whose account (by a fingerprint of what was typed, whether or not it exists) and from where.
pub struct Guess<'a> {
    pub username: &'a str,
    pub moment: &'a Moment,
}

/// Counting windows follow the clock, so that a window ends at the same moment on every node.
const WINDOW: Duration = Duration::from_secs(600);

const LIMITS: [Limit; 3] = [
    // Somebody who mistypes, or guesses at one account from one place.
    Limit {
        name: "pair",
        key: |guess| format!("{}:{}", digest(guess.username), guess.moment.client_ip),
        most: 10,
    },
    // A spread-out attack on one account; high enough that it costs the citizen minutes at worst.
    Limit { name: "account", key: |guess| digest(guess.username), most: 100 },
    // One place guessing at many accounts; a hall or an office shares an address.
    Limit { name: "address", key: |guess| guess.moment.client_ip.to_string(), most: 300 },
];

/// Seconds to wait, if a limit is reached; one round trip.
pub async fn wait(ephemeral: &Ephemeral, guess: &Guess<'_>) -> Result<Option<u64>, Fault> {
    let keys: Vec<String> = LIMITS.iter().map(|limit| limit.at(guess)).collect();
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    let counts = ephemeral.counted(&names).await?;
    let reached = LIMITS.iter().zip(counts).any(|(limit, count)| count >= limit.most);
    Ok(reached.then(|| seconds_left(guess.moment)))
}

/// Counts a failure.
pub async fn failed(ephemeral: &Ephemeral, guess: &Guess<'_>) -> Result<(), Fault> {
    for limit in &LIMITS {
        ephemeral.count(&limit.at(guess), WINDOW).await?;
    }
    Ok(())
}

impl Limit {
    fn at(&self, guess: &Guess<'_>) -> String {
        format!("throttle:{}:{}:{}", self.name, window(guess.moment), (self.key)(guess))
    }
}

fn window(moment: &Moment) -> i64 {
    moment.now.seconds().div_euclid(seconds(WINDOW))
}

fn seconds_left(moment: &Moment) -> u64 {
    let passed = moment.now.seconds().rem_euclid(seconds(WINDOW));
    u64::try_from(seconds(WINDOW) - passed).unwrap_or(1).max(1)
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
