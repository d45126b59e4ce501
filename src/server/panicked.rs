//! A handler that panicked costs its request and nothing else.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::base::Fault;
use crate::http::fault_log;
use crate::http::shown::{Problem, Shown};

/// The answer. What the panic said may quote input, so it goes nowhere; where it happened is logged by the panic hook.
pub fn answer(_said: Box<dyn Any + Send + 'static>) -> Response {
    fault_log::note(&Fault::broken("a handler panicked"));
    Shown::Problem(Problem::Broken).into_response()
}
