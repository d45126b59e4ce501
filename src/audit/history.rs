//! The history a citizen sees: every use of their identity.

use crate::base::id::PersonId;
use crate::base::{Fault, Timestamp};
use crate::sql;
use crate::storage::{Run, record};

record! {
    /// One line of the history.
    #[derive(Debug)]
    pub struct Line {
        pub id: String,
        pub at: i64,
        pub kind: String,
        pub client_id: Option<String>,
        pub facts: String,
    }
}

impl Line {
    pub fn when(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }
}

/// At most `limit` events about a person, newest first; those before the one last seen.
pub async fn list(
    run: &mut impl Run,
    person: &PersonId,
    (before, limit): (Option<&str>, i64),
) -> Result<Vec<Line>, Fault> {
    run.all(sql!(
        "SELECT id, at, kind, client_id, facts FROM audit_event
         WHERE person_id = $1 AND (CAST($2 AS TEXT) IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3",
        person.as_str(),
        before,
        limit,
    ))
    .await
}
