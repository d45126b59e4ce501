//! What a search box may mean when nobody says which kind of number was typed.

use super::country::Country;
use super::credit_code::CreditCode;
use super::document::{self, PersonKey};
use super::id_number;
use super::id_type::IdType;
use super::normalise;

/// Everything a typed number may stand for; empty when it can be no number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchKeys {
    /// Keys of persons, at most three.
    pub persons: Vec<PersonKey>,
    /// The enterprise, when the text is a good credit code. Eighteen characters from 9 on may be both.
    pub enterprise: Option<CreditCode>,
}

impl SearchKeys {
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty() && self.enterprise.is_none()
    }
}

/// All plausible keys of a number as typed.
///
/// Old 15-digit numbers are upgraded. A passport is found with its country in front (`USA 123456789`), because the
/// number alone names one passport in each country; without a space between them (`USA123456789`) where it can be
/// nothing else. Numbers with a wrong check character find nobody.
pub fn search_keys(raw: &str) -> SearchKeys {
    let keys = certain_keys(raw);
    if !keys.is_empty() {
        return keys;
    }
    SearchKeys { persons: passport_in_one_word(raw).into_iter().collect(), ..keys }
}

/// The same without readings that are only a guess: many a name begins with the letters of a country (`chen1990`).
pub(super) fn certain_keys(raw: &str) -> SearchKeys {
    let Ok(text) = normalise::number(raw) else { return SearchKeys::default() };
    let persons = [eighteen(&text), old_resident(&text), by_form(&text), passport(raw)];
    SearchKeys { persons: persons.into_iter().flatten().collect(), enterprise: CreditCode::parse(&text).ok() }
}

fn eighteen(text: &str) -> Option<PersonKey> {
    if !id_number::is_sound(text) {
        return None;
    }
    let kind = if text.starts_with('9') { IdType::ForeignPr } else { IdType::ResidentId };
    Some(PersonKey::of(kind, text, None))
}

fn old_resident(text: &str) -> Option<PersonKey> {
    id_number::upgraded(text).map(|number| PersonKey::of(IdType::ResidentId, &number, None))
}

fn by_form(text: &str) -> Option<PersonKey> {
    let kind = if document::is_foreign_pr_old(text) {
        IdType::ForeignPrOld
    } else if document::is_hkmo_travel_permit(text) {
        IdType::HkmoTravelPermit
    } else if document::is_tw_travel_permit(text) {
        IdType::TwTravelPermit
    } else {
        return None;
    };
    Some(PersonKey::of(kind, text, None))
}

fn passport(raw: &str) -> Option<PersonKey> {
    let (country, number) =
        raw.trim().split_once(|c| normalise::is_space(c) || matches!(c, ':' | '：' | '/'))?;
    let country: Country = country.parse().ok()?;
    let number = normalise::number(number).ok()?;
    document::is_passport(&number).then(|| PersonKey::of(IdType::Passport, &number, Some(country)))
}

fn passport_in_one_word(raw: &str) -> Option<PersonKey> {
    let text = normalise::number(raw).ok()?;
    let (code, number) = text.split_at_checked(3)?;
    let country = Country::all().find(|country| country.as_str() == code)?;
    let has_digit = number.bytes().any(|b| b.is_ascii_digit());
    (has_digit && document::is_passport(number))
        .then(|| PersonKey::of(IdType::Passport, number, Some(country)))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::super::document::Document;
    use super::*;

    fn persons(raw: &str) -> Vec<String> {
        search_keys(raw).persons.iter().map(|key| key.as_str().to_owned()).collect()
    }

    #[test]
    fn finds_every_plausible_key() {
        let cases: [(&str, &[&str]); 25] = [
            ("11010519491231002x", &["resident_id:11010519491231002X"]),
            ("１１０１０５ 19491231 002Ｘ", &["resident_id:11010519491231002X"]),
            ("110105491231002", &["resident_id:11010519491231002X"]),
            ("610104620927690", &["resident_id:610104196209276908"]),
            ("110105980101996", &["resident_id:110105189801019962"]),
            ("810000199408230021", &["residence_permit:810000199408230021"]),
            ("932682198501010017", &["foreign_pr:932682198501010017"]),
            ("KAZ110090123105", &["foreign_pr_old:KAZ110090123105"]),
            ("h1234567801", &["hkmo_travel_permit:H12345678"]),
            ("1234567801(B)", &["tw_travel_permit:12345678"]),
            ("usa 123456789", &["passport:USA:123456789"]),
            ("D：C01X00T47", &["passport:DEU:C01X00T47"]),
            ("USA 12345678", &["passport:USA:12345678"]),
            ("BRA G87654321", &["passport:BRA:G87654321"]),
            ("bRAg８7654321", &["passport:BRA:G87654321"]),
            ("G87654321", &[]),
            ("XYZG87654321", &[]),
            ("CHENXIAO", &[]),
            ("110105194912310021", &[]),
            ("91350100M000100Y43", &[]),
            ("E12345678", &[]),
            ("13800000001", &[]),
            ("张三", &[]),
            ("%' OR 1=1", &[]),
            ("", &[]),
        ];
        for (raw, expected) in cases {
            assert_eq!(persons(raw), expected, "{raw}");
        }
    }

    #[test]
    fn eighteen_from_nine_on_may_be_both() {
        let found = search_keys("911124198108070341");
        assert_eq!(found.persons.len(), 1);
        assert_eq!(found.enterprise.as_ref().map(CreditCode::as_str), Some("911124198108070341"));
        let found = search_keys("911124198108030024");
        assert_eq!((found.persons.len(), found.enterprise), (1, None));
        let found = search_keys("91350100M000100Y43");
        assert!(found.persons.is_empty() && found.enterprise.is_some());
    }

    #[test]
    fn a_megabyte_finds_nothing() {
        assert!(search_keys(&"1".repeat(1 << 20)).is_empty());
        assert!(search_keys(&" ".repeat(1 << 20)).is_empty());
    }

    #[test]
    fn finds_what_documents_are_stored_under() {
        let today = NaiveDate::from_ymd_opt(2026, 6, 30).unwrap();
        let cases = [
            (IdType::ResidentId, "440524188001010014"),
            (IdType::ResidentId, "810000199408230021"),
            (IdType::ResidencePermitTw, "830000199201300022"),
            (IdType::ForeignPr, "911124198108030024"),
            (IdType::ForeignPrOld, "KAZ110090123105"),
            (IdType::HkmoTravelPermit, "M1234567802"),
            (IdType::TwTravelPermit, "1234567801(B)"),
        ];
        for (kind, number) in cases {
            let key = Document::parse(kind, number, None, today).unwrap().same_person_key();
            assert!(search_keys(number).persons.contains(&key), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(raw in any::<String>()) {
            prop_assert!(search_keys(&raw).persons.len() <= 3);
        }
    }
}
