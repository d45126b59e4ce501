//! The metadata of a registration, judged against everything that can be said about it before it is written.

use super::answer::Problem;
use crate::client::dynamic::Terms;
use crate::client::dynamic::admission::{self, Ground};
use crate::client::{Profile, demands, sector};
use crate::http::machine::Machine;
use crate::protocol::registration::Submitted;
use crate::protocol::{ClientMetadata, Scope};

/// What may be written.
pub(super) struct Judged {
    pub(super) metadata: ClientMetadata,
    pub(super) profile: Profile,
}

/// Whether strangers may do what only a sandbox lets them.
pub(super) fn ground(machine: &Machine) -> Ground {
    if machine.app.settings.sandbox { Ground::Sandbox } else { Ground::Real }
}

/// Everything that is wrong is told at once; what must be fetched is fetched last.
pub(super) async fn judge(
    machine: &Machine,
    submitted: &Submitted,
    (terms, default_scope): (&Terms, &Scope),
) -> Result<Judged, Problem> {
    let profile = terms.profile(submitted.profile.as_deref());
    let metadata = submitted.metadata(default_scope, |members| {
        if let Ok(profile) = &profile {
            demands::complete(*profile, members);
        }
    });
    let (metadata, profile) = match (metadata, profile) {
        (Ok(metadata), Ok(profile)) => (demands::with_demands(profile, metadata), profile),
        (metadata, profile) => {
            let mut problems = metadata.err().unwrap_or_default();
            problems.extend(profile.err());
            return Err(Problem::Metadata(problems));
        }
    };
    let problems = admission::problems(ground(machine), profile, &metadata);
    if !problems.is_empty() {
        return Err(Problem::Metadata(problems));
    }
    sector::verify(&machine.app.outgoing, &metadata).await?;
    Ok(Judged { metadata, profile })
}
