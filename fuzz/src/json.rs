//! JSON from strangers: what we read is what everybody reads, without members twice, within its bounds.

use serde_json::Value;
use tongyao::protocol::json::{Bounds, JsonProblem, parse, parse_object};

use super::pieces::{reached, text};

const BOUNDS: Bounds = Bounds { bytes: 4096, depth: 8 };

pub const PLACES: &[&str] = &["read", "repeated", "deep"];

pub fn run(data: &[u8]) {
    let text = text(data);
    let theirs = serde_json::from_str::<Value>(&text);
    match parse(&text, BOUNDS) {
        Ok(value) => {
            reached("read");
            assert!(text.len() <= BOUNDS.bytes && depth(&value) <= usize::from(BOUNDS.depth));
            assert_eq!(theirs.ok().as_ref(), Some(&value));
            let printed = value.to_string();
            assert_eq!(parse(&printed, Bounds { bytes: usize::MAX, ..BOUNDS }).map(|_| ()), Ok(()));
            assert_eq!(parse_object(&text, BOUNDS).is_ok(), value.is_object());
        }
        Err(JsonProblem::TooLarge) => assert!(text.len() > BOUNDS.bytes),
        Err(JsonProblem::Malformed) => assert!(theirs.is_err(), "{text}"),
        // Found on the way: what follows need not be JSON at all.
        Err(problem @ (JsonProblem::TooDeep | JsonProblem::Repeated)) => {
            if problem == JsonProblem::TooDeep {
                reached("deep")
            } else {
                reached("repeated")
            }
            assert!(text.contains(['{', '[']), "{text}");
            if let Ok(value) = theirs {
                let deep = depth(&value) > usize::from(BOUNDS.depth);
                assert!(deep || members(&value) < text.matches(':').count(), "{text}");
            }
        }
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(members).sum(),
        Value::Object(inside) => inside.len() + inside.values().map(members).sum::<usize>(),
        _ => 0,
    }
}
