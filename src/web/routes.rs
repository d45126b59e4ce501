//! Which page answers where.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::{
    account as own, bind, consent, device, errors, hall as desk, home, inbox, logo, reader, receipt,
    register, session_frame, sign_in, sign_out, signed_out, step_up, visit,
};
use crate::app::App;
use crate::http::paths;

/// All pages, a group an area.
pub fn routes() -> Router<Arc<App>> {
    Router::new().merge(around()).merge(way()).merge(account()).merge(hall()).merge(sandbox())
}

fn around() -> Router<Arc<App>> {
    Router::new()
        .route(paths::HOME, get(home::get))
        .route(paths::HELP_ERRORS, get(errors::list))
        .route(paths::HELP_ERROR, get(errors::one))
        .route(&format!("{}/{{*path}}", paths::ASSETS), get(home::asset))
}

/// The way through an authorization request, and out.
fn way() -> Router<Arc<App>> {
    Router::new()
        .route(paths::SIGN_IN, get(sign_in::get).post(sign_in::post))
        .route(paths::CONSENT, get(consent::get).post(consent::post))
        .route(paths::DEVICE, get(device::get).post(device::post))
        .route(paths::ANSWERED, get(device::answered))
        .route(paths::STEP_UP, get(step_up::get).post(step_up::post))
        .route(paths::REGISTER, get(register::get).post(register::post))
        .route(paths::REGISTERED, get(register::done::get))
        .route(paths::LOGO, get(logo::get))
        .route(paths::SIGN_OUT, get(sign_out::get).post(sign_out::post))
        .route(paths::SIGNED_OUT, get(signed_out::get))
        .route(paths::SIGNED_OUT_STATE, get(signed_out::state))
        .route(paths::SIGNED_OUT_ASKED, post(signed_out::asked))
        .route(paths::CHECK_SESSION, get(session_frame::get))
}

fn account() -> Router<Arc<App>> {
    Router::new()
        .route(paths::ACCOUNT, get(own::overview::get))
        .route(paths::ACCOUNT_AS_TYPED, get(own::overview::instead))
        .route(paths::ACCOUNT_VISIT, get(visit::get).post(visit::post))
        .route(paths::ACCOUNT_VISIT_STATE, get(visit::state))
        .route(paths::BIND, get(bind::get).post(bind::post))
        .route(paths::ACCOUNT_SESSIONS, get(own::sessions::get).post(own::sessions::post))
        .route(paths::ACCOUNT_CONSENTS, get(own::consents::get).post(own::consents::post))
        .route(paths::ACCOUNT_HISTORY, get(own::history::get))
        .route(paths::ACCOUNT_REQUESTS, get(own::requests::list))
        .route(paths::ACCOUNT_REQUEST, get(own::requests::get))
        .route(paths::ACCOUNT_SERVICES, get(own::enter::get))
        .route(paths::HELP, get(own::help::get))
}

/// The window, and the receipts it gives.
fn hall() -> Router<Arc<App>> {
    Router::new()
        .route(paths::HALL, get(desk::desk::get))
        .route(paths::HALL_AS_TYPED, get(desk::desk::instead))
        .route(paths::HALL_SIGN_IN, get(desk::sign_in::get).post(desk::sign_in::post))
        .route(paths::HALL_SIGN_OUT, get(desk::sign_out::get).post(desk::sign_out::post))
        .route(paths::HALL_WINDOW, get(desk::window::get).post(desk::window::post))
        .route(paths::HALL_OPEN, get(desk::desk::instead).post(desk::desk::open))
        .route(paths::HALL_WALK_IN, get(desk::desk::instead).post(desk::desk::walk_in))
        .route(paths::HALL_VISIT, get(desk::visit::get))
        .route(paths::HALL_CARD, get(desk::card::get).post(desk::card::post))
        .route(paths::HALL_COMPARE, get(desk::compare::get))
        .route(paths::HALL_DECIDE, get(desk::decided::get).post(desk::compare::decide))
        .route(paths::HALL_BINDING, get(desk::binding::get).post(desk::binding::post))
        .route(paths::HALL_STATE, get(desk::waiting::get))
        .route(paths::HALL_CONTINUATION, get(desk::visit::instead).post(desk::slip::continuation))
        .route(paths::HALL_SLIP, get(desk::slip::get))
        .route(paths::HALL_RELEASE, get(desk::visit::instead).post(desk::release::post))
        .route(paths::RECEIPT, get(receipt::get))
}

/// Absent unless the installation is a sandbox.
fn sandbox() -> Router<Arc<App>> {
    Router::new()
        .route(paths::SANDBOX_READER, get(reader::get).post(reader::post))
        .route(paths::SANDBOX_READER_CARD, get(reader::card))
        .route(paths::SANDBOX_INBOX, get(inbox::get))
}
