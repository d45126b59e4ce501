//! The OpenID provider: a file per endpoint; parse, ask the subjects, answer.

pub mod error;
mod body;
pub mod discovery;
pub mod owed;
mod check;
mod accept;
mod arrival;
mod respond;
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
pub mod registration;
mod cors;
mod routes;

pub use routes::routes;
