//! Request objects (RFC 9101, OIDC Core §6.1): the claims of a signed authorization request, what they must say, and
//! the parameters they are.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json::{Bounds, parse_object};
use super::params::Params;
use super::refusal::Refusal;
use crate::base::Timestamp;

/// How the parameters of a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carried {
    /// As parameters by themselves.
    Plain,
    /// Inside a request object that the client has signed.
    Signed,
}

/// How strictly the times of a request object are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Those that are there must hold.
    WhenGiven,
    /// FAPI 2.0 Message Signing §5.3.1: `nbf` and `exp` are there, within 60 minutes; and `iss` and `aud` are there.
    WithinAnHour,
}

/// Whom a request object is from and for.
pub struct Parties<'a> {
    pub client_id: &'a str,
    pub issuer: &'a str,
}

/// The claims of a request object.
#[derive(Clone, PartialEq)]
pub struct RequestObject(Map<String, Value>);

/// A larger object is not read.
pub const LARGEST: usize = 16 * 1024;

const BOUNDS: Bounds = Bounds { bytes: LARGEST, depth: 10 };
/// How far the clocks of a department and of the service may be apart.
const LEEWAY_SECONDS: f64 = 30.0;
const LONGEST_SECONDS: f64 = 3600.0;

/// Claims that say something about the object and are no parameters (RFC 7519 §4.1).
const ABOUT_THE_OBJECT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// Parameters whose value is JSON.
const STRUCTURED: [&str; 3] = ["claims", "authorization_details", "registration"];
/// Parameters whose value is text, so that another kind is a mistake worth telling.
const TEXTS: [&str; 20] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "acr_values",
    "login_hint",
    "login_hint_token",
    "id_token_hint",
    "ui_locales",
    "display",
    "dpop_jkt",
    "binding_message",
    "user_code",
    "client_notification_token",
];

/// Parameters that say where an answer goes, and how.
const OF_THE_ANSWER: [&str; 5] = ["redirect_uri", "response_type", "response_mode", "state", "ui_locales"];

/// The header of a compact JWT, before anything about it is believed.
pub fn header(token: &str) -> Option<Map<String, Value>> {
    part(token, 0)
}

/// Whether a header says that the token is a request object, or nothing (RFC 9101 §10.8).
pub fn is_typ(typ: Option<&str>) -> bool {
    let Some(typ) = typ else { return true };
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "oauth-authz-req+jwt" | "jwt")
}

impl RequestObject {
    /// Reads the claims of a compact JWT; its signature is for others to check. No member may come twice.
    pub fn of(token: &str) -> Option<Self> {
        part(token, 1).map(Self)
    }

    /// Whether the object is from this client, for us, and now.
    pub fn check(&self, now: Timestamp, parties: &Parties<'_>, times: Times) -> Result<(), Refusal> {
        let needed = times == Times::WithinAnHour;
        let from = match self.0.get("iss") {
            None => !needed,
            Some(iss) => iss.as_str() == Some(parties.client_id),
        };
        let to = match self.0.get("aud") {
            None => !needed,
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(parties.issuer)),
            Some(one) => one.as_str() == Some(parties.issuer),
        };
        // RFC 9101 §4: with such a subject it could be passed off as a client assertion.
        let subject = self.0.get("sub").and_then(Value::as_str) == Some(parties.client_id);
        if !from || !to || subject {
            return Err(Refusal::RequestObjectPartiesWrong);
        }
        if self.is_now(now, times) { Ok(()) } else { Err(Refusal::RequestObjectTimesWrong) }
    }

    /// The parameters. Only those of the object count (RFC 9101 §6.3); `client_id` may be left to the request around it.
    pub fn params(&self, client_id: &str) -> Result<Params, Refusal> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in &self.0 {
            if ABOUT_THE_OBJECT.contains(&name.as_str()) {
                continue;
            }
            // RFC 9101 §4: never one inside another.
            if matches!(name.as_str(), "request" | "request_uri") {
                return Err(Refusal::RequestObjectMemberWrong);
            }
            for text in texts(name, value)? {
                pairs.push((name.clone(), text));
            }
        }
        if !self.0.contains_key("client_id") {
            pairs.push(("client_id".to_owned(), client_id.to_owned()));
        }
        let params = Params::from_pairs(pairs)?;
        let same = params.get("client_id") == Some(client_id);
        if same { Ok(params) } else { Err(Refusal::RequestObjectDiffers) }
    }

    /// Where the answer to this object goes, as it says: what is wrong with its other members is told there.
    pub fn address(&self, client_id: &str) -> Params {
        let mut pairs = vec![("client_id".to_owned(), client_id.to_owned())];
        for name in OF_THE_ANSWER {
            if let Some(Value::String(text)) = self.0.get(name) {
                pairs.push((name.to_owned(), text.clone()));
            }
        }
        Params::from_pairs(pairs).unwrap_or_default()
    }

    fn is_now(&self, now: Timestamp, times: Times) -> bool {
        let now = now.seconds() as f64;
        let time = |name: &str| match self.0.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or(()),
        };
        let (Ok(exp), Ok(nbf), Ok(iat)) = (time("exp"), time("nbf"), time("iat")) else { return false };
        let lives = exp.is_none_or(|exp| exp > now - LEEWAY_SECONDS);
        let begun = |at: Option<f64>| at.is_none_or(|at| at - now <= LEEWAY_SECONDS);
        let short = match (times, nbf, exp) {
            (Times::WhenGiven, ..) => true,
            (Times::WithinAnHour, Some(nbf), Some(exp)) => {
                now - nbf <= LONGEST_SECONDS + LEEWAY_SECONDS && exp - nbf <= LONGEST_SECONDS
            }
            (Times::WithinAnHour, ..) => false,
        };
        lives && begun(nbf) && begun(iat) && short
    }
}

/// The values of one parameter.
fn texts(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let wrong = Refusal::RequestObjectMemberWrong;
    let texts = match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) if !TEXTS.contains(&name) => vec![number.to_string()],
        Value::Array(list) if name == "resource" => {
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(wrong)?
        }
        Value::Array(_) | Value::Object(_) if STRUCTURED.contains(&name) => vec![value.to_string()],
        _ if TEXTS.contains(&name)
            || STRUCTURED.contains(&name)
            || name == "resource"
            || name == "max_age" =>
        {
            return Err(wrong);
        }
        // A member we do not know is ignored, as a parameter would be (RFC 6749 §3.1).
        _ => Vec::new(),
    };
    // No form decoder has looked at these.
    if texts.iter().any(|text| text.contains('\0')) { Err(wrong) } else { Ok(texts) }
}

fn part(token: &str, index: usize) -> Option<Map<String, Value>> {
    if token.len() > LARGEST {
        return None;
    }
    let encoded = token.split('.').nth(index)?;
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok()?;
    parse_object(&text, BOUNDS).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://id.example";

    fn object(claims: Value) -> RequestObject {
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        RequestObject::of(&format!("e30.{payload}.c2ln")).unwrap()
    }

    fn check(changes: Value, times: Times) -> Result<(), Refusal> {
        let mut claims = json!({"iss": "app1", "aud": ISSUER, "nbf": 1000, "exp": 1300});
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        let parties = Parties { client_id: "app1", issuer: ISSUER };
        object(claims).check(Timestamp::from_seconds(1000), &parties, times)
    }

    #[test]
    fn is_from_this_client_for_us_and_now() {
        use Refusal::{RequestObjectPartiesWrong as Parties, RequestObjectTimesWrong as Late};
        use Times::{WhenGiven, WithinAnHour};
        let cases = [
            (json!({}), Ok(()), Ok(())),
            (json!({"aud": ["https://other.example", ISSUER]}), Ok(()), Ok(())),
            (json!({"iss": null}), Ok(()), Err(Parties)),
            (json!({"aud": null}), Ok(()), Err(Parties)),
            (json!({"iss": "app2"}), Err(Parties), Err(Parties)),
            (json!({"aud": "https://id.example/"}), Err(Parties), Err(Parties)),
            (json!({"aud": []}), Err(Parties), Err(Parties)),
            (json!({"sub": "app1"}), Err(Parties), Err(Parties)),
            (json!({"exp": null}), Ok(()), Err(Late)),
            (json!({"nbf": null}), Ok(()), Err(Late)),
            (json!({"exp": 970}), Err(Late), Err(Late)),
            (json!({"exp": 971, "nbf": 900}), Ok(()), Ok(())),
            (json!({"nbf": 1031}), Err(Late), Err(Late)),
            (json!({"iat": 1031}), Err(Late), Err(Late)),
            (json!({"exp": 4600}), Ok(()), Ok(())),
            (json!({"exp": 4601}), Ok(()), Err(Late)),
            (json!({"exp": 1000, "nbf": -2631}), Ok(()), Err(Late)),
            (json!({"exp": "soon"}), Err(Late), Err(Late)),
        ];
        for (changes, plain, strict) in cases {
            assert_eq!(check(changes.clone(), WhenGiven), plain, "{changes}");
            assert_eq!(check(changes.clone(), WithinAnHour), strict, "{changes}");
        }
    }

    #[test]
    fn becomes_parameters() {
        let params = object(json!({
            "iss": "app1", "exp": 9, "client_id": "app1", "scope": "openid", "max_age": 60, "unknown": [1],
            "claims": {"userinfo": {"name": null}}, "resource": ["https://a.example/", "urn:x:y"],
            "authorization_details": [{"type": "matter"}]
        }))
        .params("app1")
        .unwrap();
        assert_eq!((params.get("scope"), params.get("max_age")), (Some("openid"), Some("60")));
        assert_eq!(params.get("claims"), Some(r#"{"userinfo":{"name":null}}"#));
        assert_eq!(params.get("authorization_details"), Some(r#"[{"type":"matter"}]"#));
        assert_eq!(params.all("resource").count(), 2);
        assert!(!params.has("iss") && !params.has("exp") && !params.has("unknown"));
        assert_eq!(object(json!({})).params("app1").unwrap().get("client_id"), Some("app1"));
    }

    #[test]
    fn refuses_members_that_are_no_parameters() {
        use Refusal::{RequestObjectDiffers, RequestObjectMemberWrong};
        let cases = [
            (json!({"request": "a.b.c"}), RequestObjectMemberWrong),
            (json!({"request_uri": "https://a.example/r"}), RequestObjectMemberWrong),
            (json!({"scope": ["openid"]}), RequestObjectMemberWrong),
            (json!({"state": 7}), RequestObjectMemberWrong),
            (json!({"claims": true}), RequestObjectMemberWrong),
            (json!({"resource": [1]}), RequestObjectMemberWrong),
            (json!({"state": "a\u{0}b"}), RequestObjectMemberWrong),
            (json!({"client_id": "app2"}), RequestObjectDiffers),
        ];
        for (claims, refusal) in cases {
            assert_eq!(object(claims.clone()).params("app1").map(|_| ()), Err(refusal), "{claims}");
        }
    }

    #[test]
    fn a_member_twice_and_a_flood_are_no_object() {
        let token = |payload: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
        for bad in
            ["", "a", "a.b.c", &token("[]"), &token(r#"{"scope":"a","scope":"b"}"#), &"x".repeat(1 << 20)]
        {
            assert!(RequestObject::of(bad).is_none(), "{bad:.40}");
        }
    }

    #[test]
    fn knows_its_type() {
        for typ in [None, Some("JWT"), Some("oauth-authz-req+jwt"), Some("application/OAuth-Authz-Req+JWT")] {
            assert!(is_typ(typ), "{typ:?}");
        }
        for typ in ["dpop+jwt", "at+jwt", "client-authentication+jwt", ""] {
            assert!(!is_typ(Some(typ)), "{typ}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*") {
            let _ = header(&text);
            let _ = RequestObject::of(&text);
        }

        #[test]
        fn takes_any_value(name in "scope|claims|resource|max_age|x", text in ".{0,40}", number in any::<i64>()) {
            for value in [json!(text), json!(number), json!([text]), json!({"a": text}), json!(null), json!(true)] {
                let _ = object(json!({ name.clone(): value })).params("app1");
            }
        }
    }
}
