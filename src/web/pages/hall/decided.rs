//! The result of a visit, and the ways to hand it over.

use askama::Template;

use super::bar::DeskBar;
use super::compare::AccountKnown;
use crate::base::id::VisitId;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{HallCard, HallDecided, HallDesk, Level};

/// How the visit went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Verified; the result is not handed over yet.
    Passed,
    FailedRetryable,
    FailedFinal,
    /// Verified and tied to the account.
    Bound,
    /// Verified; a continuation code was given.
    Continuation,
}

/// Whether the person is still there to be told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    There,
    Left,
}

impl Outcome {
    pub(super) fn is_pass(self) -> bool {
        !matches!(self, Outcome::FailedRetryable | Outcome::FailedFinal)
    }
}

/// `data-page="hall-decided"`: posts `action=start` to `/hall/visits/{id}/binding`, or nothing else to
/// `/hall/visits/{id}/continuation`; both with `version` and `csrf`.
#[derive(Debug, Clone, Template)]
#[template(path = "hall/decided.html")]
pub struct HallDecidedPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    pub visit: VisitId,
    /// Which state of the visit the page was made from.
    pub version: i64,
    pub outcome: Outcome,
    /// Of who failed unknown to us there is none.
    pub name_masked: Option<String>,
    /// The level reached, where passed.
    pub level: u8,
    /// Why not, for people.
    pub reason: Option<String>,
    pub presence: Presence,
    pub account: AccountKnown,
    pub receipt_href: Option<String>,
}

impl HallDecidedPage {
    fn m(&self) -> HallDecided {
        HallDecided(self.chrome.locale)
    }

    fn c(&self) -> HallCard {
        HallCard(self.chrome.locale)
    }

    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }

    fn is_to_hand_over(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    fn has_account(&self) -> bool {
        self.account == AccountKnown::Yes
    }

    fn heading(&self) -> &'static str {
        let m = self.m();
        match self.outcome {
            Outcome::Passed => m.passed(),
            Outcome::FailedRetryable => m.fail_retryable(),
            Outcome::FailedFinal => m.fail_final(),
            Outcome::Bound => m.bound(),
            Outcome::Continuation => m.handed(),
        }
    }

    fn explanation(&self) -> &'static str {
        let m = self.m();
        match self.outcome {
            Outcome::Passed => m.passed_text(),
            Outcome::FailedRetryable | Outcome::FailedFinal if self.presence == Presence::Left => {
                m.left_text()
            }
            Outcome::FailedRetryable => m.fail_retryable_text(),
            Outcome::FailedFinal => m.fail_final_text(),
            Outcome::Bound => m.bound_text(),
            Outcome::Continuation if self.has_account() => m.handed_own_text(),
            Outcome::Continuation => m.handed_text(),
        }
    }

    /// The step under way on the line of steps; five once all are done.
    fn step(&self) -> u8 {
        match self.outcome {
            Outcome::Passed => 4,
            Outcome::FailedRetryable | Outcome::FailedFinal => 3,
            Outcome::Bound | Outcome::Continuation => 5,
        }
    }
}
