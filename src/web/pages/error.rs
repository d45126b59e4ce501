//! The page for everything that went wrong.

use askama::Template;

use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::ErrorText;

/// A link with its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub text: String,
}

/// What went wrong, where a standing text fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    BadRequest,
    /// Unknown client or unregistered redirect: nobody to go back to.
    BadClient,
    Forbidden,
    NotFound,
    WrongMethod,
    /// The authorization request is over.
    Expired,
    /// The form's token does not fit.
    StaleForm,
    TooLarge,
    TooManyRequests {
        seconds: u64,
    },
    Unavailable,
    Broken,
}

impl ErrorKind {
    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::BadClient => 400,
            Self::Forbidden | Self::StaleForm => 403,
            Self::NotFound => 404,
            Self::WrongMethod => 405,
            Self::Expired => 410,
            Self::TooLarge => 413,
            Self::TooManyRequests { .. } => 429,
            Self::Broken => 500,
            Self::Unavailable => 503,
        }
    }
}

/// `data-page="error"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub chrome: Chrome,
    pub title: String,
    pub what: String,
    pub todo: String,
    /// A code of a specification or of ours: `invalid_request`.
    pub error_code: Option<String>,
    /// Request id or `txn`.
    pub reference: String,
    /// Where to go from here; the home page when none is given.
    pub link: Option<Link>,
}

impl ErrorPage {
    /// The page of a kind of error in our standing words.
    pub fn of(kind: ErrorKind, chrome: Chrome, reference: impl Into<String>) -> Self {
        let m = ErrorText(chrome.locale);
        let (title, what, todo) = match kind {
            ErrorKind::BadRequest => (m.bad_request(), m.bad_request_what(), m.bad_request_todo()),
            ErrorKind::BadClient => (m.bad_client(), m.bad_client_what(), m.bad_client_todo()),
            ErrorKind::Forbidden => (m.forbidden(), m.forbidden_what(), m.forbidden_todo()),
            ErrorKind::NotFound => (m.not_found(), m.not_found_what(), m.not_found_todo()),
            ErrorKind::WrongMethod => (m.wrong_method(), m.wrong_method_what(), m.wrong_method_todo()),
            ErrorKind::Expired => (m.expired(), m.expired_what(), m.expired_todo()),
            ErrorKind::StaleForm => (m.stale(), m.stale_what(), m.stale_todo()),
            ErrorKind::TooLarge => (m.too_large(), m.too_large_what(), m.too_large_todo()),
            ErrorKind::TooManyRequests { .. } => (m.too_many(), m.too_many_what(), ""),
            ErrorKind::Unavailable => (m.unavailable(), m.unavailable_what(), m.unavailable_todo()),
            ErrorKind::Broken => (m.broken(), m.broken_what(), m.broken_todo()),
        };
        let todo = match kind {
            ErrorKind::TooManyRequests { seconds } => m.too_many_todo(seconds),
            _ => todo.to_owned(),
        };
        let (title, what) = (title.to_owned(), what.to_owned());
        Self { chrome, title, what, todo, error_code: None, reference: reference.into(), link: None }
    }

    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self { error_code: Some(code.into()), ..self }
    }

    pub fn with_link(self, link: Link) -> Self {
        Self { link: Some(link), ..self }
    }

    fn m(&self) -> ErrorText {
        ErrorText(self.chrome.locale)
    }
}
