//! What a client shows with a DPoP proof: that it holds a key, now, for this one request (RFC 9449 §4.3).

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use super::authenticate::{AuthenticationProblem, Authenticator};
use super::policy::NonceRule;
use crate::base::Timestamp;
use crate::crypto::jwt::{TokenProblem, read_foreign};
use crate::crypto::mac::{self, Purpose};
use crate::protocol::Refusal;
use crate::protocol::dpop::{AHEAD_SECONDS, Expected, OLDEST_SECONDS, Proof};

/// A nonce lives through its slot and the next one.
const SLOT_SECONDS: i64 = 180;
/// Longer than any proof is good for, the client's clock included.
const REMEMBERED: Duration = Duration::from_secs((OLDEST_SECONDS + AHEAD_SECONDS + 30) as u64);

impl Authenticator {
    /// The thumbprint of the key that the proof shows. The proof is used up: nobody gets through with it again.
    pub async fn prove(
        &self,
        proof: &str,
        expected: &Expected<'_>,
        nonce: NonceRule,
    ) -> Result<String, AuthenticationProblem> {
        let proof = signed(proof)?;
        proof.check(expected)?;
        let fits = match &proof.nonce {
            Some(shown) => self.is_ours(expected.now, shown),
            None => nonce == NonceRule::Optional,
        };
        if !fits {
            return Err(Refusal::ProofNonceNeeded.into());
        }
        let key = format!("dpop:{}", mac::digest(&format!("{}\0{}", proof.thumbprint, proof.jti)));
        match self.ephemeral.put_new(&key, "", REMEMBERED).await? {
            true => Ok(proof.thumbprint),
            false => Err(Refusal::ProofReplayed.into()),
        }
    }

    /// The nonce of now (RFC 9449 §8). No node keeps it: every node that has the keys makes the same.
    pub fn dpop_nonce(&self, now: Timestamp) -> String {
        self.nonce_of_slot(slot(now))
    }

    /// The slot before is still good, and the next one too: the clocks of nodes differ.
    fn is_ours(&self, now: Timestamp, shown: &str) -> bool {
        let now = slot(now);
        [now, now - 1, now + 1]
            .into_iter()
            .any(|slot| self.keys.mac.matches(Purpose::DpopNonce, &[&slot.to_be_bytes()], shown))
    }

    fn nonce_of_slot(&self, slot: i64) -> String {
        self.keys.mac.of(Purpose::DpopNonce, &[&slot.to_be_bytes()])
    }
}

fn slot(now: Timestamp) -> i64 {
    now.seconds().div_euclid(SLOT_SECONDS)
}

/// A proof that is signed by the key it carries, with the algorithm it names and we allow (RFC 9449 §4.3 (7)). For
/// which request, and whether it was used before, is not looked at.
pub fn signed(text: &str) -> Result<Proof, Refusal> {
    let proof = Proof::parse(text)?;
    let keys: JwkSet =
        serde_json::from_value(json!({"keys": [proof.key]})).map_err(|_| Refusal::ProofKeyRefused)?;
    match read_foreign::<Value>(&keys, &[proof.algorithm], text) {
        Ok(_) => Ok(proof),
        Err(TokenProblem::Malformed | TokenProblem::BadClaims | TokenProblem::WrongType) => {
            Err(Refusal::ProofMalformed)
        }
        Err(TokenProblem::WrongAlgorithm) => Err(Refusal::ProofAlgorithmRefused),
        Err(TokenProblem::UnknownKey) => Err(Refusal::ProofKeyRefused),
        Err(TokenProblem::BadSignature) => Err(Refusal::ProofSignatureWrong),
    }
}
