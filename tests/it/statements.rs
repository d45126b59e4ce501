//! Every SQL text of the source is one that the database of this run understands.

use std::fs;
use std::path::Path;

use crate::support::World;
use crate::support::look::Look;

#[tokio::test]
#[allow(clippy::print_stdout)]
async fn every_statement_is_understood() {
    let world = World::empty().await;
    let mut look = Look::at(&world).await;
    let statements = statements();
    assert!(statements.len() > 60, "only {} found: does the scan still read the source?", statements.len());
    let mut refused = Vec::new();
    for (place, text) in &statements {
        if let Err(error) = look.prepare(text).await {
            refused.push(format!("{place}: {error}\n{text}"));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
    println!("{} statements are understood", statements.len());
}

/// Where each text stands, and the text.
fn statements() -> Vec<(String, String)> {
    let mut statements = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut statements);
    statements
}

fn collect(folder: &Path, statements: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, statements);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = without_comments(&fs::read_to_string(&path).unwrap());
            let place = path.display().to_string();
            statements.extend(texts(&source).into_iter().map(|text| (place.clone(), text)));
        }
    }
}

/// Comments quote the macro; the source calls it.
fn without_comments(source: &str) -> String {
    let lines = source.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// The literals behind `sql!(`.
fn texts(source: &str) -> Vec<String> {
    let calls = source.split("sql!(").skip(1);
    let literals = calls.filter_map(|rest| rest.trim_start().strip_prefix('"'));
    literals.map(unescaped).collect()
}

/// A string literal from behind its opening quote to its closing one (Rust Reference, string literals).
fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut characters = literal.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                // A backslash at the end of a line swallows the white space after it.
                Some('\n') => while characters.next_if(|c| c.is_whitespace()).is_some() {},
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

#[test]
fn the_scan_reads_literals_as_the_compiler_does() {
    let source = "run(sql!(\"SELECT \\\"a\\\"\n FROM b\", c)).all(sql!(\n  \"X \\\n   Y\"))";
    assert_eq!(texts(source), ["SELECT \"a\"\n FROM b", "X Y"]);
    assert_eq!(texts(&without_comments("  // sql!(\"NO\")\nsql!(\"YES\")")), ["YES"]);
}
