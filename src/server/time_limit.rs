//! No request runs for ever: after the limit it is undone and answered with 503.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::base::Fault;
use crate::http::fault_log;
use crate::http::shown::{Problem, Shown};

const LIMIT: Duration = Duration::from_secs(30);

/// A layer. A handler that is dropped in the middle leaves no half-done work: its transaction is undone.
pub async fn keep(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            fault_log::note(&Fault::unavailable("a request took longer than the time limit"));
            Shown::Problem(Problem::Unavailable { wait: 5 }).into_response()
        }
    }
}
