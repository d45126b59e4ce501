//! Card readers at the windows: the bridge on the clerk's machine signs what it read, so that a typed number never passes for a chip.

use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};

use crate::base::{Fault, Timestamp};
use crate::crypto::jwt::{self, TokenProblem};
use crate::crypto::signer::Signer;
use crate::protocol::algorithm::SigningAlgorithm;

/// The readers whose signatures count.
#[derive(Clone)]
pub enum CardReaders {
    /// The registered readers' public keys.
    Registered(JwkSet),
    /// The sandbox: sample cards, signed by a key that every node of the installation has.
    Simulated(Arc<Signer>),
}

/// What a reader signs: one reading of one card for one visit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reading {
    /// The nonce the page was given: a reading serves one visit only.
    pub nonce: String,
    /// Seconds since 1970.
    pub iat: i64,
    /// The reader's own name.
    pub device: String,
    pub card: Card,
}

/// What stands on the chip.
#[derive(Clone, Serialize, Deserialize)]
pub struct Card {
    pub id_type: String,
    pub id_number: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing_country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// `YYYY-MM-DD`; absent: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("id_type", &self.id_type).finish_non_exhaustive()
    }
}

/// Why a reading does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadingProblem {
    #[error("the reading is not signed by a registered reader")]
    NotARegisteredReader,
    #[error("the reading belongs to another visit or is too old")]
    Stale,
}

/// `typ` of a signed reading.
pub const TYPE: &str = "card-reading+jwt";
const FRESH_SECONDS: i64 = 300;

impl CardReaders {
    /// The readers registered in a JWK Set file; without a file none counts, and every entry is by hand.
    pub fn registered(file: Option<&Path>) -> Result<Self, Fault> {
        let Some(path) = file else { return Ok(Self::Registered(JwkSet { keys: Vec::new() })) };
        let unreadable = || Fault::broken(format!("TONGYAO_READER_KEYS {} is not a JWK Set", path.display()));
        let text = std::fs::read(path).map_err(|error| unreadable().because(error))?;
        Ok(Self::Registered(serde_json::from_slice(&text).map_err(|error| unreadable().because(error))?))
    }

    /// Whether a signed reading counts for the visit that gave out `nonce`.
    pub fn check(&self, now: Timestamp, nonce: &str, signed: &str) -> Result<Reading, ReadingProblem> {
        if jwt::typ(signed).ok().flatten().as_deref() != Some(TYPE) {
            return Err(ReadingProblem::NotARegisteredReader);
        }
        let reading: Reading = match self {
            Self::Registered(keys) => {
                jwt::read_foreign(keys, &[SigningAlgorithm::Es256, SigningAlgorithm::EdDsa], signed)
            }
            Self::Simulated(signer) => {
                let keys = serde_json::from_value(serde_json::json!({ "keys": [signer.jwk()] }))
                    .map_err(|_| TokenProblem::UnknownKey);
                keys.and_then(|keys| jwt::read_foreign(&keys, &[signer.algorithm()], signed))
            }
        }
        .map_err(|_| ReadingProblem::NotARegisteredReader)?;
        let age = now.seconds().saturating_sub(reading.iat);
        let fresh = reading.nonce == nonce && (-60..=FRESH_SECONDS).contains(&age);
        if fresh { Ok(reading) } else { Err(ReadingProblem::Stale) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::signer::generate;

    /// A reader's clock may say anything.
    #[test]
    fn a_reading_is_fresh_or_refused() {
        let algorithm = SigningAlgorithm::Es256;
        let signer = Arc::new(Signer::from_pkcs8(algorithm, &generate(algorithm).unwrap()).unwrap());
        let readers = CardReaders::Simulated(signer.clone());
        let now = Timestamp::from_seconds(1_800_000_000);
        for (iat, fresh) in [
            (now.seconds(), true),
            (now.seconds() - 300, true),
            (now.seconds() - 301, false),
            (now.seconds() + 61, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            let card = json!({"id_type": "resident_id", "id_number": "11010519491231002X", "name": "张三"});
            let reading = json!({"nonce": "n", "iat": iat, "device": "r1", "card": card});
            let signed = signer.sign(TYPE, &reading).unwrap();
            assert_eq!(readers.check(now, "n", &signed).is_ok(), fresh, "{iat}");
            assert!(readers.check(now, "another", &signed).is_err());
        }
    }
}
