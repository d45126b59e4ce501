//! The declared state as text: JSON or TOML, cut into its sections.

use std::path::Path;

use serde_json::{Map, Value};

use super::problem::{ApplyProblem, Problems};
use crate::protocol::json::{Bounds, JsonProblem, parse};

/// How the text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Toml,
    /// JSON when it begins with a brace, else TOML.
    Either,
}

/// The entries of each section, in order.
#[derive(Debug, Default)]
pub(super) struct Sections {
    pub(super) departments: Vec<Value>,
    pub(super) clients: Vec<Value>,
    pub(super) people: Vec<Value>,
    pub(super) enterprises: Vec<Value>,
    pub(super) halls: Vec<Value>,
    pub(super) staff: Vec<Value>,
    pub(super) software_publishers: Vec<Value>,
}

const BOUNDS: Bounds = Bounds { bytes: 64 * 1024 * 1024, depth: 32 };

impl Format {
    /// By the end of a file's name.
    pub fn of_path(path: &Path) -> Self {
        match path.extension().and_then(|end| end.to_str()) {
            Some("json") => Format::Json,
            Some("toml") => Format::Toml,
            _ => Format::Either,
        }
    }
}

pub(super) fn read(text: &str, format: Format, problems: &mut Problems) -> Result<Sections, ApplyProblem> {
    let text = text.trim_start_matches('\u{feff}');
    let json = match format {
        Format::Json => true,
        Format::Toml => false,
        Format::Either => text.trim_start().starts_with('{'),
    };
    let mut members = if json { read_json(text)? } else { read_toml(text)? };
    let mut take = |name: &str| section(&mut members, name, problems);
    let sections = Sections {
        departments: take("departments"),
        clients: take("clients"),
        people: take("people"),
        enterprises: take("enterprises"),
        halls: take("halls"),
        staff: take("staff"),
        software_publishers: take("software_publishers"),
    };
    for name in members.keys() {
        let name: String = name.chars().take(60).collect();
        problems.add(
            name,
            "is not a section; there are departments, clients, people, enterprises, halls, staff and software_publishers",
        );
    }
    Ok(sections)
}

fn section(members: &mut Map<String, Value>, name: &str, problems: &mut Problems) -> Vec<Value> {
    match members.remove(name) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            problems.add(name, "must be a list");
            Vec::new()
        }
    }
}

fn read_json(text: &str) -> Result<Map<String, Value>, ApplyProblem> {
    match parse(text, BOUNDS) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(unreadable("the declared state must be a JSON object")),
        Err(JsonProblem::Malformed) => Err(unreadable(&format!("the text is not JSON{}", json_place(text)))),
        Err(problem) => Err(unreadable(&problem.to_string())),
    }
}

/// Only the place: the reader's own words may quote what stands there.
fn json_place(text: &str) -> String {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => String::new(),
        Err(error) => format!(" (line {}, column {})", error.line(), error.column()),
    }
}

fn read_toml(text: &str) -> Result<Map<String, Value>, ApplyProblem> {
    if text.len() > BOUNDS.bytes {
        return Err(unreadable("the TOML is too large"));
    }
    let table = text.parse::<toml::Table>().map_err(|error| {
        let line =
            error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
        unreadable(&format!("the text is not TOML (line {line})"))
    })?;
    Ok(table.into_iter().map(|(name, value)| (name, json_of(value))).collect())
}

fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(yes) => Value::Bool(yes),
        toml::Value::Datetime(at) => Value::String(at.to_string()),
        toml::Value::Array(values) => Value::Array(values.into_iter().map(json_of).collect()),
        toml::Value::Table(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, json_of(value))).collect())
        }
    }
}

fn unreadable(what: &str) -> ApplyProblem {
    ApplyProblem::Unreadable(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(text: &str, format: Format) -> Result<Vec<Value>, String> {
        let mut problems = Problems::default();
        let sections = read(text, format, &mut problems).map_err(|problem| problem.to_string())?;
        problems.settle().map_err(|problem| problem.to_string())?;
        Ok(sections.people)
    }

    #[test]
    fn json_and_toml_say_the_same() {
        let json = r#"{"people": [{"loa": 1, "until": "2030-01-01", "claims": {"a": [true, 1.5]}}]}"#;
        let toml = "[[people]]\nloa = 1\nuntil = 2030-01-01\nclaims = { a = [true, 1.5] }\n";
        let read = people(json, Format::Json).unwrap();
        assert_eq!(people(toml, Format::Toml).unwrap(), read);
        assert_eq!(people(json, Format::Either).unwrap(), read);
        assert_eq!(people(toml, Format::Either).unwrap(), read);
        assert!(people("", Format::Either).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_place_only() {
        let cases = [
            ("{\"people\": [\n{\"name\": \"张三\"", Format::Json, "line 2"),
            ("[]", Format::Json, "must be a JSON object"),
            ("{\"people\": [], \"people\": []}", Format::Json, "names a member twice"),
            ("a = 1\n[[people]]\nname = 张三\n", Format::Toml, "line 3"),
            ("{\"folk\": []}", Format::Json, "folk: is not a section"),
            ("{\"people\": {}}", Format::Json, "people: must be a list"),
        ];
        for (text, format, expected) in cases {
            let told = people(text, format).unwrap_err();
            assert!(told.contains(expected) && !told.contains("张三"), "{told}");
        }
    }

    #[test]
    fn a_files_name_says_its_format() {
        for (name, format) in [
            ("a.json", Format::Json),
            ("a.toml", Format::Toml),
            ("a", Format::Either),
            ("a.conf", Format::Either),
        ] {
            assert_eq!(Format::of_path(Path::new(name)), format, "{name}");
        }
    }
}
