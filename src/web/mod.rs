//! Pages for people, one file per page.

pub mod assets;
pub mod chrome;
pub mod form;
pub mod messages;
pub mod qr;
pub mod pages;
pub mod chinese;
pub mod answer;
pub mod drawn;
pub mod home;
pub mod errors;
pub mod logo;
pub mod entrance;
pub mod way;
pub mod sign_in;
pub mod consent;
pub mod device;
pub mod sign_out;
pub mod signed_out;
pub mod session_frame;
pub mod halls;
pub mod progress;
pub mod account;
pub mod hall;
pub mod receipt;
pub mod reader;
pub mod inbox;
pub mod visit;
pub mod bind;
pub mod step_up;
pub mod register;
pub mod routes;

#[cfg(test)]
mod preview;
