//! What a citizen's new password must be: 8 to 64 characters, not one that everybody knows; no composition theatre (NIST SP 800-63B §3.1.1.2).

use crate::base::{Locale, Secret};

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    TooShort,
    TooLong,
    WellKnown,
    /// The same character over and over, or a run of the keyboard or the alphabet.
    Pattern,
}

/// The passwords that leaks show most, in lower case, one a line; those under 8 characters are refused by length.
const WELL_KNOWN: &str = include_str!("well_known_passwords.txt");

impl PasswordProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            Self::TooShort => locale.pick("密码至少需要 8 个字符。", "A password has at least 8 characters."),
            Self::TooLong => locale.pick("密码最多 64 个字符。", "A password has at most 64 characters."),
            Self::WellKnown => locale.pick(
                "这个密码太常见，已在公开泄露的密码中出现，请换一个。",
                "This password is too common; it appears in public leaks. Choose another one.",
            ),
            Self::Pattern => locale.pick(
                "这个密码只是重复或连续的字符，请换一个。",
                "This password only repeats or counts up. Choose another one.",
            ),
        }
    }
}

pub fn check(password: &Secret) -> Result<(), PasswordProblem> {
    let text = password.expose();
    let length = text.chars().count();
    if length < 8 {
        return Err(PasswordProblem::TooShort);
    }
    if length > 64 {
        return Err(PasswordProblem::TooLong);
    }
    let lower = text.to_lowercase();
    if WELL_KNOWN.lines().any(|known| known == lower) {
        return Err(PasswordProblem::WellKnown);
    }
    if is_pattern(&lower) { Err(PasswordProblem::Pattern) } else { Ok(()) }
}

/// Rows that fingers and tongues run along, each going on at its beginning: 12345678901, 0987654321, qwertyuiopqw.
const ROWS: [&str; 5] = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// The same character over and over, or one step along the same row each time.
fn is_pattern(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let same = letters.windows(2).all(|pair| pair[0] == pair[1]);
    same || runs_by_code(&letters) || ROWS.iter().any(|row| runs_along(row, &letters))
}

/// Neighbours in Unicode, which are neighbours in many alphabets.
fn runs_by_code(letters: &[char]) -> bool {
    let step = |pair: &[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
    [1, -1].into_iter().any(|direction| letters.windows(2).all(|pair| step(pair) == direction))
}

fn runs_along(row: &str, letters: &[char]) -> bool {
    let places: Option<Vec<usize>> =
        letters.iter().map(|letter| row.chars().position(|other| other == *letter)).collect();
    let Some(places) = places else { return false };
    let step = |pair: &[usize]| (pair[1] + row.len() - pair[0]) % row.len();
    [1, row.len() - 1].into_iter().any(|direction| places.windows(2).all(|pair| step(pair) == direction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_leaks_decide_nothing_else_does() {
        let long = "长安".repeat(32);
        let cases = [
            ("short77", Err(PasswordProblem::TooShort)),
            ("Password123", Err(PasswordProblem::WellKnown)),
            ("1qaz2wsx", Err(PasswordProblem::WellKnown)),
            ("99999999", Err(PasswordProblem::WellKnown)),
            ("bbbbbbbbbbbb", Err(PasswordProblem::Pattern)),
            ("lmnopqrst", Err(PasswordProblem::Pattern)),
            ("12345678901", Err(PasswordProblem::Pattern)),
            ("0123456789012", Err(PasswordProblem::Pattern)),
            ("32109876543210", Err(PasswordProblem::Pattern)),
            ("xyzabcdef", Err(PasswordProblem::Pattern)),
            ("QWERTYUIOPQ", Err(PasswordProblem::Pattern)),
            ("lkjhgfdsa", Err(PasswordProblem::Pattern)),
            ("一丁丂七丄丅丆万", Err(PasswordProblem::Pattern)),
            ("13579246801", Ok(())),
            ("qwertasdfg", Ok(())),
            ("correct horse battery", Ok(())),
            ("只有中文的密码也可以", Ok(())),
            (long.as_str(), Ok(())),
        ];
        for (password, expected) in cases {
            assert_eq!(check(&Secret::new(password)), expected, "{password}");
        }
        assert_eq!(check(&Secret::new("长".repeat(65))), Err(PasswordProblem::TooLong));
    }
}
