//! What is around every handler, from the outside in. One layer for all of it: each layer more costs every request
//! several allocations, because the way to a handler is cloned and boxed anew at each.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONNECTION;
use http::request::Parts;
use http::{HeaderValue, StatusCode, Version};
use tracing::Instrument;

use super::{body_limit, host, panicked, time_limit};
use crate::app::App;
use crate::http::around::{Observed, Opener, harden};
use crate::http::paths;
use crate::http::shown::Shown;
use crate::oidc::Told;
use crate::web::drawn::Drawing;

/// A layer.
pub async fn answer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let observed = Observed::begin(&app, &mut parts);
    let (listener, version) = (Listener::of(&app, &parts), parts.version);
    let opener = Opener::of(parts.uri.path());
    let span = observed.span();
    let mut response = async {
        let bare = bounded(Request::from_parts(parts, body), next).await;
        listener.hear(bare)
    }
    .instrument(span)
    .await;
    harden(&app, opener, &mut response);
    // What is left of a body that came too slowly is read by nobody.
    if app.leaving.has_begun() || response.status() == StatusCode::REQUEST_TIMEOUT {
        part(version, &mut response);
    }
    observed.end(response)
}

/// The handler's answer, in bounded room and time, whatever becomes of the handler. Its time begins when the body is here.
async fn bounded(request: Request, next: Next) -> Response {
    let answering = async {
        let request = match host::check(&request) {
            Ok(()) => body_limit::read(request).await,
            Err(problem) => Err(problem),
        };
        match request {
            Ok(request) => time_limit::keep(next.run(request)).await,
            Err(problem) => Shown::Problem(problem).into_response(),
        }
    };
    panicked::caught(answering).await
}

/// The answer is the connection's last: whoever has something to ask after it asks another node, or knows at least that
/// nobody reads here any more (RFC 9112 §9.6). HTTP/2 has a word for that of its own (GOAWAY), said when the listener closes.
fn part(version: Version, response: &mut Response) {
    if version <= Version::HTTP_11 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Who hears of what goes wrong.
enum Listener {
    Program(Told),
    Person(Box<Drawing>),
}

impl Listener {
    fn of(app: &Arc<App>, parts: &Parts) -> Self {
        if paths::is_for_programs(parts.uri.path()) {
            Self::Program(Told::of(parts))
        } else {
            Self::Person(Box::new(Drawing::of(app, parts)))
        }
    }

    fn hear(self, bare: Response) -> Response {
        match self {
            Self::Program(told) => told.tell(bare),
            Self::Person(drawing) => drawing.draw(bare),
        }
    }
}
