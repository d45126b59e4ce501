//! The service from its first request to its last: serve, stop accepting, finish, stop the jobs, close the database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::{Handle, Server};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::handshake::Handshake;
use super::listen::Doors;
use super::patience::Patience;
use super::tls::Identity;
use super::{metrics, routes, tls};
use crate::app::App;
use crate::jobs::{self, Stop};

/// Why the service cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeProblem {
    #[error("the listener failed: {0}")]
    Listener(#[from] std::io::Error),
}

/// Requests under way are finished within this time.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// Serves until `stop` is said, then ends cleanly; the database is closed afterwards.
pub async fn run(
    app: Arc<App>,
    doors: Doors,
    figures: PrometheusHandle,
    stop: Stop,
) -> Result<(), ServeProblem> {
    let handle = Handle::new();
    let mut beside = JoinSet::new();
    if let (Some(files), Some(identity)) = (&app.settings.tls, &doors.certificate) {
        beside.spawn(tls::renew(files.clone(), identity.clone(), stop.clone().said()));
    }
    beside.spawn(metrics::upkeep(figures.clone(), stop.clone().said()));
    let jobs = jobs::start(&app);
    let mut serving = JoinSet::new();
    for listener in doors.main {
        serving.spawn(serve(
            listener,
            routes::router(app.clone()),
            doors.certificate.clone(),
            handle.clone(),
        ));
    }
    if let Some(listener) = doors.metrics {
        serving.spawn(serve(listener, metrics::router(figures), None, handle.clone()));
    }
    let failed = tokio::select! {
        () = stop.said() => None,
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

async fn serve(
    listener: TcpListener,
    router: Router,
    certificate: Option<Identity>,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    let server = Server::<SocketAddr>::from_listener(listener).handle(handle);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match certificate {
        Some(identity) => server.acceptor(Handshake::new(identity)).serve(service).await,
        None => server.acceptor(Patience::default()).serve(service).await,
    }
}
