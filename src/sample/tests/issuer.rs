//! The signing half of an identity service.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// One ES256 key under a name.
pub struct Issuer {
    key: EcdsaKeyPair,
    kid: &'static str,
}

impl Issuer {
    pub fn new(kid: &'static str) -> Self {
        Self { key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(), kid }
    }

    pub fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65]),
        }]})
    }

    pub fn public_der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der = self.key.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub fn sign(&self, header: &Value, payload: &str) -> String {
        let message = format!("{}.{}", part(&header.to_string()), part(payload));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    pub fn sign_as(&self, typ: &str, claims: &Value) -> String {
        self.sign(&json!({"alg": "ES256", "typ": typ, "kid": self.kid}), &claims.to_string())
    }
}

pub fn part(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(json)
}
