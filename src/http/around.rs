//! Around every request: its name, its log line, its figures, and the headers every answer carries.

use std::time::Instant;

use axum::extract::MatchedPath;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use http::{Extensions, HeaderName, HeaderValue, Method};

use super::{csp, paths};
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

/// A request being answered: named, timed, and logged once it is.
pub struct Observed {
    name: String,
    route: String,
    method: &'static str,
    span: tracing::Span,
    started: Instant,
}

impl Observed {
    /// The log has the route's pattern, never the address asked: that may carry tokens.
    pub fn begin(app: &App, request: &mut Parts) -> Self {
        let name = app.random.token(12);
        request.extensions.insert(RequestName(name.clone()));
        let route = request.extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
        let method = method_word(&request.method);
        let span = tracing::info_span!("request", request_id = %name, %method, route = %route);
        #[allow(clippy::disallowed_methods)]
        let started = Instant::now();
        Self { name, route, method, span, started }
    }

    /// What is logged while the request is answered carries its name.
    pub fn span(&self) -> tracing::Span {
        self.span.clone()
    }

    /// Logs and counts the answer, and names the request in it.
    pub fn end(self, mut response: Response) -> Response {
        let took = self.started.elapsed();
        let status = response.status().as_u16();
        self.span.in_scope(|| {
            tracing::info!(status, micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "answered")
        });
        metrics::counter!("tongyao_http_requests_total", "route" => self.route.clone(), "method" => self.method,
            "status" => status_class(status))
        .increment(1);
        metrics::histogram!("tongyao_http_request_seconds", "route" => self.route).record(took.as_secs_f64());
        if let Ok(value) = HeaderValue::try_from(self.name) {
            response.headers_mut().insert(X_REQUEST_ID, value);
        }
        response
    }
}

/// Marks the one answer that other sites may show in a frame; its policy says who.
#[derive(Debug, Clone, Copy)]
pub struct MayBeFramed;

/// The headers of every answer; what a handler set itself stays.
const FIXED: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp::NOTHING)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=()"),
    ),
];
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const OPENER_CUT: HeaderValue = HeaderValue::from_static("same-origin");
const NEVER_FRAMED: HeaderValue = HeaderValue::from_static("DENY");
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Whether a window keeps the page that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// A client that signs people in in a window of its own waits for the answer there (`display=popup`); cut off from it
    /// once, the window would stay so until its end.
    Kept,
    Cut,
}

impl Opener {
    pub fn of(path: &str) -> Self {
        if paths::is_of_a_way(path) { Self::Kept } else { Self::Cut }
    }
}

/// Adds the headers of every answer.
pub fn harden(app: &App, opener: Opener, response: &mut Response) {
    let framed = response.extensions().get::<MayBeFramed>().is_some();
    let headers = response.headers_mut();
    headers.reserve(FIXED.len() + 2);
    for (name, value) in FIXED {
        headers.entry(name).or_insert(value);
    }
    if opener == Opener::Cut {
        headers.entry(OPENER_POLICY).or_insert(OPENER_CUT);
    }
    if !framed {
        headers.entry(X_FRAME_OPTIONS).or_insert(NEVER_FRAMED);
    }
    if app.settings.is_https() {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HTTPS_ONLY);
    }
}

/// A stranger may send any word for a method; the figures have room for the known ones.
fn method_word(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
    ];
    const WORDS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    KNOWN.iter().position(|known| known == method).map_or("other", |place| WORDS[place])
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
