//! The claims of a self-contained access token (RFC 9068 §2.2), in the order they are printed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::acr::Acr;
use super::confirmation::Confirmation;
use super::scope::Scope;
use super::text::words;

words! {
    /// `access_token_format`: what the access tokens of a client look like.
    AccessTokenFormat, "access_token_format must be opaque or jwt" {
        /// Random text; only the service can say what it means.
        Opaque = "opaque",
        /// A signed `at+jwt` that a resource can read by itself (RFC 9068).
        Jwt = "jwt",
    }
}

/// The `typ` that no other kind of token has (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// What an `at+jwt` says. It names a person by `sub` alone and holds no claim about them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The issuer's URL.
    pub iss: String,
    /// The person, as the sector this token is for knows them; of a client's own token the client.
    pub sub: String,
    /// The resources it is for; the issuer when it is for none in particular (RFC 9068 §3).
    pub aud: Vec<String>,
    pub client_id: String,
    /// Seconds since 1970.
    pub exp: i64,
    /// Seconds since 1970.
    pub iat: i64,
    /// What the service knows the token by.
    pub jti: String,
    pub scope: Scope,
    /// When the person signed in; seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The key it is bound to (RFC 7800 §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who acts for the person (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Value>,
    /// RFC 9396 §9.1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_in_order_and_leaves_out_what_is_absent() {
        let claims = AccessTokenClaims {
            iss: "https://id.example".into(),
            sub: "s".into(),
            aud: vec!["https://api.example".into()],
            client_id: "app1".into(),
            exp: 2,
            iat: 1,
            jti: "j".into(),
            scope: "openid".parse().unwrap(),
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            cnf: Some(Confirmation::Key("k".into())),
            act: None,
            authorization_details: Vec::new(),
        };
        let expected = r#"{"iss":"https://id.example","sub":"s","aud":["https://api.example"],"client_id":"app1","exp":2,"iat":1,"jti":"j","scope":"openid","cnf":{"jkt":"k"}}"#;
        assert_eq!(serde_json::to_string(&claims).unwrap(), expected);
    }
}
