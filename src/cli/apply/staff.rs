//! Declared staff: clerks, supervisors, administrators and auditors.

use serde_json::Value;

use super::members::Members;
use super::person::{Rules, password};
use super::problem::Problems;
use super::step::Step;
use crate::base::{Fault, Secret};
use crate::hall::clerk::{self, NewStaff};
use crate::hall::role::Roles;
use crate::identity::PersonName;

pub(super) struct DeclaredStaff {
    pub(super) index: usize,
    /// In small letters.
    pub(super) login: String,
    pub(super) hall: Option<String>,
    pub(super) password: Option<Secret>,
    name: PersonName,
    roles: Roles,
}

pub(super) fn read(entries: Vec<Value>, rules: Rules, problems: &mut Problems) -> Vec<DeclaredStaff> {
    let mut declared: Vec<DeclaredStaff> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("staff[{index}]");
        let members = Members::open(at.clone(), entry, problems);
        let Some(one) = members.and_then(|members| read_one(members, index, rules)) else { continue };
        match declared.iter().find(|other| other.login == one.login) {
            Some(other) => {
                problems.add(format!("{at}.login"), format!("is that of staff[{}] too", other.index));
            }
            None => declared.push(one),
        }
    }
    declared
}

fn read_one(mut members: Members<'_>, index: usize, rules: Rules) -> Option<DeclaredStaff> {
    let login = members.needed_parsed("login", login);
    let name = members.needed_parsed("name", PersonName::parse);
    let roles = read_roles(&mut members);
    let hall = members.text("hall");
    let password = password(&mut members, rules.sandbox);
    if roles.as_ref().is_some_and(Roles::work_in_a_hall) && hall.is_none() {
        members.refuse("hall", "is missing; clerks and their supervisors work in a hall");
    }
    members.close();
    Some(DeclaredStaff { index, login: login?, hall, password, name: name?, roles: roles? })
}

fn read_roles(members: &mut Members<'_>) -> Option<Roles> {
    let words = members.texts("roles");
    match Roles::parse(words.iter().map(String::as_str)) {
        Ok(roles) => Some(roles),
        Err(problem) => {
            members.refuse("roles", problem.to_string());
            None
        }
    }
}

pub(super) async fn write(
    step: &mut Step<'_>,
    declared: &DeclaredStaff,
    new_hash: Option<&str>,
) -> Result<(), Fault> {
    let new = NewStaff {
        login: &declared.login,
        name: declared.name.as_str(),
        roles: &declared.roles,
        hall: declared.hall.as_deref(),
        password_hash: new_hash,
    };
    let (id, change) = clerk::declare(step.tx, step.moment, step.keys, &new).await?;
    step.note("staff", (id.as_str(), &declared.login), &change.into()).await
}

fn login(text: &str) -> Result<String, &'static str> {
    let login = text.trim().to_ascii_lowercase();
    let fits = (1..=64).contains(&login.len())
        && login.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@'));
    if fits { Ok(login) } else { Err("must be 1 to 64 letters, digits and the signs . - _ @") }
}
