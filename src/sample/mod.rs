//! Two sample relying systems, a city portal and a department: real ones, which do nothing a department could not do.

mod settings;
mod system;
mod outgoing;
mod provider;
mod pending;
mod person;
mod sessions;
mod sign_in;
pub mod logout_token;
mod relying;
mod visitor;
mod pages;
mod routes;
mod serving;

pub use relying::SampleRp;
pub use routes::{department, portal};
pub use serving::serve;
pub use settings::RelyingSettings;

#[cfg(test)]
mod tests;
