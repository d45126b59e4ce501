//! The declared level of a person: evidence is added when what is on record gives less; nothing is ever lowered. Such
//! evidence stands for the facts declared with it, and is given anew when they change.

use serde_json::json;

use super::step::Step;
use crate::base::Fault;
use crate::base::id::AccountId;
use crate::identity::store::person::Person;
use crate::identity::store::proof::{self, NewEvidence, StoredEvidence};
use crate::identity::{CheckMethod, Evidence, EvidenceKind, Level};

/// Adds the evidence for `wanted` where it is missing; whether it was. It counts for the account, if there is one.
pub(super) async fn raise(
    step: &mut Step<'_>,
    person: &Person,
    account: Option<&AccountId>,
    wanted: Level,
) -> Result<bool, Fault> {
    let evidence = list(step, person, account).await?;
    if proof::assurance_of(&evidence, step.moment.now).level >= wanted {
        return Ok(false);
    }
    declare(step, (person, account), evidence_for(wanted)).await?;
    Ok(true)
}

/// Declares again, from now on, what was declared before: nobody vouched for a fact before it was declared.
pub(super) async fn renew(
    step: &mut Step<'_>,
    person: &Person,
    account: Option<&AccountId>,
) -> Result<(), Fault> {
    let now = step.moment.now;
    let evidence = list(step, person, account).await?;
    let declared = |one: &StoredEvidence| one.source == SOURCE && one.evidence.counts(now);
    for old in evidence.into_iter().filter(declared) {
        proof::revoke(step.tx, step.moment, &old.id).await?;
        declare(step, (person, account), (old.evidence.kind, &old.evidence.methods)).await?;
    }
    Ok(())
}

/// What vouches for what `apply` writes: the file.
const SOURCE: &str = "apply";

async fn list(
    step: &mut Step<'_>,
    person: &Person,
    account: Option<&AccountId>,
) -> Result<Vec<StoredEvidence>, Fault> {
    match account {
        Some(account) => proof::list_of_account(step.tx, account).await,
        None => proof::list_of_person(step.tx, &person.id).await,
    }
}

async fn declare(
    step: &mut Step<'_>,
    (person, account): (&Person, Option<&AccountId>),
    (kind, methods): (EvidenceKind, &[CheckMethod]),
) -> Result<(), Fault> {
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
        source: SOURCE,
        facts: json!({ "declared": true }),
    };
    proof::record(step.tx, step.moment, &new).await.map(|_| ())
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
