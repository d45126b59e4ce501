//! The window at which somebody else has a visit in hand, in words: who is told that it is elsewhere can go and ask there.

use super::held::Held;
use crate::base::Fault;
use crate::hall::visit::Seat;
use crate::hall::{Desk, window};
use crate::http::context::Context;
use crate::web::messages::HallDesk;

/// The window; of another hall, with the hall's name.
pub async fn named(context: &Context, desk: &Desk, seat: &Seat) -> Result<String, Fault> {
    if seat.hall == desk.hall {
        return Ok(seat.window.clone());
    }
    let found = window::find(&mut context.app.db.read(), &seat.hall).await?;
    let hall =
        found.map_or_else(|| seat.hall.clone(), |hall| hall.name.in_language(context.locale).to_owned());
    Ok(format!("{hall} {}", seat.window))
}

/// That somebody else serves the person of this visit, and where.
pub async fn serves(held: &Held, seat: &Seat) -> Result<String, Fault> {
    let place = named(held.context(), &held.seated.desk, seat).await?;
    Ok(HallDesk(held.context().locale).served_elsewhere(place))
}
