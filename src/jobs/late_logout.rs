//! What the outbox of logouts needs beside delivery: clients that came late are told, browsers that never came are noted,
//! and the figure of those that wait.

use std::sync::Arc;

use crate::app::App;
use crate::base::Fault;
use crate::session::{delivery, ending, front};

/// How many sessions had clients that got tokens in the very moment they ended.
pub async fn run_once(app: Arc<App>) -> Result<usize, Fault> {
    let found = ending::queue_late(&app.db, &app.moment(), &app.keys, &app.clients).await?;
    if found > 0 {
        app.wake.ring();
    }
    front::miss(&app.db, &app.moment()).await?;
    let waiting = delivery::count_pending(&mut app.db.read()).await?;
    #[allow(clippy::cast_precision_loss)]
    metrics::gauge!("tongyao_logout_pending").set(waiting as f64);
    Ok(found)
}
