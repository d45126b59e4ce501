//! The page where anyone verifies a receipt.

use askama::Template;

use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{Level, Receipt};

/// What is known of the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReceiptState {
    Valid,
    /// The citizen said it was not them.
    Repudiated,
    /// The signature does not fit.
    Broken,
    #[default]
    Unknown,
}

/// `data-page="receipt"`; of an unknown receipt nothing but the state is shown.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "receipt.html")]
pub struct ReceiptPage {
    pub chrome: Chrome,
    pub state: ReceiptState,
    pub id: String,
    pub level: u8,
    /// For people.
    pub at: String,
    pub hall: String,
    /// SHA-256 of the evidence set, hexadecimal.
    pub evidence_hash: String,
}

impl ReceiptPage {
    fn m(&self) -> Receipt {
        Receipt(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }

    fn heading(&self) -> &'static str {
        let m = self.m();
        match self.state {
            ReceiptState::Valid => m.valid(),
            ReceiptState::Repudiated => m.repudiated(),
            ReceiptState::Broken => m.broken(),
            ReceiptState::Unknown => m.unknown(),
        }
    }

    fn explanation(&self) -> &'static str {
        let m = self.m();
        match self.state {
            ReceiptState::Valid => m.valid_text(),
            ReceiptState::Repudiated => m.repudiated_text(),
            ReceiptState::Broken => m.broken_text(),
            ReceiptState::Unknown => m.unknown_text(),
        }
    }
}
