//! Where the way of an authorization request meets one whose answer comes from another device: read as the same kind of
//! request, passed through the same checks and pages, and answered to the device or client that waits.

use axum::response::Response;

use super::accept;
use super::check::{self, Ask, Door};
use super::token::push;
use crate::app::App;
use crate::base::id::{DecoupledId, PersonId, RequestId};
use crate::base::{Actor, Fault, Locale, Moment};
use crate::client::{Client, SealProblem, policy};
use crate::grant::decoupled::{self, Closing, TellClient, Waiting};
use crate::grant::notice::{self, Body, Content};
use crate::grant::pending::{self, Pending};
use crate::grant::{Granted, asked};
use crate::http::context::Context;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::protocol::authorize::AuthorizeDraft;
use crate::protocol::ciba::DeliveryMode;
use crate::protocol::request_object::Carried;
use crate::protocol::{AuthorizeRequest, Params, Refusal};
use crate::session::Proof;

/// What such a request may carry of an authorization request's parameters.
const TAKEN: [&str; 7] =
    ["scope", "acr_values", "claims", "resource", "authorization_details", "max_age", "ui_locales"];

/// The person's answer.
pub(super) enum Said<'a> {
    Yes(Box<Granted>, &'a [Proof]),
    No(&'a PersonId, Closing),
}

/// The request as the authorization endpoint would read it: its answer goes to a page of ours, and the person is always
/// asked, whatever was allowed before (RFC 8628 §5.4).
pub(super) fn read(
    app: &App,
    client: &Client,
    (params, way): (&Params, (Door, Carried)),
    decided: &[(&str, String)],
) -> Result<AuthorizeRequest, Refusal> {
    let mut pairs = vec![
        ("client_id", client.client_id.clone()),
        ("redirect_uri", app.settings.url(paths::ANSWERED)),
        ("response_type", "code".to_owned()),
        ("prompt", "consent".to_owned()),
    ];
    let is_decided = |name: &str| decided.iter().any(|(known, _)| *known == name);
    for name in TAKEN.into_iter().filter(|name| !is_decided(name)) {
        pairs.extend(params.all(name).map(|value| (name, value.to_owned())));
    }
    match way.0 {
        _ if params.has("scope") => {}
        // RFC 8628 §3.1: a device may leave it out. CIBA Core 1.0 §7.1: a client may not.
        Door::Device => pairs.push(("scope", policy::default_scope().to_string())),
        _ => return Err(Refusal::CibaScopeMissing),
    }
    pairs.extend(decided.iter().cloned());
    let request = accept::request(AuthorizeDraft::parse(&Params::from_pairs(pairs)?))?;
    // What only a request answered by redirect must have, this one need not.
    let ask = Ask { redirect: None, ..Ask::of(client, &request, way) };
    if let Some(refusal) = check::refusal(&ask) {
        return Err(refusal);
    }
    asked::of(&request, client)?;
    Ok(request)
}

/// Ends the way: what the person said is written, and the page says what became of it.
pub(super) async fn answer(
    (context, client): (&Context, &Client),
    id: &DecoupledId,
    way: (&Pending, Option<&RequestId>),
    said: Said<'_>,
) -> Result<Response, PageProblem> {
    let word = match &said {
        Said::Yes(..) => "allowed",
        Said::No(_, Closing::Denied) => "denied",
        Said::No(_, Closing::Unmet) => "unmet",
    };
    let person = match &said {
        Said::Yes(granted, _) => granted.person.clone(),
        Said::No(person, _) => (*person).clone(),
    };
    let app = &context.app;
    let moment = context.moment.by(Actor::Person(person));
    let found = decoupled::find_waiting(&mut app.db.read(), &app.keys, moment.now, id)
        .await?
        .ok_or(Problem::Answered)?;
    // In a place of its own: it is large and rare, and stands at the end of the way that every sign-on goes.
    let written = Box::pin(write(app, &moment, (client, &found), said)).await?;
    finish(context, way).await?;
    if !written {
        return Err(Problem::Answered.into());
    }
    Ok(context.redirect(&format!("{}?said={word}", paths::ANSWERED)))
}

/// Nothing was decided: who left, or could not sign in, has neither allowed nor denied anything.
pub(super) async fn leave(
    context: &Context,
    way: (&Pending, Option<&RequestId>),
) -> Result<Response, PageProblem> {
    finish(context, way).await?;
    Ok(context.redirect(&format!("{}?said=nothing", paths::ANSWERED)))
}

async fn finish(context: &Context, (pending, waiting): (&Pending, Option<&RequestId>)) -> Result<(), Fault> {
    match waiting {
        Some(id) => pending::end_elsewhere(&context.app.ephemeral, &context.moment, (id, pending)).await,
        None => Ok(()),
    }
}

/// One transaction: the decision, the session of its own, and what the client is told; whether the request still waited.
pub(super) async fn write(
    app: &App,
    moment: &Moment,
    (client, found): (&Client, &Waiting),
    said: Said<'_>,
) -> Result<bool, Fault> {
    let told = found.ask.told.as_ref();
    let pushes = told.is_some_and(|told| told.mode == DeliveryMode::Push);
    if pushes {
        push::reachable(app, moment, client).await?;
    }
    let mut tx = app.db.begin().await?;
    let body = match said {
        Said::Yes(granted, proofs) => {
            let own_name = || client.name(Locale::ZhCn).to_owned();
            let device = found.ask.device_name.clone().unwrap_or_else(own_name);
            let allowed = decoupled::allow(&mut tx, moment, (found, &device), (*granted, proofs)).await?;
            let Some(granted) = allowed else { return Ok(false) };
            match told {
                Some(told) if told.mode == DeliveryMode::Push => {
                    let all = (found, &granted, told);
                    let Some(content) = push::tokens(&mut tx, (app, moment), client, all).await? else {
                        return Ok(false);
                    };
                    Some(Body { token: told.notification_token.clone(), content })
                }
                told => told.map(ping),
            }
        }
        Said::No(person, closing) => {
            if !decoupled::close(&mut tx, moment, found, (person, closing)).await? {
                return Ok(false);
            }
            // CIBA Core 1.0 §12: a push has these words and no others.
            let refusal = match closing {
                Closing::Denied => Refusal::CibaDenied,
                Closing::Unmet => Refusal::CibaLevelTooLow,
            };
            told.map(|told| match told.mode {
                DeliveryMode::Push => body(told, push::refusal(told, refusal, &moment.request_id)),
                DeliveryMode::Poll | DeliveryMode::Ping => ping(told),
            })
        }
    };
    if let Some(body) = &body {
        notice::queue(&mut tx, moment, &app.keys, (found, body)).await?;
    }
    tx.commit().await?;
    app.notices.ring();
    Ok(true)
}

/// Notes the requests nobody answered in time; a client that waits for a push is told (CIBA Core 1.0 §12). How many.
pub async fn expire(app: &App, moment: &Moment) -> Result<usize, Fault> {
    if !decoupled::any_expired(&mut app.db.read(), moment.now).await? {
        return Ok(0);
    }
    let mut tx = app.db.begin().await?;
    let expired = decoupled::expire(&mut tx, &app.keys, moment.now).await?;
    for found in &expired {
        let told = found.ask.told.as_ref().filter(|told| told.mode == DeliveryMode::Push);
        if let Some(told) = told {
            let text = push::refusal(told, Refusal::AuthReqIdExpired, &moment.request_id);
            notice::queue(&mut tx, moment, &app.keys, (found, &body(told, text))).await?;
        }
    }
    tx.commit().await?;
    Ok(expired.len())
}

/// What a notice says, as it is posted now.
pub async fn print(
    app: &App,
    moment: &Moment,
    client: &Client,
    content: &Content,
) -> Result<String, SealProblem> {
    push::print(app, moment, client, content).await
}

/// CIBA Core 1.0 §10.2.
fn ping(told: &TellClient) -> Body {
    body(told, serde_json::json!({ "auth_req_id": told.auth_req_id }).to_string())
}

fn body(told: &TellClient, json: String) -> Body {
    Body { token: told.notification_token.clone(), content: Content::Ready(json) }
}
