//! No request runs for ever: after the limit it is undone and answered with 503.

use std::future::Future;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::base::Fault;
use crate::http::fault_log;
use crate::http::shown::{Problem, Shown};

const LIMIT: Duration = Duration::from_secs(30);

/// A handler that is dropped in the middle leaves no half-done work: its transaction is undone.
pub fn keep(answering: impl Future<Output = Response>) -> impl Future<Output = Response> {
    tokio::time::timeout(LIMIT, answering).map(|answered| {
        answered.unwrap_or_else(|_late| {
            fault_log::note(&Fault::unavailable("a request took longer than the time limit"));
            Shown::Problem(Problem::Unavailable { wait: 5 }).into_response()
        })
    })
}
