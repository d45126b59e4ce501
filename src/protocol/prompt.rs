//! What `prompt` asks for (OIDC Core §3.1.2.1, Initiating User Registration §4.1).

use std::fmt;
use std::str::FromStr;

use super::text::{travels_as_text, words};

words! {
    /// One value of `prompt`.
    Prompt, "not a prompt value" {
        None = "none",
        Login = "login",
        Consent = "consent",
        SelectAccount = "select_account",
        Create = "create",
    }
}

/// The values of `prompt`, a set; the empty set when the parameter is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompts(u8);

/// Why a text is not a set of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPrompts {
    #[error("prompt has an unknown value")]
    Unknown,
    #[error("prompt none stands with others")]
    NoneNotAlone,
}

impl Prompts {
    pub fn contains(self, prompt: Prompt) -> bool {
        self.0 & bit(prompt) != 0
    }

    /// Whether no page may be shown.
    pub fn forbids_pages(self) -> bool {
        self.contains(Prompt::None)
    }

    /// The same and one value more, where pages may be shown.
    pub fn with(self, prompt: Prompt) -> Self {
        if self.forbids_pages() { self } else { Self(self.0 | bit(prompt)) }
    }

    fn iter(self) -> impl Iterator<Item = Prompt> {
        Prompt::ALL.iter().copied().filter(move |prompt| self.contains(*prompt))
    }
}

impl FromStr for Prompts {
    type Err = NotPrompts;

    fn from_str(text: &str) -> Result<Self, NotPrompts> {
        let mut bits = 0;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            bits |= bit(word.parse().map_err(|_| NotPrompts::Unknown)?);
        }
        let alone = bit(Prompt::None);
        // OIDC Core §3.1.2.1: none with any other value is an error.
        if bits & alone != 0 && bits != alone { Err(NotPrompts::NoneNotAlone) } else { Ok(Self(bits)) }
    }
}

impl fmt::Display for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, prompt) in self.iter().enumerate() {
            write!(f, "{}{prompt}", if position > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

travels_as_text!(Prompts);

fn bit(prompt: Prompt) -> u8 {
    1 << prompt as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn none_stands_alone() {
        let cases = [
            ("", Ok("")),
            ("none", Ok("none")),
            ("consent login", Ok("login consent")),
            ("login login", Ok("login")),
            ("create", Ok("create")),
            ("none login", Err(NotPrompts::NoneNotAlone)),
            ("none none", Ok("none")),
            ("Login", Err(NotPrompts::Unknown)),
            ("none\tlogin", Err(NotPrompts::Unknown)),
        ];
        for (text, expected) in cases {
            let printed = text.parse::<Prompts>().map(|prompts| prompts.to_string());
            assert_eq!(printed.as_deref(), expected.as_ref().map(|text| *text), "{text}");
        }
        let both: Prompts = "login consent".parse().unwrap();
        assert!(!both.forbids_pages());
        assert_eq!(Prompts::default().with(Prompt::Consent).to_string(), "consent");
        let none: Prompts = "none".parse().unwrap();
        assert_eq!(none.with(Prompt::Consent), none);
    }

    proptest! {
        #[test]
        fn prints_what_it_read(text in "((none|login|consent|create|select_account|x) ?){0,4}") {
            if let Ok(read) = text.parse::<Prompts>() {
                prop_assert_eq!(read.to_string().parse::<Prompts>(), Ok(read));
            }
        }
    }
}
