//! Clients that register themselves (RFC 7591, RFC 7592): who may, on what terms, and what operators decide about them.

pub mod invitation;
pub mod publisher;
pub mod admission;
pub mod limits;
pub mod registrar;
pub mod desk;

pub use admission::{Admission, Terms};
pub use invitation::Invitation;
pub use publisher::Publisher;
pub use registrar::Kept;
