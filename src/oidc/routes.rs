//! Which endpoint answers where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::ALLOW;

use super::{
    authorize, ciba, cors, device, discovery, end_session, introspect, par, registration, resume, revoke,
    sandbox, sandbox_resource, token, userinfo,
};
use crate::app::App;
use crate::http::paths;
use crate::http::shown::{Problem, Shown};

pub fn routes() -> Router<Arc<App>> {
    Router::new().merge(for_browsers()).merge(for_programs())
}

fn for_browsers() -> Router<Arc<App>> {
    Router::new()
        .route(
            paths::AUTHORIZE,
            get(authorize::endpoint).post(authorize::endpoint).head(|| never("GET,POST")),
        )
        .route(paths::CONTINUE, get(resume::get).head(|| never("GET")))
        .route(paths::END_SESSION, get(end_session::endpoint).post(end_session::endpoint))
        .method_not_allowed_fallback(wrong_method)
}

fn for_programs() -> Router<Arc<App>> {
    let open = Router::new()
        .route(paths::OPENID_CONFIGURATION, get(discovery::configuration))
        .route(paths::OAUTH_METADATA, get(discovery::configuration))
        .route(paths::JWKS, get(discovery::jwks))
        .route(paths::TOKEN, post(token::post))
        .route(paths::DEVICE_AUTHORIZATION, post(device::post))
        .route(paths::REVOKE, post(revoke::post))
        .route(paths::PUSH, post(par::post))
        .route(paths::USERINFO, get(userinfo::endpoint).post(userinfo::endpoint))
        .route(paths::SANDBOX_RESOURCE, get(sandbox_resource::endpoint).post(sandbox_resource::endpoint))
        // Before the layer, which answers OPTIONS for all of them.
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(cors::allow));
    // Introspection needs a secret, which no browser application has.
    let closed = Router::new()
        .route(paths::INTROSPECT, post(introspect::post))
        .route(paths::CIBA, post(ciba::post))
        .route(paths::SANDBOX_CIBA, post(sandbox::ciba))
        .route(paths::REGISTRATION, post(registration::post))
        .route(
            paths::REGISTRATION_CLIENT,
            get(registration::manage::get)
                .put(registration::manage::put)
                .delete(registration::manage::delete),
        )
        .method_not_allowed_fallback(wrong_method);
    open.merge(closed)
}

/// Where an answer is given once (a code, a pushed request): asking what it would be must not use it up.
async fn never(allowed: &'static str) -> Response {
    ([(ALLOW, allowed)], wrong_method().await).into_response()
}

async fn wrong_method() -> Shown {
    Shown::Problem(Problem::WrongMethod)
}
