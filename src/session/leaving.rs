//! A sign-out that a client asked for, waiting for the person's answer.

use serde::{Deserialize, Serialize};

use super::detour::Detour;

/// What a client asked for, checked: the address is one of its own.
#[derive(Clone, Serialize, Deserialize)]
pub struct Leaving {
    pub client_id: Option<String>,
    /// Where the client wants the person back, with `state`.
    pub back: Option<String>,
    pub ui_locales: Option<String>,
    /// Whose it is, by the digest of the cookie.
    pub browser: Option<String>,
}

impl Detour for Leaving {
    const KIND: &'static str = "leaving";

    fn browser(&mut self) -> &mut Option<String> {
        &mut self.browser
    }
}
