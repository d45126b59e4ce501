//! Request objects (RFC 9101) and signed CIBA requests: whose, for whom, when, and which parameters they are.
//! Lines: header, claims; a single line is a whole token.

use serde_json::{Map, Value};
use tongyao::protocol::Params;
use tongyao::protocol::ciba::{BackchannelRequest, DeliveryMode, SignedRequest};
use tongyao::protocol::request_object::{LARGEST, Parties, RequestObject, Times, header, is_typ};

use super::authorize::says_what_was_sent;
use super::pieces::{CLIENT, ISSUER, NOW, lines, now, object, reached, text, text_of, token};

pub const PLACES: &[&str] = &["of this client", "within an hour", "parameters", "backchannel"];

pub fn run(data: &[u8]) {
    let [head, claims, how] = lines::<3>(data);
    let made = data.contains(&b'\n');
    let token = if made { token(&head, &claims, &how) } else { text(data) };
    let given = object(&claims).filter(|_| made);
    if let Some(header) = header(&token) {
        let kind = text_of(&header, "typ");
        assert_eq!(is_typ(kind), is_typ(kind.map(str::to_ascii_uppercase).as_deref()));
        assert!(!matches!(kind, Some("dpop+jwt" | "at+jwt" | "logout+jwt")) || !is_typ(kind));
    }
    if let Some(read) = RequestObject::of(&token) {
        assert!(token.len() <= LARGEST);
        if let Some(given) = &given {
            is_of_this_client(&read, given);
        }
        if let Ok(params) = read.params(CLIENT) {
            holds_parameters(&params, given.as_ref());
        }
        assert!(read.params("another").map_or(true, |params| params.get("client_id") == Some("another")));
    }
    if let Some(given) = given {
        is_a_backchannel_request(given);
    }
}

fn is_of_this_client(read: &RequestObject, given: &Map<String, Value>) {
    let parties = Parties { client_id: CLIENT, issuer: ISSUER };
    for times in [Times::WhenGiven, Times::WithinAnHour] {
        if read.check(now(), &parties, times).is_err() {
            continue;
        }
        reached("of this client");
        let is = |name: &str, wanted: &str| match given.get(name) {
            None => times == Times::WhenGiven,
            Some(Value::Array(several)) if name == "aud" => several.contains(&wanted.into()),
            Some(one) => one == wanted,
        };
        assert!(is("iss", CLIENT) && is("aud", ISSUER), "{given:?}");
        assert_ne!(text_of(given, "sub"), Some(CLIENT));
        let at = |name: &str| given.get(name).map(|value| value.as_f64().unwrap() - NOW as f64);
        assert!(at("exp").is_none_or(|exp| exp > -30.0));
        assert!(at("nbf").is_none_or(|nbf| nbf <= 30.0) && at("iat").is_none_or(|iat| iat <= 30.0));
        if times == Times::WithinAnHour {
            reached("within an hour");
            assert!(at("exp").unwrap() - at("nbf").unwrap() <= 3600.0 && at("nbf").unwrap() >= -3630.0);
        }
    }
}

fn holds_parameters(params: &Params, given: Option<&Map<String, Value>>) {
    reached("parameters");
    assert_eq!(params.get("client_id"), Some(CLIENT));
    assert!(!params.has("request") && !params.has("request_uri"));
    if let Some(given) = given {
        for (name, value) in given.iter().filter(|(name, _)| !ABOUT.contains(&name.as_str())) {
            let told = params.get(name);
            assert!(told.is_none_or(|text| !text.contains('\0')), "{name}");
            if let Some(text) = value.as_str() {
                assert_eq!(told.unwrap_or_default(), text, "{name}");
            }
        }
        assert!(ABOUT.iter().all(|name| !params.has(name)));
    }
    says_what_was_sent(params);
}

const ABOUT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// CIBA Core 1.0 §7.1: exactly one hint, and words that a person can be shown.
fn is_a_backchannel_request(given: Map<String, Value>) {
    let Ok(request) = serde_json::from_value::<SignedRequest>(given.clone().into()) else { return };
    let named = |aud: &Value| aud == ISSUER || aud.as_array().is_some_and(|all| all.contains(&ISSUER.into()));
    assert_eq!(request.is_for(ISSUER), given.get("aud").is_some_and(named));
    let Ok(params) = request.params() else { return };
    for name in given.keys() {
        assert!(params.all(name).all(|text| !text.contains('\0')), "{name}");
    }
    assert!(ABOUT.iter().all(|name| !params.has(name)));
    for mode in DeliveryMode::ALL {
        let Ok(asked) = BackchannelRequest::parse(&params, *mode) else { continue };
        reached("backchannel");
        let hints = ["login_hint", "login_hint_token", "id_token_hint"];
        assert_eq!(hints.iter().filter(|name| params.has(name)).count(), 1);
        assert_eq!(asked.notification_token.is_some(), *mode != DeliveryMode::Poll);
        let words = asked.binding_message.unwrap_or_default();
        assert!(words.chars().count() <= 100 && !words.chars().any(char::is_control));
        assert!(asked.requested_expiry.is_none_or(|seconds| (1..=999_999_999).contains(&seconds)));
    }
}
