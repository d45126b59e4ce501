//! The citizen's own pages: overview, devices, consents, history.

use askama::Template;

use super::visit::VisitState;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{Account, Consents, History, Level, Requests, Services, Sessions, Visit};

/// A document of the person.
#[derive(Debug, Clone, Default)]
pub struct DocumentLine {
    /// Who issued a passport, in three letters.
    pub country: Option<String>,
    pub kind: String,
    pub number_masked: String,
    /// For people; none where unknown or without end.
    pub valid_until: Option<String>,
}

/// `data-page="account"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "account/overview.html")]
pub struct AccountPage {
    pub chrome: Chrome,
    pub name_masked: String,
    pub level: u8,
    pub level_since: Option<String>,
    /// The main one first.
    pub documents: Vec<DocumentLine>,
    pub phone_masked: Option<String>,
    pub login_name: Option<String>,
    pub visit: VisitState,
    /// Whether a system waits for the person's answer.
    pub requests: RequestsWaiting,
}

/// Whether something waits for the person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestsWaiting {
    #[default]
    None,
    Some,
}

/// Whether a session is the one that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichDevice {
    This,
    Other,
}

/// One session.
#[derive(Debug, Clone)]
pub struct SessionLine {
    /// The value of `session`.
    pub id: String,
    /// Browser and system, for people.
    pub device: String,
    pub since: String,
    pub last_used: String,
    pub which: WhichDevice,
    pub systems: Vec<String>,
}

impl SessionLine {
    fn is_this(&self) -> bool {
        self.which == WhichDevice::This
    }
}

/// `data-page="account-sessions"`: posts `csrf` and `session` = an id or `others`, to `/account/sessions`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "account/sessions.html")]
pub struct SessionsPage {
    pub chrome: Chrome,
    pub sessions: Vec<SessionLine>,
    /// What was just done: one of the texts of `messages::Sessions`.
    pub done: Option<String>,
}

/// One consent in force.
#[derive(Debug, Clone, Default)]
pub struct ConsentLine {
    /// The value of `consent`.
    pub id: String,
    pub client: String,
    pub department: String,
    pub items: Vec<String>,
    pub given: String,
    pub until: String,
}

/// `data-page="account-consents"`: posts `csrf`, `consent` and `action=withdraw`, to `/account/consents`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "account/consents.html")]
pub struct ConsentsPage {
    pub chrome: Chrome,
    pub consents: Vec<ConsentLine>,
    /// What was just done: one of the texts of `messages::Consents`.
    pub done: Option<String>,
}

/// One use of the identity.
#[derive(Debug, Clone, Default)]
pub struct HistoryLine {
    /// For people.
    pub at: String,
    pub what: String,
    pub system: Option<String>,
    /// What was handed over, how, or where.
    pub detail: Option<String>,
}

/// `data-page="account-history"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "account/history.html")]
pub struct HistoryPage {
    pub chrome: Chrome,
    pub lines: Vec<HistoryLine>,
    pub older_href: Option<String>,
    /// Set when this is not the first page.
    pub newest_href: Option<String>,
}

/// One system that can be entered.
#[derive(Debug, Clone, Default)]
pub struct ServiceLine {
    pub name: String,
    pub department: String,
    /// The system's own address, with what it must know.
    pub href: String,
}

/// `data-page="account-services"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "account/services.html")]
pub struct ServicesPage {
    pub chrome: Chrome,
    pub services: Vec<ServiceLine>,
    /// Set when there are more.
    pub next_href: Option<String>,
    /// Set when this is not the first page.
    pub first_href: Option<String>,
}

impl ServicesPage {
    fn m(&self) -> Services {
        Services(self.chrome.locale)
    }

    fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

impl AccountPage {
    fn m(&self) -> Account {
        Account(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }

    fn r(&self) -> Requests {
        Requests(self.chrome.locale)
    }

    fn has_requests(&self) -> bool {
        self.requests == RequestsWaiting::Some
    }

    fn v(&self) -> Visit {
        Visit(self.chrome.locale)
    }

    fn has_visit_under_way(&self) -> bool {
        self.visit.is_under_way()
    }
}

impl SessionsPage {
    fn m(&self) -> Sessions {
        Sessions(self.chrome.locale)
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_this())
    }

    fn comma(&self) -> &'static str {
        self.chrome.locale.pick("、", ", ")
    }
}

impl ConsentsPage {
    fn m(&self) -> Consents {
        Consents(self.chrome.locale)
    }

    fn is_empty(&self) -> bool {
        self.consents.is_empty()
    }

    fn comma(&self) -> &'static str {
        self.chrome.locale.pick("、", ", ")
    }
}

impl HistoryPage {
    fn m(&self) -> History {
        History(self.chrome.locale)
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
