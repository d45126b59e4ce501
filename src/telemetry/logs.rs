//! Structured logs: one line an event, JSON for machines or plain for people, level by `TONGYAO_LOG`.

use std::io::IsTerminal;

use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogFilter, LogFormat};

/// Starts logging to stderr.
///
/// A second call changes nothing: the first logger of a process stays.
pub fn start(format: LogFormat, filter: &LogFilter) {
    let registry = tracing_subscriber::registry().with(quiet(filter.targets()));
    let _ = match format {
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_current_span(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Plain => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .compact()
                    .with_ansi(std::io::stderr().is_terminal())
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
}

/// PostgreSQL's notices ("relation exists, skipping") come with every start and every command, and tell nobody anything;
/// its warnings stay. Who names them in the filter decides.
fn quiet(wanted: &Targets) -> Targets {
    let named = wanted.iter().any(|(part, _)| part.starts_with(NOTICES));
    if named || !wanted.would_enable(NOTICES, &Level::INFO) {
        return wanted.clone();
    }
    wanted.clone().with_target(NOTICES, LevelFilter::WARN)
}

const NOTICES: &str = "sqlx::postgres::notice";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_postgresql_are_told_to_who_asks_for_them() {
        let targets = |text: &str| quiet(text.parse::<LogFilter>().unwrap().targets());
        for filter in ["info", "debug", "warn,sqlx=debug"] {
            assert!(!targets(filter).would_enable(NOTICES, &Level::INFO), "{filter}");
            assert!(targets(filter).would_enable(NOTICES, &Level::WARN), "{filter}");
        }
        assert!(targets("info,sqlx::postgres::notice=info").would_enable(NOTICES, &Level::INFO));
        assert!(!targets("error").would_enable(NOTICES, &Level::WARN));
        assert!(targets("info").would_enable("tongyao::cli", &Level::INFO));
    }
}
