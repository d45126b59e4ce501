//! Holds the table of refusals to the truth: each is raised by the program and shown by a test. Text only.

use std::fs;
use std::path::Path;

use tongyao::protocol::Refusal;

/// Where refusals are listed and explained, and none is raised.
const TABLES: &[&str] = &["src/protocol/refusal.rs", "src/protocol/remedy.rs"];

struct Text {
    program: String,
    tests: String,
}

#[test]
fn each_refusal_is_raised_and_shown_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = Text { program: String::new(), tests: String::new() };
    for folder in ["src", "tests"] {
        collect(root, &root.join(folder), &mut text);
    }
    let findings: Vec<_> = Refusal::ALL.iter().filter_map(|refusal| missing(*refusal, &text)).collect();
    assert!(findings.is_empty(), "\n\n{}\n", findings.join("\n"));
}

fn collect(root: &Path, folder: &Path, text: &mut Text) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, text);
            continue;
        }
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if path.extension().is_none_or(|extension| extension != "rs") || TABLES.contains(&name.as_str()) {
            continue;
        }
        let file = fs::read_to_string(&path).unwrap();
        if name.starts_with("tests/") || name.ends_with("/tests.rs") {
            text.tests += &file;
        } else {
            let (program, tests) = file.split_once("#[cfg(test)]\nmod tests").unwrap_or((&file, ""));
            text.program += program;
            text.tests += tests;
        }
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
