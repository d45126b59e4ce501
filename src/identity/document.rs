//! One document of a natural person: kind, number, issuing country, and when two of them mean the same person.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::country::Country;
use super::credit_code::CreditCode;
use super::document_problem::DocumentProblem;
use super::id_number::{ForeignerNumber, ResidentNumber, Sex};
use super::id_type::IdType;
use super::{mrz, normalise};
use crate::base::Locale;

/// A document whose number passed every rule of its kind.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    kind: IdType,
    number: String,
    issuing_country: Option<Country>,
    birth_date: Option<NaiveDate>,
    sex: Option<Sex>,
    advisories: Vec<Advisory>,
}

/// Something odd in a document that is accepted all the same: to be shown to whoever looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advisory {
    /// The older permanent resident card's 7-3-1 check digit does not follow from the others.
    CheckDigit,
    /// The older permanent resident card's birth date is not in the calendar.
    BirthDate,
    /// A resident number whose area (81-83) is that of a residence permit of this kind.
    PermitArea(IdType),
}

/// The text whose fingerprint finds a person: equal exactly when two documents mean the same person.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey(String);

impl Document {
    /// Reads a number as typed. `country` counts for passports only; `today` is the date in China.
    pub fn parse(
        kind: IdType,
        raw: &str,
        country: Option<&str>,
        today: NaiveDate,
    ) -> Result<Document, DocumentProblem> {
        let number = normalise::number(raw).map_err(|_| DocumentProblem::TooLong)?;
        if number.is_empty() {
            return Err(DocumentProblem::Empty);
        }
        match kind {
            IdType::ResidentId => resident_id(&number, today),
            IdType::ResidencePermitHk | IdType::ResidencePermitMo | IdType::ResidencePermitTw => {
                residence_permit(kind, &number, today)
            }
            IdType::ForeignPr => foreign_pr(&number, today),
            IdType::ForeignPrOld => foreign_pr_old(number, today),
            IdType::HkmoTravelPermit => formed(kind, number, is_hkmo_travel_permit),
            IdType::TwTravelPermit => formed(kind, number, is_tw_travel_permit),
            IdType::Passport => passport(number, country),
        }
    }

    pub fn kind(&self) -> IdType {
        self.kind
    }

    /// The normalised number, in full.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// Of passports only.
    pub fn issuing_country(&self) -> Option<Country> {
        self.issuing_country
    }

    /// The birth date in the number; none where the kind carries none or its two-digit year fits two centuries.
    pub fn birth_date(&self) -> Option<NaiveDate> {
        self.birth_date
    }

    /// The sex in the number, where the kind carries one.
    pub fn sex(&self) -> Option<Sex> {
        self.sex
    }

    pub fn advisories(&self) -> &[Advisory] {
        &self.advisories
    }

    /// The key under which this person is looked up.
    pub fn same_person_key(&self) -> PersonKey {
        PersonKey::of(self.kind, &self.number, self.issuing_country)
    }

    fn plain(kind: IdType, number: String) -> Self {
        Self { kind, number, issuing_country: None, birth_date: None, sex: None, advisories: Vec::new() }
    }
}

impl PersonKey {
    /// The key of a normalised, well-formed number.
    ///
    /// Travel permits are re-issued under the same first 9 (Hong Kong, Macao) or 8 (Taiwan) characters.
    pub(super) fn of(kind: IdType, number: &str, country: Option<Country>) -> Self {
        let text = match kind {
            IdType::ResidentId
            | IdType::ResidencePermitHk
            | IdType::ResidencePermitMo
            | IdType::ResidencePermitTw => return Self::of_resident_number(number),
            IdType::ForeignPr => format!("foreign_pr:{number}"),
            IdType::ForeignPrOld => format!("foreign_pr_old:{number}"),
            IdType::HkmoTravelPermit => format!("hkmo_travel_permit:{}", number.get(..9).unwrap_or(number)),
            IdType::TwTravelPermit => format!("tw_travel_permit:{}", number.get(..8).unwrap_or(number)),
            IdType::Passport => format!("passport:{}:{number}", country.map_or("", Country::as_str)),
        };
        Self(text)
    }

    /// The area, not the declared kind, says which space a number is in: a permit's number declared as a resident
    /// number still finds its person.
    fn of_resident_number(number: &str) -> Self {
        match IdType::of_permit_area(number) {
            Some(_) => Self(format!("residence_permit:{number}")),
            None => Self(format!("resident_id:{number}")),
        }
    }

    /// The text to fingerprint. Personal data: never logged, never stored as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(•••)")
    }
}

impl Advisory {
    /// What to look at.
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            Advisory::CheckDigit => locale.pick(
                "最后一位校验码不符，请对照证件再核对一次。",
                "The last digit is not the expected check digit. Compare it with the card once more.",
            ),
            Advisory::BirthDate => locale.pick(
                "号码中的出生日期不存在，请对照证件再核对一次。",
                "The birth date in the number is not in the calendar. Compare it with the card once more.",
            ),
            Advisory::PermitArea(_) => locale.pick(
                "这个号码属于港澳台居民居住证，请确认证件类型。",
                "This number belongs to a residence permit for Hong Kong, Macao or Taiwan. Check the kind of document.",
            ),
        }
    }
}

/// `[HM]`, 8 digits, and from the second issue on 2 more.
pub(super) fn is_hkmo_travel_permit(number: &str) -> bool {
    number.strip_prefix(['H', 'M']).is_some_and(|digits| matches!(digits.len(), 8 | 10) && all_digits(digits))
}

/// 8 digits, 2 more where there are several issues, and the letter in brackets of older cards.
pub(super) fn is_tw_travel_permit(number: &str) -> bool {
    let digits = match number.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        Some((digits, letter)) if letter.len() == 1 && letter.bytes().all(|b| b.is_ascii_uppercase()) => {
            digits
        }
        Some(_) => return false,
        None => number,
    };
    matches!(digits.len(), 8 | 10) && all_digits(digits)
}

/// 3 letters and 12 digits.
pub(super) fn is_foreign_pr_old(number: &str) -> bool {
    let (letters, digits) = number.as_bytes().split_at(number.len().min(3));
    number.len() == 15 && letters.iter().all(u8::is_ascii_uppercase) && digits.iter().all(u8::is_ascii_digit)
}

/// 6 to 20 letters and digits.
pub(super) fn is_passport(number: &str) -> bool {
    (6..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn resident_id(text: &str, today: NaiveDate) -> Result<Document, DocumentProblem> {
    let number = ResidentNumber::parse(text, today).map_err(|problem| explained(text, today, problem))?;
    let mut document = of_resident_number(IdType::ResidentId, &number);
    document.advisories.extend(IdType::of_permit_area(text).map(Advisory::PermitArea));
    Ok(document)
}

/// A number beginning with 9 is no resident number; if it is a good number of something else, that is what helps.
fn explained(text: &str, today: NaiveDate, problem: DocumentProblem) -> DocumentProblem {
    if ForeignerNumber::parse(text, today).is_ok() {
        DocumentProblem::OtherKind(IdType::ForeignPr)
    } else if CreditCode::parse(text).is_ok() {
        DocumentProblem::EnterpriseCode
    } else {
        problem
    }
}

fn residence_permit(kind: IdType, text: &str, today: NaiveDate) -> Result<Document, DocumentProblem> {
    let number = ResidentNumber::parse(text, today).map_err(|problem| match problem {
        DocumentProblem::Form(_) | DocumentProblem::OldNumber => DocumentProblem::Form(kind),
        other => other,
    })?;
    let actual = IdType::of_permit_area(text).unwrap_or(IdType::ResidentId);
    if actual != kind {
        return Err(DocumentProblem::OtherKind(actual));
    }
    if text.get(2..6) != Some("0000") {
        return Err(DocumentProblem::Area);
    }
    Ok(of_resident_number(kind, &number))
}

fn of_resident_number(kind: IdType, number: &ResidentNumber) -> Document {
    Document {
        birth_date: Some(number.birth_date()),
        sex: Some(number.sex()),
        ..Document::plain(kind, number.as_str().to_owned())
    }
}

/// The declared kind decides: a code that is good both ways is taken for the card.
fn foreign_pr(text: &str, today: NaiveDate) -> Result<Document, DocumentProblem> {
    let number = ForeignerNumber::parse(text, today).map_err(|problem| {
        if CreditCode::parse(text).is_ok() { DocumentProblem::EnterpriseCode } else { problem }
    })?;
    Ok(Document {
        birth_date: Some(number.birth_date()),
        sex: Some(number.sex()),
        ..Document::plain(IdType::ForeignPr, number.as_str().to_owned())
    })
}

fn foreign_pr_old(number: String, today: NaiveDate) -> Result<Document, DocumentProblem> {
    let mut document = formed(IdType::ForeignPrOld, number, is_foreign_pr_old)?;
    let (field, check) = document.number.split_at(14);
    if !check.chars().all(|check| mrz::agrees(field, check)) {
        document.advisories.push(Advisory::CheckDigit);
    }
    match births(&document.number[7..13], today).as_slice() {
        [] => document.advisories.push(Advisory::BirthDate),
        [only] => document.birth_date = Some(*only),
        _ => {}
    }
    Ok(document)
}

/// The dates not after today that `yymmdd` can mean.
fn births(digits: &str, today: NaiveDate) -> Vec<NaiveDate> {
    let two = |from: usize| digits.get(from..from + 2).and_then(|two| two.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (two(0), two(2), two(4)) else { return Vec::new() };
    [1900, 2000]
        .into_iter()
        .filter_map(|century| {
            NaiveDate::from_ymd_opt(century, 1, 1)?.with_year(century + i32::try_from(year).ok()?)
        })
        .filter_map(|first| NaiveDate::from_ymd_opt(first.year(), month, day))
        .filter(|date| *date <= today)
        .collect()
}

fn passport(number: String, country: Option<&str>) -> Result<Document, DocumentProblem> {
    let mut document = formed(IdType::Passport, number, is_passport)?;
    let country = country.filter(|text| !text.trim().is_empty()).ok_or(DocumentProblem::CountryMissing)?;
    document.issuing_country = Some(country.parse().map_err(|_| DocumentProblem::CountryUnknown)?);
    Ok(document)
}

fn formed(kind: IdType, number: String, has_form: fn(&str) -> bool) -> Result<Document, DocumentProblem> {
    if has_form(&number) { Ok(Document::plain(kind, number)) } else { Err(DocumentProblem::Form(kind)) }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use DocumentProblem as P;
    use IdType as T;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, 30).unwrap()
    }

    fn read(kind: T, raw: &str) -> Result<Document, P> {
        Document::parse(kind, raw, Some("USA"), today())
    }

    #[test]
    fn reads_each_kind() {
        let cases = [
            (T::ResidentId, " １１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
            (T::ResidentId, "440524188001010014", "440524188001010014"),
            (T::ResidencePermitHk, "810000 19940823 0021", "810000199408230021"),
            (T::ResidencePermitMo, "820000199408230023", "820000199408230023"),
            (T::ResidencePermitTw, "830000199201300022", "830000199201300022"),
            (T::ForeignPr, "932682198501010017", "932682198501010017"),
            (T::ForeignPr, "911124198108030024", "911124198108030024"),
            (T::ForeignPrOld, "kaz110090123105", "KAZ110090123105"),
            (T::HkmoTravelPermit, "h12345678", "H12345678"),
            (T::HkmoTravelPermit, "M1234567801", "M1234567801"),
            (T::TwTravelPermit, "12345678", "12345678"),
            (T::TwTravelPermit, "1234567801", "1234567801"),
            (T::TwTravelPermit, "1234567801（b）", "1234567801(B)"),
            (T::Passport, "e 12345678", "E12345678"),
            (T::Passport, "123456", "123456"),
            (T::Passport, "ABCDEFGHIJ0123456789", "ABCDEFGHIJ0123456789"),
        ];
        for (kind, raw, number) in cases {
            let document = read(kind, raw).unwrap();
            assert_eq!((document.kind(), document.number()), (kind, number));
            assert_eq!(document.advisories(), [], "{number}");
        }
    }

    #[test]
    fn refuses_each_fault_by_its_name() {
        let megabyte = "1".repeat(1 << 20);
        let cases = [
            (T::ResidentId, "", P::Empty),
            (T::ResidentId, " \u{3000}\n", P::Empty),
            (T::ResidentId, &megabyte, P::TooLong),
            (T::ResidentId, "110105194912310021", P::CheckCharacter),
            (T::ResidentId, "610104620927690", P::OldNumber),
            (T::ResidentId, "KAZ110090123105", P::Form(T::ResidentId)),
            (T::ResidentId, "932682198501010017", P::OtherKind(T::ForeignPr)),
            (T::ResidentId, "91350100M000100Y43", P::EnterpriseCode),
            (T::ResidentId, "900105194912310027", P::Area),
            (T::ResidencePermitHk, "820000199408230023", P::OtherKind(T::ResidencePermitMo)),
            (T::ResidencePermitTw, "11010519491231002X", P::OtherKind(T::ResidentId)),
            (T::ResidencePermitTw, "830000199408230013", P::CheckCharacter),
            (T::ResidencePermitMo, "610104620927690", P::Form(T::ResidencePermitMo)),
            (T::ForeignPr, "91350100M000100Y43", P::EnterpriseCode),
            (T::ForeignPr, "911124198108030025", P::CheckCharacter),
            (T::ForeignPr, "11010519491231002X", P::Form(T::ForeignPr)),
            (T::ForeignPrOld, "KA1110090123105", P::Form(T::ForeignPrOld)),
            (T::ForeignPrOld, "KAZ11009012310", P::Form(T::ForeignPrOld)),
            (T::HkmoTravelPermit, "A12345678", P::Form(T::HkmoTravelPermit)),
            (T::HkmoTravelPermit, "H123456789", P::Form(T::HkmoTravelPermit)),
            (T::HkmoTravelPermit, "H", P::Form(T::HkmoTravelPermit)),
            (T::TwTravelPermit, "123456789", P::Form(T::TwTravelPermit)),
            (T::TwTravelPermit, "1234567801(BB)", P::Form(T::TwTravelPermit)),
            (T::TwTravelPermit, "1234567801B", P::Form(T::TwTravelPermit)),
            (T::TwTravelPermit, "(B)", P::Form(T::TwTravelPermit)),
            (T::Passport, "E1234", P::Form(T::Passport)),
            (T::Passport, "E1234-678", P::Form(T::Passport)),
            (T::Passport, "ABCDEFGHIJ01234567890", P::Form(T::Passport)),
            (T::Passport, "护照号码一二三", P::Form(T::Passport)),
        ];
        for (kind, raw, problem) in cases {
            assert_eq!(read(kind, raw), Err(problem), "{kind} {:.40}", raw);
        }
    }

    #[test]
    fn a_passport_needs_a_known_country() {
        let parse = |country| Document::parse(T::Passport, "E12345678", country, today());
        assert_eq!(parse(None), Err(P::CountryMissing));
        assert_eq!(parse(Some("  ")), Err(P::CountryMissing));
        assert_eq!(parse(Some("Atlantis")), Err(P::CountryUnknown));
        assert_eq!(parse(Some("d")).unwrap().issuing_country().map(Country::as_str), Some("DEU"));
    }

    #[test]
    fn says_birth_and_sex_where_the_number_does() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
        let cases = [
            (T::ResidentId, "11010519491231002X", day(1949, 12, 31), Some(Sex::Female)),
            (T::ForeignPr, "932682198501010017", day(1985, 1, 1), Some(Sex::Male)),
            (T::ForeignPrOld, "KAZ110090123105", day(1990, 12, 31), None),
            // 1905 or 2005: not guessed.
            (T::ForeignPrOld, "KAZ110005123105", None, None),
            // 29 February existed in 2000 but not in 1900.
            (T::ForeignPrOld, "KAZ110000022905", day(2000, 2, 29), None),
            (T::HkmoTravelPermit, "H12345678", None, None),
            (T::Passport, "E12345678", None, None),
        ];
        for (kind, raw, birth_date, sex) in cases {
            let document = read(kind, raw).unwrap();
            assert_eq!((document.birth_date(), document.sex()), (birth_date, sex), "{raw}");
        }
    }

    #[test]
    fn warns_and_accepts() {
        let cases = [
            (T::ForeignPrOld, "KAZ110090123106", vec![Advisory::CheckDigit]),
            (T::ForeignPrOld, "KAZ110090133105", vec![Advisory::CheckDigit, Advisory::BirthDate]),
            (T::ResidentId, "810000199408230021", vec![Advisory::PermitArea(T::ResidencePermitHk)]),
        ];
        for (kind, raw, advisories) in cases {
            assert_eq!(read(kind, raw).unwrap().advisories(), advisories, "{raw}");
        }
    }

    #[test]
    fn knows_the_same_person() {
        let same = [
            ((T::HkmoTravelPermit, "H1234567801"), (T::HkmoTravelPermit, "h12345678")),
            ((T::HkmoTravelPermit, "H1234567801"), (T::HkmoTravelPermit, "H1234567802")),
            ((T::TwTravelPermit, "1234567801(B)"), (T::TwTravelPermit, "12345678")),
            ((T::ResidentId, "11010519491231002x"), (T::ResidentId, "11010519491231002X")),
            ((T::ResidentId, "810000199408230021"), (T::ResidencePermitHk, "810000199408230021")),
        ];
        for ((kind, left), (other, right)) in same {
            assert_eq!(
                read(kind, left).unwrap().same_person_key(),
                read(other, right).unwrap().same_person_key()
            );
        }
        let different = [
            ((T::HkmoTravelPermit, "H12345678"), (T::HkmoTravelPermit, "M12345678")),
            ((T::HkmoTravelPermit, "H12345678"), (T::Passport, "H12345678")),
            ((T::TwTravelPermit, "12345678"), (T::Passport, "12345678")),
            ((T::ForeignPrOld, "KAZ110090123105"), (T::Passport, "KAZ110090123105")),
        ];
        for ((kind, left), (other, right)) in different {
            assert_ne!(
                read(kind, left).unwrap().same_person_key(),
                read(other, right).unwrap().same_person_key()
            );
        }
        let of = |country| Document::parse(T::Passport, "E12345678", Some(country), today()).unwrap();
        assert_eq!(of("D").same_person_key(), of("deu").same_person_key());
        assert_ne!(of("CHN").same_person_key(), of("JPN").same_person_key());
    }

    #[test]
    fn debug_shows_no_number() {
        let document = read(T::ResidentId, "11010519491231002X").unwrap();
        let shown = format!("{document:?} {:?}", document.same_person_key());
        assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{shown}");
    }

    proptest! {
        #[test]
        fn never_panics(raw in any::<String>(), country in any::<Option<String>>()) {
            for kind in T::ALL {
                if let Ok(document) = Document::parse(kind, &raw, country.as_deref(), today()) {
                    let _ = document.same_person_key();
                }
            }
        }

        #[test]
        fn what_was_accepted_is_accepted_again(number in "[HM][0-9]{8}([0-9]{2})?|[A-Z]{3}[0-9]{12}|[0-9]{8}") {
            for kind in T::ALL {
                if let Ok(document) = read(kind, &number) {
                    prop_assert_eq!(read(kind, document.number()), Ok(document));
                }
            }
        }
    }
}
