//! Messages to a citizen's phone. The sandbox keeps them in an inbox to be looked at; nothing else is connected yet.

use serde::{Deserialize, Serialize};

use crate::base::id::MessageId;
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::sql;
use crate::storage::{Db, Run, Statement, record};

/// How this installation reaches people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// Kept, to be read on the sandbox's own page.
    SandboxInbox,
    /// No gateway is configured: people find what waits for them on their account page.
    Absent,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The phone, masked.
    pub to: String,
    pub text: String,
    /// A path of ours that the message leads to.
    pub path: String,
}

/// Whether somebody was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Yes,
    NoGateway,
}

record! {
    struct Row {
        id: String,
        message: Vec<u8>,
        at: i64,
    }
}

impl Messages {
    /// Sends a message; after the commit of what it tells.
    pub async fn send(
        self,
        (db, keys): (&Db, &Keys),
        moment: &Moment,
        message: &Message,
    ) -> Result<Sent, Fault> {
        if self == Messages::Absent {
            return Ok(Sent::NoGateway);
        }
        let id = MessageId::new(moment);
        let text = serde_json::to_string(message)
            .map_err(|error| Fault::broken("writing a message").because(error))?;
        let mut tx = db.begin().await?;
        tx.execute(sql!(
            "INSERT INTO sandbox_message (id, message, at) VALUES ($1, $2, $3)",
            id.as_str(),
            keys.seal.seal(&*moment.random, place(id.as_str()), &text)?,
            moment.now,
        ))
        .await?;
        tx.commit().await?;
        Ok(Sent::Yes)
    }
}

/// The newest messages of the sandbox's inbox.
pub async fn inbox(run: &mut impl Run, keys: &Keys) -> Result<Vec<(Timestamp, Message)>, Fault> {
    let rows: Vec<Row> =
        run.all(sql!("SELECT id, message, at FROM sandbox_message ORDER BY id DESC LIMIT 50")).await?;
    rows.into_iter()
        .map(|row| {
            let text = keys.seal.open(place(&row.id), &row.message)?;
            let message = serde_json::from_str(&text)
                .map_err(|_| Fault::inconsistent("sandbox_message", &row.id, "cannot be read"))?;
            Ok((Timestamp::from_micros(row.at), message))
        })
        .collect()
}

/// Removes messages of before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM sandbox_message WHERE id IN (SELECT id FROM sandbox_message WHERE at < $1 ORDER BY at LIMIT $2)",
        before,
        most,
    )]
}

fn place(row: &str) -> Place<'_> {
    Place { table: "sandbox_message", column: "message", row }
}
