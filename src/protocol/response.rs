//! Response types and response modes (OAuth 2.0 Multiple Response Type Encoding Practices, Form Post Response Mode, JARM).

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
    /// Every response type, the one for everybody first.
    pub const ALL: &'static [ResponseType] = &[
        ResponseType::Code,
        ResponseType::IdToken,
        ResponseType::IdTokenToken,
        ResponseType::CodeIdToken,
        ResponseType::CodeToken,
        ResponseType::CodeIdTokenToken,
    ];

    /// Whether a code is part of the answer.
    pub fn gives_code(self) -> bool {
        matches!(self, Self::Code | Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Whether an ID token is part of the answer.
    pub fn gives_id_token(self) -> bool {
        matches!(self, Self::IdToken | Self::IdTokenToken | Self::CodeIdToken | Self::CodeIdTokenToken)
    }

    /// Whether an access token is part of the answer.
    pub fn gives_access_token(self) -> bool {
        matches!(self, Self::IdTokenToken | Self::CodeToken | Self::CodeIdTokenToken)
    }

    /// Where the answer goes when `response_mode` is absent.
    pub fn default_mode(self) -> ResponseMode {
        match self {
            Self::Code => ResponseMode::Query,
            _ => ResponseMode::Fragment,
        }
    }

    /// Tokens must never stand in a query, where servers log them (Multiple Response Types §5, JARM §2.3.1).
    pub fn allows(self, mode: ResponseMode) -> bool {
        self == Self::Code || !matches!(mode, ResponseMode::Query | ResponseMode::QueryJwt)
    }

    /// The mode of an answer when `asked` is the `response_mode` of its request (JARM §2.3.4: `jwt` is the default
    /// mode, signed).
    pub fn mode(self, asked: Option<ResponseMode>) -> ResponseMode {
        match asked {
            None => self.default_mode(),
            Some(ResponseMode::Jwt) if self == Self::Code => ResponseMode::QueryJwt,
            Some(ResponseMode::Jwt) => ResponseMode::FragmentJwt,
            Some(mode) => mode,
        }
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
    ResponseMode, "response_mode must be query, fragment, form_post, one of these with .jwt, or jwt" {
        Query = "query",
        Fragment = "fragment",
        FormPost = "form_post",
        /// The default mode of the response type, signed.
        Jwt = "jwt",
        QueryJwt = "query.jwt",
        FragmentJwt = "fragment.jwt",
        FormPostJwt = "form_post.jwt",
    }
}

/// What takes the answer to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    Query,
    Fragment,
    FormPost,
}

/// Whether the answer is one signed parameter (JARM §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Signed,
}

impl ResponseMode {
    /// `jwt` by itself counts as `query.jwt`; `ResponseType::mode` knows better.
    pub fn carrier(self) -> Carrier {
        match self {
            Self::Query | Self::QueryJwt | Self::Jwt => Carrier::Query,
            Self::Fragment | Self::FragmentJwt => Carrier::Fragment,
            Self::FormPost | Self::FormPostJwt => Carrier::FormPost,
        }
    }

    pub fn packing(self) -> Packing {
        match self {
            Self::Query | Self::Fragment | Self::FormPost => Packing::Plain,
            Self::Jwt | Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt => Packing::Signed,
        }
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
        assert!(!ResponseType::IdToken.allows(ResponseMode::QueryJwt));
        assert!("query.jws".parse::<ResponseMode>().is_err());
    }

    #[test]
    fn jwt_is_the_default_mode_signed() {
        let of = |kind: ResponseType, asked| {
            let mode = kind.mode(asked);
            (mode.carrier(), mode.packing())
        };
        assert_eq!(of(ResponseType::Code, None), (Carrier::Query, Packing::Plain));
        assert_eq!(of(ResponseType::Code, Some(ResponseMode::Jwt)), (Carrier::Query, Packing::Signed));
        assert_eq!(of(ResponseType::IdToken, Some(ResponseMode::Jwt)), (Carrier::Fragment, Packing::Signed));
        let posted = Some(ResponseMode::FormPostJwt);
        assert_eq!(of(ResponseType::CodeIdToken, posted), (Carrier::FormPost, Packing::Signed));
    }
}
