//! Whether the database takes writes: tried, since a full disk or a read-only server answers every question.

use crate::base::Fault;
use crate::sql;
use crate::storage::{Db, Run};

/// Answers when a write is durable, and ends the doubt about it. It leaves no row: what it makes it takes away again.
pub async fn proven(db: &Db) -> Result<(), Fault> {
    let doubt = db.doubt();
    let seen = doubt.seen();
    let mut tx = db.begin().await?;
    tx.execute(sql!("INSERT INTO installation (name, value) VALUES ('written', '') ON CONFLICT DO NOTHING"))
        .await?;
    tx.execute(sql!("DELETE FROM installation WHERE name = 'written'")).await?;
    tx.commit().await?;
    doubt.end(seen);
    Ok(())
}
