//! Declared staff: clerks, supervisors, administrators and auditors.

use serde_json::Value;

use super::members::Members;
use super::person::{Rules, password};
use super::problem::Problems;
use super::report::Change;
use super::step::{Step, changed};
use crate::base::id::StaffId;
use crate::base::{Fault, Secret};
use crate::crypto::seal::Place;
use crate::identity::PersonName;
use crate::sql;
use crate::storage::{FromRow, Run};

pub(super) struct DeclaredStaff {
    pub(super) index: usize,
    /// In small letters.
    pub(super) login: String,
    pub(super) hall: Option<String>,
    pub(super) password: Option<Secret>,
    name: PersonName,
    /// Words with a space between, each once, in the order of [`ROLES`].
    roles: String,
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: Vec<u8>,
    roles: String,
    hall_id: Option<String>,
}

const ROLES: [&str; 6] =
    ["clerk", "clerk_supervisor", "system_admin", "security_admin", "auditor", "department_admin"];
/// Of these nobody holds two (三员分立).
const APART: [&str; 3] = ["system_admin", "security_admin", "auditor"];
/// Work that is done in a hall.
const IN_A_HALL: [&str; 2] = ["clerk", "clerk_supervisor"];

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
    let works_in_a_hall = roles.iter().flatten().any(|role| IN_A_HALL.contains(role));
    if works_in_a_hall && hall.is_none() {
        members.refuse("hall", "is missing; clerks and their supervisors work in a hall");
    }
    members.close();
    Some(DeclaredStaff { index, login: login?, hall, password, name: name?, roles: roles?.join(" ") })
}

fn read_roles(members: &mut Members<'_>) -> Option<Vec<&'static str>> {
    let words = members.texts("roles");
    let roles: Vec<&'static str> =
        ROLES.into_iter().filter(|role| words.iter().any(|word| word == role)).collect();
    if words.iter().any(|word| !ROLES.contains(&word.as_str())) {
        members.refuse("roles", format!("must be of {}", ROLES.join(", ")));
        return None;
    }
    if roles.is_empty() {
        members.refuse("roles", "must name at least one role");
        return None;
    }
    if roles.iter().filter(|role| APART.contains(role)).count() > 1 {
        members.refuse("roles", "system_admin, security_admin and auditor must be three people");
        return None;
    }
    Some(roles)
}

/// The stored password hash of a login.
pub(super) async fn find_hash(run: &mut impl Run, login: &str) -> Result<Option<String>, Fault> {
    let row: Option<(Option<String>,)> =
        run.optional(sql!("SELECT password_hash FROM staff WHERE login = $1", login)).await?;
    Ok(row.and_then(|(hash,)| hash))
}

pub(super) async fn write(
    step: &mut Step<'_>,
    declared: &DeclaredStaff,
    new_hash: Option<&str>,
) -> Result<(), Fault> {
    let known: Option<Row> = step
        .tx
        .optional(sql!("SELECT id, name, roles, hall_id FROM staff WHERE login = $1", &declared.login))
        .await?;
    let (id, change) = match known {
        None => (StaffId::new(step.moment), Change::New),
        Some(row) => {
            let id: StaffId =
                row.id.parse().map_err(|_| Fault::inconsistent("staff", &row.id, "not an id"))?;
            let name = step.keys.seal.open(name_place(id.as_str()), &row.name)?;
            let change = changed([
                ("name", name != declared.name.as_str()),
                ("roles", row.roles != declared.roles),
                ("hall", row.hall_id != declared.hall),
                ("password", new_hash.is_some()),
            ]);
            (id, change)
        }
    };
    if change != Change::Members(Vec::new()) {
        write_row(step, (&id, declared), new_hash).await?;
    }
    step.note("staff", (id.as_str(), &declared.login), &change).await
}

/// Whoever was disabled stays so: a file applied every night must not let them in again.
async fn write_row(
    step: &mut Step<'_>,
    (id, declared): (&StaffId, &DeclaredStaff),
    new_hash: Option<&str>,
) -> Result<(), Fault> {
    let name = step.keys.seal.seal(&*step.moment.random, name_place(id.as_str()), declared.name.as_str())?;
    step.tx
        .execute(sql!(
            "INSERT INTO staff (id, login, name, roles, hall_id, password_hash, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, roles = excluded.roles, hall_id = excluded.hall_id,
                 password_hash = COALESCE(excluded.password_hash, staff.password_hash), updated_at = excluded.updated_at",
            id.as_str(),
            &declared.login,
            name,
            &declared.roles,
            declared.hall.as_deref(),
            new_hash,
            step.moment.now,
        ))
        .await
        .map(|_| ())
}

fn login(text: &str) -> Result<String, &'static str> {
    let login = text.trim().to_ascii_lowercase();
    let fits = (1..=64).contains(&login.len())
        && login.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@'));
    if fits { Ok(login) } else { Err("must be 1 to 64 letters, digits and the signs . - _ @") }
}

fn name_place(row: &str) -> Place<'_> {
    Place { table: "staff", column: "name", row }
}
