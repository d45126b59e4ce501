//! What is tried against readers of signed tokens (RFC 8725), each once.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::crypto::signer::{Signer, generate};

fn signer(algorithm: SigningAlgorithm) -> Signer {
    Signer::from_pkcs8(algorithm, &generate(algorithm).unwrap()).unwrap()
}

fn set(keys: &[&Value]) -> JwkSet {
    serde_json::from_value(json!({ "keys": keys })).unwrap()
}

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn read(keys: &JwkSet, algorithms: &[SigningAlgorithm], token: &str) -> Result<Value, TokenProblem> {
    read_foreign(keys, algorithms, token)
}

/// Signs any header and payload, as a client that holds the key could.
fn signed(signer: &Signer, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", part(header), part(payload));
    let signature = signer.signature_of(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn an_unsigned_token_is_refused_however_it_is_written() {
    let key = signer(SigningAlgorithm::Es256);
    let keys = set(&[key.jwk()]);
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let head = part(&format!(r#"{{"alg":"{alg}"}}"#));
        for token in [format!("{head}.{}.", part("{}")), format!("{head}.{}.AA", part("{}"))] {
            assert_eq!(
                read(&keys, SigningAlgorithm::ALL, &token),
                Err(TokenProblem::WrongAlgorithm),
                "{alg}"
            );
        }
    }
    let good = key.sign("JWT", &json!({})).unwrap();
    let (message, _) = good.rsplit_once('.').unwrap();
    let answer = read(&keys, SigningAlgorithm::ALL, &format!("{message}."));
    assert_eq!(answer, Err(TokenProblem::BadSignature));
}

#[test]
fn a_public_key_is_never_taken_for_a_secret() {
    let key = signer(SigningAlgorithm::Rs256);
    let message = format!("{}.{}", part(r#"{"alg":"HS256","typ":"JWT"}"#), part("{}"));
    for secret in [key.jwk().to_string(), key.jwk()["n"].as_str().unwrap().to_owned()] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        let answer = read(&set(&[key.jwk()]), SigningAlgorithm::ALL, &token);
        assert_eq!(answer, Err(TokenProblem::WrongAlgorithm));
    }
}

#[test]
fn the_registered_algorithm_counts_not_the_one_of_the_token() {
    let (rsa, ec) = (signer(SigningAlgorithm::Rs256), signer(SigningAlgorithm::Es256));
    let keys = set(&[rsa.jwk(), ec.jwk()]);
    let token = rsa.sign("JWT", &json!({"a": 1})).unwrap();
    assert_eq!(read(&keys, &[SigningAlgorithm::Rs256], &token), Ok(json!({"a": 1})));
    let other = [SigningAlgorithm::Es256, SigningAlgorithm::Ps256];
    assert_eq!(read(&keys, &other, &token), Err(TokenProblem::WrongAlgorithm));
    // The same signature under another name.
    let renamed = signed(&rsa, r#"{"alg":"PS256"}"#, "{}");
    assert!(read(&keys, SigningAlgorithm::ALL, &renamed).is_err());
    let mixed = signed(&rsa, r#"{"alg":"ES256"}"#, "{}");
    assert_eq!(read(&keys, SigningAlgorithm::ALL, &mixed), Err(TokenProblem::BadSignature));
}

#[test]
fn keys_in_the_token_are_passed_over() {
    let (known, evil) = (signer(SigningAlgorithm::Es256), signer(SigningAlgorithm::Es256));
    let keys = set(&[known.jwk()]);
    for more in [
        json!({"jwk": evil.jwk()}),
        json!({"jku": "https://evil.example/jwks"}),
        json!({"x5u": "https://evil.example/cert"}),
        json!({"x5c": ["MIIB"], "x5t": "AA"}),
    ] {
        let mut header = json!({"alg": "ES256", "typ": "JWT"});
        header.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let forged = signed(&evil, &header.to_string(), "{}");
        assert_eq!(read(&keys, SigningAlgorithm::ALL, &forged), Err(TokenProblem::BadSignature), "{more}");
        let honest = signed(&known, &header.to_string(), "{}");
        assert_eq!(read(&keys, SigningAlgorithm::ALL, &honest), Ok(json!({})), "{more}");
    }
}

#[test]
fn a_kid_is_only_ever_compared() {
    let key = signer(SigningAlgorithm::Es256);
    let keys = set(&[key.jwk()]);
    for kid in ["../../../../dev/null", "' OR 1=1 --", "http://evil.example", "\u{0}", "key\r\nx: y", ""] {
        let token = signed(&key, &json!({"alg": "ES256", "kid": kid}).to_string(), "{}");
        assert_eq!(read(&keys, SigningAlgorithm::ALL, &token), Err(TokenProblem::UnknownKey), "{kid:?}");
    }
    let listed = signed(&key, r#"{"alg":"ES256","kid":["a"]}"#, "{}");
    assert_eq!(read(&keys, SigningAlgorithm::ALL, &listed), Err(TokenProblem::Malformed));
}

#[test]
fn extensions_that_are_critical_are_refused() {
    let key = signer(SigningAlgorithm::Es256);
    for crit in [r#"["b64"]"#, r#"["exp"]"#, "[]", "null", r#""b64""#] {
        let header = format!(r#"{{"alg":"ES256","b64":false,"crit":{crit}}}"#);
        let answer = read(&set(&[key.jwk()]), SigningAlgorithm::ALL, &signed(&key, &header, "{}"));
        assert_eq!(answer, Err(TokenProblem::Malformed), "{crit}");
    }
}

#[test]
fn no_member_may_stand_twice() {
    let key = signer(SigningAlgorithm::Es256);
    let keys = set(&[key.jwk()]);
    for header in [
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"ES256","x":1,"x":2}"#,
    ] {
        let answer = read(&keys, SigningAlgorithm::ALL, &signed(&key, header, "{}"));
        assert_eq!(answer, Err(TokenProblem::Malformed), "{header}");
    }
    for payload in [r#"{"sub":"a","sub":"b"}"#, r#"{"a":{"b":1,"b":2}}"#, "[]", "1", ""] {
        let answer = read(&keys, SigningAlgorithm::ALL, &signed(&key, r#"{"alg":"ES256"}"#, payload));
        assert_eq!(answer, Err(TokenProblem::BadClaims), "{payload}");
    }
}

#[test]
fn too_large_too_deep_or_broken_is_refused_without_work() {
    let key = signer(SigningAlgorithm::Es256);
    let keys = set(&[key.jwk()]);
    let good = key.sign("JWT", &json!({})).unwrap();
    let megabyte = key.sign("JWT", &json!({"x": "x".repeat(1 << 20)})).unwrap();
    let deep = format!(
        "{}.{}.AA",
        part(&format!(r#"{{"alg":"ES256","x":{}1{}}}"#, "[".repeat(100), "]".repeat(100))),
        part("{}")
    );
    for bad in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        &megabyte,
        &deep,
        &format!("{good}.x"),
        &format!(" {good}"),
        &format!("x.{good}"),
        &good.replacen('.', "=.", 1),
    ] {
        assert_eq!(read(&keys, SigningAlgorithm::ALL, bad), Err(TokenProblem::Malformed), "{bad:.60}");
    }
}

#[test]
fn a_key_for_something_else_never_verifies() {
    let key = signer(SigningAlgorithm::Es256);
    let token = key.sign("JWT", &json!({})).unwrap();
    for (member, value) in [("use", "enc"), ("alg", "ES384"), ("kid", "another"), ("alg", "ECDH-ES")] {
        let mut jwk = key.jwk().clone();
        jwk[member] = json!(value);
        let answer = read(&set(&[&jwk]), SigningAlgorithm::ALL, &token);
        assert_eq!(answer, Err(TokenProblem::UnknownKey), "{member} {value}");
    }
}

#[test]
fn a_shared_secret_signs_with_hs256_only() {
    let secret = Secret::new("0123456789abcdef0123456789abcdef");
    let make = |alg: &str, algorithm: hmac::Algorithm, secret: &Secret| {
        let message = format!("{}.{}", part(&format!(r#"{{"alg":"{alg}"}}"#)), part(r#"{"a":1}"#));
        let tag = hmac::sign(&hmac::Key::new(algorithm, secret.expose().as_bytes()), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let read = |token: &str| read_shared::<Value>(&secret, token);
    assert_eq!(read(&make("HS256", hmac::HMAC_SHA256, &secret)), Ok(json!({"a": 1})));
    assert_eq!(read(&make("HS512", hmac::HMAC_SHA512, &secret)), Err(TokenProblem::WrongAlgorithm));
    assert_eq!(read(&make("none", hmac::HMAC_SHA256, &secret)), Err(TokenProblem::WrongAlgorithm));
    let other = Secret::new("0123456789abcdef0123456789abcdeg");
    assert_eq!(read(&make("HS256", hmac::HMAC_SHA256, &other)), Err(TokenProblem::BadSignature));
}

proptest! {
    #[test]
    fn takes_any_text(text in ".*", header in ".*", payload in ".*") {
        let keys = JwkSet { keys: Vec::new() };
        let _ = read(&keys, SigningAlgorithm::ALL, &text);
        let _ = typ(&format!("{}.{}.AA", part(&header), part(&payload)));
        let _ = read_shared::<Value>(&Secret::new("x"), &text);
    }
}
