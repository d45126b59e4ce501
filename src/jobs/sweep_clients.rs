//! The part of the sweep about clients: who waited too long, whom nobody refers to any more, and how many there are.

use std::time::Duration;

use super::sweep::BATCH;
use crate::app::App;
use crate::base::{Fault, Timestamp};
use crate::client::ClientState;
use crate::client::dynamic::{desk, registrar};
use crate::sql;
use crate::storage::{Run, Statement};

/// A client that no operator has said yes to is given up after this long.
const WAITS: Duration = Duration::from_secs(30 * 24 * 3600);

/// Deletes clients that waited too long. Nothing hangs on them: they could never be used.
pub(super) async fn forget_waiting(app: &App) -> Result<(), Fault> {
    let moment = app.moment();
    let waiting: Vec<(String,)> = app
        .db
        .read()
        .all(sql!(
            "SELECT client_id FROM client WHERE state = 'pending' AND updated_at < $1 ORDER BY updated_at LIMIT $2",
            moment.now - WAITS,
            BATCH,
        ))
        .await?;
    for (client_id,) in waiting {
        let mut tx = app.db.begin().await?;
        let waiting = (client_id.as_str(), Some(ClientState::Pending));
        registrar::delete(&mut tx, &moment, waiting, "waited_too_long").await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Tells the metrics how many clients there are.
pub(super) async fn gauge(app: &App) -> Result<(), Fault> {
    let counts = desk::counts(&mut app.db.read()).await?;
    for state in ClientState::ALL {
        let count = counts.iter().find(|(word, _)| word == state.as_str()).map_or(0, |(_, count)| *count);
        metrics::gauge!("tongyao_clients", "state" => state.as_str()).set(count as f64);
    }
    Ok(())
}

pub(super) fn invitations(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM invitation WHERE id IN (
             SELECT id FROM invitation WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        BATCH,
    )
}

/// A deleted client's row goes when nothing names it any more. Every table that refers to `client` stands here; a test
/// reads the schema.
pub(super) fn deleted(before: Timestamp) -> Statement {
    sql!(
        "DELETE FROM client WHERE client_id IN (
             SELECT client_id FROM client WHERE state = 'deleted' AND updated_at < $1
               AND NOT EXISTS (SELECT 1 FROM registration WHERE registration.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM client_shared_secret WHERE client_shared_secret.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM participation WHERE participation.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM logout_delivery WHERE logout_delivery.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM consent WHERE consent.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.client_id = client.client_id)
               AND NOT EXISTS (SELECT 1 FROM access_token WHERE access_token.client_id = client.client_id)
             ORDER BY updated_at LIMIT $2)",
        before,
        BATCH,
    )
}

#[cfg(test)]
mod tests {
    /// A table that refers to clients and is not asked here would make every sweep fail.
    #[test]
    fn every_table_that_refers_to_clients_is_asked() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let asked = include_str!("sweep_clients.rs");
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for table in text.split("CREATE TABLE ").skip(1) {
                let table = table.split("\n);").next().unwrap();
                if table.contains("REFERENCES client (client_id)") {
                    let name = table.split_whitespace().next().unwrap();
                    assert!(
                        asked.contains(&format!("FROM {name} WHERE {name}.client_id = client.client_id")),
                        "{name}"
                    );
                }
            }
        }
    }
}
