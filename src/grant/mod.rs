//! What a person let a client do, and the tokens that carry it.

pub mod pending;
pub mod pushed;
pub mod standing;
pub mod consent;
pub mod granted;
pub mod level;
pub mod asked;
pub mod code;
pub mod family;
pub mod entry;
pub mod claims;
pub mod verified;
pub mod release;
pub mod trace;
pub mod token_key;
pub mod access_token;
pub mod holder;
pub mod token_text;
pub mod wanted;
pub mod issue;
pub mod exchange;
pub mod refresh;
pub mod decoupled;
pub mod device_starts;
pub mod pace;
pub mod notice;
pub mod client_end;

pub use granted::Granted;
