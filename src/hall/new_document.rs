//! The document a card shows where it is not the one on record: re-issued, or recorded under another kind. Of somebody with
//! an account it waits for the binding, as a new name does.

use super::capture::{self, Capture};
use super::visit::Visit;
use crate::base::id::{DocumentId, PersonId, VisitId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::identity::store::account;
use crate::identity::store::document::{self, CardFacts, Difference};
use crate::identity::store::person::{self, Person, StoredDocument};
use crate::storage::{Run, Tx};

/// The document on record where the card shows another one: whoever decides has to know of it.
pub async fn on_record(
    run: &mut impl Run,
    keys: &Keys,
    moment: &Moment,
    visit: &Visit,
) -> Result<Option<(StoredDocument, Difference)>, Fault> {
    let Some(person) = &visit.person else { return Ok(None) };
    let Some(capture) = capture::find(run, keys, moment, &visit.id).await? else { return Ok(None) };
    let Some(known) = person::find(run, keys, person).await? else { return Ok(None) };
    let old = known.counterpart(&capture.document, moment.now.date());
    Ok(old.and_then(|old| Some((old.clone(), old.difference(&capture.document)?))))
}

/// Which document was seen, with what the card says of itself; the evidence points at it whether or not it counts yet.
pub(super) async fn note(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (known, capture): (&Person, &Capture),
) -> Result<Option<DocumentId>, Fault> {
    let Some(old) = known.counterpart(&capture.document, moment.now.date()) else { return Ok(None) };
    let seen = match old.difference(&capture.document) {
        Some(_) => document::keep_waiting(tx, moment, keys, (&known.id, old, &capture.document)).await?,
        None => old.id.clone(),
    };
    let facts = CardFacts {
        issuer: capture.issuer.as_deref(),
        valid_from: capture.valid_from.map(Timestamp::on_date),
        valid_until: capture.valid_until_at(),
    };
    document::update_card(tx, moment, keys, (&seen, &facts)).await?;
    Ok(Some(seen))
}

/// Without an account there is nobody to wait for; after the evidence is written, which says what was seen.
pub(super) async fn settle(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (visit, person): (&VisitId, &PersonId),
) -> Result<(), Fault> {
    match account::find_of_person(tx, person).await? {
        Some(_) => Ok(()),
        None => document::confirm(tx, moment, keys, (person, visit)).await,
    }
}
