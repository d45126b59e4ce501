//! What the operator lets a client do, and no client can register for itself: the resources it stands for, whose tokens it may exchange, who else signs for it.

use jsonwebtoken::jwk::JwkSet;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::key_set::key_set;
use crate::protocol::client_auth::is_client_id;
use crate::protocol::redirect::RedirectForm;
use crate::protocol::resource::is_resource;
use crate::protocol::{RedirectUri, Scope, SigningAlgorithm};

/// The powers of one client; none unless declared.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Powers {
    /// The resources (RFC 8707) it stands for: it may ask about tokens made for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_identifiers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_exchange: Vec<ExchangeRule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_issuers: Vec<TrustedIssuer>,
}

/// Whose tokens a client may exchange for tokens to whom (RFC 8693).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeRule {
    /// The clients the tokens were issued to.
    pub from: Vec<String>,
    /// The clients the new tokens are for; each stands for its `resource_identifiers`.
    pub to: Vec<String>,
    /// What may be carried over; absent: everything the token has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    #[serde(default)]
    pub semantics: Semantics,
}

/// RFC 8693 §1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Semantics {
    /// The new token says who acts for the person.
    #[default]
    Delegation,
    /// The new token reads as if the person had come themselves.
    Impersonation,
}

/// Another issuer whose assertions stand for the client itself (RFC 7523 §2.1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// `iss` of its assertions.
    pub issuer: String,
    /// `sub` by which it means this client.
    pub subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Absent: any algorithm of ours that fits the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_alg: Option<SigningAlgorithm>,
    /// What such an assertion may ask for; absent: what the client is registered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// A member and what is wrong with it.
pub type PowerProblem = (&'static str, String);

const MOST: usize = 32;
const MOST_CHARACTERS: usize = 2048;

impl Powers {
    /// The members of declared state that are read here.
    pub const MEMBERS: [&'static str; 3] = [RESOURCES, EXCHANGE, ISSUERS];

    /// Reads and checks the members, or tells everything that is wrong with them.
    pub fn from_members(mut given: Map<String, Value>) -> Result<Self, Vec<PowerProblem>> {
        let mut problems = Vec::new();
        let powers = Self {
            resource_identifiers: take(&mut given, RESOURCES, &mut problems),
            token_exchange: take(&mut given, EXCHANGE, &mut problems),
            trusted_issuers: take(&mut given, ISSUERS, &mut problems),
        };
        powers.check(&mut problems);
        if problems.is_empty() { Ok(powers) } else { Err(problems) }
    }

    /// Whether the client stands for one of these resources.
    pub fn stands_for_any(&self, resources: &[String]) -> bool {
        resources.iter().any(|resource| self.resource_identifiers.contains(resource))
    }

    /// The members that differ.
    pub fn differences(&self, other: &Powers) -> Vec<&'static str> {
        let differs = [
            (RESOURCES, self.resource_identifiers != other.resource_identifiers),
            (EXCHANGE, self.token_exchange != other.token_exchange),
            (ISSUERS, self.trusted_issuers != other.trusted_issuers),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(member, _)| member).collect()
    }

    fn check(&self, problems: &mut Vec<PowerProblem>) {
        let lengths =
            [self.resource_identifiers.len(), self.token_exchange.len(), self.trusted_issuers.len()];
        for (member, length) in Self::MEMBERS.into_iter().zip(lengths) {
            if length > MOST {
                problems.push((member, "has more than 32 entries".to_owned()));
            }
        }
        let plain = |text: &String| is_resource(text) && text.bytes().all(|b| b.is_ascii_graphic());
        if !self.resource_identifiers.iter().all(plain) {
            problems.push((RESOURCES, "has one that is not an absolute URI without fragment".to_owned()));
        }
        let rules = self.token_exchange.iter().filter_map(ExchangeRule::problem);
        problems.extend(rules.map(|what| (EXCHANGE, what.to_owned())));
        let issuers = self.trusted_issuers.iter().filter_map(TrustedIssuer::problem);
        problems.extend(issuers.map(|what| (ISSUERS, what.to_owned())));
    }
}

impl ExchangeRule {
    fn problem(&self) -> Option<&'static str> {
        let ids =
            |list: &[String]| (1..=MOST).contains(&list.len()) && list.iter().all(|id| is_client_id(id));
        (!ids(&self.from) || !ids(&self.to))
            .then_some("has a rule whose from or to is not 1 to 32 client ids")
    }
}

impl TrustedIssuer {
    /// The keys given by value.
    pub fn keys(&self) -> Option<JwkSet> {
        self.jwks.as_ref().and_then(|jwks| key_set(jwks).ok())
    }

    fn problem(&self) -> Option<&'static str> {
        let text =
            |text: &str| (1..=MOST_CHARACTERS).contains(&text.len()) && !text.chars().any(char::is_control);
        if !text(&self.issuer) || !text(&self.subject) {
            return Some("has one whose issuer or subject is empty or too long");
        }
        match (&self.jwks, &self.jwks_uri) {
            (Some(_), None) if self.keys().is_none_or(|set| set.keys.is_empty()) => {
                Some("has one whose jwks holds no public key")
            }
            (Some(_), None) => None,
            (None, Some(uri)) if !is_machine_address(uri) => {
                Some("has one whose jwks_uri is not https, or http on loopback")
            }
            (None, Some(_)) => None,
            _ => Some("has one without exactly one of jwks and jwks_uri"),
        }
    }
}

const RESOURCES: &str = "resource_identifiers";
const EXCHANGE: &str = "token_exchange";
const ISSUERS: &str = "trusted_issuers";

fn take<T: DeserializeOwned + Default>(
    given: &mut Map<String, Value>,
    member: &'static str,
    problems: &mut Vec<PowerProblem>,
) -> T {
    let Some(value) = given.remove(member).filter(|value| !value.is_null()) else { return T::default() };
    serde_json::from_value(value).unwrap_or_else(|error| {
        problems.push((member, error.to_string().chars().take(200).collect()));
        T::default()
    })
}

fn is_machine_address(text: &str) -> bool {
    text.parse::<RedirectUri>().is_ok_and(|uri| uri.form() != RedirectForm::PrivateScheme)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(members: Value) -> Result<Powers, Vec<&'static str>> {
        let members = members.as_object().unwrap().clone();
        Powers::from_members(members)
            .map_err(|problems| problems.into_iter().map(|(member, _)| member).collect())
    }

    #[test]
    fn reads_what_is_declared() {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let powers = read(json!({
            "resource_identifiers": ["https://tax.example/api"],
            "token_exchange": [{"from": ["portal"], "to": ["tax"], "scope": "tasks.read"},
                               {"from": ["portal"], "to": ["tax"], "semantics": "impersonation"}],
            "trusted_issuers": [{"issuer": "https://ci.example", "subject": "job", "jwks": {"keys": [key]}}],
        }))
        .unwrap();
        assert_eq!(powers.token_exchange[0].semantics, Semantics::Delegation);
        assert_eq!(powers.token_exchange[1].semantics, Semantics::Impersonation);
        assert!(powers.stands_for_any(&["urn:x".to_owned(), "https://tax.example/api".to_owned()]));
        assert!(!powers.stands_for_any(&["https://tax.example/api/".to_owned()]));
        let text = serde_json::to_string(&powers).unwrap();
        assert_eq!(serde_json::from_str::<Powers>(&text).unwrap(), powers);
        assert_eq!(powers.differences(&Powers::default()).len(), 3);
        assert_eq!(read(json!({})), Ok(Powers::default()));
    }

    #[test]
    fn each_problem_names_its_member() {
        let issuer = |with: Value| {
            let mut one = json!({"issuer": "https://ci.example", "subject": "job"});
            one.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
            json!({ "trusted_issuers": [one] })
        };
        let cases = [
            (json!({"resource_identifiers": ["/api"]}), RESOURCES),
            (json!({"resource_identifiers": "https://a.example"}), RESOURCES),
            (json!({"token_exchange": [{"from": [], "to": ["a"]}]}), EXCHANGE),
            (json!({"token_exchange": [{"from": ["a"], "to": ["客户"]}]}), EXCHANGE),
            (json!({"token_exchange": [{"from": ["a"], "to": ["b"], "may": "all"}]}), EXCHANGE),
            (issuer(json!({})), ISSUERS),
            (issuer(json!({"jwks": {}})), ISSUERS),
            (issuer(json!({"jwks_uri": "http://ci.example/jwks"})), ISSUERS),
            (issuer(json!({"jwks_uri": "https://ci.example/jwks", "subject": ""})), ISSUERS),
        ];
        for (members, member) in cases {
            assert_eq!(read(members.clone()), Err(vec![member]), "{members}");
        }
    }
}
