//! How we report, never what: logs and metrics.

pub mod logs;
pub mod metrics;
pub mod outage;
