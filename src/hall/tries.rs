//! Failed tries of one identity: five in a day, then no more, and an alarm.

use std::time::Duration;

use crate::audit::{self, Event};
use crate::base::id::{PersonId, VisitId};
use crate::base::{Fault, Moment};
use crate::crypto::Keys;
use crate::identity::Document;
use crate::sql;
use crate::storage::{Run, Tx};

pub const MOST: i64 = 5;
pub const PERIOD: Duration = Duration::from_secs(24 * 3600);

/// Whom tries are counted for: a person on record, a document shown, or both.
#[derive(Debug, Clone, Default)]
pub(super) struct Subject {
    person: Option<PersonId>,
    document: Option<String>,
}

impl Subject {
    pub(super) fn person(person: Option<&PersonId>) -> Self {
        Self { person: person.cloned(), document: None }
    }

    /// The same with the document that was shown, as a fingerprint.
    pub(super) fn and_document(mut self, keys: &Keys, document: &Document) -> Self {
        self.document = Some(keys.fingerprint.of("failed_try", document.same_person_key().as_str()));
        self
    }
}

/// Counts a failed try. Nothing is counted for a visit that has shown nobody.
pub(super) async fn record(
    tx: &mut Tx,
    moment: &Moment,
    (subject, visit): (&Subject, &VisitId),
    reason: &str,
) -> Result<(), Fault> {
    // One row a try: by the person where there is one, else by the document.
    let text = subject.person.as_ref().map(PersonId::as_str).or(subject.document.as_deref());
    let Some(text) = text else { return Ok(()) };
    tx.execute(sql!(
        "INSERT INTO failed_try (id, subject, visit_id, reason, at) VALUES ($1, $2, $3, $4, $5)",
        moment.random.token(16),
        text,
        visit.as_str(),
        reason,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Whether the day's tries are used up.
pub(super) async fn exhausted(run: &mut impl Run, moment: &Moment, subject: &Subject) -> Result<bool, Fault> {
    let (count,): (i64,) = run
        .one(sql!(
            "SELECT COUNT(*) FROM failed_try WHERE subject IN ($1, $2) AND at > $3",
            subject.person.as_ref().map_or("", PersonId::as_str),
            subject.document.as_deref().unwrap_or(""),
            moment.now - PERIOD,
        ))
        .await?;
    Ok(count >= MOST)
}

/// Records and counts the alarm.
pub(super) async fn alarm(
    tx: &mut Tx,
    moment: &Moment,
    visit: Option<&VisitId>,
    person: Option<&PersonId>,
) -> Result<(), Fault> {
    metrics::counter!("tongyao_hall_alarms_total", "kind" => "tries_exhausted").increment(1);
    audit::record(tx, moment, Event::TriesExhausted { visit, person }).await
}

/// Forgets tries that no longer count.
pub(super) async fn forget(tx: &mut Tx, moment: &Moment) -> Result<u64, Fault> {
    tx.execute(sql!("DELETE FROM failed_try WHERE at <= $1", moment.now - PERIOD)).await
}
