//! The claims of an ID token (OIDC Core §2), in the order they are printed.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::acr::Acr;
use super::algorithm::SigningAlgorithm;

/// Claims that belong to the protocol: a claim about the person never takes their place.
const OWN: [&str; 16] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "sid",
    "at_hash",
    "c_hash",
    "s_hash",
];

/// What an ID token says. There is no `Debug`: it may hold a person's data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// The issuer's URL.
    pub iss: String,
    /// The person, as this client knows them.
    pub sub: String,
    /// The `client_id`.
    pub aud: String,
    /// Seconds since 1970.
    pub exp: i64,
    /// Seconds since 1970.
    pub iat: i64,
    /// When the person signed in; seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<Acr>,
    /// RFC 8176: `pwd`, `otp`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// The client's part in the SSO session (Back-Channel Logout §2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The `state` of the request, so that it cannot be exchanged beside a detached signature (FAPI 1.0 Part 2 §5.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s_hash: Option<String>,
    #[serde(flatten)]
    about: Map<String, Value>,
}

impl IdTokenClaims {
    /// The claims every ID token has. Times in seconds since 1970.
    pub fn new(
        iss: impl Into<String>,
        sub: impl Into<String>,
        aud: impl Into<String>,
        iat: i64,
        exp: i64,
    ) -> Self {
        Self {
            iss: iss.into(),
            sub: sub.into(),
            aud: aud.into(),
            exp,
            iat,
            auth_time: None,
            nonce: None,
            acr: None,
            amr: Vec::new(),
            azp: None,
            sid: None,
            at_hash: None,
            c_hash: None,
            s_hash: None,
            about: Map::new(),
        }
    }

    /// Adds claims about the person; those that would replace a claim of the protocol, and nulls, are left out.
    pub fn tell(&mut self, claims: Map<String, Value>) {
        let told =
            claims.into_iter().filter(|(name, value)| !OWN.contains(&name.as_str()) && !value.is_null());
        self.about.extend(told);
    }
}

/// `at_hash` and `c_hash` (OIDC Core §3.1.3.6): the left half of the digest that belongs to the signature.
pub fn half_hash(algorithm: SigningAlgorithm, token: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 | SigningAlgorithm::Es256 => &SHA256,
        // Ed25519 signs with SHA-512.
        SigningAlgorithm::EdDsa => &SHA512,
    };
    let full = digest(hash, token.as_bytes());
    let (left, _) = full.as_ref().split_at(full.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// OIDC Core Appendix A.3 and A.4.
    #[test]
    fn hashes_like_the_specification() {
        let hash = half_hash(SigningAlgorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
        assert_eq!(hash, "77QmUPtjPfzWtF2AnpK9RQ");
        let code =
            half_hash(SigningAlgorithm::Rs256, "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk");
        assert_eq!(code, "LDktKdoQak3Pk0cnXxCltA");
        assert_eq!(half_hash(SigningAlgorithm::EdDsa, "x").len(), 43);
    }

    #[test]
    fn prints_in_order_and_keeps_its_own_claims() {
        let mut claims = IdTokenClaims::new("https://id.example", "s", "app1", 1, 2);
        claims.acr = Some(Acr::Loa(3));
        let Value::Object(about) = json!({"name": "王", "sub": "evil", "nonce": "evil", "email": null})
        else {
            panic!("an object")
        };
        claims.tell(about);
        let text = serde_json::to_string(&claims).unwrap();
        let expected = r#"{"iss":"https://id.example","sub":"s","aud":"app1","exp":2,"iat":1,"acr":"urn:tongyao:loa:3","name":"王"}"#;
        assert_eq!(text, expected);
        assert!(serde_json::from_str::<IdTokenClaims>(&text).unwrap() == claims);
    }
}
