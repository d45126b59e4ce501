//! What a person let a client do, and the tokens that carry it.

pub mod pending;
pub mod standing;
pub mod consent;
pub mod granted;
pub mod level;
pub mod asked;
pub mod code;
pub mod family;
pub mod claims;
pub mod release;
pub mod access_token;
pub mod refresh;
pub mod decoupled;
pub mod code_guess;
pub mod pace;
pub mod notice;

pub use granted::Granted;
