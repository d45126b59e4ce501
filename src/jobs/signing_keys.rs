//! The keys that sign and decrypt: takes over what another node rotated, and rotates what is due.

use std::sync::Arc;

use crate::app::App;
use crate::audit::{self, Event};
use crate::base::{Fault, Moment};
use crate::crypto::keys::{FreshKey, KeyName};
use crate::crypto::keystore::{KeyStoreProblem, Occasion, Prepared, Rotated};

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

/// Rotates a key if the occasion allows it now, with its row in the audit log. The row is durable before the key changes:
/// a rotation that cannot be recorded does not happen, so that whoever tries again does not rotate twice.
pub async fn rotate(app: &App, name: KeyName, occasion: Occasion) -> Result<Rotated, Fault> {
    // The folder is locked from here on, and the transaction comes after: whoever waits for the folder keeps nobody from writing.
    let (fresh, moment) = (blocking(move || Ok(FreshKey::make(name)?)).await?, app.moment());
    let (keys, now) = (app.keys.clone(), moment.now);
    let rotation = match blocking(move || keys.prepare(&fresh, occasion, now)).await? {
        Prepared::Ready(rotation) => rotation,
        Prepared::Hindered(hindrance) => return Ok(hindrance),
    };
    let kid = rotation.kid().to_owned();
    let event = Event::KeyRotated { algorithm: name.as_str(), kid: &kid, occasion: word(occasion) };
    record(app, &moment, event).await.map_err(|fault| {
        Fault::unavailable("no key was rotated, because it could not be recorded").because(fault)
    })?;
    let keys = app.keys.clone();
    let carried_out = blocking(move || rotation.carry_out().and_then(|()| keys.reload(now))).await;
    carried_out.map_err(|fault| {
        Fault::unavailable("the rotation is recorded and may be half done: see tongyao keys list")
            .because(fault)
    })?;
    Ok(Rotated::Done { kid })
}

async fn record(app: &App, moment: &Moment, event: Event<'_>) -> Result<(), Fault> {
    let mut tx = app.db.begin().await?;
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await
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
