//! Proof key for code exchange (RFC 7636): S256 and nothing else.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::Secret;

use super::text::{travels_as_text, words};

words! {
    /// `code_challenge_method`. `plain` is refused by type (RFC 9700 §2.1.1).
    ChallengeMethod, "code_challenge_method must be S256" {
        S256 = "S256",
    }
}

/// `code_challenge` of method S256: the SHA-256 digest of a verifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChallenge([u8; 32]);

/// `code_verifier`: a secret of the client until the code is redeemed.
#[derive(Debug, Clone)]
pub struct CodeVerifier(Secret);

/// The text is not 43 base64url characters for 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a S256 code challenge")]
pub struct NotAChallenge;

/// The text is not 43 to 128 unreserved characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a code verifier")]
pub struct NotAVerifier;

impl CodeChallenge {
    /// Whether this was made from the verifier (RFC 7636 §4.6), in constant time.
    pub fn verify(&self, verifier: &CodeVerifier) -> bool {
        verify_slices_are_equal(&self.0, &verifier.challenge().0).is_ok()
    }
}

impl CodeVerifier {
    /// The S256 challenge of this verifier (RFC 7636 §4.2).
    pub fn challenge(&self) -> CodeChallenge {
        let mut bytes = [0u8; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.expose().as_bytes()).as_ref());
        CodeChallenge(bytes)
    }
}

impl FromStr for CodeChallenge {
    type Err = NotAChallenge;

    fn from_str(text: &str) -> Result<Self, NotAChallenge> {
        if text.len() != 43 {
            return Err(NotAChallenge);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAChallenge)?;
        bytes.try_into().map(Self).map_err(|_| NotAChallenge)
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for CodeVerifier {
    type Err = NotAVerifier;

    /// RFC 7636 §4.1: 43 to 128 of `ALPHA / DIGIT / "-" / "." / "_" / "~"`.
    fn from_str(text: &str) -> Result<Self, NotAVerifier> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            Ok(Self(Secret::new(text)))
        } else {
            Err(NotAVerifier)
        }
    }
}

travels_as_text!(CodeChallenge);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 7636 Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn agrees_with_the_rfc() {
        let verifier: CodeVerifier = VERIFIER.parse().unwrap();
        let challenge: CodeChallenge = CHALLENGE.parse().unwrap();
        assert!(challenge.verify(&verifier));
        assert_eq!(verifier.challenge().to_string(), CHALLENGE);
        let other: CodeVerifier = VERIFIER.replace('d', "e").parse().unwrap();
        assert!(!challenge.verify(&other));
        assert!(!format!("{verifier:?}").contains(VERIFIER));
    }

    #[test]
    fn refuses_other_shapes() {
        for text in ["", "a", &CHALLENGE[1..], &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+")] {
            assert_eq!(text.parse::<CodeChallenge>(), Err(NotAChallenge), "{text}");
        }
        for text in ["", &VERIFIER[1..], &"a".repeat(129), &VERIFIER.replace('-', "+")] {
            assert!(text.parse::<CodeVerifier>().is_err(), "{text}");
        }
        assert!("plain".parse::<ChallengeMethod>().is_err());
    }

    proptest! {
        #[test]
        fn a_challenge_prints_what_it_read(text in "[A-Za-z0-9_-]{43}") {
            if let Ok(read) = text.parse::<CodeChallenge>() {
                prop_assert_eq!(read.to_string(), text);
            }
        }

        #[test]
        fn every_verifier_fits_its_challenge(text in "[A-Za-z0-9._~-]{43,128}") {
            let verifier: CodeVerifier = text.parse().unwrap();
            prop_assert!(verifier.challenge().verify(&verifier));
        }

        #[test]
        fn takes_any_text(text in ".*") {
            let _ = text.parse::<CodeChallenge>();
            let _ = text.parse::<CodeVerifier>();
        }
    }
}
