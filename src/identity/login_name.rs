//! A name chosen to sign in with; it can never be taken for a phone or a document number.

use std::fmt;

use super::normalise::half_width;
use super::search::certain_keys;
use crate::base::Locale;

/// 4 to 32 small letters, digits, `_`, `-`, `.`, beginning with a letter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LoginName(String);

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginNameProblem {
    /// Nothing but spaces.
    Empty,
    /// Not 4 to 32 characters.
    Length,
    /// Something else than letters, digits, `_`, `-`, `.`.
    Characters,
    /// The first character is no letter.
    FirstCharacter,
    /// It looks like the number of a document.
    LooksLikeDocument,
}

impl LoginName {
    pub const LENGTHS: std::ops::RangeInclusive<usize> = 4..=32;

    /// Reads a name as typed, in any width and case; spaces around it do not count.
    pub fn parse(raw: &str) -> Result<Self, LoginNameProblem> {
        // A full-width character has three bytes, so nothing longer can still fit.
        if raw.len() > 4 * LoginName::LENGTHS.end() {
            return Err(LoginNameProblem::Length);
        }
        let name: String = raw.trim().chars().map(half_width).map(|c| c.to_ascii_lowercase()).collect();
        if name.is_empty() {
            return Err(LoginNameProblem::Empty);
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')) {
            return Err(LoginNameProblem::Characters);
        }
        if !Self::LENGTHS.contains(&name.len()) {
            return Err(LoginNameProblem::Length);
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(LoginNameProblem::FirstCharacter);
        }
        if looks_like_document(&name) {
            return Err(LoginNameProblem::LooksLikeDocument);
        }
        Ok(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginName(•••)")
    }
}

impl LoginNameProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        use LoginNameProblem as P;
        match self {
            P::Empty => locale.pick("请输入登录名。", "Enter a login name."),
            P::Length => locale.pick("登录名应为 4 至 32 个字符。", "A login name has 4 to 32 characters."),
            P::Characters => locale.pick(
                "登录名只能使用字母、数字和 _ - . 。",
                "A login name has only letters, digits and the signs _ - and the full stop.",
            ),
            P::FirstCharacter => locale.pick("登录名应以字母开头。", "A login name begins with a letter."),
            P::LooksLikeDocument => locale.pick(
                "登录名不能像证件号码，请换一个。",
                "A login name must not look like the number of a document. Choose another.",
            ),
        }
    }
}

impl fmt::Display for LoginNameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message(Locale::En))
    }
}

impl std::error::Error for LoginNameProblem {}

/// Numbers of any kind, and passports by the form most countries give them: one or two letters, seven to nine digits.
/// Phone and resident numbers begin with a digit and are refused before.
fn looks_like_document(name: &str) -> bool {
    let letters = name.bytes().take_while(u8::is_ascii_lowercase).count();
    let digits = &name[letters..];
    let passport = matches!(letters, 1 | 2)
        && (7..=9).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit());
    passport || !certain_keys(name).is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use LoginNameProblem as P;

    #[test]
    fn reads_names() {
        let longest = format!("a{}", "b".repeat(31));
        let cases = [
            ("citizen1", "citizen1"),
            (" Li.Lei_88-x ", "li.lei_88-x"),
            ("ｃｉｔｉｚｅｎ１", "citizen1"),
            ("abcd", "abcd"),
            ("zhang20261122", "zhang20261122"),
            // Like a Swiss passport, and still a name.
            ("chen19900101", "chen19900101"),
            (&longest, &longest),
        ];
        for (raw, kept) in cases {
            assert_eq!(LoginName::parse(raw).as_ref().map(LoginName::as_str), Ok(kept), "{raw}");
        }
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let too_long = "a".repeat(33);
        let megabyte = "a".repeat(1 << 20);
        let cases = [
            ("", P::Empty),
            ("\u{3000}", P::Empty),
            ("abc", P::Length),
            (&too_long, P::Length),
            (&megabyte, P::Length),
            ("张三丰张三丰", P::Characters),
            ("li lei", P::Characters),
            ("a@b.cn", P::Characters),
            ("1abcd", P::FirstCharacter),
            ("_abcd", P::FirstCharacter),
            ("13800000001", P::FirstCharacter),
            ("11010519491231002X", P::FirstCharacter),
            ("91350100M000100Y43", P::FirstCharacter),
            ("h12345678", P::LooksLikeDocument),
            ("M1234567801", P::LooksLikeDocument),
            ("kaz110090123105", P::LooksLikeDocument),
            ("E12345678", P::LooksLikeDocument),
            ("ea1234567", P::LooksLikeDocument),
        ];
        for (raw, problem) in cases {
            assert_eq!(LoginName::parse(raw), Err(problem));
            assert_ne!(problem.message(Locale::ZhCn), problem.message(Locale::En));
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_back(raw in "\\PC*|[a-z][a-z0-9_.-]{3,31}") {
            if let Ok(name) = LoginName::parse(&raw) {
                prop_assert_eq!(LoginName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
