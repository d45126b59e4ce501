//! Where a person types the code of a device (RFC 8628 §3.3), and what the way ends with for those who wait elsewhere.

use http::StatusCode;
use serde::Deserialize;

use super::answer::{Answer, chrome, page};
use super::pages::{AnsweredPage, DevicePage, DeviceProblem, Said};
use crate::base::Fault;
use crate::grant::decoupled::{self, USER_CODE_GUESSES, Waiting};
use crate::grant::pending::Pending;
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::http::shown::PageProblem;
use crate::protocol::device::UserCode;
use crate::session::detour;

/// Longer than any code, however it is typed.
const MOST_SHOWN: usize = 40;

#[derive(Deserialize, Default)]
pub struct Asked {
    user_code: Option<String>,
}

#[derive(Deserialize, Default)]
pub struct Ended {
    #[serde(default)]
    said: String,
}

/// A code in the address (`verification_uri_complete`) is only filled in: the person compares it and goes on by hand
/// (RFC 8628 §3.3.1).
pub async fn get(context: Context, Query(asked): Query<Asked>) -> Answer {
    let code = asked.user_code.as_deref().and_then(UserCode::read);
    show(&context, code.map(|code| code.to_string()).unwrap_or_default(), None)
}

/// `user_code`, as it was typed.
pub async fn post(Posted { context, form }: Posted) -> Answer {
    let typed = form.get("user_code").unwrap_or_default();
    let shown: String = typed.chars().take(MOST_SHOWN).collect();
    if typed.is_empty() {
        return show(&context, shown, Some(DeviceProblem::Empty));
    }
    let app = &context.app;
    if let Some(seconds) = USER_CODE_GUESSES.wait(&app.ephemeral, &context.moment).await? {
        return show(&context, shown, Some(DeviceProblem::TooManyTries { seconds }));
    }
    let found = match UserCode::read(typed) {
        Some(code) => {
            decoupled::find_by_code(&mut app.db.read(), &app.keys, context.moment.now, &code).await?
        }
        None => None,
    };
    let failures = u64::from(found.is_none());
    if let Some(seconds) = USER_CODE_GUESSES.count(&app.ephemeral, &context.moment, failures).await? {
        return show(&context, shown, Some(DeviceProblem::TooManyTries { seconds }));
    }
    match found {
        Some(waiting) => Ok(begin(&context, &waiting, None).await?),
        None => show(&context, shown, Some(DeviceProblem::Unknown)),
    }
}

/// What became of it.
pub async fn answered(context: Context, Query(ended): Query<Ended>) -> Answer {
    let said = match ended.said.as_str() {
        "allowed" => Said::Allowed,
        "denied" => Said::Denied,
        "unmet" => Said::Unmet,
        _ => Said::Nothing,
    };
    page(&context, &AnsweredPage { chrome: chrome(&context), said })
}

/// Sets out on the way of an authorization request whose answer goes elsewhere. `expected` is the person it is for, as
/// the client knows them.
pub(super) async fn begin(
    context: &Context,
    waiting: &Waiting,
    expected: Option<String>,
) -> Result<axum::response::Response, Fault> {
    let request = waiting.ask.request.clone();
    let pending = Pending {
        browser: Some(context.browser()),
        expires_at: waiting.expires_at,
        signed_in_by: None,
        consented_by: None,
        expected_sub: expected.or_else(|| request.claims.subject().map(str::to_owned)),
        txn: context.moment.request_id.clone(),
        pushed: None,
        left: None,
        decoupled: Some(waiting.id.clone()),
        request,
    };
    let id = detour::keep(&context.app.ephemeral, &context.moment, &pending).await?;
    Ok(context.redirect(&paths::for_request(paths::CONTINUE, &id)))
}

fn show(
    context: &Context,
    user_code: String,
    problem: Option<DeviceProblem>,
) -> Result<axum::response::Response, PageProblem> {
    let mut response = page(context, &DevicePage { chrome: chrome(context), user_code, problem })?;
    match problem {
        None => {}
        Some(DeviceProblem::TooManyTries { seconds }) => {
            *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
        }
        Some(_) => *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY,
    }
    Ok(response)
}
