//! A client's part in a session when it gets tokens: only while the session lives, and what they rest on stands.

use super::Granted;
use super::consent;
use crate::base::id::{ConsentId, ParticipationId};
use crate::base::{Fault, Moment};
use crate::protocol::Refusal;
use crate::session::ending;
use crate::sql;
use crate::storage::{Run, Tx};

/// What the client's part is called, or why there are no tokens any more.
pub type Entered = Result<ParticipationId, Refusal>;

/// Notes the part and says at once whether it counts.
pub async fn participate(tx: &mut Tx, moment: &Moment, granted: &Granted) -> Result<Entered, Fault> {
    enter(tx, moment, granted, &ParticipationId::new(moment));
    entered(tx, moment, granted).await
}

/// Notes the part without waiting for the answer, which `entered` gives. It is called `sid` unless it has a name.
pub fn enter(tx: &mut Tx, moment: &Moment, granted: &Granted, sid: &ParticipationId) {
    ending::enter(tx, moment, (&granted.session, &granted.client_id), sid);
    if let Some(consent) = &granted.facts.consent {
        consent::hold(tx, consent);
    }
}

/// Whether it counts, asked by a statement of its own after all that `enter` began: a withdrawal that came first is
/// committed and seen here, a later one waits for this transaction and reaches what it wrote.
pub async fn entered(tx: &mut Tx, moment: &Moment, granted: &Granted) -> Result<Entered, Fault> {
    let consent = granted.facts.consent.as_ref().map(ConsentId::as_str);
    let row: Option<(String, Option<String>)> = tx
        .optional(sql!(
            "SELECT participation.id, consent.id FROM participation
             JOIN sso_session ON sso_session.id = participation.session_id
             LEFT JOIN consent ON consent.id = CAST($4 AS TEXT) AND consent.withdrawn_at IS NULL
             WHERE participation.session_id = $1 AND participation.client_id = $2
               AND sso_session.ended_at IS NULL AND sso_session.expires_at > $3",
            granted.session.as_str(),
            granted.client_id.as_str(),
            moment.now,
            consent,
        ))
        .await?;
    Ok(match row {
        None => Err(Refusal::SessionEnded),
        Some((_, standing)) if standing.as_deref() != consent => Err(Refusal::ConsentWithdrawn),
        Some((part, _)) => Ok(ending::part(&part)?),
    })
}
