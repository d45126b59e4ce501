//! The outbox of CIBA's ping and push (§10): written with the answer, claimed by one node at a time, retried, emptied when settled.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::decoupled::Waiting;
use crate::audit::{self, Event};
use crate::base::id::NoticeId;
use crate::base::{Fault, Moment};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::sql;
use crate::storage::{Db, FromRow, Run, Tx};

/// What is posted: the client's own token in the header, JSON in the body.
#[derive(Serialize, Deserialize)]
pub struct Body {
    pub token: String,
    pub json: String,
}

/// A notice that is due now and ours to send.
pub struct Due {
    pub id: NoticeId,
    pub client_id: String,
    pub body: Body,
    /// This try included.
    pub attempts: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pending,
    Delivered,
    /// Given up.
    Failed,
}

/// What became of a try. The words are ours, never the other party's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    Taken,
    /// It may go better later.
    Missed(String),
    /// The client has answered and does not want it: somebody must set it right there (CIBA Core 1.0 §10.2).
    Refused(String),
}

#[derive(FromRow)]
struct Row {
    id: String,
    client_id: String,
    body: Option<Vec<u8>>,
    attempts: i64,
}

/// A claimed notice that is not settled within this time (the node died) is due again.
const LEASE: Duration = Duration::from_secs(30);

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

/// Claims up to `most` due notices; no other node gets them while they are being sent.
pub async fn claim(db: &Db, moment: &Moment, keys: &Keys, most: i64) -> Result<Vec<Due>, Fault> {
    let waiting: Option<(String,)> = db
        .read()
        .optional(sql!(
            "SELECT id FROM client_notice WHERE state = 'pending' AND next_at <= $1 LIMIT 1",
            moment.now
        ))
        .await?;
    if waiting.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let rows: Vec<Row> = tx
        .all(sql!(
            "UPDATE client_notice SET next_at = $2, attempts = attempts + 1
             WHERE state = 'pending' AND next_at <= $1 AND id IN (
                 SELECT id FROM client_notice WHERE state = 'pending' AND next_at <= $1 ORDER BY next_at LIMIT $3)
             RETURNING id, client_id, body, attempts",
            moment.now,
            moment.now + LEASE,
            most,
        ))
        .await?;
    tx.commit().await?;
    rows.into_iter().map(|row| row.due(keys)).collect()
}

/// Writes what became of a try.
pub async fn settle(db: &Db, moment: &Moment, due: &Due, tried: &Tried) -> Result<State, Fault> {
    let tries = usize::try_from(due.attempts).unwrap_or(usize::MAX);
    let pause = PAUSES.get(tries.saturating_sub(1));
    let (state, error, next_at) = match (tried, pause) {
        (Tried::Taken, _) => (State::Delivered, None, moment.now),
        (Tried::Missed(error), Some(pause)) => (State::Pending, Some(error.as_str()), moment.now + *pause),
        (Tried::Missed(error), None) | (Tried::Refused(error), _) => {
            (State::Failed, Some(error.as_str()), moment.now)
        }
    };
    let settled = state != State::Pending;
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "UPDATE client_notice SET state = $2, last_error = $3, next_at = $4, settled_at = $5,
             body = CASE WHEN CAST($5 AS BIGINT) IS NULL THEN body END
         WHERE id = $1 AND state = 'pending'",
        due.id.as_str(),
        state.word(),
        error,
        next_at,
        settled.then_some(moment.now),
    ))
    .await?;
    if settled {
        let (client, notice, attempts) = (due.client_id.as_str(), &due.id, due.attempts);
        audit::record(&mut tx, moment, Event::NoticeSettled { client, notice, attempts, reason: error })
            .await?;
    }
    tx.commit().await?;
    Ok(state)
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Delivered => "delivered",
            State::Failed => "failed",
        }
    }
}

impl Row {
    fn due(self, keys: &Keys) -> Result<Due, Fault> {
        let broken = |what| Fault::inconsistent("client_notice", &self.id, what);
        let sealed = self.body.as_deref().ok_or_else(|| broken("pending and empty"))?;
        let body = keys.seal.open(place(&self.id), sealed)?;
        Ok(Due {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            client_id: self.client_id.clone(),
            body: serde_json::from_str(&body).map_err(|_| broken("body cannot be read"))?,
            attempts: self.attempts,
        })
    }
}

fn place(row: &str) -> Place<'_> {
    Place { table: "client_notice", column: "body", row }
}
