//! `audit verify`: recomputes every seal of the audit log.

use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::audit::seal::{self, Noted, Verdict};

/// `noted`: a seal that must be there.
pub async fn verify(place: &Place, noted: Option<&Noted>) -> Result<(), Problem> {
    let app = &place.app;
    let verdict = seal::verify(&app.db, &app.keys.mac, noted).await?;
    app.close().await;
    match verdict {
        // A log that was wiped looks like this too.
        Verdict::Whole { last: None, events: 0, unsealed: 0 } => Err(Problem::Found(format!(
            "the audit log of {} is empty: no event was ever recorded there. Is this the right installation (--config)?",
            app.settings.issuer
        ))),
        Verdict::Whole { last: None, unsealed, .. } => {
            print::line(&format!("whole: nothing is sealed yet, {unsealed} events wait for it"))
        }
        Verdict::Whole { last: Some(last), events, unsealed } => print::line(&format!(
            "whole: {events} events under {} seals, {unsealed} not sealed yet; the next time: --expect {last}",
            last.number
        )),
        Verdict::Broken { seal, what } => Err(Problem::Found(format!(
            "the audit log is broken at seal {seal}: {what}; keep the database as it is and compare it with a backup"
        ))),
    }
}
