//! What happened, by ids and words only, recorded in the transaction of what it tells and sealed into a verifiable log.

pub mod event;
pub mod record;
pub mod history;
pub mod seal;

pub use event::Event;
pub use record::record;
