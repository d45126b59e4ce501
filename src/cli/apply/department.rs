//! Declared departments: a tree, written from the root down.

use std::collections::BTreeSet;

use serde_json::Value;

use super::members::Members;
use super::problem::Problems;
use super::report::Change;
use super::step::{Step, changed};
use crate::base::{Fault, Name};
use crate::client::Department;
use crate::client::department::{self, TreeProblem, parents_first};

/// The root of every city's tree: there without being declared.
pub(super) const ROOT: &str = "city";

pub(super) struct DeclaredDepartment {
    pub(super) index: usize,
    pub(super) department: Department,
}

pub(super) fn read(entries: Vec<Value>, problems: &mut Problems) -> Vec<DeclaredDepartment> {
    let mut declared: Vec<DeclaredDepartment> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("departments[{index}]");
        let Some(one) = Members::open(at.clone(), entry, problems).and_then(read_one) else { continue };
        match declared.iter().find(|other| other.department.id == one.id) {
            Some(other) => {
                problems.add(format!("{at}.id"), format!("is the id of departments[{}] too", other.index));
            }
            None => declared.push(DeclaredDepartment { index, department: one }),
        }
    }
    declared
}

fn read_one(mut members: Members<'_>) -> Option<Department> {
    let id = members.needed_parsed("id", id);
    let name = members.name();
    let parent = members.parsed("parent", id_or_nothing).flatten();
    let level = members.parsed("level", level).unwrap_or_else(|| ROOT.to_owned());
    members.close();
    Some(Department { id: id?, name: name?, parent, level })
}

/// The departments there will be: those on record, overlaid with the declared ones, and the root where it is meant.
pub(super) fn overlay(
    on_record: Vec<Department>,
    declared: &[DeclaredDepartment],
    meant: &[&str],
) -> Vec<Department> {
    let mut all: Vec<Department> = on_record
        .into_iter()
        .filter(|known| declared.iter().all(|one| one.department.id != known.id))
        .chain(declared.iter().map(|one| one.department.clone()))
        .collect();
    let is_meant = all.iter().any(|one| one.parent.as_deref() == Some(ROOT)) || meant.contains(&ROOT);
    if is_meant && all.iter().all(|one| one.id != ROOT) {
        let root = Department {
            id: ROOT.to_owned(),
            parent: None,
            name: Name::new("本市", Some("The city".to_owned())),
            level: ROOT.to_owned(),
        };
        all.push(root);
    }
    all
}

/// Tells every reason why the departments would not be a tree.
pub(super) fn check(all: &[Department], declared: &[DeclaredDepartment], problems: &mut Problems) {
    let Err(found) = parents_first(all) else { return };
    for problem in found {
        let (TreeProblem::NoSuchParent(id) | TreeProblem::Cycle(id)) = &problem;
        let place = match declared.iter().find(|one| one.department.id == *id) {
            Some(one) => format!("departments[{}].parent", one.index),
            None => "departments".to_owned(),
        };
        problems.add(place, problem.to_string());
    }
}

/// Writes what differs; of departments that are only on record nothing is said.
pub(super) async fn write(
    step: &mut Step<'_>,
    (all, declared): (&[Department], &[DeclaredDepartment]),
) -> Result<(), Fault> {
    let declared: BTreeSet<&str> = declared.iter().map(|one| one.department.id.as_str()).collect();
    let Ok(ordered) = parents_first(all) else {
        return Err(Fault::broken("departments that are no tree reached the database"));
    };
    for wanted in ordered {
        let change = match department::find(step.tx, &wanted.id).await? {
            None => Change::New,
            Some(_) if !declared.contains(wanted.id.as_str()) => continue,
            Some(known) => changed([
                ("name", known.name != wanted.name),
                ("parent", known.parent != wanted.parent),
                ("level", known.level != wanted.level),
            ]),
        };
        if change != Change::Members(Vec::new()) {
            department::upsert(step.tx, step.moment, wanted).await?;
        }
        step.note("department", (&wanted.id, &wanted.id), &change).await?;
    }
    Ok(())
}

fn id(text: &str) -> Result<String, &'static str> {
    if Department::is_id(text) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 letters, digits, dots, hyphens or underscores")
    }
}

fn id_or_nothing(text: &str) -> Result<Option<String>, &'static str> {
    if text.is_empty() { Ok(None) } else { id(text).map(Some) }
}

fn level(text: &str) -> Result<String, &'static str> {
    let fits = (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be one word of small letters, such as city or district")
    }
}
