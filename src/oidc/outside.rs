//! What goes wrong outside the endpoints (no such address, too large, too slow, a panic), told to programs as they expect it.

use axum::Json;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ACCEPT_LANGUAGE, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_LENGTH, PRAGMA};

use crate::base::Locale;
use crate::http::around::RequestName;
use crate::http::paths;
use crate::http::shown::{Problem, Shown};
use crate::protocol::Refusal;
use crate::protocol::error_answer::ErrorAnswer;

/// A layer: at addresses for programs a problem is JSON and no page.
pub async fn told(request: Request, next: Next) -> Response {
    if !paths::is_for_programs(request.uri().path()) {
        return next.run(request).await;
    }
    let txn = RequestName::of(request.extensions());
    let language = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let asked = language.and_then(Locale::of_accept_language);
    let bare = next.run(request).await;
    match bare.extensions().get::<Shown>() {
        Some(Shown::Problem(problem)) => {
            let refusal = refusal(problem);
            join(&bare, ErrorAnswer::new(refusal, asked, txn))
        }
        _ => bare,
    }
}

fn refusal(problem: &Problem) -> Refusal {
    match problem {
        Problem::NotFound | Problem::Expired => Refusal::AddressUnknown,
        Problem::WrongMethod => Refusal::MethodNotAllowed,
        Problem::TooLarge => Refusal::RequestTooLarge,
        Problem::BadBody => Refusal::BodyBroken,
        Problem::BadClient(refusal) => *refusal,
        Problem::BadRequest | Problem::Forbidden | Problem::StaleForm => Refusal::RequestMalformed,
        Problem::TooManyRequests { .. } => Refusal::TooManyRequests,
        Problem::Unavailable { .. } => Refusal::ServerBusy,
        Problem::Broken => Refusal::ServerBroken,
    }
}

/// The status and the headers of the bare answer (`Allow`, `Retry-After`) with the error as its body.
fn join(bare: &Response, answer: ErrorAnswer) -> Response {
    metrics::counter!("tongyao_refusals_total", "code" => answer.error_code.clone()).increment(1);
    let mut response = (bare.status(), Json(answer)).into_response();
    let headers = response.headers_mut();
    for (name, value) in bare.headers().iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
        headers.insert(name.clone(), value.clone());
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
