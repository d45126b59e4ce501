//! Keyed fingerprints: how a sealed number is found again without being stored in the clear.

use super::mac::{MacKey, Purpose};

/// The fingerprint keys, the newest first.
pub struct FingerprintKeys {
    keys: Vec<MacKey>,
}

impl FingerprintKeys {
    /// `newest_first` must not be empty.
    pub fn new(newest_first: Vec<MacKey>) -> Self {
        Self { keys: newest_first }
    }

    /// The fingerprint new rows carry. `space` keeps kinds of numbers apart: `document`, `phone`, `login_name`, …
    pub fn of(&self, space: &str, text: &str) -> String {
        self.all(space, text).next().unwrap_or_default()
    }

    /// The fingerprints a row may carry, newest key first.
    pub fn all<'a>(&'a self, space: &'a str, text: &'a str) -> impl Iterator<Item = String> + 'a {
        self.keys.iter().map(move |key| key.of(Purpose::Fingerprint, &[space.as_bytes(), text.as_bytes()]))
    }
}
