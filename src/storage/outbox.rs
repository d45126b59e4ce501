//! What every outbox does alike: whose messages may be claimed and for how long, and what a try makes of a message. The
//! tables and their statements belong to the subjects.

use std::time::Duration;

use crate::base::Timestamp;

/// A client that messages are due for, and how many of them one may claim now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub client_id: String,
    pub messages: i64,
}

/// A claimed message that is not settled within this time (the node died) is due again.
pub const LEASE: Duration = Duration::from_secs(30);

/// How a message stands after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is tried again after a pause.
    Later,
    Delivered,
    GivenUp,
}

/// Why a try did not arrive, in words of ours, never the other party's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// It may go better later.
    ForNow(String),
    /// Its receiver has answered and does not want it: somebody must set it right there.
    ForGood(String),
}

/// What is written about a try.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    pub tried: Tried,
    /// A word of ours, never the other party's text.
    pub error: Option<&'a str>,
    pub next_at: Timestamp,
    /// Once nothing more comes of it.
    pub settled_at: Option<Timestamp>,
}

impl<'a> Outcome<'a> {
    /// After the try of number `attempts`, with these pauses after the first, second, … failure.
    pub fn of(now: Timestamp, (attempts, pauses): (i64, &[Duration]), result: &'a Result<(), Miss>) -> Self {
        let tries = usize::try_from(attempts).unwrap_or(usize::MAX);
        let pause = pauses.get(tries.saturating_sub(1));
        let (tried, error, next_at) = match (result, pause) {
            (Ok(()), _) => (Tried::Delivered, None, now),
            (Err(Miss::ForNow(error)), Some(pause)) => (Tried::Later, Some(error.as_str()), now + *pause),
            (Err(Miss::ForNow(error)), None) | (Err(Miss::ForGood(error)), _) => {
                (Tried::GivenUp, Some(error.as_str()), now)
            }
        };
        Self { tried, error, next_at, settled_at: (tried != Tried::Later).then_some(now) }
    }
}

impl Miss {
    pub fn reason(&self) -> &str {
        match self {
            Miss::ForNow(reason) | Miss::ForGood(reason) => reason,
        }
    }
}

impl Tried {
    /// As the column `state` has it.
    pub fn state(self) -> &'static str {
        match self {
            Tried::Later => "pending",
            Tried::Delivered => "delivered",
            Tried::GivenUp => "failed",
        }
    }

    /// As the metrics have it.
    pub fn word(self) -> &'static str {
        match self {
            Tried::Later => "retry",
            Tried::Delivered => "delivered",
            Tried::GivenUp => "given_up",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_once_more_than_there_are_pauses() {
        let now = Timestamp::from_seconds(100);
        let pauses = [Duration::from_secs(5), Duration::from_secs(15)];
        let failed = Err(Miss::ForNow("the address cannot be reached".to_owned()));
        let refused = Err(Miss::ForGood("the answer was 400".to_owned()));
        let after = |attempts, result| {
            let outcome = Outcome::of(now, (attempts, &pauses), result);
            (outcome.tried, outcome.next_at.seconds(), outcome.settled_at.is_some(), outcome.error.is_some())
        };
        assert_eq!(after(1, &failed), (Tried::Later, 105, false, true));
        assert_eq!(after(2, &failed), (Tried::Later, 115, false, true));
        assert_eq!(after(3, &failed), (Tried::GivenUp, 100, true, true));
        assert_eq!(after(i64::MAX, &failed), (Tried::GivenUp, 100, true, true));
        assert_eq!(after(1, &refused), (Tried::GivenUp, 100, true, true));
        assert_eq!(after(3, &Ok(())), (Tried::Delivered, 100, true, false));
    }
}
