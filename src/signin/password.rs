//! Signing in with a password: uniform in answer and in work whether or not the account exists.

use crate::audit::{self, Event};
use crate::base::{Fault, Moment, Secret};
use crate::crypto::Keys;
use crate::crypto::password::{HashProblem, PasswordPool};
use crate::identity::store::account::{self, Account};
use crate::storage::{Db, Ephemeral};

use super::known_browser;
use super::throttle::{self, Guess, Standing};

/// The parts this needs.
pub struct Parts<'a> {
    pub db: &'a Db,
    pub ephemeral: &'a Ephemeral,
    pub keys: &'a Keys,
    pub passwords: &'a PasswordPool,
}

/// What became of a try.
#[derive(Debug)]
pub enum Outcome {
    Proven(Account),
    /// The name or the password; nobody is told which.
    Wrong,
    /// Too many failures: wait this many seconds.
    Throttled {
        wait: u64,
    },
    /// The waiting room is full: come again in this many seconds.
    Busy {
        wait: u64,
    },
}

/// Tries a password for whatever was typed as username, in a browser that carries this (`known_browser`).
pub async fn try_password(
    parts: &Parts<'_>,
    moment: &Moment,
    (username, carried): (&str, Option<&str>),
    password: Secret,
) -> Result<Outcome, Fault> {
    let username = username.trim();
    let name = account::sign_in_key(parts.keys, username);
    let known = carried.and_then(|carried| known_browser::mark(&parts.keys.mac, carried, &name));
    let guess = Guess { name: &name, account: None, known: known.as_deref(), moment };
    if let Standing::Reached { wait } = throttle::look(parts.ephemeral, &guess).await? {
        return Ok(Outcome::Throttled { wait });
    }
    let found = account::find_for_sign_in(&mut parts.db.read(), parts.keys, username).await?;
    let stored = found.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = match parts.passwords.verify(password, stored).await {
        Ok(right) => right,
        Err(HashProblem::Busy { retry_after }) => return Ok(Outcome::Busy { wait: retry_after }),
        Err(HashProblem::Fault(fault)) => return Err(fault),
    };
    let guess = Guess { account: found.as_ref().map(|account| &account.id), ..guess };
    // Guesses sent all at once pass the first look together. Whatever comes after the limit they reach hears the same, or
    // the right one would be told from the wrong ones by it.
    let failures = if right { 0 } else { 1 };
    match (throttle::count(parts.ephemeral, &guess, failures).await?, right) {
        (Standing::Reached { wait }, _) => return Ok(Outcome::Throttled { wait }),
        (Standing::Free, true) => {
            return found.map(Outcome::Proven).ok_or(Fault::broken("a password matched no account"));
        }
        (Standing::Free, false) => refuse(parts, &guess, (found.as_ref(), "wrong_password")).await?,
        (Standing::Spent, _) => {
            // The right one too, and in as many steps.
            throttle::count(parts.ephemeral, &guess, 1 - failures).await?;
            refuse(parts, &guess, (found.as_ref(), "too_many_failures")).await?;
        }
    }
    Ok(Outcome::Wrong)
}

/// Recorded alike for accounts that exist and those that do not.
async fn refuse(
    parts: &Parts<'_>,
    guess: &Guess<'_>,
    (found, reason): (Option<&Account>, &'static str),
) -> Result<(), Fault> {
    let mut tx = parts.db.begin().await?;
    let person = found.map(|account| &account.person);
    audit::record(&mut tx, guess.moment, Event::SignInFailed { person, reason }).await?;
    tx.commit().await
}
