//! Declared state (`tongyao apply`): departments, clients, people, enterprises, halls and staff as a file says them.
//!
//! Applying is idempotent and happens in one transaction: all of it or nothing. What the file does not name stays:
//! an entry that is taken out of the file removes nothing. What it does name becomes as declared: the members of a
//! department, a client and a hall are replaced as a whole, except a `client_secret` that is not declared, which
//! stays. Who is not in the `agents` of an enterprise is its agent no longer; without that member they stay. People and staff keep what is not declared about them, and the level of a person is never lowered.
//! A name that was verified at a window stays, and the report says so.

mod problem;
mod report;
mod document;
mod members;
mod step;
mod department;
mod client;
mod level;
mod authority;
mod account;
mod person;
mod enterprise;
mod hall;
mod publisher;
mod staff;
mod sections;
mod password;

#[cfg(test)]
mod tests;

pub use document::Format;
pub use person::Rules;
pub use problem::{ApplyProblem, Problem};
pub use report::Report;

use password::Hashes;
use problem::Problems;
use sections::Sections;
use step::Step;

use crate::base::{Fault, Moment};
use crate::client::Department;
use crate::crypto::Keys;
use crate::crypto::password::PasswordPool;
use crate::gateway::Outgoing;
use crate::storage::Db;

/// Where a state is applied, and with what.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub db: &'a Db,
    pub keys: &'a Keys,
    pub passwords: &'a PasswordPool,
    /// Fetches what a declared client must show: its `sector_identifier_uri`.
    pub outgoing: &'a Outgoing,
    pub sandbox: Sandbox,
}

/// Whether sample people may be declared: passwords and claims are for the sandbox only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    On,
    Off,
}

/// Whether a state is sound in itself: all that can be said of it before anything is looked up.
pub fn check(text: &str, format: Format, rules: Rules) -> Result<(), ApplyProblem> {
    let mut problems = Problems::default();
    let entries = document::read(text, format, &mut problems)?;
    Sections::read(entries, rules, &mut problems);
    problems.settle()
}

/// Makes everything as declared; what was changed.
pub async fn apply(
    target: &Target<'_>,
    moment: &Moment,
    text: &str,
    format: Format,
) -> Result<Report, ApplyProblem> {
    run(target, moment, (text, format), End::Commit).await
}

/// What `apply` would change. Everything is tried in a transaction that is then undone, so that the plan is what
/// applying would do.
pub async fn plan(
    target: &Target<'_>,
    moment: &Moment,
    text: &str,
    format: Format,
) -> Result<Report, ApplyProblem> {
    run(target, moment, (text, format), End::Undo).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Commit,
    Undo,
}

async fn run(
    target: &Target<'_>,
    moment: &Moment,
    (text, format): (&str, Format),
    end: End,
) -> Result<Report, ApplyProblem> {
    let mut problems = Problems::default();
    let entries = document::read(text, format, &mut problems)?;
    let rules = Rules { sandbox: target.sandbox, today: moment.now.date() };
    let sections = Sections::read(entries, rules, &mut problems);
    let departments = sections.check(&mut target.db.read(), target.keys, &mut problems).await?;
    client::check_sectors(target, &sections.clients, &mut problems).await?;
    problems.settle()?;
    let hashes = password::prepare(target, moment, &sections).await?;

    let mut tx = target.db.begin().await?;
    let mut step = Step { tx: &mut tx, moment, keys: target.keys, report: Report::default(), problems };
    write(&mut step, (&sections, &departments), &hashes).await?;
    let Step { report, mut problems, .. } = step;
    problems.settle()?;
    if end == End::Commit {
        tx.commit().await?;
    }
    Ok(report)
}

async fn write(
    step: &mut Step<'_>,
    (sections, departments): (&Sections, &[Department]),
    hashes: &Hashes,
) -> Result<(), Fault> {
    department::write(step, (departments, &sections.departments)).await?;
    for one in &sections.clients {
        client::write(step, one).await?;
    }
    for one in &sections.publishers {
        publisher::write(step, one).await?;
    }
    for one in &sections.people {
        person::write(step, one, hashes.people.get(&one.index).map(String::as_str)).await?;
    }
    for one in &sections.enterprises {
        enterprise::write(step, one).await?;
    }
    for one in &sections.halls {
        hall::write(step, one).await?;
    }
    for one in &sections.staff {
        staff::write(step, one, hashes.staff.get(&one.index).map(String::as_str)).await?;
    }
    Ok(())
}
