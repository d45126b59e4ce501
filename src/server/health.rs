//! Whether the process lives, and whether it can work: for load balancers and orchestrators.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;

use crate::app::{App, writing};
use crate::base::Fault;
use crate::http::{fault_log, paths};

/// A part that does not answer within this time is away.
const PART_WITHIN: Duration = Duration::from_secs(2);

pub fn routes() -> Router<Arc<App>> {
    Router::new().route(paths::HEALTH_LIVE, get(live)).route(paths::HEALTH_READY, get(ready))
}

async fn live() -> Response {
    Json(json!({"status": "live"})).into_response()
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    if app.leaving.has_begun() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "leaving"}))).into_response();
    }
    let (database, ephemeral) = tokio::join!(part(database(&app)), part(app.ephemeral.ping()));
    if database == READY && ephemeral == READY {
        return Json(json!({"status": READY})).into_response();
    }
    let parts = json!({"database": database, "ephemeral": ephemeral});
    let answer = Json(json!({"status": "not_ready", "parts": parts}));
    (StatusCode::SERVICE_UNAVAILABLE, answer).into_response()
}

const READY: &str = "ready";

/// It answers, and where a write has failed it takes one again: most of what we are asked for is written down.
async fn database(app: &App) -> Result<(), Fault> {
    app.db.ping().await?;
    match app.db.doubt().is_raised() {
        true => writing::proven(&app.db).await,
        false => Ok(()),
    }
}

/// One word; why a part is away is for the log only.
async fn part(ping: impl Future<Output = Result<(), Fault>>) -> &'static str {
    match tokio::time::timeout(PART_WITHIN, ping).await {
        Ok(Ok(())) => READY,
        Ok(Err(fault)) => {
            fault_log::note(&fault);
            "away"
        }
        Err(_) => "slow",
    }
}
