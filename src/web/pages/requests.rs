//! What waits for a citizen's answer, and the sandbox's inbox.

use askama::Template;

use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::{Inbox, Requests};

/// One request of a client.
#[derive(Debug, Clone, Default)]
pub struct RequestLine {
    pub href: String,
    pub client: String,
    pub department: String,
    /// The client's own words.
    pub message: Option<String>,
    pub asked: String,
    pub until: String,
}

/// `data-page="account-requests"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "account/requests.html")]
pub struct RequestsPage {
    pub chrome: Chrome,
    pub requests: Vec<RequestLine>,
}

/// One message.
#[derive(Debug, Clone, Default)]
pub struct InboxLine {
    pub at: String,
    pub to: String,
    pub text: String,
    pub href: String,
}

/// `data-page="sandbox-inbox"`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "inbox.html")]
pub struct InboxPage {
    pub chrome: Chrome,
    pub messages: Vec<InboxLine>,
}

impl RequestsPage {
    fn m(&self) -> Requests {
        Requests(self.chrome.locale)
    }

    fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

impl InboxPage {
    fn m(&self) -> Inbox {
        Inbox(self.chrome.locale)
    }
}
