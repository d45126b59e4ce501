//! What a client registers about itself (RFC 7591, OpenID Connect Registration, and what extends them).

/// The members: reading, defaults, printing.
mod members;
/// What members must say together.
mod check;
/// Texts that must be short and readable.
mod short_texts;
/// What the members about encryption must say together.
mod encryption;
/// Where the implicit grant may send a web application's tokens.
mod implicit;
/// Where a log-in that others initiate begins.
mod initiate_login;
/// Who shares a pairwise subject.
mod sector;

pub use members::{ClientMetadata, SubjectType};
pub use sector::Sector;

use super::error::ErrorCode;

/// One thing wrong with what was registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {what}")]
pub struct MetadataProblem {
    /// The member's name.
    pub member: String,
    /// What is wrong and what to do, in English.
    pub what: String,
}

impl MetadataProblem {
    /// The longest part of a stranger's text that is repeated in a problem.
    const MOST: usize = 200;

    pub fn new(member: &str, what: impl AsRef<str>) -> Self {
        let short = |text: &str| text.chars().take(Self::MOST).collect();
        Self { member: short(member), what: short(what.as_ref()) }
    }

    /// The `error` of a registration answer (RFC 7591 §3.2.2).
    pub fn code(&self) -> ErrorCode {
        match self.member.as_str() {
            "redirect_uris" => ErrorCode::InvalidRedirectUri,
            _ => ErrorCode::InvalidClientMetadata,
        }
    }
}

/// The members in which a web application that registers these is wrong.
#[cfg(test)]
fn wrong_members(with: serde_json::Value) -> Vec<String> {
    let mut members = serde_json::json!({"redirect_uris": ["https://a.example/cb"]});
    for (name, value) in with.as_object().unwrap() {
        members[name] = value.clone();
    }
    let metadata: ClientMetadata = serde_json::from_value(members).unwrap();
    metadata.check().into_iter().map(|problem| problem.member).collect()
}
