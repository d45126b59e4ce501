//! The page after a sign-out: whom it reached, the frames that tell the rest, and the way back.

use std::time::Duration;

use axum::Json;
use axum::response::IntoResponse;
use http::HeaderValue;
use http::header::REFRESH;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, chrome, page_with};
use super::messages::SignedOut;
use super::pages::{LogoutFrame, LogoutOutcome, Reach, SignedOutPage};
use super::sign_out::{self, Way};
use crate::base::id::SessionId;
use crate::base::{Fault, Timestamp};
use crate::client::Client;
use crate::http::address::Query;
use crate::http::context::{Context, TextSize};
use crate::http::cookie::Cookie;
use crate::http::csp::Csp;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::protocol::RedirectUri;
use crate::protocol::logout::front_channel_address;
use crate::session::delivery::{self, State, Told};
use crate::session::front::{self, Front};

#[derive(Deserialize, Default)]
pub struct Asked {
    request: Option<String>,
    stay: Option<String>,
}

/// What the page is drawn from.
#[derive(Default)]
struct Outcomes {
    lines: Vec<LogoutOutcome>,
    frames: Vec<LogoutFrame>,
    csp: Csp,
}

/// Time to read whom it reached, and for frames to load, before going back to the client.
const RETURN_SECONDS: u32 = 5;
const FRAMES_SECONDS: u32 = 5;
/// The page that loads itself again within this time still counts from the sign-out.
const SAME_VISIT: Duration = Duration::from_secs(20);
const LOOKS: u32 = 8;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// More addresses than anybody's sign-in has; what is left over is noted as missed.
const MOST_FRAMES: usize = 40;
/// Deliveries of one report.
const MOST_REPORTED: usize = MOST_FRAMES;

/// It can be shown again from this browser for half an hour.
pub async fn get(mut context: Context, Query(asked): Query<Asked>) -> Answer {
    let way = sign_out::find(&mut context, asked.request.as_deref()).await?;
    let told = told_soon(&context).await?;
    // Who is signed in, again or still, is not told otherwise; but a page that was never shown is the only way to some systems.
    if context.session().await?.is_some() && !told.iter().any(|one| one.front == Some(Front::Waiting)) {
        return Ok(sign_out::undecided(&context, way.as_ref()));
    }
    let back = way.as_ref().and_then(|way| way.link(&context));
    if let (Some(way), Some(link), None) = (&way, &back, &asked.stay)
        && nothing_to_say(way, &told)
    {
        return Ok(context.redirect(&link.href));
    }
    let outcomes = outcomes(&context, &told).await?;
    let returns = back.as_ref().filter(|_| asked.stay.is_none() && context.text == TextSize::Normal);
    let seconds = seconds_left(context.moment.now, &told);
    // With frames the script goes back when they are loaded; the header is for a browser in which it fails.
    let latest = if outcomes.frames.is_empty() { seconds } else { seconds + FRAMES_SECONDS };
    let refresh =
        returns.and_then(|link| HeaderValue::from_str(&format!("{latest}; url={}", link.href)).ok());
    let drawn = drawn(&context, &told, outcomes.lines, outcomes.frames);
    let drawn = SignedOutPage {
        returns: returns.map(|_| (seconds, context.href_with("stay", "1"))),
        back: back.clone(),
        ..drawn
    };
    let mut response = page_with(&context, &drawn, &outcomes.csp)?;
    if let Some(value) = refresh {
        response.headers_mut().insert(REFRESH, value);
    }
    Ok(response)
}

/// What the page asks every few seconds.
pub async fn state(context: Context) -> Answer {
    let told = told(&context).await?;
    Ok(context.finish(Json(json!({ "state": state_word(&told) })).into_response()))
}

/// The script of the page says which addresses the browser loaded.
pub async fn asked(Posted { context, form }: Posted) -> Answer {
    if let Some(session) = session(&context) {
        let mut tx = context.app.db.begin().await?;
        for delivery in form.all("delivery").take(MOST_REPORTED).filter_map(|id| id.parse().ok()) {
            front::ask(&mut tx, &context.moment, &session, &delivery).await?;
        }
        tx.commit().await?;
    }
    state(context).await
}

fn drawn(
    context: &Context,
    told: &[Told],
    outcomes: Vec<LogoutOutcome>,
    frames: Vec<LogoutFrame>,
) -> SignedOutPage {
    let trying = told.iter().any(|one| one.state == State::Pending);
    SignedOutPage {
        chrome: chrome(context),
        outcomes,
        frames,
        asked_href: paths::SIGNED_OUT_ASKED,
        refresh_href: trying.then(|| context.uri.to_string()),
        poll_href: trying.then(|| paths::SIGNED_OUT_STATE.to_owned()),
        state: state_word(told),
        ..SignedOutPage::default()
    }
}

/// Only the client that asked saw the session, and it is told by nothing but the way back.
fn nothing_to_say(way: &Way, told: &[Told]) -> bool {
    told.iter().all(|one| {
        one.state == State::None && one.front.is_none() && Some(one.client_id.as_str()) == way.client_id()
    })
}

async fn outcomes(context: &Context, told: &[Told]) -> Result<Outcomes, Fault> {
    let m = SignedOut(context.locale);
    let mut outcomes = Outcomes { csp: Csp::strict(), ..Outcomes::default() };
    for one in told {
        let client = context.app.clients.find(&one.client_id).await?;
        let address = client.as_deref().filter(|_| waits_for_page(one)).and_then(front_address);
        let framed = match (&client, address) {
            (Some(client), Some(address)) if outcomes.frames.len() < MOST_FRAMES => {
                outcomes.csp = outcomes.csp.frame(address.csp_source());
                outcomes.frames.push(frame(context, client, one, &address));
                true
            }
            _ => false,
        };
        let name =
            client.map_or_else(|| one.client_id.clone(), |client| client.name(context.locale).to_owned());
        let reach = if framed && one.state == State::None { Reach::Asking } else { reach(m, one) };
        outcomes.lines.push(LogoutOutcome { client: name, reach, delivery: one.id.to_string() });
    }
    if !outcomes.frames.is_empty()
        && let Some(session) = session(context)
    {
        let mut tx = context.app.db.begin().await?;
        front::give(&mut tx, &session).await?;
        tx.commit().await?;
    }
    Ok(outcomes)
}

fn waits_for_page(told: &Told) -> bool {
    matches!(told.front, Some(Front::Waiting | Front::Given))
}

fn front_address(client: &Client) -> Option<RedirectUri> {
    client.metadata.frontchannel_logout_uri.as_ref()?.parse().ok()
}

fn frame(context: &Context, client: &Client, told: &Told, address: &RedirectUri) -> LogoutFrame {
    let session = (context.app.settings.issuer.as_str(), told.sid.as_str());
    let session = client.metadata.frontchannel_logout_session_required.then_some(session);
    LogoutFrame { delivery: told.id.to_string(), href: front_channel_address(address, session) }
}

fn session(context: &Context) -> Option<SessionId> {
    context.cookie(Cookie::SignedOut)?.parse().ok()
}

async fn told(context: &Context) -> Result<Vec<Told>, Fault> {
    match session(context) {
        Some(session) => delivery::list_of_session(&mut context.app.db.read(), &session).await,
        None => Ok(Vec::new()),
    }
}

/// Most systems answer at once: a moment's wait shows what became of the first tries instead of a list of hopes.
async fn told_soon(context: &Context) -> Result<Vec<Told>, Fault> {
    for _ in 0..LOOKS {
        let told = told(context).await?;
        if !told.iter().any(|one| one.state == State::Pending && one.last_error.is_none()) {
            return Ok(told);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    told(context).await
}

/// A page that loads itself again does not begin to count anew.
fn seconds_left(now: Timestamp, told: &[Told]) -> u32 {
    let since = told.iter().map(|one| now.since(one.queued_at)).max().unwrap_or_default();
    if since > SAME_VISIT {
        return RETURN_SECONDS;
    }
    let passed = u32::try_from(since.as_secs()).unwrap_or(RETURN_SECONDS);
    RETURN_SECONDS.saturating_sub(passed).max(1)
}

/// Changes whenever the page would say something else: when a message is settled, and when its first try fails.
fn state_word(told: &[Told]) -> String {
    let count = |state| told.iter().filter(|one| one.state == state).count();
    let tried = told.iter().filter(|one| one.state == State::Pending && one.last_error.is_some()).count();
    format!("{}-{tried}-{}-{}", count(State::Pending), count(State::Delivered), count(State::Failed))
}

fn reach(m: SignedOut, told: &Told) -> Reach {
    match (told.state, told.front) {
        (State::Delivered, _) => Reach::Reached,
        // Tried once and not reached: said honestly, although we go on trying.
        (State::Pending, _) if told.last_error.is_none() => Reach::Trying,
        (State::Pending | State::Failed, _) => {
            let refused = told.last_error.as_deref().is_some_and(|error| error.starts_with("answered"));
            Reach::Failed(if refused { m.refused() } else { m.unreachable() }.to_owned())
        }
        (State::None, None) => Reach::NotTold,
        (State::None, Some(Front::Asked | Front::Given)) => Reach::Asked,
        (State::None, Some(Front::Waiting | Front::Missed | Front::Unable)) => {
            Reach::Failed(m.only_in_browser().to_owned())
        }
    }
}
