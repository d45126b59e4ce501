//! Browsers in which somebody has signed in before: what strangers guess elsewhere does not keep the owner out of these.

use crate::base::Moment;
use crate::crypto::mac::{MacKey, Purpose};

/// A family shares a tablet.
const MOST_NAMES: usize = 5;
const RANDOM_BYTES: usize = 16;
const RANDOM_CHARACTERS: usize = 22;
const LONGEST: usize = 512;

/// The mark of this browser for a name (`account::sign_in_key`), if somebody has signed in by it here. `carried` is what the
/// browser sent: a random word, and for each name a keyed digest over both. It says nothing to whoever reads it, and asks
/// no database: a look-up would tell by its time whether there is such an account.
pub fn mark(key: &MacKey, carried: &str, name: &str) -> Option<String> {
    let (random, marks) = read(carried)?;
    let parts: [&[u8]; 2] = [random.as_bytes(), name.as_bytes()];
    let known = marks.iter().any(|mark| key.matches(Purpose::KnownBrowser, &parts, mark));
    known.then(|| key.of(Purpose::KnownBrowser, &parts))
}

/// What the browser carries from now on: somebody has signed in by this name, the latest stands first.
pub fn learn(key: &MacKey, moment: &Moment, carried: Option<&str>, name: &str) -> String {
    let fresh = moment.random.token(RANDOM_BYTES);
    let (random, marks) = carried.and_then(read).unwrap_or((&fresh, Vec::new()));
    let mark = key.of(Purpose::KnownBrowser, &[random.as_bytes(), name.as_bytes()]);
    let others = marks.into_iter().filter(|other| *other != mark).take(MOST_NAMES - 1);
    [random, &mark].into_iter().chain(others).collect::<Vec<_>>().join(".")
}

fn read(carried: &str) -> Option<(&str, Vec<&str>)> {
    let plain = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let mut words = carried.split('.');
    let random = words.next().filter(|random| random.len() == RANDOM_CHARACTERS)?;
    let fits = carried.len() <= LONGEST && carried.split('.').all(plain);
    fits.then(|| (random, words.take(MOST_NAMES).collect()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Timestamp;
    use crate::base::random::Seeded;

    fn moment() -> Moment {
        Moment::of_system(Timestamp::from_seconds(1), Arc::new(Seeded::new(1)))
    }

    #[test]
    fn a_browser_knows_the_last_five_names_and_nothing_made_up() {
        let (key, moment) = (MacKey::new(&[7; 32]), moment());
        let mut carried = learn(&key, &moment, None, "name-0");
        for number in 1..=5 {
            let name = format!("name-{number}");
            assert_eq!(mark(&key, &carried, &name), None);
            carried = learn(&key, &moment, Some(&carried), &name);
        }
        carried = learn(&key, &moment, Some(&carried), "name-3");
        let known = |carried: &str| -> Vec<usize> {
            (0..=5).filter(|number| mark(&key, carried, &format!("name-{number}")).is_some()).collect()
        };
        assert_eq!(known(&carried), [1, 2, 3, 4, 5]);
        let (random, marks) = carried.split_once('.').unwrap();
        let elsewhere = format!("{}.{marks}", "A".repeat(RANDOM_CHARACTERS));
        for made_up in ["", ".", random, marks, &elsewhere, &format!("{carried}.{}", "x".repeat(LONGEST))] {
            assert_eq!(known(made_up), [0; 0], "{made_up}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_begun_anew() {
        let (key, moment) = (MacKey::new(&[7; 32]), moment());
        for carried in ["", "short.x", "\u{e9}", &format!("{}.a;b", "A".repeat(RANDOM_CHARACTERS))] {
            let learnt = learn(&key, &moment, Some(carried), "name");
            assert!(mark(&key, &learnt, "name").is_some() && learnt.len() == 66, "{carried}: {learnt}");
        }
    }
}
