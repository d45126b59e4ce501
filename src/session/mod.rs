//! Being signed in: the SSO session, the clients that saw it, and telling them when it ends.

pub mod proof;
pub mod sso;
pub mod front;
pub mod ending;
pub mod delivery;
pub mod detour;
pub mod leaving;

pub use proof::Proof;
pub use sso::Session;
