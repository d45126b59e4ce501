//! Departments and their systems: who they are, how they show it, what they may ask.

pub mod department;
pub mod key_set;
pub mod powers;
pub mod registration;
pub mod secret;
pub mod shared_secret;
pub mod store;
pub mod registry;
pub mod policy;
pub mod demands;
pub mod error_words;
pub mod trust;
pub mod recipient;
pub mod signed;
pub mod reference;
pub mod sector;
pub mod logo;
pub mod dynamic;
pub mod validity;
pub mod assertion;
pub mod authenticate;
pub mod certificate;
pub mod fapi;
pub mod dpop;
pub mod grant_assertion;

pub use authenticate::{Authenticated, AuthenticationProblem, Authenticator};
pub use department::Department;
pub use powers::Powers;
pub use recipient::{Purpose, Recipient, SealProblem};
pub use registration::{Client, ClientState, ConsentPolicy, Profile};
pub use registry::Clients;
pub use trust::Trust;
