//! `demo`: the main job on sample data, with nothing else to install: the service and the relying systems around it.

mod greeting;
mod installation;
mod relying;
mod standing;
mod state;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::installation::Installation;
use self::state::State;
use super::print;
use super::problem::Problem;
use super::signals::{self, Hangup};
use crate::app::{App, Choices};
use crate::jobs::Stop;
use crate::sample;
use crate::server::listen::listen;
use crate::server::{self, Doors};
use crate::telemetry::{logs, metrics};

const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Runs the demo on `port` and the two after it until a signal ends it.
pub async fn demo(port: u16, data: PathBuf) -> Result<(), Problem> {
    let settings = installation::settings(port, &data)?;
    logs::start(settings.log_format, &settings.log);
    let figures = metrics::start()?;
    let orders = signals::listen(Hangup::End)?;
    // The ports first: a second start by mistake must not touch the data of the first.
    let main = loopback(port, port).await?;
    let (portal_doors, department_doors) = (loopback(port + 1, port).await?, loopback(port + 2, port).await?);
    let doors = Doors { main, ..Doors::beside(&settings).await? };

    let app = App::open(settings, Choices::default()).await?;
    let installation = Installation::open(port, &data, &app)?;
    let state = State::read(&installation)?;
    standing::declare(&app, &state).await?;
    let people = standing::people(&app, &state).await?;

    let mut systems = JoinSet::new();
    let desk = sample::hotline(installation.hotline.clone())?;
    let portal = sample::portal(installation.portal.clone())?.merge(desk);
    serve_system(&mut systems, portal_doors, portal, &orders.stop);
    serve_system(
        &mut systems,
        department_doors,
        sample::department(installation.department.clone())?,
        &orders.stop,
    );
    print::line(&greeting::text(&installation, &people))?;
    print::line(&format!("ready {}", app.settings.issuer))?;
    server::run(app, doors, figures, orders).await?;
    // A browser that holds its connection open does not hold up the end.
    let ended = async { while systems.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(FINISH_WITHIN, ended).await;
    Ok(())
}

/// Where the demo keeps its data when nothing else is said.
pub fn data_dir() -> &'static Path {
    Path::new("data/demo")
}

/// `localhost` leads to 127.0.0.1 or to ::1, as the browser likes; a machine without IPv6 has only the first.
async fn loopback(port: u16, first: u16) -> Result<Vec<TcpListener>, Problem> {
    let set_by = format!(
        "the ports with --port (the demo takes three in a row: {first}, {} and {})",
        first + 1,
        first + 2
    );
    let mut listeners = vec![listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), &set_by).await?];
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    match TcpListener::bind(six).await {
        Ok(listener) => listeners.push(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            listeners.push(listen(six, &set_by).await?);
        }
        Err(_) => {}
    }
    Ok(listeners)
}

fn serve_system(systems: &mut JoinSet<()>, doors: Vec<TcpListener>, router: Router, stop: &Stop) {
    for door in doors {
        let (router, stop) = (router.clone(), stop.clone());
        systems.spawn(async move {
            if let Err(error) = sample::serve(door, router, stop.said()).await {
                tracing::error!(%error, "a sample system ended");
            }
        });
    }
}
