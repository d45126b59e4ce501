//! Enterprises by unified social credit code, and who acts for them.

use crate::base::id::{DelegationId, EnterpriseId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::{CreditCode, EnterpriseRole};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// An enterprise as it is kept.
pub struct Enterprise {
    pub id: EnterpriseId,
    pub name: String,
    pub credit_code: String,
}

/// A role as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRole {
    pub id: String,
    pub person: String,
    pub role: String,
    pub matters: String,
    pub until: Option<i64>,
}

/// What is written when somebody is given a role.
pub struct NewRole<'a> {
    pub enterprise: &'a EnterpriseId,
    pub person: &'a PersonId,
    pub role: EnterpriseRole,
    /// The matters, separated by spaces; empty: all.
    pub matters: &'a str,
    pub until: Option<Timestamp>,
}

record! {
    struct Row {
        id: String,
        name: Vec<u8>,
        credit_code: Vec<u8>,
    }
}

record! {
    struct RoleRow {
        id: String,
        person_id: String,
        role: String,
        matters: String,
        until_at: Option<i64>,
    }
}

const CREDIT_CODE: &str = "credit_code";

pub async fn find_by_code(
    run: &mut impl Run,
    keys: &Keys,
    code: &CreditCode,
) -> Result<Option<Enterprise>, Fault> {
    for fingerprint in keys.fingerprint.all(CREDIT_CODE, code.as_str()).collect::<Vec<_>>() {
        let row: Option<Row> = run
            .optional(sql!(
                "SELECT id, name, credit_code FROM enterprise WHERE fingerprint = $1",
                fingerprint
            ))
            .await?;
        if let Some(row) = row {
            return row.open(keys).map(Some);
        }
    }
    Ok(None)
}

/// Records an enterprise, or writes its name anew.
pub async fn record(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (code, name): (&CreditCode, &str),
) -> Result<EnterpriseId, Fault> {
    if let Some(known) = find_by_code(tx, keys, code).await? {
        if known.name != name {
            tx.execute(sql!(
                "UPDATE enterprise SET name = $2, updated_at = $3 WHERE id = $1",
                known.id.as_str(),
                keys.seal.seal(&*moment.random, place("name", known.id.as_str()), name)?,
                moment.now,
            ))
            .await?;
        }
        return Ok(known.id);
    }
    let id = EnterpriseId::new(moment);
    tx.execute(sql!(
        "INSERT INTO enterprise (id, name, credit_code, fingerprint, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
        id.as_str(),
        keys.seal.seal(&*moment.random, place("name", id.as_str()), name)?,
        keys.seal.seal(&*moment.random, place(CREDIT_CODE, id.as_str()), code.as_str())?,
        keys.fingerprint.of(CREDIT_CODE, code.as_str()),
        moment.now,
    ))
    .await?;
    Ok(id)
}

/// The roles that have not ended.
pub async fn list_roles(run: &mut impl Run, enterprise: &EnterpriseId) -> Result<Vec<StoredRole>, Fault> {
    let rows: Vec<RoleRow> = run
        .all(sql!(
            "SELECT id, person_id, role, matters, until_at FROM delegation
             WHERE enterprise_id = $1 AND ended_at IS NULL ORDER BY id",
            enterprise.as_str(),
        ))
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredRole {
            id: row.id,
            person: row.person_id,
            role: row.role,
            matters: row.matters,
            until: row.until_at,
        })
        .collect())
}

/// Gives a role; the person has not confirmed it yet unless they are the legal representative.
pub async fn insert_role(tx: &mut Tx, moment: &Moment, new: &NewRole<'_>) -> Result<DelegationId, Fault> {
    let id = DelegationId::new(moment);
    let confirmed = (new.role == EnterpriseRole::LegalRepresentative).then_some(moment.now);
    tx.execute(sql!(
        "INSERT INTO delegation (id, enterprise_id, person_id, role, matters, starts_at, until_at, confirmed_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6)",
        id.as_str(),
        new.enterprise.as_str(),
        new.person.as_str(),
        new.role.as_str(),
        new.matters,
        moment.now,
        new.until,
        confirmed,
    ))
    .await?;
    Ok(id)
}

pub async fn end_role(tx: &mut Tx, moment: &Moment, role: &str) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE delegation SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
        role,
        moment.now
    ))
    .await
    .map(|_| ())
}

impl Row {
    fn open(self, keys: &Keys) -> Result<Enterprise, Fault> {
        Ok(Enterprise {
            name: keys.seal.open(place("name", &self.id), &self.name)?,
            credit_code: keys.seal.open(place(CREDIT_CODE, &self.id), &self.credit_code)?,
            id: self.id.parse().map_err(|_| Fault::inconsistent("enterprise", &self.id, "not an id"))?,
        })
    }
}

fn place<'a>(column: &'static str, row: &'a str) -> Place<'a> {
    Place { table: "enterprise", column, row }
}
