//! Every key of the service, made on the first start under the keys folder.

use std::path::Path;

use super::fingerprint::FingerprintKeys;
use super::folder::{KeysFolder, KeysProblem};
use super::keystore::{KeyStore, KeyStoreProblem};
use super::mac::{MacKey, Purpose};
use super::seal::SealKeys;
use crate::base::Timestamp;
use crate::base::random::Random;

/// All keys, loaded.
pub struct Keys {
    pub signing: KeyStore,
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
