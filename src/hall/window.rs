//! Halls and their windows: where citizens go and clerks sit.

use crate::base::{Fault, Moment, Name};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// A hall with its windows in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hall {
    /// As declared: `hall-1`.
    pub id: String,
    pub department_id: String,
    pub name: Name,
    pub windows: Vec<String>,
}

/// What became of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    New,
    /// These members differed.
    Changed(Vec<&'static str>),
    Same,
}

record! {
    struct Row {
        id: String,
        department_id: String,
        name: String,
        name_en: Option<String>,
        window_name: Option<String>,
    }
}

/// Every hall, by name: where a citizen may go.
pub async fn list(run: &mut impl Run) -> Result<Vec<Hall>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT hall.id, hall.department_id, hall.name, hall.name_en, hall_window.name AS window_name
             FROM hall LEFT JOIN hall_window ON hall_window.hall_id = hall.id
             ORDER BY hall.name, hall.id, hall_window.name"
        ))
        .await?;
    Ok(gather(rows))
}

/// One hall by its id.
pub async fn find(run: &mut impl Run, id: &str) -> Result<Option<Hall>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT hall.id, hall.department_id, hall.name, hall.name_en, hall_window.name AS window_name
             FROM hall LEFT JOIN hall_window ON hall_window.hall_id = hall.id
             WHERE hall.id = $1 ORDER BY hall_window.name",
            id,
        ))
        .await?;
    Ok(gather(rows).into_iter().next())
}

/// Writes a hall as declared. Windows no longer declared are closed; visits keep their names.
pub async fn declare(tx: &mut Tx, moment: &Moment, hall: &Hall) -> Result<Declared, Fault> {
    let mut wanted = hall.clone();
    wanted.windows.sort();
    wanted.windows.dedup();
    let declared = match find(tx, &hall.id).await? {
        None => Declared::New,
        Some(mut known) => {
            // A database may sort names by a language's rules.
            known.windows.sort();
            Declared::of([
                ("name", known.name != wanted.name),
                ("department", known.department_id != wanted.department_id),
                ("windows", known.windows != wanted.windows),
            ])
        }
    };
    if declared == Declared::Same {
        return Ok(declared);
    }
    tx.execute(sql!(
        "INSERT INTO hall (id, department_id, name, name_en, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO UPDATE SET department_id = $2, name = $3, name_en = $4, updated_at = $5",
        &wanted.id,
        &wanted.department_id,
        wanted.name.own(),
        wanted.name.english(),
        moment.now,
    ))
    .await?;
    tx.execute(sql!("DELETE FROM hall_window WHERE hall_id = $1", &wanted.id)).await?;
    for window in &wanted.windows {
        tx.execute(sql!("INSERT INTO hall_window (hall_id, name) VALUES ($1, $2)", &wanted.id, window))
            .await?;
    }
    Ok(declared)
}

impl Declared {
    /// Of something on record: which members differ.
    pub(super) fn of<const N: usize>(members: [(&'static str, bool); N]) -> Self {
        let differ: Vec<_> =
            members.into_iter().filter(|(_, differs)| *differs).map(|(member, _)| member).collect();
        if differ.is_empty() { Self::Same } else { Self::Changed(differ) }
    }
}

fn gather(rows: Vec<Row>) -> Vec<Hall> {
    let mut halls: Vec<Hall> = Vec::new();
    for row in rows {
        match halls.last_mut().filter(|hall| hall.id == row.id) {
            Some(hall) => hall.windows.extend(row.window_name),
            None => halls.push(Hall {
                id: row.id,
                department_id: row.department_id,
                name: Name::new(row.name, row.name_en),
                windows: row.window_name.into_iter().collect(),
            }),
        }
    }
    halls
}
