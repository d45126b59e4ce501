//! Pages for people, one file per page.

pub mod assets;
pub mod chrome;
pub mod form;
pub mod messages;
pub mod qr;
pub mod pages;

#[cfg(test)]
mod preview;
