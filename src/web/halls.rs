//! The halls a citizen may go to.

use super::pages::HallPlace;
use crate::base::Fault;
use crate::hall::window;
use crate::http::context::Context;

/// Every hall with a window, by name.
pub async fn list(context: &Context) -> Result<Vec<HallPlace>, Fault> {
    let halls = window::list(&mut context.app.db.read()).await?;
    let open = halls.into_iter().filter(|hall| !hall.windows.is_empty());
    let locale = context.locale;
    Ok(open
        .map(|hall| HallPlace {
            name: hall.name.in_language(locale).to_owned(),
            windows: hall.windows,
            locale,
        })
        .collect())
}
