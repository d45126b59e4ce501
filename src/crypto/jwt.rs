//! Reading signed tokens: the algorithm and the key are chosen by us, never by the token.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::de::DeserializeOwned;

use super::keystore::KeySet;
use crate::protocol::algorithm::SigningAlgorithm;

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

/// Reads a token that we signed ourselves. Times are the caller's business: an expired ID token is still a good hint.
pub fn read_own<T: DeserializeOwned>(keys: &KeySet, typ: &str, token: &str) -> Result<T, TokenProblem> {
    let head = head(token)?;
    if head.typ.as_deref() != Some(typ) {
        return Err(TokenProblem::WrongType);
    }
    let key = head.kid.as_deref().and_then(|kid| keys.by_kid(kid)).ok_or(TokenProblem::UnknownKey)?;
    let jwk: Jwk = serde_json::from_value(key.signer.jwk().clone()).map_err(|_| TokenProblem::UnknownKey)?;
    check(token, &jwk, key.signer.algorithm())
}

/// Reads a token signed by one of another party's keys with the algorithm that party registered.
pub fn read_foreign<T: DeserializeOwned>(
    keys: &JwkSet,
    algorithms: &[SigningAlgorithm],
    token: &str,
) -> Result<T, TokenProblem> {
    let head = head(token)?;
    let algorithm = algorithms
        .iter()
        .copied()
        .find(|allowed| library_name(*allowed) == head.alg)
        .ok_or(TokenProblem::WrongAlgorithm)?;
    let mut last = TokenProblem::UnknownKey;
    for key in keys.keys.iter().filter(|key| fits(key, head.kid.as_deref(), algorithm)) {
        match check(token, key, algorithm) {
            Ok(claims) => return Ok(claims),
            Err(problem) => last = problem,
        }
    }
    Err(last)
}

/// The `typ` of a token, before anything about it is believed (RFC 8725 §3.11: a token of one kind never passes for another).
pub fn typ(token: &str) -> Result<Option<String>, TokenProblem> {
    Ok(head(token)?.typ)
}

struct Head {
    alg: Algorithm,
    typ: Option<String>,
    kid: Option<String>,
}

fn head(token: &str) -> Result<Head, TokenProblem> {
    if token.len() > LARGEST {
        return Err(TokenProblem::Malformed);
    }
    let header = decode_header(token).map_err(|_| TokenProblem::Malformed)?;
    // RFC 7515 §4.1.11: what is critical and not understood is refused; we understand no extension. An empty list
    // must not be sent at all.
    if header.crit.is_some() {
        return Err(TokenProblem::Malformed);
    }
    Ok(Head { alg: header.alg, typ: header.typ, kid: header.kid })
}

fn check<T: DeserializeOwned>(
    token: &str,
    key: &Jwk,
    algorithm: SigningAlgorithm,
) -> Result<T, TokenProblem> {
    let decoding = DecodingKey::from_jwk(key).map_err(|_| TokenProblem::UnknownKey)?;
    let mut validation = Validation::new(library_name(algorithm));
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    decode(token, &decoding, &validation).map(|data| data.claims).map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenProblem::BadSignature,
        jsonwebtoken::errors::ErrorKind::InvalidAlgorithm => TokenProblem::WrongAlgorithm,
        jsonwebtoken::errors::ErrorKind::Json(_) => TokenProblem::BadClaims,
        _ => TokenProblem::BadSignature,
    })
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
