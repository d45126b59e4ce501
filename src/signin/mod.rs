//! Ways to show who you are, a file each.

pub mod known_browser;
pub mod throttle;
pub mod password;
pub mod new_password;
