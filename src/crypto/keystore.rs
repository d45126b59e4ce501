//! The signing keys on their way through life: published before they sign, kept after they have signed.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::folder::{KeysFolder, KeysProblem};
use super::signer::{Signer, generate};
use crate::base::{Fault, Timestamp};
use crate::protocol::algorithm::SigningAlgorithm;

/// Where a signing key stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Published, so that everyone has it cached before it signs.
    Next,
    /// Signs.
    Current,
    /// Published, so that what it signed can still be checked.
    Retired,
}

/// A signing key and its stage.
#[derive(Clone)]
pub struct SigningKey {
    pub stage: Stage,
    pub since: Timestamp,
    pub signer: Arc<Signer>,
}

/// The signing keys. Reading is cheap; `reload` takes over what another process rotated.
pub struct KeyStore {
    folder: KeysFolder,
    set: RwLock<Arc<KeySet>>,
}

/// One consistent view of all signing keys.
pub struct KeySet {
    keys: Vec<SigningKey>,
    jwks: String,
}

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

const SUFFIX: &str = ".signing.json";

impl KeyStore {
    /// Opens the keys, making what is missing: for every algorithm one that signs and the next one.
    pub fn open(folder: KeysFolder, now: Timestamp) -> Result<Self, KeyStoreProblem> {
        let mut set = load(&folder)?;
        if !set.missing().is_empty() {
            // Nodes that start together on an empty folder must end with the same keys.
            let _alone = folder.lock()?;
            for (algorithm, stage) in load(&folder)?.missing() {
                make(&folder, algorithm, stage, now)?;
            }
            set = load(&folder)?;
        }
        Ok(Self { folder, set: RwLock::new(Arc::new(set)) })
    }

    pub fn view(&self) -> Arc<KeySet> {
        self.set.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key that signs with `algorithm`.
    pub fn signer(&self, algorithm: SigningAlgorithm) -> Result<Arc<Signer>, Fault> {
        self.view()
            .find(algorithm, Stage::Current)
            .map(|key| key.signer.clone())
            .ok_or_else(|| Fault::broken(format!("no current {} key", algorithm.as_str())))
    }

    /// Takes over what stands in the folder now.
    pub fn reload(&self) -> Result<(), KeyStoreProblem> {
        let set = Arc::new(load(&self.folder)?);
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = set;
        Ok(())
    }

    /// The next key signs from now on, the current one retires, and a new next one is made.
    pub fn rotate(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Result<(), KeyStoreProblem> {
        let _alone = self.folder.lock()?;
        let set = load(&self.folder)?;
        // The next key begins first: a crash in between leaves two that may sign, never none.
        for (from, to) in [(Stage::Next, Stage::Current), (Stage::Current, Stage::Retired)] {
            if let Some(key) = set.find(algorithm, from) {
                move_to(&self.folder, key, to, now)?;
            }
        }
        make(&self.folder, algorithm, Stage::Next, now)?;
        self.reload()
    }
}

impl KeySet {
    /// The public keys as a JWK Set (RFC 7517 §5).
    pub fn jwks(&self) -> &str {
        &self.jwks
    }

    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    pub fn by_kid(&self, kid: &str) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.signer.kid() == kid)
    }

    /// What there must be and is not.
    fn missing(&self) -> Vec<(SigningAlgorithm, Stage)> {
        let wanted = |&algorithm| [(algorithm, Stage::Current), (algorithm, Stage::Next)];
        let all = SigningAlgorithm::ALL.iter().flat_map(wanted);
        all.filter(|(algorithm, stage)| self.find(*algorithm, *stage).is_none()).collect()
    }

    /// The newest key of an algorithm in a stage.
    fn find(&self, algorithm: SigningAlgorithm, stage: Stage) -> Option<&SigningKey> {
        self.keys
            .iter()
            .filter(|key| key.stage == stage && key.signer.algorithm() == algorithm)
            .max_by_key(|key| key.since)
    }
}

/// Why the signing keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreProblem {
    #[error(transparent)]
    Folder(#[from] KeysProblem),
    #[error("the signing key file {name} is damaged: {what}")]
    Damaged { name: String, what: String },
    #[error("a signing key could not be made: {0:?}")]
    NotMade(#[from] Fault),
}

fn load(folder: &KeysFolder) -> Result<KeySet, KeyStoreProblem> {
    let mut keys = Vec::new();
    for name in folder.list(SUFFIX)? {
        keys.push(read(folder, &name)?);
    }
    keys.sort_by_key(|key| (key.signer.algorithm().as_str(), key.since));
    let public: Vec<_> = keys.iter().map(|key| key.signer.jwk()).collect();
    let jwks = json!({ "keys": public }).to_string();
    Ok(KeySet { keys, jwks })
}

fn read(folder: &KeysFolder, name: &str) -> Result<SigningKey, KeyStoreProblem> {
    let damaged = |what: &str| KeyStoreProblem::Damaged { name: name.to_owned(), what: what.to_owned() };
    let file: KeyFile = serde_json::from_slice(&folder.read(name)?).map_err(|_| damaged("not a key file"))?;
    let algorithm = file.alg.parse().map_err(|_| damaged("its algorithm is not known"))?;
    let pkcs8 = Zeroizing::new(STANDARD.decode(file.pkcs8.as_bytes()).map_err(|_| damaged("not base64"))?);
    let signer = Signer::from_pkcs8(algorithm, &pkcs8).map_err(|_| damaged("not a private key"))?;
    Ok(SigningKey { stage: file.stage, since: file.since, signer: Arc::new(signer) })
}

fn make(
    folder: &KeysFolder,
    algorithm: SigningAlgorithm,
    stage: Stage,
    now: Timestamp,
) -> Result<(), KeyStoreProblem> {
    let pkcs8 = generate(algorithm)?;
    let kid = Signer::from_pkcs8(algorithm, &pkcs8)?.kid().to_owned();
    let file =
        KeyFile { alg: algorithm.as_str().to_owned(), stage, since: now, pkcs8: STANDARD.encode(&*pkcs8) };
    write(folder, &file_name(&kid), &file)
}

fn move_to(
    folder: &KeysFolder,
    key: &SigningKey,
    stage: Stage,
    now: Timestamp,
) -> Result<(), KeyStoreProblem> {
    let name = file_name(key.signer.kid());
    let damaged = |_| KeyStoreProblem::Damaged { name: name.clone(), what: "not a key file".to_owned() };
    let mut file: KeyFile = serde_json::from_slice(&folder.read(&name)?).map_err(damaged)?;
    file.stage = stage;
    file.since = now;
    write(folder, &name, &file)
}

fn write(folder: &KeysFolder, name: &str, file: &KeyFile) -> Result<(), KeyStoreProblem> {
    let text =
        serde_json::to_vec(file).map_err(|error| Fault::broken("writing a key file").because(error))?;
    Ok(folder.replace(name, &Zeroizing::new(text))?)
}

fn file_name(kid: &str) -> String {
    format!("{kid}{SUFFIX}")
}
