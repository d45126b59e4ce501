//! Signing out, and the page that says whom it reached.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::REFRESH;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::answer::{Answer, chrome, page, page_with};
use super::messages::SignedOut;
use super::pages::{Link, LogoutOutcome, Reach, SignOutPage, SignedInSystem, SignedOutPage};
use crate::base::id::{RequestId, SessionId};
use crate::base::{Actor, Fault};
use crate::client::Client;
use crate::grant::family;
use crate::http::address::Query;
use crate::http::context::{Context, TextSize};
use crate::http::cookie::Cookie;
use crate::http::csp::Csp;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::session::Session;
use crate::session::delivery::{self, State, Told};
use crate::session::ending::{self, Ending, Reason};
use crate::session::leaving::{self, Leaving};

#[derive(Deserialize, Default)]
pub struct Asked {
    request: Option<String>,
    stay: Option<String>,
}

/// A sign-out that a client asked for, with its client.
struct Way {
    id: RequestId,
    leaving: Leaving,
    client: Option<Arc<Client>>,
}

/// Time to read whom it reached before going back to the client.
const RETURN_SECONDS: u32 = 5;
const SIGNED_OUT_SECONDS: i64 = 1800;
const LOOKS: u32 = 8;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

pub async fn get(mut context: Context, Query(asked): Query<Asked>) -> Answer {
    let way = find(&mut context, asked.request.as_deref()).await?;
    let Some(session) = context.session().await? else { return Ok(already_out(&context, way.as_ref())) };
    let mut systems = Vec::new();
    for client in ending::clients_of(&mut context.app.db.read(), &session.id).await? {
        if let Some(client) = context.app.clients.find(&client).await? {
            let name = client.name(context.locale).to_owned();
            systems.push(SignedInSystem { name, since: session.created_at.for_people() });
        }
    }
    let drawn = SignOutPage {
        chrome: chrome(&context),
        request: way.as_ref().map(|way| way.id.to_string()),
        client: way.as_ref().and_then(|way| way.client_name(&context)),
        systems,
    };
    page_with(&context, &drawn, &csp(way.as_ref()))
}

pub async fn post(Posted { mut context, form }: Posted) -> Answer {
    let way = find(&mut context, form.get("request")).await?;
    let Some(session) = context.session().await? else { return Ok(already_out(&context, way.as_ref())) };
    context.moment = context.moment.by(Actor::Person(session.person.clone()));
    match form.get("decision") {
        Some("all") => {
            leave_all(&mut context, &session).await?;
            let suffix = way.as_ref().map(|way| format!("?request={}", way.id)).unwrap_or_default();
            Ok(context.redirect(&format!("{}{suffix}", paths::SIGNED_OUT)))
        }
        Some("this") => {
            if let Some(client) = way.as_ref().and_then(|way| way.client.as_ref()) {
                leave_one(&context, &session, client).await?;
            }
            Ok(back_or(&context, way.as_ref(), paths::ACCOUNT))
        }
        Some("stay") => Ok(back_or(&context, way.as_ref(), paths::ACCOUNT)),
        _ => Err(Problem::BadRequest.into()),
    }
}

/// The page after it: whom it reached. It can be shown again from this browser for half an hour.
pub async fn signed_out(mut context: Context, Query(asked): Query<Asked>) -> Answer {
    let way = find(&mut context, asked.request.as_deref()).await?;
    let told = told_soon(&context).await?;
    let m = SignedOut(context.locale);
    let mut outcomes = Vec::new();
    for one in &told {
        let client = context.app.clients.find(&one.client_id).await?;
        let name =
            client.map_or_else(|| one.client_id.clone(), |client| client.name(context.locale).to_owned());
        outcomes.push(LogoutOutcome { client: name, reach: reach(m, one) });
    }
    let trying = told.iter().any(|one| one.state == State::Pending);
    let back = way.as_ref().and_then(|way| way.link(&context));
    let returns = back.as_ref().filter(|_| asked.stay.is_none() && context.text == TextSize::Normal);
    let stay = context.href_with("stay", "1");
    let drawn = SignedOutPage {
        chrome: chrome(&context),
        returns: returns.map(|_| (RETURN_SECONDS, stay)),
        outcomes,
        refresh_href: trying.then(|| context.uri.to_string()),
        poll_href: trying.then(|| paths::SIGNED_OUT_STATE.to_owned()),
        state: state_word(&told),
        back: back.clone(),
    };
    let refresh =
        returns.and_then(|link| HeaderValue::from_str(&format!("{RETURN_SECONDS}; url={}", link.href)).ok());
    let mut response = page(&context, &drawn)?;
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

async fn find(context: &mut Context, id: Option<&str>) -> Result<Option<Way>, PageProblem> {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Ok(None) };
    let id: RequestId = id.parse().map_err(|_| Problem::Expired)?;
    let found = leaving::find(&context.app.ephemeral, &id, &context.browser()).await?;
    let leaving = found.ok_or(Problem::Expired)?;
    context.prefer(leaving.ui_locales.as_deref());
    let client = match &leaving.client_id {
        Some(client) => context.app.clients.find(client).await?,
        None => None,
    };
    Ok(Some(Way { id, leaving, client }))
}

async fn leave_all(context: &mut Context, session: &Session) -> Result<(), Fault> {
    let app = context.app.clone();
    let ending =
        Ending { keys: &app.keys, clients: &app.clients, person: &session.person, reason: Reason::SignedOut };
    let mut tx = app.db.begin().await?;
    ending::end(&mut tx, &context.moment, &session.id, &ending).await?;
    tx.commit().await?;
    app.wake.ring();
    context.remove_cookie(Cookie::Session);
    context.set_cookie(Cookie::SignedOut, session.id.as_str(), Some(SIGNED_OUT_SECONDS));
    Ok(())
}

async fn leave_one(context: &Context, session: &Session, client: &Client) -> Result<(), Fault> {
    let mut tx = context.app.db.begin().await?;
    ending::leave(&mut tx, &session.id, &client.client_id).await?;
    family::revoke_of_session(&mut tx, &context.moment, &session.id, &client.client_id).await?;
    tx.commit().await
}

/// Nobody is signed in: what the client wanted is done already.
fn already_out(context: &Context, way: Option<&Way>) -> Response {
    back_or(context, way, paths::SIGNED_OUT)
}

fn back_or(context: &Context, way: Option<&Way>, otherwise: &str) -> Response {
    let back = way.and_then(|way| way.leaving.back.as_deref());
    context.redirect(back.unwrap_or(otherwise))
}

async fn told(context: &Context) -> Result<Vec<Told>, Fault> {
    match context.cookie(Cookie::SignedOut).and_then(|id| id.parse::<SessionId>().ok()) {
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

/// Changes whenever the page would say something else: when a message is settled, and when its first try fails.
fn state_word(told: &[Told]) -> String {
    let count = |state| told.iter().filter(|one| one.state == state).count();
    let tried = told.iter().filter(|one| one.state == State::Pending && one.last_error.is_some()).count();
    format!("{}-{tried}-{}-{}", count(State::Pending), count(State::Delivered), count(State::Failed))
}

fn reach(m: SignedOut, told: &Told) -> Reach {
    match told.state {
        State::Delivered => Reach::Reached,
        // Tried once and not reached: said honestly, although we go on trying.
        State::Pending if told.last_error.is_none() => Reach::Trying,
        State::Pending | State::Failed => {
            let refused = told.last_error.as_deref().is_some_and(|error| error.starts_with("answered"));
            Reach::Failed(if refused { m.refused() } else { m.unreachable() }.to_owned())
        }
        State::None => Reach::NotTold,
    }
}

fn csp(way: Option<&Way>) -> Csp {
    let source = way.and_then(|way| Url::parse(way.leaving.back.as_deref()?).ok()).map(|back| back.origin());
    match source {
        Some(origin) if origin.is_tuple() => Csp::strict().form_to(origin.ascii_serialization()),
        _ => Csp::strict(),
    }
}

impl Way {
    fn client_name(&self, context: &Context) -> Option<String> {
        self.client.as_ref().map(|client| client.name(context.locale).to_owned())
    }

    fn link(&self, context: &Context) -> Option<Link> {
        let href = self.leaving.back.clone()?;
        Some(Link { href, text: self.client_name(context).unwrap_or_default() })
    }
}
