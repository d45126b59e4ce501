//! A clerk says at which window of the hall they sit.

use http::StatusCode;
use serde::Deserialize;

use super::staff::{self, Sent, Staff};
use crate::base::Fault;
use crate::hall::{Answer as Stepped, clerk_session, window};
use crate::http::address::Query;
use crate::http::paths;
use crate::web::answer::{Answer, chrome, page};
use crate::web::form::Field;
use crate::web::messages::HallWindow;
use crate::web::pages::hall::{HallWindowPage, WindowLine, WindowUse};

#[derive(Deserialize, Default)]
pub struct Asked {
    next: Option<String>,
}

pub async fn get(staff: Staff, Query(asked): Query<Asked>) -> Answer {
    let chosen = Field::of(staff.session.window.clone().unwrap_or_default());
    show(&staff, chosen, asked.next.as_deref().and_then(staff::hall_path)).await
}

pub async fn post(Sent { by: staff, form }: Sent<Staff>) -> Answer {
    let m = HallWindow(staff.context.locale);
    let next = form.get("next").and_then(staff::hall_path);
    let Some(name) = form.get("window") else {
        return show(&staff, Field::wrong("", m.none()), next).await;
    };
    let context = &staff.context;
    match clerk_session::choose_window(&context.app.db, &context.moment, &staff.session, name).await? {
        Stepped::Done(_) => Ok(context.redirect(next.as_deref().unwrap_or(paths::HALL))),
        Stepped::Refused(clerk_session::NoSuchWindow) => {
            show(&staff, Field::wrong("", m.unknown()), next).await
        }
    }
}

async fn show(staff: &Staff, chosen: Field, next: Option<String>) -> Answer {
    let status = if chosen.error().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let drawn = HallWindowPage {
        chrome: chrome(&staff.context),
        bar: staff.bar().await?,
        next,
        windows: windows(staff).await?,
        window: chosen,
    };
    let mut response = page(&staff.context, &drawn)?;
    *response.status_mut() = status;
    Ok(response)
}

/// The hall's windows. One's own counts as free.
async fn windows(staff: &Staff) -> Result<Vec<WindowLine>, Fault> {
    let Some(hall) = staff.session.clerk.hall.as_deref() else { return Ok(Vec::new()) };
    let context = &staff.context;
    let db = &context.app.db;
    let names = window::find(&mut db.read(), hall).await?.map(|hall| hall.windows).unwrap_or_default();
    let used = clerk_session::windows_in_use(db, &context.moment, hall).await?;
    let line = |name: String| {
        let others = used.contains(&name) && staff.session.window.as_ref() != Some(&name);
        WindowLine { in_use: if others { WindowUse::InUse } else { WindowUse::Free }, name }
    };
    Ok(names.into_iter().map(line).collect())
}
