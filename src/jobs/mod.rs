//! What the service does by itself: small loops, one file each, every round a plain function that a test can call.

mod rounds;
mod stop;
mod outbox;
pub mod late_logout;
pub mod logout;
pub mod notices;
pub mod seal;
pub mod signing_keys;
pub mod sweep;
mod sweep_clients;
pub mod visits;

pub use rounds::{Jobs, start};
pub use stop::{Ending, Stop, Stopper, pair};
