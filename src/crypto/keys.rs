//! Every key of the service, made on the first start under the keys folder.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

use super::fingerprint::FingerprintKeys;
use super::folder::{KeysFolder, KeysProblem};
use super::jwe::{self, Decrypter, JweProblem, Opened};
use super::keystore::{Fresh, KeyStore, KeyStoreProblem, Occasion, Rotated};
use super::mac::{MacKey, Purpose};
use super::seal::SealKeys;
use super::signer::Signer;
use crate::base::random::Random;
use crate::base::{Fault, Timestamp};
use crate::protocol::algorithm::SigningAlgorithm;
use crate::protocol::encryption::KeyManagement;

/// A key pair that can be rotated, by its algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyName {
    Signing(SigningAlgorithm),
    Decryption(KeyManagement),
}

/// The word names no algorithm of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be RS256, PS256, ES256, EdDSA, RSA-OAEP-256, RSA-OAEP, ECDH-ES, ECDH-ES+A128KW or ECDH-ES+A256KW"
)]
pub struct NotAKeyName;

/// A key made beforehand, to become the next one.
pub enum FreshKey {
    Signing(Fresh<Signer>),
    Decryption(Fresh<Decrypter>),
}

/// All keys, loaded.
pub struct Keys {
    pub signing: KeyStore<Signer>,
    /// For what is encrypted to us: request objects.
    pub decryption: KeyStore<Decrypter>,
    pub seal: SealKeys,
    pub fingerprint: FingerprintKeys,
    /// Never rotated: every department's `sub` hangs on it.
    pub pairwise: MacKey,
    /// CSRF tokens, client secrets, visit codes, audit seals.
    pub mac: MacKey,
}

impl Keys {
    pub fn open(path: &Path, now: Timestamp, random: &dyn Random) -> Result<Self, KeyStoreProblem> {
        let folder = KeysFolder::open(path)?;
        let seal = numbered(&folder, "seal", random)?;
        let mut fingerprint = numbered(&folder, "fingerprint", random)?;
        fingerprint.reverse();
        Ok(Self {
            seal: SealKeys::new(seal).map_err(KeyStoreProblem::NotMade)?,
            fingerprint: FingerprintKeys::new(fingerprint.iter().map(|(_, key)| MacKey::new(key)).collect()),
            pairwise: MacKey::new(&*folder.symmetric("pairwise.key", random)?),
            mac: MacKey::new(&*folder.symmetric("mac.key", random)?),
            decryption: KeyStore::open(folder.clone(), now)?,
            signing: KeyStore::open(folder, now)?,
        })
    }

    /// What the database keeps of these keys, so that a folder of another database is noticed at start.
    pub fn check_value(&self) -> String {
        let fingerprint = self.fingerprint.all("key-check", "").last().unwrap_or_default();
        let pairwise = self.pairwise.of(Purpose::KeyCheck, &[]);
        let mac = self.mac.of(Purpose::KeyCheck, &[fingerprint.as_bytes(), pairwise.as_bytes()]);
        format!("v1.{mac}")
    }
}

impl Keys {
    /// Every public key of ours as a JWK Set (RFC 7517 §5): those that sign first, since there are clients that take the
    /// first of a kind.
    pub fn jwks(&self) -> String {
        let (signing, decryption) = (self.signing.view(), self.decryption.view());
        let keys: Vec<&Value> = signing.published().iter().chain(decryption.published()).collect();
        json!({ "keys": keys }).to_string()
    }

    /// What somebody encrypted to one of our keys, current, retired or next.
    pub fn decrypt(&self, random: &dyn Random, token: &str) -> Result<Opened, JweProblem> {
        let view = self.decryption.view();
        jwe::decrypt(random, view.keys().iter().map(|key| &*key.key), token)
    }

    /// The token inside what somebody encrypted to us: a request object. Who signed it is for the caller to check; one
    /// problem for everything that a key or a content does not fit (RFC 7516 §11.5).
    pub fn decrypt_token(&self, random: &dyn Random, token: &str) -> Result<String, JweProblem> {
        let opened = self.decrypt(random, token)?;
        String::from_utf8(opened.content.to_vec()).map_err(|_| JweProblem::Undecryptable)
    }

    /// Takes over what another process rotated.
    pub fn reload(&self, now: Timestamp) -> Result<(), KeyStoreProblem> {
        self.signing.reload(now)?;
        self.decryption.reload(now)
    }

    /// The keys whose current one is as old as `after` and whose next one may be used.
    pub fn due(&self, after: Duration, now: Timestamp) -> Vec<KeyName> {
        let signing = self.signing.view().due(after, now).into_iter().map(KeyName::Signing);
        signing.chain(self.decryption.view().due(after, now).into_iter().map(KeyName::Decryption)).collect()
    }

    pub fn rotate(
        &self,
        fresh: &FreshKey,
        occasion: Occasion,
        now: Timestamp,
    ) -> Result<Rotated, KeyStoreProblem> {
        match fresh {
            FreshKey::Signing(fresh) => self.signing.rotate(fresh, occasion, now),
            FreshKey::Decryption(fresh) => self.decryption.rotate(fresh, occasion, now),
        }
    }
}

impl FreshKey {
    /// RSA keys take their time: never inside a transaction or with the folder locked.
    pub fn make(name: KeyName) -> Result<Self, Fault> {
        Ok(match name {
            KeyName::Signing(algorithm) => Self::Signing(Fresh::make(algorithm)?),
            KeyName::Decryption(algorithm) => Self::Decryption(Fresh::make(algorithm)?),
        })
    }
}

impl KeyName {
    pub const fn as_str(self) -> &'static str {
        match self {
            KeyName::Signing(algorithm) => algorithm.as_str(),
            KeyName::Decryption(algorithm) => algorithm.as_str(),
        }
    }
}

impl FromStr for KeyName {
    type Err = NotAKeyName;

    fn from_str(word: &str) -> Result<Self, NotAKeyName> {
        let signing = word.parse().map(KeyName::Signing);
        signing.or_else(|_| word.parse().map(KeyName::Decryption)).map_err(|_| NotAKeyName)
    }
}

type Numbered = Vec<(u32, [u8; 32])>;

/// `seal-1.key`, `seal-2.key`, … in order; the first is made when there is none.
fn numbered(folder: &KeysFolder, kind: &str, random: &dyn Random) -> Result<Numbered, KeysProblem> {
    let mut numbers: Vec<u32> = folder
        .list(".key")?
        .iter()
        .filter_map(|name| name.strip_prefix(kind)?.strip_prefix('-')?.strip_suffix(".key")?.parse().ok())
        .collect();
    if numbers.is_empty() {
        numbers.push(1);
    }
    numbers.sort_unstable();
    numbers
        .into_iter()
        .map(|number| Ok((number, *folder.symmetric(&format!("{kind}-{number}.key"), random)?)))
        .collect()
}
