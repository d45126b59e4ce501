//! Declared halls and their windows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::members::Members;
use super::problem::Problems;
use super::step::Step;
use crate::base::Fault;
use crate::client::Department;
use crate::hall::window::{self, Hall};

pub(super) struct DeclaredHall {
    pub(super) index: usize,
    pub(super) hall: Hall,
}

const MOST_WINDOWS: usize = 500;

pub(super) fn read(entries: Vec<Value>, problems: &mut Problems) -> Vec<DeclaredHall> {
    let mut declared: Vec<DeclaredHall> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("halls[{index}]");
        let members = Members::open(at.clone(), entry, problems);
        let Some(one) = members.and_then(|members| read_one(members, index)) else { continue };
        match declared.iter().find(|other| other.hall.id == one.hall.id) {
            Some(other) => {
                problems.add(format!("{at}.id"), format!("is the id of halls[{}] too", other.index))
            }
            None => declared.push(one),
        }
    }
    declared
}

fn read_one(mut members: Members<'_>, index: usize) -> Option<DeclaredHall> {
    let id = members.needed_parsed("id", |text| {
        // The form of a department's id, so that both can stand in an address.
        if Department::is_id(text) {
            Ok(text.to_owned())
        } else {
            Err("must be 1 to 64 letters, digits, dots, hyphens or underscores")
        }
    });
    let name = members.name();
    let department = members.needed("department");
    let windows: BTreeSet<String> = members.texts("windows").into_iter().collect();
    if windows.len() > MOST_WINDOWS || !windows.iter().all(|window| is_window(window)) {
        members.refuse("windows", "must be at most 500 names of 1 to 32 characters");
    }
    members.close();
    let windows = windows.into_iter().collect();
    Some(DeclaredHall { index, hall: Hall { id: id?, department_id: department?, name: name?, windows } })
}

pub(super) async fn write(
    step: &mut Step<'_>,
    DeclaredHall { hall, .. }: &DeclaredHall,
) -> Result<(), Fault> {
    let declared = window::declare(step.tx, step.moment, hall).await?;
    step.note("hall", (&hall.id, &hall.id), &declared.into()).await
}

fn is_window(text: &str) -> bool {
    (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control) && text.trim() == text
}
