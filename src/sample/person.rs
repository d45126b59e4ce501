//! A person as a relying system comes to know them: what the ID token and userinfo said, and nothing else.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::system::level_of_acr;
use crate::base::Timestamp;

/// One signed-in person. Kept in the sessions file; never logged.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    /// Pairwise: another system knows the same person under another `sub`.
    pub sub: String,
    pub sid: Option<String>,
    pub acr: Option<String>,
    /// The ID token as it came, to be shown again at sign-out (`id_token_hint`).
    pub id_token: String,
    pub id_token_claims: Map<String, Value>,
    pub userinfo: Map<String, Value>,
}

/// One row of "what this system was told".
pub struct ClaimRow {
    pub name: String,
    pub value: String,
    /// The same as a date for people, where the claim is a time.
    pub date: Option<String>,
    pub source: Source,
}

/// Where a claim came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    IdToken,
    Userinfo,
    Both,
}

impl Source {
    pub fn label(self) -> &'static str {
        match self {
            Source::IdToken => "ID Token",
            Source::Userinfo => "UserInfo",
            Source::Both => "ID Token · UserInfo",
        }
    }
}

impl Person {
    /// The name to greet with; the `sub` never serves as one.
    pub fn name(&self) -> Option<&str> {
        ["name", "real_name", "preferred_username"].into_iter().find_map(|claim| self.claim(claim)?.as_str())
    }

    pub fn level(&self) -> Option<u8> {
        self.acr.as_deref().and_then(level_of_acr)
    }

    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.userinfo.get(name).or_else(|| self.id_token_claims.get(name))
    }

    /// A claim as text: a text as it is, a time as a date in China, anything else as indented JSON.
    pub fn shown(&self, name: &str) -> Option<String> {
        let value = self.claim(name)?;
        Some(date(name, value).unwrap_or_else(|| match value {
            Value::String(text) => text.clone(),
            other => format!("{other:#}"),
        }))
    }

    /// Every claim, by name.
    pub fn rows(&self) -> Vec<ClaimRow> {
        let mut names: Vec<&String> = self.id_token_claims.keys().chain(self.userinfo.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().flat_map(|name| self.rows_of(name)).collect()
    }

    /// One row when both sources agree or only one speaks; two when they differ, so that nothing is hidden.
    fn rows_of(&self, name: &str) -> Vec<ClaimRow> {
        match (self.id_token_claims.get(name), self.userinfo.get(name)) {
            (Some(a), Some(b)) if a == b => vec![row(name, a, Source::Both)],
            (a, b) => {
                let first = a.map(|value| row(name, value, Source::IdToken));
                first.into_iter().chain(b.map(|value| row(name, value, Source::Userinfo))).collect()
            }
        }
    }
}

fn row(name: &str, value: &Value, source: Source) -> ClaimRow {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    ClaimRow { name: name.to_owned(), value: text, date: date(name, value), source }
}

/// Claims that are a NumericDate (RFC 7519 §2).
const TIMES: [&str; 6] = ["auth_time", "iat", "exp", "nbf", "updated_at", "loa_reached_at"];

fn date(name: &str, value: &Value) -> Option<String> {
    let seconds = TIMES.contains(&name).then(|| value.as_i64())??;
    Some(Timestamp::from_seconds(seconds).for_people())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn person(id_token: Value, userinfo: Value) -> Person {
        let map = |value: Value| value.as_object().cloned().unwrap_or_default();
        Person {
            sub: "s".into(),
            sid: None,
            acr: Some("urn:tongyao:loa:3".into()),
            id_token: String::new(),
            id_token_claims: map(id_token),
            userinfo: map(userinfo),
        }
    }

    #[test]
    fn shows_every_claim_and_both_where_the_sources_differ() {
        let zhang = person(
            json!({"sub": "s", "auth_time": 1_800_000_000, "name": "张三"}),
            json!({"sub": "s", "name": "张三丰", "loa": 3}),
        );
        let rows: Vec<_> = zhang.rows().into_iter().map(|row| (row.name, row.value, row.source)).collect();
        let expected = [
            ("auth_time", "1800000000", Source::IdToken),
            ("loa", "3", Source::Userinfo),
            ("name", "张三", Source::IdToken),
            ("name", "张三丰", Source::Userinfo),
            ("sub", "s", Source::Both),
        ];
        assert_eq!(rows, expected.map(|(name, value, source)| (name.into(), value.into(), source)));
        assert_eq!(zhang.name(), Some("张三丰"));
        assert_eq!(zhang.level(), Some(3));
        assert_eq!(zhang.shown("auth_time").as_deref(), Some("2027-01-15 16:00"));
    }
}
