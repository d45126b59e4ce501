//! The OpenID provider: a file per endpoint; parse, ask the subjects, answer.

pub mod error;
mod body;
mod proof;
mod direct;
mod interaction;
pub mod discovery;
pub mod owed;
pub mod check;
mod accept;
mod arrival;
mod respond;
mod decoupled;
mod open;
pub mod par;
pub mod trace;
pub mod authorize;
pub mod resume;
pub mod token;
pub mod userinfo;
pub mod introspect;
pub mod revoke;
pub mod end_session;
pub mod device;
pub mod ciba;
mod sandbox;
mod sandbox_resource;
pub mod registration;
mod cors;
mod outside;
mod routes;

pub use decoupled::{expire, print as print_notice};
pub use outside::Told;
pub use routes::routes;
