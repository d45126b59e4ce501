//! The guide to errors says of every refusal exactly what the service says, and the other guides name no number that is none.

use std::collections::BTreeSet;
use std::fs;

use tongyao::base::Locale;
use tongyao::protocol::Refusal;

const GUIDE: &str = include_str!("../../docs/guides/errors.md");

#[test]
fn every_refusal_stands_in_the_guide() {
    for refusal in Refusal::ALL {
        let (number, code, status) = (refusal.number(), refusal.code().as_str(), refusal.status());
        let (zh, en) = (refusal.description(Locale::ZhCn), refusal.description(Locale::En));
        let row = format!("| {number} | `{code}` | {status} | {zh} | {en} |");
        assert!(GUIDE.contains(&row), "docs/guides/errors.md misses {row}");
    }
}

/// `103087` in a table of errors, and both ends of `103087 to 103098`.
#[test]
fn every_number_in_the_guides_is_that_of_a_refusal() {
    let refusals: BTreeSet<String> =
        Refusal::ALL.iter().map(|refusal| refusal.number().to_string()).collect();
    let mut told = 0;
    for page in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides")).unwrap() {
        let page = page.unwrap().path();
        let text = fs::read_to_string(&page).unwrap();
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        for number in words.filter(|word| is_error_number(word)) {
            told += 1;
            assert!(refusals.contains(number), "{}: {number} is no refusal", page.display());
        }
    }
    assert!(told > 200, "{told}");
}

fn is_error_number(word: &str) -> bool {
    word.len() == 6 && word.starts_with("10") && word.bytes().all(|byte| byte.is_ascii_digit())
}
