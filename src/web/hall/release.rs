//! Putting a visit back, or ending one that came to nothing.

use super::desk::Said;
use super::held::{Deed, Held};
use crate::hall::{Answer as Stepped, counter};
use crate::web::answer::Answer;
use crate::web::pages::hall::Leaving;

pub async fn post(deed: Deed) -> Answer {
    let context = deed.held.context();
    let (db, moment) = (&context.app.db, &context.moment);
    let (left, said) = match leaving(&deed.held) {
        Leaving::Ends => (counter::abandon(db, moment, &deed.at()).await?, Said::Abandoned),
        Leaving::PutsBack => (counter::release(db, moment, &deed.at()).await?, Said::Released),
    };
    match left {
        Stepped::Done(_) => Ok(context.redirect(&said.desk())),
        Stepped::Refused(refusal) => deed.refused(refusal),
    }
}

/// What leaving the visit without a decision does to it: where nobody is known, nobody could wait.
pub(super) fn leaving(held: &Held) -> Leaving {
    if held.visit.is_nobodys() { Leaving::Ends } else { Leaving::PutsBack }
}
