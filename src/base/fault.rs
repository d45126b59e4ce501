//! A fault: something of ours broke. Opaque to the outside, its causes kept inside for the log.

use std::error::Error;
use std::fmt;

/// What a caller should do about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A part we depend on is away or overloaded: the same call may succeed later (HTTP 503).
    Unavailable,
    /// A defect or a state that must not be (HTTP 500).
    Broken,
    /// A row of this key is there already. Whoever can be second says so; where nobody can, it is a defect.
    Duplicate,
}

/// Ours broke. `Display` says where; the chain of sources says why.
pub struct Fault {
    trouble: Trouble,
    place: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Fault {
    /// A state that must not be; `place` names the rule or the row, never personal data.
    pub fn broken(place: impl Into<String>) -> Self {
        Self { trouble: Trouble::Broken, place: place.into(), cause: None }
    }

    /// A part we depend on is away.
    pub fn unavailable(place: impl Into<String>) -> Self {
        Self { trouble: Trouble::Unavailable, place: place.into(), cause: None }
    }

    /// A key is taken.
    pub fn duplicate(place: impl Into<String>) -> Self {
        Self { trouble: Trouble::Duplicate, place: place.into(), cause: None }
    }

    /// Columns of one row contradict each other.
    pub fn inconsistent(table: &str, id: &str, what: &str) -> Self {
        Self::broken(format!("{table} {id}: {what}"))
    }

    /// Keeps the error that led here.
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub fn trouble(&self) -> Trouble {
        self.trouble
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.place.clone();
        let mut source = self.source();
        while let Some(cause) = source {
            // Many errors say what their own cause says.
            let text = cause.to_string();
            if !said.contains(&text) {
                said.push_str(": ");
                said.push_str(&text);
            }
            source = cause.source();
        }
        f.write_str(&said)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}
