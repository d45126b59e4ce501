//! How every system answers: its pages, its two files, and the headers that guard them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};

use super::pages::{Frame, Notice};
use super::relying::SampleRp;
use super::visitor::{self, Kind, Visitor};
use crate::base::Locale;

/// The system a request came to.
pub type Rp = State<Arc<SampleRp>>;

/// The one address that the identity service shows in a frame.
pub const FRONTCHANNEL_LOGOUT: &str = "/frontchannel-logout";

/// The routes of a system together with what all of them have.
pub fn complete(routes: Router<Arc<SampleRp>>, rp: Arc<SampleRp>) -> Router {
    routes
        .route("/style.css", get(stylesheet))
        .route("/icon.svg", get(icon))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(64 * 1024))
        .layer(middleware::from_fn_with_state(rp.clone(), guard))
        .with_state(rp)
}

pub fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "sample: a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

pub fn remember_language(rp: &SampleRp, chosen: Option<Locale>, page: Response) -> Response {
    match chosen {
        Some(locale) => ([visitor::set(rp, Kind::Language, locale.tag())], page).into_response(),
        None => page,
    }
}

async fn stylesheet(State(rp): Rp) -> Response {
    asset("text/css; charset=utf-8", rp.system.stylesheet())
}

async fn icon(State(rp): Rp) -> Response {
    asset("image/svg+xml", rp.system.icon())
}

async fn not_found(State(rp): Rp, visitor: Visitor) -> Response {
    render(StatusCode::NOT_FOUND, &Notice::not_found(Frame { locale: visitor.locale, rp: &rp }))
}

/// The headers of every answer. A form may be answered by a redirect to the identity service, which browsers hold
/// against `form-action` too.
async fn guard(State(rp): Rp, request: Request, next: Next) -> Response {
    let framed = request.uri().path() == FRONTCHANNEL_LOGOUT;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let issuer = url::Url::parse(&rp.settings.issuer).map(|url| url.origin().ascii_serialization());
    let issuer = issuer.unwrap_or_default();
    let ancestors = if framed { issuer.as_str() } else { "'none'" };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {issuer}; frame-ancestors {ancestors}; base-uri 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn asset(kind: &'static str, body: &'static str) -> Response {
    let headers: [(HeaderName, &str); 2] = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300")];
    (headers, body).into_response()
}
