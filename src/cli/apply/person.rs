//! Declared people: a record, and an account for whoever can sign in.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::Sandbox;
use super::account::{self, DeclaredAccount};
use super::authority::{self, Authority};
use super::level;
use super::members::Members;
use super::problem::Problems;
use super::report::Change;
use super::step::Step;
use crate::base::{Fault, Secret};
use crate::identity::store::document::{self, Difference, Linked};
use crate::identity::store::person::{self, NewPerson, Person, Recorded};
use crate::identity::{Document, IdType, Level, LoginName, PersonKey, PersonName, PhoneNumber, mask};

pub(super) struct DeclaredPerson {
    pub(super) index: usize,
    /// The one they are known by.
    pub(super) document: Document,
    others: Vec<Document>,
    pub(super) account: DeclaredAccount,
    name: PersonName,
    level: Option<Level>,
    claims: Option<String>,
}

/// What the rules of a person depend on.
#[derive(Clone, Copy)]
pub struct Rules {
    pub sandbox: Sandbox,
    pub today: NaiveDate,
}

pub(super) const SANDBOX_ONLY: &str = "is for the sandbox only (TONGYAO_SANDBOX=true)";
/// Characters; as many as registration takes.
const LONGEST_PASSWORD: usize = 64;
const NAME_KEPT: &str =
    "the name verified at the window is kept: correct the file, or verify them again at a window";
const OF_ANOTHER: &str = "is on record as another person's";
const LARGEST_CLAIMS: usize = 16 * 1024;
/// Claims that say what the service did, not who the person is.
const OURS: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "acr",
    "amr",
    "azp",
    "auth_time",
    "sid",
    "at_hash",
    "c_hash",
];

pub(super) fn read(entries: Vec<Value>, rules: Rules, problems: &mut Problems) -> Vec<DeclaredPerson> {
    let mut declared: Vec<DeclaredPerson> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("people[{index}]");
        let members = Members::open(at.clone(), entry, problems);
        let Some(one) = members.and_then(|members| read_one(members, index, rules)) else { continue };
        for (member, other) in one.clashes(&declared) {
            problems.add(format!("{at}.{member}"), format!("is that of people[{other}] too"));
        }
        declared.push(one);
    }
    declared
}

fn read_one(mut members: Members<'_>, index: usize, rules: Rules) -> Option<DeclaredPerson> {
    let document = read_document(&mut members, rules.today);
    let others = members.entries("documents", |inner| read_other(inner, rules.today));
    let mut seen: BTreeSet<PersonKey> = document.iter().map(Document::same_person_key).collect();
    if !others.iter().all(|other| seen.insert(other.same_person_key())) {
        members.refuse("documents", "names a document twice");
    }
    let name = members.needed_parsed("name", PersonName::parse);
    let account = DeclaredAccount {
        phone: members.parsed("phone", PhoneNumber::parse),
        login_name: members.parsed("login_name", LoginName::parse),
        password: password(&mut members, rules.sandbox),
    };
    let level = read_level(&mut members);
    let claims = read_claims(&mut members, rules.sandbox);
    members.close();
    Some(DeclaredPerson { index, document: document?, others, account, name: name?, level, claims })
}

/// `id_type` (a resident identity card when absent), `id_number`, and `issuing_country` for passports.
fn read_document(members: &mut Members<'_>, today: NaiveDate) -> Option<Document> {
    let kind = members.parsed("id_type", str::parse).unwrap_or(IdType::ResidentId);
    let country = members.text("issuing_country");
    members.needed_parsed("id_number", |number| Document::parse(kind, number, country.as_deref(), today))
}

fn read_other(mut members: Members<'_>, today: NaiveDate) -> Option<Document> {
    let document = read_document(&mut members, today);
    members.close();
    document
}

/// A sample password; the rules for passwords that people choose are those of registration.
pub(super) fn password(members: &mut Members<'_>, sandbox: Sandbox) -> Option<Secret> {
    members.parsed("password", |text| match sandbox {
        Sandbox::Off => Err(SANDBOX_ONLY),
        Sandbox::On if (1..=LONGEST_PASSWORD).contains(&text.chars().count()) => Ok(Secret::new(text)),
        Sandbox::On => Err("must be 1 to 64 characters"),
    })
}

fn read_level(members: &mut Members<'_>) -> Option<Level> {
    let value = members.take("loa")?;
    let level = value.as_u64().and_then(|number| u8::try_from(number).ok()).and_then(Level::of_number);
    if level.is_none() {
        members.refuse("loa", "must be 0, 1, 2 or 3");
    }
    level
}

fn read_claims(members: &mut Members<'_>, sandbox: Sandbox) -> Option<String> {
    let value = members.take("claims")?;
    let problem = match &value {
        _ if sandbox == Sandbox::Off => Some(SANDBOX_ONLY.to_owned()),
        Value::Object(claims) => claims_problem(claims),
        _ => Some("must be an object".to_owned()),
    };
    let text = value.to_string();
    match problem {
        Some(what) => members.refuse("claims", what),
        None if text.len() > LARGEST_CLAIMS => members.refuse("claims", "must be at most 16 kB"),
        None => return Some(text),
    }
    None
}

/// OIDC Core §5.1: a claim may leave the year out (`0000`), or say nothing but the year.
fn is_birthdate(said: &str, date: NaiveDate) -> bool {
    ["%Y-%m-%d", "0000-%m-%d", "%Y"].iter().any(|form| date.format(form).to_string() == said)
}

fn claims_problem(claims: &Map<String, Value>) -> Option<String> {
    let ours = OURS.into_iter().find(|name| claims.contains_key(*name))?;
    Some(format!("must not hold {ours}, which the service says itself"))
}

pub(super) async fn write(
    step: &mut Step<'_>,
    declared: &DeclaredPerson,
    new_hash: Option<&str>,
) -> Result<(), Fault> {
    let new = NewPerson {
        name: &declared.name,
        document: &declared.document,
        valid_until: None,
        claims: declared.claims.as_deref(),
        source: "apply",
    };
    let recorded = person::record(step.tx, step.moment, step.keys, &new).await?;
    let known = person::find(step.tx, step.keys, recorded.id()).await?;
    let known = known.ok_or_else(|| Fault::inconsistent("person", recorded.id().as_str(), "is gone"))?;
    let shown = mask::id_number(declared.document.number());
    let mut members = write_record(step, (declared, &shown), &known).await?;
    let vouched_anew = !members.is_empty();
    let at = format!("people[{}]", declared.index);
    let (account, changed) = account::write(step, (&at, &known.id), &declared.account, new_hash).await?;
    members.extend(changed);
    if vouched_anew {
        level::renew(step, &known, account.as_ref()).await?;
    }
    if link_others(step, (&at, declared), &known).await? {
        members.push("documents".to_owned());
    }
    if let Some(wanted) = declared.level
        && level::raise(step, &known, account.as_ref(), wanted).await?
    {
        members.push(format!("loa {wanted}"));
    }
    let change = match recorded {
        Recorded::New(_) => Change::New,
        Recorded::Known(_) => Change::Members(members),
    };
    for claim in declared.contradictions() {
        step.report.notice(
            ("person", &shown),
            &format!("claims.{claim} is not what the number says; told as declared"),
        );
    }
    step.note("person", (known.id.as_str(), &shown), &change).await
}

/// The members that changed: what declared evidence stands for.
async fn write_record(
    step: &mut Step<'_>,
    (declared, shown): (&DeclaredPerson, &str),
    known: &Person,
) -> Result<Vec<String>, Fault> {
    let mut members = Vec::new();
    let documents = (known, &declared.document);
    if let Some(difference) = document::declare(step.tx, step.moment, step.keys, documents).await? {
        members.push(member_of(difference).to_owned());
    }
    if known.name != declared.name.as_str() {
        match authority::of_name(step, &known.id).await? {
            Authority::Window => step.report.notice(("person", shown), NAME_KEPT),
            Authority::Declaration => {
                person::update_name(step.tx, step.moment, step.keys, &known.id, &declared.name).await?;
                members.push("name".to_owned());
            }
        }
    }
    if let Some(claims) = &declared.claims
        && known.claims.as_ref() != Some(claims)
    {
        person::update_claims(step.tx, step.moment, step.keys, &known.id, Some(claims)).await?;
        members.push("claims".to_owned());
    }
    Ok(members)
}

/// Whether one is on record that was not.
async fn link_others(
    step: &mut Step<'_>,
    (at, declared): (&str, &DeclaredPerson),
    known: &Person,
) -> Result<bool, Fault> {
    let mut linked = false;
    for (index, other) in declared.others.iter().enumerate() {
        match document::link(step.tx, step.moment, step.keys, (known, other)).await? {
            Linked::New | Linked::Replaced(_) => linked = true,
            Linked::Known => {}
            Linked::Others => step.problems.add(format!("{at}.documents[{index}].id_number"), OF_ANOTHER),
        }
    }
    Ok(linked)
}

fn member_of(difference: Difference) -> &'static str {
    match difference {
        Difference::Number => "id_number",
        Difference::Kind => "id_type",
    }
}

impl DeclaredPerson {
    /// What the documents say of who it is.
    pub(super) fn keys(&self) -> impl Iterator<Item = PersonKey> {
        std::iter::once(&self.document).chain(&self.others).map(Document::same_person_key)
    }

    /// Sample claims that differ from the number. Sex follows the number and a person's own word may differ: told, not
    /// guessed at, and not mended.
    fn contradictions(&self) -> Vec<&'static str> {
        let said: Map<String, Value> =
            self.claims.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let said = |claim: &str| said.get(claim).and_then(Value::as_str);
        let sex = said("gender").zip(self.document.sex()).is_some_and(|(said, sex)| said != sex.as_str());
        let born = said("birthdate").zip(self.document.birth_date());
        let born = born.is_some_and(|(said, date)| !is_birthdate(said, date));
        [("gender", sex), ("birthdate", born)]
            .into_iter()
            .filter_map(|(claim, is)| is.then_some(claim))
            .collect()
    }

    /// What this person and one declared before cannot both have.
    fn clashes(&self, before: &[DeclaredPerson]) -> Vec<(&'static str, usize)> {
        let key = self.document.same_person_key();
        let others: Vec<PersonKey> = self.keys().skip(1).collect();
        let (phone, login) = (&self.account.phone, &self.account.login_name);
        let first = |same: &dyn Fn(&DeclaredPerson) -> bool| {
            before.iter().find(|other| same(other)).map(|other| other.index)
        };
        [
            ("id_number", first(&|other| other.keys().any(|theirs| theirs == key))),
            ("documents", first(&|other| other.keys().any(|theirs| others.contains(&theirs)))),
            ("phone", first(&|other| phone.is_some() && other.account.phone == *phone)),
            ("login_name", first(&|other| login.is_some() && other.account.login_name == *login)),
        ]
        .into_iter()
        .filter_map(|(member, index)| Some((member, index?)))
        .collect()
    }
}
