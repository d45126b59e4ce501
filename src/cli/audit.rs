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
        Verdict::Whole { seals, events, unsealed } => {
            print::line(&format!("whole: {events} events under {seals} seals, {unsealed} not sealed yet"));
            Ok(())
        }
        Verdict::Broken { seal, what } => Err(Problem::Found(format!(
            "the audit log is broken at seal {seal}: {what}; keep the database as it is and compare it with a backup"
        ))),
    }
}
