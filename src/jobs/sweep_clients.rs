//! The part of the sweep about clients: who waited too long, and how many there are.

use std::time::Duration;

use super::sweep::BATCH;
use crate::app::App;
use crate::base::Fault;
use crate::client::ClientState;
use crate::client::dynamic::{desk, registrar};

/// A client that no operator has said yes to is given up after this long.
const WAITS: Duration = Duration::from_secs(30 * 24 * 3600);

/// Deletes clients that waited too long. Nothing hangs on them: they could never be used.
pub(super) async fn forget_waiting(app: &App) -> Result<(), Fault> {
    let moment = app.moment();
    let waiting = desk::list_waiting(&mut app.db.read(), moment.now - WAITS, BATCH).await?;
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
