//! Evidence together with the document and the organization behind it: what a department may be told of a verification.

use chrono::NaiveDate;

use super::proof;
use crate::base::id::{AccountId, PersonId};
use crate::base::{Fault, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::{Evidence, IdType};
use crate::sql;
use crate::storage::{Run, record};

/// One piece of evidence and what it rests on.
pub struct Verification {
    pub id: String,
    pub evidence: Evidence,
    pub document: Option<SeenDocument>,
    pub basis: Basis,
    /// The department whose staff made the check.
    pub organization: Option<String>,
}

/// What the facts that it verifies were taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// What a clerk saw.
    Visit,
    /// What an operator declared, or a registry knows.
    Record,
}

/// The document that was seen, opened.
pub struct SeenDocument {
    pub kind: IdType,
    pub number: String,
    pub issuing_country: Option<String>,
    pub issuer: Option<String>,
    pub valid_from: Option<NaiveDate>,
    /// The last day it is valid.
    pub valid_until: Option<NaiveDate>,
}

record! {
    struct Row {
        id: String,
        kind: String,
        methods: String,
        at: i64,
        valid_until: Option<i64>,
        revoked_at: Option<i64>,
        visit_id: Option<String>,
        document_id: Option<String>,
        document_kind: Option<String>,
        number: Option<Vec<u8>>,
        issuing_country: Option<String>,
        issuer: Option<Vec<u8>>,
        valid_from: Option<i64>,
        document_until: Option<i64>,
        organization: Option<String>,
    }
}

/// More pieces than anybody has; the newest count.
const MOST: i64 = 32;

/// What is known of an account's person, newest first; one read.
pub async fn list(
    run: &mut impl Run,
    keys: &Keys,
    (person, account): (&PersonId, &AccountId),
) -> Result<Vec<Verification>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT evidence.id, evidence.kind, evidence.methods, evidence.at, evidence.valid_until, evidence.revoked_at,
                    evidence.visit_id,
                    document.id AS document_id, document.kind AS document_kind, document.number,
                    document.issuing_country, document.issuer, document.valid_from,
                    document.valid_until AS document_until, department.name AS organization
             FROM evidence
             LEFT JOIN document ON document.id = evidence.document_id
             LEFT JOIN hall ON hall.id = evidence.source AND evidence.visit_id IS NOT NULL
             LEFT JOIN department ON department.id = hall.department_id
             WHERE evidence.person_id = $1 AND evidence.account_id = $2
             ORDER BY evidence.at DESC, evidence.id DESC LIMIT $3",
            person.as_str(),
            account.as_str(),
            MOST,
        ))
        .await?;
    rows.into_iter().map(|row| row.open(keys)).collect()
}

impl Row {
    fn open(self, keys: &Keys) -> Result<Verification, Fault> {
        let times = (self.at, self.valid_until, self.revoked_at);
        let evidence = proof::parse(&self.id, (&self.kind, &self.methods), times)?;
        let document = match (self.document_id, self.document_kind, self.number) {
            (Some(id), Some(kind), Some(number)) => {
                let open = |column, sealed: &[u8]| {
                    keys.seal.open(Place { table: "document", column, row: &id }, sealed)
                };
                let broken = |_| Fault::inconsistent("document", &id, "kind is not known");
                Some(SeenDocument {
                    kind: kind.parse().map_err(broken)?,
                    number: open("number", &number)?,
                    issuing_country: self.issuing_country,
                    issuer: self.issuer.map(|sealed| open("issuer", &sealed)).transpose()?,
                    valid_from: self.valid_from.map(date),
                    valid_until: self.document_until.map(date),
                })
            }
            _ => None,
        };
        let basis = if self.visit_id.is_some() { Basis::Visit } else { Basis::Record };
        Ok(Verification { id: self.id, evidence, document, basis, organization: self.organization })
    }
}

fn date(micros: i64) -> NaiveDate {
    Timestamp::from_micros(micros).date()
}
