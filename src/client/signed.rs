//! What a client signs beside its assertion: read with its registered keys, by value or behind its `jwks_uri`.

use serde::de::DeserializeOwned;

use super::registration::Client;
use super::trust::Trust;
use crate::base::Timestamp;
use crate::crypto::jwt::{TokenProblem, read_foreign};
use crate::protocol::SigningAlgorithm;

/// The claims, once a registered key has signed them with one of `algorithms`. Times are the caller's business.
pub async fn read<T: DeserializeOwned>(
    (trust, now): (&Trust, Timestamp),
    client: &Client,
    algorithms: &[SigningAlgorithm],
    token: &str,
) -> Result<T, TokenProblem> {
    let Some(uri) = &client.metadata.jwks_uri else {
        let keys = client.keys.as_ref().ok_or(TokenProblem::UnknownKey)?;
        return read_foreign(keys, algorithms, token);
    };
    let keys = trust.keys(now, uri).await.map_err(|_| TokenProblem::UnknownKey)?;
    match read_foreign(&keys, algorithms, token) {
        // The client may have begun to sign with a key it has published since.
        Err(problem @ (TokenProblem::UnknownKey | TokenProblem::BadSignature)) => {
            match trust.newer_keys(now, uri, &keys).await {
                Some(newer) => read_foreign(&newer, algorithms, token),
                None => Err(problem),
            }
        }
        answer => answer,
    }
}
