//! Pages that any surface may need shown, named here and drawn by `web`: so that surfaces need not know one another.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::fault_log;
use crate::base::{Fault, Trouble};
use crate::protocol::{RedirectUri, Refusal};

/// What went wrong, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    BadRequest,
    /// The body ended early or its framing is wrong.
    BadBody,
    /// A client asked for something it may not; with the reason.
    BadClient(Refusal),
    Forbidden,
    /// A visit that another window has in hand: which.
    AnotherWindow(String),
    NotFound,
    /// The address is ours, the method is not one it knows.
    WrongMethod,
    /// A waiting request or a link is too old, used, or another browser's.
    Expired,
    /// The same, on the way to a system that can be entered again.
    ExpiredFrom(Entrance),
    /// A question from another device or from a client that waits: it is answered, or its time is over.
    Answered,
    StaleForm,
    /// A form of ours from a browser that brought no cookie at all.
    NoCookies,
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    Unavailable {
        wait: u64,
    },
    Broken,
}

/// A system, and where one goes to begin there again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    pub name: String,
    /// An address it has registered, if it has.
    pub href: Option<String>,
}

/// A page asked for by a surface that does not draw pages itself; travels as an extension of the answer.
#[derive(Debug, Clone)]
pub enum Shown {
    Problem(Problem),
    /// An answer to a client that the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost(Arc<FormPost>),
}

/// Where an answer is posted, and what.
#[derive(Debug)]
pub struct FormPost {
    pub client: String,
    pub action: RedirectUri,
    pub parameters: Vec<(String, String)>,
}

/// The error of a page handler.
#[derive(Debug)]
pub enum PageProblem {
    Problem(Problem),
    Fault(Fault),
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Problem::BadRequest | Problem::BadBody | Problem::BadClient(_) => StatusCode::BAD_REQUEST,
            Problem::Forbidden | Problem::AnotherWindow(_) | Problem::StaleForm | Problem::NoCookies => {
                StatusCode::FORBIDDEN
            }
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Problem::Expired | Problem::ExpiredFrom(_) | Problem::Answered => StatusCode::GONE,
            Problem::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Problem::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Problem::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn wait(&self) -> Option<u64> {
        match self {
            Problem::Unavailable { wait } => Some(*wait),
            _ => None,
        }
    }
}

impl PageProblem {
    /// Whether a request that waited waits no more.
    pub fn is_over(&self) -> bool {
        use Problem::{Answered, Expired, ExpiredFrom};
        matches!(self, PageProblem::Problem(Expired | ExpiredFrom(_) | Answered))
    }
}

impl From<Problem> for PageProblem {
    fn from(problem: Problem) -> Self {
        PageProblem::Problem(problem)
    }
}

impl From<Fault> for PageProblem {
    fn from(fault: Fault) -> Self {
        PageProblem::Fault(fault)
    }
}

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let (status, wait) = match &self {
            Shown::Problem(problem) => (problem.status(), problem.wait()),
            Shown::FormPost(_) => (StatusCode::OK, None),
        };
        let mut response = status.into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(http::header::RETRY_AFTER, wait.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let problem = match self {
            PageProblem::Problem(problem) => problem,
            PageProblem::Fault(fault) => {
                fault_log::note(&fault);
                match fault.trouble() {
                    Trouble::Unavailable => Problem::Unavailable { wait: 5 },
                    Trouble::Broken | Trouble::Duplicate => Problem::Broken,
                }
            }
        };
        Shown::Problem(problem).into_response()
    }
}
