//! What a check found: a line of the doctor's table.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Ok,
    /// Nothing is broken; it may still not be what was meant.
    Note,
    Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub state: State,
    name: &'static str,
    /// What was found, and what to do.
    what: String,
}

impl Finding {
    pub fn ok(name: &'static str, what: impl fmt::Display) -> Self {
        Self { state: State::Ok, name, what: what.to_string() }
    }

    pub fn note(name: &'static str, what: impl fmt::Display) -> Self {
        Self { state: State::Note, name, what: what.to_string() }
    }

    pub fn problem(name: &'static str, what: impl fmt::Display) -> Self {
        Self { state: State::Problem, name, what: what.to_string() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Problem => "PROBLEM",
        };
        write!(f, "{state:<8} {:<10} {}", self.name, self.what.replace('\n', " "))
    }
}
