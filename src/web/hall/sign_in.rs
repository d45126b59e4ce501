//! A clerk signs in with login and password.

use http::StatusCode;
use serde::Deserialize;

use super::staff::{self, IDLE, KEPT, OVER};
use crate::base::{Actor, Fault, Secret};
use crate::hall::Answer as Stepped;
use crate::hall::clerk_session::{self, Door, Presence, SignInRefusal, SignedIn, Touch};
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::cookie::Cookie;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::web::answer::{Answer, chrome, page};
use crate::web::pages::hall::{HallSignInPage, HallSignInProblem};

#[derive(Deserialize, Default)]
pub struct Asked {
    next: Option<String>,
    why: Option<String>,
}

/// What the page shows beside its frame.
#[derive(Default)]
struct Shown {
    next: Option<String>,
    login: String,
    problem: Option<HallSignInProblem>,
    /// Seconds to wait before the next try.
    wait: Option<u64>,
}

const LONGEST_LOGIN: usize = 64;

pub async fn get(context: Context, Query(asked): Query<Asked>) -> Answer {
    let next = asked.next.as_deref().and_then(staff::hall_path);
    if let Presence::Here(_) = staff::presence(&context, Touch::Act).await? {
        return Ok(context.redirect(next.as_deref().unwrap_or(paths::HALL)));
    }
    let problem = match asked.why.as_deref() {
        Some(IDLE) => Some(HallSignInProblem::Idle),
        Some(OVER) => Some(HallSignInProblem::Over),
        Some(KEPT) => Some(HallSignInProblem::OverAndKept),
        _ => None,
    };
    let shown = Shown { next, problem, ..Shown::default() };
    let mut response = show(&context, shown)?;
    // Why the page is shown is no mistake of the form.
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

pub async fn post(Posted { mut context, form }: Posted) -> Answer {
    let next = form.get("next").and_then(staff::hall_path);
    let login = form.get("login").unwrap_or_default();
    let password = form.raw("password").unwrap_or_default();
    let mut shown = Shown { next, login: login.chars().take(LONGEST_LOGIN).collect(), ..Shown::default() };
    shown.problem = missing(login, password);
    if shown.problem.is_some() {
        return show(&context, shown);
    }
    match try_password(&context, login, password).await? {
        Stepped::Done(signed_in) => {
            open(&mut context, &signed_in).await?;
            Ok(context.redirect(shown.next.as_deref().unwrap_or(paths::HALL)))
        }
        Stepped::Refused(refusal) => {
            (shown.problem, shown.wait) = of(refusal);
            show(&context, shown)
        }
    }
}

async fn try_password(
    context: &Context,
    login: &str,
    password: &str,
) -> Result<Stepped<SignedIn, SignInRefusal>, Fault> {
    let app = &context.app;
    let door = Door { db: &app.db, keys: &app.keys, ephemeral: &app.ephemeral, passwords: &app.passwords };
    clerk_session::sign_in(door, &context.moment, login, Secret::new(password)).await
}

/// The session this browser had before ends: its secret is never used again.
async fn open(context: &mut Context, signed_in: &SignedIn) -> Result<(), Fault> {
    if let Presence::Here(before) = staff::presence(context, Touch::Poll).await? {
        let moment = context.moment.by(Actor::Staff(before.clerk.id.clone()));
        clerk_session::sign_out(&context.app.db, &moment, &before).await?;
    }
    // Until the browser closes; the service ends it earlier.
    context.set_cookie(Cookie::Staff, signed_in.secret.expose(), None);
    Ok(())
}

fn missing(login: &str, password: &str) -> Option<HallSignInProblem> {
    match (login.is_empty(), password.is_empty()) {
        (true, true) => Some(HallSignInProblem::NothingTyped),
        (true, false) => Some(HallSignInProblem::NoLogin),
        (false, true) => Some(HallSignInProblem::NoPassword),
        (false, false) => None,
    }
}

fn of(refusal: SignInRefusal) -> (Option<HallSignInProblem>, Option<u64>) {
    match refusal {
        SignInRefusal::Wrong => (Some(HallSignInProblem::WrongLoginOrPassword), None),
        SignInRefusal::Locked { minutes } => {
            (Some(HallSignInProblem::Locked { minutes }), Some(minutes * 60))
        }
        SignInRefusal::NotAtAWindow => (Some(HallSignInProblem::NoRole), None),
        SignInRefusal::Busy { retry_after } => (Some(HallSignInProblem::Busy), Some(retry_after)),
    }
}

fn show(context: &Context, shown: Shown) -> Answer {
    let status = match shown.problem {
        None => StatusCode::OK,
        Some(HallSignInProblem::Locked { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(HallSignInProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(HallSignInProblem::NoRole) => StatusCode::FORBIDDEN,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let drawn = HallSignInPage {
        chrome: chrome(context),
        next: shown.next,
        login: shown.login,
        problem: shown.problem,
    };
    let mut response = page(context, &drawn)?;
    *response.status_mut() = status;
    if let Some(wait) = shown.wait {
        response.headers_mut().insert(http::header::RETRY_AFTER, wait.into());
    }
    Ok(response)
}
