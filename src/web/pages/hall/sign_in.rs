//! The clerk signs in and says at which window.

use askama::Template;

use super::bar::DeskBar;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::{Field, FormErrors};
use crate::web::messages::{HallDesk, HallSignIn, HallWindow};

/// Why the last try did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HallSignInProblem {
    NothingTyped,
    NoLogin,
    NoPassword,
    WrongLoginOrPassword,
    Locked {
        minutes: u64,
    },
    Busy,
    /// Signed out after five idle minutes.
    Idle,
    /// The session is over, for whatever reason.
    Over,
    /// The same, and what was typed is kept.
    OverAndKept,
    NoRole,
}

/// `data-page="hall-sign-in"`: posts `login`, `password`, `next`, `csrf` to `/hall/sign-in`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "hall/sign_in.html")]
pub struct HallSignInPage {
    pub chrome: Chrome,
    /// The page of the hall that was asked for.
    pub next: Option<String>,
    pub login: String,
    pub problem: Option<HallSignInProblem>,
}

impl HallSignInPage {
    fn m(&self) -> HallSignIn {
        HallSignIn(self.chrome.locale)
    }

    /// What is wrong with the login, or with the try as a whole.
    fn message(&self) -> Option<String> {
        let m = self.m();
        Some(match self.problem? {
            HallSignInProblem::NothingTyped | HallSignInProblem::NoLogin => m.no_login().to_owned(),
            HallSignInProblem::NoPassword => return None,
            HallSignInProblem::WrongLoginOrPassword => m.wrong().to_owned(),
            HallSignInProblem::Locked { minutes } => m.locked(minutes),
            HallSignInProblem::Busy => m.busy().to_owned(),
            HallSignInProblem::Idle => m.idle().to_owned(),
            HallSignInProblem::Over => m.over().to_owned(),
            HallSignInProblem::OverAndKept => m.over_and_kept().to_owned(),
            HallSignInProblem::NoRole => m.no_role().to_owned(),
        })
    }

    fn password_message(&self) -> Option<String> {
        use HallSignInProblem::{NoPassword, NothingTyped};
        let missing = matches!(self.problem, Some(NothingTyped | NoPassword));
        missing.then(|| self.m().no_password().to_owned())
    }

    fn login_field(&self) -> Field {
        use HallSignInProblem::{NoLogin, NothingTyped, WrongLoginOrPassword};
        let wrong = matches!(self.problem, Some(NothingTyped | NoLogin | WrongLoginOrPassword));
        Field { value: self.login.clone(), error: self.message().filter(|_| wrong) }
    }

    fn password_field(&self) -> Field {
        Field { value: String::new(), error: self.password_message() }
    }

    fn errors(&self) -> FormErrors {
        FormErrors::new().and("login", self.message()).and("password", self.password_message())
    }
}

/// Whether somebody has sat down at a window within the last minutes; it can be taken over all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowUse {
    Free,
    InUse,
}

/// One window of the hall.
#[derive(Debug, Clone)]
pub struct WindowLine {
    pub name: String,
    pub in_use: WindowUse,
}

impl WindowLine {
    fn is_in_use(&self) -> bool {
        self.in_use == WindowUse::InUse
    }
}

/// `data-page="hall-window"`: posts `window`, `next` and `csrf` to `/hall/window`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "hall/window.html")]
pub struct HallWindowPage {
    pub chrome: Chrome,
    pub bar: DeskBar,
    /// The page of the hall that was asked for.
    pub next: Option<String>,
    pub windows: Vec<WindowLine>,
    /// The chosen name and what is wrong with it: texts of `messages::HallWindow`.
    pub window: Field,
}

impl HallWindowPage {
    fn m(&self) -> HallWindow {
        HallWindow(self.chrome.locale)
    }

    fn d(&self) -> HallDesk {
        HallDesk(self.chrome.locale)
    }

    fn errors(&self) -> FormErrors {
        FormErrors::new().and_field("window-1", &self.window)
    }
}
