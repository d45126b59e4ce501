//! The list of refusals, and the page of one.

use askama::Template;

use crate::base::Locale;
use crate::http::paths;
use crate::protocol::Refusal;
use crate::web::chrome::Chrome;
use crate::web::messages::ErrorCodes;

/// `data-page="error-codes"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "error_codes.html")]
pub struct ErrorCodesPage {
    pub chrome: Chrome,
}

/// `data-page="error-code"`: the refusal in both languages, the language of the page first.
#[derive(Debug, Clone, Template)]
#[template(path = "error_code.html")]
pub struct ErrorCodePage {
    chrome: Chrome,
    number: u32,
    error: &'static str,
    section: &'static str,
    what: &'static str,
    fix: &'static str,
    /// The request that was refused.
    txn: Option<String>,
}

/// One line of the list.
struct Line {
    number: u32,
    error: &'static str,
    what: &'static str,
    href: String,
}

impl ErrorCodesPage {
    fn m(&self) -> ErrorCodes {
        ErrorCodes(self.chrome.locale)
    }

    fn lines(&self) -> Vec<Line> {
        let line = |refusal: &Refusal| Line {
            number: refusal.number(),
            error: refusal.code().as_str(),
            what: refusal.description(self.chrome.locale),
            href: paths::help_error(refusal.number()),
        };
        Refusal::ALL.iter().map(line).collect()
    }
}

impl ErrorCodePage {
    pub fn of(chrome: Chrome, refusal: Refusal) -> Self {
        let (locale, remedy): (Locale, _) = (chrome.locale, refusal.remedy());
        Self {
            number: refusal.number(),
            error: refusal.code().as_str(),
            section: remedy.section,
            what: refusal.description(locale),
            fix: remedy.fix(locale),
            txn: None,
            chrome,
        }
    }

    pub fn about(self, txn: Option<String>) -> Self {
        Self { txn, ..self }
    }

    fn m(&self) -> ErrorCodes {
        ErrorCodes(self.chrome.locale)
    }
}
