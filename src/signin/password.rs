//! Signing in with a password: uniform in answer and in work whether or not the account exists.

use crate::audit::{self, Event};
use crate::base::{Fault, Moment, Secret};
use crate::crypto::Keys;
use crate::crypto::password::{HashProblem, PasswordPool};
use crate::identity::store::account::{self, Account};
use crate::storage::{Db, Ephemeral};

use super::throttle::{self, Guess};

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

/// Tries a password for whatever was typed as username.
pub async fn try_password(
    parts: &Parts<'_>,
    moment: &Moment,
    username: &str,
    password: Secret,
) -> Result<Outcome, Fault> {
    let guess = Guess { username: username.trim(), moment };
    if let Some(wait) = throttle::wait(parts.ephemeral, &guess).await? {
        return Ok(Outcome::Throttled { wait });
    }
    let found = account::find_for_sign_in(&mut parts.db.read(), parts.keys, guess.username).await?;
    let stored = found.as_ref().and_then(|account| account.password_hash.as_deref());
    match parts.passwords.verify(password, stored).await {
        Ok(true) => match found {
            Some(account) => Ok(Outcome::Proven(account)),
            None => Err(Fault::broken("a password matched no account")),
        },
        Ok(false) => {
            refuse(parts, moment, &guess, found.as_ref()).await?;
            Ok(Outcome::Wrong)
        }
        Err(HashProblem::Busy { retry_after }) => Ok(Outcome::Busy { wait: retry_after }),
        Err(HashProblem::Fault(fault)) => Err(fault),
    }
}

/// Counted and recorded alike for accounts that exist and those that do not.
async fn refuse(
    parts: &Parts<'_>,
    moment: &Moment,
    guess: &Guess<'_>,
    found: Option<&Account>,
) -> Result<(), Fault> {
    throttle::failed(parts.ephemeral, guess).await?;
    let mut tx = parts.db.begin().await?;
    let person = found.map(|account| &account.person);
    audit::record(&mut tx, moment, Event::SignInFailed { person, reason: "wrong_password" }).await?;
    tx.commit().await
}
