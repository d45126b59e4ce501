//! Reading signed tokens: the algorithm and the key are chosen by us, never by the token.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::keystore::KeySet;
use crate::base::Secret;
use crate::protocol::algorithm::SigningAlgorithm;
use crate::protocol::json::{Bounds, parse_object};

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    #[error("not a compact JWS")]
    Malformed,
    #[error("its algorithm is not the one registered")]
    WrongAlgorithm,
    #[error("its type (typ) is another one")]
    WrongType,
    #[error("it is signed by no key we know")]
    UnknownKey,
    #[error("its signature does not match")]
    BadSignature,
    #[error("its claims are not those of such a token")]
    BadClaims,
}

/// A larger token is not parsed.
pub const LARGEST: usize = 16 * 1024;
const HEADER: Bounds = Bounds { bytes: 8 * 1024, depth: 8 };
const PAYLOAD: Bounds = Bounds { bytes: LARGEST, depth: 32 };

/// Reads a token that we signed ourselves. Times are the caller's business: an expired ID token is still a good hint.
pub fn read_own<T: DeserializeOwned>(keys: &KeySet, typ: &str, token: &str) -> Result<T, TokenProblem> {
    let parts = Parts::of(token)?;
    if parts.typ.as_deref() != Some(typ) {
        return Err(TokenProblem::WrongType);
    }
    let key = parts.kid.as_deref().and_then(|kid| keys.by_kid(kid)).ok_or(TokenProblem::UnknownKey)?;
    let algorithm = key.key.algorithm();
    if parts.alg != algorithm.as_str() {
        return Err(TokenProblem::WrongAlgorithm);
    }
    let jwk: Jwk = serde_json::from_value(key.key.jwk().clone()).map_err(|_| TokenProblem::UnknownKey)?;
    parts.verify(&jwk, algorithm)?;
    parts.claims()
}

/// Reads a token signed by one of another party's keys with the algorithm that party registered.
pub fn read_foreign<T: DeserializeOwned>(
    keys: &JwkSet,
    algorithms: &[SigningAlgorithm],
    token: &str,
) -> Result<T, TokenProblem> {
    let parts = Parts::of(token)?;
    let algorithm = algorithms.iter().copied().find(|allowed| allowed.as_str() == parts.alg);
    let algorithm = algorithm.ok_or(TokenProblem::WrongAlgorithm)?;
    let mut last = TokenProblem::UnknownKey;
    for key in keys.keys.iter().filter(|key| fits(key, parts.kid.as_deref(), algorithm)) {
        match parts.verify(key, algorithm) {
            Ok(()) => return parts.claims(),
            Err(problem) => last = problem,
        }
    }
    Err(last)
}

/// Reads a token signed with a secret that we share with its signer: HS256 and nothing else.
pub fn read_shared<T: DeserializeOwned>(secret: &Secret, token: &str) -> Result<T, TokenProblem> {
    let parts = Parts::of(token)?;
    if parts.alg != "HS256" {
        return Err(TokenProblem::WrongAlgorithm);
    }
    let signature = URL_SAFE_NO_PAD.decode(parts.signature).map_err(|_| TokenProblem::Malformed)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    // In constant time.
    hmac::verify(&key, parts.signed.as_bytes(), &signature).map_err(|_| TokenProblem::BadSignature)?;
    parts.claims()
}

/// The `typ` of a token, before anything about it is believed (RFC 8725 §3.11: a token of one kind never passes for another).
pub fn typ(token: &str) -> Result<Option<String>, TokenProblem> {
    Ok(Parts::of(token)?.typ)
}

/// A token taken apart. Keys and addresses of keys in its header (`jwk`, `jku`, `x5c`, `x5u`) are passed over.
struct Parts<'t> {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Parts<'t> {
    fn of(token: &'t str) -> Result<Self, TokenProblem> {
        if token.len() > LARGEST {
            return Err(TokenProblem::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenProblem::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenProblem::Malformed)?;
        if payload.contains('.') {
            return Err(TokenProblem::Malformed);
        }
        let mut members = parse_object(&decode(header)?, HEADER).map_err(|_| TokenProblem::Malformed)?;
        // RFC 7515 §4.1.11: what is critical and not understood is refused; we understand no extension. An empty list
        // must not be sent at all.
        if members.contains_key("crit") {
            return Err(TokenProblem::Malformed);
        }
        let mut text = |name: &str| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(TokenProblem::Malformed),
        };
        let (alg, typ, kid) = (text("alg")?.ok_or(TokenProblem::Malformed)?, text("typ")?, text("kid")?);
        Ok(Self { alg, typ, kid, signed, payload, signature })
    }

    fn verify(&self, key: &Jwk, algorithm: SigningAlgorithm) -> Result<(), TokenProblem> {
        let decoding = DecodingKey::from_jwk(key).map_err(|_| TokenProblem::UnknownKey)?;
        match crypto::verify(self.signature, self.signed.as_bytes(), &decoding, library_name(algorithm)) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(TokenProblem::BadSignature),
        }
    }

    /// Only what is signed is parsed, and no member of it may stand twice (RFC 7519 §4).
    fn claims<T: DeserializeOwned>(&self) -> Result<T, TokenProblem> {
        let members = parse_object(&decode(self.payload)?, PAYLOAD).map_err(|_| TokenProblem::BadClaims)?;
        serde_json::from_value(Value::Object(members)).map_err(|_| TokenProblem::BadClaims)
    }
}

fn decode(part: &str) -> Result<String, TokenProblem> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenProblem::Malformed)?;
    String::from_utf8(bytes).map_err(|_| TokenProblem::Malformed)
}

/// A key serves when it names neither another id, another algorithm, nor another use.
fn fits(key: &Jwk, kid: Option<&str>, algorithm: SigningAlgorithm) -> bool {
    use jsonwebtoken::jwk::PublicKeyUse;
    let id = kid.is_none() || key.common.key_id.is_none() || key.common.key_id.as_deref() == kid;
    let alg = key.common.key_algorithm.is_none_or(|alg| alg.to_string() == algorithm.as_str());
    let used = key.common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    id && alg && used
}

fn library_name(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Ps256 => Algorithm::PS256,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

#[cfg(test)]
mod tests;
