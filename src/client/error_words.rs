//! How much of a refusal a client is told in the front channel.

use super::registration::{Client, Profile};

/// What an error by redirect tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorWords {
    /// Number, `txn` and the Chinese text as parameters of their own.
    All,
    /// What RFC 6749 §4.1.2.1 names and nothing else; number and `txn` stand in `error_uri`.
    Standard,
}

/// Tools made elsewhere and profiles that know every parameter are told no others.
pub fn of(client: &Client) -> ErrorWords {
    match client.profile {
        Profile::Default => ErrorWords::All,
        Profile::Fapi2 | Profile::Fapi2MessageSigning | Profile::Legacy => ErrorWords::Standard,
    }
}
