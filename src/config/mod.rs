//! Settings: raw from file and environment, resolved into values with units, checked against one another.

pub mod raw;
pub mod cidr;
pub mod log_filter;
pub mod stores;
pub mod settings;
pub mod check;

pub use log_filter::LogFilter;
pub use settings::{DpopNonce, LogFormat, Registration, Settings, Tls};
pub use stores::DatabasePlace;
