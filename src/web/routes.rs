//! Which page answers where.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::home;
use crate::app::App;
use crate::http::paths;

/// All pages, a group an area.
pub fn routes() -> Router<Arc<App>> {
    Router::new().merge(around())
}

fn around() -> Router<Arc<App>> {
    Router::new()
        .route(paths::HOME, get(home::get))
        .route(&format!("{}/{{*path}}", paths::ASSETS), get(home::asset))
}
