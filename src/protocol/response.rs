//! Response types and response modes (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode).

use std::fmt;
use std::str::FromStr;

use super::text::{travels_as_text, words};

/// `response_type`: what comes back from the authorization endpoint. `token` without an ID token is OAuth only
/// and has no value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResponseType {
    Code,
    IdToken,
    IdTokenToken,
    CodeIdToken,
    CodeToken,
    CodeIdTokenToken,
}

/// The set of words is no response type of OpenID Connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a response type")]
pub struct NotAResponseType;

impl ResponseType {
    /// What the service answers today.
    pub const SUPPORTED: &'static [ResponseType] = &[ResponseType::Code];

    pub fn is_supported(self) -> bool {
        Self::SUPPORTED.contains(&self)
    }

    /// Where the answer goes when `response_mode` is absent.
    pub fn default_mode(self) -> ResponseMode {
        match self {
            Self::Code => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        }
    }

    /// Tokens must never stand in a query, where servers log them (Multiple Response Types §5).
    pub fn allows(self, mode: ResponseMode) -> bool {
        self == Self::Code || mode != ResponseMode::Query
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }
}

impl FromStr for ResponseType {
    type Err = NotAResponseType;

    /// The order of the words does not matter (Multiple Response Types §3).
    fn from_str(text: &str) -> Result<Self, NotAResponseType> {
        let (mut code, mut id_token, mut token) = (0u8, 0u8, 0u8);
        for word in text.split(' ') {
            let seen = match word {
                "code" => &mut code,
                "id_token" => &mut id_token,
                "token" => &mut token,
                _ => return Err(NotAResponseType),
            };
            *seen = seen.saturating_add(1);
        }
        match (code, id_token, token) {
            (1, 0, 0) => Ok(Self::Code),
            (0, 1, 0) => Ok(Self::IdToken),
            (0, 1, 1) => Ok(Self::IdTokenToken),
            (1, 1, 0) => Ok(Self::CodeIdToken),
            (1, 0, 1) => Ok(Self::CodeToken),
            (1, 1, 1) => Ok(Self::CodeIdTokenToken),
            _ => Err(NotAResponseType),
        }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

travels_as_text!(ResponseType);

words! {
    /// `response_mode`: how the answer travels.
    ResponseMode, "response_mode must be query, fragment or form_post" {
        Query = "query",
        Fragment = "fragment",
        FormPost = "form_post",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_any_order() {
        let cases = [
            ("code", Ok(ResponseType::Code)),
            ("id_token code", Ok(ResponseType::CodeIdToken)),
            ("token id_token code", Ok(ResponseType::CodeIdTokenToken)),
            ("token", Err(NotAResponseType)),
            ("code code", Err(NotAResponseType)),
            ("Code", Err(NotAResponseType)),
            ("none", Err(NotAResponseType)),
            ("", Err(NotAResponseType)),
            ("code ", Err(NotAResponseType)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    #[test]
    fn tokens_stay_out_of_queries() {
        assert!(ResponseType::Code.allows(ResponseMode::Query));
        assert!(!ResponseType::CodeIdToken.allows(ResponseMode::Query));
        assert_eq!(ResponseType::IdToken.default_mode(), ResponseMode::Fragment);
        assert_eq!("form_post".parse(), Ok(ResponseMode::FormPost));
        assert!("query.jwt".parse::<ResponseMode>().is_err());
    }
}
