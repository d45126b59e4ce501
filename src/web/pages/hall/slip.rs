//! The slip the citizen takes home.

use askama::Template;

use super::bar::DeskBar;
use super::compare::AccountKnown;
use super::decided::Outcome;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{HallDesk, HallSlip, Level};

/// A continuation code, shown this once and on paper only.
#[derive(Clone, Default)]
pub struct Continuation {
    /// As it is printed: `ABCDE-FGHJK-MNPQR-STVWX-Y`.
    pub code: String,
    /// For people.
    pub valid_until: String,
    /// Where it is entered: the full address of the register page.
    pub address: String,
}

impl std::fmt::Debug for Continuation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Continuation(…)")
    }
}

/// `data-page="hall-slip"`.
#[derive(Debug, Clone, Template)]
#[template(path = "hall/slip.html")]
pub struct HallSlipPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    pub outcome: Outcome,
    /// Of who failed unknown to us there is none.
    pub name_masked: Option<String>,
    pub level: u8,
    /// For people.
    pub at: String,
    /// The window where it was decided.
    pub window: Option<String>,
    pub receipt_id: Option<String>,
    /// Markup of `web::qr::svg` for the address of the receipt.
    pub receipt_qr_svg: String,
    pub continuation: Option<Continuation>,
    /// Who has an account signs in with it before the code is entered.
    pub account: AccountKnown,
}

impl HallSlipPage {
    fn m(&self) -> HallSlip {
        HallSlip(self.chrome.locale)
    }

    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }

    /// The title and the steps of what is done at home with the code.
    fn how(&self, address: &str) -> (&'static str, [String; 3]) {
        let m = self.m();
        let (title, first, second) = match self.account {
            AccountKnown::No => (m.how(), m.how_1(address), m.how_2()),
            AccountKnown::Yes => (m.how_own(), m.how_own_1(address), m.how_own_2()),
        };
        (title, [first, second.to_owned(), m.how_3().to_owned()])
    }

    /// What the person does next, where no code on this slip says it.
    fn next(&self) -> Option<&'static str> {
        let m = self.m();
        let next = match self.outcome {
            Outcome::Passed => m.next_passed(),
            Outcome::Continuation => m.next_code(),
            Outcome::Bound => m.next_bound(),
            Outcome::FailedRetryable => m.next_retry(),
            Outcome::FailedFinal => m.next_final(),
        };
        self.continuation.is_none().then_some(next)
    }

    fn keep(&self) -> &'static str {
        match (&self.continuation, self.outcome.is_pass()) {
            (Some(_), _) => self.m().keep_code(),
            (None, true) => self.m().keep(),
            (None, false) => self.m().keep_failed(),
        }
    }

    fn result(&self) -> &'static str {
        match self.outcome {
            Outcome::FailedRetryable => self.m().fail_retryable(),
            Outcome::FailedFinal => self.m().fail_final(),
            Outcome::Passed | Outcome::Bound | Outcome::Continuation => self.m().passed(),
        }
    }
}
