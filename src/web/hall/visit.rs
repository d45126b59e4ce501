//! The address of a visit at the window leads to the page that fits its state.

use super::binding;
use super::desk::Said;
use super::held::Held;
use crate::base::Fault;
use crate::hall::{State, capture, slip};
use crate::http::paths;
use crate::web::answer::Answer;

pub async fn get(held: Held) -> Answer {
    let (app, moment) = (&held.context().app, &held.context().moment);
    Ok(match held.visit.state_at(moment.now) {
        State::AtCounter => {
            let read = capture::preview(&mut app.db.read(), &app.keys, moment, &held.visit.id).await?;
            held.to(if read.is_some() { paths::HALL_COMPARE } else { paths::HALL_CARD })
        }
        State::AwaitingBinding => {
            held.to(if waits_for_phone(&held).await? { paths::HALL_BINDING } else { paths::HALL_DECIDE })
        }
        State::Decided | State::Bound => held.to(paths::HALL_DECIDE),
        State::Expired | State::Cancelled => held.context().redirect(&Said::Over.desk()),
        State::Draft | State::Open | State::Referred | State::FraudHold | State::Cleared | State::Denied => {
            held.context().redirect(&Said::Moved.desk())
        }
    })
}

/// Whether the binding screen is the page to see: an offer lives, and no code was given instead.
async fn waits_for_phone(held: &Held) -> Result<bool, Fault> {
    let (context, id) = (held.context(), &held.visit.id);
    let given = slip::standing(&context.app.db, &context.moment, id).await?;
    Ok(given.is_none() && binding::live(context, id).await?.is_some())
}

/// What only a form does; who comes here otherwise is led to where the visit is.
pub async fn instead(held: Held) -> Answer {
    Ok(held.onward())
}
