//! What was changed, or would be: a line each, with ids and masked numbers, never anything secret or personal.

use std::fmt;

use crate::hall::window::Declared;

/// The difference between the declared state and what was on record.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    lines: Vec<String>,
    unchanged: usize,
    notices: Vec<String>,
}

/// What became of one thing declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    New,
    /// These members; none: it is as declared.
    Members(Vec<String>),
}

impl From<Declared> for Change {
    fn from(declared: Declared) -> Self {
        match declared {
            Declared::New => Change::New,
            Declared::Changed(members) => Change::Members(members.into_iter().map(str::to_owned).collect()),
            Declared::Same => Change::Members(Vec::new()),
        }
    }
}

impl Report {
    /// `+ client app1`, `~ client app1 (redirect_uris, client_secret)`.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    pub fn changes(&self) -> usize {
        self.lines.len()
    }

    /// How many things stood already as declared.
    pub fn unchanged(&self) -> usize {
        self.unchanged
    }

    /// What stands otherwise than declared, and why: `! person 1****************X: …`.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    pub(super) fn notice(&mut self, (what, shown): (&str, &str), why: &str) {
        self.notices.push(format!("! {what} {shown}: {why}"));
    }

    pub(super) fn note(&mut self, (what, shown): (&str, &str), change: &Change) {
        match change {
            Change::New => self.lines.push(format!("+ {what} {shown}")),
            Change::Members(members) if members.is_empty() => self.unchanged += 1,
            Change::Members(members) => {
                self.lines.push(format!("~ {what} {shown} ({})", members.join(", ")));
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.lines.iter().chain(&self.notices) {
            writeln!(f, "{line}")?;
        }
        write!(f, "changes: {}, unchanged: {}", self.changes(), self.unchanged)
    }
}
