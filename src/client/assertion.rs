//! `private_key_jwt`: the rules of a client's own signed assertion (RFC 7523 §3, OIDC Core §9).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::registration::Client;
use crate::base::{Fault, Timestamp};
use crate::crypto::mac;
use crate::protocol::json::{Bounds, parse_object};
use crate::protocol::{Refusal, SigningAlgorithm};
use crate::storage::Ephemeral;

/// How far the clocks of a department and of the service may be apart.
const LEEWAY_SECONDS: f64 = 30.0;
/// An assertion that lives longer could be used long after it leaked; an hour is what widespread clients make.
const LONGEST_SECONDS: f64 = 3600.0;
const LARGEST_PAYLOAD: usize = 8 * 1024;

/// The claims of an assertion whose signature is right.
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

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// An assertion that may be used, once.
#[derive(Debug, PartialEq, Eq)]
pub struct SingleUse {
    key: String,
    lifetime: Duration,
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
        Some(algorithm) => vec![algorithm],
        None => SigningAlgorithm::ALL.to_vec(),
    }
}

impl AssertionClaims {
    /// Every rule but that of single use. `issuer` is ours: an assertion is made for it or for an endpoint of ours.
    pub fn check(&self, now: Timestamp, client_id: &str, issuer: &str) -> Result<SingleUse, Refusal> {
        let (Some(iss), Some(sub), Some(aud), Some(exp)) = (&self.iss, &self.sub, &self.aud, self.exp) else {
            return Err(Refusal::ClientAssertionMalformed);
        };
        let jti = self.jti.as_deref().filter(|jti| !jti.is_empty());
        let jti = jti.ok_or(Refusal::ClientAssertionMalformed)?;
        if iss != client_id || sub != client_id {
            return Err(Refusal::ClientAssertionSubjectWrong);
        }
        if !aud.names(issuer) {
            return Err(Refusal::ClientAssertionAudienceWrong);
        }
        let left = self.seconds_left(now, exp).ok_or(Refusal::ClientAssertionExpired)?;
        Ok(SingleUse {
            key: format!("client-assertion:{}", mac::digest(&format!("{client_id}\0{jti}"))),
            lifetime: Duration::from_secs_f64(left + LEEWAY_SECONDS),
        })
    }

    /// RFC 7523 §3 (4) to (6).
    fn seconds_left(&self, now: Timestamp, exp: f64) -> Option<f64> {
        let now = now.seconds() as f64;
        let not_yet = |at: f64| at - now > LEEWAY_SECONDS;
        let left = exp - now;
        let lives = (-LEEWAY_SECONDS < left) && left <= LONGEST_SECONDS + LEEWAY_SECONDS;
        let begun = !self.iat.is_some_and(not_yet) && !self.nbf.is_some_and(not_yet);
        (lives && begun).then(|| left.max(0.0))
    }
}

impl SingleUse {
    /// RFC 7523 §3 (7): takes the assertion; a second time it is refused. The trace outlives the assertion.
    pub async fn take(&self, ephemeral: &Ephemeral) -> Result<Option<Refusal>, Fault> {
        let first = ephemeral.put_new(&self.key, "", self.lifetime).await?;
        Ok((!first).then_some(Refusal::ClientAssertionReplayed))
    }
}

impl Audience {
    fn names(&self, issuer: &str) -> bool {
        let ours = |one: &String| {
            one.strip_prefix(issuer)
                .is_some_and(|rest| rest.is_empty() || rest.len() > 1 && rest.starts_with('/'))
        };
        match self {
            Audience::One(one) => ours(one),
            Audience::Several(several) => several.iter().any(ours),
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
        let mut claims = json!({
            "iss": "app1", "sub": "app1", "aud": ISSUER, "exp": 1060, "iat": 1000, "jti": "one"
        });
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        let claims: AssertionClaims = serde_json::from_value(claims).unwrap();
        claims.check(Timestamp::from_seconds(1000), "app1", ISSUER).map(|once| once.lifetime)
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
