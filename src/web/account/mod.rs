//! The citizen's own pages: overview, devices, consents, history; and the help page that every page leads to.

pub mod citizen;
mod items;
mod told;

pub mod overview;
pub mod sessions;
pub mod consents;
pub mod history;
pub mod enter;
pub mod help;
pub mod requests;
