//! Slowing down guesses: failures are counted, successes never; nobody can lock a citizen out for good.

use std::time::Duration;

use crate::base::id::AccountId;
use crate::base::{Fault, Moment};
use crate::storage::Ephemeral;
use crate::storage::limit::{Limit, waits};

/// One try: at which name, at whose account, and from where.
#[derive(Clone, Copy)]
pub struct Guess<'a> {
    /// The name that was typed as `account::sign_in_key` gives it, whether or not it is anybody's.
    pub name: &'a str,
    /// The account it led to, once somebody has looked.
    pub account: Option<&'a AccountId>,
    /// The mark of the browser, where somebody has signed in by this name there before.
    pub known: Option<&'a str>,
    pub moment: &'a Moment,
}

/// What the failures counted so far mean for a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Free,
    /// Too many failures: wait this many seconds.
    Reached {
        wait: u64,
    },
    /// This name has not failed too often, its account has by others of its names. It is refused like a wrong password, or
    /// whoever has used up an account by one name could try which numbers belong to it.
    Spent,
}

const WINDOW: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(3600);
/// Somebody who mistypes, or guesses at one name from one place.
const PAIR: Limit = Limit { name: "sign-in-pair", most: 10, within: WINDOW };
/// A spread-out attack on one name. More than these an hour are never let guess at one account (OWASP ASVS 4.0, 2.2.1).
const NAME: Limit = Limit { name: "sign-in-name", most: 100, within: HOUR };
/// The same for all names of an account together.
const ACCOUNT: Limit = Limit { name: "sign-in-account", most: 100, within: HOUR };
/// A browser that has signed in by this name: what others have failed at does not count there. Beyond this it is as
/// strange as any other, so that one who has stolen what it carries shuts it out no more than from elsewhere.
const KNOWN: Limit = Limit { name: "sign-in-known", most: 10, within: HOUR };
/// One place guessing at many accounts; a hall or an office shares an address.
const PLACE: Limit = Limit { name: "sign-in-place", most: 300, within: WINDOW };

/// Looks at every counter; one round trip, and another one for a known browser that has used up its own.
pub async fn look(ephemeral: &Ephemeral, guess: &Guess<'_>) -> Result<Standing, Fault> {
    let now = guess.moment.now;
    if let Some(mark) = guess.known
        && KNOWN.wait(ephemeral, now, mark).await?.is_none()
    {
        return Ok(Standing::Free);
    }
    Ok(standing(waits(ephemeral, now, &guess.counted()).await?))
}

/// Counts so many failures, none for a right password, and judges the try by what was counted before. For either it is the
/// same write: where nothing can be counted nothing is told, or a store that is full would let anybody guess for good.
pub async fn count(ephemeral: &Ephemeral, guess: &Guess<'_>, failures: u64) -> Result<Standing, Fault> {
    let (now, counted) = (guess.moment.now, guess.counted());
    if let Some(mark) = guess.known {
        let before = ephemeral.count_below(&[KNOWN.counter(now, mark, failures)]).await?;
        if before.iter().all(|count| KNOWN.reached(now, *count).is_none()) {
            return Ok(Standing::Free);
        }
    }
    let mut counters = counted.each_ref().map(|(limit, by)| limit.counter(now, by, failures));
    // A spent account is answered like a wrong password, and so is counted like one.
    counters[3].most = u64::MAX;
    let counts = ephemeral.count_below(&counters).await?;
    Ok(standing(std::array::from_fn(|index| {
        counts.get(index).and_then(|count| counted[index].0.reached(now, *count))
    })))
}

fn standing([pair, name, place, account]: [Option<u64>; 4]) -> Standing {
    match (pair.or(name).or(place), account) {
        (Some(wait), _) => Standing::Reached { wait },
        (None, Some(_)) => Standing::Spent,
        (None, None) => Standing::Free,
    }
}

impl Guess<'_> {
    fn counted(&self) -> [(&'static Limit, String); 4] {
        let place = self.moment.place().to_string();
        // A name that is nobody's has an account's counter too: as many round trips.
        let account = self.account.map_or(self.name, AccountId::as_str);
        [
            (&PAIR, format!("{}:{place}", self.name)),
            (&NAME, self.name.to_owned()),
            (&PLACE, place),
            (&ACCOUNT, account.to_owned()),
        ]
    }
}
