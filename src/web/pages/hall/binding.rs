//! The screen that is turned to the citizen: QR code and two digits.

use askama::Template;

use super::bar::DeskBar;
use crate::base::id::VisitId;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{HallBinding, HallCard, HallDesk};

/// Whether the confirmation still waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingState {
    Waiting,
    /// Expired, refused, or tried too often.
    Ended,
}

/// `data-page="hall-binding"`: posts `action=renew` to `/hall/visits/{id}/binding`, or nothing else to
/// `/hall/visits/{id}/continuation`; both with `version` and `csrf`.
#[derive(Debug, Clone, Template)]
#[template(path = "hall/binding.html")]
pub struct HallBindingPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    pub visit: VisitId,
    /// Which state of the visit the page was made from.
    pub version: i64,
    pub binding: BindingState,
    /// Markup of `web::qr::svg` for the address of `paths::bind`.
    pub qr_svg: String,
    /// Two digits.
    pub number: String,
    /// For people: `10:10`.
    pub valid_until: String,
    /// Answers `{"state":"…"}`; the page reloads when the state is another one.
    pub poll_href: String,
    /// The state the page was made in, as the poll names it.
    pub state: String,
}

impl HallBindingPage {
    fn m(&self) -> HallBinding {
        HallBinding(self.chrome.locale)
    }

    fn c(&self) -> HallCard {
        HallCard(self.chrome.locale)
    }

    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn is_waiting(&self) -> bool {
        self.binding == BindingState::Waiting
    }
}
