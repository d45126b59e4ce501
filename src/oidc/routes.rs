//! Which endpoint answers where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use super::{
    authorize, cors, discovery, end_session, introspect, par, registration, resume, revoke, token, userinfo,
};
use crate::app::App;
use crate::http::paths;

pub fn routes() -> Router<Arc<App>> {
    Router::new().merge(for_browsers()).merge(for_programs())
}

fn for_browsers() -> Router<Arc<App>> {
    Router::new()
        .route(paths::AUTHORIZE, get(authorize::endpoint).post(authorize::endpoint))
        .route(paths::CONTINUE, get(resume::get))
        .route(paths::END_SESSION, get(end_session::endpoint).post(end_session::endpoint))
}

fn for_programs() -> Router<Arc<App>> {
    let open = Router::new()
        .route(paths::OPENID_CONFIGURATION, get(discovery::configuration))
        .route(paths::OAUTH_METADATA, get(discovery::configuration))
        .route(paths::JWKS, get(discovery::jwks))
        .route(paths::TOKEN, post(token::post))
        .route(paths::REVOKE, post(revoke::post))
        .route(paths::PUSH, post(par::post))
        .route(paths::USERINFO, get(userinfo::endpoint).post(userinfo::endpoint))
        .layer(from_fn(cors::allow));
    // Introspection needs a secret, which no browser application has.
    open.route(paths::INTROSPECT, post(introspect::post))
        .route(paths::REGISTRATION, post(registration::post))
        .route(
            paths::REGISTRATION_CLIENT,
            get(registration::manage::get)
                .put(registration::manage::put)
                .delete(registration::manage::delete),
        )
}
