//! The authorization answer: by redirect, in the fragment, or posted by the browser; always with `iss` (RFC 9207).

use std::sync::Arc;

use axum::response::{IntoResponse, Response};

use crate::base::Locale;
use crate::http::context::Context;
use crate::http::shown::{FormPost, Shown};
use crate::protocol::error_answer::ErrorAnswer;
use crate::protocol::response::ResponseMode;
use crate::protocol::{RedirectUri, Refusal};

/// Where an answer goes and how.
pub(super) struct Target<'a> {
    pub(super) client: String,
    pub(super) redirect_uri: &'a RedirectUri,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<&'a str>,
    pub(super) ui_locales: Option<&'a str>,
}

/// The code, and what the client keeps to notice that the sign-in changed (Session Management §2).
pub(super) fn code(
    context: &Context,
    target: &Target<'_>,
    code: &str,
    session_state: Option<&str>,
) -> Response {
    let mut pairs = vec![("code", code)];
    pairs.extend(session_state.map(|state| ("session_state", state)));
    send(context, target, pairs)
}

/// An error that the client is told (RFC 6749 §4.1.2.1).
pub(super) fn error(context: &Context, target: &Target<'_>, refusal: Refusal, txn: &str) -> Response {
    metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
    tracing::info!(error_code = refusal.number(), "refused");
    let asked = target.ui_locales.and_then(Locale::of_ui_locales);
    let answer = ErrorAnswer::new(refusal, asked, txn);
    let pairs = answer.pairs();
    send(context, target, pairs)
}

fn send<'a>(context: &'a Context, target: &Target<'a>, mut pairs: Vec<(&'a str, &'a str)>) -> Response {
    pairs.extend(target.state.map(|state| ("state", state)));
    pairs.push(("iss", context.app.settings.issuer.as_str()));
    match target.mode {
        ResponseMode::Query => context.redirect(&target.redirect_uri.with_query(&pairs)),
        ResponseMode::Fragment => context.redirect(&target.redirect_uri.with_fragment(&pairs)),
        ResponseMode::FormPost => {
            let parameters =
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let action = target.redirect_uri.clone();
            let post = FormPost { client: target.client.clone(), action, parameters };
            context.finish(Shown::FormPost(Arc::new(post)).into_response())
        }
    }
}
