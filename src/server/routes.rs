//! Every route of the service in one place, and the layers around all of them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

use super::{body_limit, health, panicked, time_limit};
use crate::app::App;
use crate::http::around;
use crate::http::shown::{Problem, Shown};
use crate::{oidc, web};

/// The whole service. A layer wraps those written above it.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(oidc::routes().layer(from_fn_with_state(app.clone(), oidc::trace::keep)))
        .merge(web::routes::routes().method_not_allowed_fallback(wrong_method))
        .merge(health::routes())
        .fallback(not_found)
        .layer(from_fn(body_limit::read))
        .layer(from_fn(time_limit::keep))
        .layer(CatchPanicLayer::custom(panicked::answer))
        .layer(from_fn(oidc::told))
        .layer(from_fn_with_state(app.clone(), web::drawn::draw))
        .layer(from_fn_with_state(app.clone(), around::harden))
        .layer(from_fn_with_state(app.clone(), around::observe))
        .with_state(app)
}

async fn wrong_method() -> Shown {
    Shown::Problem(Problem::WrongMethod)
}

async fn not_found() -> Shown {
    Shown::Problem(Problem::NotFound)
}
