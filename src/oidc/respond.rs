//! The authorization answer: by redirect, in the fragment, or posted by the browser; plain with `iss` (RFC 9207), or as
//! one signed parameter (JARM).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::base::{Fault, Locale};
use crate::client::error_words::{self, ErrorWords};
use crate::client::{Client, Purpose, SealProblem, policy};
use crate::http::context::Context;
use crate::http::paths;
use crate::http::shown::{FormPost, PageProblem, Problem, Shown};
use crate::protocol::error_answer::ErrorAnswer;
use crate::protocol::response::{Carrier, Packing, ResponseMode};
use crate::protocol::{RedirectUri, Refusal};

/// Where an answer goes and how.
pub(super) struct Target<'a> {
    pub(super) client: &'a Client,
    pub(super) redirect_uri: &'a RedirectUri,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<&'a str>,
    pub(super) ui_locales: Option<&'a str>,
}

/// A signed answer is used at once; ten minutes forgive slow people and clocks (JARM §2.1).
const SIGNED_SECONDS: i64 = 600;

/// What the client asked for. `session_state` comes after `state`: libraries that clear the browser's address of an answer take
/// the first `state=` for the state, and would leave the real one standing.
pub(super) async fn success(
    context: &Context,
    target: &Target<'_>,
    pairs: Vec<(&str, &str)>,
    session_state: Option<&str>,
) -> Result<Response, PageProblem> {
    let mut pairs = with_state(target, pairs);
    pairs.extend(session_state.map(|session_state| ("session_state", session_state)));
    send(context, target, pairs).await
}

/// An error that the client is told (RFC 6749 §4.1.2.1).
pub(super) async fn error(
    context: &Context,
    target: &Target<'_>,
    refusal: Refusal,
    txn: &str,
) -> Result<Response, PageProblem> {
    metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
    tracing::info!(error_code = refusal.number(), "refused");
    let asked = target.ui_locales.and_then(Locale::of_ui_locales);
    context.trace.refuse(context.moment.now, refusal, txn);
    let help = context.app.settings.url(&paths::help_error_of(refusal.number(), txn));
    let answer = ErrorAnswer::new(refusal, asked, txn).explained_at(help);
    let pairs = match error_words::of(target.client) {
        ErrorWords::All => answer.pairs(),
        ErrorWords::Standard => answer.standard_pairs(),
    };
    send(context, target, with_state(target, pairs)).await
}

fn with_state<'a>(target: &Target<'a>, mut pairs: Vec<(&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    pairs.extend(target.state.map(|state| ("state", state)));
    pairs
}

async fn send<'a>(
    context: &'a Context,
    target: &Target<'a>,
    mut pairs: Vec<(&'a str, &'a str)>,
) -> Result<Response, PageProblem> {
    match target.mode.packing() {
        Packing::Plain => {
            pairs.push(("iss", context.app.settings.issuer.as_str()));
            Ok(carry(context, target, &pairs))
        }
        Packing::Signed => {
            let signed = signed(context, target.client, &pairs)?;
            let response = sealed(context, target.client, signed).await?;
            Ok(carry(context, target, &[("response", &response)]))
        }
    }
}

/// JARM §2.1: the parameters as claims, for this client and a short time. `iss` is inside.
fn signed(context: &Context, client: &Client, pairs: &[(&str, &str)]) -> Result<String, Fault> {
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), json!(context.app.settings.issuer));
    claims.insert("aud".to_owned(), json!(client.client_id));
    claims.insert("exp".to_owned(), json!(context.moment.now.seconds() + SIGNED_SECONDS));
    for (name, value) in pairs {
        // A number stays one inside a JWT (RFC 6749 §5.1).
        let value = match *name {
            "expires_in" => value.parse::<u64>().map_or(Value::Null, |seconds| json!(seconds)),
            _ => json!(value),
        };
        claims.insert((*name).to_owned(), value);
    }
    context.app.keys.signing.signer(policy::answer_algorithm(client))?.sign("JWT", &claims)
}

/// JARM §2.2: signed, then encrypted. Where the client's key cannot be had the person is told: nothing else may leave.
async fn sealed(context: &Context, client: &Client, signed: String) -> Result<String, PageProblem> {
    let trust = &context.app.authenticator.trust;
    let sealed = trust.seal(&context.moment, client, (Purpose::AuthorizationResponse, signed)).await;
    sealed.map_err(|problem| match problem {
        SealProblem::Refused(refusal) => Problem::BadClient(refusal).into(),
        SealProblem::Fault(fault) => fault.into(),
    })
}

fn carry(context: &Context, target: &Target<'_>, pairs: &[(&str, &str)]) -> Response {
    match target.mode.carrier() {
        Carrier::Query => context.redirect(&target.redirect_uri.with_query(pairs)),
        Carrier::Fragment => context.redirect(&target.redirect_uri.with_fragment(pairs)),
        Carrier::FormPost => {
            let parameters =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let client = target.client.name(context.locale).to_owned();
            let post = FormPost { client, action: target.redirect_uri.clone(), parameters };
            context.finish(Shown::FormPost(Arc::new(post)).into_response())
        }
    }
}
