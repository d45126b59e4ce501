//! What a citizen's new password must be: 8 to 64 characters, not one that everybody knows; no composition theatre (NIST SP 800-63B §3.1.1.2).

use chrono::NaiveDate;

use crate::base::{Locale, Secret};

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    TooShort,
    TooLong,
    WellKnown,
    /// The same few characters over and over, a run of the keyboard or the alphabet, or a date.
    Pattern,
    /// Little else than what the person is known by.
    OfOneself,
}

const SHORTEST: usize = 8;

/// The passwords that leaks show most, in lower case, one a line: those of Django's list (`common-passwords.txt`, the 20,000
/// commonest of the large leaks), and those commonest in China. Shorter ones are refused by length.
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
                "这个密码只是重复、连续的字符或日期，请换一个。",
                "This password only repeats or counts up, or is a date. Choose another one.",
            ),
            Self::OfOneself => locale.pick(
                "这个密码主要由您的证件号码、出生日期、手机号码或登录名组成，请换一个。",
                "This password is little more than your document number, birth date, phone or login name. Choose another one.",
            ),
        }
    }
}

/// `own`: what the person is known by, which whoever guesses tries first.
pub fn check(password: &Secret, own: &[String]) -> Result<(), PasswordProblem> {
    let text = password.expose();
    let length = text.chars().count();
    if length < SHORTEST {
        return Err(PasswordProblem::TooShort);
    }
    if length > 64 {
        return Err(PasswordProblem::TooLong);
    }
    let lower = text.to_lowercase();
    if WELL_KNOWN.lines().any(|known| known == lower) {
        return Err(PasswordProblem::WellKnown);
    }
    if is_pattern(&lower) || is_date(&lower) {
        return Err(PasswordProblem::Pattern);
    }
    if is_of_oneself(&lower, own) { Err(PasswordProblem::OfOneself) } else { Ok(()) }
}

/// Whether it is a part of what the person is known by, or not long enough without it.
fn is_of_oneself(text: &str, own: &[String]) -> bool {
    let own: Vec<String> =
        own.iter().map(|word| word.to_lowercase()).filter(|word| !word.is_empty()).collect();
    let rest = own.iter().fold(text.to_owned(), |rest, word| rest.replace(word.as_str(), ""));
    let short = rest.len() < text.len() && rest.chars().count() < SHORTEST;
    short || own.iter().any(|word| word.contains(text))
}

/// A day of somebody's life: 19900307, 1990-03-07, 07.03.1990.
fn is_date(text: &str) -> bool {
    if !text.chars().all(|c| c.is_ascii_digit() || "-./_ 年月日".contains(c)) {
        return false;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = |range: std::ops::Range<usize>| digits.get(range).and_then(|part| part.parse::<u32>().ok());
    let day = |year, month, day| {
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        let year = i32::try_from(year).ok().filter(|year| (1900..2100).contains(year))?;
        NaiveDate::from_ymd_opt(year, month, day)
    };
    digits.len() == 8
        && [day(0..4, 4..6, 6..8), day(4..8, 2..4, 0..2), day(4..8, 0..2, 2..4)].iter().any(Option::is_some)
}

/// Rows that fingers and tongues run along, each going on at its beginning: 12345678901, 0987654321, qwertyuiopqw.
const ROWS: [&str; 5] = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Up to four characters over and over, or one step along the same row each time.
fn is_pattern(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let again = |length| letters.iter().zip(letters.iter().skip(length)).all(|(one, other)| one == other);
    (1..=4).any(again) || runs_by_code(&letters) || ROWS.iter().any(|row| runs_along(row, &letters))
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
        let long: String = (0..64).filter_map(|step| char::from_u32(0x4e00 + step * step)).collect();
        let cases = [
            ("short77", Err(PasswordProblem::TooShort)),
            ("Password123", Err(PasswordProblem::WellKnown)),
            ("1qaz2wsx", Err(PasswordProblem::WellKnown)),
            ("99999999", Err(PasswordProblem::WellKnown)),
            ("bbbbbbbbbbbb", Err(PasswordProblem::Pattern)),
            ("lmnopqrst", Err(PasswordProblem::Pattern)),
            ("23456789012", Err(PasswordProblem::Pattern)),
            ("0123456789012", Err(PasswordProblem::Pattern)),
            ("32109876543210", Err(PasswordProblem::Pattern)),
            ("xyzabcdef", Err(PasswordProblem::Pattern)),
            ("QWERTYUIOPQ", Err(PasswordProblem::Pattern)),
            ("lkjhgfdsal", Err(PasswordProblem::Pattern)),
            ("一丁丂七丄丅丆万", Err(PasswordProblem::Pattern)),
            ("sunshine1", Err(PasswordProblem::WellKnown)),
            ("woaini1314", Err(PasswordProblem::WellKnown)),
            ("xyz9xyz9xyz9", Err(PasswordProblem::Pattern)),
            ("长安长安长安长安", Err(PasswordProblem::Pattern)),
            ("19900307", Err(PasswordProblem::Pattern)),
            ("1990年03月07日", Err(PasswordProblem::Pattern)),
            ("07.03.1990", Err(PasswordProblem::Pattern)),
            ("1990-13-07x", Ok(())),
            ("89903071", Ok(())),
            ("13579246801", Ok(())),
            ("qwertlkjhg", Ok(())),
            ("correct horse battery", Ok(())),
            ("只有中文的密码也可以", Ok(())),
            (long.as_str(), Ok(())),
        ];
        for (password, expected) in cases {
            assert_eq!(check(&Secret::new(password), &[]), expected, "{password}");
        }
        assert_eq!(check(&Secret::new("长".repeat(65)), &[]), Err(PasswordProblem::TooLong));
    }

    #[test]
    fn what_one_is_known_by_is_no_password() {
        let own = ["11010519491231002X", "19491231", "13800138000", "Li-Fang"].map(str::to_owned);
        let cases = [
            ("11010519491231002x", false),
            ("19491231002X", false),
            ("a13800138000", false),
            ("lifang19491231", false),
            ("li-fang19491231", false),
            ("Li-Fang123!", false),
            ("li-fang mag Laternen", true),
            ("quiet-lantern-88", true),
        ];
        for (password, good) in cases {
            let expected = if good { Ok(()) } else { Err(PasswordProblem::OfOneself) };
            assert_eq!(check(&Secret::new(password), &own), expected, "{password}");
        }
        assert_eq!(check(&Secret::new("quiet-lantern-88"), &[String::new()]), Ok(()));
    }

    #[test]
    fn the_list_holds_what_could_be_chosen() {
        assert!(WELL_KNOWN.lines().count() > 8_000);
        for line in WELL_KNOWN.lines() {
            let fits = (SHORTEST..=64).contains(&line.chars().count()) && line.to_lowercase() == line;
            assert!(fits, "{line}");
        }
    }
}
