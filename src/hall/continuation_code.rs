//! The code on the slip that a verified person continues with at home: 100 random bits a human can type.

use std::fmt;

use zeroize::Zeroizing;

use super::luhn;
use crate::base::Locale;
use crate::base::random::Random;
use crate::crypto::mac;
use crate::identity::normalise::{half_width, is_space};

/// A continuation code: 20 characters of Crockford's base 32 and a check character.
#[derive(Clone, PartialEq, Eq)]
pub struct ContinuationCode(Zeroizing<String>);

/// Why what was typed is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContinuationProblem {
    Empty,
    Form,
    /// The check character does not follow from the others.
    TypedWrongly,
}

const CHARACTERS: usize = 20;
const GROUP: usize = 5;
const MOST_BYTES: usize = 128;
/// Without I, L, O and U: nothing that looks like something else, and no words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl ContinuationCode {
    pub fn new(random: &(dyn Random + 'static)) -> Self {
        let mut bytes = Zeroizing::new([0u8; CHARACTERS]);
        random.fill(&mut *bytes);
        // 256 is a multiple of 32: every character is equally likely, 5 bits each.
        Self(Zeroizing::new(bytes.iter().map(|byte| character(byte % 32)).collect()))
    }

    /// Reads a code as typed: case, spaces, hyphens and full-width characters do not count, O is 0, I and L are 1.
    pub fn parse(typed: &str) -> Result<Self, ContinuationProblem> {
        if typed.len() > MOST_BYTES {
            return Err(ContinuationProblem::Form);
        }
        let mut values = Zeroizing::new(Vec::with_capacity(CHARACTERS + 1));
        for c in typed.chars().map(half_width).filter(|c| !is_space(*c) && !matches!(c, '-' | '–' | '—'))
        {
            values.push(value(c).ok_or(ContinuationProblem::Form)?);
        }
        if values.is_empty() {
            return Err(ContinuationProblem::Empty);
        }
        let Some((check, data)) = values.split_last().filter(|(_, data)| data.len() == CHARACTERS) else {
            return Err(ContinuationProblem::Form);
        };
        if luhn::check_value(data, 32) != *check {
            return Err(ContinuationProblem::TypedWrongly);
        }
        Ok(Self(Zeroizing::new(data.iter().map(|value| character(*value)).collect())))
    }

    /// `ABCDE-FGHJK-MNPQR-STVWX-Y`: as it stands on the slip.
    pub fn printed(&self) -> String {
        let mut text = String::with_capacity(CHARACTERS + 6);
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(c);
        }
        let values: Vec<u8> = self.0.chars().filter_map(value).collect();
        text.push('-');
        text.push(character(luhn::check_value(&values, 32)));
        text
    }

    /// What the database keeps.
    pub(super) fn digest(&self) -> String {
        mac::digest(&self.0)
    }
}

fn character(value: u8) -> char {
    char::from(ALPHABET[usize::from(value % 32)])
}

fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    ALPHABET.iter().position(|known| char::from(*known) == c).and_then(|at| u8::try_from(at).ok())
}

impl fmt::Debug for ContinuationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContinuationCode(•••)")
    }
}

impl ContinuationProblem {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            ContinuationProblem::Empty => {
                locale.pick("请输入回执单上的续办码。", "Enter the continuation code from your slip.")
            }
            ContinuationProblem::Form => locale.pick(
                "续办码由 21 个字母和数字组成，请对照回执单重新输入。",
                "A continuation code has 21 letters and digits. Enter it as the slip shows it.",
            ),
            ContinuationProblem::TypedWrongly => locale.pick(
                "续办码输入有误，请对照回执单逐位核对。",
                "There is a typing error in the code. Compare each character with the slip.",
            ),
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            ContinuationProblem::Empty => "empty",
            ContinuationProblem::Form => "form",
            ContinuationProblem::TypedWrongly => "typed_wrongly",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Seeded;

    #[test]
    fn reads_back_what_it_prints_in_every_dress() {
        for seed in 0..200 {
            let code = ContinuationCode::new(&Seeded::new(seed));
            let printed = code.printed();
            assert_eq!(printed.len(), 25);
            let dressed = [
                printed.to_lowercase(),
                printed.replace('-', " "),
                printed.replace('0', "o").replace('1', "l"),
                printed.replace('0', "O").replace('1', "i"),
                printed.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect(),
            ];
            for text in dressed {
                assert_eq!(ContinuationCode::parse(&text), Ok(code.clone()), "{text}");
            }
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let printed = ContinuationCode::new(&Seeded::new(3)).printed();
        let first = if printed.starts_with('7') { "8" } else { "7" };
        let wrong = format!("{first}{}", &printed[1..]);
        let long = "A".repeat(1 << 20);
        for (typed, problem) in [
            ("", ContinuationProblem::Empty),
            ("ABC", ContinuationProblem::Form),
            (&printed.replace('-', "U"), ContinuationProblem::Form),
            (&format!("{printed}0"), ContinuationProblem::Form),
            (&long, ContinuationProblem::Form),
            (&wrong, ContinuationProblem::TypedWrongly),
        ] {
            assert_eq!(ContinuationCode::parse(typed), Err(problem));
        }
    }
}
