//! The clerk's desk: open a visit, see today's.

use askama::Template;

use super::bar::DeskBar;
use crate::base::id::VisitId;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::{Field, FormErrors};
use crate::web::messages::HallDesk;

/// How far a visit is, as the desk names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueueState {
    Open,
    AtCounter,
    Passed,
    AwaitingBinding,
    /// A continuation code was given.
    Continuation,
    Bound,
    FailedRetryable,
    FailedFinal,
    /// Cancelled or expired.
    Ended,
}

/// One visit of today.
#[derive(Debug, Clone)]
pub struct QueueLine {
    /// For people: `10:05`.
    pub time: String,
    pub person: QueuePerson,
    pub window: Option<String>,
    pub state: QueueState,
    pub next: QueueStep,
}

/// Whom a visit of the list is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueuePerson {
    /// The masked name.
    Known(String),
    /// No card was read yet.
    Unread,
    /// A card was read, of somebody we do not know.
    NotOnRecord,
}

/// What this clerk can do with a visit of the list.
#[derive(Debug, Clone)]
pub enum QueueStep {
    /// Another clerk's, or nothing left to see.
    None,
    /// The page of the visit that fits its state.
    Open(String),
    /// Nobody has it in hand.
    Take(VisitId),
}

impl QueueLine {
    fn label(&self, m: HallDesk) -> &'static str {
        match self.state {
            QueueState::Open => m.state_open(),
            QueueState::AtCounter => m.state_at_counter(),
            QueueState::Passed => m.state_passed(),
            QueueState::AwaitingBinding => m.state_awaiting(),
            QueueState::Continuation => m.state_continuation(),
            QueueState::Bound => m.state_bound(),
            QueueState::FailedRetryable => m.state_retry(),
            QueueState::FailedFinal => m.state_final(),
            QueueState::Ended => m.state_ended(),
        }
    }

    fn class(&self) -> &'static str {
        match self.state {
            QueueState::Open | QueueState::Ended => "tag",
            QueueState::AtCounter | QueueState::Passed | QueueState::AwaitingBinding => "tag strong",
            QueueState::Continuation | QueueState::Bound => "tag fine",
            QueueState::FailedRetryable | QueueState::FailedFinal => "tag warn",
        }
    }

    fn goes_on(&self) -> bool {
        use QueueState::{AtCounter, AwaitingBinding, Open, Passed};
        matches!(self.state, Open | AtCounter | Passed | AwaitingBinding)
    }
}

/// The clerk's own figures of today.
#[derive(Debug, Clone, Copy, Default)]
pub struct DayFigures {
    pub done: u64,
    pub passed: u64,
    /// None while nothing is done.
    pub mean_minutes: Option<u64>,
}

/// `data-page="hall-desk"`: posts `code`, or the `visit` of a line that waits, to `/hall/open`, and nothing but `csrf` to
/// `/hall/walk-in`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "hall/desk.html")]
pub struct HallDeskPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    /// Error texts in `messages::HallDesk`.
    pub code: Field,
    pub queue: Vec<QueueLine>,
    pub figures: DayFigures,
    /// What was just done.
    pub done: Option<String>,
    /// Why the last step was not taken.
    pub conflict: Option<String>,
}

impl HallDeskPage {
    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn errors(&self) -> FormErrors {
        FormErrors::new().and_field("code", &self.code).and("today", self.conflict.clone())
    }
}
