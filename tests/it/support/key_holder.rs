//! A client that holds a key and proves it with each request (DPoP).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderName;
use serde_json::{Value, json};
use tongyao::protocol::dpop::token_digest;
use uuid::Uuid;

use super::wire::Call;
use super::world::{ISSUER, World};

pub const DPOP: HeaderName = HeaderName::from_static("dpop");

/// An ES256 key that never leaves the client.
pub struct KeyHolder {
    pair: EcdsaKeyPair,
}

impl KeyHolder {
    pub fn new() -> Self {
        Self { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        let printed = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "x": printed(x), "y": printed(y)})
    }

    pub fn thumbprint(&self) -> String {
        tongyao::protocol::thumbprint::thumbprint(self.jwk().as_object().unwrap()).unwrap()
    }

    /// A proof for a POST to the token endpoint, with changes to its claims; `null` takes one away.
    pub fn proof(&self, world: &World, changes: Value) -> String {
        let claims = json!({
            "jti": Uuid::new_v4().to_string(), "htm": "POST", "htu": format!("{ISSUER}/oidc/token"),
            "iat": world.now().seconds(),
        });
        self.sign(json!({}), changed(claims, changes))
    }

    /// A proof for userinfo, beside this access token.
    pub fn resource_proof(&self, world: &World, token: &str, changes: Value) -> String {
        let resource = json!({
            "htm": "GET", "htu": format!("{ISSUER}/oidc/userinfo"), "ath": token_digest(token),
        });
        self.proof(world, changed(resource, changes))
    }

    /// Userinfo asked with `Authorization: DPoP` and this proof.
    pub fn userinfo(token: &str, proof: &str) -> Call {
        Call::get("/oidc/userinfo")
            .header(http::header::AUTHORIZATION, &format!("DPoP {token}"))
            .header(DPOP, proof)
    }

    /// Signs whatever it is told, with changes to the header.
    pub fn sign(&self, header: Value, claims: Value) -> String {
        let header = changed(json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}), header);
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

fn changed(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    object
}
