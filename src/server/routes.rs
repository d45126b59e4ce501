//! Every route of the service in one place, and what is around all of them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use super::{around, health};
use crate::app::App;
use crate::http::shown::{Problem, Shown};
use crate::{oidc, web};

/// The whole service.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(oidc::routes().layer(from_fn_with_state(app.clone(), oidc::trace::keep)))
        .merge(web::routes::routes().method_not_allowed_fallback(wrong_method))
        .merge(health::routes())
        .fallback(not_found)
        .layer(from_fn_with_state(app.clone(), around::answer))
        .with_state(app)
}

async fn wrong_method() -> Shown {
    Shown::Problem(Problem::WrongMethod)
}

async fn not_found() -> Shown {
    Shown::Problem(Problem::NotFound)
}
