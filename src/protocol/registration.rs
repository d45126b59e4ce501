//! A client that registers itself: what it sends (RFC 7591 §3.1, RFC 7592 §2.2) and what it is answered (RFC 7591 §3.2.1).

use serde_json::{Map, Value, json};

use super::client_metadata::{ClientMetadata, MetadataProblem};
use super::json::{Bounds, JsonProblem, parse_object};
use super::scope::Scope;
use crate::base::{Secret, Timestamp};

/// What a client sent, each member still as it came.
#[derive(Debug, Clone)]
pub struct Submitted {
    members: Map<String, Value>,
    pub software_statement: Option<String>,
    /// The security profile it asks for, a member of ours.
    pub profile: Option<String>,
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
}

/// What a registered client is told about itself.
#[derive(Debug)]
pub struct Registered<'a> {
    pub client_id: &'a str,
    /// Only when it is new: the service keeps no secret that it could repeat.
    pub client_secret: Option<&'a Secret>,
    /// Absent where the client shows no secret; the epoch where the secret never ends.
    pub secret_expires_at: Option<Timestamp>,
    pub issued_at: Timestamp,
    pub registration_access_token: &'a Secret,
    pub registration_client_uri: String,
    pub metadata: &'a ClientMetadata,
    pub profile: &'a str,
    /// `active`, `pending` or `disabled`, in a member of ours.
    pub state: &'a str,
    /// Returned unmodified (RFC 7591 §3.2.1).
    pub software_statement: Option<&'a str>,
}

pub const MOST_BYTES: usize = 64 * 1024;
const BOUNDS: Bounds = Bounds { bytes: MOST_BYTES, depth: 12 };
const MOST_STATEMENT: usize = 16 * 1024;

/// What only the service says about a client (RFC 7592 §2.2).
const OURS: [&str; 4] = [
    "registration_access_token",
    "registration_client_uri",
    "client_id_issued_at",
    "client_secret_expires_at",
];

impl Submitted {
    pub fn parse(text: &str) -> Result<Self, JsonProblem> {
        let mut members = parse_object(text, BOUNDS)?;
        let mut text = |name: &str| match members.get(name) {
            Some(Value::String(text)) => {
                let text = text.clone();
                members.remove(name);
                Some(text)
            }
            Some(Value::Null) => {
                members.remove(name);
                None
            }
            // Of another kind it stays, and is told as a problem.
            _ => None,
        };
        Ok(Self {
            software_statement: text("software_statement"),
            profile: text("profile"),
            client_id: text("client_id"),
            client_secret: text("client_secret").map(Secret::new),
            members,
        })
    }

    /// The claims of a software statement go before the members beside it (RFC 7591 §2.3). What names the client or its
    /// right to be here is not for a statement to say.
    pub fn overrule(&mut self, claims: &Map<String, Value>) {
        for (name, value) in claims.iter().filter(|(name, _)| ClientMetadata::knows(name)) {
            self.members.insert(name.clone(), value.clone());
        }
    }

    /// Everything wrong with a request to replace what is registered under `client_id` (RFC 7592 §2.2).
    pub fn problems_of_replacement(&self, client_id: &str) -> Vec<MetadataProblem> {
        let mut problems = Vec::new();
        for name in OURS.into_iter().filter(|name| self.members.contains_key(*name)) {
            problems.push(MetadataProblem::new(name, "is for the service to say; leave it out"));
        }
        if self.client_id.as_deref() != Some(client_id) {
            problems.push(MetadataProblem::new("client_id", "must be there and be that of this client"));
        }
        problems
    }

    /// The metadata with defaults; `default_scope` where none is named, and what `complete` says first. Members we do not
    /// know are ignored (RFC 7591 §2).
    pub fn metadata(
        &self,
        default_scope: &Scope,
        complete: impl FnOnce(&mut Map<String, Value>),
    ) -> Result<ClientMetadata, Vec<MetadataProblem>> {
        let texts = ["software_statement", "profile", "client_id", "client_secret"];
        let mut problems: Vec<MetadataProblem> = texts
            .into_iter()
            .filter(|name| self.members.contains_key(*name))
            .map(|name| MetadataProblem::new(name, "must be a text"))
            .collect();
        if self.software_statement.as_ref().is_some_and(|statement| statement.len() > MOST_STATEMENT) {
            problems.push(MetadataProblem::new("software_statement", "is longer than 16 kB"));
        }
        let known = self.members.iter().filter(|(name, _)| ClientMetadata::knows(name));
        let mut known: Map<String, Value> =
            known.map(|(name, value)| (name.clone(), value.clone())).collect();
        complete(&mut known);
        if known.get("scope").is_none_or(|scope| scope.is_null() || scope == "") {
            known.insert("scope".to_owned(), json!(default_scope));
        }
        match ClientMetadata::from_members(known) {
            Ok(metadata) => {
                problems.extend(metadata.check());
                if problems.is_empty() { Ok(metadata) } else { Err(problems) }
            }
            Err(wrong) => {
                problems.extend(wrong);
                Err(problems)
            }
        }
    }
}

impl Registered<'_> {
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        let mut answer = self.metadata.to_members()?;
        let mut tell = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        tell("client_id", json!(self.client_id));
        tell("client_id_issued_at", json!(self.issued_at.seconds()));
        tell("registration_access_token", json!(self.registration_access_token.expose()));
        tell("registration_client_uri", json!(self.registration_client_uri));
        tell("profile", json!(self.profile));
        tell("registration_state", json!(self.state));
        if let Some(secret) = self.client_secret {
            tell("client_secret", json!(secret.expose()));
        }
        if let Some(end) = self.secret_expires_at {
            tell("client_secret_expires_at", json!(end.seconds()));
        }
        if let Some(statement) = self.software_statement {
            tell("software_statement", json!(statement));
        }
        Ok(Value::Object(answer))
    }
}

/// The text of `error_description`: which member and why, in the characters RFC 6749 §5.2 allows.
pub fn description(problems: &[MetadataProblem]) -> String {
    let lines: Vec<String> = problems.iter().take(MOST_TOLD).map(ToString::to_string).collect();
    let more = problems.len().saturating_sub(MOST_TOLD);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    let allowed = |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '?' };
    format!("{}{more}", lines.join("; ")).chars().map(allowed).collect()
}

const MOST_TOLD: usize = 5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(value: Value) -> Result<ClientMetadata, String> {
        let submitted = Submitted::parse(&value.to_string()).unwrap();
        submitted
            .metadata(&"openid email".parse().unwrap(), |_| {})
            .map_err(|problems| description(&problems))
    }

    #[test]
    fn unknown_members_are_ignored_and_known_ones_are_not() {
        let metadata =
            read(json!({"redirect_uris": ["https://a.example/cb"], "nonsense": {"a": [1]}, "jwks_uri#x": 1,
                        "client_name#zh-CN": "门户", "scope": null}))
            .unwrap();
        assert_eq!(metadata.scope.to_string(), "email openid");
        assert_eq!(metadata.localized["client_name#zh-CN"], "门户");
        assert_eq!(
            read(json!({"scope": "openid", "redirect_uris": ["https://a.example/"]}))
                .unwrap()
                .scope
                .to_string(),
            "openid"
        );
        for (body, named) in [
            (json!({"redirect_uris": "https://a.example/cb"}), "redirect_uris: "),
            (json!({"redirect_uris": ["https://a.example/cb#x"]}), "redirect_uris: "),
            (json!({}), "redirect_uris: is needed"),
            (json!({"redirect_uris": ["https://a.example/"], "client_id": 1}), "client_id: must be a text"),
            (json!({"redirect_uris": ["javascript:alert(\"x\")"]}), "redirect_uris: javascript:alert(?x?)"),
            (json!({"redirect_uris": ["https://例.example/"]}), "redirect_uris: https://?.example/"),
        ] {
            let told = read(body.clone()).unwrap_err();
            assert!(told.contains(named), "{body}: {told}");
        }
    }

    #[test]
    fn a_statement_goes_before_what_stands_beside_it() {
        let body =
            json!({"redirect_uris": ["https://evil.example/"], "client_name": "Bank", "client_id": "x"});
        let mut submitted = Submitted::parse(&body.to_string()).unwrap();
        let claims =
            json!({"redirect_uris": ["https://a.example/"], "client_id": "portal", "iss": "p", "x": 1});
        submitted.overrule(claims.as_object().unwrap());
        let metadata = submitted.metadata(&Scope::default(), |_| {}).unwrap();
        assert_eq!(metadata.redirect_uris, ["https://a.example/"]);
        assert_eq!(
            (metadata.client_name.as_deref(), submitted.client_id.as_deref()),
            (Some("Bank"), Some("x"))
        );
    }

    #[test]
    fn a_replacement_names_its_client_and_nothing_of_ours() {
        let body = json!({"client_id": "b", "registration_access_token": "x", "client_id_issued_at": 1});
        let problems = Submitted::parse(&body.to_string()).unwrap().problems_of_replacement("a");
        let named: Vec<&str> = problems.iter().map(|problem| problem.member.as_str()).collect();
        assert_eq!(named, ["registration_access_token", "client_id_issued_at", "client_id"]);
        assert!(Submitted::parse("{\"client_id\":\"a\"}").unwrap().problems_of_replacement("a").is_empty());
    }

    #[test]
    fn what_is_too_large_deep_or_repeated_is_no_request() {
        let deep = format!("{{\"jwks\":{}{}}}", "[".repeat(50), "]".repeat(50));
        let large = format!("{{\"client_name\":\"{}\"}}", "x".repeat(MOST_BYTES));
        for (text, problem) in [
            (deep.as_str(), JsonProblem::TooDeep),
            (&large, JsonProblem::TooLarge),
            ("{\"client_name\":\"a\",\"client_name\":\"b\"}", JsonProblem::Repeated),
            ("[]", JsonProblem::Malformed),
            ("", JsonProblem::Malformed),
            ("{} {}", JsonProblem::Malformed),
        ] {
            assert_eq!(Submitted::parse(text).unwrap_err(), problem);
        }
    }

    proptest! {
        #[test]
        fn takes_any_member(name in "[a-z_#]{1,30}|scope|jwks|redirect_uris|contacts", text in ".{0,40}") {
            for value in [json!(text), json!([text]), json!({"keys": [text]}), json!(1), json!(null)] {
                let submitted = Submitted::parse(&json!({ name.as_str(): value }).to_string()).unwrap();
                if let Err(problems) = submitted.metadata(&Scope::default(), |_| {}) {
                    prop_assert!(description(&problems).is_ascii());
                }
            }
        }
    }
}
