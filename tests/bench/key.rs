//! A key that a system holds: it signs who the system is (RFC 7523 §3), and that a request comes from it (RFC 9449 §4).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client as Http, Request, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// ES256, made for one run.
pub struct Key {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

/// A key for DPoP proofs and the nonce the service gave last.
pub struct Prover {
    key: Key,
    nonce: Mutex<Option<String>>,
}

impl Key {
    pub fn new() -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        Ok(Self { pair, random: SystemRandom::new() })
    }

    /// The public key.
    pub fn jwk(&self) -> Value {
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let printed = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "EC", "crv": "P-256", "x": printed(x), "y": printed(y)})
    }

    /// Who this client is, to the service at `issuer`, for a minute.
    pub fn assertion(&self, client_id: &str, issuer: &str) -> Result<String> {
        let now = now()?;
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": issuer, "iat": now, "exp": now + 60,
            "jti": Uuid::new_v4().to_string(),
        });
        self.sign(&json!({"typ": "JWT", "alg": "ES256"}), &claims)
    }

    fn sign(&self, header: &Value, claims: &Value) -> Result<String> {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes()).map_err(|_| anyhow!("signing"))?;
        Ok(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref())))
    }
}

impl Prover {
    pub fn new() -> Result<Arc<Self>> {
        Ok(Arc::new(Self { key: Key::new()?, nonce: Mutex::new(None) }))
    }

    /// Sends the request with a proof of its own, beside an access token where one is given; keeps the nonce of the
    /// answer for the next one.
    pub async fn send(&self, http: &Http, mut request: Request, token: Option<&str>) -> Result<Response> {
        let proof = self.proof(&request, token)?;
        request.headers_mut().insert("dpop", proof.parse().context("a proof is ASCII")?);
        let response = http.execute(request).await?;
        if let Some(nonce) = response.headers().get("dpop-nonce") {
            *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.to_str()?.to_owned());
        }
        Ok(response)
    }

    fn proof(&self, request: &Request, token: Option<&str>) -> Result<String> {
        let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.jwk()});
        let mut claims = json!({
            "jti": Uuid::new_v4().to_string(), "htm": request.method().as_str(), "htu": request.url().as_str(),
            "iat": now()?,
        });
        if let Some(nonce) = &*self.nonce.lock().unwrap_or_else(PoisonError::into_inner) {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = token {
            claims["ath"] = json!(BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
        }
        self.key.sign(&header, &claims)
    }
}

/// Seconds; the driver is a system of its own and has no `Moment`.
#[expect(clippy::disallowed_methods)]
fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
