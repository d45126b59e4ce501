//! What people type about people: document numbers, credit codes, phones, names, dates, passwords.
//! Lines: the text, a country.

use chrono::NaiveDate;
use tongyao::base::Secret;
use tongyao::hall::capture::parse_date;
use tongyao::identity::login_name::LoginName;
use tongyao::identity::{
    Country, CreditCode, Document, IdType, PersonName, PhoneNumber, SearchKeys, id_number, mask, mrz,
    normalise, search_keys,
};
use tongyao::signin::new_password;

use super::pieces::{is_graphic, lines, reached};

pub const PLACES: &[&str] = &["document", "passport", "credit code", "phone", "login name", "name", "date"];

pub fn run(data: &[u8]) {
    let [text, country] = lines::<2>(data);
    IdType::ALL.iter().for_each(|kind| is_a_document(*kind, &text, &country));
    is_a_credit_code(&text);
    is_a_phone(&text);
    is_a_login_name(&text);
    is_a_name(&text, &country);
    is_a_date(&text);
    is_normalised_once(&text);
    if let Ok(country) = country.parse::<Country>() {
        assert_eq!(country.as_str().parse(), Ok(country));
        assert!(country.as_str().len() == 3 && country.as_str().bytes().all(|b| b.is_ascii_uppercase()));
    }
    let check = mrz::check_digit(&text);
    assert!(check.is_none_or(|digit| digit <= 9 && mrz::agrees(&text, char::from(b'0' + digit))));
    let _ = new_password::check(&Secret::new(text.as_str()), &["19491231".to_owned()]);
    hides_what_it_masks(&text);
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 15).unwrap()
}

fn is_a_document(kind: IdType, text: &str, country: &str) {
    let Ok(document) = Document::parse(kind, text, Some(country), today()) else { return };
    let number = document.number();
    assert_eq!((document.kind(), is_graphic(number)), (kind, true));
    assert!((6..=20).contains(&number.len()) && !number.bytes().any(|b| b.is_ascii_lowercase()), "{number}");
    if kind == IdType::Passport {
        reached("passport")
    } else {
        reached("document")
    }
    let named = document.issuing_country().map(Country::as_str);
    assert_eq!(named.is_some(), kind == IdType::Passport);
    assert_eq!(Document::parse(kind, number, named, today()).as_ref(), Ok(&document));
    assert!(document.birth_date().is_none_or(|date| date <= today()));
    // Whoever is on record is found by what was typed.
    let key = document.same_person_key();
    let typed = named.map_or(number.to_owned(), |country| format!("{country} {number}"));
    let found = search_keys(&typed);
    assert!(found.persons.contains(&key) && found.persons.len() <= 3, "{kind} {number}");
    assert!(LoginName::parse(number).is_err() || kind == IdType::Passport, "{kind} {number}");
    if let Some(upgraded) = id_number::upgraded(number) {
        panic!("{number} is an old number: {upgraded}");
    }
}

fn is_a_credit_code(text: &str) {
    let Ok(code) = CreditCode::parse(text) else { return };
    reached("credit code");
    assert!(code.as_str().len() == 18 && is_graphic(code.as_str()));
    assert_eq!(CreditCode::parse(code.as_str()).as_ref(), Ok(&code));
    assert_eq!(CreditCode::parse(&code.as_str().to_lowercase()).as_ref(), Ok(&code));
    assert_eq!(search_keys(text).enterprise.as_ref(), Some(&code));
    assert_eq!(code.organisation_code().len(), 9);
    let _ = code.advisory();
}

fn is_a_phone(text: &str) {
    let Ok(phone) = PhoneNumber::parse(text) else { return };
    reached("phone");
    assert!(phone.as_str().len() == 11 && phone.as_str().bytes().all(|b| b.is_ascii_digit()));
    for again in [phone.as_str(), &phone.e164(), &format!("0086-{}", phone.as_str())] {
        assert_eq!(PhoneNumber::parse(again).as_ref(), Ok(&phone));
    }
    assert!(LoginName::parse(text).is_err());
    assert!(!mask::phone(phone.as_str()).contains(phone.as_str()));
}

fn is_a_login_name(text: &str) {
    let Ok(name) = LoginName::parse(text) else { return };
    reached("login name");
    assert!(LoginName::LENGTHS.contains(&name.as_str().len()) && is_graphic(name.as_str()));
    assert_eq!(LoginName::parse(name.as_str()).as_ref(), Ok(&name));
    assert_eq!(LoginName::parse(&name.as_str().to_uppercase()).as_ref(), Ok(&name));
    assert_eq!(search_keys(name.as_str()), SearchKeys::default());
    assert!(PhoneNumber::parse(name.as_str()).is_err());
}

fn is_a_name(text: &str, other: &str) {
    let Ok(name) = PersonName::parse(text) else { return };
    reached("name");
    let kept = name.as_str();
    assert!((1..=PersonName::MOST_CHARACTERS).contains(&kept.chars().count()));
    assert!(!kept.chars().any(char::is_control) && kept.trim() == kept);
    assert_eq!(PersonName::parse(kept).as_ref(), Ok(&name), "{kept:?} of {text:?}");
    assert!(name.matches(&name));
    if let Ok(other) = PersonName::parse(other) {
        assert_eq!(name.matches(&other), other.matches(&name));
        assert!(name.as_str() != other.as_str() || name.matches(&other));
    }
}

fn is_a_date(text: &str) {
    let Ok(Some(date)) = parse_date(Some(text)) else { return };
    reached("date");
    assert_eq!(parse_date(Some(&date.to_string())), Ok(Some(date)));
    assert_eq!(parse_date(Some(&date.format("%Y%m%d").to_string())), Ok(Some(date)));
}

fn is_normalised_once(text: &str) {
    let Ok(once) = normalise::number(text) else { return assert!(text.len() > normalise::NUMBER_MOST_BYTES) };
    assert_eq!(normalise::number(&once).as_ref(), Ok(&once));
    assert!(once.len() <= text.len() && !once.chars().any(normalise::is_space));
}

fn hides_what_it_masks(text: &str) {
    let count = text.chars().count();
    let masked = mask::id_number(text);
    let hidden = masked.chars().filter(|c| *c == '*').count();
    assert_eq!(masked.chars().count(), count);
    // The first, the last, and the brackets round a letter.
    let shown = if text.ends_with(')') { 4 } else { 2 };
    assert!(count <= 2 && hidden == count || hidden + shown >= count);
    assert!(count == 0 || mask::name(text).starts_with('*'));
    for masked in [mask::credit_code(text), mask::phone(text), mask::email(text)] {
        assert!(masked.len() <= text.len() + 8);
    }
}
