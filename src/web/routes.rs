//! Which page answers where.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::{account as own, home};
use crate::app::App;
use crate::http::paths;

/// All pages, a group an area.
pub fn routes() -> Router<Arc<App>> {
    Router::new().merge(around()).merge(account())
}

fn around() -> Router<Arc<App>> {
    Router::new()
        .route(paths::HOME, get(home::get))
        .route(&format!("{}/{{*path}}", paths::ASSETS), get(home::asset))
}

fn account() -> Router<Arc<App>> {
    Router::new()
        .route(paths::ACCOUNT, get(own::overview::get))
        .route(paths::ACCOUNT_SESSIONS, get(own::sessions::get).post(own::sessions::post))
        .route(paths::ACCOUNT_CONSENTS, get(own::consents::get).post(own::consents::post))
        .route(paths::ACCOUNT_HISTORY, get(own::history::get))
        .route(paths::HELP, get(own::help::get))
}
