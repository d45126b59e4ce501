//! Persons and their documents: several documents, one person, one primary.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::audit::{self, Event};
use crate::base::id::{DocumentId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::{Document, IdType, PersonKey, PersonName, mask, search_keys};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// A person with the documents that count now, the primary one first.
pub struct Person {
    pub id: PersonId,
    pub name: String,
    /// Standard OpenID claims a sandbox person carries beside what we know ourselves, as JSON text.
    pub claims: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub documents: Vec<StoredDocument>,
}

/// A document as it is kept.
#[derive(Clone)]
pub struct StoredDocument {
    pub id: DocumentId,
    pub kind: IdType,
    pub number: String,
    pub issuing_country: Option<String>,
    pub primary: Primary,
    pub valid_until: Option<Timestamp>,
}

/// Whether a document is the one a person is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Primary {
    Yes,
    No,
}

/// What is written when a person is recorded.
pub struct NewPerson<'a> {
    pub name: &'a PersonName,
    pub document: &'a Document,
    pub valid_until: Option<Timestamp>,
    /// Sandbox claims, as JSON text.
    pub claims: Option<&'a str>,
    /// Where the record comes from: `apply`, `window`, `import`.
    pub source: &'a str,
}

/// Whether a person was there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    New(PersonId),
    Known(PersonId),
}

record! {
    struct PersonRow {
        name: Vec<u8>,
        claims: Option<Vec<u8>>,
        created_at: i64,
        updated_at: i64,
    }
}

record! {
    pub(super) struct DocumentRow {
        id: String,
        kind: String,
        issuing_country: Option<String>,
        number: Vec<u8>,
        is_primary: i64,
        valid_until: Option<i64>,
    }
}

impl Person {
    /// The document the person is known by.
    pub fn primary(&self) -> Result<&StoredDocument, Fault> {
        self.documents.first().ok_or_else(|| Fault::inconsistent("person", self.id.as_str(), "no document"))
    }

    pub fn masked_name(&self) -> String {
        mask::name(&self.name)
    }
}

impl StoredDocument {
    pub fn masked_number(&self) -> String {
        mask::id_number(&self.number)
    }

    /// Birth date and sex follow from the number where the kind carries them.
    pub fn parsed(&self, today: NaiveDate) -> Option<Document> {
        Document::parse(self.kind, &self.number, self.issuing_country.as_deref(), today).ok()
    }
}

impl Recorded {
    pub fn id(&self) -> &PersonId {
        match self {
            Recorded::New(id) | Recorded::Known(id) => id,
        }
    }
}

/// A person by id, with the documents that count now.
pub async fn find(run: &mut impl Run, keys: &Keys, id: &PersonId) -> Result<Option<Person>, Fault> {
    let row: Option<PersonRow> = run
        .optional(sql!("SELECT name, claims, created_at, updated_at FROM person WHERE id = $1", id.as_str()))
        .await?;
    let Some(row) = row else { return Ok(None) };
    let documents = run
        .all::<DocumentRow>(sql!(
            "SELECT id, kind, issuing_country, number, is_primary, valid_until FROM document
             WHERE person_id = $1 AND replaced_at IS NULL ORDER BY is_primary DESC, id",
            id.as_str(),
        ))
        .await?;
    Ok(Some(Person {
        name: open_name(keys, id, &row.name)?,
        claims: row.claims.map(|sealed| keys.seal.open(claims_place(id.as_str()), &sealed)).transpose()?,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
        documents: documents.into_iter().map(|row| row.open(keys)).collect::<Result<_, _>>()?,
        id: id.clone(),
    }))
}

/// The person a document belongs to, if anybody.
pub async fn find_by_document(
    run: &mut impl Run,
    keys: &Keys,
    document: &Document,
) -> Result<Option<PersonId>, Fault> {
    find_by_key(run, keys, &document.same_person_key()).await
}

/// The person a number as typed belongs to, whatever kind it may be; old 15-digit numbers are understood.
pub async fn find_by_number(run: &mut impl Run, keys: &Keys, typed: &str) -> Result<Option<PersonId>, Fault> {
    for key in search_keys(typed).persons {
        if let Some(id) = find_by_key(run, keys, &key).await? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Records a person by their primary document; a person already on record under it stays as they are.
pub async fn record(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    new: &NewPerson<'_>,
) -> Result<Recorded, Fault> {
    if let Some(id) = find_by_document(tx, keys, new.document).await? {
        return Ok(Recorded::Known(id));
    }
    let id = PersonId::new(moment);
    let claims = new
        .claims
        .map(|text| keys.seal.seal(&*moment.random, claims_place(id.as_str()), text))
        .transpose()?;
    tx.execute(sql!(
        "INSERT INTO person (id, name, claims, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)",
        id.as_str(),
        keys.seal.seal(&*moment.random, name_place(id.as_str()), new.name.as_str())?,
        claims,
        moment.now,
    ))
    .await?;
    let document = NewDocument {
        person: &id,
        document: new.document,
        primary: Primary::Yes,
        valid_until: new.valid_until,
        counts: Counts::Now,
    };
    insert_document(tx, moment, keys, &document).await?;
    audit::record(tx, moment, Event::PersonRecorded { person: &id, source: new.source }).await?;
    Ok(Recorded::New(id))
}

/// Writes the name as an authority showed it (a card at the window, the registry).
pub async fn update_name(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    id: &PersonId,
    name: &PersonName,
) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE person SET name = $2, updated_at = $3 WHERE id = $1",
        id.as_str(),
        keys.seal.seal(&*moment.random, name_place(id.as_str()), name.as_str())?,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Writes the sandbox claims of a person.
pub async fn update_claims(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    id: &PersonId,
    claims: Option<&str>,
) -> Result<(), Fault> {
    let sealed =
        claims.map(|text| keys.seal.seal(&*moment.random, claims_place(id.as_str()), text)).transpose()?;
    tx.execute(sql!(
        "UPDATE person SET claims = $2, updated_at = $3 WHERE id = $1",
        id.as_str(),
        sealed,
        moment.now
    ))
    .await
    .map(|_| ())
}

/// The sealed name of a row that was read together with something else.
pub fn open_name(keys: &Keys, id: &PersonId, sealed: &[u8]) -> Result<String, Fault> {
    keys.seal.open(name_place(id.as_str()), sealed)
}

/// The fingerprints a living document of this key may carry, newest key first.
pub fn document_fingerprints(keys: &Keys, key: &PersonKey) -> Vec<String> {
    keys.fingerprint.all(DOCUMENT_SPACE, key.as_str()).collect()
}

/// What is written when a document is recorded.
pub(super) struct NewDocument<'a> {
    pub(super) person: &'a PersonId,
    pub(super) document: &'a Document,
    pub(super) primary: Primary,
    pub(super) valid_until: Option<Timestamp>,
    pub(super) counts: Counts,
}

/// Whether a document counts from the moment it is written.
#[derive(Clone, Copy)]
pub(super) enum Counts {
    Now,
    /// It is kept as one that does not count, and that nothing has replaced.
    Later,
}

const DOCUMENT_SPACE: &str = "document";

async fn find_by_key(run: &mut impl Run, keys: &Keys, key: &PersonKey) -> Result<Option<PersonId>, Fault> {
    for fingerprint in document_fingerprints(keys, key) {
        let found: Option<(String,)> = run
            .optional(sql!(
                "SELECT person_id FROM document WHERE fingerprint = $1 AND replaced_at IS NULL",
                fingerprint,
            ))
            .await?;
        if let Some((id,)) = found {
            return Ok(Some(parse(&id, "document")?));
        }
    }
    Ok(None)
}

pub(super) async fn insert_document(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    new: &NewDocument<'_>,
) -> Result<DocumentId, Fault> {
    let id = DocumentId::new(moment);
    let written = tx
        .execute(sql!(
            "INSERT INTO document (id, person_id, kind, issuing_country, number, fingerprint, is_primary, valid_until,
                                   recorded_at, replaced_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            id.as_str(),
            new.person.as_str(),
            new.document.kind().as_str(),
            new.document.issuing_country().map(|country| country.as_str()),
            keys.seal.seal(&*moment.random, number_place(id.as_str()), new.document.number())?,
            keys.fingerprint.of(DOCUMENT_SPACE, new.document.same_person_key().as_str()),
            i64::from(new.primary == Primary::Yes),
            new.valid_until,
            moment.now,
            matches!(new.counts, Counts::Later).then_some(moment.now),
        ))
        .await?;
    // Another transaction recorded the same number between our look and our write: undone here, found at the next try.
    if written == 1 {
        Ok(id)
    } else {
        Err(Fault::duplicate("the same person is being recorded at this moment"))
    }
}

impl DocumentRow {
    pub(super) fn open(self, keys: &Keys) -> Result<StoredDocument, Fault> {
        let number = keys.seal.open(number_place(&self.id), &self.number)?;
        let kind = IdType::from_str(&self.kind)
            .map_err(|_| Fault::inconsistent("document", &self.id, "kind is not known"))?;
        Ok(StoredDocument {
            kind,
            number,
            issuing_country: self.issuing_country,
            primary: if self.is_primary == 1 { Primary::Yes } else { Primary::No },
            valid_until: self.valid_until.map(Timestamp::from_micros),
            id: parse(&self.id, "document")?,
        })
    }
}

/// An id as it stands in a row.
fn parse<T: FromStr>(text: &str, table: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::inconsistent(table, text, "not an id"))
}

fn name_place(row: &str) -> Place<'_> {
    Place { table: "person", column: "name", row }
}

fn claims_place(row: &str) -> Place<'_> {
    Place { table: "person", column: "claims", row }
}

fn number_place(row: &str) -> Place<'_> {
    Place { table: "document", column: "number", row }
}
