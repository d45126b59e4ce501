//! The one error answer of the provider's direct endpoints (RFC 6749 §5.2).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::base::{Actor, Fault, Locale, Trouble};
use crate::client::{AuthenticationProblem, SealProblem};
use crate::http::fault_log;
use crate::http::machine::Machine;
use crate::http::paths;
use crate::protocol::bearer::{Challenge, Requirement};
use crate::protocol::error_answer::ErrorAnswer;
use crate::protocol::{ErrorCode, Refusal};

/// What an endpoint gives instead of its answer.
#[derive(Debug)]
pub enum Problem {
    Refused(Refusal),
    Fault(Fault),
}

/// A problem on its way out: it knows the request's name and language.
pub struct OAuthError {
    refusal: Refusal,
    asked: Option<Locale>,
    txn: String,
    /// The page about this refusal.
    help: String,
    /// At resources: the challenge of RFC 6750 §3, with this realm.
    realm: Option<String>,
    /// What would do, where the sign-in behind a token does not (RFC 9470 §3).
    required: Option<Requirement>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::Refused(refusal)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Problem::Fault(fault)
    }
}

impl From<AuthenticationProblem> for Problem {
    fn from(problem: AuthenticationProblem) -> Self {
        match problem {
            AuthenticationProblem::Refused(refusal) => Problem::Refused(refusal),
            AuthenticationProblem::Fault(fault) => Problem::Fault(fault),
        }
    }
}

impl From<SealProblem> for Problem {
    fn from(problem: SealProblem) -> Self {
        match problem {
            SealProblem::Refused(refusal) => Problem::Refused(refusal),
            SealProblem::Fault(fault) => Problem::Fault(fault),
        }
    }
}

impl Problem {
    /// The refusal the outside sees; a fault is logged here and stays opaque.
    pub fn refusal(self) -> Refusal {
        match self {
            Problem::Refused(refusal) => refusal,
            Problem::Fault(fault) => {
                fault_log::note(&fault);
                match fault.trouble() {
                    Trouble::Unavailable => Refusal::ServerBusy,
                    Trouble::Broken => Refusal::ServerBroken,
                }
            }
        }
    }
}

impl OAuthError {
    pub fn new(machine: &Machine, problem: Problem) -> Self {
        let refusal = problem.refusal();
        metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
        tracing::info!(error_code = refusal.number(), "refused");
        if let Actor::Client(id) = &machine.moment.actor {
            machine.trace.of_client(id);
        }
        machine.trace.refuse(machine.moment.now, refusal, &machine.moment.request_id);
        let help = machine.app.settings.url(&paths::help_error(refusal.number()));
        let txn = machine.moment.request_id.clone();
        Self { refusal, asked: machine.asked, txn, help, realm: None, required: None }
    }

    /// The answer of a protected resource.
    pub fn at_resource(machine: &Machine, problem: Problem) -> Self {
        let realm = Some(machine.app.settings.issuer.clone());
        Self { realm, ..Self::new(machine, problem) }
    }

    /// Names the sign-in that would do.
    pub fn requiring(self, required: Option<Requirement>) -> Self {
        Self { required, ..self }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let body = ErrorAnswer::new(self.refusal, self.asked, self.txn).explained_at(self.help);
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        if let Some(realm) = &self.realm {
            let required = self.required.as_ref();
            let challenge = Challenge {
                acr_values: required.and_then(|required| required.acr_values.as_ref()),
                max_age: required.and_then(|required| required.max_age),
                ..Challenge::new(realm, self.refusal)
            };
            let challenge = challenge.to_string();
            if let Ok(value) = HeaderValue::from_str(&challenge) {
                headers.insert(WWW_AUTHENTICATE, value);
            }
        } else if self.refusal.code() == ErrorCode::InvalidClient {
            // RFC 6749 §5.2: a 401 names a scheme the client may use.
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"tongyao\", charset=\"UTF-8\""),
            );
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
