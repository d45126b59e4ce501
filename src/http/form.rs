//! What a page's form sends: names and values, bounded; a name may come more than once (check boxes).

use axum::body::{Body, to_bytes};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::protocol::urlencoded;

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<(String, String)>);

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAForm {
    /// Another content type, or bytes that are not form encoding.
    Malformed,
    TooLarge,
}

/// Longer bodies are refused unread: no page of ours sends more.
pub const MOST_BYTES: usize = 64 * 1024;
const MOST_FIELDS: usize = 128;

impl Form {
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Self, NotAForm> {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !is_form(kind) {
            return Err(NotAForm::Malformed);
        }
        let bytes = to_bytes(body, MOST_BYTES).await.map_err(|_| NotAForm::TooLarge)?;
        Self::parse(&bytes)
    }

    pub fn parse(encoded: &[u8]) -> Result<Self, NotAForm> {
        let mut fields = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if fields.len() == MOST_FIELDS {
                return Err(NotAForm::TooLarge);
            }
            let cut = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(cut + 1..).unwrap_or_default();
            let decode = |part: &[u8]| urlencoded::decode(part).map_err(|_| NotAForm::Malformed);
            fields.push((decode(&pair[..cut])?, decode(value)?));
        }
        Ok(Self(fields))
    }

    /// The first value of a name, with outer white space gone; absent and empty are the same.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The first value as it was typed: passwords keep their spaces.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a content type is the one of HTML forms.
pub fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
