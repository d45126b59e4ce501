//! Seals the new audit events.

use std::sync::Arc;

use crate::app::App;
use crate::audit::seal;
use crate::base::Fault;

/// How many events were sealed; in the end none is left, unless another node seals at the same time.
pub async fn run_once(app: Arc<App>) -> Result<u64, Fault> {
    let mut sealed = 0;
    loop {
        match seal::seal(&app.db, &app.moment(), &app.keys.mac).await? {
            0 => return Ok(sealed),
            more => sealed += more,
        }
    }
}
