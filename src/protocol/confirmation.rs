//! The key that a token is bound to (`cnf`, RFC 7800 §3.1; RFC 9449 §6.1; RFC 8705 §3.1).

use serde::{Deserialize, Serialize};

/// Printed as the member `cnf` is: `{"jkt": "…"}` or `{"x5t#S256": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The SHA-256 thumbprint of a JWK (RFC 7638), by DPoP.
    #[serde(rename = "jkt")]
    Key(String),
    /// The SHA-256 digest of a client certificate in DER, by mutual TLS.
    #[serde(rename = "x5t#S256")]
    Certificate(String),
}

/// Who may send the tokens of an authorization (RFC 9700 §2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// They are bearer tokens.
    #[default]
    Anybody,
    /// Each is bound to something its sender shows.
    Constrained,
}

impl Sender {
    pub fn of(confirmation: Option<&Confirmation>) -> Self {
        if confirmation.is_some() { Self::Constrained } else { Self::Anybody }
    }

    pub fn is_anybody(&self) -> bool {
        *self == Self::Anybody
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_the_specifications_write_it() {
        let print = |confirmation: &Confirmation| serde_json::to_string(confirmation).unwrap();
        assert_eq!(print(&Confirmation::Key("k".into())), r#"{"jkt":"k"}"#);
        assert_eq!(print(&Confirmation::Certificate("c".into())), r##"{"x5t#S256":"c"}"##);
    }
}
