//! `serve`: the service, until a signal ends it.

use super::print;
use super::problem::Problem;
use super::signals::{self, Hangup};
use crate::app::{App, Choices};
use crate::config::Settings;
use crate::server::{self, Doors};
use crate::telemetry::{logs, metrics};

pub async fn serve(settings: Settings) -> Result<(), Problem> {
    logs::start(settings.log_format, &settings.log);
    let orders = signals::listen(Hangup::Reload)?;
    let figures = metrics::start()?;
    // The port first: a second start by mistake must not touch the database of the first.
    let doors = Doors::open(&settings).await?;
    let app = tokio::select! {
        app = App::open(settings, Choices::default()) => app?,
        () = orders.stop.clone().said() => {
            tracing::info!("ended before it began to serve");
            return Ok(());
        }
    };
    let issuer = app.settings.issuer.clone();
    tracing::info!(issuer, "serving");
    // People are served whether or not anybody reads this.
    let _ = print::line(&format!("ready {issuer}"));
    server::run(app, doors, figures, orders).await?;
    tracing::info!("ended");
    Ok(())
}
