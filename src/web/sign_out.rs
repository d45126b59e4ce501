//! Signing out: the person is asked, whoever sent them here.

use std::sync::Arc;

use axum::response::Response;
use serde::Deserialize;
use url::Url;

use super::answer::{Answer, chrome_of, page_with};
use super::pages::{Link, SignOutPage, SignedInSystem};
use crate::base::id::RequestId;
use crate::base::{Actor, Fault};
use crate::client::Client;
use crate::grant::family;
use crate::http::address::Query;
use crate::http::browser_state;
use crate::http::context::Context;
use crate::http::cookie::Cookie;
use crate::http::csp::Csp;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::http::shown::Problem;
use crate::session::Session;
use crate::session::detour;
use crate::session::ending::{self, Ending, Reason};
use crate::session::leaving::Leaving;

#[derive(Deserialize, Default)]
pub struct Asked {
    request: Option<String>,
}

/// A sign-out that a client asked for, with its client.
pub(super) struct Way {
    id: RequestId,
    pub(super) leaving: Leaving,
    client: Option<Arc<Client>>,
}

/// The page of the last sign-out can be shown again this long.
const SIGNED_OUT_SECONDS: i64 = 1800;

pub async fn get(mut context: Context, Query(asked): Query<Asked>) -> Answer {
    let way = find(&mut context, asked.request.as_deref()).await?;
    let Some(session) = context.session().await? else { return Ok(already_out(&context, way.as_ref())) };
    let mut systems = Vec::new();
    let uses =
        ending::uses_of_person(&mut context.app.db.read(), context.moment.now, &session.person).await?;
    for one in uses.get(&session.id).into_iter().flatten() {
        if let Some(client) = context.app.clients.find(&one.client_id).await? {
            let name = client.name(context.locale).to_owned();
            systems.push(SignedInSystem { name, since: one.first_at.for_people() });
        }
    }
    let drawn = SignOutPage {
        chrome: chrome_of(&context, Some(&session)).await?,
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
            Ok(signed_out(&context, way.as_ref()))
        }
        Some("this") => match way.as_ref().and_then(|way| way.client.as_ref()) {
            Some(client) => {
                leave_one(&context, &session, client).await?;
                Ok(back_or(&context, way.as_ref(), paths::ACCOUNT))
            }
            // Which system that was is over with the request: asked anew, instead of nothing done in silence.
            None => Ok(undecided(&context, way.as_ref())),
        },
        Some("stay") => Ok(back_or(&context, way.as_ref(), paths::ACCOUNT)),
        _ => Err(Problem::BadRequest.into()),
    }
}

/// The sign-out that waits under this id, brought by this browser. One that is over takes with it where the person came from,
/// but not the sign-out: who wants to leave a computer that others use is never sent back signed in.
pub(super) async fn find(context: &mut Context, id: Option<&str>) -> Result<Option<Way>, Fault> {
    let Some(id) = id.and_then(|id| id.parse::<RequestId>().ok()) else { return Ok(None) };
    let found: Option<Leaving> =
        detour::find(&context.app.ephemeral, &context.moment, (&id, &context.browser())).await?;
    let Some(leaving) = found else { return Ok(None) };
    context.prefer(leaving.ui_locales.as_deref());
    let client = match &leaving.client_id {
        Some(client) => context.app.clients.find(client).await?,
        None => None,
    };
    Ok(Some(Way { id, leaving, client }))
}

/// Ends the session of this browser, and has its systems told.
pub(super) async fn leave_all(context: &mut Context, session: &Session) -> Result<(), Fault> {
    let app = context.app.clone();
    let ending =
        Ending { keys: &app.keys, clients: &app.clients, person: &session.person, reason: Reason::SignedOut };
    let mut tx = app.db.begin().await?;
    ending::end(&mut tx, &context.moment, &session.id, &ending).await?;
    tx.commit().await?;
    app.wake.ring();
    context.remove_cookie(Cookie::Session);
    browser_state::signed_out(context);
    context.set_cookie(Cookie::SignedOut, session.id.as_str(), Some(SIGNED_OUT_SECONDS));
    Ok(())
}

async fn leave_one(context: &Context, session: &Session, client: &Client) -> Result<(), Fault> {
    let mut tx = context.app.db.begin().await?;
    ending::leave(&mut tx, &session.id, &client.client_id).await?;
    family::revoke_of_session(&mut tx, &context.moment, &session.id, &client.client_id).await?;
    tx.commit().await
}

/// Nobody is signed in: what the client wanted is done already. But a secret that is nobody's may have been renewed in another
/// tab at this moment: the next page sees what the browser holds by then.
fn already_out(context: &Context, way: Option<&Way>) -> Response {
    match context.cookie(Cookie::Session) {
        Some(_) => signed_out(context, way),
        None => back_or(context, way, paths::SIGNED_OUT),
    }
}

/// To the page that says it and leads back.
fn signed_out(context: &Context, way: Option<&Way>) -> Response {
    context.redirect(&with_request(paths::SIGNED_OUT, way))
}

/// Signing out is still to be decided on.
pub(super) fn undecided(context: &Context, way: Option<&Way>) -> Response {
    context.redirect(&with_request(paths::SIGN_OUT, way))
}

fn with_request(page: &str, way: Option<&Way>) -> String {
    way.map_or_else(|| page.to_owned(), |way| paths::for_request(page, &way.id))
}

fn back_or(context: &Context, way: Option<&Way>, otherwise: &str) -> Response {
    let back = way.and_then(|way| way.leaving.back.as_deref());
    context.redirect(back.unwrap_or(otherwise))
}

fn csp(way: Option<&Way>) -> Csp {
    let source = way.and_then(|way| Url::parse(way.leaving.back.as_deref()?).ok()).map(|back| back.origin());
    match source {
        Some(origin) if origin.is_tuple() => Csp::strict().form_to(origin.ascii_serialization()),
        _ => Csp::strict(),
    }
}

impl Way {
    pub(super) fn client_id(&self) -> Option<&str> {
        self.client.as_ref().map(|client| client.client_id.as_str())
    }

    fn client_name(&self, context: &Context) -> Option<String> {
        self.client.as_ref().map(|client| client.name(context.locale).to_owned())
    }

    /// Back to the client, where it named an address.
    pub(super) fn link(&self, context: &Context) -> Option<Link> {
        let href = self.leaving.back.clone()?;
        Some(Link { href, text: self.client_name(context).unwrap_or_default() })
    }
}
