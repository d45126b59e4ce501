//! Access tokens shown by a client, and the challenge when they do not do (RFC 6750).

use std::fmt;

use crate::base::{Locale, Secret};

use super::acr::{Acr, AcrValues};
use super::algorithm::SigningAlgorithm;
use super::dpop::ALGORITHMS;
use super::params::Params;
use super::refusal::Refusal;
use super::scope::Scope;

const MOST_TOKEN: usize = 8192;

/// How an access token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 §7.1: beside a proof.
    Dpop,
}

/// An access token as it was sent.
#[derive(Debug, Clone)]
pub struct Presented {
    pub token: Secret,
    pub scheme: Scheme,
}

impl Presented {
    /// The token where only Bearer is spoken.
    pub fn as_bearer(self) -> Result<Secret, Refusal> {
        match self.scheme {
            Scheme::Bearer => Ok(self.token),
            Scheme::Dpop => Err(Refusal::AccessTokenMalformed),
        }
    }
}

/// The one access token of a request, from the `Authorization` header or the form body; never from the query,
/// which servers log (RFC 6750 §2.3 is not supported). More than one way at once is refused (§2).
pub fn access_token(authorization: Option<&str>, body: Option<&Params>) -> Result<Presented, Refusal> {
    let in_body = body.and_then(|params| params.get("access_token"));
    match (authorization, in_body) {
        (None, None) => Err(Refusal::AccessTokenMissing),
        (Some(_), Some(_)) => Err(Refusal::AccessTokensSeveral),
        (Some(header), None) => {
            let (scheme, token) = from_header(header).ok_or(Refusal::AccessTokenMalformed)?;
            Ok(Presented { token: checked(token)?, scheme })
        }
        (None, Some(token)) => Ok(Presented { token: checked(token)?, scheme: Scheme::Bearer }),
    }
}

/// The scheme of an `Authorization` header, whatever follows it.
pub fn scheme(authorization: &str) -> Scheme {
    match authorization.split(' ').next() {
        Some(word) if word.eq_ignore_ascii_case("dpop") => Scheme::Dpop,
        _ => Scheme::Bearer,
    }
}

/// The value of `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The issuer.
    pub realm: &'a str,
    pub refusal: Refusal,
    pub scheme: Scheme,
    /// The scope that would do.
    pub scope: Option<&'a Scope>,
    /// The levels that would do (RFC 9470 §3).
    pub acr_values: Option<&'a AcrValues>,
    /// The age of sign-in that would do, in seconds (RFC 9470 §3).
    pub max_age: Option<u64>,
}

impl<'a> Challenge<'a> {
    pub fn new(realm: &'a str, refusal: Refusal) -> Self {
        Self { realm, refusal, scheme: Scheme::Bearer, scope: None, acr_values: None, max_age: None }
    }
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Bearer => "Bearer",
            Scheme::Dpop => "DPoP",
        };
        write!(f, "{scheme} realm=\"{}\"", quotable(self.realm))?;
        if self.scheme == Scheme::Dpop {
            write!(f, ", algs=\"{}\"", ALGORITHMS.map(SigningAlgorithm::as_str).join(" "))?;
        }
        // RFC 6750 §3.1: who sent no token at all is told no error.
        if self.refusal != Refusal::AccessTokenMissing {
            let (code, text) = (self.refusal.code(), self.refusal.description(Locale::En));
            write!(f, ", error=\"{code}\", error_description=\"{}\"", quotable(text))?;
        }
        if let Some(scope) = self.scope {
            write!(f, ", scope=\"{scope}\"")?;
        }
        if let Some(values) = self.acr_values {
            write!(f, ", acr_values=\"{}\"", quotable(&values.to_string()))?;
        }
        match self.max_age {
            Some(seconds) => write!(f, ", max_age=\"{seconds}\""),
            None => Ok(()),
        }
    }
}

/// What a resource demands of the sign-in behind a token (RFC 9470 §3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requirement {
    /// One of these, in order of preference; absent: any.
    pub acr_values: Option<AcrValues>,
    /// Seconds since the person showed who they are; absent: any.
    pub max_age: Option<u64>,
}

impl Requirement {
    /// Judges what a token says of the sign-in, as introspection or its claims tell it. A higher level of the same kind
    /// serves for a lower one.
    pub fn judge(&self, acr: Option<Acr>, auth_time: Option<i64>, now: i64) -> Result<(), Refusal> {
        let level = self.acr_values.as_ref().is_none_or(|values| {
            values.known().iter().any(|wanted| acr.is_some_and(|acr| acr.serves_for(*wanted)))
        });
        let age = |auth_time: i64| u64::try_from(now.saturating_sub(auth_time)).unwrap_or(0);
        let fresh = self.max_age.is_none_or(|most| auth_time.is_some_and(|at| age(at) <= most));
        if level && fresh { Ok(()) } else { Err(Refusal::AuthenticationInsufficient) }
    }
}

fn from_header(header: &str) -> Option<(Scheme, &str)> {
    let (word, token) = header.split_once(' ')?;
    let schemes = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];
    let (_, scheme) = schemes.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known))?;
    Some((scheme, token.trim_matches(' ')))
}

/// RFC 6750 §2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn checked(token: &str) -> Result<Secret, Refusal> {
    let body = token.trim_end_matches('=');
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    if token.len() <= MOST_TOKEN && !body.is_empty() && body.bytes().all(allowed) {
        Ok(Secret::new(token))
    } else {
        Err(Refusal::AccessTokenMalformed)
    }
}

/// Leaves out what would end a quoted string or the header.
fn quotable(text: &str) -> String {
    text.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_one_token() {
        let body = Params::parse("access_token=abc").unwrap();
        let none = Params::default();
        let cases = [
            (Some("Bearer a.b-c_~+/=="), None, Ok("a.b-c_~+/==")),
            (Some("bearer abc"), Some(&none), Ok("abc")),
            (None, Some(&body), Ok("abc")),
            (None, None, Err(Refusal::AccessTokenMissing)),
            (Some("Bearer abc"), Some(&body), Err(Refusal::AccessTokensSeveral)),
            (Some("Basic abc"), None, Err(Refusal::AccessTokenMalformed)),
            (Some("Bearer"), None, Err(Refusal::AccessTokenMalformed)),
            (Some("Bearer "), None, Err(Refusal::AccessTokenMalformed)),
            (Some("Bearer a b"), None, Err(Refusal::AccessTokenMalformed)),
            (Some("Bearer ="), None, Err(Refusal::AccessTokenMalformed)),
        ];
        for (header, body, expected) in cases {
            let found = access_token(header, body);
            assert_eq!(
                found.as_ref().map(|shown| shown.token.expose()),
                expected.as_ref().map(|text| *text),
                "{header:?}"
            );
        }
    }

    #[test]
    fn challenges_by_cause() {
        let missing = Challenge::new("https://id.example", Refusal::AccessTokenMissing).to_string();
        assert_eq!(missing, r#"Bearer realm="https://id.example""#);
        let scope = "openid".parse().unwrap();
        let narrow = Challenge {
            scope: Some(&scope),
            ..Challenge::new("https://id.example", Refusal::ScopeInsufficient)
        };
        assert!(
            narrow
                .to_string()
                .starts_with(r#"Bearer realm="https://id.example", error="insufficient_scope""#)
        );
        assert!(narrow.to_string().ends_with(r#", scope="openid""#));
        let levels = "urn:tongyao:loa:3 \"\n".parse().unwrap();
        let low = Challenge {
            acr_values: Some(&levels),
            max_age: Some(60),
            ..Challenge::new("r", Refusal::AuthenticationInsufficient)
        };
        assert!(low.to_string().ends_with(r#", acr_values="urn:tongyao:loa:3 ", max_age="60""#));
    }

    #[test]
    fn a_resource_says_what_would_do() {
        use Acr::{Aal, Loa};
        let requirement = |values: &str, max_age| Requirement {
            acr_values: Some(values.parse().unwrap()).filter(|values: &AcrValues| !values.is_empty()),
            max_age,
        };
        let cases = [
            (requirement("", None), None, None, true),
            (requirement("urn:tongyao:loa:2", None), Some(Loa(2)), None, true),
            (requirement("urn:tongyao:loa:2", None), Some(Loa(3)), None, true),
            (requirement("urn:tongyao:loa:2", None), Some(Loa(1)), None, false),
            (requirement("urn:tongyao:loa:2", None), Some(Aal(3)), None, false),
            (requirement("urn:tongyao:loa:3 urn:tongyao:aal:2", None), Some(Aal(2)), None, true),
            (requirement("gold", None), Some(Loa(3)), None, false),
            (requirement("urn:tongyao:loa:0", None), None, None, false),
            (requirement("", Some(60)), None, Some(940), true),
            (requirement("", Some(60)), None, Some(939), false),
            (requirement("", Some(60)), None, Some(2_000), true),
            (requirement("", Some(60)), None, Some(i64::MIN), false),
            (requirement("", Some(60)), None, None, false),
            (requirement("urn:tongyao:loa:1", Some(0)), Some(Loa(1)), Some(999), false),
        ];
        for (required, acr, auth_time, suffices) in cases {
            assert_eq!(
                required.judge(acr, auth_time, 1_000).is_ok(),
                suffices,
                "{required:?} {acr:?} {auth_time:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn takes_any_header(text in ".*") {
            let _ = access_token(Some(&text), None);
        }
    }
}
