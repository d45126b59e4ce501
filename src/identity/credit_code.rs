//! The unified social credit code of enterprises and other organisations (GB 32100-2015).

use std::fmt;

use super::normalise;
use crate::base::Locale;

/// A checked code: 1 department + 1 category + 6 area + 9 organisation code + 1 check.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreditCode(String);

/// Why a code is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditCodeProblem {
    /// Nothing but spaces.
    Empty,
    /// Not 18 characters.
    Length,
    /// A letter that the code never uses (I, O, S, V, Z) or something that is no letter or digit.
    Alphabet,
    /// Characters 3 to 8 are not digits.
    Area,
    /// The last character does not follow from the others.
    CheckCharacter,
}

/// Something odd in a code that is accepted all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditCodeAdvisory {
    /// The organisation code inside does not have its own check character (GB 11714).
    OrganisationCheck,
}

/// The alphabet in order of value: no I, O, S, V, Z, which are read as 1, 0, 5, U, 2.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

impl CreditCode {
    /// Reads a code as typed: any width, any case, spaces anywhere.
    pub fn parse(raw: &str) -> Result<Self, CreditCodeProblem> {
        let text = normalise::number(raw).map_err(|_| CreditCodeProblem::Length)?;
        if text.is_empty() {
            return Err(CreditCodeProblem::Empty);
        }
        if text.chars().count() != 18 {
            return Err(CreditCodeProblem::Length);
        }
        if !text.chars().all(|c| ALPHABET.contains(c)) {
            return Err(CreditCodeProblem::Alphabet);
        }
        if !text[2..8].bytes().all(|b| b.is_ascii_digit()) {
            return Err(CreditCodeProblem::Area);
        }
        if check_character(&text[..17]) != text.chars().last() {
            return Err(CreditCodeProblem::CheckCharacter);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nine characters of the organisation code.
    pub fn organisation_code(&self) -> &str {
        &self.0[8..17]
    }

    /// What a person looking at the code should be told.
    pub fn advisory(&self) -> Option<CreditCodeAdvisory> {
        let (code, check) = self.organisation_code().split_at(8);
        let agrees = organisation_check(code) == check.chars().next();
        (!agrees).then_some(CreditCodeAdvisory::OrganisationCheck)
    }
}

impl fmt::Debug for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CreditCode(•••)")
    }
}

impl CreditCodeProblem {
    /// What is wrong and what to do.
    pub fn message(self, locale: Locale) -> &'static str {
        use CreditCodeProblem as P;
        match self {
            P::Empty => locale.pick("请输入统一社会信用代码。", "Enter the unified social credit code."),
            P::Length => locale.pick(
                "统一社会信用代码应为 18 位，请核对营业执照。",
                "A unified social credit code has 18 characters. Check the business licence.",
            ),
            P::Alphabet => locale.pick(
                "代码只含数字和大写字母，且没有 I、O、S、V、Z；请检查是否应为 1、0、5、U、2。",
                "The code has digits and letters but never I, O, S, V or Z. Check whether 1, 0, 5, U or 2 is meant.",
            ),
            P::Area => locale.pick(
                "第 3 至 8 位应为数字，请对照营业执照核对。",
                "Characters 3 to 8 must be digits. Compare them with the business licence.",
            ),
            P::CheckCharacter => locale.pick(
                "最后一位与前面对不上，请对照营业执照逐位核对。",
                "The last character does not match the others. Compare each one with the business licence.",
            ),
        }
    }
}

impl fmt::Display for CreditCodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message(Locale::En))
    }
}

impl std::error::Error for CreditCodeProblem {}

impl CreditCodeAdvisory {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            CreditCodeAdvisory::OrganisationCheck => locale.pick(
                "代码中的组织机构代码校验位不符，请再核对一次。",
                "The organisation code inside has an unexpected check character. Please look once more.",
            ),
        }
    }
}

/// The check character over the first 17 (GB 32100-2015 §5.2): weights are the powers of 3 modulo 31.
fn check_character(first_seventeen: &str) -> Option<char> {
    let mut sum = 0usize;
    let mut weight = 1usize;
    for character in first_seventeen.chars() {
        sum += ALPHABET.find(character)? * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31)
}

/// The check character of an organisation code (GB 11714): letters count from A = 10 in the whole alphabet.
fn organisation_check(first_eight: &str) -> Option<char> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    for (character, weight) in first_eight.chars().zip(WEIGHTS) {
        sum += character.to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use CreditCodeProblem as P;

    #[test]
    fn reads_valid_codes() {
        let cases = [
            "91350100M000100Y43",
            "91440300708461136T",
            "91110000600037341L",
            "51100000500019541K",
            "11330283002982634F",
        ];
        for text in cases {
            let code = CreditCode::parse(text).unwrap();
            assert_eq!(code.as_str(), text);
            assert_eq!(code.advisory(), None, "{text}");
        }
        let typed = CreditCode::parse(" ９１３５０１００ m000100y 43 ").unwrap();
        assert_eq!(typed.as_str(), "91350100M000100Y43");
        assert_eq!(typed.organisation_code(), "M000100Y4");
    }

    #[test]
    fn warns_about_the_organisation_code_and_accepts() {
        let code = CreditCode::parse("91110000600037342P").unwrap();
        assert_eq!(code.advisory(), Some(CreditCodeAdvisory::OrganisationCheck));
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let megabyte = "9".repeat(1 << 20);
        let cases = [
            ("91350100M000100Y4Z", P::Alphabet),
            ("9135O100M000100Y43", P::Alphabet),
            ("91350100M000100Y4-", P::Alphabet),
            ("九1350100M000100Y43", P::Alphabet),
            ("91350100M000100Y44", P::CheckCharacter),
            ("91350100M000100Y34", P::CheckCharacter),
            ("91A50100M000100Y43", P::Area),
            ("91350100M000100Y4", P::Length),
            ("91350100M000100Y433", P::Length),
            ("", P::Empty),
            ("\u{3000}", P::Empty),
            (&megabyte, P::Length),
        ];
        for (raw, problem) in cases {
            assert_eq!(CreditCode::parse(raw), Err(problem));
            assert_ne!(problem.message(Locale::ZhCn), problem.message(Locale::En));
        }
    }

    proptest! {
        #[test]
        fn never_panics(raw in any::<String>()) {
            let _ = CreditCode::parse(&raw).map(|code| code.advisory());
        }

        #[test]
        fn one_wrong_character_is_always_found(first in "[1-9][0-9]{16}", place in 0usize..17, other in "[0-9A-H]") {
            let mut text = first.clone();
            text.push(check_character(&first).unwrap());
            prop_assert!(CreditCode::parse(&text).is_ok());
            let same = text[place..=place] == other;
            text.replace_range(place..=place, &other);
            prop_assert_eq!(CreditCode::parse(&text).is_ok(), same);
        }
    }
}
