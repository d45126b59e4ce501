//! The addresses of a system and what happens at each.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use http::StatusCode;
use openidconnect::{CsrfToken, LanguageTag, LogoutRequest, PostLogoutRedirectUrl};
use serde::Deserialize;

use super::answering::{self, FRONTCHANNEL_LOGOUT, Rp, remember_language, render};
use super::logout_token::{self, Expected, Logout, Refused};
use super::pages::{Arrival, Frame, Notice, SignOut, SignedIn, Welcome};
use super::person::Person;
use super::provider::{SignedIdToken, Unreachable};
use super::relying::SampleRp;
use super::sessions::{Heard, Seen};
use super::settings::RelyingSettings;
use super::sign_in::{self, Answer, Refusal};
use super::system::System;
use super::visitor::{self, Kind, Visitor};
use crate::base::{Fault, Locale};

/// The city portal 门户. Fails when the settings hold no URLs, or the certificates or the sessions file cannot be read.
pub fn portal(settings: RelyingSettings) -> Result<Router, Fault> {
    Ok(routes(SampleRp::new(System::Portal, settings)?))
}

/// The department system 市人社局, which lets in level 3 only. Fails as [`portal`] does.
pub fn department(settings: RelyingSettings) -> Result<Router, Fault> {
    Ok(routes(SampleRp::new(System::Department, settings)?))
}

fn routes(rp: Arc<SampleRp>) -> Router {
    let routes = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/logout", get(ask_before_logout).post(logout))
        .route("/signed-out", get(signed_out))
        .route("/backchannel-logout", post(backchannel_logout))
        .route(FRONTCHANNEL_LOGOUT, get(frontchannel_logout));
    answering::complete(routes, rp)
}

async fn home(State(rp): Rp, visitor: Visitor) -> Response {
    let seen = match &visitor.session {
        Some(token) => rp.sessions.find(token).await,
        None => Seen::Nobody,
    };
    let frame = Frame { locale: visitor.locale, rp: &rp };
    let page = match seen {
        Seen::SignedIn(person) => render(StatusCode::OK, &SignedIn { frame, person: &person }),
        Seen::EndedElsewhere => render(StatusCode::OK, &Welcome { frame, arrival: Arrival::EndedElsewhere }),
        Seen::Nobody => render(StatusCode::OK, &Welcome { frame, arrival: Arrival::Fresh }),
    };
    remember_language(&rp, visitor.chosen, page)
}

/// What somebody says who sends a person here to sign in (OIDC Core §4); our own button says nothing.
#[derive(Deserialize)]
struct Initiated {
    iss: Option<String>,
}

async fn login(
    State(rp): Rp,
    visitor: Visitor,
    initiated: Result<Query<Initiated>, QueryRejection>,
) -> Response {
    let ours = initiated
        .is_ok_and(|Query(initiated)| initiated.iss.is_none_or(|issuer| issuer == rp.settings.issuer));
    if !ours {
        let page = Notice::refused(Frame { locale: visitor.locale, rp: &rp }, &Refusal::WrongIssuer);
        return render(StatusCode::BAD_REQUEST, &page);
    }
    let browser = visitor.browser.unwrap_or_else(|| rp.settings.random.token(32));
    match sign_in::begin(&rp, &browser, visitor.locale).await {
        Ok(url) => ([visitor::set(&rp, Kind::Browser, &browser)], Redirect::to(&url)).into_response(),
        Err(Unreachable) => {
            let frame = Frame { locale: visitor.locale, rp: &rp };
            render(StatusCode::SERVICE_UNAVAILABLE, &Notice::unreachable(frame))
        }
    }
}

async fn callback(
    State(rp): Rp,
    visitor: Visitor,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Response {
    let outcome = match answer {
        Ok(Query(answer)) => sign_in::finish(&rp, visitor.browser.as_deref(), answer).await,
        Err(_) => Err(Refusal::UnknownLogin),
    };
    match outcome {
        Ok(person) => sign_in_here(&rp, &visitor, person).await,
        Err(refusal) => {
            let page = Notice::refused(Frame { locale: visitor.locale, rp: &rp }, &refusal);
            render(status_of(&refusal), &page)
        }
    }
}

/// A new cookie at every sign-in: one that somebody planted before leads nowhere.
async fn sign_in_here(rp: &SampleRp, visitor: &Visitor, person: Person) -> Response {
    let token = rp.settings.random.token(32);
    match rp.sessions.begin(&token, visitor.session.as_deref(), person).await {
        Ok(()) => ([visitor::set(rp, Kind::Session, &token)], Redirect::to("/")).into_response(),
        Err(fault) => broken(rp, visitor.locale, &fault),
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::UnknownLogin | Refusal::WrongIssuer | Refusal::Unsound(_) => StatusCode::BAD_REQUEST,
        Refusal::Answered { .. } | Refusal::LevelTooLow { .. } => StatusCode::FORBIDDEN,
        Refusal::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn ask_before_logout(State(rp): Rp, visitor: Visitor) -> Response {
    let page = SignOut { frame: Frame { locale: visitor.locale, rp: &rp } };
    remember_language(&rp, visitor.chosen, render(StatusCode::OK, &page))
}

/// Signs out here first, whatever becomes of the rest, then asks the identity service (RP-Initiated Logout §2).
/// `SameSite=Lax` keeps another site's form from doing this.
async fn logout(State(rp): Rp, visitor: Visitor) -> Response {
    let person = match &visitor.session {
        Some(token) => rp.sessions.end(token).await,
        None => Ok(None),
    };
    let person = match person {
        Ok(person) => person,
        Err(fault) => return broken(&rp, visitor.locale, &fault),
    };
    let url = match &person {
        Some(person) => end_session_url(&rp, &visitor, person).await,
        None => None,
    };
    let cookie = visitor::clear(&rp, Kind::Session);
    match url {
        Some(url) => ([cookie], Redirect::to(&url)).into_response(),
        None => {
            let page = Notice::signed_out(Frame { locale: visitor.locale, rp: &rp });
            ([cookie], render(StatusCode::OK, &page)).into_response()
        }
    }
}

async fn end_session_url(rp: &SampleRp, visitor: &Visitor, person: &Person) -> Option<String> {
    let endpoint = rp.provider.known().await.ok()?.end_session_endpoint()?;
    let back = PostLogoutRedirectUrl::new(rp.settings.post_logout_redirect_uri()).ok()?;
    let id_token: SignedIdToken = person.id_token.parse().ok()?;
    let state = rp.settings.random.token(32);
    let browser = visitor.browser.clone()?;
    rp.logouts.begin(rp.settings.clock.now(), state.clone(), browser, ());
    let request = LogoutRequest::from(endpoint)
        .set_id_token_hint(&id_token)
        .set_client_id(rp.provider.client_id().clone())
        .set_post_logout_redirect_uri(back)
        .set_state(CsrfToken::new(state))
        .add_ui_locale(LanguageTag::new(visitor.locale.tag().to_owned()));
    Some(request.http_get_url().into())
}

#[derive(Deserialize)]
struct Returned {
    state: Option<String>,
}

async fn signed_out(
    State(rp): Rp,
    visitor: Visitor,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let state = returned.ok().and_then(|Query(returned)| returned.state);
    let begun = state
        .zip(visitor.browser.as_deref())
        .and_then(|(state, browser)| rp.logouts.finish(rp.settings.clock.now(), &state, browser));
    match begun {
        Some(()) => render(StatusCode::OK, &Notice::signed_out(Frame { locale: visitor.locale, rp: &rp })),
        None => Redirect::to("/").into_response(),
    }
}

#[derive(Deserialize)]
struct LogoutForm {
    logout_token: String,
}

/// OpenID Connect Back-Channel Logout 1.0 §2.5: 200, or 400 with the reason; 503 where a later try may succeed.
async fn backchannel_logout(State(rp): Rp, form: Result<Form<LogoutForm>, FormRejection>) -> Response {
    let Ok(Form(LogoutForm { logout_token })) = form else {
        return logout_refused(StatusCode::BAD_REQUEST, "invalid_request", "one logout_token is required");
    };
    let refused = |why: Refused| {
        tracing::warn!(%why, "sample: a logout token was refused");
        logout_refused(StatusCode::BAD_REQUEST, "invalid_request", &why.to_string())
    };
    let logout = match heard(&rp, &logout_token).await {
        Ok(Ok(logout)) => logout,
        Ok(Err(why)) => return refused(why),
        Err(Unreachable) => return try_later("the issuer's keys cannot be fetched"),
    };
    match rp.sessions.end_by(&logout).await {
        Ok(Heard::Ended(sessions)) => {
            tracing::info!(sessions, "sample: signed out by the identity service");
            StatusCode::OK.into_response()
        }
        Ok(Heard::Replayed) => refused(Refused::Replayed),
        Err(fault) => {
            tracing::error!(?fault, "sample: a logout could not be kept");
            try_later("the sessions cannot be written")
        }
    }
}

#[derive(Deserialize)]
struct FrontChannel {
    iss: String,
    sid: String,
}

/// OpenID Connect Front-Channel Logout 1.0 §3: the address stands in a frame of the identity service's page. It is
/// found by `sid` and needs no cookie, which a browser may keep from frames (§4.1).
async fn frontchannel_logout(
    State(rp): Rp,
    asked: Result<Query<FrontChannel>, QueryRejection>,
) -> StatusCode {
    let Ok(Query(FrontChannel { iss, sid })) = asked else { return StatusCode::BAD_REQUEST };
    if iss != rp.provider.issuer() {
        return StatusCode::BAD_REQUEST;
    }
    match rp.sessions.end_of_sid(&sid).await {
        Ok(sessions) => {
            tracing::info!(sessions, "sample: signed out by the browser");
            StatusCode::OK
        }
        Err(fault) => {
            tracing::error!(?fault, "sample: a logout could not be kept");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Verified with the keys at hand, or with newly fetched ones where the key is unknown.
async fn heard(rp: &SampleRp, token: &str) -> Result<Result<Logout, Refused>, Unreachable> {
    let now = rp.settings.clock.now();
    let expected = Expected { issuer: rp.provider.issuer(), client_id: rp.provider.client_id(), now };
    let known = rp.provider.known().await?;
    match logout_token::verify(token, known.keys(), &expected) {
        Err(Refused::UnknownKey) => {
            let anew = rp.provider.known_anew().await?;
            Ok(logout_token::verify(token, anew.keys(), &expected))
        }
        outcome => Ok(outcome),
    }
}

fn try_later(why: &str) -> Response {
    logout_refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", why)
}

fn logout_refused(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(serde_json::json!({"error": error, "error_description": description}))).into_response()
}

fn broken(rp: &SampleRp, locale: Locale, fault: &Fault) -> Response {
    tracing::error!(?fault, "sample: a request failed");
    render(StatusCode::INTERNAL_SERVER_ERROR, &Notice::broken(Frame { locale, rp }))
}
