//! Three sample relying systems, a city portal, a department and the hotline's desk: real ones, which do nothing a
//! department could not do.

mod settings;
mod system;
mod outgoing;
mod provider;
mod pending;
mod person;
mod sessions;
mod call;
mod claims;
mod sign_in;
mod backchannel;
pub mod logout_token;
mod relying;
mod visitor;
mod pages;
mod answering;
mod routes;
mod desk_pages;
mod desk;
mod serving;

pub use desk::hotline;
pub use relying::SampleRp;
pub use routes::{department, portal};
pub use serving::serve;
pub use settings::RelyingSettings;
pub use system::HOTLINE_PATH;

#[cfg(test)]
mod tests;
