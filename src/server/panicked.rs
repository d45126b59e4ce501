//! A handler that panicked costs its request and nothing else.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::base::Fault;
use crate::http::fault_log;
use crate::http::shown::{Problem, Shown};

/// What the panic said may quote input, so it goes nowhere; where it happened is logged by the panic hook.
pub fn caught(answering: impl Future<Output = Response>) -> impl Future<Output = Response> {
    // Unwind safe: what the handler held is dropped with it, and locks are never left poisoned unread.
    AssertUnwindSafe(answering).catch_unwind().map(|answered| {
        answered.unwrap_or_else(|_said| {
            fault_log::note(&Fault::broken("a handler panicked"));
            Shown::Problem(Problem::Broken).into_response()
        })
    })
}
