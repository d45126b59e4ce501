//! What other systems publish and the service fetches: key sets, and the list behind `sector_identifier_uri`.
//! Lines: the document, and a redirect URI to look for.

use serde_json::{Value, json};
use tongyao::client::key_set::key_set;
use tongyao::client::sector::lists;
use tongyao::crypto::jwe::PublicKey;
use tongyao::crypto::jwt::read_foreign;
use tongyao::protocol::thumbprint::thumbprint;
use tongyao::protocol::{ClientMetadata, SigningAlgorithm};

use super::pieces::{lines, reached, token};

pub const PLACES: &[&str] = &["keys", "listed", "for encryption"];

pub fn run(data: &[u8]) {
    let [document, address] = lines::<2>(data);
    let value = serde_json::from_str::<Value>(&document).unwrap_or_default();
    holds_public_keys(&value);
    if let Ok(metadata) = serde_json::from_value::<ClientMetadata>(json!({"redirect_uris": [address]}))
        && lists(document.as_bytes(), &metadata)
    {
        reached("listed");
        assert!(
            value.as_array().is_some_and(|listed| listed.contains(&address.clone().into())),
            "{document}"
        );
    }
    let nothing: ClientMetadata = serde_json::from_value(json!({})).unwrap();
    assert!(!lists(document.as_bytes(), &nothing));
}

fn holds_public_keys(value: &Value) {
    let Ok(set) = key_set(value) else { return };
    assert!(set.keys.len() <= 32);
    for key in &set.keys {
        reached("keys");
        let key = serde_json::to_value(key).unwrap();
        assert!(matches!(key["kty"].as_str(), Some("RSA" | "EC" | "OKP")), "{key}");
    }
    // Whatever the set holds, nobody signs by knowing it: not with its text as a secret, and not with nothing.
    for alg in ["EdDSA", "ES256", "RS256", "PS256", "HS256", "none"] {
        let header = json!({"alg": alg}).to_string();
        for how in ["key", "", "AA"] {
            let read = read_foreign::<Value>(&set, SigningAlgorithm::ALL, &token(&header, "{}", how));
            assert!(read.is_err(), "{alg} {how}");
        }
    }
    for listed in value["keys"].as_array().into_iter().flatten() {
        let named = listed.as_object().and_then(|members| thumbprint(members).ok());
        assert!(named.is_none_or(|name| name.len() == 43));
        if PublicKey::from_jwk(listed).is_some() {
            reached("for encryption");
            assert!(listed.get("use").is_none_or(|used| used == "enc"), "{listed}");
        }
    }
}
