//! What the members about encryption must say together: an algorithm for each content encryption, a key for each algorithm.

use serde_json::Value;

use super::check::listed_keys;
use super::{ClientMetadata, MetadataProblem};
use crate::protocol::encryption::KeyManagement;

/// OpenID Connect Registration §2: `enc` belongs to an `alg`, and what is encrypted needs a key.
pub(super) fn problems(metadata: &ClientMetadata) -> Vec<MetadataProblem> {
    let mut problems = Vec::new();
    let mut need = |holds: bool, member: &str, what: &str| {
        if !holds {
            problems.push(MetadataProblem::new(member, what));
        }
    };
    let answers = [
        (
            ("id_token_encrypted_response_alg", metadata.id_token_encrypted_response_alg),
            ("id_token_encrypted_response_enc", metadata.id_token_encrypted_response_enc),
        ),
        (
            ("userinfo_encrypted_response_alg", metadata.userinfo_encrypted_response_alg),
            ("userinfo_encrypted_response_enc", metadata.userinfo_encrypted_response_enc),
        ),
        (
            ("authorization_encrypted_response_alg", metadata.authorization_encrypted_response_alg),
            ("authorization_encrypted_response_enc", metadata.authorization_encrypted_response_enc),
        ),
        (
            ("introspection_encrypted_response_alg", metadata.introspection_encrypted_response_alg),
            ("introspection_encrypted_response_enc", metadata.introspection_encrypted_response_enc),
        ),
    ];
    for ((member, alg), (enc_member, enc)) in answers {
        need(alg.is_some() || enc.is_none(), enc_member, "needs the _alg beside it");
        let served = alg.is_none_or(|alg| metadata.jwks_uri.is_some() || has_key_for(metadata, alg));
        need(served, member, "needs a key for it in jwks (use enc), or jwks_uri");
    }
    // Request objects are encrypted to our keys, not to the client's.
    need(
        metadata.request_object_encryption_alg.is_some() || metadata.request_object_encryption_enc.is_none(),
        "request_object_encryption_enc",
        "needs the _alg beside it",
    );
    problems
}

/// Whether a listed key could serve; whether it is sound is seen when it is read.
fn has_key_for(metadata: &ClientMetadata, alg: KeyManagement) -> bool {
    listed_keys(metadata).iter().any(|key| {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let kind = match text("kty") {
            Some("RSA") => alg.is_rsa(),
            Some("EC") => !alg.is_rsa() && matches!(text("crv"), Some("P-256" | "P-384")),
            Some("OKP") => !alg.is_rsa() && text("crv") == Some("X25519"),
            _ => false,
        };
        let named = text("alg").is_none_or(|name| name == alg.as_str());
        kind && named && text("use").is_none_or(|used| used == "enc")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::client_metadata::wrong_members;

    #[test]
    fn encryption_needs_a_key_that_serves() {
        let ec = json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "use": "enc"});
        let with = |more: Value| {
            let mut members = json!({"id_token_encrypted_response_alg": "ECDH-ES", "jwks": {"keys": [ec]}});
            members.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            wrong_members(members)
        };
        let fine: [&str; 0] = [];
        assert_eq!(with(json!({})), fine);
        assert_eq!(with(json!({"id_token_encrypted_response_enc": "A256GCM"})), fine);
        assert_eq!(with(json!({"jwks": null, "jwks_uri": "https://a.example/jwks"})), fine);
        assert_eq!(wrong_members(json!({"request_object_encryption_alg": "RSA-OAEP-256"})), fine);
        let member = ["id_token_encrypted_response_alg"];
        assert_eq!(with(json!({"jwks": {"keys": []}})), member);
        assert_eq!(with(json!({"id_token_encrypted_response_alg": "RSA-OAEP"})), member);
        let mut signing = ec.clone();
        signing["use"] = json!("sig");
        assert_eq!(with(json!({"jwks": {"keys": [signing]}})), member);
        for pair in ["id_token", "userinfo", "authorization", "introspection"] {
            let (alg, enc) =
                (format!("{pair}_encrypted_response_alg"), format!("{pair}_encrypted_response_enc"));
            assert_eq!(wrong_members(json!({ enc.as_str(): "A128GCM" })), [enc]);
            assert_eq!(wrong_members(json!({ alg.as_str(): "ECDH-ES" })), [alg]);
        }
        let enc = "request_object_encryption_enc";
        assert_eq!(wrong_members(json!({ enc: "A128GCM" })), [enc]);
    }

    #[test]
    fn dangerous_algorithms_cannot_be_registered() {
        for (member, word) in [
            ("id_token_signed_response_alg", "none"),
            ("id_token_signed_response_alg", "HS256"),
            ("userinfo_signed_response_alg", "none"),
            ("token_endpoint_auth_signing_alg", "none"),
            ("introspection_signed_response_alg", "none"),
            ("id_token_encrypted_response_alg", "RSA1_5"),
            ("userinfo_encrypted_response_alg", "dir"),
            ("request_object_encryption_alg", "PBES2-HS256+A128KW"),
            ("id_token_encrypted_response_enc", "none"),
        ] {
            let read = serde_json::from_value::<ClientMetadata>(json!({ member: word }));
            assert!(read.unwrap_err().to_string().contains(member), "{member} {word}");
        }
    }
}
