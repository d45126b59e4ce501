//! The landing page and the help page.

use askama::Template;

use super::ticket::HallPlace;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{Help, Home, Level};

/// `data-page="home"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    pub chrome: Chrome,
}

/// `data-page="help"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "help.html")]
pub struct HelpPage {
    pub chrome: Chrome,
    pub halls: Vec<HallPlace>,
}

impl HomePage {
    fn m(&self) -> Home {
        Home(self.chrome.locale)
    }
}

impl HelpPage {
    fn m(&self) -> Help {
        Help(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }
}
