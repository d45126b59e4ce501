//! Holds the table of refusals to the truth: each is raised by the program and shown by a test. Text only.

mod sources;

use std::path::Path;

use sources::sources;
use tongyao::protocol::Refusal;

/// Where refusals are listed and explained, and none is raised.
const TABLES: &[&str] = &["protocol/refusal.rs", "protocol/remedy.rs"];

struct Text {
    program: String,
    tests: String,
}

#[test]
fn each_refusal_is_raised_and_shown_by_a_test() {
    let text = Text::read(Path::new(env!("CARGO_MANIFEST_DIR")));
    let findings: Vec<_> = Refusal::ALL.iter().filter_map(|refusal| missing(*refusal, &text)).collect();
    assert!(findings.is_empty(), "\n\n{}\n", findings.join("\n"));
}

impl Text {
    fn read(root: &Path) -> Self {
        let tests = sources(&root.join("tests")).into_iter().map(|source| source.text).collect();
        let mut text = Self { program: String::new(), tests };
        for source in sources(&root.join("src")) {
            if TABLES.contains(&source.path.as_str()) {
                continue;
            }
            let whole = source.text.as_str();
            let (program, tests) = match source.path.ends_with("/tests.rs") {
                true => ("", whole),
                false => whole.split_once("#[cfg(test)]\nmod tests").unwrap_or((whole, "")),
            };
            text.program += program;
            text.tests += tests;
        }
        text
    }
}

fn missing(refusal: Refusal, text: &Text) -> Option<String> {
    let (name, number) = (format!("{refusal:?}"), refusal.number().to_string());
    let grouped = format!("{}_{}", &number[..3], &number[3..]);
    if !has_word(&text.program, &name) {
        return Some(format!("{name} ({number}) is never raised; take it out of src/protocol/refusal.rs"));
    }
    let shown = [name.as_str(), &number, &grouped].iter().any(|word| has_word(&text.tests, word));
    (!shown).then(|| format!("{name} ({number}) is in no test; show when it comes"))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |found: Option<char>| found.is_some_and(|found| found.is_alphanumeric() || found == '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    })
}

#[test]
fn words_are_found_whole() {
    assert!(has_word("Refusal::CodeUnknown,", "CodeUnknown") && has_word("103005", "103005"));
    assert!(!has_word("DeviceCodeUnknown", "CodeUnknown") && !has_word("CodeUnknownX", "CodeUnknown"));
}
