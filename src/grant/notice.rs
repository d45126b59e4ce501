//! The outbox of CIBA's ping and push (§10): written with the answer, claimed by one node at a time, retried, emptied when settled.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::decoupled::Waiting;
use crate::audit::{self, Event};
use crate::base::id::NoticeId;
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::sql;
use crate::storage::outbox::{LEASE, Miss, Outcome, Share, Tried};
use crate::storage::{Db, Run, Statement, Tx, record};

/// What is posted: the client's own token in the header, JSON in the body.
#[derive(Serialize, Deserialize)]
pub struct Body {
    pub token: String,
    #[serde(flatten)]
    pub content: Content,
}

/// What the JSON is made of.
#[derive(Serialize, Deserialize)]
pub enum Content {
    #[serde(rename = "json")]
    Ready(String),
    /// Tokens that were written and are signed when they are sent: a transaction does not wait for that.
    #[serde(rename = "tokens")]
    Unsigned(String),
}

/// A notice that is due now and ours to send.
pub struct Due {
    pub id: NoticeId,
    pub client_id: String,
    /// None where it cannot be opened: its key is gone, or what is kept is damaged.
    pub body: Option<Body>,
    /// This try included.
    pub attempts: i64,
}

record! {
    struct Row {
        id: String,
        client_id: String,
        body: Option<Vec<u8>>,
        attempts: i64,
    }
}

/// Pauses after the first, second, … failed try; the answer is wanted within minutes or not at all.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(180),
    Duration::from_secs(300),
];

/// Queues a notice about a request, once.
pub async fn queue(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    (waiting, body): (&Waiting, &Body),
) -> Result<(), Fault> {
    let id = NoticeId::new(moment);
    let text =
        serde_json::to_string(body).map_err(|error| Fault::broken("writing a notice").because(error))?;
    tx.execute(sql!(
        "INSERT INTO client_notice (id, request_id, client_id, body, state, attempts, next_at, created_at)
         VALUES ($1, $2, $3, $4, 'pending', 0, $5, $5) ON CONFLICT DO NOTHING",
        id.as_str(),
        waiting.id.as_str(),
        waiting.client_id.as_str(),
        keys.seal.seal(&*moment.random, place(id.as_str()), &text)?,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// The clients that notices are due for, longest waiting first.
pub async fn due(db: &Db, moment: &Moment) -> Result<Vec<Share>, Fault> {
    let rows: Vec<(String, i64)> = db
        .read()
        .all(sql!(
            "SELECT client_id, COUNT(*) FROM client_notice WHERE state = 'pending' AND next_at <= $1
             GROUP BY client_id ORDER BY MIN(next_at) LIMIT 1000",
            moment.now
        ))
        .await?;
    Ok(rows.into_iter().map(|(client_id, messages)| Share { client_id, messages }).collect())
}

/// Claims due notices, of each client its share; no other node gets them while they are being sent.
pub async fn claim(db: &Db, moment: &Moment, keys: &Keys, shares: &[Share]) -> Result<Vec<Due>, Fault> {
    let mut rows: Vec<Row> = Vec::new();
    let mut tx = db.begin().await?;
    for share in shares {
        let mine: Vec<Row> = tx
            .all(sql!(
                "UPDATE client_notice SET next_at = $2, attempts = attempts + 1
                 WHERE state = 'pending' AND next_at <= $1 AND id IN (
                     SELECT id FROM client_notice WHERE state = 'pending' AND client_id = $3 AND next_at <= $1
                     ORDER BY next_at LIMIT $4)
                 RETURNING id, client_id, body, attempts",
                moment.now,
                moment.now + LEASE,
                share.client_id.as_str(),
                share.messages,
            ))
            .await?;
        rows.extend(mine);
    }
    tx.commit().await?;
    // What is no row of ours holds up nobody else's.
    let ours = |fault: &Fault| tracing::error!(?fault, "a notice is passed over");
    Ok(rows.into_iter().filter_map(|row| row.due(keys).inspect_err(ours).ok()).collect())
}

/// Writes what became of a try.
pub async fn settle(db: &Db, moment: &Moment, due: &Due, result: &Result<(), Miss>) -> Result<Tried, Fault> {
    let outcome = Outcome::of(moment.now, (due.attempts, &PAUSES), result);
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "UPDATE client_notice SET state = $2, last_error = $3, next_at = $4, settled_at = $5,
             body = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN body END
         WHERE id = $1 AND state = 'pending'",
        due.id.as_str(),
        outcome.tried.state(),
        outcome.error,
        outcome.next_at,
        outcome.settled_at,
    ))
    .await?;
    if outcome.settled_at.is_some() {
        let (client, notice, attempts) = (due.client_id.as_str(), &due.id, due.attempts);
        let event = Event::NoticeSettled { client, notice, attempts, reason: outcome.error };
        audit::record(&mut tx, moment, event).await?;
    }
    tx.commit().await?;
    Ok(outcome.tried)
}

/// Removes notices that were settled before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM client_notice WHERE id IN (
             SELECT id FROM client_notice WHERE settled_at < $1 ORDER BY settled_at LIMIT $2)",
        before,
        most,
    )]
}

impl Row {
    fn due(self, keys: &Keys) -> Result<Due, Fault> {
        let id = self.id.parse().map_err(|_| self.broken("not an id"))?;
        // A try like any other: a node that has the key yet may take the next one, and after the last it is given up.
        let unopened = |fault: &Fault| tracing::error!(?fault, "a notice cannot be opened");
        let body = self.open(keys).inspect_err(unopened).ok();
        Ok(Due { id, client_id: self.client_id, body, attempts: self.attempts })
    }

    fn open(&self, keys: &Keys) -> Result<Body, Fault> {
        let sealed = self.body.as_deref().ok_or_else(|| self.broken("pending and empty"))?;
        let body = keys.seal.open(place(&self.id), sealed)?;
        serde_json::from_str(&body).map_err(|_| self.broken("body cannot be read"))
    }

    fn broken(&self, what: &str) -> Fault {
        Fault::inconsistent("client_notice", &self.id, what)
    }
}

fn place(row: &str) -> Place<'_> {
    Place { table: "client_notice", column: "body", row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_already_reads_as_it_was_written() {
        let body = Body { token: "t".to_owned(), content: Content::Ready("{}".to_owned()) };
        let text = serde_json::to_string(&body).unwrap();
        assert_eq!(text, r#"{"token":"t","json":"{}"}"#);
        let read: Body = serde_json::from_str(&text).unwrap();
        assert!(matches!(read.content, Content::Ready(json) if json == "{}"));
        let unsigned: Body = serde_json::from_str(r#"{"token":"t","tokens":"{}"}"#).unwrap();
        assert!(matches!(unsigned.content, Content::Unsigned(_)));
    }
}
