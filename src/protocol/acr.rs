//! Levels as `acr` names them: of the person (`urn:tongyao:loa:N`) and of the sign-in (`urn:tongyao:aal:N`).

use std::fmt;
use std::str::FromStr;

use super::text::travels_as_text;

const LOA: &str = "urn:tongyao:loa:";
const AAL: &str = "urn:tongyao:aal:";
const MOST_CHARACTERS: usize = 2048;
const MOST_VALUES: usize = 32;

/// One authentication context class; reading a text never gives a number out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Acr {
    /// How sure we are of the person: 0 to 3.
    Loa(u8),
    /// How strong the sign-in was: 1 to 3.
    Aal(u8),
}

/// The text names no level of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known acr value")]
pub struct UnknownAcr;

impl Acr {
    /// Every level, lowest first.
    pub const ALL: [Acr; 7] =
        [Acr::Loa(0), Acr::Loa(1), Acr::Loa(2), Acr::Loa(3), Acr::Aal(1), Acr::Aal(2), Acr::Aal(3)];

    /// Whether who has reached this level has reached `other` as well. The two kinds say nothing of each other.
    pub fn serves_for(self, other: Acr) -> bool {
        match (self, other) {
            (Acr::Loa(own), Acr::Loa(other)) | (Acr::Aal(own), Acr::Aal(other)) => own >= other,
            _ => false,
        }
    }
}

impl FromStr for Acr {
    type Err = UnknownAcr;

    fn from_str(text: &str) -> Result<Self, UnknownAcr> {
        let level = |digit: &str, lowest: u8| match digit.as_bytes() {
            [digit @ b'0'..=b'3'] if *digit - b'0' >= lowest => Ok(*digit - b'0'),
            _ => Err(UnknownAcr),
        };
        if let Some(digit) = text.strip_prefix(LOA) {
            level(digit, 0).map(Acr::Loa)
        } else if let Some(digit) = text.strip_prefix(AAL) {
            level(digit, 1).map(Acr::Aal)
        } else {
            Err(UnknownAcr)
        }
    }
}

impl fmt::Display for Acr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Acr::Loa(level) => write!(f, "{LOA}{level}"),
            Acr::Aal(level) => write!(f, "{AAL}{level}"),
        }
    }
}

travels_as_text!(Acr);

/// `acr_values`: levels in order of preference (OIDC Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AcrValues {
    known: Vec<Acr>,
    unknown: Vec<String>,
}

/// The list is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("acr_values is longer than 32 values or 2048 characters")]
pub struct TooManyAcrValues;

impl AcrValues {
    /// A list from single values, unknown ones kept apart.
    pub fn of<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, TooManyAcrValues> {
        let mut list = Self::default();
        let mut characters = 0usize;
        for (count, value) in values.into_iter().enumerate() {
            characters = characters.saturating_add(value.len() + 1);
            if count == MOST_VALUES || characters > MOST_CHARACTERS + 1 {
                return Err(TooManyAcrValues);
            }
            match value.parse() {
                Ok(acr) => list.known.push(acr),
                Err(UnknownAcr) => list.unknown.push(value.to_owned()),
            }
        }
        Ok(list)
    }

    /// The levels we know, the preferred one first.
    pub fn known(&self) -> &[Acr] {
        &self.known
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.unknown.is_empty()
    }
}

impl FromStr for AcrValues {
    type Err = TooManyAcrValues;

    fn from_str(text: &str) -> Result<Self, TooManyAcrValues> {
        Self::of(text.split(' ').filter(|value| !value.is_empty()))
    }
}

impl fmt::Display for AcrValues {
    /// Known values first: among them the order of preference stays.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.iter().map(Acr::to_string);
        for (position, value) in known.chain(self.unknown.iter().cloned()).enumerate() {
            write!(f, "{}{value}", if position > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

travels_as_text!(AcrValues);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_every_level_and_no_other() {
        for acr in Acr::ALL {
            assert_eq!(acr.to_string().parse(), Ok(acr));
        }
        for text in
            ["urn:tongyao:loa:4", "urn:tongyao:aal:0", "urn:tongyao:loa:03", "urn:tongyao:loa:", "3", ""]
        {
            assert_eq!(text.parse::<Acr>(), Err(UnknownAcr), "{text}");
        }
    }

    #[test]
    fn keeps_preference_and_sets_strangers_apart() {
        let values: AcrValues = "urn:tongyao:loa:3 0 urn:tongyao:aal:2".parse().unwrap();
        assert_eq!(values.known(), [Acr::Loa(3), Acr::Aal(2)]);
        assert_eq!(values.unknown, ["0"]);
        assert_eq!("0 ".repeat(33).parse::<AcrValues>(), Err(TooManyAcrValues));
        assert_eq!("x".repeat(2049).parse::<AcrValues>(), Err(TooManyAcrValues));
        assert!("x".repeat(2048).parse::<AcrValues>().is_ok());
    }

    proptest! {
        #[test]
        fn prints_what_it_read(text in "((urn:tongyao:(loa|aal):[0-4]|[^ ]{0,5}) ?){0,6}") {
            if let Ok(read) = text.parse::<AcrValues>() {
                prop_assert_eq!(read.to_string().parse::<AcrValues>(), Ok(read));
            }
        }
    }
}
