//! Sets of scope tokens (RFC 6749 §3.3).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::text::travels_as_text;

pub const OPENID: &str = "openid";
pub const PROFILE: &str = "profile";
pub const EMAIL: &str = "email";
pub const ADDRESS: &str = "address";
pub const PHONE: &str = "phone";
pub const OFFLINE_ACCESS: &str = "offline_access";
pub const REAL_NAME: &str = "real_name";
pub const ID_NUMBER: &str = "id_number";
pub const ENTERPRISE: &str = "enterprise";

/// Every scope the service gives a meaning.
pub const KNOWN: [&str; 9] =
    [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS, REAL_NAME, ID_NUMBER, ENTERPRISE];

const MOST_CHARACTERS: usize = 4096;
const MOST_TOKENS: usize = 64;

/// A set of scope tokens. Equal when the same tokens are in it; prints in alphabetical order, so that equal scopes
/// have equal texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope(BTreeSet<String>);

/// Why a text is not a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAScope {
    #[error("scope is longer than 4096 characters")]
    TooLong,
    #[error("scope has more than 64 tokens")]
    TooMany,
    #[error("scope has a character outside RFC 6749 §3.3")]
    BadCharacter,
}

impl Scope {
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every token of this is in `other`.
    pub fn is_subset(&self, other: &Scope) -> bool {
        self.0.is_subset(&other.0)
    }

    /// What is in both.
    pub fn intersection(&self, other: &Scope) -> Scope {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What is in this and not in `other`.
    pub fn minus(&self, other: &Scope) -> Scope {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// What is in either.
    pub fn union(&self, other: &Scope) -> Scope {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The tokens in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromStr for Scope {
    type Err = NotAScope;

    /// Reads space-separated tokens; more than one space between tokens, and one given twice, are forgiven.
    fn from_str(text: &str) -> Result<Self, NotAScope> {
        if text.len() > MOST_CHARACTERS {
            return Err(NotAScope::TooLong);
        }
        let mut tokens = BTreeSet::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            if !token.bytes().all(is_token_byte) {
                return Err(NotAScope::BadCharacter);
            }
            tokens.insert(token.to_owned());
            if tokens.len() > MOST_TOKENS {
                return Err(NotAScope::TooMany);
            }
        }
        Ok(Self(tokens))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, token) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

travels_as_text!(Scope);

/// RFC 6749 §3.3: `%x21 / %x23-5B / %x5D-7E`.
fn is_token_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn is_a_set() {
        let asked = scope("openid  profile openid phone");
        let allowed = scope("phone openid email");
        assert_eq!(asked, scope("phone profile openid"));
        assert_eq!(asked.to_string(), "openid phone profile");
        assert_eq!(asked.intersection(&allowed), scope("openid phone"));
        assert_eq!(asked.minus(&allowed), scope("profile"));
        assert_eq!(asked.union(&allowed), scope("openid profile phone email"));
        assert!(scope("openid").is_subset(&asked) && !allowed.is_subset(&asked));
        assert!(scope("").is_empty());
    }

    #[test]
    fn refuses_other_characters_and_sizes() {
        let many: String = (0..65).map(|n| format!("s{n} ")).collect();
        let cases = [
            ("open\"id", NotAScope::BadCharacter),
            ("open\\id", NotAScope::BadCharacter),
            ("openid\tprofile", NotAScope::BadCharacter),
            ("实名", NotAScope::BadCharacter),
            (many.as_str(), NotAScope::TooMany),
            (&"x".repeat(4097), NotAScope::TooLong),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Scope>(), Err(expected));
        }
    }

    proptest! {
        #[test]
        fn prints_what_it_read(text in ".{0,200}") {
            if let Ok(read) = text.parse::<Scope>() {
                prop_assert_eq!(read.to_string().parse::<Scope>(), Ok(read));
            }
        }
    }
}
