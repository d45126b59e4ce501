//! The outbox of back-channel logout: claimed by one node at a time, retried with growing pauses, settled with a result.

use std::time::Duration;

use crate::audit::{self, Event};
use crate::base::id::{DeliveryId, SessionId};
use crate::base::{Fault, Moment};
use crate::sql;
use crate::storage::{Db, FromRow, Run};

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
    pub client_id: String,
    pub state: State,
    pub last_error: Option<String>,
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

#[derive(FromRow)]
struct DueRow {
    id: String,
    client_id: String,
    sid: String,
    sub: String,
    attempts: i64,
}

#[derive(FromRow)]
struct ToldRow {
    client_id: String,
    state: String,
    last_error: Option<String>,
}

/// A claimed message that is not settled within this time (the node died) is due again.
const LEASE: Duration = Duration::from_secs(30);

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

/// Claims up to `most` due messages; no other node gets them while they are being sent.
pub async fn claim(db: &Db, moment: &Moment, most: i64) -> Result<Vec<Due>, Fault> {
    let waiting: Option<(String,)> = db
        .read()
        .optional(sql!(
            "SELECT id FROM logout_delivery WHERE state = 'pending' AND next_at <= $1 LIMIT 1",
            moment.now
        ))
        .await?;
    if waiting.is_none() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let rows: Vec<DueRow> = tx
        .all(sql!(
            "UPDATE logout_delivery SET next_at = $2, attempts = attempts + 1
             WHERE state = 'pending' AND next_at <= $1 AND id IN (
                 SELECT id FROM logout_delivery WHERE state = 'pending' AND next_at <= $1 ORDER BY next_at LIMIT $3)
             RETURNING id, client_id, sid, sub, attempts",
            moment.now,
            moment.now + LEASE,
            most,
        ))
        .await?;
    tx.commit().await?;
    rows.into_iter().map(DueRow::due).collect()
}

/// Writes what became of a try. `error` is a word of ours, never the other party's text.
pub async fn settle(db: &Db, moment: &Moment, due: &Due, result: Result<(), String>) -> Result<State, Fault> {
    let tries = usize::try_from(due.attempts).unwrap_or(usize::MAX);
    let pause = PAUSES.get(tries.saturating_sub(1));
    let (state, error, next_at) = match (&result, pause) {
        (Ok(()), _) => (State::Delivered, None, moment.now),
        (Err(error), Some(pause)) => (State::Pending, Some(error.as_str()), moment.now + *pause),
        (Err(error), None) => (State::Failed, Some(error.as_str()), moment.now),
    };
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "UPDATE logout_delivery SET state = $2, last_error = $3, next_at = $4, settled_at = $5
         WHERE id = $1 AND state = 'pending'",
        due.id.as_str(),
        state.word(),
        error,
        next_at,
        (state != State::Pending).then_some(moment.now),
    ))
    .await?;
    let (client, delivery, attempts) = (due.client_id.as_str(), &due.id, due.attempts);
    match (state, error) {
        (State::Delivered, _) => {
            audit::record(&mut tx, moment, Event::LogoutDelivered { client, delivery, attempts }).await?;
        }
        (State::Failed, Some(reason)) => {
            audit::record(&mut tx, moment, Event::LogoutGivenUp { client, delivery, attempts, reason })
                .await?;
        }
        _ => {}
    }
    tx.commit().await?;
    Ok(state)
}

/// How the messages about a session stand.
pub async fn list_of_session(run: &mut impl Run, session: &SessionId) -> Result<Vec<Told>, Fault> {
    let rows: Vec<ToldRow> = run
        .all(sql!(
            "SELECT client_id, state, last_error FROM logout_delivery WHERE session_id = $1 ORDER BY id LIMIT 200",
            session.as_str(),
        ))
        .await?;
    rows.into_iter()
        .map(|row| {
            let state = State::parse(&row.state).ok_or_else(|| {
                Fault::inconsistent("logout_delivery", session.as_str(), "state is not known")
            })?;
            Ok(Told { client_id: row.client_id, state, last_error: row.last_error })
        })
        .collect()
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Delivered => "delivered",
            State::Failed => "failed",
            State::None => "none",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [State::Pending, State::Delivered, State::Failed, State::None]
            .into_iter()
            .find(|state| state.word() == word)
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
