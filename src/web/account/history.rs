//! Every use of the citizen's identity, newest first, a page at a time.

use serde::Deserialize;

use super::citizen::Citizen;
use super::told;
use crate::audit::history::{self, Line};
use crate::base::Fault;
use crate::base::id::AuditId;
use crate::http::address::Query;
use crate::http::paths;
use crate::http::shown::Problem;
use crate::web::answer::{Answer, page};
use crate::web::pages::{HistoryLine, HistoryPage};

/// Where in the history the page begins.
#[derive(Deserialize)]
pub struct Asked {
    before: Option<String>,
}

/// One page of what is worth telling.
struct Found {
    lines: Vec<HistoryLine>,
    /// The last event looked at, when there may be more behind it.
    last: Option<String>,
}

const LINES: usize = 20;
const EVENTS_A_READ: i64 = 50;
/// Events that mean nothing to a citizen are passed over; a page looks no further than this many reads.
const MOST_READS: usize = 4;

pub async fn get(citizen: Citizen, Query(Asked { before }): Query<Asked>) -> Answer {
    if before.as_deref().is_some_and(|id| id.parse::<AuditId>().is_err()) {
        return Err(Problem::BadRequest.into());
    }
    let newest_href = before.is_some().then(|| paths::ACCOUNT_HISTORY.to_owned());
    let found = find(&citizen, before).await?;
    let drawn = HistoryPage {
        chrome: citizen.chrome(),
        lines: found.lines,
        older_href: found.last.map(|id| format!("{}?before={id}", paths::ACCOUNT_HISTORY)),
        newest_href,
    };
    page(&citizen.context, &drawn)
}

async fn find(citizen: &Citizen, before: Option<String>) -> Result<Found, Fault> {
    let mut found = Found { lines: Vec::new(), last: before };
    for _ in 0..MOST_READS {
        let mut read = citizen.context.app.db.read();
        let page = (found.last.as_deref(), EVENTS_A_READ);
        let events = history::list(&mut read, &citizen.person.id, page).await?;
        let is_end = events.len() < usize::try_from(EVENTS_A_READ).unwrap_or(usize::MAX);
        for event in events {
            if let Some(line) = line(citizen, &event).await? {
                if found.lines.len() == LINES {
                    return Ok(found);
                }
                found.lines.push(line);
            }
            found.last = Some(event.id);
        }
        if is_end {
            return Ok(Found { last: None, ..found });
        }
    }
    Ok(found)
}

async fn line(citizen: &Citizen, event: &Line) -> Result<Option<HistoryLine>, Fault> {
    let locale = citizen.context.locale;
    let facts = serde_json::from_str(&event.facts)
        .map_err(|_| Fault::inconsistent("audit_event", &event.id, "facts cannot be read"))?;
    let Some(told) = told::words(locale, &event.kind, &facts) else { return Ok(None) };
    let system = match &event.client_id {
        Some(id) => {
            let client = citizen.context.app.clients.find(id).await?;
            Some(client.map_or_else(|| id.clone(), |client| client.name(locale).to_owned()))
        }
        None => None,
    };
    Ok(Some(HistoryLine { at: event.when().for_people(), what: told.what, system, detail: told.detail }))
}
