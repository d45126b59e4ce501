//! Settings: raw from file and environment, resolved into values with units, checked against one another.

pub mod raw;
pub mod cidr;
pub mod settings;
pub mod check;

pub use settings::{DatabasePlace, DpopNonce, LogFormat, Registration, Settings, Tls};
