//! A document shown again: the one on record, or one that takes its place while the old one stays as history.

use chrono::NaiveDate;

use super::person::{self, Counts, DocumentRow, NewDocument, Person, Primary, StoredDocument};
use crate::audit::{self, Event};
use crate::base::id::{DocumentId, PersonId, VisitId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::Document;
use crate::sql;
use crate::storage::{Run, Tx};

/// In what a shown document is not the one on record, although both mean the same person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// A permit that was re-issued.
    Number,
    /// The same number, recorded under another kind.
    Kind,
}

/// What became of a document that was declared for a known person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// Beside those on record.
    New,
    /// In the place of one that means the same person.
    Replaced(Difference),
    /// As it stands on record already.
    Known,
    /// It is on record as somebody else's: nothing was done.
    Others,
}

/// What the card says of itself, as it was last seen.
pub struct CardFacts<'a> {
    pub issuer: Option<&'a str>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
}

impl Person {
    /// Which of the documents that count the shown one is, by the rule of its kind.
    pub fn counterpart(&self, shown: &Document, today: NaiveDate) -> Option<&StoredDocument> {
        let key = shown.same_person_key();
        let same = |stored: &&StoredDocument| {
            stored.parsed(today).is_some_and(|document| document.same_person_key() == key)
        };
        self.documents.iter().find(same)
    }
}

impl StoredDocument {
    pub fn difference(&self, shown: &Document) -> Option<Difference> {
        if self.kind != shown.kind() {
            Some(Difference::Kind)
        } else if self.number != shown.number() {
            Some(Difference::Number)
        } else {
            None
        }
    }
}

/// Takes a document of a known person as it is declared: where it is not the one on record, it takes its place.
pub async fn declare(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (known, declared): (&Person, &Document),
) -> Result<Option<Difference>, Fault> {
    let Some(old) = known.counterpart(declared, moment.now.date()) else { return Ok(None) };
    let Some(difference) = old.difference(declared) else { return Ok(None) };
    if is_outdated(tx, keys, (&known.id, old, declared)).await? {
        return Ok(None);
    }
    let new = keep_waiting(tx, moment, keys, (&known.id, old, declared)).await?;
    replace(tx, moment, (&known.id, None), (old, &new)).await?;
    Ok(Some(difference))
}

/// Takes one more document of a known person, who keeps the primary one (a resident card and a passport).
pub async fn link(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (known, declared): (&Person, &Document),
) -> Result<Linked, Fault> {
    match person::find_by_document(tx, keys, declared).await? {
        Some(owner) if owner == known.id => {
            let difference = declare(tx, moment, keys, (known, declared)).await?;
            Ok(difference.map_or(Linked::Known, Linked::Replaced))
        }
        Some(_) => Ok(Linked::Others),
        None => {
            let new = NewDocument {
                person: &known.id,
                document: declared,
                primary: Primary::No,
                valid_until: None,
                counts: Counts::Now,
            };
            let document = person::insert_document(tx, moment, keys, &new).await?;
            touch(tx, moment, &known.id).await?;
            let event = Event::DocumentLinked { person: &known.id, document: &document };
            audit::record(tx, moment, event).await?;
            Ok(Linked::New)
        }
    }
}

/// Keeps a document that was shown in the place of `old` and does not count yet.
pub async fn keep_waiting(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (person, old, shown): (&PersonId, &StoredDocument, &Document),
) -> Result<DocumentId, Fault> {
    let new = NewDocument {
        person,
        document: shown,
        primary: old.primary,
        valid_until: None,
        counts: Counts::Later,
    };
    person::insert_document(tx, moment, keys, &new).await
}

/// What a visit has seen and nobody has confirmed counts from now on; nothing where it counts already, or did.
pub async fn confirm(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (person, visit): (&PersonId, &VisitId),
) -> Result<(), Fault> {
    let row: Option<DocumentRow> = tx
        .optional(sql!(
            "SELECT document.id, document.kind, document.issuing_country, document.number, document.is_primary,
                    document.valid_until
             FROM evidence JOIN document ON document.id = evidence.document_id
             WHERE evidence.person_id = $1 AND evidence.visit_id = $2
               AND document.replaced_at IS NOT NULL AND document.replaced_by IS NULL",
            person.as_str(),
            visit.as_str(),
        ))
        .await?;
    let Some(row) = row else { return Ok(()) };
    let waiting = row.open(keys)?;
    let broken = |what| Fault::inconsistent("document", waiting.id.as_str(), what);
    let today = moment.now.date();
    let shown = waiting.parsed(today).ok_or_else(|| broken("number is no number of its kind"))?;
    let known = person::find(tx, keys, person).await?.ok_or_else(|| broken("of nobody"))?;
    let old = known.counterpart(&shown, today).ok_or_else(|| broken("waits to replace nothing"))?;
    replace(tx, moment, (person, Some(visit)), (old, &waiting.id)).await
}

/// Keeps what a card says of itself; what it does not say stays as it was.
pub async fn update_card(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (document, facts): (&DocumentId, &CardFacts<'_>),
) -> Result<(), Fault> {
    let place = Place { table: "document", column: "issuer", row: document.as_str() };
    let issuer = facts.issuer.map(|text| keys.seal.seal(&*moment.random, place, text)).transpose()?;
    tx.execute(sql!(
        "UPDATE document SET issuer = COALESCE($2, issuer), valid_from = COALESCE($3, valid_from),
             valid_until = COALESCE($4, valid_until)
         WHERE id = $1",
        document.as_str(),
        issuer,
        facts.valid_from,
        facts.valid_until,
    ))
    .await
    .map(|_| ())
}

/// What a window has seen is not undone by a list that still has the document before it.
async fn is_outdated(
    tx: &mut Tx,
    keys: &Keys,
    (person, current, declared): (&PersonId, &StoredDocument, &Document),
) -> Result<bool, Fault> {
    let replaced: Vec<DocumentRow> = tx
        .all(sql!(
            "SELECT id, kind, issuing_country, number, is_primary, valid_until FROM document
             WHERE person_id = $1 AND replaced_by IS NOT NULL
               AND EXISTS (SELECT 1 FROM evidence
                           WHERE evidence.person_id = $1 AND evidence.document_id = $2 AND evidence.visit_id IS NOT NULL)",
            person.as_str(),
            current.id.as_str(),
        ))
        .await?;
    for row in replaced {
        if row.open(keys)?.difference(declared).is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Of two living numbers that mean the same person the database takes one: the old one ends first.
async fn replace(
    tx: &mut Tx,
    moment: &Moment,
    (person, visit): (&PersonId, Option<&VisitId>),
    (old, new): (&StoredDocument, &DocumentId),
) -> Result<(), Fault> {
    let ended = tx
        .execute(sql!(
            "UPDATE document SET replaced_at = $2, replaced_by = $3 WHERE id = $1 AND replaced_at IS NULL",
            old.id.as_str(),
            moment.now,
            new.as_str(),
        ))
        .await?;
    if ended == 0 {
        return Err(Fault::unavailable("the same document is being replaced at this moment"));
    }
    tx.execute(sql!("UPDATE document SET replaced_at = NULL WHERE id = $1", new.as_str())).await?;
    touch(tx, moment, person).await?;
    audit::record(tx, moment, Event::DocumentReplaced { person, visit, old: &old.id, new }).await
}

async fn touch(tx: &mut Tx, moment: &Moment, person: &PersonId) -> Result<(), Fault> {
    tx.execute(sql!("UPDATE person SET updated_at = $2 WHERE id = $1", person.as_str(), moment.now))
        .await
        .map(|_| ())
}
