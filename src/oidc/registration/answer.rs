//! What the registration endpoints answer (RFC 7591 §3.2, RFC 7592 §3), and what they refuse, with the member named.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::base::{Fault, Locale};
use crate::http::machine::Machine;
use crate::http::paths;
use crate::oidc::error::{OAuthError, Problem as Refused};
use crate::protocol::client_metadata::MetadataProblem;
use crate::protocol::registration::{Registered, description};
use crate::protocol::{ErrorCode, Refusal};

/// Why a registration is refused.
pub(super) enum Problem {
    /// What is wrong with the metadata, member by member.
    Metadata(Vec<MetadataProblem>),
    /// The token shown, or none, at a place that asks for one (RFC 6750 §3).
    Token(Refusal),
    Other(Refused),
}

impl Problem {
    pub(super) fn answer(self, machine: &Machine) -> Response {
        match self {
            Problem::Metadata(problems) => told(machine, &problems),
            Problem::Token(refusal) => OAuthError::at_registration(machine, refusal.into()).into_response(),
            Problem::Other(refused) => OAuthError::new(machine, refused).into_response(),
        }
    }
}

/// A client, as it stands.
pub(super) fn registered(status: StatusCode, registered: &Registered<'_>) -> Result<Response, Problem> {
    let body =
        registered.to_json().map_err(|error| Fault::broken("writing client metadata").because(error))?;
    Ok((status, Json(body)).into_response())
}

/// One member that is wrong.
pub(super) fn wrong(member: &str, what: &str) -> Problem {
    Problem::Metadata(vec![MetadataProblem::new(member, what)])
}

pub(super) fn uri(machine: &Machine, client_id: &str) -> String {
    machine.app.settings.url(&paths::registration_client(client_id))
}

/// Where an address is wrong the specification has a code of its own; everything else is told beside it.
fn told(machine: &Machine, problems: &[MetadataProblem]) -> Response {
    let addresses = problems.iter().any(|problem| problem.code() == ErrorCode::InvalidRedirectUri);
    let refusal = if addresses { Refusal::RedirectsInvalid } else { Refusal::MetadataInvalid };
    metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
    tracing::info!(error_code = refusal.number(), "refused");
    let mut body = json!({
        "error": refusal.code(), "error_description": description(problems),
        "error_code": refusal.number().to_string(), "txn": machine.moment.request_id,
    });
    if machine.asked != Some(Locale::En) {
        body["error_description_zh"] = json!(refusal.description(Locale::ZhCn));
    }
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
