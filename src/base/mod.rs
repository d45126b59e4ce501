//! Words everyone speaks: time, chance, ids, the moment of a request, faults. No input or output.

pub mod fault;
pub mod id;
pub mod locale;
pub mod name;
pub mod time;
pub mod random;
#[cfg(test)]
pub mod scratch;
pub mod certificate;
pub mod moment;
pub mod secret;

pub use certificate::ClientCertificate;
pub use fault::{Fault, Trouble};
pub use locale::Locale;
pub use moment::{Actor, Moment};
pub use name::Name;
pub use secret::Secret;
pub use time::Timestamp;
