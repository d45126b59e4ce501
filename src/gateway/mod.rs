//! Systems we call or read from: other parties' addresses behind a guard, and the card readers at the windows.

pub mod guard;
mod pinned;
pub mod outgoing;
pub mod card_reader;
pub mod message;

pub use card_reader::CardReaders;
pub use message::Messages;
pub use outgoing::Outgoing;
