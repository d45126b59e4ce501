//! The keys that sign and decrypt: takes over what another node rotated, and rotates what is due.

use std::sync::Arc;

use crate::app::App;
use crate::audit::{self, Event};
use crate::base::Fault;
use crate::crypto::keys::{FreshKey, KeyName};
use crate::crypto::keystore::{KeyStoreProblem, Occasion, Rotated};

pub async fn run_once(app: Arc<App>) -> Result<(), Fault> {
    let (keys, now) = (app.keys.clone(), app.clock.now());
    blocking(move || keys.reload(now)).await?;
    let Some(after) = app.settings.keys_rotate_after else { return Ok(()) };
    for name in app.keys.due(after, now) {
        if let Rotated::Done { kid } = rotate(&app, name, Occasion::Schedule { after }).await? {
            tracing::info!(
                algorithm = name.as_str(),
                kid,
                "a key was rotated; it has been published for long enough"
            );
        }
    }
    Ok(())
}

/// Rotates a key if the occasion allows it now, with its row in the audit log. A rotation that cannot be recorded is not
/// begun; what fails afterwards is a fault of this call, and the key stays rotated.
pub async fn rotate(app: &App, name: KeyName, occasion: Occasion) -> Result<Rotated, Fault> {
    let keys = app.keys.clone();
    // Before the transaction: whoever waits for the folder must keep nobody from writing.
    let (fresh, alone) = blocking(move || Ok((FreshKey::make(name)?, keys.lock()?))).await?;
    let moment = app.moment();
    let mut tx = app.db.begin().await?;
    let (keys, now) = (app.keys.clone(), moment.now);
    let rotated = blocking(move || keys.rotate(&alone, &fresh, occasion, now)).await?;
    if let Rotated::Done { kid } = &rotated {
        let event = Event::KeyRotated { algorithm: name.as_str(), kid, occasion: word(occasion) };
        audit::record(&mut tx, &moment, event).await?;
        tx.commit().await?;
    }
    Ok(rotated)
}

fn word(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Schedule { .. } => "schedule",
        Occasion::Wish => "wish",
        Occasion::Emergency => "emergency",
    }
}

async fn blocking<T, F>(work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, KeyStoreProblem> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(problem)) => Err(Fault::unavailable("the keys folder").because(problem)),
        Err(error) => Err(Fault::broken("working on the keys folder").because(error)),
    }
}
