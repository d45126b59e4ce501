//! The consent page.

use askama::Template;

use super::asker::Asker;
use crate::base::Locale;
use crate::grant::asked::CLAIM;
use crate::grant::claims::scope_of;
use crate::http::paths;
use crate::protocol::authorization_details::Detail;
use crate::web::chrome::Chrome;
use crate::web::messages::{Consent, Detailed, Elsewhere, Scopes, SingleClaims, Verified, Why};

/// Whether an item may be declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

/// One thing the client asks for.
#[derive(Debug, Clone)]
pub struct ConsentItem {
    /// The value of the check box.
    pub scope: String,
    pub name: String,
    pub description: String,
    /// What the client wants it for, in its own words.
    pub why: Option<String>,
    pub need: Need,
}

impl ConsentItem {
    /// A standard scope in our words; an unknown one under its own name.
    pub fn of_scope(locale: Locale, scope: &str, need: Need) -> Self {
        let words = Scopes(locale);
        Self {
            scope: scope.to_owned(),
            name: words.name(scope).unwrap_or(scope).to_owned(),
            description: words.description(scope).unwrap_or_default().to_owned(),
            why: None,
            need,
        }
    }

    /// A single claim, with the reason for it: one that carries its verification, one in words of its own, or one that is
    /// all its scope gives.
    pub fn of_claim(locale: Locale, claim: &str, need: Need) -> Self {
        let scope = scope_of(claim).unwrap_or(claim);
        let of_scope = Self::of_scope(locale, scope, need);
        let verified = Verified(locale).words(claim);
        let why = if verified.is_some() { Verified(locale).why() } else { Why(locale).of(scope) };
        let words = verified.or_else(|| SingleClaims(locale).words(claim));
        let (name, description) = words.unwrap_or((of_scope.name.as_str(), of_scope.description.as_str()));
        let (name, description) = (name.to_owned(), description.to_owned());
        Self { scope: format!("{CLAIM}{claim}"), name, description, ..of_scope }.because(why)
    }

    /// One of the authorization details; it has no check box.
    pub fn of_detail(locale: Locale, detail: &Detail) -> Self {
        let words = Detailed(locale);
        Self {
            scope: String::new(),
            name: words.name(detail),
            description: words.what(detail),
            why: None,
            need: Need::Required,
        }
    }

    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }

    fn is_optional(&self) -> bool {
        self.need == Need::Optional
    }
}

/// Who waits for the answer.
#[derive(Debug, Clone, Default)]
pub enum Occasion {
    /// The system that sent this browser here.
    #[default]
    Here,
    /// A device that shows this code.
    Device { code: String, name: Option<String>, until: String },
    /// A system that asked by itself, with its own words.
    Call { message: Option<String>, until: String },
}

/// `data-page="consent"`, for a call `account-request`: posts `request`, `csrf`, `shown_to`, the `scope` of each optional
/// item that stays, and `decision` = `allow` or `deny`, to `/consent`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "consent.html")]
pub struct ConsentPage {
    pub chrome: Chrome,
    pub request: String,
    /// A keyed mark of who reads it.
    pub shown_to: String,
    pub client: String,
    pub department: String,
    pub asker: Asker,
    /// The masked name of who allows.
    pub person: String,
    pub items: Vec<ConsentItem>,
    /// The day the consent ends, for people; none where it is for this time only.
    pub until: Option<String>,
    pub occasion: Occasion,
}

impl ConsentPage {
    fn m(&self) -> Consent {
        Consent(self.chrome.locale)
    }

    fn e(&self) -> Elsewhere {
        Elsewhere(self.chrome.locale)
    }

    fn name(&self) -> &'static str {
        match self.occasion {
            Occasion::Here | Occasion::Device { .. } => "consent",
            Occasion::Call { .. } => "account-request",
        }
    }

    fn title(&self) -> String {
        match self.occasion {
            Occasion::Here => self.m().title(&self.client),
            Occasion::Device { .. } => self.e().device_title(&self.client),
            Occasion::Call { .. } => self.e().ciba_title(&self.client),
        }
    }
}
