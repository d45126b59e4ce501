//! A visit: what is recorded, how it is found, and the one way its state changes.

use std::str::FromStr;

use super::clerk_session::Desk;
use super::code::VisitCode;
use super::outcome::Stop;
use super::state::{Outcome, State};
use crate::base::id::{AccountId, EvidenceId, PersonId, StaffId, VisitId};
use crate::base::{Fault, Locale, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::seal::Place;
use crate::sql;
use crate::storage::{Run, Tx, record};

/// One visit to a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub id: VisitId,
    pub state: State,
    pub origin: Origin,
    /// Empty for a walk-in until the card has said who it is.
    pub person: Option<PersonId>,
    /// The account that enrolled, and at the end the account that is bound.
    pub account: Option<AccountId>,
    pub hall: Option<String>,
    pub window: Option<String>,
    pub clerk: Option<StaffId>,
    pub outcome: Option<Outcome>,
    /// The clerk's reason word for a failed visit; for the hall only.
    pub reason: Option<String>,
    pub evidence: Option<EvidenceId>,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    pub bound_at: Option<Timestamp>,
    /// Grows with every step that makes older pages wrong; a form carries the one it was made from.
    pub version: i64,
}

/// Where a visit is in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The id of the hall.
    pub hall: String,
    pub window: String,
}

/// How a visit began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Pre-enrolled on line, with a code.
    Online,
    /// Opened at the window, from the card.
    WalkIn,
}

/// Which visit a clerk acts on, as their page showed it.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub desk: &'a Desk,
    pub visit: &'a VisitId,
    pub version: i64,
}

/// Why a clerk may not take a step, whatever the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepRefusal {
    NotFound,
    /// Another clerk has the visit, or another hall.
    NotYours,
    /// The visit has moved on since the page was made: a double click, or a second window.
    Moved,
}

record! {
    struct Row {
        id: String,
        state: String,
        origin: String,
        person_id: Option<String>,
        account_id: Option<String>,
        hall_id: Option<String>,
        window_name: Option<String>,
        clerk_id: Option<String>,
        outcome: Option<String>,
        reason: Option<String>,
        evidence_id: Option<String>,
        opened_at: i64,
        expires_at: i64,
        started_at: Option<i64>,
        decided_at: Option<i64>,
        bound_at: Option<i64>,
        version: i64,
    }
}

impl Visit {
    /// Whether the person waits without a code: they came without one, and the clerk has put the visit back.
    pub fn waits_without_code(&self) -> bool {
        self.origin == Origin::WalkIn && self.state == State::Open
    }

    /// Whether nobody could say whose it is once it is put back: the card of somebody not on record is not kept.
    pub fn is_nobodys(&self) -> bool {
        self.origin == Origin::WalkIn && self.person.is_none()
    }

    /// Where it is in hand; none where no clerk has it.
    pub fn seat(&self) -> Option<Seat> {
        self.clerk.as_ref()?;
        Some(Seat { hall: self.hall.clone()?, window: self.window.clone()? })
    }

    /// Whether its time is over, even where the sweep has not come by yet.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state.can_expire() && now >= self.expires_at
    }

    /// The state as it is to be shown at `now`.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.is_overdue(now) { State::Expired } else { self.state }
    }
}

impl Origin {
    pub const fn as_str(self) -> &'static str {
        match self {
            Origin::Online => "online",
            Origin::WalkIn => "walk_in",
        }
    }
}

impl StepRefusal {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            StepRefusal::NotFound => locale.pick("没有找到这次核验。", "This visit was not found."),
            StepRefusal::NotYours => locale.pick(
                "这次核验由其他窗口办理，您不能操作。",
                "Another window has this visit. You cannot act on it.",
            ),
            StepRefusal::Moved => locale.pick(
                "这次核验的状态已经变化，请返回后重新打开。",
                "This visit has moved on since you opened the page. Go back and open it again.",
            ),
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            StepRefusal::NotFound => "not_found",
            StepRefusal::NotYours => "not_yours",
            StepRefusal::Moved => "moved",
        }
    }
}

/// A visit by id.
pub async fn find(run: &mut impl Run, id: &VisitId) -> Result<Option<Visit>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, state, origin, person_id, account_id, hall_id, window_name, clerk_id, outcome, reason, evidence_id,
                    opened_at, expires_at, started_at, decided_at, bound_at, version
             FROM visit WHERE id = $1",
            id.as_str(),
        ))
        .await?;
    row.map(Row::visit).transpose()
}

/// The visit that is the person's one open visit, if any.
pub async fn find_open_of(run: &mut impl Run, person: &PersonId) -> Result<Option<Visit>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, state, origin, person_id, account_id, hall_id, window_name, clerk_id, outcome, reason, evidence_id,
                    opened_at, expires_at, started_at, decided_at, bound_at, version
             FROM visit WHERE person_id = $1
               AND state IN ('draft', 'open', 'at_counter', 'awaiting_binding', 'referred', 'fraud_hold')",
            person.as_str(),
        ))
        .await?;
    row.map(Row::visit).transpose()
}

/// The person's newest visit, whatever became of it.
pub async fn find_newest_of(run: &mut impl Run, person: &PersonId) -> Result<Option<Visit>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, state, origin, person_id, account_id, hall_id, window_name, clerk_id, outcome, reason, evidence_id,
                    opened_at, expires_at, started_at, decided_at, bound_at, version
             FROM visit WHERE person_id = $1 ORDER BY opened_at DESC, id DESC LIMIT 1",
            person.as_str(),
        ))
        .await?;
    row.map(Row::visit).transpose()
}

pub(super) async fn find_by_code(
    run: &mut impl Run,
    keys: &Keys,
    code: &VisitCode,
) -> Result<Option<Visit>, Fault> {
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, state, origin, person_id, account_id, hall_id, window_name, clerk_id, outcome, reason, evidence_id,
                    opened_at, expires_at, started_at, decided_at, bound_at, version
             FROM visit WHERE code_fingerprint = $1",
            code.fingerprint(keys),
        ))
        .await?;
    row.map(Row::visit).transpose()
}

/// The code of a visit that still has one.
pub(super) async fn code_of(
    run: &mut impl Run,
    keys: &Keys,
    id: &VisitId,
) -> Result<Option<VisitCode>, Fault> {
    let row: Option<(Option<Vec<u8>>,)> =
        run.optional(sql!("SELECT code FROM visit WHERE id = $1", id.as_str())).await?;
    let Some((Some(sealed),)) = row else { return Ok(None) };
    let plain = keys.seal.open(code_place(id), &sealed)?;
    VisitCode::of_plain(plain, id.as_str()).map(Some)
}

pub(super) fn code_place(id: &VisitId) -> Place<'_> {
    Place { table: "visit", column: "code", row: id.as_str() }
}

/// The visit a clerk acts on, if it is theirs, in this state, and as their page showed it.
pub(super) async fn held<R: From<StepRefusal>>(
    run: &mut impl Run,
    moment: &Moment,
    at: &At<'_>,
    state: State,
) -> Result<Visit, Stop<R>> {
    let refused = |refusal: StepRefusal| Err(Stop::Refused(refusal.into()));
    let Some(visit) = find(run, at.visit).await? else { return refused(StepRefusal::NotFound) };
    if visit.hall.as_ref() != Some(&at.desk.hall) || visit.clerk.as_ref() != Some(&at.desk.clerk) {
        return refused(StepRefusal::NotYours);
    }
    if visit.state_at(moment.now) != state || visit.version != at.version {
        return refused(StepRefusal::Moved);
    }
    Ok(visit)
}

/// Makes a visit's row this transaction's until its end, so that what is read next belongs to this version; `false`
/// where the visit has moved on.
pub(super) async fn lock(tx: &mut Tx, moment: &Moment, visit: &Visit) -> Result<bool, Fault> {
    let locked = tx
        .execute(sql!(
            "UPDATE visit SET updated_at = $4 WHERE id = $1 AND version = $2 AND state = $3",
            visit.id.as_str(),
            visit.version,
            visit.state.as_str(),
            moment.now,
        ))
        .await?;
    Ok(locked == 1)
}

/// Raises the version of a visit that stays in its state, once for each version: pages made before the step are out of
/// date. `false` where the visit has moved on.
pub(super) async fn renew(tx: &mut Tx, moment: &Moment, visit: &mut Visit) -> Result<bool, Fault> {
    let renewed = tx
        .execute(sql!(
            "UPDATE visit SET version = version + 1, updated_at = $4 WHERE id = $1 AND version = $2 AND state = $3",
            visit.id.as_str(),
            visit.version,
            visit.state.as_str(),
            moment.now,
        ))
        .await?;
    visit.version += i64::from(renewed == 1);
    Ok(renewed == 1)
}

/// Moves a visit to its next state, once: of all who try from the same version, one gets `true`.
///
/// What was read from the card is kept at the counter only; the code is kept only while it may be shown again; a name that
/// waits for the binding, no longer than that.
pub(super) async fn advance(
    tx: &mut Tx,
    moment: &Moment,
    visit: &mut Visit,
    to: State,
) -> Result<bool, Fault> {
    if !visit.state.may_become(to) {
        let what = format!("no step leads from {} to {to}", visit.state);
        return Err(Fault::inconsistent("visit", visit.id.as_str(), &what));
    }
    let moved = tx
        .execute(sql!(
            "UPDATE visit SET state = $4, version = version + 1, updated_at = $5, capture = NULL, new_name = NULL,
                    code = CASE WHEN $4 IN ('open', 'at_counter') THEN code ELSE NULL END
             WHERE id = $1 AND version = $2 AND state = $3",
            visit.id.as_str(),
            visit.version,
            visit.state.as_str(),
            to.as_str(),
            moment.now,
        ))
        .await?;
    if moved == 1 {
        visit.state = to;
        visit.version += 1;
    }
    Ok(moved == 1)
}

impl Row {
    fn visit(self) -> Result<Visit, Fault> {
        let broken = |what: &str| Fault::inconsistent("visit", &self.id, what);
        let origin = match self.origin.as_str() {
            "online" => Origin::Online,
            "walk_in" => Origin::WalkIn,
            _ => return Err(broken("origin is not known")),
        };
        let outcome = self.outcome.as_deref().map(str::parse).transpose();
        Ok(Visit {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            state: self.state.parse().map_err(|_| broken("state is not known"))?,
            origin,
            person: self.id_in(self.person_id.as_deref(), "person_id")?,
            account: self.id_in(self.account_id.as_deref(), "account_id")?,
            clerk: self.id_in(self.clerk_id.as_deref(), "clerk_id")?,
            evidence: self.id_in(self.evidence_id.as_deref(), "evidence_id")?,
            outcome: outcome.map_err(|_| broken("outcome is not known"))?,
            opened_at: Timestamp::from_micros(self.opened_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            started_at: self.started_at.map(Timestamp::from_micros),
            decided_at: self.decided_at.map(Timestamp::from_micros),
            bound_at: self.bound_at.map(Timestamp::from_micros),
            version: self.version,
            hall: self.hall_id,
            window: self.window_name,
            reason: self.reason,
        })
    }

    fn id_in<T: FromStr>(&self, text: Option<&str>, column: &str) -> Result<Option<T>, Fault> {
        text.map(str::parse)
            .transpose()
            .map_err(|_| Fault::inconsistent("visit", &self.id, &format!("{column} is not an id")))
    }
}
