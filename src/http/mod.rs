//! What the surfaces share.

pub mod paths;
