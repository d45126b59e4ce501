//! Around every request: its name, its log line, its figures, and the headers every answer carries.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Extensions, HeaderName, HeaderValue};
use tracing::Instrument;

use super::csp;
use crate::app::App;

/// The name of a request: in logs, audit, error pages and the `x-request-id` header.
#[derive(Debug, Clone)]
pub struct RequestName(pub String);

impl RequestName {
    pub fn of(extensions: &Extensions) -> String {
        extensions.get::<RequestName>().map(|name| name.0.clone()).unwrap_or_default()
    }
}

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names, logs and measures a request. The log line has the route's pattern, never the address asked: that may carry tokens.
pub async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let name = app.random.token(12);
    request.extensions_mut().insert(RequestName(name.clone()));
    let route =
        request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %name, %method, route = %route);
    #[allow(clippy::disallowed_methods)]
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = started.elapsed();
    let status = response.status().as_u16();
    metrics::counter!("tongyao_http_requests_total", "route" => route.clone(), "method" => method.to_string(),
        "status" => status_class(status))
    .increment(1);
    metrics::histogram!("tongyao_http_request_seconds", "route" => route).record(took.as_secs_f64());
    span.in_scope(|| {
        tracing::info!(status, micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "answered")
    });
    if let Ok(value) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

/// Marks the one answer that other sites may show in a frame; its policy says who.
#[derive(Debug, Clone, Copy)]
pub struct MayBeFramed;

/// The headers of every answer; what a handler set itself stays.
pub async fn harden(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let framed = response.extensions().get::<MayBeFramed>().is_some();
    let headers = response.headers_mut();
    let mut fixed = vec![
        (CONTENT_SECURITY_POLICY, csp::NOTHING),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
    ];
    if !framed {
        fixed.push((X_FRAME_OPTIONS, "DENY"));
    }
    if app.settings.is_https() {
        fixed.push((STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
