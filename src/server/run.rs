//! The service from its first request to its last: serve, say that it ends, stop accepting, finish, stop the jobs, close the
//! database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::{Handle, Server};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::closing::{Caller, Closing};
use super::handshake::Handshake;
use super::listen::Doors;
use super::orders::Orders;
use super::patience::Patience;
use super::tls::Identity;
use super::{manner, metrics, routes, tls};
use crate::app::{App, Wake};
use crate::jobs::{self, Ending, Stopper};

/// Why the service cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeProblem {
    #[error("the listener failed: {0}")]
    Listener(#[from] std::io::Error),
}

/// Requests under way are finished within this time.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Whoever sends requests to several nodes asks this often, or more often, which of them serve.
const ANNOUNCED_FOR: Duration = Duration::from_secs(1);
/// Who has connected asks within this time.
const ASKS_WITHIN: Duration = Duration::from_millis(250);

/// Serves until it is told to end, then ends cleanly; the database is closed afterwards.
pub async fn run(
    app: Arc<App>,
    doors: Doors,
    figures: PrometheusHandle,
    orders: Orders,
) -> Result<(), ServeProblem> {
    let (closer, close) = jobs::pair();
    let handle = Handle::new();
    let mut beside = JoinSet::new();
    match (&app.settings.tls, &doors.certificate) {
        (Some(files), Some(identity)) => {
            beside.spawn(tls::renew(files.clone(), identity.clone(), orders.reload))
        }
        _ => beside.spawn(nothing_to_read(orders.reload)),
    };
    beside.spawn(metrics::upkeep(figures.clone(), orders.stop.clone().said()));
    let jobs = jobs::start(&app);
    let mut serving = JoinSet::new();
    for listener in doors.main {
        let listener = Closing::new(listener, close.clone())?;
        let (router, certificate) = (routes::router(app.clone()), doors.certificate.clone());
        serving.spawn(serve(listener, router, certificate, handle.clone()));
    }
    if let Some(listener) = doors.metrics {
        let listener = Closing::new(listener, close)?;
        serving.spawn(serve(listener, metrics::router(figures), None, handle.clone()));
    }
    let failed = tokio::select! {
        ending = orders.stop.ending() => {
            leave(&app, ending, &closer).await;
            None
        }
        ended = serving.join_next() => ended,
    };
    handle.graceful_shutdown(Some(FINISH_WITHIN));
    let mut ended: Vec<_> = failed.into_iter().collect();
    while let Some(result) = serving.join_next().await {
        ended.push(result);
    }
    beside.shutdown().await;
    jobs.stop().await;
    app.close().await;
    for result in ended {
        result.map_err(std::io::Error::other)??;
    }
    Ok(())
}

/// What stands before us is told to send no more, and is served meanwhile: who cannot ask twice for what failed has left
/// by the time the listener closes.
async fn leave(app: &App, ending: Ending, closer: &Stopper) {
    if ending == Ending::Announced {
        app.leaving.begin();
        tracing::info!("about to end: no longer ready");
        sleep(ANNOUNCED_FOR).await;
        closer.say(ending);
        sleep(ASKS_WITHIN).await;
    }
}

/// Who asks for it is answered all the same.
async fn nothing_to_read(reload: Arc<Wake>) {
    loop {
        reload.rung().await;
        tracing::info!(
            "there is no certificate of the service's own to read again; settings are read at the start"
        );
    }
}

async fn serve(
    listener: Closing,
    router: Router,
    certificate: Option<Identity>,
    handle: Handle<Caller>,
) -> std::io::Result<()> {
    let server = manner::of_http1(Server::<Caller>::from_listener(listener)).handle(handle);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match certificate {
        Some(identity) => server.acceptor(Handshake::new(identity)).serve(service).await,
        None => server.acceptor(Patience::default()).serve(service).await,
    }
}
