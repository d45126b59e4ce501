//! What goes wrong outside the endpoints (no such address, too large, too slow, a panic), told to programs as they expect it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LENGTH, PRAGMA};
use http::request::Parts;

use super::cors;
use crate::base::Locale;
use crate::http::around::RequestName;
use crate::http::shown::{Problem, Shown};
use crate::protocol::Refusal;
use crate::protocol::error_answer::ErrorAnswer;

/// Tells a program of a problem: JSON and no page.
pub struct Told {
    txn: String,
    asked: Option<Locale>,
}

impl Told {
    /// What the request says about how to tell.
    pub fn of(request: &Parts) -> Self {
        let language = request.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self {
            txn: RequestName::of(&request.extensions),
            asked: language.and_then(Locale::of_accept_language),
        }
    }

    pub fn tell(self, bare: Response) -> Response {
        match bare.extensions().get::<Shown>() {
            Some(Shown::Problem(problem)) => {
                let refusal = refusal(problem);
                join(&bare, ErrorAnswer::new(refusal, self.asked, self.txn))
            }
            _ => bare,
        }
    }
}

fn refusal(problem: &Problem) -> Refusal {
    match problem {
        Problem::NotFound | Problem::Expired | Problem::ExpiredFrom(_) | Problem::Answered => {
            Refusal::AddressUnknown
        }
        Problem::WrongMethod => Refusal::MethodNotAllowed,
        Problem::TooLarge => Refusal::RequestTooLarge,
        Problem::TooSlow => Refusal::BodyLate,
        Problem::BadBody => Refusal::BodyBroken,
        Problem::BadClient(refusal) => *refusal,
        Problem::BadRequest
        | Problem::Forbidden
        | Problem::AnotherWindow(_)
        | Problem::StaleForm
        | Problem::NoCookies => Refusal::RequestMalformed,
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
    cors::let_read(headers);
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn answer(problem: Problem) -> (u16, Option<String>, String) {
        let (request, ()) = http::Request::get("/oidc/token").body(()).unwrap().into_parts();
        let response = Told::of(&request).tell(Shown::Problem(problem).into_response());
        let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, wait, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn a_page_of_another_origin_may_read_how_long_to_wait() {
        let (request, ()) = http::Request::get("/oidc/token").body(()).unwrap().into_parts();
        let response =
            Told::of(&request).tell(Shown::Problem(Problem::Unavailable { wait: 5 }).into_response());
        let exposed = response.headers().get("access-control-expose-headers").unwrap().to_str().unwrap();
        assert!(exposed.contains("Retry-After"), "{exposed}");
    }

    #[tokio::test]
    async fn a_program_hears_of_a_panic_and_of_slowness_as_json() {
        let (status, _, body) = answer(Problem::Broken).await;
        assert!(status == 500 && body.contains("\"server_error\"") && body.contains("\"100006\""), "{body}");
        let (status, wait, body) = answer(Problem::Unavailable { wait: 5 }).await;
        assert_eq!((status, wait.as_deref()), (503, Some("5")));
        assert!(body.contains("\"temporarily_unavailable\"") && body.contains("\"100007\""), "{body}");
        let (status, wait, body) = answer(Problem::TooSlow).await;
        assert_eq!((status, wait), (408, None));
        assert!(body.contains("\"invalid_request\"") && body.contains("\"100012\""), "{body}");
    }
}
