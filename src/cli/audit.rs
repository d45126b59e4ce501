//! `audit verify`: recomputes every seal of the audit log.

use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::audit::seal::{self, Verdict};

pub async fn verify(place: &Place) -> Result<(), Problem> {
    let app = &place.app;
    let verdict = seal::verify(&app.db, &app.keys.mac).await?;
    app.close().await;
    match verdict {
        // A log that was wiped looks like this too.
        Verdict::Whole { seals: 0, events: 0, unsealed: 0 } => Err(Problem::Found(format!(
            "the audit log of {} is empty: no event was ever recorded there. Is this the right installation (--config)?",
            app.settings.issuer
        ))),
        Verdict::Whole { seals, events, unsealed } => {
            print::line(&format!("whole: {events} events under {seals} seals, {unsealed} not sealed yet"))
        }
        Verdict::Broken { seal, what } => Err(Problem::Found(format!(
            "the audit log is broken at seal {seal}: {what}; keep the database as it is and compare it with a backup"
        ))),
    }
}
