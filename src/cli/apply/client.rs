//! Declared clients: RFC 7591 members beside the few words that are decided about them.

use serde_json::Value;

use super::members::Members;
use super::problem::Problems;
use super::report::Change;
use super::step::Step;
use super::{Sandbox, Target};
use crate::base::{Fault, Locale, Secret};
use crate::client::store::{self, NewClient};
use crate::client::{Client, ConsentPolicy, Powers, Profile, demands, secret, sector, shared_secret};
use crate::grant::client_end;
use crate::protocol::{ClientMetadata, GrantType};

pub(super) struct DeclaredClient {
    pub(super) index: usize,
    pub(super) department: String,
    client_id: String,
    client_secret: Option<Secret>,
    metadata: ClientMetadata,
    profile: Profile,
    consent: ConsentPolicy,
    powers: Powers,
}

/// Outside the sandbox a secret that can be guessed is refused.
const SHORTEST_SECRET: usize = 16;
const LONGEST_SECRET: usize = 1024;

pub(super) fn read(entries: Vec<Value>, sandbox: Sandbox, problems: &mut Problems) -> Vec<DeclaredClient> {
    let mut declared: Vec<DeclaredClient> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("clients[{index}]");
        let members = Members::open(at.clone(), entry, problems);
        let Some(one) = members.and_then(|members| read_one(members, index, sandbox)) else { continue };
        match declared.iter().find(|other| other.client_id == one.client_id) {
            Some(other) => {
                problems.add(format!("{at}.client_id"), format!("is that of clients[{}] too", other.index));
            }
            None => declared.push(one),
        }
    }
    declared
}

fn read_one(mut members: Members<'_>, index: usize, sandbox: Sandbox) -> Option<DeclaredClient> {
    let client_id = members.needed_parsed("client_id", |text| {
        if Client::is_id(text) {
            Ok(text.to_owned())
        } else {
            Err("must be 1 to 128 printable ASCII characters")
        }
    });
    let department = members.needed("department");
    let client_secret = members.parsed("client_secret", |text| client_secret(text, sandbox));
    let profile = members.parsed("profile", str::parse).unwrap_or_default();
    let consent = members.parsed("consent", str::parse).unwrap_or_default();
    let powers = read_powers(&mut members);
    let metadata = read_metadata(&mut members, (profile, sandbox));
    let short = |secret: &Secret| secret.expose().len() < shared_secret::SHORTEST;
    if metadata.as_ref().is_some_and(shared_secret::is_needed) && client_secret.as_ref().is_some_and(short) {
        members.refuse("client_secret", "must have at least 32 characters for client_secret_jwt");
    }
    let nobody_signs = powers.as_ref().is_some_and(|powers| powers.trusted_issuers.is_empty());
    if nobody_signs && metadata.as_ref().is_some_and(has_assertions_alone) {
        members.refuse("trusted_issuers", "is needed for the grant jwt-bearer with the method none");
    }
    Some(DeclaredClient {
        index,
        client_id: client_id?,
        department: department?,
        client_secret,
        metadata: metadata?,
        profile,
        consent,
        powers: powers?,
    })
}

/// Whether the assertions of others are all by which the client can show who it is (RFC 7523 §3.1).
fn has_assertions_alone(metadata: &ClientMetadata) -> bool {
    metadata.is_public() && metadata.may_use(GrantType::JwtBearer)
}

fn read_powers(members: &mut Members<'_>) -> Option<Powers> {
    let given = Powers::MEMBERS.into_iter().filter_map(|name| Some((name.to_owned(), members.take(name)?)));
    let problems = match Powers::from_members(given.collect()) {
        Ok(powers) => return Some(powers),
        Err(problems) => problems,
    };
    for (member, what) in problems {
        members.refuse(member, what);
    }
    None
}

fn read_metadata(
    members: &mut Members<'_>,
    (profile, sandbox): (Profile, Sandbox),
) -> Option<ClientMetadata> {
    let mut given = members.rest();
    demands::complete(profile, &mut given);
    let metadata = match ClientMetadata::from_members(given) {
        Ok(metadata) => demands::with_demands(profile, metadata),
        Err(problems) => {
            for problem in problems {
                members.refuse(&problem.member, problem.what);
            }
            return None;
        }
    };
    let outside_the_sandbox = match sandbox {
        Sandbox::On => Vec::new(),
        Sandbox::Off => [metadata.check_implicit(), metadata.check_initiate_login()].into(),
    };
    for problem in metadata.check().into_iter().chain(outside_the_sandbox.into_iter().flatten()) {
        members.refuse(&problem.member, problem.what);
    }
    if let Some((member, what)) = demands::conflict(profile, &metadata) {
        members.refuse(member, what);
    }
    Some(metadata)
}

/// A sector that is new is looked at before anything is written; one on record has been.
pub(super) async fn check_sectors(
    target: &Target<'_>,
    declared: &[DeclaredClient],
    problems: &mut Problems,
) -> Result<(), Fault> {
    for one in declared.iter().filter(|one| one.metadata.sector_identifier_uri.is_some()) {
        let known = store::find(&mut target.db.read(), &one.client_id).await?;
        let same = known.is_some_and(|known| {
            known.metadata.sector_identifier_uri == one.metadata.sector_identifier_uri
                && known.metadata.redirect_uris == one.metadata.redirect_uris
        });
        if !same && let Err(refusal) = sector::verify(target.outgoing, &one.metadata).await {
            let place = format!("clients[{}].sector_identifier_uri", one.index);
            problems.add(place, refusal.description(Locale::En));
        }
    }
    Ok(())
}

pub(super) async fn write(step: &mut Step<'_>, declared: &DeclaredClient) -> Result<(), Fault> {
    let known = store::find(step.tx, &declared.client_id).await?;
    let digest = secret_digest(step, declared, known.as_ref());
    let signing = shared_secret::is_needed(&declared.metadata);
    let shared = if signing { shared_secret(step, declared).await? } else { None };
    if (digest.is_none() && secret::is_needed(&declared.metadata)) || (signing && shared.is_none()) {
        let place = format!("clients[{}].client_secret", declared.index);
        let method = declared.metadata.token_endpoint_auth_method;
        step.problems.add(place, format!("is needed for {method}"));
        return Ok(());
    }
    let shared_differs = shared.as_ref().is_some_and(|(_, kept)| *kept == Kept::Otherwise);
    let change = match &known {
        None => Change::New,
        Some(known) => {
            let mut names = differences(known, declared, digest.as_deref())?;
            let told = names.iter().any(|name| name == "client_secret");
            names.extend((shared_differs && !told).then(|| "client_secret".to_owned()));
            Change::Members(names)
        }
    };
    if change != Change::Members(Vec::new()) {
        let new = NewClient {
            client_id: &declared.client_id,
            department_id: &declared.department,
            metadata: &declared.metadata,
            profile: declared.profile,
            consent: declared.consent,
            secret_digest: digest.as_deref(),
        };
        if let Some(known) = &known {
            client_end::revoke_renamed(step.tx, step.moment, known, &declared.metadata).await?;
        }
        store::upsert(step.tx, step.moment, &new).await?;
        store::empower(step.tx, step.moment, &declared.client_id, &declared.powers).await?;
    }
    match shared {
        None => shared_secret::forget(step.tx, &declared.client_id).await?,
        Some((_, Kept::AsItIs)) => {}
        Some((secret, Kept::Otherwise)) => {
            shared_secret::keep(step.tx, (step.moment, step.keys), &declared.client_id, &secret).await?;
        }
    }
    step.note("client", (&declared.client_id, &declared.client_id), &change).await
}

/// Whether a secret is on record as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    AsItIs,
    Otherwise,
}

/// The secret there will be of a client that signs with it, and whether it is there already.
async fn shared_secret(
    step: &mut Step<'_>,
    declared: &DeclaredClient,
) -> Result<Option<(Secret, Kept)>, Fault> {
    let known = shared_secret::find(step.tx, step.keys, &declared.client_id).await?;
    Ok(match (&declared.client_secret, known) {
        (Some(new), Some(old)) if new.expose() == old.expose() => Some((old, Kept::AsItIs)),
        (Some(new), _) => Some((new.clone(), Kept::Otherwise)),
        (None, Some(old)) => Some((old, Kept::AsItIs)),
        (None, None) => None,
    })
}

/// The digest there will be. A secret that is not declared stays; one that the method does not use goes.
fn secret_digest(step: &Step<'_>, declared: &DeclaredClient, known: Option<&Client>) -> Option<String> {
    if !secret::is_needed(&declared.metadata) {
        return None;
    }
    match &declared.client_secret {
        Some(text) => Some(secret::digest(step.keys, &declared.client_id, text)),
        None => known.and_then(|known| known.secret_digest.clone()),
    }
}

fn differences(
    known: &Client,
    declared: &DeclaredClient,
    digest: Option<&str>,
) -> Result<Vec<String>, Fault> {
    let names = known.metadata.differing(&declared.metadata);
    let mut names = names.map_err(|error| Fault::broken("comparing client metadata").because(error))?;
    let decided = [
        ("department", known.department_id != declared.department),
        ("profile", known.profile != declared.profile),
        ("consent", known.consent != declared.consent),
        ("client_secret", known.secret_digest.as_deref() != digest),
    ];
    names.extend(known.powers.differences(&declared.powers).into_iter().map(str::to_owned));
    names.extend(decided.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()));
    Ok(names)
}

/// RFC 6749 Appendix A.2: visible ASCII and space.
fn client_secret(text: &str, sandbox: Sandbox) -> Result<Secret, &'static str> {
    if !(1..=LONGEST_SECRET).contains(&text.len()) || !text.bytes().all(|b| (0x20..=0x7e).contains(&b)) {
        return Err("must be 1 to 1024 visible ASCII characters");
    }
    if sandbox == Sandbox::Off && text.len() < SHORTEST_SECRET {
        return Err("must have at least 16 characters; 43 random ones of base64url are best");
    }
    Ok(Secret::new(text))
}
