//! The citizen's page of their visit: asking for one, its code, and the confirmation that ties it to the account.

use axum::Json;
use axum::response::IntoResponse;
use http::StatusCode;
use serde_json::json;

use super::account::citizen::{Citizen, Sent};
use super::answer::{Answer, page};
use super::chrome::Chrome;
use super::form::Field;
use super::messages;
use super::pages::{BindingForm, VisitPage, VisitState};
use super::progress::{self, Progress};
use super::sign_in;
use super::way::Way;
use super::{entrance, halls};
use crate::base::Fault;
use crate::hall::bind::{self, By, Confirmation, Confirmed};
use crate::hall::binding_refusal::BindingRefusal;
use crate::hall::{self, enrol, receipt};
use crate::http::context::Context;
use crate::http::paths;
use crate::http::shown::Problem;
use crate::protocol::urlencoded;

/// What a form of the page came to, where it did not lead on.
#[derive(Default)]
pub struct Tried {
    /// Of the offer that was scanned, while it is the one that waits.
    pub token: Option<String>,
    pub number: Field,
    pub problem: Option<String>,
    pub notice: Option<String>,
    /// Where whoever is the wrong person signs out, to come back as the right one.
    pub switch_action: Option<String>,
    pub status: StatusCode,
}

pub async fn get(citizen: Citizen) -> Answer {
    show(citizen, Tried::default()).await
}

/// `action` is `enrol`, `cancel` or `refuse`; without one, `number` confirms the binding.
pub async fn post(sent: Sent) -> Answer {
    let Sent { citizen, form } = sent;
    match form.get("action") {
        Some("enrol") => enrol(citizen).await,
        Some("cancel") => cancel(citizen).await,
        Some("refuse") => refuse(citizen).await,
        None => confirm(citizen, None, form.get("number").unwrap_or_default()).await,
        Some(_) => Err(Problem::BadRequest.into()),
    }
}

/// What the page asks every few seconds. Who is signed out meanwhile sees that by the reload.
pub async fn state(context: Context) -> Answer {
    let state = match context.session().await? {
        Some(session) => progress::find(&context, &session).await?.state.word(),
        None => "signed_out",
    };
    Ok(context.finish(Json(json!({ "state": state })).into_response()))
}

/// Binds what the window proved to the citizen's account, by the scanned token or from their own page.
pub async fn confirm(mut citizen: Citizen, token: Option<String>, number: &str) -> Answer {
    let (app, session) = (citizen.context.app.clone(), &citizen.session);
    let by = token.as_deref().map_or(By::Account, By::Token);
    let confirmation = Confirmation { by, person: &session.person, account: &session.account, number };
    match bind::confirm(&app.db, &app.keys, &citizen.context.moment, &confirmation).await? {
        hall::Answer::Done(Confirmed::Now(_)) => {
            sign_in::renew(&mut citizen.context, &citizen.session).await?;
            Ok(back(&citizen))
        }
        hall::Answer::Done(Confirmed::Already(_)) => Ok(back(&citizen)),
        hall::Answer::Refused(refusal) => {
            let tried = refused(&citizen, (token, number), refusal);
            show(citizen, tried).await
        }
    }
}

/// The citizen says that it is somebody else at the window.
pub async fn refuse(citizen: Citizen) -> Answer {
    let context = &citizen.context;
    let ended = bind::decline(&context.app.db, &context.moment, &citizen.session.person).await?;
    let notice = ended.then(|| messages::Visit(context.locale).refused().to_owned());
    show(citizen, Tried { notice, ..Tried::default() }).await
}

/// The page, with what a form came to.
pub async fn show(mut citizen: Citizen, tried: Tried) -> Answer {
    let way = Way::of_address(&mut citizen.context).await?;
    let progress = progress::find(&citizen.context, &citizen.session).await?;
    let context = &citizen.context;
    let here = here(context, way.as_ref());
    let came_from = if way.is_none() { entrance::named(context).await? } else { None };
    let service = way.as_ref().map(|way| way.client.name(context.locale).to_owned());
    let binding = progress.invitation.as_ref().map(|invitation| BindingForm {
        action: tried.token.as_deref().map_or_else(|| here.clone(), paths::bind),
        number: tried.number,
        tries_left: u32::try_from(invitation.tries_left).unwrap_or_default(),
    });
    let continues = service.clone().zip(way.as_ref()).filter(|_| progress.state == VisitState::Bound);
    let drawn = VisitPage {
        chrome: Chrome { service, ..citizen.chrome() },
        visit: progress.state,
        ticket: progress.ticket(context)?,
        halls: halls::list(context).await?,
        binding,
        poll_href: progress.poll_href(),
        state: progress.state.word().to_owned(),
        continue_to: continues.map(|(name, way)| (name, paths::for_request(paths::CONTINUE, &way.id))),
        receipt_href: receipt_href(context, &progress).await?,
        slip_href: progress.slip_href(context).await?.map(|page| with_request(page, way.as_ref())),
        problem: tried.problem,
        notice: tried.notice,
        came_from,
        switch_action: tried.switch_action,
        here,
    };
    let mut response = page(context, &drawn)?;
    *response.status_mut() = tried.status;
    Ok(response)
}

/// Asks for a visit.
pub async fn enrol(citizen: Citizen) -> Answer {
    let (context, session) = (&citizen.context, &citizen.session);
    let app = &context.app;
    let who = (&session.person, &session.account);
    match enrol::enrol(&app.db, &app.keys, &context.moment, who).await? {
        hall::Answer::Done(_) => Ok(back(&citizen)),
        hall::Answer::Refused(refusal) => {
            let message = refusal.message(context.locale);
            show(citizen, problem(message, StatusCode::UNPROCESSABLE_ENTITY)).await
        }
    }
}

async fn cancel(citizen: Citizen) -> Answer {
    let context = &citizen.context;
    match enrol::cancel(&context.app.db, &context.moment, &citizen.session.person).await? {
        hall::Answer::Done(_) => Ok(back(&citizen)),
        hall::Answer::Refused(refusal) => {
            let message = refusal.message(context.locale);
            show(citizen, problem(message, StatusCode::CONFLICT)).await
        }
    }
}

/// A message of the whole page.
pub fn problem(message: impl Into<String>, status: StatusCode) -> Tried {
    Tried { problem: Some(message.into()), status, ..Tried::default() }
}

/// A number that can be typed again stands in its field; everything else is said on top.
fn refused(citizen: &Citizen, (token, number): (Option<String>, &str), refusal: BindingRefusal) -> Tried {
    let message = refusal.message(citizen.context.locale);
    match refusal {
        BindingRefusal::NotANumber | BindingRefusal::WrongNumber { .. } => Tried {
            token,
            number: Field::wrong(number.chars().take(2).collect::<String>(), message),
            status: StatusCode::UNPROCESSABLE_ENTITY,
            ..Tried::default()
        },
        BindingRefusal::AnotherPerson => problem(message, StatusCode::FORBIDDEN),
        BindingRefusal::NoOffer | BindingRefusal::Expired | BindingRefusal::Ended => {
            problem(message, StatusCode::GONE)
        }
    }
}

/// To the page, with what the address says of the way.
pub fn back(citizen: &Citizen) -> axum::response::Response {
    let context = &citizen.context;
    let query = context.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    context.redirect(&format!("{}{query}", paths::ACCOUNT_VISIT))
}

fn here(context: &Context, way: Option<&Way>) -> String {
    let from = entrance::named_id(context).map(|id| format!("?from={}", urlencoded::encode(&id)));
    match way {
        Some(way) => way.lasting(paths::ACCOUNT_VISIT),
        None => format!("{}{}", paths::ACCOUNT_VISIT, from.unwrap_or_default()),
    }
}

fn with_request(page: &str, way: Option<&Way>) -> String {
    way.map_or_else(|| page.to_owned(), |way| paths::for_request(page, &way.id))
}

async fn receipt_href(context: &Context, progress: &Progress) -> Result<Option<String>, Fault> {
    let Some(visit) = progress.visit().filter(|_| progress.state == VisitState::Bound) else {
        return Ok(None);
    };
    let id = receipt::find_id_of_visit(&mut context.app.db.read(), visit).await?;
    Ok(id.map(|id| paths::receipt(&id)))
}
