//! Ends the window visits, offers and slips whose time is over.

use std::sync::Arc;

use crate::app::App;
use crate::base::Fault;
use crate::hall::expire;

/// How many visits expired.
pub async fn run_once(app: Arc<App>) -> Result<u64, Fault> {
    expire::expire(&app.db, &app.moment()).await
}
