//! What a client has signed: read with the keys it registered, by value or behind its `jwks_uri`.

use jsonwebtoken::jwk::JwkSet;
use serde::de::DeserializeOwned;

use super::registration::Client;
use super::trust::{KeysAt, Trust};
use crate::base::Timestamp;
use crate::crypto::jwt::{TokenProblem, read_foreign};
use crate::protocol::SigningAlgorithm;

/// Why what a client signed is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignedProblem {
    #[error("the keys behind jwks_uri could not be fetched")]
    KeysUnavailable,
    #[error(transparent)]
    Token(#[from] TokenProblem),
}

/// Where somebody's keys are.
#[derive(Debug, Clone, Copy)]
pub struct SigningKeys<'a> {
    pub by_value: Option<&'a JwkSet>,
    /// Counts before those by value.
    pub uri: Option<KeysAt<'a>>,
}

impl Trust {
    /// The claims of a token that one of the client's keys has signed.
    pub async fn read<T: DeserializeOwned>(
        &self,
        now: Timestamp,
        client: &Client,
        algorithms: &[SigningAlgorithm],
        token: &str,
    ) -> Result<T, SignedProblem> {
        let keys = SigningKeys { by_value: client.keys.as_ref(), uri: client.keys_at() };
        self.read_with(now, keys, algorithms, token).await
    }

    /// The claims of a token that one of these keys has signed.
    pub async fn read_with<T: DeserializeOwned>(
        &self,
        now: Timestamp,
        keys: SigningKeys<'_>,
        algorithms: &[SigningAlgorithm],
        token: &str,
    ) -> Result<T, SignedProblem> {
        let Some(uri) = keys.uri else {
            let keys = keys.by_value.ok_or(TokenProblem::UnknownKey)?;
            return Ok(read_foreign(keys, algorithms, token)?);
        };
        let keys = self.keys(now, uri).await.map_err(|_| SignedProblem::KeysUnavailable)?;
        match read_foreign(&keys, algorithms, token) {
            // Whoever signs may have begun to sign with a key it has published since.
            Err(problem @ (TokenProblem::UnknownKey | TokenProblem::BadSignature)) => {
                match self.newer_keys(now, uri, &keys).await {
                    Some(newer) => Ok(read_foreign(&newer, algorithms, token)?),
                    None => Err(problem.into()),
                }
            }
            answer => Ok(answer?),
        }
    }
}
