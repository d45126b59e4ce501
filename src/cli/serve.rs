//! `serve`: the service, until a signal ends it.

use super::problem::Problem;
use super::{print, signals};
use crate::app::{App, Choices};
use crate::config::Settings;
use crate::server::{self, Doors};
use crate::telemetry::{logs, metrics};

pub async fn serve(settings: Settings) -> Result<(), Problem> {
    logs::start(settings.log_format, &settings.log);
    let figures = metrics::start()?;
    let stop = signals::stop()?;
    // The port first: a second start by mistake must not touch the database of the first.
    let doors = Doors::open(&settings).await?;
    let app = App::open(settings, Choices::default()).await?;
    let issuer = app.settings.issuer.clone();
    tracing::info!(issuer, "serving");
    // People are served whether or not anybody reads this.
    let _ = print::line(&format!("ready {issuer}"));
    server::run(app, doors, figures, stop).await?;
    tracing::info!("ended");
    Ok(())
}
