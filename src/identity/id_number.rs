//! Eighteen-character numbers of persons: GB 11643 and the foreigner's card that follows its layout.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::document_problem::DocumentProblem;
use super::id_type::IdType;

/// The sex that a number carries; a person's own claim may differ and is not this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    Male,
    Female,
}

impl Sex {
    /// The value of the `gender` claim (OIDC Core §5.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }
}

/// A citizen identity number: 6 area + 8 birth date + 3 sequence + 1 check (GB 11643-1999 §4).
///
/// Residents of Hong Kong, Macao and Taiwan carry one on their residence permit, with area 81-83.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ResidentNumber {
    text: String,
    birth_date: NaiveDate,
}

/// The number of a foreign permanent resident card: `9` + 2 province + 3 country + 8 birth date + 3 + 1.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ForeignerNumber {
    text: String,
    birth_date: NaiveDate,
}

impl ResidentNumber {
    /// Checks a normalised number; `today` is the date in China.
    ///
    /// The area is checked by its province only: the code is the one at first issue and abolished codes stay valid.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, DocumentProblem> {
        if is_old(text) {
            return Err(DocumentProblem::OldNumber);
        }
        if !has_layout(text) {
            return Err(DocumentProblem::Form(IdType::ResidentId));
        }
        if !is_province(&text[..2]) {
            return Err(DocumentProblem::Area);
        }
        let birth_date = checked(text, today)?;
        Ok(Self { text: text.to_owned(), birth_date })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }

    pub fn sex(&self) -> Sex {
        sex_of(&self.text)
    }
}

impl ForeignerNumber {
    /// Checks a normalised number; `today` is the date in China.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Self, DocumentProblem> {
        if !has_layout(text) || !text.starts_with('9') {
            return Err(DocumentProblem::Form(IdType::ForeignPr));
        }
        if !is_province(&text[1..3]) {
            return Err(DocumentProblem::Area);
        }
        let birth_date = checked(text, today)?;
        Ok(Self { text: text.to_owned(), birth_date })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn birth_date(&self) -> NaiveDate {
        self.birth_date
    }

    pub fn sex(&self) -> Sex {
        sex_of(&self.text)
    }
}

impl fmt::Debug for ResidentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResidentNumber(•••)")
    }
}

impl fmt::Debug for ForeignerNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignerNumber(•••)")
    }
}

/// The 18-character form of a normalised 15-digit number, to search with; `None` when it is not one.
///
/// Sequences 996 to 999 were given to people born in the nineteenth century, hence `18` for them.
pub fn upgraded(text: &str) -> Option<String> {
    if !is_old(text) {
        return None;
    }
    let century = if matches!(&text[12..], "996" | "997" | "998" | "999") { "18" } else { "19" };
    let mut number = format!("{}{century}{}", &text[..6], &text[6..]);
    number.push(check_character(&number)?);
    (is_province(&number[..2]) && calendar_date(&number[6..14]).is_some()).then_some(number)
}

/// The check character over the first 17 digits (ISO 7064 MOD 11-2, weights of GB 11643); `None` unless all are digits.
pub fn check_character(first_seventeen: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    if first_seventeen.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (character, weight) in first_seventeen.chars().zip(WEIGHTS) {
        sum += character.to_digit(10)? * weight;
    }
    CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
}

/// Whether the text has the layout of 17 digits and a digit or `X`, and the check character follows from them.
pub(super) fn is_sound(text: &str) -> bool {
    has_layout(text) && check_character(&text[..17]) == text.chars().last()
}

fn has_layout(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 18
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && (bytes[17].is_ascii_digit() || bytes[17] == b'X')
}

fn is_old(text: &str) -> bool {
    text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Dates before digits before the check character: the first thing named is the place to look.
fn checked(text: &str, today: NaiveDate) -> Result<NaiveDate, DocumentProblem> {
    let birth_date = calendar_date(&text[6..14]).ok_or(DocumentProblem::BirthDate)?;
    if birth_date > today {
        return Err(DocumentProblem::BirthInFuture);
    }
    if !is_sound(text) {
        return Err(DocumentProblem::CheckCharacter);
    }
    Ok(birth_date)
}

/// A date `yyyymmdd` in the calendar; nobody alive at the first issue was born before 1800.
fn calendar_date(digits: &str) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(
        digits.get(..4)?.parse().ok()?,
        digits.get(4..6)?.parse().ok()?,
        digits.get(6..8)?.parse().ok()?,
    )?;
    (date.year() >= 1800).then_some(date)
}

/// The last digit of the sequence: odd male, even female (an ASCII digit is even when its value is).
fn sex_of(text: &str) -> Sex {
    match text.as_bytes().get(16) {
        Some(digit) if digit.is_multiple_of(2) => Sex::Female,
        _ => Sex::Male,
    }
}

/// The two digits of a province, municipality, region or, from 81 on, a residence permit's territory.
fn is_province(two: &str) -> bool {
    let Ok(code) = two.parse::<u8>() else { return false };
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use DocumentProblem as P;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn today() -> NaiveDate {
        day(2026, 6, 30)
    }

    #[test]
    fn reads_valid_numbers() {
        let cases = [
            ("11010519491231002X", day(1949, 12, 31), Sex::Female),
            ("440524188001010014", day(1880, 1, 1), Sex::Male),
            ("810000199408230021", day(1994, 8, 23), Sex::Female),
            ("820000199408230023", day(1994, 8, 23), Sex::Female),
            ("830000199201300022", day(1992, 1, 30), Sex::Female),
            ("710000199408230028", day(1994, 8, 23), Sex::Female),
            ("110105200002290013", day(2000, 2, 29), Sex::Male),
            ("110105202402290011", day(2024, 2, 29), Sex::Male),
        ];
        for (text, birth_date, sex) in cases {
            let number = ResidentNumber::parse(text, today()).unwrap();
            assert_eq!((number.as_str(), number.birth_date(), number.sex()), (text, birth_date, sex));
        }
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let cases = [
            ("110105194912310021", P::CheckCharacter),
            ("110105194912310020", P::CheckCharacter),
            ("11010519491231022X", P::CheckCharacter),
            ("830000199408230013", P::CheckCharacter),
            ("110105200102290010", P::BirthDate),
            ("110105202302290014", P::BirthDate),
            ("110105190002290017", P::BirthDate),
            ("110105194913310021", P::BirthDate),
            ("11010519490431002X", P::BirthDate),
            ("110105194900000021", P::BirthDate),
            ("110105179912310016", P::BirthDate),
            ("110105000012310016", P::BirthDate),
            ("110105209901010012", P::BirthInFuture),
            ("11010520260701001X", P::BirthInFuture),
            ("100105194912310028", P::Area),
            ("160105194912310029", P::Area),
            ("900105194912310027", P::Area),
            ("000000000000000000", P::Area),
            ("610104620927690", P::OldNumber),
            ("", P::Form(IdType::ResidentId)),
            ("1101051949123100", P::Form(IdType::ResidentId)),
            ("11010519491231002", P::Form(IdType::ResidentId)),
            ("11010519491231002XX", P::Form(IdType::ResidentId)),
            ("11010519491231002x", P::Form(IdType::ResidentId)),
            ("11010519491231002Y", P::Form(IdType::ResidentId)),
            ("1101051949123100X2", P::Form(IdType::ResidentId)),
            ("A1010519491231002X", P::Form(IdType::ResidentId)),
            ("+1010519491231002X", P::Form(IdType::ResidentId)),
            ("六六六六六六", P::Form(IdType::ResidentId)),
        ];
        for (text, problem) in cases {
            assert_eq!(ResidentNumber::parse(text, today()), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_birth_today_counts_and_tomorrow_does_not() {
        let text = "11010520260701001X";
        assert!(ResidentNumber::parse(text, day(2026, 7, 1)).is_ok());
        assert_eq!(ResidentNumber::parse(text, day(2026, 6, 30)), Err(P::BirthInFuture));
    }

    #[test]
    fn reads_and_refuses_foreigners() {
        let valid = ForeignerNumber::parse("932682198501010017", today()).unwrap();
        assert_eq!((valid.birth_date(), valid.sex()), (day(1985, 1, 1), Sex::Male));
        let valid = ForeignerNumber::parse("911124198108030024", today()).unwrap();
        assert_eq!((valid.birth_date(), valid.sex()), (day(1981, 8, 3), Sex::Female));
        let cases = [
            ("911124198108030025", P::CheckCharacter),
            ("91112419810230002X", P::BirthDate),
            ("911124209908030023", P::BirthInFuture),
            ("916124198108030029", P::Area),
            ("11010519491231002X", P::Form(IdType::ForeignPr)),
            ("91350100M000100Y43", P::Form(IdType::ForeignPr)),
            ("", P::Form(IdType::ForeignPr)),
        ];
        for (text, problem) in cases {
            assert_eq!(ForeignerNumber::parse(text, today()), Err(problem), "{text}");
        }
    }

    #[test]
    fn upgrades_old_numbers_for_searching() {
        let cases = [
            ("610104620927690", Some("610104196209276908")),
            ("110105491231002", Some("11010519491231002X")),
            ("110105980101996", Some("110105189801019962")),
            ("110105980101997", Some("110105189801019970")),
            ("110105980101999", Some("110105189801019997")),
            ("110105491331002", None),
            ("160105491231002", None),
            ("11010549123100X", None),
            ("KAZ110090123105", None),
            ("", None),
        ];
        for (old, expected) in cases {
            assert_eq!(upgraded(old).as_deref(), expected, "{old}");
        }
        assert_eq!(&upgraded("110105980101995").unwrap()[6..8], "19");
    }

    #[test]
    fn debug_shows_nothing() {
        let number = ResidentNumber::parse("11010519491231002X", today()).unwrap();
        assert!(!format!("{number:?}").contains(|c: char| c.is_ascii_digit()));
        let number = ForeignerNumber::parse("932682198501010017", today()).unwrap();
        assert!(!format!("{number:?}").contains(|c: char| c.is_ascii_digit()));
    }

    proptest! {
        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = ResidentNumber::parse(&text, today());
            let _ = ForeignerNumber::parse(&text, today());
            let _ = upgraded(&text);
            let _ = check_character(&text);
        }

        #[test]
        fn one_wrong_digit_is_always_found(seventeen in "[0-9]{17}", place in 0usize..18, shift in 1u8..10) {
            let mut text = seventeen.clone();
            text.push(check_character(&seventeen).unwrap());
            prop_assert!(is_sound(&text));
            let old = text.as_bytes()[place];
            let new = if old == b'X' { b'0' + shift } else { b'0' + (old - b'0' + shift) % 10 };
            text.replace_range(place..=place, &char::from(new).to_string());
            prop_assert!(!is_sound(&text));
        }

        #[test]
        fn two_neighbours_swapped_are_always_found(seventeen in "[0-9]{17}", place in 0usize..16) {
            let mut text = seventeen.clone();
            text.push(check_character(&seventeen).unwrap());
            let (left, right) = (text.as_bytes()[place], text.as_bytes()[place + 1]);
            text.replace_range(place..place + 2, &format!("{}{}", char::from(right), char::from(left)));
            prop_assert_eq!(is_sound(&text), left == right);
        }
    }
}
