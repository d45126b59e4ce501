//! Seals the new audit events.

use std::sync::Arc;

use crate::app::App;
use crate::audit::seal;
use crate::base::Fault;

/// How many events were sealed. What comes in meanwhile waits for the next round: under load a seal for each handful would
/// keep the writing lane busy and the log long.
pub async fn run_once(app: Arc<App>) -> Result<u64, Fault> {
    let mut sealed = 0;
    loop {
        let more = seal::seal(&app.db, &app.moment(), &app.keys.mac).await?;
        sealed += more;
        if more < seal::EVENTS_A_SEAL.unsigned_abs() {
            return Ok(sealed);
        }
    }
}
