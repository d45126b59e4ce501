//! The hotline's desk: the operator asks, the caller answers at the identity service, the desk shows who it is.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::StatusCode;
use serde::Deserialize;

use super::answering::{self, Rp, remember_language, render};
use super::backchannel::{self, Answer, Question, Taken};
use super::call::{self, Call, Ending, Heard, Line, Matter, Pace, Rejection, Stage, Waiting};
use super::claims::Doubt;
use super::desk_pages::{AskPage, CallerPage, OverPage, Problem, Typed, WaitingPage};
use super::pages::Frame;
use super::provider::{Tokens, Unreachable};
use super::relying::SampleRp;
use super::settings::RelyingSettings;
use super::system::System;
use super::visitor::{self, Kind, Visitor};
use crate::base::{Fault, Secret};

/// The desk of the 12345 hotline, to be merged into the portal's routes. Fails as [`super::portal`] does.
pub fn hotline(settings: RelyingSettings) -> Result<Router, Fault> {
    let rp = SampleRp::new(System::Hotline, settings)?;
    let routes = Router::new().route("/", get(desk)).route("/ask", post(ask)).route("/over", post(over));
    let root = System::Hotline.root();
    Ok(Router::new().route(&format!("{root}/"), get(to_the_desk)).nest(root, answering::complete(routes, rp)))
}

/// The form, or how the call on the line stands.
async fn desk(State(rp): Rp, visitor: Visitor) -> Response {
    let line = visitor.browser.as_deref().and_then(|desk| rp.calls.find(rp.settings.clock.now(), desk));
    let page = match &line {
        Some(line) => {
            follow_to_the_end(&rp, line).await;
            shown(&rp, &visitor, line.lock().await.as_ref())
        }
        None => shown(&rp, &visitor, None),
    };
    let page = remember_language(&rp, visitor.chosen, page);
    match visitor.browser {
        Some(_) => page,
        None => {
            let cookie = visitor::set(&rp, Kind::Browser, &rp.settings.random.token(32));
            (AppendHeaders([cookie]), page).into_response()
        }
    }
}

#[derive(Deserialize)]
struct AskForm {
    form: String,
    login_hint: Secret,
    #[serde(default)]
    matter: String,
}

/// Only at a desk that was opened before: `SameSite=Lax` keeps another site's form from asking.
async fn ask(State(rp): Rp, visitor: Visitor, form: Result<Form<AskForm>, FormRejection>) -> Response {
    let (Some(desk), Ok(Form(asked))) = (visitor.browser.as_deref(), form) else {
        return to_the_desk().await;
    };
    let typed = Typed { login_hint: asked.login_hint, matter: Matter::of_word(&asked.matter) };
    let line = rp.calls.open(rp.settings.clock.now(), desk);
    let mut call = line.lock().await;
    // The same form sent twice asks once; another form is about the next caller, whoever was shown before.
    if call.as_ref().is_some_and(|call| call.form == asked.form) {
        return to_the_desk().await;
    }
    *call = None;
    match begin(&rp, &visitor, &typed, asked.form).await {
        Ok(begun) => {
            *call = Some(begun);
            to_the_desk().await
        }
        Err(problem) => {
            let form = rp.settings.random.token(16);
            let page = AskPage { frame: frame(&rp, &visitor), form, typed, problem: Some(problem) };
            render(page.status(), &page)
        }
    }
}

/// The next caller, or a question taken back: what was known is forgotten, and nobody asks for the answer any more.
async fn over(State(rp): Rp, visitor: Visitor) -> Response {
    if let Some(desk) = &visitor.browser {
        rp.calls.close(desk);
    }
    to_the_desk().await
}

async fn to_the_desk() -> Response {
    Redirect::to(System::Hotline.root()).into_response()
}

async fn begin(rp: &SampleRp, visitor: &Visitor, typed: &Typed, form: String) -> Result<Call, Problem> {
    let said = typed.login_hint.expose().trim();
    if said.is_empty() || said.len() > LONGEST_HINT || said.chars().any(char::is_control) {
        return Err(Problem::NobodyNamed);
    }
    let matter = typed.matter.ok_or(Problem::NoMatter)?;
    let code = call::code(&*rp.settings.random);
    let login_hint = Secret::new(said);
    let binding_message = Call::binding_message(&code, matter, visitor.locale);
    let question =
        Question { login_hint: &login_hint, binding_message: &binding_message, locale: visitor.locale };
    let taken = backchannel::ask(rp, &question).await.map_err(Problem::NotTaken)?;
    let asked_at = rp.settings.clock.now();
    let Taken { auth_req_id, expires_in, interval } = taken;
    let waiting = Waiting { auth_req_id, until: asked_at + expires_in, pace: Pace::new(asked_at, interval) };
    Ok(Call { form, code, matter, asked_at, stage: Stage::Waiting(waiting) })
}

/// What a login name, phone or ID number never exceeds; the service takes no more either.
const LONGEST_HINT: usize = 512;

/// In a task of its own: the service hands out an answer once, also when the browser goes away meanwhile.
async fn follow_to_the_end(rp: &Arc<SampleRp>, line: &Line) {
    let (rp, line) = (rp.clone(), line.clone());
    let task = tokio::spawn(async move {
        if let Some(call) = &mut *line.lock().await {
            follow(&rp, call).await;
        }
    });
    if let Err(error) = task.await {
        tracing::error!(%error, "sample: a call was not followed to its end");
    }
}

/// Asks whether the caller has answered, if it is time to ask.
async fn follow(rp: &SampleRp, call: &mut Call) {
    let Stage::Waiting(waiting) = &mut call.stage else { return };
    let began = rp.settings.clock.now();
    if !waiting.pace.is_due(began) {
        return;
    }
    let answer = match rp.provider.known().await {
        Ok(known) => backchannel::poll(rp, &known, &waiting.auth_req_id).await,
        Err(Unreachable) => Answer::Open(Heard::Nothing),
    };
    let heard = match answer {
        Answer::Open(heard) => heard,
        Answer::Tokens(tokens) => return call.stage = known(rp, &tokens).await,
        // Long after its end the service no longer knows the question.
        Answer::Over(Ending::Rejected(Rejection::Refused { .. })) if began >= waiting.until => {
            return call.stage = Stage::Over(Ending::Expired);
        }
        Answer::Over(ending) => return call.stage = Stage::Over(ending),
    };
    if began >= waiting.until {
        call.stage = Stage::Over(Ending::Expired);
    } else {
        waiting.pace.note(rp.settings.clock.now(), heard);
    }
}

async fn known(rp: &SampleRp, tokens: &Tokens) -> Stage {
    let person = match rp.provider.known().await {
        Ok(known) => backchannel::person(rp, &known, tokens).await,
        Err(Unreachable) => Err(Doubt::Unreachable),
    };
    match person {
        Ok(person) => Stage::Known(Box::new(person)),
        Err(Doubt::Unreachable) => Stage::Over(Ending::Lost),
        Err(Doubt::Unsound(check)) => Stage::Over(Ending::Rejected(Rejection::Unsound(check))),
    }
}

fn shown(rp: &SampleRp, visitor: &Visitor, call: Option<&Call>) -> Response {
    let frame = frame(rp, visitor);
    let Some(call) = call else {
        let form = rp.settings.random.token(16);
        return render(StatusCode::OK, &AskPage { frame, form, typed: Typed::nothing(), problem: None });
    };
    match &call.stage {
        Stage::Waiting(waiting) => {
            let now = rp.settings.clock.now();
            render(StatusCode::OK, &WaitingPage { frame, call, waiting, now })
        }
        Stage::Known(person) => render(StatusCode::OK, &CallerPage { frame, call, person }),
        Stage::Over(ending) => render(StatusCode::OK, &OverPage { frame, call, ending }),
    }
}

fn frame<'a>(rp: &'a SampleRp, visitor: &Visitor) -> Frame<'a> {
    Frame { locale: visitor.locale, rp }
}
