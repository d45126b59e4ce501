//! Every key of the service, made on the first start under the keys folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

use super::fingerprint::FingerprintKeys;
use super::folder::{KeysFolder, KeysProblem};
use super::jwe::{self, Decrypter, JweProblem, Opened};
use super::keystore::{Fresh, KeyStore, KeyStoreProblem, Occasion, Prepared};
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
    marks: BTreeMap<String, String>,
}

const SEAL: &str = "seal";
const FINGERPRINT: &str = "fingerprint";
const PAIRWISE: &str = "pairwise.key";
const MAC: &str = "mac.key";

impl Keys {
    /// Opens the keys that are there.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, KeyStoreProblem> {
        let folder = KeysFolder::open(path)?;
        folder.demand(symmetric(&folder)?.iter().map(String::as_str))?;
        let (seal, fingerprint) = (numbered(&folder, SEAL)?, numbered(&folder, FINGERPRINT)?);
        let (pairwise, mac) = (folder.symmetric(PAIRWISE)?, folder.symmetric(MAC)?);
        let mut marks = BTreeMap::from([marked(PAIRWISE, &pairwise), marked(MAC, &mac)]);
        marks.extend(seal.iter().map(|(number, key)| marked(&file_name(SEAL, *number), key)));
        marks.extend(fingerprint.iter().map(|(number, key)| marked(&file_name(FINGERPRINT, *number), key)));
        let newest_first = fingerprint.iter().rev().map(|(_, key)| MacKey::new(key)).collect();
        Ok(Self {
            seal: SealKeys::new(seal).map_err(KeyStoreProblem::NotMade)?,
            fingerprint: FingerprintKeys::new(newest_first),
            pairwise: MacKey::new(&pairwise),
            mac: MacKey::new(&mac),
            decryption: KeyStore::open(folder.clone(), now)?,
            signing: KeyStore::open(folder, now)?,
            marks,
        })
    }

    /// Opens the keys, making all that are missing.
    pub fn make(path: &Path, now: Timestamp, random: &dyn Random) -> Result<Self, KeyStoreProblem> {
        Self::make_symmetric(path, random)?;
        let keys = Self::open(path, now)?;
        keys.complete(now)?;
        Ok(keys)
    }

    /// Makes the keys that nothing can replace, where they are missing: only for a database that has no rows yet.
    pub fn make_symmetric(path: &Path, random: &dyn Random) -> Result<(), KeysProblem> {
        let folder = KeysFolder::make(path)?;
        symmetric(&folder)?.iter().try_for_each(|name| folder.make_symmetric(name, random))
    }

    /// Makes the key pairs that are missing: at the first start, for an algorithm that is new, or for one that was lost.
    pub fn complete(&self, now: Timestamp) -> Result<(), KeyStoreProblem> {
        self.decryption.complete(now)?;
        self.signing.complete(now)
    }

    /// A mark of each key that nothing can replace, by its file's name: the database keeps them, so that a key that is
    /// lost or another's is noticed at start. It says nothing of the key.
    pub fn marks(&self) -> &BTreeMap<String, String> {
        &self.marks
    }

    /// What databases kept before there were marks, and still keep for programs of that time: of the first fingerprint
    /// key, `pairwise.key` and `mac.key` together.
    pub fn check_value(&self) -> String {
        let fingerprint = self.fingerprint.all("key-check", "").last().unwrap_or_default();
        let pairwise = self.pairwise.of(Purpose::KeyCheck, &[]);
        let mac = self.mac.of(Purpose::KeyCheck, &[fingerprint.as_bytes(), pairwise.as_bytes()]);
        format!("v1.{mac}")
    }

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

    pub fn prepare(
        &self,
        fresh: &FreshKey,
        occasion: Occasion,
        now: Timestamp,
    ) -> Result<Prepared, KeyStoreProblem> {
        match fresh {
            FreshKey::Signing(fresh) => self.signing.prepare(fresh, occasion, now),
            FreshKey::Decryption(fresh) => self.decryption.prepare(fresh, occasion, now),
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

/// The keys that nothing can replace, by the names of their files: those of the folder, and those it must have.
fn symmetric(folder: &KeysFolder) -> Result<Vec<String>, KeysProblem> {
    let mut names = Vec::new();
    for kind in [SEAL, FINGERPRINT] {
        let there = numbers(folder, kind)?;
        let numbers = if there.is_empty() { vec![1] } else { there };
        names.extend(numbers.into_iter().map(|number| file_name(kind, number)));
    }
    names.extend([PAIRWISE, MAC].map(str::to_owned));
    Ok(names)
}

type Numbered = Vec<(u32, [u8; 32])>;

/// `seal-1.key`, `seal-2.key`, … in order.
fn numbered(folder: &KeysFolder, kind: &str) -> Result<Numbered, KeysProblem> {
    let key = |number| Ok((number, *folder.symmetric(&file_name(kind, number))?));
    numbers(folder, kind)?.into_iter().map(key).collect()
}

fn numbers(folder: &KeysFolder, kind: &str) -> Result<Vec<u32>, KeysProblem> {
    let number =
        |name: &String| name.strip_prefix(kind)?.strip_prefix('-')?.strip_suffix(".key")?.parse().ok();
    let mut numbers: Vec<u32> = folder.list(".key")?.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn file_name(kind: &str, number: u32) -> String {
    format!("{kind}-{number}.key")
}

fn marked(name: &str, key: &[u8; 32]) -> (String, String) {
    (name.to_owned(), MacKey::new(key).of(Purpose::KeyCheck, &[name.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::System;
    use crate::base::scratch::Scratch;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_lost_key_is_not_made_again_by_opening() {
        let scratch = Scratch::open();
        let path = scratch.join("keys");
        Keys::make_symmetric(&path, &System::default()).unwrap();
        for name in ["seal-1.key", "fingerprint-1.key", "pairwise.key", "mac.key"] {
            let (file, away) = (path.join(name), scratch.join(name));
            std::fs::rename(&file, &away).unwrap();
            let problem = Keys::open(&path, NOW).err().unwrap();
            assert!(
                matches!(&problem, KeyStoreProblem::Folder(KeysProblem::Lacks { names, .. }) if names == name),
                "{problem}"
            );
            assert!(!file.exists());
            std::fs::rename(&away, &file).unwrap();
        }
        assert_eq!(Keys::open(&path, NOW).unwrap().marks().len(), 4);
    }

    #[test]
    fn every_key_has_a_mark_that_is_its_own() {
        let scratch = Scratch::open();
        let (one, other) = (scratch.join("one"), scratch.join("other"));
        for path in [&one, &other] {
            Keys::make_symmetric(path, &System::default()).unwrap();
            std::fs::copy(path.join("seal-1.key"), path.join("seal-2.key")).unwrap();
        }
        let (one, other) = (Keys::open(&one, NOW).unwrap(), Keys::open(&other, NOW).unwrap());
        assert!(one.marks().iter().all(|(name, mark)| other.marks()[name] != *mark));
        // The same key under another name has another mark.
        assert_ne!(one.marks()["seal-1.key"], one.marks()["seal-2.key"]);
    }
}
