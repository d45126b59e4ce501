//! Pairwise subjects: each sector knows a person by another name, and the name never changes.

use crate::base::id::{EnterpriseId, PersonId};
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;

/// The `sub` of a person for a sector (OIDC Core §8.1): 43 characters of base64url.
pub fn of_person(keys: &Keys, sector: &str, person: &PersonId) -> String {
    keys.pairwise.of(Purpose::Pairwise, &[b"person", sector.as_bytes(), person.as_str().as_bytes()])
}

/// The `sub` of an enterprise for a sector.
pub fn of_enterprise(keys: &Keys, sector: &str, enterprise: &EnterpriseId) -> String {
    keys.pairwise.of(Purpose::Pairwise, &[b"enterprise", sector.as_bytes(), enterprise.as_str().as_bytes()])
}

/// The name of one piece of evidence for a sector.
pub fn of_evidence(keys: &Keys, sector: &str, evidence: &str) -> String {
    keys.pairwise.of(Purpose::Pairwise, &[b"evidence", sector.as_bytes(), evidence.as_bytes()])
}
