//! `private_key_jwt`: the rules of a client's own signed assertion (RFC 7523 §3, OIDC Core §9).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::registration::Client;
use super::validity::{LEEWAY_SECONDS, Validity};
use crate::base::{Fault, Timestamp};
use crate::crypto::mac;
use crate::protocol::json::{Bounds, parse_object};
use crate::protocol::{GrantType, Refusal, SigningAlgorithm};
use crate::storage::Ephemeral;

/// An assertion that lives longer could be used long after it leaked; an hour is what widespread clients make.
const LONGEST_SECONDS: f64 = 3600.0;
const LARGEST_PAYLOAD: usize = 8 * 1024;

/// The claims of an assertion whose signature is right, whatever it is used for (RFC 7523 §3).
#[derive(Debug, Deserialize)]
pub struct AssertionClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    iat: Option<f64>,
    nbf: Option<f64>,
    jti: Option<String>,
}

/// What every assertion must say.
pub(super) struct Said<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: &'a Audience,
    jti: &'a str,
    validity: Validity,
}

/// One text or several (RFC 7519 §4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What `aud` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AudienceRule {
    /// Our issuer as one text (FAPI 2.0 Security Profile §5.3.2.1).
    IssuerAlone,
    /// Our issuer or an endpoint of ours, as one text: CIBA Core 1.0 §7.1 must take both, of strict clients too.
    OneOfOurs,
    /// Our issuer, or an address below it: the endpoint the assertion is sent to (OIDC Core §9).
    IssuerOrEndpoint,
}

/// What we are called in an audience.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    pub issuer: &'a str,
    /// Where the endpoints are known under mutual TLS (RFC 8705 §5), if that is another place.
    pub mutual_tls: Option<&'a str>,
}

/// An assertion that may be used, once.
#[derive(Debug, PartialEq, Eq)]
pub struct SingleUse {
    key: String,
    pub(super) lifetime: Duration,
}

/// The `sub` an assertion claims, not believed: it only says whose keys to try.
pub fn claimed_subject(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let members = parse_object(&text, Bounds { bytes: LARGEST_PAYLOAD, depth: 8 }).ok()?;
    members.get("sub").and_then(Value::as_str).map(str::to_owned)
}

/// What the client may sign with: the algorithm it registered, else any of ours. Never what the token says.
pub fn algorithms(client: &Client) -> Vec<SigningAlgorithm> {
    match client.metadata.token_endpoint_auth_signing_alg {
        Some(algorithm) => algorithm.signing().into_iter().collect(),
        None => {
            // FAPI 2.0 Security Profile §5.4.1.
            let fit = |one: &SigningAlgorithm| !client.profile.is_fapi2() || *one != SigningAlgorithm::Rs256;
            SigningAlgorithm::ALL.iter().copied().filter(fit).collect()
        }
    }
}

/// RFC 8725 §3.11: a token made for something else is no assertion. None, the general word, and the one of its own
/// (draft-ietf-oauth-rfc7523bis §4) are.
pub fn is_of_type(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| ["JWT", "client-authentication+jwt"].iter().any(|own| typ.eq_ignore_ascii_case(own)))
}

/// For whom this client must have made its assertion.
pub fn audience_rule(client: &Client) -> AudienceRule {
    match (client.profile.is_fapi2(), client.may_use(GrantType::Ciba)) {
        (true, false) => AudienceRule::IssuerAlone,
        (true, true) => AudienceRule::OneOfOurs,
        (false, _) => AudienceRule::IssuerOrEndpoint,
    }
}

impl AssertionClaims {
    /// Every rule but that of single use. An assertion is made for our issuer or for an endpoint of ours.
    pub fn check(
        &self,
        now: Timestamp,
        client_id: &str,
        (ours, rule): (Names<'_>, AudienceRule),
    ) -> Result<SingleUse, Refusal> {
        let said = self.said().ok_or(Refusal::ClientAssertionMalformed)?;
        if said.iss != client_id || said.sub != client_id {
            return Err(Refusal::ClientAssertionSubjectWrong);
        }
        if !said.aud.names(ours, rule) {
            return Err(Refusal::ClientAssertionAudienceWrong);
        }
        said.single_use(now, LONGEST_SECONDS).ok_or(Refusal::ClientAssertionExpired)
    }

    pub(super) fn iss(&self) -> Option<&str> {
        self.iss.as_deref()
    }

    /// None where a part is missing.
    pub(super) fn said(&self) -> Option<Said<'_>> {
        Some(Said {
            iss: self.iss.as_deref()?,
            sub: self.sub.as_deref()?,
            aud: self.aud.as_ref()?,
            jti: self.jti.as_deref().filter(|jti| !jti.is_empty())?,
            validity: Validity { iat: self.iat, nbf: self.nbf, exp: self.exp? },
        })
    }
}

impl Said<'_> {
    /// RFC 7523 §3 (4)-(7): none outside its time, or where it lives longer than this. One of a client's own is both a way
    /// to authenticate and a grant, and still only used once.
    pub(super) fn single_use(&self, now: Timestamp, longest_seconds: f64) -> Option<SingleUse> {
        let left = self.validity.seconds_left(now, longest_seconds)?;
        let key = format!("assertion:{}", mac::digest(&format!("{}\0{}", self.iss, self.jti)));
        Some(SingleUse { key, lifetime: Duration::from_secs_f64(left + LEEWAY_SECONDS) })
    }
}

impl SingleUse {
    /// RFC 7523 §3 (7): takes the assertion, on every node at once; whether it was the first time. The trace outlives the
    /// assertion.
    pub async fn take(&self, ephemeral: &Ephemeral) -> Result<bool, Fault> {
        ephemeral.put_new(&self.key, "", self.lifetime).await
    }
}

impl Audience {
    /// An assertion that is made for somebody else too could be used by them here, so that every audience must be ours.
    fn names(&self, us: Names<'_>, rule: AudienceRule) -> bool {
        let below = |one: &str, base: &str| {
            one.strip_prefix(base).is_some_and(|rest| rest.len() > 1 && rest.starts_with('/'))
        };
        let ours = |one: &String| {
            one == us.issuer || below(one, us.issuer) || us.mutual_tls.is_some_and(|base| below(one, base))
        };
        match (rule, self) {
            (AudienceRule::IssuerAlone, Audience::One(one)) => one == us.issuer,
            (AudienceRule::IssuerAlone | AudienceRule::OneOfOurs, Audience::Several(_)) => false,
            (AudienceRule::OneOfOurs | AudienceRule::IssuerOrEndpoint, Audience::One(one)) => ours(one),
            (AudienceRule::IssuerOrEndpoint, Audience::Several(several)) => {
                !several.is_empty() && several.iter().all(ours)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example";

    fn check(changes: &[(&str, Value)]) -> Result<Duration, Refusal> {
        check_by(AudienceRule::IssuerOrEndpoint, changes)
    }

    fn check_by(rule: AudienceRule, changes: &[(&str, Value)]) -> Result<Duration, Refusal> {
        let mut claims = json!({
            "iss": "app1", "sub": "app1", "aud": ISSUER, "exp": 1060, "iat": 1000, "jti": "one"
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        let claims: AssertionClaims = serde_json::from_value(claims).unwrap();
        let us = Names { issuer: ISSUER, mutual_tls: Some("https://mtls.example") };
        claims.check(Timestamp::from_seconds(1000), "app1", (us, rule)).map(|once| once.lifetime)
    }

    #[test]
    fn each_rule_has_its_refusal() {
        use Refusal::*;
        let seconds = |seconds| Ok(Duration::from_secs(seconds));
        let cases = [
            (vec![], seconds(90)),
            (vec![("aud", json!([ISSUER]))], seconds(90)),
            (vec![("aud", json!(format!("{ISSUER}/token")))], seconds(90)),
            (vec![("exp", json!(971))], seconds(30)),
            (vec![("exp", json!(4630))], seconds(3660)),
            (vec![("nbf", json!(1030)), ("iat", json!(1030.5))], Err(ClientAssertionExpired)),
            (vec![("nbf", json!(1030)), ("iat", json!(1029.5))], seconds(90)),
            (vec![("iss", json!("app2"))], Err(ClientAssertionSubjectWrong)),
            (vec![("sub", json!("app2"))], Err(ClientAssertionSubjectWrong)),
            (vec![("iss", json!(null))], Err(ClientAssertionMalformed)),
            (vec![("aud", json!("https://other.example"))], Err(ClientAssertionAudienceWrong)),
            (vec![("aud", json!([]))], Err(ClientAssertionAudienceWrong)),
            (vec![("aud", json!(format!("{ISSUER}/")))], Err(ClientAssertionAudienceWrong)),
            (vec![("aud", json!(null))], Err(ClientAssertionMalformed)),
            (vec![("exp", json!(970))], Err(ClientAssertionExpired)),
            (vec![("exp", json!(4631))], Err(ClientAssertionExpired)),
            (vec![("exp", json!(1e300))], Err(ClientAssertionExpired)),
            (vec![("exp", json!(null))], Err(ClientAssertionMalformed)),
            (vec![("jti", json!(null))], Err(ClientAssertionMalformed)),
            (vec![("jti", json!(""))], Err(ClientAssertionMalformed)),
        ];
        for (changes, expected) in cases {
            assert_eq!(check(&changes), expected, "{changes:?}");
        }
    }

    #[test]
    fn only_what_is_ours_alone_is_an_audience() {
        use AudienceRule::{IssuerAlone, IssuerOrEndpoint, OneOfOurs};
        let endpoint = format!("{ISSUER}/oidc/token");
        let cases = [
            (json!(ISSUER), true, true, true),
            (json!(endpoint), true, true, false),
            (json!("https://mtls.example/oidc/token"), true, true, false),
            (json!("https://mtls.example"), false, false, false),
            (json!([ISSUER]), true, false, false),
            (json!([ISSUER, endpoint]), true, false, false),
            (json!([ISSUER, "https://other.example"]), false, false, false),
            (json!(format!("{ISSUER}.evil.example")), false, false, false),
            (json!(format!("{ISSUER}@evil.example/x")), false, false, false),
            (json!(ISSUER.to_uppercase()), false, false, false),
        ];
        for (aud, default, ciba, fapi) in cases {
            for (rule, expected) in [(IssuerOrEndpoint, default), (OneOfOurs, ciba), (IssuerAlone, fapi)] {
                let answer = check_by(rule, &[("aud", aud.clone())]);
                assert_eq!(answer.is_ok(), expected, "{rule:?} {aud}");
            }
        }
    }

    #[test]
    fn a_token_made_for_something_else_is_no_assertion() {
        for own in [None, Some("JWT"), Some("jwt"), Some("client-authentication+jwt")] {
            assert!(is_of_type(own), "{own:?}");
        }
        for other in ["dpop+jwt", "logout+jwt", "at+jwt", "oauth-authz-req+jwt", "card-reading+jwt", ""] {
            assert!(!is_of_type(Some(other)), "{other}");
        }
    }

    #[test]
    fn the_claimed_subject_is_read_from_anything_well_formed() {
        let token = |payload: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        assert_eq!(claimed_subject(&token(r#"{"sub":"app1"}"#)), Some("app1".to_owned()));
        for bad in ["", "a.b", &token("[]"), &token(r#"{"sub":1}"#), &token(r#"{"sub":"a","sub":"b"}"#)] {
            assert_eq!(claimed_subject(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*") {
            let _ = claimed_subject(&text);
        }
    }
}
