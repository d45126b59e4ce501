//! JSON from strangers: bounded in size and depth, and no member twice (RFC 8259 §4 leaves that to chance; we do not).

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How much a stranger may send.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of the text.
    pub bytes: usize,
    /// Arrays and objects inside one another.
    pub depth: u8,
}

/// Why a JSON text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonProblem {
    #[error("the JSON is too large")]
    TooLarge,
    #[error("the JSON is nested too deeply")]
    TooDeep,
    #[error("the JSON names a member twice")]
    Repeated,
    #[error("the text is not JSON")]
    Malformed,
}

/// Reads one JSON value and nothing after it.
pub fn parse(text: &str, bounds: Bounds) -> Result<Value, JsonProblem> {
    if text.len() > bounds.bytes {
        return Err(JsonProblem::TooLarge);
    }
    let found = Cell::new(JsonProblem::Malformed);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: bounds.depth, found: &found }.deserialize(&mut reader);
    match value.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(_) => Err(found.get()),
    }
}

/// Reads one JSON object and nothing after it.
pub fn parse_object(text: &str, bounds: Bounds) -> Result<Map<String, Value>, JsonProblem> {
    match parse(text, bounds)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonProblem::Malformed),
    }
}

#[derive(Clone, Copy)]
struct Strict<'c> {
    depth: u8,
    found: &'c Cell<JsonProblem>,
}

impl Strict<'_> {
    fn refuse<E: Error>(self, problem: JsonProblem) -> E {
        self.found.set(problem);
        E::custom(problem)
    }

    fn inside<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.refuse(JsonProblem::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inside)?;
            if members.insert(name, value).is_some() {
                return Err(self.refuse(JsonProblem::Repeated));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const SMALL: Bounds = Bounds { bytes: 64, depth: 3 };

    #[test]
    fn refuses_what_is_too_much_or_twice() {
        let long = format!("\"{}\"", "x".repeat(64));
        let cases = [
            (r#"{"a":[1,-2,0.5,true,null,"中"]}"#, Ok(json!({"a": [1, -2, 0.5, true, null, "中"]}))),
            ("[[[]]]", Ok(json!([[[]]]))),
            ("[[[[]]]]", Err(JsonProblem::TooDeep)),
            (r#"{"a":1,"a":1}"#, Err(JsonProblem::Repeated)),
            (r#"{"a":{"b":1,"b":2}}"#, Err(JsonProblem::Repeated)),
            ("{} {}", Err(JsonProblem::Malformed)),
            ("", Err(JsonProblem::Malformed)),
            ("{", Err(JsonProblem::Malformed)),
            ("1e999", Err(JsonProblem::Malformed)),
            (long.as_str(), Err(JsonProblem::TooLarge)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, SMALL), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_text(text in ".*") {
            let _ = parse(&text, SMALL);
        }

        #[test]
        fn survives_any_nesting(open in 1usize..60_000) {
            let bounds = Bounds { bytes: 1 << 16, depth: 16 };
            let expected = if open > 16 { JsonProblem::TooDeep } else { JsonProblem::Malformed };
            prop_assert_eq!(parse(&"[".repeat(open), bounds), Err(expected));
        }
    }
}
