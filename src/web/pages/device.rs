//! The page of a device's code, and the one that says what became of a request from elsewhere.

use askama::Template;

use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::{Field, FormErrors};
use crate::web::messages::{Answered, Device, Wait};

/// Why the last code did not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceProblem {
    Empty,
    /// Mistyped, used or expired; nobody is told which.
    Unknown,
    TooManyTries {
        seconds: u64,
    },
}

/// `data-page="device"`: posts `csrf` and `user_code` to `/device`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "device.html")]
pub struct DevicePage {
    pub chrome: Chrome,
    pub user_code: String,
    pub problem: Option<DeviceProblem>,
}

/// What the person said, or what came in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Said {
    Allowed,
    Denied,
    /// The person's level did not suffice.
    Unmet,
    #[default]
    Nothing,
}

/// `data-page="answered"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "answered.html")]
pub struct AnsweredPage {
    pub chrome: Chrome,
    pub said: Said,
}

impl DevicePage {
    fn m(&self) -> Device {
        Device(self.chrome.locale)
    }

    fn is_filled_in(&self) -> bool {
        !self.user_code.is_empty() && self.problem.is_none()
    }

    fn field(&self) -> Field {
        Field { value: self.user_code.clone(), error: self.message() }
    }

    fn errors(&self) -> FormErrors {
        FormErrors::new().and("user_code", self.message())
    }

    fn message(&self) -> Option<String> {
        let m = self.m();
        self.problem.map(|problem| match problem {
            DeviceProblem::Empty => m.empty().to_owned(),
            DeviceProblem::Unknown => m.unknown().to_owned(),
            DeviceProblem::TooManyTries { seconds } => m.too_many(Wait(self.chrome.locale).of(seconds)),
        })
    }
}

impl AnsweredPage {
    fn m(&self) -> Answered {
        Answered(self.chrome.locale)
    }

    fn is_good(&self) -> bool {
        self.said == Said::Allowed
    }

    fn title(&self) -> &'static str {
        let m = self.m();
        match self.said {
            Said::Allowed => m.allowed(),
            Said::Denied => m.denied(),
            Said::Unmet => m.unmet(),
            Said::Nothing => m.nothing(),
        }
    }

    fn text(&self) -> &'static str {
        let m = self.m();
        match self.said {
            Said::Allowed => m.allowed_text(),
            Said::Denied => m.denied_text(),
            Said::Unmet => m.unmet_text(),
            Said::Nothing => m.nothing_text(),
        }
    }
}
