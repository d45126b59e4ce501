//! Verified claims: which of them a client may ask for, and what it is told (OpenID Connect for Identity Assurance §5).

pub mod trust;
mod element;

use serde_json::{Map, Value};

use super::claims::{About, AboutDocument};
use super::granted::Granted;
use crate::base::{Fault, Timestamp};
use crate::crypto::Keys;
use crate::identity::assurance::level_of;
use crate::identity::store::verification::{self, Basis, Verification};
use crate::identity::{IdType, Level};
use crate::protocol::claims_request::Place;
use crate::protocol::scope::{ADDRESS, ID_NUMBER, PROFILE, REAL_NAME};
use crate::protocol::verified_claims::{Element, Held};
use crate::protocol::{ClaimsRequest, Scope};
use crate::storage::Run;

/// The prefix of a verified claim among the claims of a consent: `verified:name`.
pub const PREFIX: &str = "verified:";
/// When and how somebody was verified; the framework and the level alone every client knows from `acr`.
pub const HOW: &str = "verified:how";

/// What the document says, with the scope that lets a client know it. Every verified person has the first.
const CLAIMS: [(&str, &str); 5] = [
    ("name", PROFILE),
    ("birthdate", PROFILE),
    ("gender", PROFILE),
    ("id_type", ID_NUMBER),
    ("id_number", ID_NUMBER),
];
/// What only sample people have: there the declaration is the document, and no clerk has seen it.
const DECLARED: [(&str, &str); 6] = [
    ("given_name", PROFILE),
    ("family_name", PROFILE),
    ("middle_name", PROFILE),
    ("nationalities", PROFILE),
    ("place_of_birth", PROFILE),
    ("address", ADDRESS),
];
/// Members of a verification that say no more than `acr` does.
const KNOWN_ANYWAY: [&str; 2] = ["trust_framework", "assurance_level"];

/// Whether the installation may hold sample people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    Real,
    Samples,
}

/// One question: for whom, about whom, where.
pub struct Question<'a> {
    pub about: &'a About,
    pub granted: &'a Granted,
    /// Of the client that is told.
    pub sector: &'a str,
    pub place: Place,
    pub now: Timestamp,
}

/// The claims that can be verified, for discovery.
pub fn supported(people: People) -> impl Iterator<Item = &'static str> {
    let declared = DECLARED.iter().filter(move |_| people == People::Samples);
    CLAIMS.iter().chain(declared).map(|(claim, _)| *claim)
}

/// The types of evidence we tell of.
pub fn evidence_supported() -> Vec<String> {
    element::EVIDENCE.map(str::to_owned).to_vec()
}

/// The kinds of document, in the words of the answers.
pub fn documents_supported() -> Vec<String> {
    let mut kinds: Vec<String> = IdType::ALL.map(|kind| element::document_type(kind).to_owned()).to_vec();
    kinds.sort();
    kinds.dedup();
    kinds
}

pub fn document_checks_supported() -> Vec<String> {
    element::DOCUMENT_CHECKS.map(|method| method.as_str().to_owned()).to_vec()
}

pub fn records_supported() -> Vec<String> {
    element::RECORDS.map(str::to_owned).to_vec()
}

/// The scope that a client must be registered for to be told an item.
pub fn scope_of(item: &str) -> Option<&'static str> {
    if item == HOW {
        return Some(REAL_NAME);
    }
    let claim = item.strip_prefix(PREFIX)?;
    CLAIMS.iter().chain(&DECLARED).find(|(known, _)| *known == claim).map(|(_, scope)| *scope)
}

/// The items a request asks for and the client may know: `verified:` and the claim, and [`HOW`].
pub fn wanted((request, places): (&ClaimsRequest, &[Place]), allowed: &Scope) -> Vec<String> {
    let wishes = places.iter().filter_map(|place| request.verified(*place));
    let mut items: Vec<String> =
        wishes.flat_map(|wish| wish.elements()).flat_map(|element| items_of(element, allowed)).collect();
    items.sort();
    items.dedup();
    items
}

/// Whether anything about a verification may be told at this place.
pub fn is_wanted(granted: &Granted, place: Place) -> bool {
    granted.facts.claims.verified(place).is_some() && granted_items(granted).next().is_some()
}

/// What is told as `verified_claims`; read only when it was asked for and granted.
pub async fn tell(run: &mut impl Run, keys: &Keys, question: &Question<'_>) -> Result<Option<Value>, Fault> {
    let granted = question.granted;
    if !is_wanted(granted, question.place) {
        return Ok(None);
    }
    let Some(request) = granted.facts.claims.verified(question.place) else { return Ok(None) };
    let found = verification::list(run, keys, (&granted.person, &granted.account)).await?;
    let grounds = counting(found, question.now);
    let met = request.elements().iter().filter_map(|element| meet(keys, question, element, &grounds));
    Ok(request.answer(met.collect()))
}

/// Whether an answer holds the ID number in full, be it as a claim or as the number of the document.
pub fn releases_number(told: &Value) -> bool {
    match told {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name == "id_number" || name == "document_number" || releases_number(value)),
        Value::Array(items) => items.iter().any(releases_number),
        _ => false,
    }
}

fn items_of(element: &Element, allowed: &Scope) -> Vec<String> {
    let mut items: Vec<String> = element.claims().map(|claim| format!("{PREFIX}{claim}")).collect();
    items.retain(|item| item != HOW && scope_of(item).is_some());
    if items.is_empty() {
        return items;
    }
    if element.about_verification().any(|member| !KNOWN_ANYWAY.contains(&member)) {
        items.push(HOW.to_owned());
    }
    if element.mentions("document_number") {
        items.push(format!("{PREFIX}id_number"));
    }
    items.retain(|item| scope_of(item).is_some_and(|scope| allowed.contains(scope)));
    items
}

fn granted_items(granted: &Granted) -> impl Iterator<Item = &str> {
    granted.facts.claim_names.iter().map(String::as_str).filter(|name| name.starts_with(PREFIX))
}

fn is_granted(granted: &Granted, item: &str) -> bool {
    granted_items(granted).any(|granted| granted == item)
}

/// What verifies a person now, the strongest first and of these the newest.
fn counting(found: Vec<Verification>, now: Timestamp) -> Vec<(Level, Verification)> {
    let counts = found.into_iter().filter(|one| one.evidence.counts(now));
    let mut grounds: Vec<(Level, Verification)> = counts
        .map(|one| (level_of(&one.evidence), one))
        .filter(|(level, _)| *level > Level::SelfAsserted)
        .collect();
    grounds.sort_by_key(|(level, one)| std::cmp::Reverse((*level, one.evidence.at)));
    grounds
}

/// What somebody was verified to be, by what they were verified with: where a clerk has seen a document, number and what
/// follows from it are that document's, which need not be the one the person is known by today.
fn claims(question: &Question<'_>, ground: &Verification) -> Map<String, Value> {
    let about = question.about;
    let seen = ground.document.as_ref().map(|document| AboutDocument::seen(document, question.granted));
    let proven = |claim: &str| match (ground.basis, &seen) {
        (Basis::Visit, Some(document)) => about.proven_by(Some(document), claim),
        (Basis::Visit, None) => about.proven(claim),
        (Basis::Record, _) => about.proven(claim).or_else(|| about.declared(claim)),
    };
    granted_items(question.granted)
        .filter(|item| *item != HOW)
        .filter_map(|item| item.strip_prefix(PREFIX))
        .filter_map(|claim| Some((claim.to_owned(), proven(claim)?)))
        .collect()
}

/// The best ground that meets an element. Who is verified better is also verified well enough for a lower level.
fn meet(
    keys: &Keys,
    question: &Question<'_>,
    element: &Element,
    grounds: &[(Level, Verification)],
) -> Option<Value> {
    for framework in trust::asked(element.trust_frameworks()) {
        for (level, ground) in grounds {
            for grade in trust::grades(&framework, *level) {
                let held = Held {
                    verification: element::of(keys, question, ground, (&framework, &grade)),
                    claims: claims(question, ground),
                };
                if let Some(told) = element.fill(&held, question.now.seconds()) {
                    return Some(told);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(verified: &str) -> ClaimsRequest {
        format!(r#"{{"userinfo": {{"verified_claims": {verified}}}}}"#).parse().unwrap()
    }

    #[test]
    fn asks_consent_for_what_the_client_may_know_and_no_more() {
        let cases = [
            (
                r#"{"verification":{"trust_framework":null},"claims":{"name":null,"shoe_size":null}}"#,
                "verified:name",
            ),
            (
                r#"{"verification":{"trust_framework":null,"assurance_level":{"value":"x"}},"claims":{"name":null}}"#,
                "verified:name",
            ),
            (
                r#"{"verification":{"trust_framework":null,"time":null},"claims":{"name":null}}"#,
                "verified:how verified:name",
            ),
            (r#"{"verification":{"trust_framework":null},"claims":{"id_number":null,"how":null}}"#, ""),
            (
                r#"{"verification":{"trust_framework":null,"evidence":[{"type":{"value":"document"},"document_details":{"document_number":null}}]},"claims":{"gender":null}}"#,
                "verified:gender verified:how",
            ),
        ];
        let allowed = "openid profile real_name".parse().unwrap();
        for (verified, expected) in cases {
            assert_eq!(wanted((&request(verified), &Place::ALL), &allowed).join(" "), expected, "{verified}");
        }
        let more = "openid profile real_name id_number".parse().unwrap();
        assert_eq!(
            wanted((&request(cases[4].0), &Place::ALL), &more).join(" "),
            "verified:gender verified:how verified:id_number"
        );
        assert_eq!(
            wanted((&request(cases[2].0), &Place::ALL), &"openid profile".parse().unwrap()).join(" "),
            "verified:name"
        );
    }

    #[test]
    fn a_number_is_found_wherever_it_stands() {
        let told = |text: &str| releases_number(&serde_json::from_str(text).unwrap());
        assert!(told(r#"{"claims":{"id_number":"1"}}"#));
        assert!(told(r#"[{"verification":{"evidence":[{"document_details":{"document_number":"1"}}]}}]"#));
        assert!(!told(r#"{"claims":{"name":"id_number"}}"#));
    }
}
