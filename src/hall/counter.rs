//! The counter: the hall's visits of today, opening one by its code, taking and handing back, and walk-ins.

use std::time::Duration;

use super::clerk_session::Desk;
use super::code::{CodeProblem, VisitCode};
use super::outcome::{Answer, Stop, answer};
use super::state::{Outcome, State};
use super::visit::{self, At, Origin, Seat, StepRefusal, Visit};
use crate::audit::{self, Event};
use crate::base::id::{PersonId, VisitId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::identity::mask;
use crate::identity::store::person;
use crate::sql;
use crate::storage::{Db, Run, Tx, record};

/// One line of the hall's list.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: VisitId,
    pub state: State,
    pub outcome: Option<Outcome>,
    pub window: Option<String>,
    pub masked_name: Option<String>,
    pub card: CardSeen,
    pub whose: Whose,
    /// Until when the slip is good, if one was given.
    pub slip_until: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// Whether this clerk has the visit in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Mine,
    AnotherClerks,
    Nobodys,
}

/// Whether a card was read in the visit as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardSeen {
    NotYet,
    Read,
}

/// Why a visit cannot be taken in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakeRefusal {
    Code(CodeProblem),
    /// No visit has this code.
    Unknown,
    Expired,
    Cancelled,
    /// Verified or decided already.
    Over,
    /// None where it was put back meanwhile.
    AnotherWindow(Option<Seat>),
}

record! {
    struct LineRow {
        id: String,
        state: String,
        outcome: Option<String>,
        window_name: Option<String>,
        clerk_id: Option<String>,
        person_id: Option<String>,
        name: Option<Vec<u8>>,
        slip_until: Option<i64>,
        started_at: Option<i64>,
        updated_at: i64,
        card_read: i64,
    }
}

/// A visit that was taken in hand does not lapse under the clerk's hands; a walk-in lasts as long.
pub(super) const AT_COUNTER: Duration = Duration::from_secs(4 * 3600);
const MOST_LINES: i64 = 100;

/// Today's visits of the clerk's hall, those in hand first, then the newest.
pub async fn list_today(db: &Db, keys: &Keys, moment: &Moment, desk: &Desk) -> Result<Vec<Line>, Fault> {
    // The people of those lines only: a busy hall has many more visits in a day.
    let rows: Vec<LineRow> = db
        .read()
        .all(sql!(
            "SELECT today.id, today.state, today.outcome, today.window_name, today.clerk_id, today.person_id,
                    person.name, continuation.expires_at AS slip_until, today.started_at, today.updated_at, today.card_read
             FROM (SELECT id, state, outcome, window_name, clerk_id, person_id, started_at, updated_at,
                          CASE WHEN state IN ('at_counter', 'open') THEN 0 ELSE 1 END AS place,
                          CAST(CASE WHEN capture IS NULL THEN 0 ELSE 1 END AS BIGINT) AS card_read
                   FROM visit WHERE hall_id = $1 AND updated_at >= $2
                   ORDER BY place, updated_at DESC, id DESC LIMIT $3) AS today
             LEFT JOIN person ON person.id = today.person_id
             LEFT JOIN continuation ON continuation.visit_id = today.id AND continuation.ended_at IS NULL
             ORDER BY today.place, today.updated_at DESC, today.id DESC",
            &desk.hall,
            start_of_day(moment.now),
            MOST_LINES,
        ))
        .await?;
    rows.into_iter().map(|row| row.line(keys, desk)).collect()
}

/// Opens a visit by the code the citizen shows and takes it in hand. The clerk's own visit opens again.
pub async fn take_by_code(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (desk, typed): (&Desk, &str),
) -> Result<Answer<Visit, TakeRefusal>, Fault> {
    let code = match VisitCode::parse(typed) {
        Ok(code) => code,
        Err(problem) => return Ok(Answer::Refused(TakeRefusal::Code(problem))),
    };
    let mut tx = db.begin().await?;
    match visit::find_by_code(&mut tx, keys, &code).await? {
        Some(visit) => answer(taken(tx, moment, desk, visit).await),
        None => Ok(Answer::Refused(TakeRefusal::Unknown)),
    }
}

/// Takes a visit of the hall's list in hand.
pub async fn take(
    db: &Db,
    moment: &Moment,
    desk: &Desk,
    id: &VisitId,
) -> Result<Answer<Visit, TakeRefusal>, Fault> {
    let mut tx = db.begin().await?;
    match visit::find(&mut tx, id).await? {
        // Who has no code may take only what was handed back in the same hall.
        Some(visit) if visit.hall.as_ref() == Some(&desk.hall) => {
            answer(taken(tx, moment, desk, visit).await)
        }
        _ => Ok(Answer::Refused(TakeRefusal::Unknown)),
    }
}

/// Opens a visit for somebody who came without a code. Of a button pressed twice, at once or later, the visit is one: while
/// nothing was read in it, it is the one that is meant.
pub async fn walk_in(db: &Db, moment: &Moment, desk: &Desk) -> Result<Visit, Fault> {
    let mut tx = db.begin().await?;
    // The clerk's own row: who presses at the same time looks after this transaction.
    tx.execute(sql!("UPDATE staff SET updated_at = updated_at WHERE id = $1", desk.clerk.as_str())).await?;
    let id = match untouched(&mut tx, moment, desk).await? {
        Some(id) => id,
        None => open_walk_in(&mut tx, moment, desk).await?,
    };
    let visit = visit::find(&mut tx, &id).await?;
    tx.commit().await?;
    visit.ok_or_else(|| Fault::inconsistent("visit", id.as_str(), "gone right after it was written"))
}

/// Hands a visit back: it is open again, and what was read from the card is gone.
pub async fn release(db: &Db, moment: &Moment, at: &At<'_>) -> Result<Answer<Visit, StepRefusal>, Fault> {
    answer(left(db, moment, at, State::Open).await)
}

/// Ends a visit at the counter without a decision: the person has gone.
pub async fn abandon(db: &Db, moment: &Moment, at: &At<'_>) -> Result<Answer<Visit, StepRefusal>, Fault> {
    answer(left(db, moment, at, State::Cancelled).await)
}

/// Midnight in China before `now`.
pub(super) fn start_of_day(now: Timestamp) -> Timestamp {
    Timestamp::on_date(now.date()) - Duration::from_secs(12 * 3600)
}

/// The walk-in that the clerk has opened in this hall and not used: every step after the first raises the version.
async fn untouched(tx: &mut Tx, moment: &Moment, desk: &Desk) -> Result<Option<VisitId>, Fault> {
    let row: Option<(String,)> = tx
        .optional(sql!(
            "SELECT id FROM visit WHERE clerk_id = $1 AND decided_at IS NULL AND hall_id = $2
               AND state = $3 AND origin = $4 AND version = 1 AND expires_at > $5
             ORDER BY id DESC LIMIT 1",
            desk.clerk.as_str(),
            &desk.hall,
            State::AtCounter.as_str(),
            Origin::WalkIn.as_str(),
            moment.now,
        ))
        .await?;
    row.map(|(id,)| id.parse().map_err(|_| Fault::inconsistent("visit", &id, "not an id"))).transpose()
}

async fn open_walk_in(tx: &mut Tx, moment: &Moment, desk: &Desk) -> Result<VisitId, Fault> {
    let id = VisitId::new(moment);
    tx.execute(sql!(
        "INSERT INTO visit (id, state, origin, hall_id, window_name, clerk_id, opened_at, expires_at, started_at, updated_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $7, 1)",
        id.as_str(),
        State::AtCounter.as_str(),
        Origin::WalkIn.as_str(),
        &desk.hall,
        &desk.window,
        desk.clerk.as_str(),
        moment.now,
        moment.now + AT_COUNTER,
    ))
    .await?;
    let origin = Origin::WalkIn.as_str();
    audit::record(tx, moment, Event::VisitOpened { visit: &id, person: None, origin }).await?;
    audit_taken(tx, moment, desk, &id).await?;
    Ok(id)
}

async fn taken(
    mut tx: Tx,
    moment: &Moment,
    desk: &Desk,
    mut visit: Visit,
) -> Result<Visit, Stop<TakeRefusal>> {
    let refused = |refusal| Err(Stop::Refused(refusal));
    match visit.state_at(moment.now) {
        State::Open => {}
        State::AtCounter
            if visit.clerk.as_ref() == Some(&desk.clerk) && visit.hall.as_ref() == Some(&desk.hall) =>
        {
            tx.undo().await?;
            return Ok(visit);
        }
        State::AtCounter | State::Referred | State::FraudHold => {
            return refused(TakeRefusal::AnotherWindow(visit.seat()));
        }
        State::Expired => return refused(TakeRefusal::Expired),
        State::Cancelled => return refused(TakeRefusal::Cancelled),
        State::Draft => return refused(TakeRefusal::Unknown),
        State::Decided | State::AwaitingBinding | State::Bound | State::Cleared | State::Denied => {
            return refused(TakeRefusal::Over);
        }
    }
    if !visit::advance(&mut tx, moment, &mut visit, State::AtCounter).await? {
        let now = visit::find(&mut tx, &visit.id).await?;
        return refused(TakeRefusal::AnotherWindow(now.and_then(|visit| visit.seat())));
    }
    visit.expires_at = visit.expires_at.max(moment.now + AT_COUNTER);
    visit.hall = Some(desk.hall.clone());
    visit.window = Some(desk.window.clone());
    visit.clerk = Some(desk.clerk.clone());
    visit.started_at = Some(moment.now);
    tx.execute(sql!(
        "UPDATE visit SET hall_id = $2, window_name = $3, clerk_id = $4, started_at = $5, expires_at = $6 WHERE id = $1",
        visit.id.as_str(),
        &desk.hall,
        &desk.window,
        desk.clerk.as_str(),
        moment.now,
        visit.expires_at,
    ))
    .await?;
    audit_taken(&mut tx, moment, desk, &visit.id).await?;
    tx.commit().await?;
    Ok(visit)
}

async fn audit_taken(tx: &mut Tx, moment: &Moment, desk: &Desk, visit: &VisitId) -> Result<(), Fault> {
    audit::record(tx, moment, Event::VisitTaken { visit, hall: &desk.hall, window: &desk.window }).await
}

async fn left(db: &Db, moment: &Moment, at: &At<'_>, to: State) -> Result<Visit, Stop<StepRefusal>> {
    let mut tx = db.begin().await?;
    let mut visit = visit::held::<StepRefusal>(&mut tx, moment, at, State::AtCounter).await?;
    if !visit::advance(&mut tx, moment, &mut visit, to).await? {
        return Err(Stop::Refused(StepRefusal::Moved));
    }
    if to == State::Open {
        // Nobody's again; the hall stays, so that its list still shows who waits.
        tx.execute(sql!(
            "UPDATE visit SET clerk_id = NULL, window_name = NULL, started_at = NULL WHERE id = $1",
            visit.id.as_str(),
        ))
        .await?;
        (visit.clerk, visit.window, visit.started_at) = (None, None, None);
        audit::record(&mut tx, moment, Event::VisitReleased { visit: &visit.id }).await?;
    } else {
        let event = Event::VisitCancelled { visit: &visit.id, person: visit.person.as_ref() };
        audit::record(&mut tx, moment, event).await?;
    }
    tx.commit().await?;
    Ok(visit)
}

impl LineRow {
    fn line(self, keys: &Keys, desk: &Desk) -> Result<Line, Fault> {
        let broken = |what: &str| Fault::inconsistent("visit", &self.id, what);
        let person: Option<PersonId> = self
            .person_id
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| broken("person_id is not an id"))?;
        let masked_name = match (&person, &self.name) {
            (Some(id), Some(sealed)) => Some(mask::name(&person::open_name(keys, id, sealed)?)),
            _ => None,
        };
        let outcome = self.outcome.as_deref().map(str::parse).transpose();
        Ok(Line {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            state: self.state.parse().map_err(|_| broken("state is not known"))?,
            outcome: outcome.map_err(|_| broken("outcome is not known"))?,
            whose: match self.clerk_id.as_deref() {
                Some(clerk) if clerk == desk.clerk.as_str() => Whose::Mine,
                Some(_) => Whose::AnotherClerks,
                None => Whose::Nobodys,
            },
            window: self.window_name,
            masked_name,
            card: if self.card_read == 0 { CardSeen::NotYet } else { CardSeen::Read },
            slip_until: self.slip_until.map(Timestamp::from_micros),
            started_at: self.started_at.map(Timestamp::from_micros),
            updated_at: Timestamp::from_micros(self.updated_at),
        })
    }
}
