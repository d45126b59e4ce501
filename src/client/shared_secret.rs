//! Secrets that must be read again, because the client signs with them (`client_secret_jwt`): sealed, and nothing else kept of them.

use crate::base::{Fault, Moment, Secret};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::protocol::ClientMetadata;
use crate::protocol::client_auth::ClientAuthMethod;
use crate::sql;
use crate::storage::{Run, Tx};

/// RFC 7518 §3.2: a key for HS256 has at least 256 bits; fewer characters cannot hold as many.
pub const SHORTEST: usize = 32;

/// Whether a client of this metadata signs with a secret.
pub fn is_needed(metadata: &ClientMetadata) -> bool {
    metadata.token_endpoint_auth_method == ClientAuthMethod::ClientSecretJwt
}

/// Keeps the secret, over an older one.
pub async fn keep(
    tx: &mut Tx,
    (moment, keys): (&Moment, &Keys),
    client_id: &str,
    secret: &Secret,
) -> Result<(), Fault> {
    let sealed = keys.seal.seal(&*moment.random, place(client_id), secret.expose())?;
    tx.execute(sql!(
        "INSERT INTO client_shared_secret (client_id, sealed) VALUES ($1, $2)
         ON CONFLICT (client_id) DO UPDATE SET sealed = excluded.sealed",
        client_id,
        sealed.as_slice(),
    ))
    .await
    .map(|_| ())
}

/// Forgets the secret of a client that shows who it is in another way.
pub async fn forget(tx: &mut Tx, client_id: &str) -> Result<(), Fault> {
    tx.execute(sql!("DELETE FROM client_shared_secret WHERE client_id = $1", client_id)).await.map(|_| ())
}

pub async fn find(run: &mut impl Run, keys: &Keys, client_id: &str) -> Result<Option<Secret>, Fault> {
    let row: Option<(Vec<u8>,)> =
        run.optional(sql!("SELECT sealed FROM client_shared_secret WHERE client_id = $1", client_id)).await?;
    row.map(|(sealed,)| keys.seal.open(place(client_id), &sealed).map(Secret::new)).transpose()
}

fn place(client_id: &str) -> Place<'_> {
    Place { table: "client_shared_secret", column: "sealed", row: client_id }
}
