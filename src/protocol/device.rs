//! Requests of devices (RFC 8628): the code a person types, and the answer a device gets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::random::Random;

/// Twenty consonants (RFC 8628 §6.1): no vowels, so that no code reads as a word, and nothing that looks like a digit.
const LETTERS: [char; 20] =
    ['B', 'C', 'D', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Z'];
const LENGTH: usize = 8;
/// Nobody types more than this for a code of eight letters.
const MOST_TYPED: usize = 64;

/// The code on the screen of a device: eight letters, 34 bits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserCode(String);

/// The answer of the device authorization endpoint (RFC 8628 §3.2). There is no `Debug`: it holds codes.
#[derive(Serialize)]
pub struct DeviceAnswer {
    pub device_code: String,
    pub user_code: String,
    pub verification_uri: String,
    pub verification_uri_complete: String,
    /// Seconds.
    pub expires_in: u64,
    /// Seconds.
    pub interval: u64,
}

impl UserCode {
    pub fn new(random: &dyn Random) -> Self {
        let mut letters = String::with_capacity(LENGTH);
        while letters.len() < LENGTH {
            let mut byte = [0u8; 1];
            random.fill(&mut byte);
            // 240 is the largest multiple of twenty in a byte: above it the letters would be skewed.
            if byte[0] < 240 {
                letters.push(LETTERS[usize::from(byte[0] % 20)]);
            }
        }
        Self(letters)
    }

    /// What a person typed: any case, full-width letters, spaces and hyphens of every kind are forgiven.
    pub fn read(typed: &str) -> Option<Self> {
        if typed.chars().count() > MOST_TYPED {
            return None;
        }
        let letters: String = typed.chars().filter(|c| !is_between(*c)).map(plain).collect();
        let fits = letters.len() == LENGTH && letters.chars().all(|c| LETTERS.contains(&c));
        fits.then_some(Self(letters))
    }

    /// The eight letters without the hyphen.
    pub fn letters(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserCode {
    /// As it stands on the device: `BCDF-GHJK`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = self.0.split_at(LENGTH / 2);
        write!(f, "{left}-{right}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

fn is_between(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '_' | '.' | '·' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー' | '－' | '＿' | '．'
        )
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}')
}

/// Full-width letters (U+FF21…, U+FF41…) are those of a Chinese keyboard left in full-width mode.
fn plain(c: char) -> char {
    let narrow = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    narrow.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::random::Seeded;

    #[test]
    fn forgives_how_people_type() {
        let code = UserCode::read("BCDF-GHJK").unwrap();
        assert_eq!((code.letters(), code.to_string().as_str()), ("BCDFGHJK", "BCDF-GHJK"));
        for typed in [
            "bcdfghjk",
            " bCdF ghjk ",
            "b-c-d-f-g-h-j-k",
            "ＢＣＤＦ－ｇｈｊｋ",
            "BCDF—GHJK",
            "BCDF　GHJK\u{200b}",
        ] {
            assert_eq!(UserCode::read(typed), Some(code.clone()), "{typed}");
        }
        for typed in
            ["", "BCDF-GHJ", "BCDF-GHJKL", "ACDF-GHJK", "BCDF-GHJ1", "ＢＣＤＦ－ＧＨＪ１", "<script>", "ﬀﬀﬀﬀ"]
        {
            assert_eq!(UserCode::read(typed), None, "{typed}");
        }
        assert_eq!(UserCode::read(&"-".repeat(100_000)), None);
    }

    #[test]
    fn every_code_reads_back() {
        let random = Seeded::new(7);
        for _ in 0..200 {
            let code = UserCode::new(&random);
            assert_eq!(UserCode::read(&code.to_string().to_lowercase()), Some(code));
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*") {
            let _ = UserCode::read(&text);
        }
    }
}
