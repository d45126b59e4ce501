//! Signing out, and whom it reached.

use askama::Template;

use super::error::Link;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{SignOut, SignedOut};

/// A system that takes part in the session.
#[derive(Debug, Clone, Default)]
pub struct SignedInSystem {
    pub name: String,
    /// For people.
    pub since: String,
}

/// `data-page="sign-out"`: posts `csrf`, `request` where the client asked, and `decision` = `all`, `this` or `stay`,
/// to `/sign-out`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "sign_out.html")]
pub struct SignOutPage {
    pub chrome: Chrome,
    /// The id of the logout request that waits.
    pub request: Option<String>,
    /// The client that asked; without one `this` is not offered.
    pub client: Option<String>,
    pub systems: Vec<SignedInSystem>,
}

impl SignOutPage {
    fn m(&self) -> SignOut {
        SignOut(self.chrome.locale)
    }
}

/// Whether a system has heard of the sign-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Reached,
    Trying,
    /// With a reason for people.
    Failed(String),
    /// The client registered no address to be told at.
    NotTold,
    /// This page's browser is loading the client's address.
    Asking,
    /// The browser has loaded it. What the client did then, nobody here can see.
    Asked,
}

/// One system that was told.
#[derive(Debug, Clone)]
pub struct LogoutOutcome {
    pub client: String,
    pub reach: Reach,
    /// Names the line to the script.
    pub delivery: String,
}

/// An address of a client that this page's browser loads (Front-Channel Logout §3).
#[derive(Debug, Clone)]
pub struct LogoutFrame {
    pub delivery: String,
    pub href: String,
}

/// `data-page="signed-out"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "signed_out.html")]
pub struct SignedOutPage {
    pub chrome: Chrome,
    pub outcomes: Vec<LogoutOutcome>,
    pub frames: Vec<LogoutFrame>,
    /// Where the script posts `csrf` and each loaded `delivery`.
    pub asked_href: &'static str,
    /// Back to the client that asked; `text` is its name.
    pub back: Option<Link>,
    /// When the page goes back to the client by itself: the seconds, and the address that stays here.
    pub returns: Option<(u32, String)>,
    /// This page again, while some are still being told.
    pub refresh_href: Option<String>,
    /// Answers `{"state":"…"}`; the page reloads when the state is another one.
    pub poll_href: Option<String>,
    /// The state the page was made in, as the poll names it.
    pub state: String,
}

impl SignedOutPage {
    fn m(&self) -> SignedOut {
        SignedOut(self.chrome.locale)
    }

    fn is_trying(&self) -> bool {
        self.trying() > 0
    }

    fn trying(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.reach == Reach::Trying).count()
    }

    /// How far it has come: the title says it too, to whoever waits for the rest.
    fn heading(&self) -> String {
        let missed = self.outcomes.iter().any(|outcome| matches!(outcome.reach, Reach::Failed(_)));
        match self.trying() {
            0 if missed => self.m().title_missed().to_owned(),
            0 => self.m().title().to_owned(),
            left => self.m().title_partly(left),
        }
    }

    fn returns_to(&self) -> Option<(u32, &str)> {
        let (seconds, _) = self.returns.as_ref()?;
        Some((*seconds, &self.back.as_ref()?.href))
    }

    fn asks_here(&self) -> bool {
        self.outcomes.iter().any(|outcome| matches!(outcome.reach, Reach::Asking | Reach::Asked))
    }

    fn has_failed(&self) -> bool {
        self.outcomes.iter().any(|outcome| matches!(outcome.reach, Reach::Failed(_) | Reach::NotTold))
    }
}
