//! Tells the clients that got tokens in the very moment their session ended.

use std::sync::Arc;

use crate::app::App;
use crate::base::Fault;
use crate::session::ending;

/// How many sessions had such clients.
pub async fn run_once(app: Arc<App>) -> Result<usize, Fault> {
    let found = ending::queue_late(&app.db, &app.moment(), &app.keys, &app.clients).await?;
    if found > 0 {
        app.wake.ring();
    }
    Ok(found)
}
