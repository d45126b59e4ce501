//! Signed tokens: the algorithm and the key are ours, whatever the token says.
//! Lines: header, claims, how it is signed; a single line is a whole token.

use std::sync::{Arc, LazyLock};

use jsonwebtoken::jwk::JwkSet;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tongyao::base::Secret;
use tongyao::client::assertion::{AssertionClaims, AudienceRule, Names, claimed_subject, is_of_type};
use tongyao::client::key_set::key_set;
use tongyao::crypto::folder::KeysFolder;
use tongyao::crypto::jwt::{LARGEST, TokenProblem, read_foreign, read_own, read_shared, typ};
use tongyao::crypto::keystore::{KeySet, KeyStore};
use tongyao::gateway::CardReaders;
use tongyao::gateway::card_reader::TYPE;
use tongyao::protocol::SigningAlgorithm;
use tongyao::protocol::id_token::IdTokenClaims;
use tongyao::sample::logout_token;

use super::pieces::{
    CLIENT, ISSUER, NOW, SECRET, lines, now, object, public_key, reached, text, text_of, token,
};

/// The key that signs, and others: the one of RFC 7515 Appendix A.3, and one for encryption only.
static KEYS: LazyLock<JwkSet> = LazyLock::new(|| {
    let mut named = public_key();
    named["kid"] = json!("ours");
    let other = json!({
        "kty": "EC", "crv": "P-256", "kid": "other", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let mut encrypts = public_key();
    encrypts["use"] = json!("enc");
    encrypts["kid"] = json!("enc");
    key_set(&json!({"keys": [encrypts, other, named]})).unwrap()
});

/// The service's own keys, made anew in each run; the folder they come from goes again.
static OWN: LazyLock<Arc<KeySet>> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("tongyao-fuzz-{}", std::process::id()));
    let store = KeyStore::open(KeysFolder::make(&path).unwrap(), now()).unwrap();
    store.complete(now()).unwrap();
    let keys = store.view();
    std::fs::remove_dir_all(path).unwrap();
    keys
});

/// What the service signs itself, each for a door of its own.
const KINDS: [&str; 4] = ["JWT", "at+jwt", "logout+jwt", "token-introspection+jwt"];

/// A token, and what stands in it when it was put together here.
struct Made {
    token: String,
    header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
    how: String,
}

pub const PLACES: &[&str] = &["signed", "shared", "own", "assertion", "card reading", "logout", "ID token"];

pub fn run(data: &[u8]) {
    let made = made(data);
    is_read_by_our_rules(&made);
    is_shared(&made);
    is_our_own(&made);
    speaks_for_a_client(&made);
    is_a_card_reading(&made);
    ends_a_session(&made);
    if let Some(claims) = made.claims.clone()
        && let Ok(read) = serde_json::from_value::<IdTokenClaims>(claims.into())
    {
        reached("ID token");
        let again = serde_json::to_value(&read).and_then(serde_json::from_value::<IdTokenClaims>);
        assert!(again.is_ok_and(|again| again == read));
    }
}

fn made(data: &[u8]) -> Made {
    if !data.contains(&b'\n') {
        return Made { token: text(data), header: None, claims: None, how: String::new() };
    }
    let [header, claims, how] = lines::<3>(data);
    let token = token(&header, &claims, &how);
    Made { token, header: object(&header), claims: object(&claims), how }
}

fn read<T: DeserializeOwned>(algorithms: &[SigningAlgorithm], token: &str) -> Result<T, TokenProblem> {
    read_foreign(&KEYS, algorithms, token)
}

fn is_read_by_our_rules(made: &Made) {
    let kind = typ(&made.token);
    let all = read::<Value>(SigningAlgorithm::ALL, &made.token);
    if made.token.len() > LARGEST {
        assert_eq!(
            (kind.clone().err(), all.clone().err()),
            (Some(TokenProblem::Malformed), Some(TokenProblem::Malformed))
        );
    }
    if let (Ok(kind), Some(header)) = (&kind, &made.header) {
        assert_eq!(kind.as_deref(), text_of(header, "typ"));
        assert!(!header.contains_key("crit") && text_of(header, "alg").is_some());
    }
    // No key of ours has ever signed with these.
    let others = [SigningAlgorithm::Rs256, SigningAlgorithm::Ps256, SigningAlgorithm::Es256];
    assert!(read::<Value>(&others, &made.token).is_err());
    assert!(read::<Value>(&[], &made.token).is_err());
    if let Ok(claims) = all {
        reached("signed");
        assert!(kind.is_ok());
        assert_eq!(read::<Value>(&[SigningAlgorithm::EdDsa], &made.token).as_ref(), Ok(&claims));
        if let (Some(header), Some(given)) = (&made.header, &made.claims) {
            assert_eq!((made.how.as_str(), text_of(header, "alg")), ("ed", Some("EdDSA")));
            assert!(matches!(text_of(header, "kid"), None | Some("ours")), "{header:?}");
            assert_eq!(claims, Value::Object(given.clone()));
        }
        is_refused_when_changed(&made.token);
    }
}

fn is_refused_when_changed(token: &str) {
    for at in [0, token.len() / 2, token.len() - 1] {
        let mut changed = token.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(read::<Value>(SigningAlgorithm::ALL, &changed).is_err(), "{changed}");
    }
    for more in [format!("{token}."), format!(".{token}"), format!("{token}="), format!(" {token}")] {
        assert!(read::<Value>(SigningAlgorithm::ALL, &more).is_err(), "{more}");
    }
}

fn is_shared(made: &Made) {
    let Ok(claims) = read_shared::<Value>(&Secret::new(SECRET), &made.token) else { return };
    reached("shared");
    assert!(read::<Value>(SigningAlgorithm::ALL, &made.token).is_err());
    if let (Some(header), Some(given)) = (&made.header, &made.claims) {
        assert_eq!((made.how.as_str(), text_of(header, "alg")), ("hs", Some("HS256")));
        assert_eq!(claims, Value::Object(given.clone()));
    }
}

/// RFC 8725 §3.11: what we signed for one door opens no other, and what others signed opens none.
fn is_our_own(made: &Made) {
    let read = |kind: &str, token: &str| read_own::<Value>(&OWN, kind, token);
    assert!(KINDS.iter().all(|kind| read(kind, &made.token).is_err()));
    let Some(claims) = made.claims.as_ref().filter(|_| made.how == "own") else { return };
    let wanted = made.header.as_ref().and_then(|header| text_of(header, "typ"));
    let Some(own) = KINDS.iter().find(|kind| wanted == Some(**kind)) else { return };
    reached("own");
    let key = &OWN.keys()[claims.len() % OWN.keys().len()].key;
    let token = key.sign(own, claims).unwrap();
    for kind in KINDS {
        match read(kind, &token) {
            Ok(told) => assert_eq!((kind, told), (*own, Value::Object(claims.clone()))),
            Err(problem) => {
                assert!(kind != *own || problem == TokenProblem::BadClaims || token.len() > LARGEST)
            }
        }
    }
    assert!(read_foreign::<Value>(&KEYS, SigningAlgorithm::ALL, &token).is_err());
    let changed = token.replacen('.', ".A", 1);
    assert!(KINDS.iter().all(|kind| read(kind, &changed).is_err()));
}

/// RFC 7523 §3.
fn speaks_for_a_client(made: &Made) {
    let claimed = claimed_subject(&made.token);
    if let (Some(claimed), Some(claims)) = (&claimed, &made.claims) {
        assert_eq!(Some(claimed.as_str()), text_of(claims, "sub"));
    }
    let Ok(read) = read::<AssertionClaims>(SigningAlgorithm::ALL, &made.token) else { return };
    for rule in [AudienceRule::IssuerAlone, AudienceRule::IssuerOrEndpoint] {
        let names = Names { issuer: ISSUER, mutual_tls: None };
        let good = read.check(now(), CLIENT, (names, rule)).is_ok();
        let Some(claims) = made.claims.as_ref().filter(|_| good) else { continue };
        reached("assertion");
        assert_eq!((text_of(claims, "iss"), text_of(claims, "sub")), (Some(CLIENT), Some(CLIENT)));
        assert_eq!(claimed.as_deref(), Some(CLIENT));
        assert!(text_of(claims, "jti").is_some_and(|jti| !jti.is_empty()));
        let left = claims["exp"].as_f64().unwrap() - NOW as f64;
        assert!((-30.0..=3630.0).contains(&left), "{left}");
        let audiences = claims["aud"].as_array().cloned().unwrap_or(vec![claims["aud"].clone()]);
        let is_ours = |one: &Value| {
            let one = one.as_str().unwrap();
            one == ISSUER || rule == AudienceRule::IssuerOrEndpoint && one.starts_with("https://id.example/")
        };
        assert!(!audiences.is_empty() && audiences.iter().all(is_ours), "{audiences:?}");
        assert!(rule == AudienceRule::IssuerOrEndpoint || claims["aud"].is_string());
    }
    if let Ok(kind) = typ(&made.token) {
        let kind = kind.as_deref();
        assert_eq!(is_of_type(kind), is_of_type(kind.map(str::to_ascii_uppercase).as_deref()));
    }
}

fn is_a_card_reading(made: &Made) {
    let readers = CardReaders::Registered(KEYS.clone());
    let Ok(reading) = readers.check(now(), "nonce-of-this-visit", &made.token) else { return };
    reached("card reading");
    assert_eq!(typ(&made.token).unwrap().as_deref(), Some(TYPE));
    assert_eq!(reading.nonce, "nonce-of-this-visit");
    assert!((NOW - 300..=NOW + 60).contains(&reading.iat));
    assert!(readers.check(now(), "nonce-of-another", &made.token).is_err());
}

/// Back-Channel Logout §2.6, as the sample system reads it.
fn ends_a_session(made: &Made) {
    let expected = logout_token::Expected { issuer: ISSUER, client_id: CLIENT, now: now() };
    let Ok(logout) = logout_token::verify(&made.token, &KEYS, &expected) else { return };
    reached("logout");
    assert!(logout.sub.is_some() || logout.sid.is_some());
    assert!(!logout.jti.is_empty());
    if let Some(claims) = &made.claims {
        assert_eq!(made.how, "ed");
        assert_eq!(text_of(claims, "iss"), Some(ISSUER));
        assert!(!claims.contains_key("nonce"));
    }
}
