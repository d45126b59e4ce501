//! What is wrong with a declared state: every problem with its place, none with what stands there.

use std::fmt;

use crate::base::Fault;

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Section, index and member: `people[3].id_number`.
    pub place: String,
    /// What is wrong and what to do, without personal data.
    pub what: String,
}

/// Why a state was not applied; nothing was written.
#[derive(Debug)]
pub enum ApplyProblem {
    /// The text is not JSON or TOML, or not of this form.
    Unreadable(String),
    /// Everything that is wrong with it.
    Wrong(Vec<Problem>),
    Fault(Fault),
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.0.push(Problem { place: place.into(), what: what.into() });
    }

    /// Ends what was begun if anything is wrong.
    pub(super) fn settle(&mut self) -> Result<(), ApplyProblem> {
        if self.0.is_empty() { Ok(()) } else { Err(ApplyProblem::Wrong(std::mem::take(&mut self.0))) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl fmt::Display for ApplyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyProblem::Unreadable(what) => f.write_str(what),
            ApplyProblem::Wrong(problems) => {
                let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            ApplyProblem::Fault(fault) => write!(f, "{fault:?}"),
        }
    }
}

impl std::error::Error for ApplyProblem {}

impl From<Fault> for ApplyProblem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
