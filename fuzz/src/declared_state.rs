//! The declared state of `apply`: JSON or TOML, every problem told with its place and never with what stands there.

use chrono::NaiveDate;
use serde_json::Value;
use tongyao::cli::apply::{ApplyProblem, Format, Rules, Sandbox, check};

use super::pieces::{object, reached, text};

pub const PLACES: &[&str] = &["sound", "wrong"];

pub fn run(data: &[u8]) {
    let text = text(data);
    let today = NaiveDate::from_ymd_opt(2027, 1, 15).unwrap();
    for sandbox in [Sandbox::On, Sandbox::Off] {
        for format in [Format::Json, Format::Toml, Format::Either] {
            match check(&text, format, Rules { sandbox, today }) {
                Ok(()) => reached("sound"),
                Err(ApplyProblem::Unreadable(what)) => assert!(what.len() <= 200, "{what}"),
                Err(ApplyProblem::Wrong(problems)) => {
                    reached("wrong");
                    assert!(!problems.is_empty());
                    for problem in &problems {
                        assert!(problem.place.len() <= 1024 && problem.what.len() <= 1024, "{problem}");
                    }
                    tells_nothing_personal(
                        &text,
                        &problems.iter().map(ToString::to_string).collect::<String>(),
                    );
                }
                Err(ApplyProblem::Fault(fault)) => panic!("{fault:?}"),
            }
        }
    }
}

/// Numbers of people, phones and passwords are in no problem.
fn tells_nothing_personal(text: &str, told: &str) {
    let Some(state) = object(text) else { return };
    let entries =
        ["people", "staff", "enterprises"].iter().filter_map(|section| state.get(*section)?.as_array());
    for entry in entries.flatten().filter_map(Value::as_object) {
        for name in ["id_number", "phone", "password", "name", "login_name"] {
            let Some(secret) = entry.get(name).and_then(Value::as_str) else { continue };
            let digits = secret.bytes().filter(u8::is_ascii_digit).count();
            assert!(digits < 8 || !told.contains(secret), "{name} in {told}");
        }
    }
}
