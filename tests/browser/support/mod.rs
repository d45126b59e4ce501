//! What a story in the browser needs: the built program, and Chromium.

pub mod chromium;
pub mod demo;

pub use chromium::Browser;
pub use demo::Demo;
