//! The code of a visit: 16 random digits and one check digit, printed in groups of four.

use std::fmt;

use zeroize::Zeroizing;

use super::luhn;
use crate::base::Fault;
use crate::base::random::Random;
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::identity::normalise::{half_width, is_space};

/// A visit's code. It opens a visit at a window, so it never prints by itself.
#[derive(Clone, PartialEq, Eq)]
pub struct VisitCode(Zeroizing<String>);

/// Why what was typed is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeProblem {
    Empty,
    /// Not 16 or 17 digits.
    Form,
    /// The check digit does not follow from the others.
    TypedWrongly,
}

const DIGITS: usize = 16;
/// More is not read.
const MOST_BYTES: usize = 128;

impl VisitCode {
    pub fn new(random: &(dyn Random + 'static)) -> Self {
        Self(Zeroizing::new(random.digits(DIGITS)))
    }

    /// Reads a code as typed or scanned: spaces, hyphens and full-width digits are understood; the check digit may be left
    /// out, since older slips and hurried people do.
    pub fn parse(typed: &str) -> Result<Self, CodeProblem> {
        if typed.len() > MOST_BYTES {
            return Err(CodeProblem::Form);
        }
        let digits: Zeroizing<String> = Zeroizing::new(
            typed
                .chars()
                .map(half_width)
                .filter(|c| !is_space(*c) && !matches!(c, '-' | '–' | '—'))
                .collect(),
        );
        if digits.is_empty() {
            return Err(CodeProblem::Empty);
        }
        if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 16 | 17) {
            return Err(CodeProblem::Form);
        }
        let code = Self(Zeroizing::new(digits[..DIGITS].to_owned()));
        if digits.len() > DIGITS && digits.as_bytes()[DIGITS] != code.check_digit() {
            return Err(CodeProblem::TypedWrongly);
        }
        Ok(code)
    }

    /// `1234 5678 9012 3456 7`: as it is printed and read out.
    pub fn printed(&self) -> String {
        let mut text = String::with_capacity(DIGITS + 6);
        for (at, digit) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push(' ');
            }
            text.push(digit);
        }
        text.push(' ');
        text.push(char::from(self.check_digit()));
        text
    }

    /// The 17 digits without spaces, as a QR code carries them.
    pub fn digits(&self) -> String {
        format!("{}{}", *self.0, char::from(self.check_digit()))
    }

    /// What the database finds it by. The keyed digest keeps 53 bits from being tried out against a copy of the table.
    pub(super) fn fingerprint(&self, keys: &Keys) -> String {
        keys.mac.of(Purpose::VisitCode, &[self.0.as_bytes()])
    }

    /// The text that is sealed, and what was sealed.
    pub(super) fn plain(&self) -> &str {
        &self.0
    }

    pub(super) fn of_plain(text: String, visit: &str) -> Result<Self, Fault> {
        Self::parse(&text).map_err(|_| Fault::inconsistent("visit", visit, "code is not one"))
    }

    fn check_digit(&self) -> u8 {
        let values: Vec<u8> = self.0.bytes().map(|b| b - b'0').collect();
        b'0' + luhn::check_value(&values, 10)
    }
}

impl fmt::Debug for VisitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitCode(•••)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Seeded;

    #[test]
    fn reads_back_what_it_prints_in_every_dress() {
        let code = VisitCode::new(&Seeded::new(7));
        let printed = code.printed();
        assert_eq!(printed.len(), 21);
        let dressed = [
            printed.clone(),
            code.digits(),
            printed.replace(' ', "-"),
            format!("  {} ", printed.replace(' ', "\u{3000}")),
            printed
                .chars()
                .map(|c| if c == ' ' { c } else { char::from_u32(u32::from(c) + 0xFEE0).unwrap() })
                .collect(),
            printed[..19].to_owned(),
        ];
        for text in dressed {
            assert_eq!(VisitCode::parse(&text), Ok(code.clone()), "{text}");
        }
        assert!(!format!("{code:?}").contains(&code.digits()[..4]));
    }

    #[test]
    fn says_what_is_wrong() {
        let mut wrong = VisitCode::new(&Seeded::new(7)).digits();
        let last = wrong.pop().unwrap();
        wrong.push(if last == '0' { '1' } else { '0' });
        let long = "1".repeat(1 << 20);
        for (typed, problem) in [
            ("", CodeProblem::Empty),
            (" - ", CodeProblem::Empty),
            ("123", CodeProblem::Form),
            ("123456789012345678", CodeProblem::Form),
            ("1234 5678 9012 345a", CodeProblem::Form),
            (&long, CodeProblem::Form),
            (&wrong, CodeProblem::TypedWrongly),
        ] {
            assert_eq!(VisitCode::parse(typed), Err(problem));
        }
    }
}
