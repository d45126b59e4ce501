//! Metrics in Prometheus' text format; labels are words of ours, never input.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::base::Fault;

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

const SECONDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Starts recording; a process records once, later calls give the same handle.
pub fn start() -> Result<PrometheusHandle, Fault> {
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    let broken = |error| Fault::broken("starting the metrics").because(error);
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full("tongyao_storage_batch_size".into()), BATCH)
        })
        .map_err(broken)?
        .install_recorder()
        .map_err(broken)?;
    describe();
    Ok(RECORDER.get_or_init(|| handle).clone())
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("tongyao_http_requests_total", "HTTP requests by route, method and status class");
    describe_histogram!("tongyao_http_request_seconds", "Time to answer by route");
    describe_counter!("tongyao_storage_round_trips_total", "Storage round trips by kind");
    describe_histogram!("tongyao_storage_batch_size", "Transactions that shared one durable commit");
    describe_counter!(
        "tongyao_password_pool_refused_total",
        "Password hashes refused because the waiting room was full"
    );
    describe_counter!("tongyao_sign_ins_total", "Sign-ins by result");
    describe_counter!("tongyao_tokens_issued_total", "Tokens issued by grant");
    describe_counter!("tongyao_refusals_total", "Refusals by error code");
    describe_counter!("tongyao_logout_deliveries_total", "Back-channel logout deliveries by result");
    describe_counter!("tongyao_visits_decided_total", "Window visits decided by outcome");
    describe_counter!("tongyao_hall_alarms_total", "Alarms of the hall by kind");
    describe_counter!(
        "tongyao_client_registrations_total",
        "Clients that registered themselves, by what let them in and state"
    );
    describe_gauge!("tongyao_clients", "Registered clients by state");
    describe_gauge!("tongyao_logout_pending", "Back-channel logout deliveries waiting");
}
