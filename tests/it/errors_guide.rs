//! The guide to errors says of every refusal exactly what the service says.

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
