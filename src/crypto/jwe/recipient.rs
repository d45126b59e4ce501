//! Another party's public encryption key, read from a JWK.

use std::sync::Arc;

use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::agreement::Point;
use crate::protocol::encryption::KeyManagement;

/// A public key that content can be encrypted to; cheap to clone.
#[derive(Clone)]
pub struct PublicKey {
    pub(super) kid: Option<String>,
    /// The one algorithm it is for, if its owner says so.
    alg: Option<String>,
    /// Whether its owner says that it is for encryption.
    declared: bool,
    pub(super) kind: Kind,
}

#[derive(Clone)]
pub(super) enum Kind {
    Rsa(Arc<OaepPublicEncryptingKey>),
    Agreement(Point),
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicKey").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// `None` for keys of other uses, kinds we do not know, and RSA keys below 2048 bits (RFC 7518 §4.3).
    pub fn from_jwk(key: &Value) -> Option<Self> {
        let members = key.as_object()?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let used = text("use");
        if used.is_some_and(|used| used != "enc") || !allows(members) {
            return None;
        }
        let kind = match text("kty")? {
            "RSA" => Kind::Rsa(Arc::new(rsa(members)?)),
            _ => Kind::Agreement(Point::from_jwk(members).filter(Point::is_sound)?),
        };
        Some(Self {
            kid: text("kid").map(str::to_owned),
            alg: text("alg").map(str::to_owned),
            declared: used.is_some(),
            kind,
        })
    }

    /// The key of a set to encrypt to: one that is declared for this algorithm goes before one that merely can.
    pub fn choose(keys: &[Self], alg: KeyManagement) -> Option<&Self> {
        let suits = |key: &&Self| {
            matches!(key.kind, Kind::Rsa(_)) == alg.is_rsa()
                && key.alg.as_deref().is_none_or(|named| named == alg.as_str())
        };
        // The first of the best: `min_by_key` keeps the owner's order.
        keys.iter().filter(suits).min_by_key(|key| (!key.declared, key.alg.is_none()))
    }
}

/// RFC 7517 §4.3: what the key may be used for, if it says so.
fn allows(members: &Map<String, Value>) -> bool {
    let encrypting = ["encrypt", "wrapKey", "deriveKey", "deriveBits"];
    match members.get("key_ops").and_then(Value::as_array) {
        Some(listed) => listed.iter().filter_map(Value::as_str).any(|one| encrypting.contains(&one)),
        None => true,
    }
}

fn rsa(members: &Map<String, Value>) -> Option<OaepPublicEncryptingKey> {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?).ok()?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(bytes[zeros..].to_vec())
    };
    let (n, e) = (number("n")?, number("e")?);
    let key: PublicEncryptingKey = PublicKeyComponents { n, e }.try_into().ok()?;
    OaepPublicEncryptingKey::new(key).ok().filter(is_sound)
}

/// Whether anything can be encrypted to it: the library reads an even modulus, and fails when it is used.
fn is_sound(key: &OaepPublicEncryptingKey) -> bool {
    let mut sealed = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA256_MGF1SHA256, &[0; 16], &mut sealed, None).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ec(more: Value) -> Value {
        let mut key = json!({
            "kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        });
        key.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        key
    }

    #[test]
    fn takes_keys_for_encryption_only() {
        for fine in [json!({}), json!({"use": "enc"}), json!({"key_ops": ["deriveBits"]})] {
            assert!(PublicKey::from_jwk(&ec(fine)).is_some());
        }
        for (unfit, name) in [
            (ec(json!({"use": "sig"})), "use"),
            (ec(json!({"key_ops": ["verify"]})), "key_ops"),
            (ec(json!({"crv": "secp256k1"})), "crv"),
            (json!({"kty": "oct", "k": "c2VjcmV0"}), "oct"),
            (json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), "small"),
            (json!([]), "list"),
        ] {
            assert!(PublicKey::from_jwk(&unfit).is_none(), "{name}");
        }
    }

    #[test]
    fn a_modulus_nothing_can_be_encrypted_to_is_no_key() {
        let key = |last: u8| {
            let modulus = [vec![0xd3; 255], vec![last]].concat();
            PublicKey::from_jwk(&json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus)}))
        };
        assert!(key(0xd3).is_some() && key(0xd2).is_none());
    }

    #[test]
    fn the_best_declared_key_is_chosen() {
        let keys: Vec<PublicKey> = [
            json!({"kid": "any"}),
            json!({"kid": "enc", "use": "enc"}),
            json!({"kid": "other", "use": "enc", "alg": "ECDH-ES+A256KW"}),
            json!({"kid": "exact", "use": "enc", "alg": "ECDH-ES"}),
            json!({"kid": "later", "use": "enc", "alg": "ECDH-ES"}),
        ]
        .into_iter()
        .map(|more| PublicKey::from_jwk(&ec(more)).unwrap())
        .collect();
        let chosen = |alg, from: &[PublicKey]| PublicKey::choose(from, alg).and_then(|key| key.kid.clone());
        assert_eq!(chosen(KeyManagement::EcdhEs, &keys).as_deref(), Some("exact"));
        assert_eq!(chosen(KeyManagement::EcdhEsA256Kw, &keys).as_deref(), Some("other"));
        assert_eq!(chosen(KeyManagement::EcdhEsA128Kw, &keys).as_deref(), Some("enc"));
        assert_eq!(chosen(KeyManagement::EcdhEsA128Kw, &keys[..1]).as_deref(), Some("any"));
        assert_eq!(chosen(KeyManagement::RsaOaep256, &keys), None);
    }
}
