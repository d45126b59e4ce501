//! Requests that a client begins and a person answers on another device (OpenID Connect CIBA Core 1.0).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::base::Secret;

use super::params::Params;
use super::refusal::Refusal;
use super::text::words;

words! {
    /// `backchannel_token_delivery_mode`.
    DeliveryMode, "backchannel_token_delivery_mode must be poll, ping or push" {
        Poll = "poll",
        Ping = "ping",
        Push = "push",
    }
}

const MOST_HINT: usize = 512;
const MOST_TOKEN: usize = 8192;
const MOST_MESSAGE: usize = 100;
/// Base64url of 128 bits (§7.1: "sufficient entropy (128 bits minimum)") has 22 characters.
const NOTIFICATION_TOKEN: std::ops::RangeInclusive<usize> = 22..=1024;

/// Whom the client wants to reach (§7.1). Never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Hint {
    /// A login name, phone or ID number.
    Login(Secret),
    /// A JWT of the client that carries one.
    LoginToken(Secret),
    /// An ID token of ours.
    IdToken(Secret),
}

/// What a CIBA request says beyond an authorization request.
#[derive(Clone, PartialEq, Eq)]
pub struct BackchannelRequest {
    pub hint: Hint,
    pub binding_message: Option<String>,
    /// Seconds.
    pub requested_expiry: Option<u64>,
    pub notification_token: Option<Secret>,
}

/// The claims of a signed request that say whose it is and when it holds (§7.1.1); the others are its parameters.
#[derive(Debug, Deserialize)]
pub struct SignedRequest {
    pub iss: Option<String>,
    pub aud: Option<Value>,
    pub exp: Option<f64>,
    pub iat: Option<f64>,
    pub nbf: Option<f64>,
    pub jti: Option<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The answer of the backchannel authentication endpoint (§7.3). There is no `Debug`: it holds a code.
#[derive(Serialize)]
pub struct BackchannelAnswer {
    pub auth_req_id: String,
    /// Seconds.
    pub expires_in: u64,
    /// Seconds; absent for push.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
}

impl BackchannelRequest {
    pub fn parse(params: &Params, mode: DeliveryMode) -> Result<Self, Refusal> {
        Ok(Self {
            hint: hint(params)?,
            binding_message: params.get("binding_message").map(binding_message).transpose()?,
            requested_expiry: params.get("requested_expiry").map(expiry).transpose()?,
            notification_token: notification_token(params, mode)?,
        })
    }
}

impl SignedRequest {
    /// The parameters inside: texts as they are, numbers and objects printed as a form would carry them.
    pub fn params(&self) -> Result<Params, Refusal> {
        let mut pairs = Vec::new();
        for (name, value) in &self.rest {
            match value {
                Value::Null => {}
                Value::String(text) => pairs.push((name.clone(), text.clone())),
                Value::Array(several) if name == "resource" => {
                    let texts = several.iter().filter_map(Value::as_str);
                    pairs.extend(texts.map(|text| (name.clone(), text.to_owned())));
                }
                other => pairs.push((name.clone(), other.to_string())),
            }
        }
        Params::from_pairs(pairs)
    }

    /// Whether it is made for `issuer`, alone or among others.
    pub fn is_for(&self, issuer: &str) -> bool {
        match &self.aud {
            Some(Value::String(one)) => one == issuer,
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(issuer)),
            _ => false,
        }
    }
}

impl fmt::Debug for BackchannelRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackchannelRequest")
    }
}

/// §7.1: exactly one.
fn hint(params: &Params) -> Result<Hint, Refusal> {
    match (params.get("login_hint"), params.get("login_hint_token"), params.get("id_token_hint")) {
        (Some(text), None, None) => login_hint(text).map(Hint::Login),
        (None, Some(token), None) if token.len() <= MOST_TOKEN => Ok(Hint::LoginToken(Secret::new(token))),
        (None, Some(_), None) => Err(Refusal::CibaHintTokenInvalid),
        (None, None, Some(token)) if token.len() <= MOST_TOKEN => Ok(Hint::IdToken(Secret::new(token))),
        (None, None, Some(_)) => Err(Refusal::IdTokenHintInvalid),
        _ => Err(Refusal::CibaHintsWrong),
    }
}

/// A login hint, here or inside a token of the client.
pub fn login_hint(text: &str) -> Result<Secret, Refusal> {
    let fits = text.len() <= MOST_HINT && !text.chars().any(char::is_control);
    if fits { Ok(Secret::new(text)) } else { Err(Refusal::HintMalformed) }
}

/// §7.1: short plain words, shown to the person beside the name of the client. Nothing may turn the line around.
fn binding_message(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e007f}')
    };
    let fits = (1..=MOST_MESSAGE).contains(&text.chars().count()) && !text.chars().any(hidden);
    if fits { Ok(text.to_owned()) } else { Err(Refusal::CibaBindingMessageInvalid) }
}

fn expiry(text: &str) -> Result<u64, Refusal> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds| digits && *seconds > 0);
    seconds.ok_or(Refusal::CibaExpiryMalformed)
}

/// §7.1: the syntax of a bearer token (RFC 6750 §2.1).
fn notification_token(params: &Params, mode: DeliveryMode) -> Result<Option<Secret>, Refusal> {
    let text = match (params.get("client_notification_token"), mode) {
        (_, DeliveryMode::Poll) => return Ok(None),
        (None, DeliveryMode::Ping | DeliveryMode::Push) => return Err(Refusal::CibaNotificationTokenUnfit),
        (Some(text), DeliveryMode::Ping | DeliveryMode::Push) => text,
    };
    let letter =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    if NOTIFICATION_TOKEN.contains(&text.len()) && text.bytes().all(letter) {
        Ok(Some(Secret::new(text)))
    } else {
        Err(Refusal::CibaNotificationTokenUnfit)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(query: &str, mode: DeliveryMode) -> Result<BackchannelRequest, Refusal> {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        BackchannelRequest::parse(&Params::from_pairs(pairs).unwrap(), mode)
    }

    #[test]
    fn each_problem_has_its_refusal() {
        use Refusal::*;
        let token = "A".repeat(22);
        let cases = [
            ("".to_owned(), CibaHintsWrong),
            ("login_hint=a&id_token_hint=b".to_owned(), CibaHintsWrong),
            ("login_hint=a%01".to_owned(), HintMalformed),
            (format!("login_hint={}", "a".repeat(513)), HintMalformed),
            (format!("login_hint_token={}", "a".repeat(8193)), CibaHintTokenInvalid),
            (format!("id_token_hint={}", "a".repeat(8193)), IdTokenHintInvalid),
            ("login_hint=a&binding_message=%0a".to_owned(), CibaBindingMessageInvalid),
            ("login_hint=a&binding_message=a%0ab".to_owned(), CibaBindingMessageInvalid),
            ("login_hint=a&binding_message=%E2%80%AEa".to_owned(), CibaBindingMessageInvalid),
            (format!("login_hint=a&binding_message={}", "a".repeat(101)), CibaBindingMessageInvalid),
            ("login_hint=a&requested_expiry=0".to_owned(), CibaExpiryMalformed),
            ("login_hint=a&requested_expiry=-1".to_owned(), CibaExpiryMalformed),
            ("login_hint=a&requested_expiry=1.5".to_owned(), CibaExpiryMalformed),
            ("login_hint=a&requested_expiry=9999999999".to_owned(), CibaExpiryMalformed),
            ("login_hint=a".to_owned(), CibaNotificationTokenUnfit),
            ("login_hint=a&client_notification_token=short".to_owned(), CibaNotificationTokenUnfit),
            (format!("login_hint=a&client_notification_token={token}%20x"), CibaNotificationTokenUnfit),
        ];
        for (query, refusal) in cases {
            assert_eq!(parse(&query, DeliveryMode::Ping), Err(refusal), "{query:.80}");
        }
        let good = format!(
            "login_hint=a&binding_message=1234+%F0%9F%91%8D+%E5%93%81%E5%B7%9D&client_notification_token={token}"
        );
        assert_eq!(
            parse(&good, DeliveryMode::Push).unwrap().binding_message.as_deref(),
            Some("1234 👍 品川")
        );
        assert!(parse("login_hint=a", DeliveryMode::Poll).unwrap().notification_token.is_none());
    }

    #[test]
    fn a_signed_request_carries_its_parameters() {
        let signed: SignedRequest = serde_json::from_value(json!({
            "iss": "c", "aud": ["x", "https://id"], "exp": 1, "login_hint": "a", "requested_expiry": 30,
            "resource": ["https://a/", "https://b/"], "claims": {"id_token": {}}, "nothing": null,
        }))
        .unwrap();
        let params = signed.params().unwrap();
        assert_eq!(
            (params.get("requested_expiry"), params.get("claims")),
            (Some("30"), Some(r#"{"id_token":{}}"#))
        );
        assert_eq!(
            (params.all("resource").count(), params.has("iss"), params.has("nothing")),
            (2, false, false)
        );
        assert!(signed.is_for("https://id") && !signed.is_for("https://other"));
    }

    proptest! {
        #[test]
        fn takes_any_value(
            values in proptest::collection::hash_map("(login_hint|login_hint_token|id_token_hint|binding_message\
                |requested_expiry|client_notification_token)", "[^\0]{0,60}", 0..6)
        ) {
            let _ = BackchannelRequest::parse(&Params::from_pairs(values).unwrap(), DeliveryMode::Push);
        }
    }
}
