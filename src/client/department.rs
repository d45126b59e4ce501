//! Departments: a tree without cycles, each node the owner of clients and halls.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Fault, Moment, Name};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// A department as it is kept. Ids are chosen by the operator and never change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    pub id: String,
    /// The department above; the root has none.
    pub parent: Option<String>,
    pub name: Name,
    /// A word of the operator's: `city`, `district`, `street`, …
    pub level: String,
}

/// Why departments are not a tree; the id is the department's whose parent is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeProblem {
    #[error("the parent of department {0} is not a department")]
    NoSuchParent(String),
    #[error("department {0} is above itself")]
    Cycle(String),
}

record! {
    struct Row {
        id: String,
        parent_id: Option<String>,
        name: String,
        name_en: Option<String>,
        level: String,
    }
}

impl Department {
    /// 1 to 64 letters, digits, dots, hyphens and underscores.
    pub fn is_id(text: &str) -> bool {
        (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    }
}

/// The departments with every parent before its children, or everything that keeps them from being a tree.
pub fn parents_first(departments: &[Department]) -> Result<Vec<&Department>, Vec<TreeProblem>> {
    let known: BTreeMap<&str, &Department> = departments.iter().map(|one| (one.id.as_str(), one)).collect();
    let mut placed = BTreeSet::new();
    let mut ordered = Vec::with_capacity(known.len());
    let mut problems = Vec::new();
    for department in known.values() {
        match path_to_root(&known, department) {
            Ok(path) => {
                ordered.extend(path.into_iter().rev().filter(|one| placed.insert(one.id.as_str())));
            }
            Err(problem) if !problems.contains(&problem) => problems.push(problem),
            Err(_) => {}
        }
    }
    if problems.is_empty() { Ok(ordered) } else { Err(problems) }
}

pub async fn find(run: &mut impl Run, id: &str) -> Result<Option<Department>, Fault> {
    let row: Option<Row> = run
        .optional(sql!("SELECT id, parent_id, name, name_en, level FROM department WHERE id = $1", id))
        .await?;
    Ok(row.map(Row::department))
}

/// Every department, by id.
pub async fn list(run: &mut impl Run) -> Result<Vec<Department>, Fault> {
    let rows: Vec<Row> =
        run.all(sql!("SELECT id, parent_id, name, name_en, level FROM department ORDER BY id")).await?;
    Ok(rows.into_iter().map(Row::department).collect())
}

/// Writes a department; its parent must be there already.
pub async fn upsert(tx: &mut Tx, moment: &Moment, department: &Department) -> Result<(), Fault> {
    tx.execute(sql!(
        "INSERT INTO department (id, parent_id, name, name_en, level, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET parent_id = excluded.parent_id, name = excluded.name, name_en = excluded.name_en,
             level = excluded.level, updated_at = excluded.updated_at",
        department.id.as_str(),
        department.parent.as_deref(),
        department.name.own(),
        department.name.english(),
        department.level.as_str(),
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// The department and those above it, nearest first.
fn path_to_root<'a>(
    known: &BTreeMap<&str, &'a Department>,
    from: &'a Department,
) -> Result<Vec<&'a Department>, TreeProblem> {
    let mut path = vec![from];
    let mut at = from;
    while let Some(parent) = &at.parent {
        let above = known.get(parent.as_str()).ok_or_else(|| TreeProblem::NoSuchParent(at.id.clone()))?;
        if path.iter().any(|one| one.id == above.id) {
            return Err(TreeProblem::Cycle(above.id.clone()));
        }
        path.push(above);
        at = above;
    }
    Ok(path)
}

impl Row {
    fn department(self) -> Department {
        let name = Name::new(self.name, self.name_en);
        Department { id: self.id, parent: self.parent_id, name, level: self.level }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(pairs: &[(&str, Option<&str>)]) -> Vec<Department> {
        let department = |(id, parent): &(&str, Option<&str>)| Department {
            id: (*id).to_owned(),
            parent: parent.map(str::to_owned),
            name: Name::new("局", None),
            level: "city".to_owned(),
        };
        pairs.iter().map(department).collect()
    }

    #[test]
    fn puts_parents_first_whatever_the_order() {
        let departments = tree(&[("a", Some("m")), ("m", Some("z")), ("z", None), ("b", Some("z"))]);
        let ordered: Vec<&str> =
            parents_first(&departments).unwrap().into_iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ordered, ["z", "m", "a", "b"]);
    }

    #[test]
    fn refuses_what_is_no_tree() {
        let own = tree(&[("a", Some("a"))]);
        assert_eq!(parents_first(&own), Err(vec![TreeProblem::Cycle("a".to_owned())]));
        let lost = tree(&[("a", Some("x")), ("b", None)]);
        assert_eq!(parents_first(&lost), Err(vec![TreeProblem::NoSuchParent("a".to_owned())]));
        let ring = tree(&[("a", Some("b")), ("b", Some("c")), ("c", Some("a"))]);
        assert!(parents_first(&ring).unwrap_err().iter().all(|one| matches!(one, TreeProblem::Cycle(_))));
    }

    #[test]
    fn ids_are_plain() {
        for good in ["city", "hrss-1", "a.b_c", "A1"] {
            assert!(Department::is_id(good), "{good}");
        }
        for bad in ["", "市", "a b", "a/b", &"x".repeat(65)] {
            assert!(!Department::is_id(bad), "{bad}");
        }
    }
}
