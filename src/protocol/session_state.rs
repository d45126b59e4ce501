//! `session_state` of OpenID Connect Session Management 1.0 §2: what a client keeps to notice that the sign-in changed.

use aws_lc_rs::digest::{SHA256, digest};

/// The salted digest of client, origin and browser state, with its salt: `3a7b….salt`. The script of the OP iframe
/// computes the same (§3.2). None of the parts holds a space.
pub fn session_state(client_id: &str, origin: &str, browser_state: &str, salt: &str) -> String {
    let text = format!("{client_id} {origin} {browser_state} {salt}");
    let hash = digest(&SHA256, text.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hex}.{salt}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_digest_the_specification_shows() {
        // sha256 of "app1 https://a.example state salt", by another program.
        let expected = "494903a0ad488e5f20db99f35aed57da574e11db8a0fdac482abba0d67bf1061.salt";
        assert_eq!(session_state("app1", "https://a.example", "state", "salt"), expected);
        assert_ne!(session_state("app1", "https://a.example", "other", "salt"), expected);
    }
}
