//! Mobile numbers of mainland China, the only ones a text message is sent to.

use std::fmt;

use super::normalise;
use crate::base::Locale;

/// Eleven digits, `1[3-9]` and nine more.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why a number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneProblem {
    /// Nothing but spaces.
    Empty,
    /// Not a mobile number of mainland China.
    Form,
}

impl PhoneNumber {
    /// Reads a number as typed: any width, spaces and hyphens anywhere, `+86` or `0086` in front or not.
    pub fn parse(raw: &str) -> Result<Self, PhoneProblem> {
        let text = normalise::number(raw).map_err(|_| PhoneProblem::Form)?.replace('-', "");
        if text.is_empty() {
            return Err(PhoneProblem::Empty);
        }
        let digits = text.strip_prefix("+86").or_else(|| text.strip_prefix("0086")).unwrap_or(&text);
        if !is_mobile(digits) {
            return Err(PhoneProblem::Form);
        }
        Ok(Self(digits.to_owned()))
    }

    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `+86…`, as the `phone_number` claim wants it (OIDC Core §5.1, E.164).
    pub fn e164(&self) -> String {
        format!("+86{}", self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(•••)")
    }
}

impl PhoneProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            PhoneProblem::Empty => locale.pick("请输入手机号码。", "Enter the mobile number."),
            PhoneProblem::Form => locale.pick(
                "请输入 11 位中国大陆手机号码。",
                "Enter a mobile number of mainland China: 11 digits starting with 13 to 19.",
            ),
        }
    }
}

impl fmt::Display for PhoneProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message(Locale::En))
    }
}

impl std::error::Error for PhoneProblem {}

fn is_mobile(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes.starts_with(b"1") && bytes[1] >= b'3'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use PhoneProblem as P;

    #[test]
    fn reads_what_people_type() {
        let cases = [
            "13800000001",
            " 138 0000 0001 ",
            "138-0000-0001",
            "+86 13800000001",
            "＋８６１３８０００００００１",
            "008613800000001",
            "+86-138-0000-0001",
        ];
        for raw in cases {
            let phone = PhoneNumber::parse(raw).unwrap();
            assert_eq!((phone.as_str(), phone.e164().as_str()), ("13800000001", "+8613800000001"), "{raw}");
        }
        assert_eq!(PhoneNumber::parse("19912345678").unwrap().as_str(), "19912345678");
    }

    #[test]
    fn refuses_other_numbers() {
        let megabyte = "1".repeat(1 << 20);
        let cases = [
            ("", P::Empty),
            (" -- ", P::Empty),
            ("12800000001", P::Form),
            ("1380000000", P::Form),
            ("138000000011", P::Form),
            ("+8513800000001", P::Form),
            ("+85298765432", P::Form),
            ("01088888888", P::Form),
            ("1380000000a", P::Form),
            ("١٣٨٠٠٠٠٠٠٠١", P::Form),
            ("+86+8613800000001", P::Form),
            (&megabyte, P::Form),
        ];
        for (raw, problem) in cases {
            assert_eq!(PhoneNumber::parse(raw), Err(problem));
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_reads_back(raw in "\\PC*|[+0-9 -]{0,16}") {
            if let Ok(phone) = PhoneNumber::parse(&raw) {
                prop_assert_eq!(PhoneNumber::parse(&phone.e164()), Ok(phone));
            }
        }
    }
}
