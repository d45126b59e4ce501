//! The page that says which level is missing and how to get it.

use askama::Template;

use super::ticket::{HallPlace, Ticket};
use super::visit::VisitState;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::FormErrors;
use crate::web::messages::{Level, StepUp, Ticket as TicketText, Visit};

/// Why the last button did not lead on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepUpProblem {
    /// "I have been verified" was pressed, but no window has.
    NotYetVerified,
    /// No tries left for today.
    NoTriesLeft,
}

/// `data-page="step-up"`: posts `request`, `csrf` and `action` = `enrol`, `continue` or `leave`, to `/step-up`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "step_up.html")]
pub struct StepUpPage {
    pub chrome: Chrome,
    pub request: String,
    /// Name of the system that needs the level.
    pub service: String,
    pub has_level: u8,
    pub needs_level: u8,
    /// How far the person's visit is.
    pub visit: VisitState,
    /// While the visit is open.
    pub ticket: Option<Ticket>,
    pub halls: Vec<HallPlace>,
    /// Where the citizen enters the two digits, once the window waits for them.
    pub binding_href: Option<String>,
    /// Where the code of the slip is entered, if the window handed one out.
    pub slip_href: Option<String>,
    /// Answers `{"state":"…"}`; the page reloads when the state is another one.
    pub poll_href: Option<String>,
    /// The state the page was made in, as the poll names it.
    pub state: String,
    pub problem: Option<StepUpProblem>,
}

impl StepUpPage {
    fn m(&self) -> StepUp {
        StepUp(self.chrome.locale)
    }

    fn t(&self) -> TicketText {
        TicketText(self.chrome.locale)
    }

    fn v(&self) -> Visit {
        Visit(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }

    fn errors(&self) -> FormErrors {
        let m = self.m();
        let message = self.problem.map(|problem| match problem {
            StepUpProblem::NotYetVerified => m.problem_not_yet(),
            StepUpProblem::NoTriesLeft => m.problem_tries(),
        });
        FormErrors::new().and("next", message.map(str::to_owned))
    }
}
