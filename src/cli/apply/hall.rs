//! Declared halls and their windows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::members::{Members, title};
use super::problem::Problems;
use super::report::Change;
use super::step::{Step, changed};
use crate::base::Fault;
use crate::client::Department;
use crate::sql;
use crate::storage::{FromRow, Run};

pub(super) struct DeclaredHall {
    pub(super) index: usize,
    pub(super) id: String,
    pub(super) department: String,
    name: String,
    windows: BTreeSet<String>,
}

#[derive(FromRow)]
struct Row {
    department_id: String,
    name: String,
}

const MOST_WINDOWS: usize = 500;

pub(super) fn read(entries: Vec<Value>, problems: &mut Problems) -> Vec<DeclaredHall> {
    let mut declared: Vec<DeclaredHall> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let at = format!("halls[{index}]");
        let members = Members::open(at.clone(), entry, problems);
        let Some(one) = members.and_then(|members| read_one(members, index)) else { continue };
        match declared.iter().find(|other| other.id == one.id) {
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
    let name = members.needed_parsed("name", title);
    let department = members.needed("department");
    let windows: BTreeSet<String> = members.texts("windows").into_iter().collect();
    if windows.len() > MOST_WINDOWS || !windows.iter().all(|window| is_window(window)) {
        members.refuse("windows", "must be at most 500 names of 1 to 32 characters");
    }
    members.close();
    Some(DeclaredHall { index, id: id?, department: department?, name: name?, windows })
}

/// The ids of the halls on record.
pub(super) async fn list_ids(run: &mut impl Run) -> Result<BTreeSet<String>, Fault> {
    let rows: Vec<(String,)> = run.all(sql!("SELECT id FROM hall")).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn write(step: &mut Step<'_>, declared: &DeclaredHall) -> Result<(), Fault> {
    let known: Option<Row> =
        step.tx.optional(sql!("SELECT department_id, name FROM hall WHERE id = $1", &declared.id)).await?;
    let windows: Vec<(String,)> =
        step.tx.all(sql!("SELECT name FROM hall_window WHERE hall_id = $1", &declared.id)).await?;
    let windows: BTreeSet<String> = windows.into_iter().map(|(name,)| name).collect();
    let change = match known {
        None => Change::New,
        Some(known) => changed([
            ("name", known.name != declared.name),
            ("department", known.department_id != declared.department),
            ("windows", windows != declared.windows),
        ]),
    };
    if change != Change::Members(Vec::new()) {
        write_rows(step, declared, &windows).await?;
    }
    step.note("hall", (&declared.id, &declared.id), &change).await
}

/// Windows are members of their hall: those no longer declared are closed.
async fn write_rows(
    step: &mut Step<'_>,
    declared: &DeclaredHall,
    windows: &BTreeSet<String>,
) -> Result<(), Fault> {
    step.tx
        .execute(sql!(
            "INSERT INTO hall (id, department_id, name, updated_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE SET department_id = excluded.department_id, name = excluded.name,
                 updated_at = excluded.updated_at",
            &declared.id,
            &declared.department,
            &declared.name,
            step.moment.now,
        ))
        .await?;
    for closed in windows.difference(&declared.windows) {
        let delete = sql!("DELETE FROM hall_window WHERE hall_id = $1 AND name = $2", &declared.id, closed);
        step.tx.execute(delete).await?;
    }
    for opened in declared.windows.difference(windows) {
        let insert = sql!(
            "INSERT INTO hall_window (hall_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &declared.id,
            opened,
        );
        step.tx.execute(insert).await?;
    }
    Ok(())
}

fn is_window(text: &str) -> bool {
    (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control) && text.trim() == text
}
