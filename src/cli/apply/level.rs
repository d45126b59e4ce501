//! The declared level of a person: evidence is added when what is on record gives less; nothing is ever lowered.

use serde_json::json;

use super::step::Step;
use crate::base::Fault;
use crate::base::id::AccountId;
use crate::identity::store::person::Person;
use crate::identity::store::proof::{self, NewEvidence};
use crate::identity::{CheckMethod, Evidence, EvidenceKind, Level};

/// Adds the evidence for `wanted` where it is missing; whether it was. It counts for the account, if there is one.
pub(super) async fn raise(
    step: &mut Step<'_>,
    person: &Person,
    account: Option<&AccountId>,
    wanted: Level,
) -> Result<bool, Fault> {
    let evidence = match account {
        Some(account) => proof::list_of_account(step.tx, account).await?,
        None => proof::list_of_person(step.tx, &person.id).await?,
    };
    if proof::assurance_of(&evidence, step.moment.now).level >= wanted {
        return Ok(false);
    }
    let (kind, methods) = evidence_for(wanted);
    let new = NewEvidence {
        person: &person.id,
        account,
        document: Some(&person.primary()?.id),
        visit: None,
        evidence: Evidence {
            kind,
            methods: methods.to_vec(),
            at: step.moment.now,
            valid_until: None,
            revoked_at: None,
        },
        source: "apply",
        facts: json!({ "declared": true }),
    };
    proof::record(step.tx, step.moment, &new).await?;
    Ok(true)
}

fn evidence_for(level: Level) -> (EvidenceKind, &'static [CheckMethod]) {
    use CheckMethod::{Bvp, Data, Pvp, Vcrypt, Vpip};
    match level {
        Level::SelfAsserted => (EvidenceKind::SelfAsserted, &[]),
        Level::DataMatched => (EvidenceKind::RegistryMatch, &[Data]),
        Level::RealPerson => (EvidenceKind::FaceMatch, &[Data, Bvp]),
        Level::InPerson => (EvidenceKind::WindowVerification, &[Vpip, Vcrypt, Pvp]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use crate::identity::assurance::level_of;

    #[test]
    fn the_evidence_gives_the_level_it_is_for() {
        for level in Level::ALL {
            let (kind, methods) = evidence_for(level);
            let at = Timestamp::from_seconds(1);
            let evidence =
                Evidence { kind, methods: methods.to_vec(), at, valid_until: None, revoked_at: None };
            assert_eq!(level_of(&evidence), level);
        }
    }
}
