//! Key pairs on their way through life: published before they are used, kept after they were.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::folder::{Alone, KeysFolder, KeysProblem, Staged};
use super::signer::Signer;
use crate::base::{Fault, Timestamp};
use crate::protocol::algorithm::SigningAlgorithm;

/// Where a key stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Used.
    Current,
    /// Waits, so that everyone has it before it is used.
    Next,
    /// Kept, so that what it was used for can still be checked or opened.
    Retired,
}

/// A key pair that is kept in the folder: for one algorithm, named by its thumbprint.
pub trait Kept: Send + Sync + Sized {
    type Algorithm: Copy + Eq + Display + FromStr + Send + Sync + 'static;
    /// Every algorithm there is to be a key for, the most important first.
    const ALGORITHMS: &'static [Self::Algorithm];
    /// The end of its files' names.
    const SUFFIX: &'static str;

    /// A new private key as PKCS #8.
    fn generate(algorithm: Self::Algorithm) -> Result<Zeroizing<Vec<u8>>, Fault>;
    fn from_pkcs8(algorithm: Self::Algorithm, pkcs8: &[u8]) -> Result<Self, Fault>;
    fn algorithm(&self) -> Self::Algorithm;
    fn kid(&self) -> &str;
    /// The public key.
    fn jwk(&self) -> &Value;
    /// Whether the world is shown a key that is in this stage for so long.
    fn is_published(stage: Stage, age: Duration) -> bool;
}

/// A key and its stage.
pub struct StagedKey<K> {
    pub stage: Stage,
    pub since: Timestamp,
    pub key: Arc<K>,
}

/// Keys of a kind. Reading is cheap; `reload` takes over what another process rotated.
pub struct KeyStore<K> {
    folder: KeysFolder,
    set: RwLock<Arc<KeySet<K>>>,
}

/// One consistent view of all keys of a kind.
pub struct KeySet<K = Signer> {
    keys: Vec<StagedKey<K>>,
    published: Vec<Value>,
}

/// On what occasion a key is rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Its time has come: the current key is as old as this.
    Schedule { after: Duration },
    /// The operator wants it.
    Wish,
    /// The current key can be trusted no longer: at once, though systems that cached our keys will fail for a while.
    Emergency,
}

/// What became of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// This key is used from now on.
    Done { kid: String },
    /// The current key is younger than the schedule wants: another node was first.
    NotDue,
    /// The next key may not be known to everyone before then.
    NotBefore(Timestamp),
}

/// What becomes of the wish for a rotation.
pub enum Prepared {
    Ready(Rotation),
    /// It is not the time for it.
    Hindered(Rotated),
}

/// A rotation that is written out and only waits to be put in its place; until it is carried out or dropped, nobody else
/// rotates. Dropped, it leaves the keys as they were.
pub struct Rotation {
    kid: String,
    steps: Vec<Staged>,
    _alone: Alone,
}

/// A private key made beforehand, so that the folder is locked for moments only.
pub struct Fresh<K> {
    key: K,
    pkcs8: Zeroizing<Vec<u8>>,
}

/// Systems may keep our keys for ten minutes and nodes follow within one; the rest is for clocks that differ.
pub const PUBLISHED_BEFORE_USE: Duration = Duration::from_secs(15 * 60);

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    alg: String,
    #[zeroize(skip)]
    stage: Stage,
    #[zeroize(skip)]
    since: Timestamp,
    pkcs8: String,
}

impl<K: Kept> KeyStore<K> {
    /// Opens the keys that are there.
    pub fn open(folder: KeysFolder, now: Timestamp) -> Result<Self, KeyStoreProblem> {
        let set = load(&folder, now)?;
        Ok(Self { folder, set: RwLock::new(Arc::new(set)) })
    }

    /// Makes what is missing: for every algorithm one that is used and the next one.
    pub fn complete(&self, now: Timestamp) -> Result<(), KeyStoreProblem> {
        if self.view().missing().is_empty() {
            return Ok(());
        }
        // Nodes that start together on an empty folder must end with the same keys.
        let _alone = self.folder.lock()?;
        for (algorithm, stage) in load::<K>(&self.folder, now)?.missing() {
            written(&self.folder, &Fresh::<K>::make(algorithm)?, stage, now)?.put_in_place()?;
        }
        self.reload(now)
    }

    pub fn view(&self) -> Arc<KeySet<K>> {
        self.set.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what stands in the folder now.
    pub fn reload(&self, now: Timestamp) -> Result<(), KeyStoreProblem> {
        let set = Arc::new(load(&self.folder, now)?);
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = set;
        Ok(())
    }

    /// The next key is to be used from now on, the current one to retire, and `fresh` to become the next one. What the
    /// occasion asks for is looked at with the folder locked: of two nodes that rotate at once, one does. A folder that
    /// cannot be written shows here.
    pub fn prepare(
        &self,
        fresh: &Fresh<K>,
        occasion: Occasion,
        now: Timestamp,
    ) -> Result<Prepared, KeyStoreProblem> {
        let _alone = self.folder.lock()?;
        let algorithm = fresh.key.algorithm();
        let set = load::<K>(&self.folder, now)?;
        if let Some(hindrance) = set.hindrance(algorithm, occasion, now) {
            return Ok(Prepared::Hindered(hindrance));
        }
        let kid = set.find(algorithm, Stage::Next).map(|key| key.key.kid().to_owned()).unwrap_or_default();
        let mut steps = Vec::new();
        // The next key begins first: a crash in between leaves two that may be used, never none.
        if !kid.is_empty() {
            steps.push(moved::<K>(&self.folder, &kid, Stage::Current, now)?);
        }
        for key in set.keys.iter().filter(|key| key.is(algorithm, Stage::Current)) {
            steps.push(moved::<K>(&self.folder, key.key.kid(), Stage::Retired, now)?);
        }
        steps.push(written(&self.folder, fresh, Stage::Next, now)?);
        Ok(Prepared::Ready(Rotation { kid, steps, _alone }))
    }
}

impl Rotation {
    /// The key that is used afterwards.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Everybody takes it over at the next `reload`.
    pub fn carry_out(self) -> Result<(), KeyStoreProblem> {
        Ok(self.steps.into_iter().try_for_each(Staged::put_in_place)?)
    }
}

impl KeyStore<Signer> {
    /// The key that signs with `algorithm`.
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Result<Arc<Signer>, Fault> {
        self.view()
            .find(algorithm, Stage::Current)
            .map(|key| key.key.clone())
            .ok_or_else(|| Fault::broken(format!("no current {} key", algorithm.as_str())))
    }
}

impl<K: Kept> KeySet<K> {
    /// The public keys the world is shown, the most important first.
    pub fn published(&self) -> &[Value] {
        &self.published
    }

    pub fn keys(&self) -> &[StagedKey<K>] {
        &self.keys
    }

    pub fn by_kid(&self, kid: &str) -> Option<&StagedKey<K>> {
        self.keys.iter().find(|key| key.key.kid() == kid)
    }

    /// The algorithms whose current key is as old as `after`, and whose next key may be used.
    pub fn due(&self, after: Duration, now: Timestamp) -> Vec<K::Algorithm> {
        let occasion = Occasion::Schedule { after };
        let due = |algorithm: &&K::Algorithm| self.hindrance(**algorithm, occasion, now).is_none();
        K::ALGORITHMS.iter().filter(due).copied().collect()
    }

    /// The algorithms with more than one key in use or waiting: two folders were mixed, or a rotation ended half-way.
    pub fn crowded(&self) -> Vec<K::Algorithm> {
        let count = |algorithm, stage| self.keys.iter().filter(|key| key.is(algorithm, stage)).count();
        let crowded = |&algorithm: &K::Algorithm| {
            [Stage::Current, Stage::Next].into_iter().any(|stage| count(algorithm, stage) > 1)
        };
        K::ALGORITHMS.iter().copied().filter(crowded).collect()
    }

    fn hindrance(&self, algorithm: K::Algorithm, occasion: Occasion, now: Timestamp) -> Option<Rotated> {
        let since = |stage| self.find(algorithm, stage).map(|key| key.since);
        if let (Occasion::Schedule { after }, Some(current)) = (occasion, since(Stage::Current))
            && now.since(current) < after
        {
            return Some(Rotated::NotDue);
        }
        let known = since(Stage::Next).unwrap_or(now) + PUBLISHED_BEFORE_USE;
        (occasion != Occasion::Emergency && now < known).then_some(Rotated::NotBefore(known))
    }

    /// What there must be and is not.
    fn missing(&self) -> Vec<(K::Algorithm, Stage)> {
        let wanted = |&algorithm| [(algorithm, Stage::Current), (algorithm, Stage::Next)];
        let all = K::ALGORITHMS.iter().flat_map(wanted);
        all.filter(|(algorithm, stage)| self.find(*algorithm, *stage).is_none()).collect()
    }

    /// The newest key of an algorithm in a stage.
    fn find(&self, algorithm: K::Algorithm, stage: Stage) -> Option<&StagedKey<K>> {
        self.keys.iter().filter(|key| key.is(algorithm, stage)).max_by_key(|key| key.since)
    }
}

impl<K: Kept> StagedKey<K> {
    fn is(&self, algorithm: K::Algorithm, stage: Stage) -> bool {
        self.stage == stage && self.key.algorithm() == algorithm
    }
}

impl<K: Kept> Fresh<K> {
    pub fn make(algorithm: K::Algorithm) -> Result<Self, Fault> {
        let pkcs8 = K::generate(algorithm)?;
        Ok(Self { key: K::from_pkcs8(algorithm, &pkcs8)?, pkcs8 })
    }
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreProblem {
    #[error(transparent)]
    Folder(#[from] KeysProblem),
    #[error("the key file {name} is damaged: {what}")]
    Damaged { name: String, what: String },
    #[error("a key could not be made: {0:?}")]
    NotMade(#[from] Fault),
}

fn load<K: Kept>(folder: &KeysFolder, now: Timestamp) -> Result<KeySet<K>, KeyStoreProblem> {
    let mut keys: Vec<StagedKey<K>> = Vec::new();
    for name in folder.list(K::SUFFIX)? {
        keys.push(read(folder, &name)?);
    }
    let rank = |algorithm: K::Algorithm| K::ALGORITHMS.iter().position(|known| *known == algorithm);
    // A client that takes the first key of its kind takes the right one, as far as that can be.
    keys.sort_by_key(|key| (key.stage, rank(key.key.algorithm()), std::cmp::Reverse(key.since)));
    let published = keys.iter().filter(|key| K::is_published(key.stage, now.since(key.since)));
    let published = published.map(|key| key.key.jwk().clone()).collect();
    Ok(KeySet { keys, published })
}

fn read<K: Kept>(folder: &KeysFolder, name: &str) -> Result<StagedKey<K>, KeyStoreProblem> {
    let damaged = |what: &str| KeyStoreProblem::Damaged { name: name.to_owned(), what: what.to_owned() };
    let file: KeyFile = serde_json::from_slice(&folder.read(name)?).map_err(|_| damaged("not a key file"))?;
    let algorithm = file.alg.parse().map_err(|_| damaged("its algorithm is not known"))?;
    let pkcs8 = Zeroizing::new(STANDARD.decode(file.pkcs8.as_bytes()).map_err(|_| damaged("not base64"))?);
    let key = K::from_pkcs8(algorithm, &pkcs8).map_err(|_| damaged("not a private key"))?;
    Ok(StagedKey { stage: file.stage, since: file.since, key: Arc::new(key) })
}

fn written<K: Kept>(
    folder: &KeysFolder,
    fresh: &Fresh<K>,
    stage: Stage,
    now: Timestamp,
) -> Result<Staged, KeyStoreProblem> {
    let alg = fresh.key.algorithm().to_string();
    let file = KeyFile { alg, stage, since: now, pkcs8: STANDARD.encode(&*fresh.pkcs8) };
    write(folder, &file_name::<K>(fresh.key.kid()), &file)
}

fn moved<K: Kept>(
    folder: &KeysFolder,
    kid: &str,
    stage: Stage,
    now: Timestamp,
) -> Result<Staged, KeyStoreProblem> {
    let name = file_name::<K>(kid);
    let damaged = |_| KeyStoreProblem::Damaged { name: name.clone(), what: "not a key file".to_owned() };
    let mut file: KeyFile = serde_json::from_slice(&folder.read(&name)?).map_err(damaged)?;
    file.stage = stage;
    file.since = now;
    write(folder, &name, &file)
}

fn write(folder: &KeysFolder, name: &str, file: &KeyFile) -> Result<Staged, KeyStoreProblem> {
    let text =
        serde_json::to_vec(file).map_err(|error| Fault::broken("writing a key file").because(error))?;
    Ok(folder.stage(name, &Zeroizing::new(text))?)
}

fn file_name<K: Kept>(kid: &str) -> String {
    format!("{kid}{}", K::SUFFIX)
}

#[cfg(test)]
mod tests;
