//! The sign-in page.

use askama::Template;
use url::form_urlencoded::Serializer;

use super::asker::Asker;
use crate::http::paths;
use crate::web::chrome::Chrome;
use crate::web::form::{Field, FormErrors};
use crate::web::messages::{SignIn, Wait};

/// Which tab is open; the form is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignInTab {
    #[default]
    Personal,
    /// `?as=enterprise`
    Enterprise,
}

/// Whether somebody already signed in is asked again (`prompt=login`, `max_age`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhyAgain {
    #[default]
    FirstTime,
    Reauthentication,
}

/// Why the last try did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInProblem {
    NothingTyped,
    NoUsername,
    NoPassword,
    /// One answer whether or not the account exists.
    WrongNameOrPassword,
    TooManyTries {
        seconds: u64,
    },
    Busy,
    Expired,
}

/// `data-page="sign-in"`: posts `username`, `password`, `csrf`, and `request` or `next`, to `/sign-in`; a cancel posts
/// `action=cancel`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    pub chrome: Chrome,
    /// The id of the authorization request that waits.
    pub request: Option<String>,
    /// The path of our own page that waits, where no request does.
    pub next: Option<String>,
    pub asker: Asker,
    pub tab: SignInTab,
    pub again: WhyAgain,
    pub username: String,
    pub problem: Option<SignInProblem>,
}

impl SignInPage {
    fn m(&self) -> SignIn {
        SignIn(self.chrome.locale)
    }

    fn is_enterprise(&self) -> bool {
        self.tab == SignInTab::Enterprise
    }

    fn is_again(&self) -> bool {
        self.again == WhyAgain::Reauthentication
    }

    fn username_field(&self) -> Field {
        use SignInProblem::{NoUsername, NothingTyped, WrongNameOrPassword};
        let wrong = matches!(self.problem, Some(NothingTyped | NoUsername | WrongNameOrPassword));
        Field { value: self.username.clone(), error: self.message().filter(|_| wrong) }
    }

    fn password_field(&self) -> Field {
        Field { value: String::new(), error: self.password_message() }
    }

    fn errors(&self) -> FormErrors {
        FormErrors::new().and("username", self.message()).and("password", self.password_message())
    }

    /// What is wrong with the name, or with the try as a whole.
    fn message(&self) -> Option<String> {
        let m = self.m();
        Some(match self.problem? {
            SignInProblem::NothingTyped | SignInProblem::NoUsername => m.no_username().to_owned(),
            SignInProblem::NoPassword => return None,
            SignInProblem::WrongNameOrPassword => m.wrong().to_owned(),
            SignInProblem::TooManyTries { seconds } => m.too_many(Wait(self.chrome.locale).of(seconds)),
            SignInProblem::Busy => m.busy().to_owned(),
            SignInProblem::Expired => m.expired().to_owned(),
        })
    }

    fn password_message(&self) -> Option<String> {
        let missing = matches!(self.problem, Some(SignInProblem::NothingTyped | SignInProblem::NoPassword));
        missing.then(|| self.m().no_password().to_owned())
    }

    fn personal_href(&self) -> String {
        self.waiting(paths::SIGN_IN, None)
    }

    fn enterprise_href(&self) -> String {
        self.waiting(paths::SIGN_IN, Some("enterprise"))
    }

    fn register_href(&self) -> String {
        self.waiting(paths::REGISTER, None)
    }

    /// `page` with what waits after it.
    fn waiting(&self, page: &str, tab: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in
            [("request", self.request.as_deref()), ("next", self.next.as_deref()), ("as", tab)]
        {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
    }
}
