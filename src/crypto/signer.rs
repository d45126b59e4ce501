//! Signing with keys parsed once: RS256, PS256, ES256, EdDSA over aws-lc-rs.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::keystore::{Kept, Stage};
use super::mac;
use crate::base::Fault;
use crate::protocol::algorithm::SigningAlgorithm;

/// A private key ready to sign, with its public half as a JWK.
pub struct Signer {
    algorithm: SigningAlgorithm,
    pair: Pair,
    kid: String,
    jwk: Value,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A new private key as PKCS #8 (RFC 5958). RSA keys have 2048 bits (RFC 7518 §3.3).
pub fn generate(algorithm: SigningAlgorithm) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let failed = |_| Fault::broken("making a signing key");
    let der = match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(failed)?.as_ref().to_vec()
        }
        SigningAlgorithm::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
            pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec()
        }
        SigningAlgorithm::EdDsa => {
            let pair = Ed25519KeyPair::generate().map_err(failed)?;
            pair.to_pkcs8().map_err(failed)?.as_ref().to_vec()
        }
    };
    Ok(Zeroizing::new(der))
}

/// The required members of an RSA key's public JWK (RFC 7638 §3.2).
pub(super) fn rsa_public(pkcs8: &[u8]) -> Result<Value, Fault> {
    let refused = |error| Fault::broken("an RSA key cannot be read").because(format!("{error}"));
    let (_, text) = Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(refused)?).public();
    serde_json::from_str(&text).map_err(|error| Fault::broken("printing an RSA key").because(error))
}

impl Signer {
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, Fault> {
        let refused = |error| Fault::broken("a signing key cannot be read").because(format!("{error}"));
        let pair = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
                Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(refused)?)
            }
            SigningAlgorithm::Es256 => {
                Pair::Ec(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(refused)?)
            }
            SigningAlgorithm::EdDsa => Pair::Ed(Ed25519KeyPair::from_pkcs8(pkcs8).map_err(refused)?),
        };
        let (required, thumbprint_text) = pair.public();
        let kid = mac::digest(&thumbprint_text);
        let mut jwk = required;
        jwk["alg"] = json!(algorithm.as_str());
        jwk["use"] = json!("sig");
        jwk["kid"] = json!(kid);
        Ok(Self { algorithm, pair, kid, jwk })
    }

    /// The Ed25519 key of these secret bytes (RFC 8032 §5.1.5): whoever has them has the same key.
    pub fn of_seed(seed: &[u8; 32]) -> Result<Self, Fault> {
        let refused = |_| Fault::broken("making a key of a seed");
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|error| Fault::broken("making a key of a seed").because(format!("{error}")))?;
        let pkcs8 = Zeroizing::new(pair.to_pkcs8().map_err(refused)?.as_ref().to_vec());
        Self::from_pkcs8(SigningAlgorithm::EdDsa, &pkcs8)
    }

    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The JWK thumbprint (RFC 7638): a key's name is the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key (RFC 7517) with `alg`, `use` and `kid`.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// A compact JWS (RFC 7515 §7.1) of `claims` with header `typ`.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, Fault> {
        let payload =
            serde_json::to_vec(claims).map_err(|error| Fault::broken("writing claims").because(error))?;
        let header = format!(r#"{{"alg":"{}","typ":"{typ}","kid":"{}"}}"#, self.algorithm.as_str(), self.kid);
        let mut token = String::with_capacity(payload.len() * 4 / 3 + header.len() * 4 / 3 + 360);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let failed = |_| Fault::broken("signing");
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0u8; pair.public_modulus_len()];
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding =
                    if self.algorithm == SigningAlgorithm::Ps256 {
                        &RSA_PSS_SHA256
                    } else {
                        &RSA_PKCS1_SHA256
                    };
                pair.sign(padding, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
            Pair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

#[cfg(test)]
impl Signer {
    /// A signature over anything, for tests that forge.
    pub(crate) fn signature_of(&self, message: &[u8]) -> Vec<u8> {
        self.signature(message).unwrap()
    }
}

/// A signature may be checked long after it was made, but a set of keys that only grows would be refused one day.
const PUBLISHED_AFTER_USE: Duration = Duration::from_secs(30 * 24 * 3600);

impl Kept for Signer {
    type Algorithm = SigningAlgorithm;
    const ALGORITHMS: &'static [SigningAlgorithm] = SigningAlgorithm::ALL;
    const SUFFIX: &'static str = ".signing.json";

    fn generate(algorithm: SigningAlgorithm) -> Result<Zeroizing<Vec<u8>>, Fault> {
        generate(algorithm)
    }

    fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, Fault> {
        Signer::from_pkcs8(algorithm, pkcs8)
    }

    fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    fn kid(&self) -> &str {
        &self.kid
    }

    fn jwk(&self) -> &Value {
        &self.jwk
    }

    fn is_published(stage: Stage, age: Duration) -> bool {
        stage != Stage::Retired || age < PUBLISHED_AFTER_USE
    }
}

impl Pair {
    /// The public members and the text whose digest is the thumbprint: required members only, in order, no spaces (RFC 7638 §3).
    fn public(&self) -> (Value, String) {
        match self {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let n = URL_SAFE_NO_PAD.encode(key.modulus().big_endian_without_leading_zero());
                let e = URL_SAFE_NO_PAD.encode(key.exponent().big_endian_without_leading_zero());
                let text = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
                (json!({"kty": "RSA", "n": n, "e": e}), text)
            }
            Pair::Ec(pair) => {
                // An uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
                let point = pair.public_key().as_ref();
                let x = URL_SAFE_NO_PAD.encode(&point[1..33]);
                let y = URL_SAFE_NO_PAD.encode(&point[33..65]);
                let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
                (json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}), text)
            }
            Pair::Ed(pair) => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
                (json!({"kty": "OKP", "crv": "Ed25519", "x": x}), text)
            }
        }
    }
}
