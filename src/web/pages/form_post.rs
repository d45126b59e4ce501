//! The page that carries an answer back to the client by POST (OAuth 2.0 Form Post Response Mode §2).

use askama::Template;

use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::messages::FormPost;

/// `data-page="form-post"`: submits itself by script, by a button without.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "form_post.html")]
pub struct FormPostPage {
    pub chrome: Chrome,
    pub client: String,
    /// The registered redirect URI.
    pub action: String,
    /// Names and values of the answer.
    pub parameters: Vec<(String, String)>,
}

impl FormPostPage {
    fn m(&self) -> FormPost {
        FormPost(self.chrome.locale)
    }
}
