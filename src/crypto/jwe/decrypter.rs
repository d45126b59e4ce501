//! Our own private key for decryption: one algorithm each, with its public half as a JWK.

use std::time::Duration;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{OaepAlgorithm, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::agreement::{Curve, Point, Purpose, agree};
use crate::base::Fault;
use crate::crypto::keystore::{Kept, Stage};
use crate::crypto::mac;
use crate::crypto::signer;
use crate::protocol::algorithm::SigningAlgorithm;
use crate::protocol::encryption::KeyManagement;

/// A private key that opens what was encrypted to us.
pub struct Decrypter {
    algorithm: KeyManagement,
    private: Private,
    kid: String,
    jwk: Value,
}

enum Private {
    Rsa(OaepPrivateDecryptingKey),
    Agreement(Curve, PrivateKey),
}

/// A new private key as PKCS #8: RSA of 2048 bits (RFC 7518 §4.3), or on P-256.
pub fn generate(algorithm: KeyManagement) -> Result<Zeroizing<Vec<u8>>, Fault> {
    if algorithm.is_rsa() {
        return signer::generate(SigningAlgorithm::Rs256);
    }
    let failed = |_| Fault::broken("making a decryption key");
    let key = PrivateKey::generate(&ECDH_P256).map_err(failed)?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(failed)?;
    Ok(Zeroizing::new(der.as_ref().to_vec()))
}

impl Decrypter {
    pub fn from_pkcs8(algorithm: KeyManagement, pkcs8: &[u8]) -> Result<Self, Fault> {
        let refused = |error| Fault::broken("a decryption key cannot be read").because(format!("{error}"));
        if algorithm.is_rsa() {
            let public = signer::rsa_public(pkcs8)?;
            let key = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(refused)?;
            let key = OaepPrivateDecryptingKey::new(key).map_err(|_| Fault::broken("an RSA key for OAEP"))?;
            return Ok(Self::new(algorithm, Private::Rsa(key), public));
        }
        let key = PrivateKey::from_private_key_der(&ECDH_P256, pkcs8).map_err(refused)?;
        Self::agreeing(algorithm, Curve::P256, key)
    }

    fn agreeing(algorithm: KeyManagement, curve: Curve, key: PrivateKey) -> Result<Self, Fault> {
        let public = Point::of(curve, &key)?.jwk();
        Ok(Self::new(algorithm, Private::Agreement(curve, key), public))
    }

    /// `required`: the members of the public JWK that are required, whose text in order names the key (RFC 7638 §3).
    fn new(algorithm: KeyManagement, private: Private, required: Value) -> Self {
        let kid = mac::digest(&required.to_string());
        let mut jwk = required;
        jwk["alg"] = json!(algorithm);
        jwk["use"] = json!("enc");
        jwk["kid"] = json!(kid);
        Self { algorithm, private, kid, jwk }
    }

    pub fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key (RFC 7517) with `alg`, `use` and `kid`.
    pub fn jwk(&self) -> &Value {
        &self.jwk
    }

    pub(super) fn decrypt_key(
        &self,
        padding: &'static OaepAlgorithm,
        encrypted: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let Private::Rsa(key) = &self.private else { return None };
        if encrypted.len() != key.key_size_bytes() {
            return None;
        }
        let mut plain = Zeroizing::new(vec![0; key.min_output_size()]);
        let length = key.decrypt(padding, encrypted, &mut plain, None).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }

    pub(super) fn agree(&self, epk: &Point, purpose: Purpose<'_>) -> Option<Zeroizing<Vec<u8>>> {
        match &self.private {
            Private::Agreement(curve, key) if *curve == epk.curve => agree(key, epk, purpose),
            _ => None,
        }
    }
}

impl Kept for Decrypter {
    type Algorithm = KeyManagement;
    const ALGORITHMS: &'static [KeyManagement] = KeyManagement::ALL;
    const SUFFIX: &'static str = ".decryption.json";

    fn generate(algorithm: KeyManagement) -> Result<Zeroizing<Vec<u8>>, Fault> {
        generate(algorithm)
    }

    fn from_pkcs8(algorithm: KeyManagement, pkcs8: &[u8]) -> Result<Self, Fault> {
        Decrypter::from_pkcs8(algorithm, pkcs8)
    }

    fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    fn kid(&self) -> &str {
        &self.kid
    }

    fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// The world encrypts to what it is shown: to the current key only. The next one waits until every node has it.
    fn is_published(stage: Stage, _age: Duration) -> bool {
        stage == Stage::Current
    }
}

#[cfg(test)]
impl Decrypter {
    /// A private key of somebody else, as the vectors of specifications give it.
    pub(super) fn from_private_jwk(algorithm: KeyManagement, key: &Value) -> Self {
        use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;

        let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        if algorithm.is_rsa() {
            let (n, e) = (number("n"), number("e"));
            let pair = aws_lc_rs::rsa::KeyPair::from_components(&KeyPairComponents {
                public_key: PublicKeyComponents { n, e },
                d: number("d"),
                p: number("p"),
                q: number("q"),
                dP: number("dp"),
                dQ: number("dq"),
                qInv: number("qi"),
            })
            .unwrap();
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
            return Self::from_pkcs8(algorithm, der.as_ref()).unwrap().named(key);
        }
        let curve = Point::from_jwk(key.as_object().unwrap()).unwrap().curve;
        let private = PrivateKey::from_private_key(curve.algorithm(), &number("d")).unwrap();
        Self::agreeing(algorithm, curve, private).unwrap().named(key)
    }

    fn named(mut self, key: &Value) -> Self {
        if let Some(kid) = key["kid"].as_str() {
            self.kid = kid.to_owned();
        }
        self
    }
}
