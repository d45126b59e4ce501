//! What ends with a client: everything it got, when an operator switches it off or people become others to it; everything
//! that names it, when it goes.

use crate::base::{Fault, Moment};
use crate::client::Client;
use crate::protocol::ClientMetadata;
use crate::sql;
use crate::storage::{Run, Tx};

/// Every token of the client is dead from the commit on.
pub async fn revoke_all(tx: &mut Tx, moment: &Moment, client_id: &str, reason: &str) -> Result<(), Fault> {
    tx.execute(sql!(
        "INSERT INTO family_revocation (family_id, reason, at)
         SELECT id, CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM token_family WHERE client_id = $1
         ON CONFLICT DO NOTHING",
        client_id,
        reason,
        moment.now,
    ))
    .await?;
    tx.execute(sql!(
        "UPDATE access_token SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        client_id,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// OIDC Core §12.2: a refreshed ID token names its person as the first one did. Where the new registration would name them
/// otherwise, people sign in again.
pub async fn revoke_renamed(
    tx: &mut Tx,
    moment: &Moment,
    client: &Client,
    new: &ClientMetadata,
) -> Result<(), Fault> {
    if !client.renames_people(new) {
        return Ok(());
    }
    revoke_all(tx, moment, &client.client_id, "subjects_changed").await
}

/// Everything of the client is dead, and nobody has let it know anything any more; no session is one of its own.
pub async fn forget_all(tx: &mut Tx, moment: &Moment, client_id: &str) -> Result<(), Fault> {
    revoke_all(tx, moment, client_id, "client_deleted").await?;
    tx.execute(sql!("DELETE FROM consent WHERE client_id = $1", client_id)).await?;
    tx.execute(sql!("DELETE FROM logout_delivery WHERE client_id = $1", client_id)).await?;
    tx.execute(sql!("DELETE FROM participation WHERE client_id = $1", client_id)).await.map(|_| ())
}
