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
    describe_counter!("tongyao_client_notices_total", "Notices to clients (CIBA) by result");
    describe_counter!("tongyao_decoupled_requests_total", "Requests answered on another device by kind");
    describe_counter!("tongyao_visits_decided_total", "Window visits decided by outcome");
    describe_counter!("tongyao_hall_alarms_total", "Alarms of the hall by kind");
    describe_counter!(
        "tongyao_client_registrations_total",
        "Clients that registered themselves, by what let them in and state"
    );
    describe_gauge!("tongyao_clients", "Registered clients by state");
    describe_gauge!("tongyao_logout_pending", "Back-channel logout deliveries waiting");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What a call of the macros does with a name.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Call {
        Record,
        Describe,
    }

    /// The names that stand first in such calls.
    fn named(text: &str, wanted: Call) -> BTreeSet<String> {
        let calls = ["counter!(", "gauge!(", "histogram!("]
            .into_iter()
            .flat_map(|kind| text.match_indices(kind))
            .filter(|(at, _)| text[..*at].ends_with("describe_") == (wanted == Call::Describe));
        calls
            .filter_map(|(at, call)| {
                let name = text[at + call.len()..].trim_start().strip_prefix('"')?.split('"').next()?;
                name.starts_with("tongyao_").then(|| name.to_owned())
            })
            .collect()
    }

    fn recorded_below(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                recorded_below(&path, names);
            } else {
                names.extend(named(&std::fs::read_to_string(&path).unwrap(), Call::Record));
            }
        }
    }

    #[test]
    fn every_metric_is_described_and_in_the_guide() {
        let mut recorded = BTreeSet::new();
        recorded_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut recorded);
        assert!(recorded.len() > 10, "{recorded:?}");
        assert_eq!(recorded, named(include_str!("metrics.rs"), Call::Describe));

        let guide = include_str!("../../docs/guides/operate.md");
        let rows = guide.lines().filter(|line| line.starts_with("| `tongyao_"));
        let told: BTreeSet<String> = rows
            .filter_map(|row| row.split('|').nth(1))
            .flat_map(|cell| cell.split('`').filter(|word| word.starts_with("tongyao_")))
            .map(str::to_owned)
            .collect();
        assert_eq!(recorded, told);
    }
}
