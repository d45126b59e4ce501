//! The token answer (RFC 6749 §5.1, OIDC Core §3.1.3.3).

use serde::Serialize;
use serde_json::Value;

use super::confirmation::Confirmation;
use super::scope::Scope;
use super::text::words;
use super::token_exchange::TokenTypeId;

words! {
    /// `token_type`.
    TokenType, "not a token type" {
        Bearer = "Bearer",
        /// Bound to a key (RFC 9449 §5).
        Dpop = "DPoP",
    }
}

impl TokenType {
    /// A token bound to a certificate is sent as a bearer token (RFC 8705 §3).
    pub fn of(confirmation: Option<&Confirmation>) -> Self {
        match confirmation {
            Some(Confirmation::Key(_)) => Self::Dpop,
            Some(Confirmation::Certificate(_)) | None => Self::Bearer,
        }
    }
}

/// What a client gets. There is no `Debug`: it holds tokens. Send it with `Cache-Control: no-store`.
#[derive(Clone, Serialize)]
pub struct TokenAnswer {
    pub access_token: String,
    /// What an exchange gave (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<TokenTypeId>,
    pub token_type: TokenType,
    /// Seconds.
    pub expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    pub scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// As far as they concern this token (RFC 9396 §7).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_what_is_absent() {
        let answer = TokenAnswer {
            access_token: "a".into(),
            issued_token_type: None,
            token_type: TokenType::Bearer,
            expires_in: 300,
            refresh_token: None,
            scope: "profile openid".parse().unwrap(),
            id_token: None,
            authorization_details: Vec::new(),
        };
        let expected =
            r#"{"access_token":"a","token_type":"Bearer","expires_in":300,"scope":"openid profile"}"#;
        assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
    }
}
