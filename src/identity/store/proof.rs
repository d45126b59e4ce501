//! Evidence in the database. What the window proved counts for an on-line account only once it is bound to it.

use std::str::FromStr;

use serde_json::Value;

use crate::audit::{self, Event};
use crate::base::id::{AccountId, DocumentId, EvidenceId, PersonId, VisitId};
use crate::base::{Fault, Moment, Timestamp};
use crate::identity::assurance::{self, Assurance};
use crate::identity::{CheckMethod, Evidence, EvidenceKind};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// What is written when evidence is recorded. `facts` holds words, ids and digests, never personal data.
pub struct NewEvidence<'a> {
    pub person: &'a PersonId,
    pub account: Option<&'a AccountId>,
    pub document: Option<&'a DocumentId>,
    pub visit: Option<&'a VisitId>,
    pub evidence: Evidence,
    /// Who vouches: the registry, the hall's id, the file imported.
    pub source: &'a str,
    pub facts: Value,
}

/// Evidence as it is kept.
#[derive(Debug, Clone)]
pub struct StoredEvidence {
    pub id: EvidenceId,
    pub evidence: Evidence,
    pub source: String,
    pub visit: Option<VisitId>,
}

record! {
    struct Row {
        id: String,
        kind: String,
        methods: String,
        source: String,
        visit_id: Option<String>,
        at: i64,
        valid_until: Option<i64>,
        revoked_at: Option<i64>,
    }
}

pub async fn record(tx: &mut Tx, moment: &Moment, new: &NewEvidence<'_>) -> Result<EvidenceId, Fault> {
    let id = EvidenceId::new(moment);
    let kind = new.evidence.kind.as_str();
    tx.execute(sql!(
        "INSERT INTO evidence (id, person_id, account_id, document_id, visit_id, kind, methods, source, facts, at, valid_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id.as_str(),
        new.person.as_str(),
        new.account.map(AccountId::as_str),
        new.document.map(DocumentId::as_str),
        new.visit.map(VisitId::as_str),
        kind,
        CheckMethod::print_list(&new.evidence.methods),
        new.source,
        new.facts.to_string(),
        new.evidence.at,
        new.evidence.valid_until,
    ))
    .await?;
    audit::record(
        tx,
        moment,
        Event::EvidenceRecorded { person: new.person, evidence: &id, kind, visit: new.visit },
    )
    .await?;
    Ok(id)
}

/// The evidence that counts for an account, oldest first.
pub async fn list_of_account(run: &mut impl Run, account: &AccountId) -> Result<Vec<StoredEvidence>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT evidence.id, evidence.kind, evidence.methods, evidence.source, evidence.visit_id, evidence.at,
                    evidence.valid_until, evidence.revoked_at
             FROM account JOIN evidence ON evidence.person_id = account.person_id AND evidence.account_id = account.id
             WHERE account.id = $1 ORDER BY evidence.at, evidence.id",
            account.as_str(),
        ))
        .await?;
    rows.into_iter().map(Row::stored).collect()
}

/// All evidence about a person, bound to an account or not, oldest first.
pub async fn list_of_person(run: &mut impl Run, person: &PersonId) -> Result<Vec<StoredEvidence>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT id, kind, methods, source, visit_id, at, valid_until, revoked_at FROM evidence
             WHERE person_id = $1 ORDER BY at, id",
            person.as_str(),
        ))
        .await?;
    rows.into_iter().map(Row::stored).collect()
}

/// Takes evidence back: it counts no more from now on.
pub async fn revoke(tx: &mut Tx, moment: &Moment, evidence: &EvidenceId) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE evidence SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        evidence.as_str(),
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Binds what a visit proved to an account of the same person; how many pieces that were.
pub async fn bind_to_account(
    tx: &mut Tx,
    visit: &VisitId,
    person: &PersonId,
    account: &AccountId,
) -> Result<u64, Fault> {
    tx.execute(sql!(
        "UPDATE evidence SET account_id = $3 WHERE visit_id = $1 AND person_id = $2 AND account_id IS NULL",
        visit.as_str(),
        person.as_str(),
        account.as_str(),
    ))
    .await
}

/// The level that evidence gives at `now`.
pub fn assurance_of(evidence: &[StoredEvidence], now: Timestamp) -> Assurance {
    let facts: Vec<Evidence> = evidence.iter().map(|stored| stored.evidence.clone()).collect();
    assurance::level(&facts, now)
}

/// Evidence from the columns of a row, for queries that read it together with something else.
pub fn parse(
    id: &str,
    (kind, methods): (&str, &str),
    (at, valid_until, revoked_at): (i64, Option<i64>, Option<i64>),
) -> Result<Evidence, Fault> {
    let broken = |what| Fault::inconsistent("evidence", id, what);
    Ok(Evidence {
        kind: EvidenceKind::from_str(kind).map_err(|_| broken("kind is not known"))?,
        methods: CheckMethod::parse_list(methods).map_err(|_| broken("methods are not known"))?,
        at: Timestamp::from_micros(at),
        valid_until: valid_until.map(Timestamp::from_micros),
        revoked_at: revoked_at.map(Timestamp::from_micros),
    })
}

impl Row {
    fn stored(self) -> Result<StoredEvidence, Fault> {
        let evidence =
            parse(&self.id, (&self.kind, &self.methods), (self.at, self.valid_until, self.revoked_at))?;
        let broken = |what| Fault::inconsistent("evidence", &self.id, what);
        Ok(StoredEvidence {
            evidence,
            source: self.source.clone(),
            visit: self.visit_id.as_deref().map(str::parse).transpose().map_err(|_| broken("visit_id"))?,
            id: self.id.parse().map_err(|_| broken("not an id"))?,
        })
    }
}
