//! `/metrics` on a listener of its own, and the upkeep that keeps the figures small when nobody reads them.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::http::paths;

const UPKEEP: Duration = Duration::from_secs(5);

/// The text format of Prometheus, version 0.0.4.
pub fn router(figures: PrometheusHandle) -> Router {
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Router::new().route(paths::METRICS, get(move || async move { (kind, figures.render()) }))
}

/// Samples pile up until they are read or folded; this folds them.
pub async fn upkeep(figures: PrometheusHandle, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    let mut round = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = round.tick() => figures.run_upkeep(),
        }
    }
}
