//! The hall: verifying a person at a window, from the pre-enrolled code to the account that is bound to what was proved.
//!
//! Modules stand in order; each uses only those above it. Surfaces call the verbs; every verb answers with what was
//! done or with a refusal that has a word for the audit and a message in both languages.

pub mod outcome;
pub mod state;
pub mod luhn;
pub mod code;
pub mod continuation_code;
pub mod role;
pub mod window;
pub mod clerk;
pub mod clerk_session;
pub mod visit;
pub mod tries;
pub mod capture;
pub mod new_name;
pub mod new_document;
pub mod receipt;
pub mod enrol;
pub mod counter;
pub mod card;
pub mod decide;
pub mod binding_refusal;
pub mod bind;
pub mod slip;
pub mod expire;
pub mod statistics;

#[cfg(test)]
mod tests;

pub use clerk_session::{ClerkSession, Desk};
pub use outcome::Answer;
pub use state::State;
pub use visit::{At, StepRefusal, Visit};
