//! Binding at the window: the citizen's own phone confirms the number on the clerk's screen, and the proof counts for the
//! account.

use std::time::Duration;

use super::binding_refusal::BindingRefusal;
use super::new_name;
use super::outcome::{Answer, Stop, answer};
use super::state::State;
use super::visit::{self, At, StepRefusal, Visit};
use crate::audit::{self, Event};
use crate::base::id::{AccountId, PersonId, VisitId};
use crate::base::{Fault, Moment, Secret, Timestamp};
use crate::crypto::{Keys, mac};
use crate::identity::normalise::{half_width, is_space};
use crate::identity::store::{account, document, proof};
use crate::sql;
use crate::storage::{Db, Run, Tx, record};

/// What the clerk's screen shows: the token as a QR code, the number as two digits.
#[derive(Debug)]
pub struct Offer {
    /// 256 bits; shown once, kept as a digest.
    pub token: Secret,
    pub number: String,
    pub expires_at: Timestamp,
}

/// A live offer as the clerk's page asks for it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub number: String,
    pub expires_at: Timestamp,
    pub tries_left: i64,
}

/// A live offer as the citizen's page sees it: never the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    pub visit: VisitId,
    /// Who was proved; the page compares it with its session.
    pub person: PersonId,
    pub hall: Option<String>,
    pub expires_at: Timestamp,
    pub tries_left: i64,
}

/// How the citizen came to the confirmation.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Scanned from the clerk's screen.
    Token(&'a str),
    /// From the visit's page in their account.
    Account,
}

/// Who confirms with which number.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation<'a> {
    pub by: By<'a>,
    /// The person and the account of the session.
    pub person: &'a PersonId,
    pub account: &'a AccountId,
    pub number: &'a str,
}

/// What a confirmation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    Now(VisitId),
    /// A double click: this account was bound by the same offer before.
    Already(VisitId),
}

record! {
    struct Row {
        token_digest: String,
        visit_id: String,
        number: String,
        tries: i64,
        expires_at: i64,
        ended_at: Option<i64>,
    }
}

pub const LIFETIME: Duration = Duration::from_secs(10 * 60);
pub const MOST_TRIES: i64 = 3;

/// Offers the binding on the clerk's screen; a new offer replaces the old one, and needs a page made since.
pub async fn offer(db: &Db, moment: &Moment, at: &At<'_>) -> Result<Answer<Offer, StepRefusal>, Fault> {
    answer(offered(db, moment, at).await)
}

/// The live offer of a visit, for the page that shows it again.
pub async fn standing(db: &Db, moment: &Moment, visit: &VisitId) -> Result<Option<Standing>, Fault> {
    let row = newest_of_visit(&mut db.read(), visit).await?;
    Ok(row.filter(|row| row.is_live(moment.now)).map(|row| Standing {
        expires_at: Timestamp::from_micros(row.expires_at),
        tries_left: MOST_TRIES - row.tries,
        number: row.number,
    }))
}

/// The offer a scanned token stands for, while it lives.
pub async fn invitation_of_token(db: &Db, moment: &Moment, token: &str) -> Result<Option<Invitation>, Fault> {
    let row = find_by_token(&mut db.read(), token).await?;
    invitation(db, moment, row).await
}

/// The offer that waits for a person, while it lives.
pub async fn invitation_of_person(
    db: &Db,
    moment: &Moment,
    person: &PersonId,
) -> Result<Option<Invitation>, Fault> {
    let row = newest_of_person(&mut db.read(), moment, person).await?;
    invitation(db, moment, row).await
}

/// Binds what the window proved to the account of the session, exactly once.
pub async fn confirm(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    confirmation: &Confirmation<'_>,
) -> Result<Answer<Confirmed, BindingRefusal>, Fault> {
    let Some(number) = two_digits(confirmation.number) else {
        return Ok(Answer::Refused(BindingRefusal::NotANumber));
    };
    let mut tx = db.begin().await?;
    let row = match confirmation.by {
        By::Token(token) => find_by_token(&mut tx, token).await?,
        By::Account => newest_of_person(&mut tx, moment, confirmation.person).await?,
    };
    let Some(row) = row else { return Ok(Answer::Refused(BindingRefusal::NoOffer)) };
    let visit = visit_of(&mut tx, &row).await?;
    match weigh(&row, &visit, (confirmation, &number), moment.now) {
        Weighed::Already => already(tx, visit.id).await,
        Weighed::Refused(BindingRefusal::WrongNumber { .. }) => wrong(tx, moment, (&row, &visit)).await,
        Weighed::Refused(refusal) => refused(tx, moment, (&visit, confirmation.person), refusal).await,
        Weighed::Right => right(tx, (keys, moment), (&row, visit), confirmation).await,
    }
}

/// The citizen says no: the offer ends, nothing is bound, the window may offer again. `false` where none waits.
pub async fn decline(db: &Db, moment: &Moment, person: &PersonId) -> Result<bool, Fault> {
    let mut tx = db.begin().await?;
    let row = newest_of_person(&mut tx, moment, person).await?.filter(|row| row.is_live(moment.now));
    let Some(row) = row else { return Ok(false) };
    let ended = tx
        .execute(sql!(
            "UPDATE binding SET ended_at = $2 WHERE token_digest = $1 AND ended_at IS NULL",
            &row.token_digest,
            moment.now,
        ))
        .await?;
    if ended == 0 {
        return Ok(false);
    }
    let visit = visit_of(&mut tx, &row).await?;
    let event = Event::BindingRefused { visit: &visit.id, person: Some(person), reason: "declined" };
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ties what a visit proved to an account: the visit is bound, its evidence counts, nothing else can be redeemed for it.
/// `false` when another request was faster.
pub(super) async fn tie(
    tx: &mut Tx,
    (keys, moment): (&Keys, &Moment),
    visit: &mut Visit,
    (person, account, way): (&PersonId, &AccountId, &str),
) -> Result<bool, Fault> {
    new_name::take(tx, moment, keys, (&visit.id, person)).await?;
    document::confirm(tx, moment, keys, (person, &visit.id)).await?;
    if !visit::advance(tx, moment, visit, State::Bound).await? {
        return Ok(false);
    }
    tx.execute(sql!(
        "UPDATE visit SET account_id = $2, bound_at = $3 WHERE id = $1",
        visit.id.as_str(),
        account.as_str(),
        moment.now,
    ))
    .await?;
    if proof::bind_to_account(tx, &visit.id, person, account).await? == 0 {
        return Err(Fault::inconsistent("visit", visit.id.as_str(), "no evidence to bind"));
    }
    end_all(tx, moment, &visit.id).await?;
    visit.account = Some(account.clone());
    visit.bound_at = Some(moment.now);
    audit::record(tx, moment, Event::BindingConfirmed { visit: &visit.id, person, account, way }).await?;
    Ok(true)
}

/// Ends every offer and continuation of a visit.
pub(super) async fn end_all(tx: &mut Tx, moment: &Moment, visit: &VisitId) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE binding SET ended_at = $2 WHERE visit_id = $1 AND ended_at IS NULL",
        visit.as_str(),
        moment.now,
    ))
    .await?;
    tx.execute(sql!(
        "UPDATE continuation SET ended_at = $2 WHERE visit_id = $1 AND ended_at IS NULL",
        visit.as_str(),
        moment.now,
    ))
    .await
    .map(|_| ())
}

async fn offered(db: &Db, moment: &Moment, at: &At<'_>) -> Result<Offer, Stop<StepRefusal>> {
    let token = Secret::new(moment.random.token(32));
    let number = number(moment);
    let expires_at = moment.now + LIFETIME;
    let mut tx = db.begin().await?;
    let mut visit = visit::held::<StepRefusal>(&mut tx, moment, at, State::AwaitingBinding).await?;
    if !visit::renew(&mut tx, moment, &mut visit).await? {
        return Err(Stop::Refused(StepRefusal::Moved));
    }
    tx.execute(sql!(
        "UPDATE binding SET ended_at = $2 WHERE visit_id = $1 AND ended_at IS NULL",
        visit.id.as_str(),
        moment.now,
    ))
    .await?;
    tx.execute(sql!(
        "INSERT INTO binding (token_digest, visit_id, number, tries, created_at, expires_at) VALUES ($1, $2, $3, 0, $4, $5)",
        mac::digest(token.expose()),
        visit.id.as_str(),
        &number,
        moment.now,
        expires_at,
    ))
    .await?;
    audit::record(&mut tx, moment, Event::BindingOffered { visit: &visit.id }).await?;
    tx.commit().await?;
    Ok(Offer { token, number, expires_at })
}

/// 10 to 99, each equally likely.
fn number(moment: &Moment) -> String {
    loop {
        let digits = moment.random.digits(2);
        if !digits.starts_with('0') {
            return digits;
        }
    }
}

fn two_digits(typed: &str) -> Option<String> {
    if typed.len() > 32 {
        return None;
    }
    let digits: String = typed.chars().map(half_width).filter(|c| !is_space(*c)).collect();
    (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

enum Weighed {
    Right,
    Already,
    Refused(BindingRefusal),
}

/// Whether this confirmation may bind, before anything is written.
fn weigh(
    row: &Row,
    visit: &Visit,
    (confirmation, number): (&Confirmation<'_>, &str),
    now: Timestamp,
) -> Weighed {
    if visit.person.as_ref() != Some(confirmation.person) {
        return Weighed::Refused(BindingRefusal::AnotherPerson);
    }
    if visit.state == State::Bound && visit.account.as_ref() == Some(confirmation.account) {
        return Weighed::Already;
    }
    if visit.state_at(now) != State::AwaitingBinding {
        return Weighed::Refused(BindingRefusal::NoOffer);
    }
    if row.tries >= MOST_TRIES {
        return Weighed::Refused(BindingRefusal::Ended);
    }
    if row.ended_at.is_some() {
        return Weighed::Refused(BindingRefusal::NoOffer);
    }
    if !row.is_live(now) {
        return Weighed::Refused(BindingRefusal::Expired);
    }
    if row.number == number {
        Weighed::Right
    } else {
        Weighed::Refused(BindingRefusal::WrongNumber { tries_left: 0 })
    }
}

async fn right(
    mut tx: Tx,
    (keys, moment): (&Keys, &Moment),
    (row, mut visit): (&Row, Visit),
    confirmation: &Confirmation<'_>,
) -> Result<Answer<Confirmed, BindingRefusal>, Fault> {
    let (person, account) = (confirmation.person, confirmation.account);
    if account::find_of_person(&mut tx, person).await?.is_none_or(|own| own.id != *account) {
        return refused(tx, moment, (&visit, person), BindingRefusal::AnotherPerson).await;
    }
    // The visit first, then the offer: every transaction takes their rows in this order.
    if !visit::lock(&mut tx, moment, &visit).await? {
        return lost(tx, row, confirmation).await;
    }
    let taken = tx
        .execute(sql!(
            "UPDATE binding SET ended_at = $2 WHERE token_digest = $1 AND ended_at IS NULL AND tries < $3",
            &row.token_digest,
            moment.now,
            MOST_TRIES,
        ))
        .await?;
    if taken == 0 {
        return Ok(Answer::Refused(BindingRefusal::NoOffer));
    }
    if !tie(&mut tx, (keys, moment), &mut visit, (person, account, "qr")).await? {
        return lost(tx, row, confirmation).await;
    }
    tx.commit().await?;
    Ok(Answer::Done(Confirmed::Now(visit.id)))
}

/// Somebody was faster: the same account, by a double click, or something else.
async fn lost(
    mut tx: Tx,
    row: &Row,
    confirmation: &Confirmation<'_>,
) -> Result<Answer<Confirmed, BindingRefusal>, Fault> {
    let visit = visit_of(&mut tx, row).await?;
    if visit.state == State::Bound && visit.account.as_ref() == Some(confirmation.account) {
        return already(tx, visit.id).await;
    }
    Ok(Answer::Refused(BindingRefusal::NoOffer))
}

async fn already(tx: Tx, visit: VisitId) -> Result<Answer<Confirmed, BindingRefusal>, Fault> {
    tx.undo().await?;
    Ok(Answer::Done(Confirmed::Already(visit)))
}

/// A wrong number is counted and committed; the third ends the offer.
async fn wrong(
    mut tx: Tx,
    moment: &Moment,
    (row, visit): (&Row, &Visit),
) -> Result<Answer<Confirmed, BindingRefusal>, Fault> {
    let counted: Option<(i64,)> = tx
        .optional(sql!(
            "UPDATE binding SET tries = tries + 1,
                    ended_at = CASE WHEN tries + 1 >= $3 THEN CAST($2 AS BIGINT) ELSE NULL END
             WHERE token_digest = $1 AND ended_at IS NULL RETURNING tries",
            &row.token_digest,
            moment.now,
            MOST_TRIES,
        ))
        .await?;
    let refusal = match counted {
        Some((tries,)) if tries < MOST_TRIES => {
            BindingRefusal::WrongNumber { tries_left: MOST_TRIES - tries }
        }
        _ => BindingRefusal::Ended,
    };
    let event =
        Event::BindingRefused { visit: &visit.id, person: visit.person.as_ref(), reason: refusal.word() };
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await?;
    Ok(Answer::Refused(refusal))
}

async fn refused(
    mut tx: Tx,
    moment: &Moment,
    (visit, person): (&Visit, &PersonId),
    refusal: BindingRefusal,
) -> Result<Answer<Confirmed, BindingRefusal>, Fault> {
    let event = Event::BindingRefused { visit: &visit.id, person: Some(person), reason: refusal.word() };
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await?;
    Ok(Answer::Refused(refusal))
}

async fn invitation(db: &Db, moment: &Moment, row: Option<Row>) -> Result<Option<Invitation>, Fault> {
    let Some(row) = row.filter(|row| row.is_live(moment.now)) else { return Ok(None) };
    let visit = visit_of(&mut db.read(), &row).await?;
    let waits = visit.state_at(moment.now) == State::AwaitingBinding;
    Ok(visit.person.filter(|_| waits).map(|person| Invitation {
        visit: visit.id,
        person,
        hall: visit.hall,
        expires_at: Timestamp::from_micros(row.expires_at),
        tries_left: MOST_TRIES - row.tries,
    }))
}

async fn visit_of(run: &mut impl Run, row: &Row) -> Result<Visit, Fault> {
    let id: VisitId = row
        .visit_id
        .parse()
        .map_err(|_| Fault::inconsistent("binding", &row.visit_id, "visit_id is not an id"))?;
    visit::find(run, &id)
        .await?
        .ok_or_else(|| Fault::inconsistent("visit", id.as_str(), "gone while it has an offer"))
}

async fn find_by_token(run: &mut impl Run, token: &str) -> Result<Option<Row>, Fault> {
    run.optional(sql!(
        "SELECT token_digest, visit_id, number, tries, expires_at, ended_at FROM binding WHERE token_digest = $1",
        mac::digest(token),
    ))
    .await
}

async fn newest_of_visit(run: &mut impl Run, visit: &VisitId) -> Result<Option<Row>, Fault> {
    run.optional(sql!(
        "SELECT token_digest, visit_id, number, tries, expires_at, ended_at FROM binding
         WHERE visit_id = $1 AND ended_at IS NULL",
        visit.as_str(),
    ))
    .await
}

/// The newest offer to a person that could still be confirmed, or was within its time.
async fn newest_of_person(
    run: &mut impl Run,
    moment: &Moment,
    person: &PersonId,
) -> Result<Option<Row>, Fault> {
    run.optional(sql!(
        "SELECT binding.token_digest, binding.visit_id, binding.number, binding.tries, binding.expires_at, binding.ended_at
         FROM visit JOIN binding ON binding.visit_id = visit.id
         WHERE visit.person_id = $1 AND visit.state IN ('awaiting_binding', 'bound') AND binding.created_at > $2
         ORDER BY CASE WHEN binding.ended_at IS NULL THEN 0 ELSE 1 END, binding.created_at DESC LIMIT 1",
        person.as_str(),
        moment.now - LIFETIME * 2,
    ))
    .await
}

impl Row {
    fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.tries < MOST_TRIES && now.micros() < self.expires_at
    }
}
