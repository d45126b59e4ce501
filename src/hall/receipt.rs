//! The receipt: a signed statement that somebody was verified, when, where and how surely; never who.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::window;
use crate::base::id::{EvidenceId, PersonId, ReceiptId, VisitId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::{Keys, jwt};
use crate::identity::CheckMethod;
use crate::identity::store::proof::{self, StoredEvidence};
use crate::protocol::algorithm::SigningAlgorithm;
use crate::sql;
use crate::storage::{Db, Run, Tx, record};

/// `typ` of a receipt (RFC 8725 §3.11).
pub const TYPE: &str = "tongyao-receipt+jwt";

/// What a receipt says. No name, no number, no subject: whoever finds the paper learns nothing about the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub jti: ReceiptId,
    pub iat: i64,
    /// The evidence that was recorded.
    pub proof: EvidenceId,
    pub level: u8,
    /// Seconds since 1970.
    pub verified_at: i64,
    pub hall: String,
    pub hall_name: String,
    /// The verifier's role, never their name.
    pub verifier_role: String,
    /// SHA-256 over the evidence of the visit, base64url.
    pub evidence_sha256: String,
}

/// A receipt with what is known of it now.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub id: ReceiptId,
    pub visit: VisitId,
    pub person: PersonId,
    pub claims: Claims,
    pub state: ReceiptState,
    pub jws: String,
}

/// Whether a receipt still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptState {
    /// Signed by us, and the evidence is as it was.
    Valid,
    /// The evidence was taken back.
    Revoked,
    /// The signature or the evidence does not agree with it.
    NotConfirmed,
}

/// What is stated.
pub(super) struct Stated<'a> {
    pub(super) issuer: &'a str,
    pub(super) visit: &'a VisitId,
    pub(super) person: &'a PersonId,
    pub(super) evidence: &'a EvidenceId,
    pub(super) hall: &'a str,
}

record! {
    struct Row {
        id: String,
        visit_id: String,
        person_id: String,
        jws: String,
    }
}

/// A receipt by its id, its signature and its evidence checked now.
pub async fn find(db: &Db, keys: &Keys, moment: &Moment, id: &ReceiptId) -> Result<Option<Receipt>, Fault> {
    let row: Option<Row> = db
        .read()
        .optional(sql!("SELECT id, visit_id, person_id, jws FROM receipt WHERE id = $1", id.as_str()))
        .await?;
    match row {
        Some(row) => checked(db, keys, moment, row).await,
        None => Ok(None),
    }
}

/// A person's receipts, newest first.
pub async fn list_of_person(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    person: &PersonId,
) -> Result<Vec<Receipt>, Fault> {
    let rows: Vec<Row> = db
        .read()
        .all(sql!(
            "SELECT id, visit_id, person_id, jws FROM receipt WHERE person_id = $1 ORDER BY issued_at DESC, id DESC LIMIT 100",
            person.as_str(),
        ))
        .await?;
    let mut receipts = Vec::with_capacity(rows.len());
    for row in rows {
        receipts.extend(checked(db, keys, moment, row).await?);
    }
    Ok(receipts)
}

/// The receipt of a visit.
pub async fn find_id_of_visit(run: &mut impl Run, visit: &VisitId) -> Result<Option<ReceiptId>, Fault> {
    let row: Option<(String,)> =
        run.optional(sql!("SELECT id FROM receipt WHERE visit_id = $1", visit.as_str())).await?;
    row.map(|(id,)| id.parse().map_err(|_| Fault::inconsistent("receipt", &id, "not an id"))).transpose()
}

/// Signs and keeps the receipt of a visit; the level is what its evidence gives.
pub(super) async fn issue(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    stated: &Stated<'_>,
) -> Result<Claims, Fault> {
    let evidence = of_visit(tx, stated.person, stated.visit).await?;
    let hall = window::find(tx, stated.hall).await?;
    let id = ReceiptId::new(moment);
    let claims = Claims {
        iss: stated.issuer.to_owned(),
        jti: id.clone(),
        iat: moment.now.seconds(),
        proof: stated.evidence.clone(),
        level: proof::assurance_of(&evidence, moment.now).level.number(),
        verified_at: moment.now.seconds(),
        hall: stated.hall.to_owned(),
        hall_name: hall.map_or_else(|| stated.hall.to_owned(), |hall| hall.name.own().to_owned()),
        verifier_role: super::role::Role::Clerk.as_str().to_owned(),
        evidence_sha256: digest(&evidence),
    };
    let jws = keys.signing.signer(SigningAlgorithm::Es256)?.sign(TYPE, &claims)?;
    tx.execute(sql!(
        "INSERT INTO receipt (id, visit_id, person_id, jws, issued_at) VALUES ($1, $2, $3, $4, $5)",
        id.as_str(),
        stated.visit.as_str(),
        stated.person.as_str(),
        jws,
        moment.now,
    ))
    .await?;
    Ok(claims)
}

async fn checked(db: &Db, keys: &Keys, moment: &Moment, row: Row) -> Result<Option<Receipt>, Fault> {
    let broken = |what| Fault::inconsistent("receipt", &row.id, what);
    let visit: VisitId = row.visit_id.parse().map_err(|_| broken("visit_id is not an id"))?;
    let person: PersonId = row.person_id.parse().map_err(|_| broken("person_id is not an id"))?;
    let id: ReceiptId = row.id.parse().map_err(|_| broken("not an id"))?;
    let signed: Result<Claims, _> = jwt::read_own(&keys.signing.view(), TYPE, &row.jws);
    let evidence = of_visit(&mut db.read(), &person, &visit).await?;
    let (claims, state) = match signed {
        Ok(claims) => {
            let state = state(&id, &claims, &evidence, moment.now);
            (claims, state)
        }
        // Without its key the text can still be shown, but not vouched for.
        Err(_) => match payload(&row.jws) {
            Some(claims) => (claims, ReceiptState::NotConfirmed),
            None => return Err(broken("jws cannot be read")),
        },
    };
    Ok(Some(Receipt { id, visit, person, claims, state, jws: row.jws }))
}

fn state(id: &ReceiptId, claims: &Claims, evidence: &[StoredEvidence], now: Timestamp) -> ReceiptState {
    if claims.jti != *id || claims.evidence_sha256 != digest(evidence) {
        ReceiptState::NotConfirmed
    } else if evidence.iter().any(|one| one.evidence.revoked_at.is_some_and(|at| at <= now)) {
        ReceiptState::Revoked
    } else {
        ReceiptState::Valid
    }
}

fn payload(jws: &str) -> Option<Claims> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jws.split('.').nth(1)?).ok()?).ok()
}

async fn of_visit(
    run: &mut impl Run,
    person: &PersonId,
    visit: &VisitId,
) -> Result<Vec<StoredEvidence>, Fault> {
    let all = proof::list_of_person(run, person).await?;
    Ok(all.into_iter().filter(|one| one.visit.as_ref() == Some(visit)).collect())
}

/// SHA-256 over id, kind, methods, source and time of each piece, each text with its length in front.
fn digest(evidence: &[StoredEvidence]) -> String {
    let mut context = Context::new(&SHA256);
    for one in evidence {
        let at = one.evidence.at.micros().to_string();
        let methods = CheckMethod::print_list(&one.evidence.methods);
        for text in [one.id.as_str(), one.evidence.kind.as_str(), &methods, &one.source, &at] {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        }
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}
