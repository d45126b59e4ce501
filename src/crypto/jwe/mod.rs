//! JSON Web Encryption in compact form (RFC 7516): to a client's public key, and with our own private keys.

mod agreement;
mod compact;
mod content;
mod decrypter;
mod recipient;
mod wrap;

pub use compact::Compact;
pub use decrypter::Decrypter;
pub use recipient::PublicKey;

use aws_lc_rs::agreement::PrivateKey;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::base::Fault;
use crate::base::random::Random;
use crate::protocol::encryption::{ContentEncryption, KeyManagement};
use agreement::{Point, Purpose, agree};
use content::{Around, iv_length, key_length};
use recipient::Kind;

/// A larger token is not parsed: a signed token of the largest size, encrypted, still fits.
pub const LARGEST: usize = 32 * 1024;

/// Why a JWE is not read. What a stranger could learn from the difference stands in the token's own header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweProblem {
    #[error("not a compact JWE")]
    Malformed,
    #[error("it is encrypted in a way we do not speak")]
    Unsupported,
    #[error("it cannot be decrypted")]
    Undecryptable,
}

/// How content is to be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms {
    pub alg: KeyManagement,
    pub enc: ContentEncryption,
}

/// What a JWE held, and how it was encrypted.
pub struct Opened {
    pub content: Zeroizing<Vec<u8>>,
    pub algorithms: Algorithms,
    /// `JWT` when the content is a token itself (RFC 7519 §5.2).
    pub cty: Option<String>,
}

/// What is encrypted: `cty` says that it is a token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A signed token (RFC 7519 §5.2).
    Nested,
    /// The claims as they are.
    Claims,
}

/// A content key, and what the recipient needs to come to it.
struct Conveyed {
    key: Zeroizing<Vec<u8>>,
    encrypted_key: Vec<u8>,
    epk: Option<Point>,
}

/// A compact JWE of `plain` for the owner of `key`, which must suit `algorithms.alg` (`PublicKey::choose`).
pub fn encrypt(
    random: &dyn Random,
    key: &PublicKey,
    algorithms: Algorithms,
    (content, plain): (Content, &[u8]),
) -> Result<String, Fault> {
    let conveyed = convey(random, key, algorithms)?;
    let protected = URL_SAFE_NO_PAD.encode(header(key, algorithms, content, conveyed.epk.as_ref()));
    let mut iv = vec![0; iv_length(algorithms.enc)];
    random.fill(&mut iv);
    let around = Around { iv: &iv, aad: protected.as_bytes() };
    let (ciphertext, tag) = content::seal(algorithms.enc, &conveyed.key, around, plain)?;
    let mut token = protected;
    for part in [&conveyed.encrypted_key, &iv, &ciphertext, &tag] {
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(part, &mut token);
    }
    Ok(token)
}

/// What `token` holds, if one of `keys` opens it. A `kid` in its header is one of theirs, or nothing is tried.
pub fn decrypt<'k>(
    random: &dyn Random,
    keys: impl IntoIterator<Item = &'k Decrypter>,
    token: &str,
) -> Result<Opened, JweProblem> {
    let compact = Compact::parse(token)?;
    let header = &compact.header;
    if compact.iv.len() != iv_length(header.enc) {
        return Err(JweProblem::Undecryptable);
    }
    let content = keys
        .into_iter()
        .filter(|key| key.algorithm() == header.alg)
        .filter(|key| header.kid.as_deref().is_none_or(|kid| kid == key.kid()))
        .find_map(|key| open(random, key, &compact))
        .ok_or(JweProblem::Undecryptable)?;
    let algorithms = Algorithms { alg: header.alg, enc: header.enc };
    Ok(Opened { content, algorithms, cty: compact.header.cty })
}

fn header(key: &PublicKey, algorithms: Algorithms, content: Content, epk: Option<&Point>) -> String {
    let mut members = Map::new();
    members.insert("alg".to_owned(), json!(algorithms.alg));
    members.insert("enc".to_owned(), json!(algorithms.enc));
    if content == Content::Nested {
        members.insert("cty".to_owned(), json!("JWT"));
    }
    if let Some(kid) = &key.kid {
        members.insert("kid".to_owned(), json!(kid));
    }
    if let Some(epk) = epk {
        members.insert("epk".to_owned(), epk.jwk());
    }
    Value::Object(members).to_string()
}

fn convey(random: &dyn Random, key: &PublicKey, algorithms: Algorithms) -> Result<Conveyed, Fault> {
    let Algorithms { alg, enc } = algorithms;
    let length = key_length(enc);
    match &key.kind {
        Kind::Rsa(public) => {
            let content_key = new_key(random, length);
            let failed = |_| Fault::broken("encrypting a key");
            let padding = oaep(alg).ok_or_else(|| Fault::broken("an RSA key for a key agreement"))?;
            let mut encrypted_key = vec![0; public.ciphertext_size()];
            public.encrypt(padding, &content_key, &mut encrypted_key, None).map_err(failed)?;
            Ok(Conveyed { key: content_key, encrypted_key, epk: None })
        }
        Kind::Agreement(public) => {
            let failed = |_| Fault::broken("making an ephemeral key");
            let ephemeral = PrivateKey::generate(public.curve.algorithm()).map_err(failed)?;
            let unfit = || Fault::broken("the client's encryption key is not a point of its curve");
            let agreed = agree(&ephemeral, public, purpose(algorithms, (&[], &[]))).ok_or_else(unfit)?;
            let epk = Some(Point::of(public.curve, &ephemeral)?);
            if alg == KeyManagement::EcdhEs {
                return Ok(Conveyed { key: agreed, encrypted_key: Vec::new(), epk });
            }
            let content_key = new_key(random, length);
            let encrypted_key = wrap::wrap(&agreed, &content_key)?;
            Ok(Conveyed { key: content_key, encrypted_key, epk })
        }
    }
}

fn open(random: &dyn Random, key: &Decrypter, compact: &Compact<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let enc = compact.header.enc;
    // A key that cannot be had is replaced by a random one, so that both ways fail alike (RFC 7516 §11.5).
    let substitute = new_key(random, key_length(enc));
    let content_key = match content_key(key, compact) {
        Some(found) if found.len() == key_length(enc) => found,
        _ => substitute,
    };
    let around = Around { iv: &compact.iv, aad: compact.protected.as_bytes() };
    content::open(enc, &content_key, around, (&compact.ciphertext, &compact.tag))
}

fn content_key(key: &Decrypter, compact: &Compact<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let header = &compact.header;
    let algorithms = Algorithms { alg: header.alg, enc: header.enc };
    if let Some(padding) = oaep(header.alg) {
        return key.decrypt_key(padding, &compact.encrypted_key);
    }
    let purpose = purpose(algorithms, (&header.apu, &header.apv));
    let agreed = key.agree(header.epk.as_ref()?, purpose)?;
    match header.alg {
        // RFC 7516 §5.2 (10).
        KeyManagement::EcdhEs => compact.encrypted_key.is_empty().then_some(agreed),
        _ => wrap::unwrap(&agreed, &compact.encrypted_key),
    }
}

/// RFC 7518 §4.6.2: what the agreed key is for decides what it is.
fn purpose<'a>(algorithms: Algorithms, (apu, apv): (&'a [u8], &'a [u8])) -> Purpose<'a> {
    let (algorithm, length) = match algorithms.alg {
        KeyManagement::EcdhEsA128Kw => (algorithms.alg.as_str(), 16),
        KeyManagement::EcdhEsA256Kw => (algorithms.alg.as_str(), 32),
        _ => (algorithms.enc.as_str(), key_length(algorithms.enc)),
    };
    Purpose { algorithm, apu, apv, length }
}

fn oaep(alg: KeyManagement) -> Option<&'static OaepAlgorithm> {
    match alg {
        KeyManagement::RsaOaep256 => Some(&OAEP_SHA256_MGF1SHA256),
        KeyManagement::RsaOaep => Some(&OAEP_SHA1_MGF1SHA1),
        KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => None,
    }
}

fn new_key(random: &dyn Random, length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(vec![0; length]);
    random.fill(&mut key);
    key
}

#[cfg(test)]
mod tests;
