//! Questions about a token (RFC 7662 §2.1, RFC 7009 §2.1) and the answer to the first (RFC 7662 §2.2).

use serde::Serialize;
use serde_json::Value;

use crate::base::Secret;

use super::acr::Acr;
use super::confirmation::Confirmation;
use super::params::Params;
use super::refusal::Refusal;
use super::scope::Scope;
use super::token_answer::TokenType;

const MOST_TOKEN: usize = 8192;

/// What an introspection or revocation request asks about.
#[derive(Debug, Clone)]
pub struct TokenQuestion {
    pub token: Secret,
}

impl TokenQuestion {
    /// `token_type_hint` is not looked at (RFC 7009 §2.1): a token begins with the mark of its kind.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let token = params.get("token").ok_or(Refusal::TokenMissing)?;
        if token.len() > MOST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Refusal::TokenMalformed);
        }
        Ok(Self { token: Secret::new(token) })
    }
}

/// The answer to an introspection.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Introspection {
    Active(Box<ActiveToken>),
    Inactive(InactiveToken),
}

impl Introspection {
    /// Unknown, expired, revoked or not the asker's business: all look the same (RFC 7662 §2.2).
    pub const INACTIVE: Introspection = Introspection::Inactive(InactiveToken { active: False });

    pub fn active(token: ActiveToken) -> Self {
        Self::Active(Box::new(token))
    }
}

/// `{"active": false}` and nothing else.
#[derive(Debug, Clone, Serialize)]
pub struct InactiveToken {
    active: False,
}

/// What is said about a living token.
#[derive(Clone, Serialize)]
pub struct ActiveToken {
    active: True,
    pub scope: Scope,
    pub client_id: String,
    pub token_type: TokenType,
    /// Seconds since 1970.
    pub exp: i64,
    /// Seconds since 1970.
    pub iat: i64,
    pub iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// RFC 9470 §6.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// Seconds since 1970 (RFC 9470 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// The key or certificate the token is bound to (RFC 7800 §3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// How the person signed in (RFC 8176).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Who acts for the person (RFC 8693 §4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Value>,
    /// As far as they concern who asks (RFC 9396 §9.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Value>,
}

/// The answer as a signed JWT (RFC 9701 §5). The members of the token stand inside: outside, an `exp` or a `sub` would
/// make it look like a token of another kind.
#[derive(Clone, Serialize)]
pub struct SignedIntrospection<'a> {
    pub iss: &'a str,
    /// Who asked.
    pub aud: &'a str,
    /// Seconds since 1970.
    pub iat: i64,
    pub token_introspection: &'a Introspection,
}

impl SignedIntrospection<'_> {
    pub const TYP: &'static str = "token-introspection+jwt";
    pub const MEDIA_TYPE: &'static str = "application/token-introspection+jwt";

    /// Whether `Accept` asks for the signed answer: by its name (RFC 9701 §4), and no less than for the plain one
    /// (RFC 9110 §12.5.1). `*/*` asks for nothing in particular.
    pub fn is_wanted(accept: &str) -> bool {
        let signed = weight(accept, Self::MEDIA_TYPE);
        signed > 0.0 && signed >= weight(accept, "application/json")
    }
}

/// How much a media type is wanted, 0 to 1, where it is named.
fn weight(accept: &str, kind: &str) -> f32 {
    let named = accept.split(',').filter_map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_it = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(kind));
        is_it.then(|| parts.find_map(quality).unwrap_or(1.0))
    });
    named.fold(0.0, f32::max)
}

/// What is no number from 0 to 1 wants nothing.
fn quality(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    let number = value.trim().parse().ok().filter(|number| (0.0..=1.0).contains(number));
    name.trim().eq_ignore_ascii_case("q").then(|| number.unwrap_or(0.0))
}

impl ActiveToken {
    /// What every living token has; times in seconds since 1970.
    pub fn new(
        iss: impl Into<String>,
        client_id: impl Into<String>,
        scope: Scope,
        iat: i64,
        exp: i64,
    ) -> Self {
        Self {
            active: True,
            scope,
            client_id: client_id.into(),
            token_type: TokenType::Bearer,
            exp,
            iat,
            iss: iss.into(),
            sub: None,
            aud: Vec::new(),
            jti: None,
            sid: None,
            acr: None,
            auth_time: None,
            cnf: None,
            amr: Vec::new(),
            act: None,
            authorization_details: Vec::new(),
        }
    }

    /// An access token says what it is bound to (RFC 9449 §6.2, RFC 8705 §3.2).
    pub fn bind(&mut self, confirmation: Option<&Confirmation>) {
        self.token_type = TokenType::of(confirmation);
        self.cnf = confirmation.cloned();
    }
}

/// Always `true`.
#[derive(Debug, Clone, Copy)]
struct True;

/// Always `false`.
#[derive(Debug, Clone, Copy)]
struct False;

impl Serialize for True {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

impl Serialize for False {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_question() {
        let read = |body: &str| TokenQuestion::parse(&Params::parse(body).unwrap());
        let question = read("token=t&token_type_hint=refresh_token").unwrap();
        assert_eq!(question.token.expose(), "t");
        assert_eq!(read("").map(|_| ()), Err(Refusal::TokenMissing));
        assert_eq!(read("token=a+b").map(|_| ()), Err(Refusal::TokenMalformed));
        assert_eq!(read(&format!("token={}", "a".repeat(8193))).map(|_| ()), Err(Refusal::TokenMalformed));
    }

    #[test]
    fn the_signed_answer_is_asked_for_by_name_and_weight() {
        for (accept, wanted) in [
            ("application/token-introspection+jwt", true),
            ("Application/Token-Introspection+JWT ; Q=0.5, */*;q=0.1", true),
            ("application/json, application/token-introspection+jwt", true),
            ("application/json;q=0.4, application/token-introspection+jwt;q=0.5", true),
            ("application/json, application/token-introspection+jwt;q=0.5", false),
            ("application/token-introspection+jwt;q=0, application/json;q=0", false),
            ("application/token-introspection+jwt;q=0.000", false),
            ("application/token-introspection+jwt;q=x", false),
            ("application/token-introspection+jwt;q=NaN", false),
            ("application/token-introspection+jwt;q=7", false),
            ("application/jwt", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(SignedIntrospection::is_wanted(accept), wanted, "{accept}");
        }
    }

    #[test]
    fn an_inactive_token_says_nothing_else() {
        assert_eq!(serde_json::to_string(&Introspection::INACTIVE).unwrap(), r#"{"active":false}"#);
        let token = ActiveToken::new("https://id.example", "app1", Scope::default(), 1, 2);
        let text = serde_json::to_string(&Introspection::active(token)).unwrap();
        let expected = r#"{"active":true,"scope":"","client_id":"app1","token_type":"Bearer","exp":2,"iat":1,"iss":"https://id.example"}"#;
        assert_eq!(text, expected);
    }
}
