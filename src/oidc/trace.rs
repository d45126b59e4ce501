//! Around the provider's endpoints: whatever is refused is kept with the steps that led there. A success keeps nothing.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::base::Timestamp;
use crate::grant::pending::{Left, Pending};
use crate::grant::trace::{self, Kind, Trace};
use crate::http::around::RequestName;
use crate::http::fault_log;
use crate::http::shown::{Problem, Shown};
use crate::session::detour;

/// Begins the trace that context and machine carry, and keeps what was refused.
pub async fn keep(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let trace = Trace::default();
    trace.note(app.clock.now(), Kind::Received, None);
    let endpoint = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let name = RequestName::of(request.extensions());
    request.extensions_mut().insert(trace.clone());
    let response = next.run(request).await;
    let now = app.clock.now();
    // Where nothing may be redirected the person sees the refusal instead of the client.
    if let Some(Shown::Problem(Problem::BadClient(refusal))) = response.extensions().get() {
        trace.refuse(now, *refusal, &name);
    }
    if let Some(refused) = trace.finish(now, &endpoint.unwrap_or_default()) {
        let kept = match app.clients.find(&refused.client_id).await {
            Ok(Some(_)) => trace::keep(&app.db, &app.ephemeral, &refused).await,
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        // The answer stands, with or without its trace.
        if let Err(fault) = kept {
            fault_log::note(&fault);
        }
    }
    response
}

/// The way of a request that waited: what it tells of itself stands for the steps of the answers before.
pub(super) fn resume(trace: &Trace, pending: &Pending, now: Timestamp) {
    let came = pending.expires_at - detour::LIFETIME;
    trace.of_client(&pending.request.client_id);
    trace.note(came, Kind::ClientFound, None);
    trace.note(came, Kind::RequestChecked, None);
    let signed_in = pending.signed_in_by.as_ref().map(|_| ("sign_in", Kind::SignedIn));
    let consented = pending.consented_by.as_ref().map(|_| ("consent", Kind::Consented));
    for (page, kind) in signed_in.into_iter().chain(consented) {
        trace.note(now, Kind::PageShown, Some(page));
        trace.note(now, kind, None);
    }
    if let Some(left) = pending.left {
        let page = match left {
            Left::SignIn => "sign_in",
            Left::Consent => "consent",
            Left::StepUp => "step_up",
        };
        trace.note(now, Kind::PageShown, Some(page));
        trace.note(now, Kind::Left, Some(page));
    }
}
