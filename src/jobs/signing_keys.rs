//! Takes over the signing keys that the command line or another node rotated.

use std::sync::Arc;

use crate::app::App;
use crate::base::Fault;

pub async fn run_once(app: Arc<App>) -> Result<(), Fault> {
    let keys = app.keys.clone();
    let reloaded = tokio::task::spawn_blocking(move || keys.signing.reload()).await;
    match reloaded {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => Err(Fault::unavailable("the signing keys cannot be read again").because(problem)),
        Err(error) => Err(Fault::broken("reading the signing keys").because(error)),
    }
}
