//! To whom an answer is encrypted: what the client registered for it, and the key it published.

use super::registration::Client;
use super::trust::Trust;
use crate::base::random::Random;
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::jwe::{self, Algorithms, Content, PublicKey};
use crate::protocol::encryption::{ContentEncryption, KeyManagement};
use crate::protocol::{ClientMetadata, Refusal};

/// What is to be encrypted; each has its own members in the registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    IdToken,
    Userinfo,
    /// JARM.
    AuthorizationResponse,
    /// RFC 9701.
    Introspection,
    /// Encrypted as ID tokens are (Back-Channel Logout §2.4).
    LogoutToken,
}

/// A client's key and how to encrypt to it: found first, so that an answer fails before anything is used up.
#[derive(Clone)]
pub struct Recipient {
    key: PublicKey,
    algorithms: Algorithms,
}

/// Why an answer could not be encrypted.
#[derive(Debug)]
pub enum SealProblem {
    Refused(Refusal),
    Fault(Fault),
}

impl Trust {
    /// The client's key for such answers; `None` when it wants them as they are. May call the client's `jwks_uri`: never
    /// inside a transaction.
    pub async fn recipient(
        &self,
        now: Timestamp,
        client: &Client,
        purpose: Purpose,
    ) -> Result<Option<Recipient>, Refusal> {
        let Some(algorithms) = wanted(&client.metadata, purpose) else { return Ok(None) };
        let found = |keys: &[PublicKey]| PublicKey::choose(keys, algorithms.alg).cloned();
        let key = match client.keys_at() {
            None => found(&client.encryption_keys),
            Some(at) => {
                let unavailable = |_| Refusal::ClientEncryptionKeysUnavailable;
                let keys = self.encryption_keys(now, at).await.map_err(unavailable)?;
                match found(&keys) {
                    Some(key) => Some(key),
                    None => self.newer_encryption_keys(now, at, &keys).await.and_then(|keys| found(&keys)),
                }
            }
        };
        let key = key.ok_or(Refusal::ClientEncryptionKeyMissing)?;
        Ok(Some(Recipient { key, algorithms }))
    }

    /// What was signed for a client, encrypted if it registered that (RFC 7519 §11.2: signed, then encrypted).
    pub async fn seal(
        &self,
        moment: &Moment,
        client: &Client,
        (purpose, signed): (Purpose, String),
    ) -> Result<String, SealProblem> {
        match self.recipient(moment.now, client, purpose).await? {
            Some(recipient) => Ok(recipient.seal(&*moment.random, &signed)?),
            None => Ok(signed),
        }
    }
}

impl Recipient {
    /// A signed token, encrypted.
    pub fn seal(&self, random: &dyn Random, signed: &str) -> Result<String, Fault> {
        jwe::encrypt(random, &self.key, self.algorithms, (Content::Nested, signed.as_bytes()))
    }

    /// Claims as they are, encrypted without a signature.
    pub fn seal_claims(&self, random: &dyn Random, claims: &str) -> Result<String, Fault> {
        jwe::encrypt(random, &self.key, self.algorithms, (Content::Claims, claims.as_bytes()))
    }
}

fn wanted(metadata: &ClientMetadata, purpose: Purpose) -> Option<Algorithms> {
    let (alg, enc): (Option<KeyManagement>, Option<ContentEncryption>) = match purpose {
        Purpose::IdToken | Purpose::LogoutToken => {
            (metadata.id_token_encrypted_response_alg, metadata.id_token_encrypted_response_enc)
        }
        Purpose::Userinfo => {
            (metadata.userinfo_encrypted_response_alg, metadata.userinfo_encrypted_response_enc)
        }
        Purpose::AuthorizationResponse => {
            (metadata.authorization_encrypted_response_alg, metadata.authorization_encrypted_response_enc)
        }
        Purpose::Introspection => {
            (metadata.introspection_encrypted_response_alg, metadata.introspection_encrypted_response_enc)
        }
    };
    alg.map(|alg| Algorithms { alg, enc: enc.unwrap_or_default() })
}

impl From<Refusal> for SealProblem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for SealProblem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
