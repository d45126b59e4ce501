//! The window's pages: signing in, the desk, and a visit from the card to the slip.

pub mod staff;
pub mod held;
pub mod typed;
pub mod place;
pub mod sign_in;
pub mod sign_out;
pub mod window;
pub mod desk;
pub mod visit;
pub mod card;
pub mod compare;
pub mod decided;
pub mod binding;
pub mod waiting;
pub mod slip;
pub mod release;
