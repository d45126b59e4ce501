//! The one error answer of the provider's direct endpoints (RFC 6749 §5.2).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::proof;
use crate::base::{Actor, Fault, Locale, Trouble};
use crate::client::{AuthenticationProblem, SealProblem};
use crate::http::fault_log;
use crate::http::machine::Machine;
use crate::http::paths;
use crate::protocol::bearer::{self, Challenge, Requirement, Scheme};
use crate::protocol::error_answer::ErrorAnswer;
use crate::protocol::{ErrorCode, Postponed, Refusal};

/// What an endpoint gives instead of its answer.
#[derive(Debug)]
pub enum Problem {
    Refused(Refusal),
    Postponed(Postponed),
    Fault(Fault),
}

/// A problem on its way out: it knows the request's name and language.
pub struct OAuthError {
    refusal: Refusal,
    /// Seconds after which to ask again.
    wait: Option<u64>,
    asked: Option<Locale>,
    txn: String,
    /// The page about this refusal.
    help: String,
    /// Where an access token is asked for.
    challenged: Option<Challenged>,
    /// For the next proof of a client that sends proofs (RFC 9449 §8).
    nonce: Option<String>,
    /// What would do, where the sign-in behind a token does not (RFC 9470 §3).
    required: Option<Requirement>,
}

/// Which tokens a place takes (RFC 6750 §3).
struct Challenged {
    realm: String,
    /// What is wrong is told in this one.
    scheme: Scheme,
    /// Spoken too.
    also: Option<Scheme>,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::Refused(refusal)
    }
}

impl From<Postponed> for Problem {
    fn from(postponed: Postponed) -> Self {
        Problem::Postponed(postponed)
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
    /// Seconds after which the same request may succeed, where that was said.
    fn wait(&self) -> Option<u64> {
        match self {
            Problem::Postponed(postponed) => Some(postponed.wait),
            Problem::Refused(_) | Problem::Fault(_) => None,
        }
    }

    /// The refusal the outside sees; a fault is logged here and stays opaque.
    pub fn refusal(self) -> Refusal {
        match self {
            Problem::Refused(refusal) | Problem::Postponed(Postponed { refusal, .. }) => refusal,
            Problem::Fault(fault) => {
                fault_log::note(&fault);
                match fault.trouble() {
                    Trouble::Unavailable => Refusal::ServerBusy,
                    Trouble::Broken | Trouble::Duplicate => Refusal::ServerBroken,
                }
            }
        }
    }
}

impl OAuthError {
    pub fn new(machine: &Machine, problem: Problem) -> Self {
        let said = problem.wait();
        let refusal = problem.refusal();
        metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
        tracing::info!(error_code = refusal.number(), "refused");
        if let Actor::Client(id) = &machine.moment.actor {
            machine.trace.of_client(id);
        }
        machine.trace.refuse(machine.moment.now, refusal, &machine.moment.request_id);
        let help = machine.app.settings.url(&paths::help_error(refusal.number()));
        let txn = machine.moment.request_id.clone();
        Self {
            refusal,
            wait: said.or(refusal.usual_wait()),
            asked: machine.asked,
            txn,
            help,
            challenged: None,
            nonce: proof::nonce(machine),
            required: None,
        }
    }

    /// The answer of a protected resource. Who came with Bearer hears that DPoP is spoken too (RFC 9449 §7.2).
    pub fn at_resource(machine: &Machine, problem: Problem) -> Self {
        let scheme = machine.authorization().map_or(Scheme::Bearer, |header| bearer::scheme(&header));
        let also = (scheme == Scheme::Bearer).then_some(Scheme::Dpop);
        Self::new(machine, problem).challenging(machine, (scheme, also))
    }

    /// The answer of a registration endpoint, whose tokens are bound to no key (RFC 7591 §3, RFC 7592 §2).
    pub fn at_registration(machine: &Machine, problem: Problem) -> Self {
        Self::new(machine, problem).challenging(machine, (Scheme::Bearer, None))
    }

    fn challenging(self, machine: &Machine, (scheme, also): (Scheme, Option<Scheme>)) -> Self {
        let realm = machine.app.settings.issuer.clone();
        Self { challenged: Some(Challenged { realm, scheme, also }), ..self }
    }

    /// Names the sign-in that would do.
    pub fn requiring(self, required: Option<Requirement>) -> Self {
        Self { required, ..self }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let mut status = StatusCode::from_u16(self.refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let about_proof =
            matches!(self.refusal.code(), ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce);
        if about_proof && self.challenged.is_some() {
            // RFC 9449 §7.1 and §9: at a resource it is a challenge.
            status = StatusCode::UNAUTHORIZED;
        }
        let body = ErrorAnswer::new(self.refusal, self.asked, self.txn).explained_at(self.help);
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        if let Some(Challenged { realm, scheme, also }) = &self.challenged {
            let required = self.required.as_ref();
            let challenge = Challenge {
                scheme: *scheme,
                acr_values: required.and_then(|required| required.acr_values.as_ref()),
                max_age: required.and_then(|required| required.max_age),
                ..Challenge::new(realm, self.refusal)
            };
            let also =
                also.map(|scheme| Challenge { scheme, ..Challenge::new(realm, Refusal::AccessTokenMissing) });
            for challenge in std::iter::once(challenge).chain(also) {
                if let Ok(value) = HeaderValue::from_str(&challenge.to_string()) {
                    headers.append(WWW_AUTHENTICATE, value);
                }
            }
        } else if self.refusal.code() == ErrorCode::InvalidClient {
            // RFC 6749 §5.2: a 401 names a scheme the client may use.
            headers.insert(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"tongyao\", charset=\"UTF-8\""),
            );
        }
        if let Some(nonce) = self.nonce.as_deref().and_then(|nonce| HeaderValue::from_str(nonce).ok()) {
            headers.insert(proof::DPOP_NONCE, nonce);
        }
        if let Some(wait) = self.wait {
            headers.insert(RETRY_AFTER, wait.into());
        }
        response
    }
}
