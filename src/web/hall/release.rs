//! Putting a visit back, or ending one that came to nothing.

use super::desk::Said;
use super::held::Deed;
use crate::hall::visit::Origin;
use crate::hall::{Answer as Stepped, capture, counter};
use crate::web::answer::Answer;

/// A walk-in of whom nothing was read has nobody who could wait: it ends.
pub async fn post(deed: Deed) -> Answer {
    let context = deed.held.context();
    let (app, moment, visit) = (&context.app, &context.moment, &deed.held.visit);
    let read = capture::preview(&mut app.db.read(), &app.keys, moment, &visit.id).await?;
    let (left, said) = if visit.origin == Origin::WalkIn && read.is_none() {
        (counter::abandon(&app.db, moment, &deed.at()).await?, Said::Abandoned)
    } else {
        (counter::release(&app.db, moment, &deed.at()).await?, Said::Released)
    };
    match left {
        Stepped::Done(_) => Ok(context.redirect(&said.desk())),
        Stepped::Refused(refusal) => deed.refused(refusal),
    }
}
