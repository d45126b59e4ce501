//! Declared software publishers: whose signed statements vouch for software that registers itself (RFC 7591 §2.3).

use serde_json::Value;

use super::members::Members;
use super::problem::Problems;
use super::report::Change;
use super::step::{Step, changed};
use crate::base::Fault;
use crate::client::Profile;
use crate::client::dynamic::Publisher;
use crate::client::dynamic::{admission, publisher};
use crate::client::key_set::key_set;
use crate::protocol::RedirectUri;

pub(super) struct DeclaredPublisher {
    pub(super) index: usize,
    pub(super) publisher: Publisher,
}

const LONGEST_ISSUER: usize = 512;

pub(super) fn read(entries: Vec<Value>, problems: &mut Problems) -> Vec<DeclaredPublisher> {
    let mut declared: Vec<DeclaredPublisher> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("software_publishers[{index}]");
        let Some(one) = Members::open(at.clone(), entry, problems).and_then(read_one) else { continue };
        match declared.iter().find(|other| other.publisher.issuer == one.issuer) {
            Some(other) => {
                problems.add(
                    format!("{at}.issuer"),
                    format!("is that of software_publishers[{}] too", other.index),
                );
            }
            None => declared.push(DeclaredPublisher { index, publisher: one }),
        }
    }
    declared
}

fn read_one(mut members: Members<'_>) -> Option<Publisher> {
    let issuer = members.needed_parsed("issuer", |text| match text.len() {
        1..=LONGEST_ISSUER => Ok(text.to_owned()),
        _ => Err("must be 1 to 512 bytes"),
    });
    let department = members.needed("department");
    let jwks = members.take("jwks");
    let jwks_uri = members.parsed("jwks_uri", |text| text.parse::<RedirectUri>());
    match (&jwks, &jwks_uri) {
        (Some(keys), None) if key_set(keys).is_ok_and(|set| !set.keys.is_empty()) => {}
        (Some(_), None) => members.refuse("jwks", "is not a JWK set with a public key"),
        (None, Some(_)) => {}
        _ => members.refuse("jwks", "or jwks_uri is needed, one of them"),
    }
    let scope = members.parsed("scope", str::parse).unwrap_or_else(admission::free_scope);
    let words = members.texts("profiles");
    let profiles: Result<Vec<Profile>, _> = words.iter().map(|word| word.parse()).collect();
    let profiles = match profiles {
        Ok(profiles) if profiles.is_empty() => admission::usual_profiles(),
        Ok(profiles) => profiles,
        Err(problem) => {
            members.refuse("profiles", format!("each {problem}"));
            Vec::new()
        }
    };
    members.close();
    Some(Publisher {
        issuer: issuer?,
        department_id: department?,
        jwks,
        jwks_uri: jwks_uri.map(|uri| uri.as_str().to_owned()),
        scope,
        profiles,
    })
}

pub(super) async fn write(step: &mut Step<'_>, declared: &DeclaredPublisher) -> Result<(), Fault> {
    let wanted = &declared.publisher;
    let change = match publisher::find(step.tx, &wanted.issuer).await? {
        None => Change::New,
        Some(known) => changed([
            ("department", known.department_id != wanted.department_id),
            ("jwks", known.jwks != wanted.jwks),
            ("jwks_uri", known.jwks_uri != wanted.jwks_uri),
            ("scope", known.scope != wanted.scope),
            ("profiles", known.profiles != wanted.profiles),
        ]),
    };
    if change != Change::Members(Vec::new()) {
        publisher::upsert(step.tx, step.moment, wanted).await?;
    }
    step.note("software publisher", (&wanted.issuer, &wanted.issuer), &change).await
}
