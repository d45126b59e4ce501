//! Who made sure of a person's name: what a clerk saw on the card no declaration undoes.

use super::step::Step;
use crate::base::Fault;
use crate::base::id::PersonId;
use crate::identity::EvidenceKind;
use crate::identity::store::proof::{self, StoredEvidence};

/// Whose word a person's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authority {
    /// A window's: living evidence of a visit stands for it.
    Window,
    Declaration,
}

/// Evidence that no account has yet counts too: once it is bound, it stands for the name on record.
pub(super) async fn of_name(step: &mut Step<'_>, person: &PersonId) -> Result<Authority, Fault> {
    let now = step.moment.now;
    let seen = |one: &StoredEvidence| {
        let kind = one.evidence.kind == EvidenceKind::WindowVerification;
        kind && one.visit.is_some() && one.evidence.counts(now)
    };
    let evidence = proof::list_of_person(step.tx, person).await?;
    Ok(if evidence.iter().any(seen) { Authority::Window } else { Authority::Declaration })
}
