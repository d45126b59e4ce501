//! The sandbox's card reader: which sample card lies on it.

use askama::Template;

use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::Reader;

/// One sample card.
#[derive(Debug, Clone, Default)]
pub struct SampleCard {
    /// The value of `card`.
    pub id: String,
    pub name: String,
    pub kind: String,
    pub number_masked: String,
}

/// `data-page="sandbox-reader"`: posts `csrf` and `card` (empty for none) to `/sandbox/reader`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "reader.html")]
pub struct ReaderPage {
    pub chrome: Chrome,
    pub cards: Vec<SampleCard>,
    /// The id of the card on the reader.
    pub lying: Option<String>,
    /// What was just done: `messages::Reader::done`.
    pub done: Option<String>,
}

impl ReaderPage {
    fn m(&self) -> Reader {
        Reader(self.chrome.locale)
    }

    fn lies(&self, card: &SampleCard) -> bool {
        self.lying.as_deref() == Some(card.id.as_str())
    }
}
