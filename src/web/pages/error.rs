//! The page for everything that went wrong.

use askama::Template;

use crate::http::paths;
use crate::http::shown::{Entrance, Problem};
use crate::protocol::Refusal;
use crate::web::chrome::Chrome;
use crate::web::messages::ErrorText;

/// A link with its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub href: String,
    pub text: String,
}

/// Where the way home leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Front,
    Desk,
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
    /// The page that explains the code.
    pub code_href: Option<String>,
    /// What the code says: words for who runs the system, not for the person.
    pub explanation: Option<String>,
    /// Where the person can do what the system failed to ask for.
    pub instead: Option<Link>,
    pub place: Place,
}

impl ErrorPage {
    /// The page of a problem in our standing words.
    pub fn of(problem: &Problem, chrome: Chrome, reference: impl Into<String>) -> Self {
        let m = ErrorText(chrome.locale);
        let (title, what, todo) = match problem {
            Problem::BadRequest | Problem::BadBody => {
                (m.bad_request(), m.bad_request_what(), m.bad_request_todo())
            }
            Problem::BadClient(Refusal::ClientPending) => (m.pending(), m.pending_what(), m.pending_todo()),
            Problem::BadClient(Refusal::ClientDisabled) => {
                (m.disabled(), m.disabled_what(), m.disabled_todo())
            }
            Problem::BadClient(refusal) if is_of_logout(*refusal) => {
                (m.bad_logout(), m.bad_logout_what(), m.bad_logout_todo())
            }
            Problem::BadClient(_) => (m.bad_client(), m.bad_client_what(), m.bad_client_todo()),
            Problem::Forbidden => (m.forbidden(), m.forbidden_what(), m.forbidden_todo()),
            Problem::AnotherWindow(_) => (m.another_window(), "", m.another_window_todo()),
            Problem::NotFound => (m.not_found(), m.not_found_what(), m.not_found_todo()),
            Problem::WrongMethod => (m.wrong_method(), m.wrong_method_what(), m.wrong_method_todo()),
            Problem::Expired => (m.expired(), m.expired_what(), m.expired_todo()),
            Problem::ExpiredFrom(_) => (m.expired(), m.expired_what(), ""),
            Problem::Answered => (m.answered(), m.answered_what(), m.answered_todo()),
            Problem::NoCookies => (m.no_cookies(), m.no_cookies_what(), m.no_cookies_todo()),
            Problem::StaleForm => (m.stale(), m.stale_what(), m.stale_todo()),
            Problem::TooLarge => (m.too_large(), m.too_large_what(), m.too_large_todo()),
            Problem::TooSlow => (m.too_slow(), m.too_slow_what(), m.too_slow_todo()),
            Problem::Unavailable { .. } => (m.unavailable(), m.unavailable_what(), m.unavailable_todo()),
            Problem::Broken => (m.broken(), m.broken_what(), m.broken_todo()),
        };
        let todo = match problem {
            Problem::ExpiredFrom(from) => m.expired_todo_from(&from.name),
            _ => todo.to_owned(),
        };
        let what = match problem {
            Problem::AnotherWindow(place) => m.another_window_what(place),
            _ => what.to_owned(),
        };
        let instead = instead(m, problem);
        Self {
            title: title.to_owned(),
            what,
            todo,
            reference: reference.into(),
            instead,
            chrome,
            ..Self::default()
        }
    }

    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self { error_code: Some(code.into()), ..self }
    }

    pub fn explained(self, explanation: &str, href: String) -> Self {
        Self { explanation: Some(explanation.to_owned()), code_href: Some(href), ..self }
    }

    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    fn home(&self) -> Link {
        let m = self.m();
        let (href, text) = match self.place {
            Place::Front => (paths::HOME, m.home()),
            Place::Desk => (paths::HALL, m.desk()),
        };
        Link { href: href.to_owned(), text: text.to_owned() }
    }

    fn m(&self) -> ErrorText {
        ErrorText(self.chrome.locale)
    }
}

/// Where the person gets what they came for.
fn instead(m: ErrorText, problem: &Problem) -> Option<Link> {
    let to = |href: &str, text: &str| Some(Link { href: href.to_owned(), text: text.to_owned() });
    match problem {
        Problem::BadClient(refusal) if is_of_logout(*refusal) => to(paths::END_SESSION, m.bad_logout_here()),
        Problem::ExpiredFrom(Entrance { name, href: Some(href) }) => to(href, &m.enter(name)),
        Problem::Expired | Problem::ExpiredFrom(_) => to(paths::ACCOUNT_SERVICES, m.services()),
        Problem::Answered => to(paths::ACCOUNT_REQUESTS, m.requests()),
        _ => None,
    }
}

/// The numbers `1060xx`: the person came to leave, not to sign in.
fn is_of_logout(refusal: Refusal) -> bool {
    refusal.number() / 100 == 1060
}
