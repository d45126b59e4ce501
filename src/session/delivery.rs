//! The outbox of back-channel logout: claimed by one node at a time, retried with growing pauses, settled with a result.

use std::time::Duration;

use crate::audit::{self, Event};
use crate::base::id::{DeliveryId, SessionId};
use crate::base::{Fault, Moment, Timestamp};
use crate::session::front::Front;
use crate::sql;
use crate::storage::outbox::{LEASE, Miss, Outcome, Share, Tried};
use crate::storage::{Db, Run, record};

/// A message that is due now and ours to send.
#[derive(Debug, Clone)]
pub struct Due {
    pub id: DeliveryId,
    pub client_id: String,
    pub sid: String,
    pub sub: String,
    /// This try included.
    pub attempts: i64,
}

/// How a message stands, for the page and the department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub id: DeliveryId,
    pub client_id: String,
    /// The session as this client knows it.
    pub sid: String,
    pub state: State,
    pub last_error: Option<String>,
    /// The browser's part; none where the client has no address for it.
    pub front: Option<Front>,
    pub queued_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// On the way, or tried and to be tried again.
    Pending,
    Delivered,
    /// Given up.
    Failed,
    /// The client has no address for it: its own session ends when it ends.
    None,
}

record! {
    struct DueRow {
        id: String,
        client_id: String,
        sid: String,
        sub: String,
        attempts: i64,
    }
}

record! {
    struct ToldRow {
        id: String,
        client_id: String,
        sid: String,
        state: String,
        last_error: Option<String>,
        front: Option<String>,
        created_at: i64,
    }
}

/// Pauses after the first, second, … failed try; after the last the message is given up (about a day).
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(3_600),
    Duration::from_secs(10_800),
    Duration::from_secs(28_800),
    Duration::from_secs(43_200),
];

/// The clients that messages are due for, longest waiting first.
pub async fn due(db: &Db, moment: &Moment) -> Result<Vec<Share>, Fault> {
    let rows: Vec<(String, i64)> = db
        .read()
        .all(sql!(
            "SELECT client_id, COUNT(*) FROM logout_delivery WHERE state = 'pending' AND next_at <= $1
             GROUP BY client_id ORDER BY MIN(next_at) LIMIT 1000",
            moment.now
        ))
        .await?;
    Ok(rows.into_iter().map(|(client_id, messages)| Share { client_id, messages }).collect())
}

/// Claims due messages, of each client its share; no other node gets them while they are being sent.
pub async fn claim(db: &Db, moment: &Moment, shares: &[Share]) -> Result<Vec<Due>, Fault> {
    let mut rows: Vec<DueRow> = Vec::new();
    let mut tx = db.begin().await?;
    for share in shares {
        let mine: Vec<DueRow> = tx
            .all(sql!(
                "UPDATE logout_delivery SET next_at = $2, attempts = attempts + 1
                 WHERE state = 'pending' AND next_at <= $1 AND id IN (
                     SELECT id FROM logout_delivery WHERE state = 'pending' AND client_id = $3 AND next_at <= $1
                     ORDER BY next_at LIMIT $4)
                 RETURNING id, client_id, sid, sub, attempts",
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
    let ours = |fault: &Fault| tracing::error!(?fault, "a logout message is passed over");
    Ok(rows.into_iter().filter_map(|row| row.due().inspect_err(ours).ok()).collect())
}

/// How many messages wait, due or not.
pub async fn count_pending(run: &mut impl Run) -> Result<i64, Fault> {
    let (count,): (i64,) =
        run.one(sql!("SELECT COUNT(*) FROM logout_delivery WHERE state = 'pending'")).await?;
    Ok(count)
}

/// Writes what became of a try. `error` is a word of ours, never the other party's text.
pub async fn settle(db: &Db, moment: &Moment, due: &Due, result: &Result<(), Miss>) -> Result<Tried, Fault> {
    let outcome = Outcome::of(moment.now, (due.attempts, &PAUSES), result);
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "UPDATE logout_delivery SET state = $2, last_error = $3, next_at = $4, settled_at = $5
         WHERE id = $1 AND state = 'pending'",
        due.id.as_str(),
        outcome.tried.state(),
        outcome.error,
        outcome.next_at,
        outcome.settled_at,
    ))
    .await?;
    let (client, delivery, attempts) = (due.client_id.as_str(), &due.id, due.attempts);
    match (outcome.tried, outcome.error) {
        (Tried::Delivered, _) => {
            audit::record(&mut tx, moment, Event::LogoutDelivered { client, delivery, attempts }).await?;
        }
        (Tried::GivenUp, Some(reason)) => {
            audit::record(&mut tx, moment, Event::LogoutGivenUp { client, delivery, attempts, reason })
                .await?;
        }
        _ => {}
    }
    tx.commit().await?;
    Ok(outcome.tried)
}

/// How the messages about a session stand.
pub async fn list_of_session(run: &mut impl Run, session: &SessionId) -> Result<Vec<Told>, Fault> {
    let rows: Vec<ToldRow> = run
        .all(sql!(
            "SELECT id, client_id, sid, state, last_error, front, created_at FROM logout_delivery
             WHERE session_id = $1 ORDER BY id LIMIT 200",
            session.as_str(),
        ))
        .await?;
    rows.into_iter().map(ToldRow::told).collect()
}

impl State {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "pending" => Some(State::Pending),
            "delivered" => Some(State::Delivered),
            "failed" => Some(State::Failed),
            "none" => Some(State::None),
            _ => None,
        }
    }
}

impl DueRow {
    fn due(self) -> Result<Due, Fault> {
        Ok(Due {
            id: self.id.parse().map_err(|_| Fault::inconsistent("logout_delivery", &self.id, "not an id"))?,
            client_id: self.client_id,
            sid: self.sid,
            sub: self.sub,
            attempts: self.attempts,
        })
    }
}

impl ToldRow {
    fn told(self) -> Result<Told, Fault> {
        let broken = |what| Fault::inconsistent("logout_delivery", &self.id, what);
        let front = self.front.as_deref().map(|word| Front::parse(word).ok_or(word));
        Ok(Told {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            state: State::parse(&self.state).ok_or_else(|| broken("state is not known"))?,
            front: front.transpose().map_err(|_| broken("front is not known"))?,
            queued_at: Timestamp::from_micros(self.created_at),
            client_id: self.client_id,
            sid: self.sid,
            last_error: self.last_error,
        })
    }
}
