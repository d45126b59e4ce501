//! Writing an event, in the transaction of what it tells.

use super::event::Event;
use crate::base::id::AuditId;
use crate::base::{Fault, Moment};
use crate::sql;
use crate::storage::Tx;

/// Records `event`; it stands or falls with the transaction.
pub async fn record(tx: &mut Tx, moment: &Moment, event: Event<'_>) -> Result<(), Fault> {
    let row = event.row();
    tx.later(sql!(
        "INSERT INTO audit_event (id, at, kind, result, actor_kind, actor_id, person_id, client_id, session_id, visit_id, request_id, facts)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        AuditId::new(moment).as_str(),
        moment.now,
        row.kind,
        row.result,
        moment.actor.kind(),
        moment.actor.id(),
        row.person.map(|id| id.as_str()),
        row.client,
        row.session.map(|id| id.as_str()),
        row.visit.map(|id| id.as_str()),
        moment.request_id.as_str(),
        row.facts.to_string(),
    ));
    Ok(())
}
