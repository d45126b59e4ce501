//! A logout token for each way of being wrong.

use serde_json::{Value, json};

use super::*;
use crate::sample::tests::issuer::{EVENT, Issuer, part};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn header() -> Value {
    json!({"alg": "ES256", "typ": "logout+jwt", "kid": "k1"})
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "app1", "iat": NOW.seconds(), "exp": NOW.seconds() + 120,
        "jti": "j1", "sub": "p1", "sid": "s1", "events": {EVENT: {}},
    })
}

/// The good claims with one member changed, or taken away.
fn with(name: &str, value: Option<Value>) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.into(), value),
        None => members.remove(name),
    };
    claims
}

fn judge(issuer: &Issuer, token: &str) -> Result<Logout, Refused> {
    let expected = Expected { issuer: "https://id.example", client_id: "app1", now: NOW };
    let keys = serde_json::from_value(issuer.keys()).unwrap();
    verify(token, &keys, &expected)
}

#[test]
fn accepts_what_the_specification_asks_for() {
    let issuer = Issuer::new("k1");
    let logout = judge(&issuer, &issuer.sign(&header(), &claims().to_string())).unwrap();
    let expected = Logout {
        sub: Some("p1".into()),
        sid: Some("s1".into()),
        jti: "j1".into(),
        exp: Timestamp::from_seconds(NOW.seconds() + 120),
    };
    assert_eq!(logout, expected);
    for fine in [
        with("aud", Some(json!(["other", "app1"]))),
        with("sid", None),
        with("sub", None),
        with("exp", Some(json!(NOW.seconds() - 30))),
        with("iat", Some(json!(NOW.seconds() + 30))),
    ] {
        let token = issuer.sign(&header(), &fine.to_string());
        assert!(judge(&issuer, &token).is_ok(), "{fine}");
    }
}

#[test]
fn refuses_wrong_claims() {
    let issuer = Issuer::new("k1");
    let now = NOW.seconds();
    let neither = {
        let mut claims = with("sub", None);
        claims.as_object_mut().unwrap().remove("sid");
        claims
    };
    let cases = [
        (with("iss", Some(json!("https://id.example/"))), Refused::WrongIssuer),
        (with("aud", Some(json!("app2"))), Refused::WrongAudience),
        (with("aud", Some(json!(["app2", "app11"]))), Refused::WrongAudience),
        (with("aud", Some(json!([]))), Refused::WrongAudience),
        (with("events", None), Refused::WrongClaims),
        (with("events", Some(json!({}))), Refused::WrongEvents),
        (with("events", Some(json!({"https://other": {}}))), Refused::WrongEvents),
        (with("events", Some(json!({EVENT: true}))), Refused::WrongClaims),
        (with("nonce", Some(json!("n"))), Refused::HasNonce),
        (with("nonce", Some(Value::Null)), Refused::HasNonce),
        (with("exp", Some(json!(now - 60))), Refused::Expired),
        (with("exp", None), Refused::WrongClaims),
        (with("iat", Some(json!(now + 61))), Refused::FromTheFuture),
        (with("iat", None), Refused::WrongClaims),
        (with("jti", None), Refused::WrongClaims),
        (neither, Refused::NamesNobody),
    ];
    for (claims, why) in cases {
        let token = issuer.sign(&header(), &claims.to_string());
        assert_eq!(judge(&issuer, &token), Err(why), "{claims}");
    }
}

#[test]
fn refuses_a_claim_said_twice() {
    let issuer = Issuer::new("k1");
    let twice = claims().to_string().replacen('{', r#"{"sub":"p2","#, 1);
    assert_eq!(judge(&issuer, &issuer.sign(&header(), &twice)), Err(Refused::WrongClaims));
}

#[test]
fn refuses_wrong_signatures() {
    let issuer = Issuer::new("k1");
    let claims = claims().to_string();
    let good = issuer.sign(&header(), &claims);
    let (message, _) = good.rsplit_once('.').unwrap();
    let unsigned = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims));
    let changed = {
        let signature = good.rsplit('.').next().unwrap();
        format!("{}.{}.{signature}", part(&header().to_string()), part(&claims.replace("p1", "p2")))
    };
    let with_secret = {
        // The public key taken for an HMAC secret: the classic confusion (RFC 8725 §2.1).
        let key = jsonwebtoken::EncodingKey::from_secret(&issuer.public_der());
        let claims: Value = serde_json::from_str(&claims).unwrap();
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
    };
    let cases = [
        (Issuer::new("k1").sign(&header(), &claims), Refused::WrongSignature),
        (changed, Refused::WrongSignature),
        (format!("{message}."), Refused::WrongSignature),
        (unsigned, Refused::WrongAlgorithm),
        (with_secret, Refused::WrongAlgorithm),
        (issuer.sign(&json!({"alg": "ES256", "kid": "k2"}), &claims), Refused::UnknownKey),
        (issuer.sign(&json!({"alg": "PS256", "kid": "k1"}), &claims), Refused::UnknownKey),
        (issuer.sign(&json!({"alg": "ES256", "typ": "at+jwt"}), &claims), Refused::WrongType),
        (issuer.sign(&json!({"alg": "ES256", "crit": ["b64"], "b64": false}), &claims), Refused::WrongType),
        ("".into(), Refused::Malformed),
        ("a.b.c".into(), Refused::Malformed),
        (message.into(), Refused::Malformed),
        ("é.é.é".into(), Refused::Malformed),
    ];
    for (token, why) in cases {
        assert_eq!(judge(&issuer, &token), Err(why), "{token}");
    }
}
