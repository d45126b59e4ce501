//! What a person's claims are made of, read for one authorization inside the transaction that issues its tokens.

use super::claims::{About, AboutRow};
use super::granted::Granted;
use crate::base::Fault;
use crate::crypto::Keys;
use crate::sql;
use crate::storage::Run;

/// Reads and opens what can be told about the person of an authorization.
pub async fn about(run: &mut impl Run, keys: &Keys, granted: &Granted) -> Result<About, Fault> {
    let row: AboutRow = run
        .one(sql!(
            "SELECT person.name, person.claims, person.updated_at, account.phone, account.phone_verified_at,
                    document.id AS document_id, document.kind, document.number, document.issuing_country
             FROM person
             JOIN account ON account.id = $2 AND account.person_id = person.id
             LEFT JOIN document ON document.person_id = person.id AND document.is_primary = 1
                  AND document.replaced_at IS NULL
             WHERE person.id = $1",
            granted.person.as_str(),
            granted.account.as_str(),
        ))
        .await?;
    row.open(keys, granted)
}
