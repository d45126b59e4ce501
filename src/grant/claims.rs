//! Who is told what: claims of a person by scope and by single wish (OIDC Core §5.4, §5.5), nothing beyond what was granted.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::granted::{Facts, Granted};
use crate::base::id::PersonId;
use crate::base::{Fault, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::identity::store::person::open_name;
use crate::identity::store::verification::SeenDocument;
use crate::identity::{Document, IdType, PhoneNumber};
use crate::protocol::claims_request::Place as Wanted;
use crate::protocol::scope;
use crate::protocol::{ClaimsRequest, Scope};
use crate::storage::record;

/// What a person's claims are made of, opened.
pub struct About {
    name: String,
    updated_at: Timestamp,
    /// Sandbox people carry claims of their own.
    extra: Map<String, Value>,
    phone: Option<(String, bool)>,
    document: Option<AboutDocument>,
}

/// A document, and what its number tells.
pub(super) struct AboutDocument {
    kind: String,
    number: String,
    parsed: Option<Document>,
}

record! {
    /// The columns, as queries read them beside their own.
    #[derive(Debug)]
    pub(super) struct AboutRow {
        name: Option<Vec<u8>>,
        claims: Option<Vec<u8>>,
        updated_at: Option<i64>,
        phone: Option<Vec<u8>>,
        phone_verified_at: Option<i64>,
        document_id: Option<String>,
        kind: Option<String>,
        number: Option<Vec<u8>>,
        issuing_country: Option<String>,
    }
}

/// Which scope lets a client know which claim.
const BY_SCOPE: &[(&str, &[&str])] = &[
    (
        scope::PROFILE,
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    (scope::EMAIL, &["email", "email_verified"]),
    (scope::ADDRESS, &["address"]),
    (scope::PHONE, &["phone_number", "phone_number_verified"]),
    (scope::REAL_NAME, &["loa", "loa_reached_at", "loa_reached_by"]),
    (scope::ID_NUMBER, &["id_type", "id_number"]),
];

/// Every claim about a person we can tell, for discovery.
pub fn supported() -> impl Iterator<Item = &'static str> {
    BY_SCOPE.iter().flat_map(|(_, claims)| claims.iter().copied())
}

/// Whether anybody who asks for a claim may ever be told it.
pub fn is_known(claim: &str) -> bool {
    scope_of(claim).is_some()
}

/// The scope that lets a client know a claim.
pub fn scope_of(claim: &str) -> Option<&'static str> {
    BY_SCOPE.iter().find(|(_, claims)| claims.contains(&claim)).map(|(scope, _)| *scope)
}

/// The claims asked for singly at these places that we know and the client may know, beyond what its scopes give anyway.
pub fn singly_wanted(
    (request, places): (&ClaimsRequest, &[Wanted]),
    scope: &Scope,
    allowed: &Scope,
) -> Vec<String> {
    let wanted = places.iter().flat_map(|place| request.wishes(*place)).map(|(claim, _)| claim);
    let mut names: Vec<String> = wanted
        .filter(|claim| scope_of(claim).is_some_and(|of| allowed.contains(of) && !scope.contains(of)))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// What userinfo tells: the granted scopes and the single claims wanted there.
pub fn for_userinfo(about: &About, granted: &Granted, token_scope: &Scope) -> Map<String, Value> {
    let by_scope = BY_SCOPE.iter().filter(|(scope, _)| token_scope.contains(scope));
    let mut names: BTreeSet<&str> = by_scope.flat_map(|(_, claims)| claims.iter().copied()).collect();
    names.extend(granted_singly(&granted.facts, Wanted::UserInfo));
    pick(about, &granted.facts, &names)
}

/// Where the claims of scopes are told (OIDC Core §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    ByUserinfo,
    /// There is no access token to ask userinfo with.
    InIdToken,
}

/// What the ID token tells: what was asked for there, and the scopes where nothing else can answer them.
pub fn for_id_token(about: &About, granted: &Granted, scopes: Told) -> Map<String, Value> {
    let facts = &granted.facts;
    let in_scope = |claim: &str| scope_of(claim).is_some_and(|scope| granted.scope.contains(scope));
    let wished = facts.claims.wishes(Wanted::IdToken).map(|(claim, _)| claim).filter(|claim| in_scope(claim));
    let mut names: BTreeSet<&str> = wished.collect();
    names.extend(granted_singly(facts, Wanted::IdToken));
    if scopes == Told::InIdToken {
        let by_scope = BY_SCOPE.iter().filter(|(scope, _)| granted.scope.contains(scope));
        names.extend(by_scope.flat_map(|(_, claims)| claims.iter().copied()));
    }
    pick(about, facts, &names)
}

/// Whether an ID token needs anything about the person, so that nothing is read in vain.
pub fn id_token_needs_person(granted: &Granted, scopes: Told) -> bool {
    let scoped = scopes == Told::InIdToken && BY_SCOPE.iter().any(|(scope, _)| granted.scope.contains(scope));
    scoped
        || granted.facts.claims.wishes(Wanted::IdToken).any(|(claim, _)| scope_of(claim).is_some())
        || super::verified::is_wanted(granted, Wanted::IdToken)
}

/// Whether telling these claims releases the ID number in full, which is audited each time.
pub fn releases_number(claims: &Map<String, Value>) -> bool {
    claims.contains_key("id_number")
        || claims.get("verified_claims").is_some_and(super::verified::releases_number)
}

fn granted_singly(facts: &Facts, place: Wanted) -> impl Iterator<Item = &str> {
    let granted = |claim: &&str| facts.claim_names.iter().any(|name| name == claim);
    facts.claims.wishes(place).map(|(claim, _)| claim).filter(granted)
}

fn pick(about: &About, facts: &Facts, names: &BTreeSet<&str>) -> Map<String, Value> {
    names
        .iter()
        .filter_map(|name| about.claim(name, facts).map(|value| ((*name).to_owned(), value)))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

impl About {
    fn claim(&self, name: &str, facts: &Facts) -> Option<Value> {
        match name {
            "loa" => Some(json!(facts.level)),
            "loa_reached_at" => facts.level_reached_at.map(|at| json!(at.seconds())),
            "loa_reached_by" => facts.level_reached_by.as_ref().map(|by| json!(by)),
            "name" | "id_type" | "id_number" => self.proven(name),
            "updated_at" => Some(json!(self.updated_at.seconds())),
            "phone_number" => {
                self.phone.as_ref().map(|(number, _)| json!(number)).or_else(|| self.extra(name))
            }
            "phone_number_verified" => {
                self.phone.as_ref().map(|(_, verified)| json!(verified)).or_else(|| self.extra(name))
            }
            // They follow the number; a sandbox claim may say otherwise and is reported as it is.
            "gender" | "birthdate" => self.extra(name).or_else(|| self.proven(name)),
            "locale" => self.extra(name).or_else(|| Some(json!("zh-CN"))),
            other => self.extra(other),
        }
    }

    /// What stands on the document.
    pub(super) fn proven(&self, name: &str) -> Option<Value> {
        self.proven_by(self.document.as_ref(), name)
    }

    /// The same, where another of the person's documents was looked at.
    pub(super) fn proven_by(&self, document: Option<&AboutDocument>, name: &str) -> Option<Value> {
        match name {
            "name" => Some(json!(self.name)),
            _ => document?.claim(name),
        }
    }

    /// What sample people have declared of the rest that would stand there.
    pub(super) fn declared(&self, name: &str) -> Option<Value> {
        self.extra(name).filter(|value| !value.is_null())
    }

    fn extra(&self, name: &str) -> Option<Value> {
        self.extra.get(name).cloned()
    }
}

impl AboutDocument {
    /// One that was looked at, as it is read on the day of the sign-in.
    pub(super) fn seen(document: &SeenDocument, granted: &Granted) -> Self {
        let country = document.issuing_country.as_deref();
        Self::read((document.kind, document.number.clone()), country, granted)
    }

    fn read((kind, number): (IdType, String), country: Option<&str>, granted: &Granted) -> Self {
        let parsed = Document::parse(kind, &number, country, granted.facts.auth_time.date()).ok();
        Self { kind: kind.as_str().to_owned(), number, parsed }
    }

    fn claim(&self, name: &str) -> Option<Value> {
        let parsed = self.parsed.as_ref();
        match name {
            "id_type" => Some(json!(self.kind)),
            "id_number" => Some(json!(self.number)),
            "gender" => parsed.and_then(Document::sex).map(|sex| json!(sex.as_str())),
            "birthdate" => parsed.and_then(Document::birth_date).map(|date| json!(date.to_string())),
            _ => None,
        }
    }
}

impl AboutRow {
    pub(super) fn open(self, keys: &Keys, granted: &Granted) -> Result<About, Fault> {
        let person = &granted.person;
        let name =
            self.name.ok_or_else(|| Fault::inconsistent("person", person.as_str(), "a family without it"))?;
        let extra = self.claims.map(|sealed| keys.seal.open(claims_place(person), &sealed)).transpose()?;
        let phone = self
            .phone
            .map(|sealed| keys.seal.open(phone_place(granted.account.as_str()), &sealed))
            .transpose()?;
        Ok(About {
            name: open_name(keys, person, &name)?,
            updated_at: Timestamp::from_micros(self.updated_at.unwrap_or_default()),
            extra: extra.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
            phone: phone.map(|number| {
                let e164 = PhoneNumber::parse(&number).map_or(number, |number| number.e164());
                (e164, self.phone_verified_at.is_some())
            }),
            document: match (self.document_id, self.kind, self.number) {
                (Some(id), Some(kind), Some(number)) => {
                    Some(open_document(keys, (&id, kind, &number), self.issuing_country.as_deref(), granted)?)
                }
                _ => None,
            },
        })
    }
}

fn open_document(
    keys: &Keys,
    (id, kind, sealed): (&str, String, &[u8]),
    country: Option<&str>,
    granted: &Granted,
) -> Result<AboutDocument, Fault> {
    let number = keys.seal.open(Place { table: "document", column: "number", row: id }, sealed)?;
    let kind = kind.parse().map_err(|_| Fault::inconsistent("document", id, "kind is not known"))?;
    Ok(AboutDocument::read((kind, number), country, granted))
}

fn claims_place(person: &PersonId) -> Place<'_> {
    Place { table: "person", column: "claims", row: person.as_str() }
}

fn phone_place(account: &str) -> Place<'_> {
    Place { table: "account", column: "phone", row: account }
}
