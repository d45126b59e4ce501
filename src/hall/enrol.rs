//! The citizen's side before the window: asking for a visit, seeing its code again, giving it up.

use std::time::Duration;

use super::code::VisitCode;
use super::outcome::{Answer, Stop, answer};
use super::state::State;
use super::tries::{self, Subject};
use super::visit::{self, Origin, Visit};
use crate::audit::{self, Event};
use crate::base::id::{AccountId, PersonId, VisitId};
use crate::base::{Fault, Locale, Moment};
use crate::crypto::Keys;
use crate::sql;
use crate::storage::{Db, Run, Tx};

/// A visit as its citizen sees it.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub visit: Visit,
    /// While the code still opens the visit.
    pub code: Option<VisitCode>,
}

/// Why no visit is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrolRefusal {
    /// Five tries have failed in a day.
    NoTriesLeft,
}

/// Why a visit cannot be given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelRefusal {
    NoVisit,
    /// A clerk has it in hand, or it is over.
    NotOpen,
}

/// How long the code opens the visit.
pub const LIFETIME: Duration = Duration::from_secs(15 * 24 * 3600);
/// Codes carry 53 bits: that one is taken hardly ever happens, and never several times.
const CODE_TRIES: usize = 4;

/// Opens a visit for a person with an account; the one that is open already is shown again, unless it has no code.
pub async fn enrol(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (person, account): (&PersonId, &AccountId),
) -> Result<Answer<Ticket, EnrolRefusal>, Fault> {
    let mut tx = db.begin().await?;
    let mut standing = visit::find_open_of(&mut tx, person).await?;
    if let Some(overdue) = standing.take_if(|visit| visit.is_overdue(moment.now)) {
        super::expire::expire_one(&mut tx, moment, overdue).await?;
    }
    // It opens with no code, and only the hall that put it back can take it: whoever asks gets a code for every hall.
    if let Some(put_back) = standing.take_if(|visit| visit.waits_without_code()) {
        give_up(&mut tx, moment, put_back).await?;
    }
    if let Some(visit) = standing {
        let ticket = ticket(&mut tx, keys, moment, visit).await?;
        tx.undo().await?;
        return Ok(Answer::Done(ticket));
    }
    if tries::exhausted(&mut tx, moment, &Subject::person(Some(person))).await? {
        tries::alarm(&mut tx, moment, None, Some(person)).await?;
        tx.commit().await?;
        return Ok(Answer::Refused(EnrolRefusal::NoTriesLeft));
    }
    let ticket = open(&mut tx, keys, moment, (person, account)).await?;
    tx.commit().await?;
    Ok(Answer::Done(ticket))
}

/// The person's newest visit, with its code while it has one.
pub async fn current(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    person: &PersonId,
) -> Result<Option<Ticket>, Fault> {
    let mut run = db.read();
    let open = visit::find_open_of(&mut run, person).await?;
    let newest = match open {
        Some(visit) => Some(visit),
        None => visit::find_newest_of(&mut run, person).await?,
    };
    match newest {
        Some(visit) => ticket(&mut run, keys, moment, visit).await.map(Some),
        None => Ok(None),
    }
}

/// Gives the open visit up; only its own person can, and only before a clerk has taken it.
pub async fn cancel(
    db: &Db,
    moment: &Moment,
    person: &PersonId,
) -> Result<Answer<VisitId, CancelRefusal>, Fault> {
    answer(cancelled(db, moment, person).await)
}

impl EnrolRefusal {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            EnrolRefusal::NoTriesLeft => locale.pick(
                "24 小时内核验失败次数过多，请满 24 小时后再预约，或拨打 12345 咨询。",
                "Too many verifications have failed within 24 hours. Try again after 24 hours, or call 12345.",
            ),
        }
    }
}

impl CancelRefusal {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            CancelRefusal::NoVisit => locale.pick("您没有可取消的预约。", "You have no visit to cancel."),
            CancelRefusal::NotOpen => locale.pick(
                "窗口已开始办理，不能再取消。如需停止，请告知窗口工作人员。",
                "A window has begun your visit, so it cannot be cancelled here. Tell the clerk if you want to stop.",
            ),
        }
    }
}

async fn open(
    tx: &mut Tx,
    keys: &Keys,
    moment: &Moment,
    (person, account): (&PersonId, &AccountId),
) -> Result<Ticket, Fault> {
    for _ in 0..CODE_TRIES {
        let (id, code) = (VisitId::new(moment), VisitCode::new(&*moment.random));
        let written = tx
            .execute(sql!(
                "INSERT INTO visit (id, state, origin, code_fingerprint, code, person_id, account_id, opened_at, expires_at, updated_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, 1) ON CONFLICT DO NOTHING",
                id.as_str(),
                State::Open.as_str(),
                Origin::Online.as_str(),
                code.fingerprint(keys),
                keys.seal.seal(&*moment.random, visit::code_place(&id), code.plain())?,
                person.as_str(),
                account.as_str(),
                moment.now,
                moment.now + LIFETIME,
            ))
            .await?;
        if written == 1 {
            let event =
                Event::VisitOpened { visit: &id, person: Some(person), origin: Origin::Online.as_str() };
            audit::record(tx, moment, event).await?;
            return match visit::find(tx, &id).await? {
                Some(visit) => Ok(Ticket { visit, code: Some(code) }),
                None => Err(Fault::inconsistent("visit", id.as_str(), "gone right after it was written")),
            };
        }
        // Another request of the same person was faster: its visit is the one.
        if let Some(visit) = visit::find_open_of(tx, person).await? {
            return ticket(tx, keys, moment, visit).await;
        }
    }
    Err(Fault::unavailable("no free visit code was found"))
}

async fn ticket(run: &mut impl Run, keys: &Keys, moment: &Moment, visit: Visit) -> Result<Ticket, Fault> {
    let shown = matches!(visit.state_at(moment.now), State::Open | State::AtCounter);
    let code = if shown { visit::code_of(run, keys, &visit.id).await? } else { None };
    Ok(Ticket { visit, code })
}

async fn cancelled(db: &Db, moment: &Moment, person: &PersonId) -> Result<VisitId, Stop<CancelRefusal>> {
    let mut tx = db.begin().await?;
    let Some(visit) = visit::find_open_of(&mut tx, person).await? else {
        return Err(Stop::Refused(CancelRefusal::NoVisit));
    };
    let id = visit.id.clone();
    if visit.state != State::Open || !give_up(&mut tx, moment, visit).await? {
        return Err(Stop::Refused(CancelRefusal::NotOpen));
    }
    tx.commit().await?;
    Ok(id)
}

/// Cancels an open visit; `false` where a clerk was faster.
async fn give_up(tx: &mut Tx, moment: &Moment, mut visit: Visit) -> Result<bool, Fault> {
    let gave_up = visit::advance(tx, moment, &mut visit, State::Cancelled).await?;
    if gave_up {
        let event = Event::VisitCancelled { visit: &visit.id, person: visit.person.as_ref() };
        audit::record(tx, moment, event).await?;
    }
    Ok(gave_up)
}
