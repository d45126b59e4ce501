//! Reads the members of one entry by name; what is of the wrong kind, missing or unknown is told by its place.

use serde_json::{Map, Value};

use super::problem::Problems;
use crate::base::Name;

/// The members of one entry that have not been read yet.
pub(super) struct Members<'p> {
    at: String,
    given: Map<String, Value>,
    problems: &'p mut Problems,
}

impl<'p> Members<'p> {
    /// `at`: section and index, `people[3]`.
    pub(super) fn open(at: String, entry: Value, problems: &'p mut Problems) -> Option<Self> {
        match entry {
            Value::Object(given) => Some(Self { at, given, problems }),
            _ => {
                problems.add(at, "must be an object");
                None
            }
        }
    }

    /// Whether something is said; `null` is as good as absent.
    pub(super) fn declares(&self, member: &str) -> bool {
        self.given.get(member).is_some_and(|value| !value.is_null())
    }

    /// `null` is as good as absent.
    pub(super) fn take(&mut self, member: &str) -> Option<Value> {
        self.given.remove(member).filter(|value| !value.is_null())
    }

    pub(super) fn text(&mut self, member: &str) -> Option<String> {
        match self.take(member)? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(member, "must be a text");
                None
            }
        }
    }

    pub(super) fn needed(&mut self, member: &str) -> Option<String> {
        if !self.declares(member) {
            self.given.remove(member);
            self.refuse(member, "is missing");
            return None;
        }
        self.text(member)
    }

    /// A text that `read` understands.
    pub(super) fn parsed<T, E: ToString>(
        &mut self,
        member: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(member)?;
        self.understand(member, &text, read)
    }

    /// The same for a member that must be there.
    pub(super) fn needed_parsed<T, E: ToString>(
        &mut self,
        member: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.needed(member)?;
        self.understand(member, &text, read)
    }

    /// The name of something that is not a person: `name`, and `name#en` as client metadata has it (RFC 7591 §2.2).
    pub(super) fn name(&mut self) -> Option<Name> {
        let own = self.needed_parsed("name", title);
        let english = self.parsed("name#en", title);
        Some(Name::new(own?, english))
    }

    /// A list of texts; absent: empty.
    pub(super) fn texts(&mut self, member: &str) -> Vec<String> {
        let Some(value) = self.take(member) else { return Vec::new() };
        let texts = value.as_array().and_then(|values| {
            values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.refuse(member, "must be a list of texts");
            Vec::new()
        })
    }

    /// Objects inside, each read by `read` at its own place.
    pub(super) fn entries<T>(
        &mut self,
        member: &str,
        mut read: impl FnMut(Members<'_>) -> Option<T>,
    ) -> Vec<T> {
        match self.take(member) {
            None => Vec::new(),
            Some(Value::Array(entries)) => entries
                .into_iter()
                .enumerate()
                .filter_map(|(index, entry)| {
                    let at = format!("{}.{member}[{index}]", self.at);
                    Members::open(at, entry, self.problems).and_then(&mut read)
                })
                .collect(),
            Some(_) => {
                self.refuse(member, "must be a list");
                Vec::new()
            }
        }
    }

    pub(super) fn refuse(&mut self, member: &str, what: impl Into<String>) {
        self.problems.add(format!("{}.{member}", self.at), what);
    }

    /// Every member that is left, for a reader of its own.
    pub(super) fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.given)
    }

    /// Refuses what nobody has read.
    pub(super) fn close(mut self) {
        for member in self.rest().keys() {
            let member: String = member.chars().take(60).collect();
            self.refuse(&member, "is not a member we know");
        }
    }

    fn understand<T, E: ToString>(
        &mut self,
        member: &str,
        text: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match read(text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.refuse(member, problem.to_string());
                None
            }
        }
    }
}

/// A name of something that is not a person: 1 to 100 characters, none of them invisible.
pub(super) fn title(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if (1..=100).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 100 characters without line breaks")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_problem_has_its_place() {
        let mut problems = Problems::default();
        let entry =
            json!({"a": 1, "list": ["x", 2], "n": "x", "in": [1, {"b": "x"}], "else": 0, "null": null});
        let mut members = Members::open("people[3]".to_owned(), entry, &mut problems).unwrap();
        assert_eq!(members.text("a"), None);
        assert!(members.texts("list").is_empty());
        assert_eq!(members.parsed("n", str::parse::<u8>), None);
        assert_eq!(members.needed("gone"), None);
        assert_eq!(members.needed("null"), None);
        members.entries("in", |inner| {
            inner.close();
            Some(())
        });
        members.close();
        let told = problems.settle().unwrap_err().to_string();
        let lines = [
            "people[3].a: must be a text",
            "people[3].list: must be a list of texts",
            "people[3].n: invalid digit found in string",
            "people[3].gone: is missing",
            "people[3].null: is missing",
            "people[3].in[0]: must be an object",
            "people[3].in[1].b: is not a member we know",
            "people[3].else: is not a member we know",
        ];
        assert_eq!(told, lines.join("\n"));
    }
}
