//! The keys of a JWK set (RFC 7517 §5): those that verify what its owner signed, and those to encrypt to.

use std::sync::Arc;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::Value;

use crate::crypto::jwe::PublicKey;

const MOST_KEYS: usize = 32;

/// A JSON value is not a JWK set (RFC 7517 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK set")]
pub struct NotAKeySet;

/// The public signature keys of a JWK set; keys of kinds we do not know are left out (RFC 7517 §5).
pub fn key_set(value: &Value) -> Result<JwkSet, NotAKeySet> {
    let listed = value.get("keys").and_then(Value::as_array);
    // A client that says `"jwks": {}` has no keys.
    let listed = match (listed, value.as_object()) {
        (Some(listed), _) => listed.as_slice(),
        (None, Some(members)) if !members.contains_key("keys") => &[],
        _ => return Err(NotAKeySet),
    };
    let keys = listed.iter().take(MOST_KEYS).filter_map(public_key).collect();
    Ok(JwkSet { keys })
}

/// The encryption keys of a JWK set, in the owner's order.
pub(super) fn encryption_keys(value: &Value) -> Arc<[PublicKey]> {
    let listed = value.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    listed.iter().take(MOST_KEYS).filter_map(PublicKey::from_jwk).collect()
}

fn public_key(value: &Value) -> Option<Jwk> {
    let kind = value.get("kty").and_then(Value::as_str)?;
    // A symmetric key published by mistake must never verify anything.
    if matches!(kind, "RSA" | "EC" | "OKP") { serde_json::from_value(value.clone()).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_sets_with_and_without_keys() {
        assert!(key_set(&json!({})).unwrap().keys.is_empty());
        assert!(key_set(&json!({"keys": []})).unwrap().keys.is_empty());
        for bad in [json!([]), json!(null), json!({"keys": {}})] {
            assert_eq!(key_set(&bad), Err(NotAKeySet), "{bad}");
        }
    }
}
