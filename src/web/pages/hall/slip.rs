//! The slip the citizen takes home.

use askama::Template;

use super::bar::DeskBar;
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

    fn result(&self) -> &'static str {
        match self.outcome {
            Outcome::FailedRetryable => self.m().fail_retryable(),
            Outcome::FailedFinal => self.m().fail_final(),
            Outcome::Passed | Outcome::Bound | Outcome::Continuation => self.m().passed(),
        }
    }
}
