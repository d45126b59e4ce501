//! The pages that create an account for a person a window has verified.

use askama::Template;

use crate::http::paths;
use crate::identity::IdType;
use crate::protocol::urlencoded;
use crate::web::chrome::Chrome;
use crate::web::form::{Field, FormErrors};
use crate::web::messages::{Level, Register, Registered, Wait};

/// Which of the two steps is shown.
#[derive(Debug, Clone)]
pub enum RegisterStep {
    /// Enter the code.
    Code { continuation_code: Field, kept: Kept },
    /// The code was accepted.
    Details(Box<RegisterDetails>),
}

/// Whether the code was typed before the person signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Nothing,
    /// It is filled in again.
    Code,
}

/// Whether somebody has to agree for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guardian {
    #[default]
    NotNeeded,
    /// The person is under 14.
    Agrees,
}

/// The second step.
#[derive(Debug, Clone, Default)]
pub struct RegisterDetails {
    /// Goes back as a hidden input.
    pub continuation_code: String,
    pub name_masked: String,
    pub document_masked: String,
    /// What it is, for how its number is typed.
    pub id_type: Option<IdType>,
    pub guardian: Guardian,
    pub login_name: Field,
    pub phone: Field,
    pub password: Field,
    pub password_again: Field,
}

/// What is wrong with the whole form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterProblem {
    TooManyTries {
        seconds: u64,
    },
    /// The person has an account already: the page leads to the sign-in.
    AccountExists,
    /// The same, and somebody else is signed in.
    AccountOfAnother,
    /// Too many passwords wait to be hashed.
    Busy,
}

/// `data-page="register"`: the first step posts `continuation_code` and `step=code`, the second `step=create`,
/// `login_name`, `phone`, `password`, `password_again`; both with `csrf` and `request`, to `/register`.
#[derive(Debug, Clone, Template)]
#[template(path = "register.html")]
pub struct RegisterPage {
    pub chrome: Chrome,
    /// The id of the authorization request that waits.
    pub request: Option<String>,
    pub step: RegisterStep,
    pub problem: Option<RegisterProblem>,
}

impl RegisterPage {
    fn m(&self) -> Register {
        Register(self.chrome.locale)
    }

    /// Whether something on it is wrong.
    pub fn is_refused(&self) -> bool {
        !self.errors().is_empty()
    }

    fn account_exists(&self) -> bool {
        self.problem == Some(RegisterProblem::AccountExists)
    }

    fn account_of_another(&self) -> bool {
        self.problem == Some(RegisterProblem::AccountOfAnother)
    }

    /// Who is signed in has an account: for them the code is no first of two steps.
    fn is_signed_in(&self) -> bool {
        self.chrome.signed_in.is_some()
    }

    /// The way through the waiting request, or back to this page.
    fn sign_in_href(&self) -> String {
        match &self.request {
            Some(request) => format!("{}?request={request}", paths::SIGN_IN),
            None => self.sign_in_and_back_href(),
        }
    }

    /// For this request, and back to this page, which then has the code.
    fn sign_in_and_back_href(&self) -> String {
        sign_in_and_back(self.request.as_deref())
    }

    fn title(&self) -> &'static str {
        match self.step {
            RegisterStep::Code { kept: Kept::Code, .. } => self.m().title_kept(),
            RegisterStep::Code { .. } if self.is_signed_in() => self.m().title_signed_in(),
            RegisterStep::Code { .. } => self.m().title(),
            RegisterStep::Details(_) => self.m().title_details(),
        }
    }

    fn errors(&self) -> FormErrors {
        let (first, fields) = match &self.step {
            RegisterStep::Code { continuation_code, .. } => {
                ("continuation_code", FormErrors::new().and_field("continuation_code", continuation_code))
            }
            RegisterStep::Details(details) => ("login_name", details.errors()),
        };
        let m = self.m();
        let problem = self.problem.map(|problem| match problem {
            RegisterProblem::TooManyTries { seconds } => m.too_many(Wait(self.chrome.locale).of(seconds)),
            RegisterProblem::AccountExists => m.account_exists().to_owned(),
            RegisterProblem::AccountOfAnother => m.account_of_another().to_owned(),
            RegisterProblem::Busy => m.busy().to_owned(),
        });
        fields.and(first, problem)
    }
}

/// The sign-in, on the way of `request` where there is one, and from there to the page with the code.
pub fn sign_in_and_back(request: Option<&str>) -> String {
    let (way, here) = match request {
        Some(request) => (format!("request={request}&"), format!("{}?request={request}", paths::REGISTER)),
        None => (String::new(), paths::REGISTER.to_owned()),
    };
    format!("{}?{way}next={}", paths::SIGN_IN, urlencoded::encode(&here))
}

impl RegisterDetails {
    /// That the number of the document signs in as well, and how it is typed.
    fn id_too(&self, m: &Register) -> &'static str {
        if self.id_type == Some(IdType::Passport) { m.passport_too() } else { m.id_too() }
    }

    fn errors(&self) -> FormErrors {
        FormErrors::new()
            .and_field("login_name", &self.login_name)
            .and_field("phone", &self.phone)
            .and_field("password", &self.password)
            .and_field("password_again", &self.password_again)
    }
}

/// `data-page="registered"`: the account is there.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "registered.html")]
pub struct RegisteredPage {
    pub chrome: Chrome,
    pub name_masked: String,
    pub level: u8,
    pub id_type: Option<IdType>,
    pub login_name: Option<String>,
    pub phone_masked: Option<String>,
    /// The authorization request that waits, as `(service, href)`; else the way leads to the account.
    pub continue_to: Option<(String, String)>,
}

impl RegisteredPage {
    fn m(&self) -> Registered {
        Registered(self.chrome.locale)
    }

    fn l(&self) -> Level {
        Level(self.chrome.locale)
    }

    fn id_number(&self) -> &'static str {
        if self.id_type == Some(IdType::Passport) { self.m().passport() } else { self.m().id_number() }
    }
}
