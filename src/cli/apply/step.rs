//! One run inside its transaction: where changes are written, reported and audited.

use super::problem::Problems;
use super::report::{Change, Report};
use crate::audit::{self, Event};
use crate::base::{Fault, Moment};
use crate::crypto::Keys;
use crate::storage::Tx;

/// What every section writes with.
pub(super) struct Step<'a> {
    pub(super) tx: &'a mut Tx,
    pub(super) moment: &'a Moment,
    pub(super) keys: &'a Keys,
    pub(super) report: Report,
    pub(super) problems: Problems,
}

impl Step<'_> {
    /// Reports a change and audits it. `id` is for the audit, `shown` for people.
    pub(super) async fn note(
        &mut self,
        what: &'static str,
        (id, shown): (&str, &str),
        change: &Change,
    ) -> Result<(), Fault> {
        self.report.note((what, shown), change);
        let told = match change {
            Change::New => "created".to_owned(),
            Change::Members(members) if members.is_empty() => return Ok(()),
            Change::Members(members) => format!("changed: {}", members.join(", ")),
        };
        audit::record(self.tx, self.moment, Event::Applied { what, id, change: &told }).await
    }
}

/// The members that differ.
pub(super) fn changed<const N: usize>(members: [(&str, bool); N]) -> Change {
    let differ = members.into_iter().filter(|(_, differs)| *differs);
    Change::Members(differ.map(|(member, _)| member.to_owned()).collect())
}
