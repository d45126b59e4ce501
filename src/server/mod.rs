//! The process on the network: one router, its limits, its listeners, and a clean end.

mod body_limit;
mod closing;
mod health;
mod host;
mod metrics;
mod panicked;
mod patience;
mod manner;
mod any_certificate;
mod handshake;
mod time_limit;
mod around;
mod routes;
mod orders;
mod run;
pub mod listen;
pub mod tls;

pub use listen::Doors;
pub use orders::Orders;
pub use routes::router;
pub use run::{ServeProblem, run};
