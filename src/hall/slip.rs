//! The slip: a continuation code for a verified person whose account is made, or found again, at home.

use std::time::Duration;

use super::bind;
use super::continuation_code::{ContinuationCode, ContinuationProblem};
use super::outcome::{Answer, Stop, answer};
use super::state::State;
use super::visit::{self, At, StepRefusal, Visit};
use crate::audit::{self, Event};
use crate::base::id::{AccountId, PersonId, VisitId};
use crate::base::{Actor, Fault, Locale, Moment, Timestamp};
use crate::crypto::Keys;
use crate::identity::store::account::{self, Made, NewAccount, NewPhone, PhoneCheck};
use crate::identity::store::person;
use crate::identity::{LoginName, PhoneNumber};
use crate::sql;
use crate::storage::{Db, Guesses, Limit, Run, Tx, record};

/// A hall's own machines share an address, and people mistype. The code itself carries 100 bits; this keeps a machine that
/// tries from keeping the database busy.
pub const GUESSES: Guesses = Guesses(Limit { name: "slip", most: 60, within: Duration::from_secs(600) });

/// What is printed on the slip, once.
#[derive(Debug)]
pub struct Slip {
    pub code: ContinuationCode,
    pub expires_at: Timestamp,
}

/// What a code stands for, before it is used.
#[derive(Debug, Clone)]
pub struct Continuation {
    pub visit: VisitId,
    pub person: PersonId,
    pub masked_name: String,
    pub account: Standing,
    pub expires_at: Timestamp,
}

/// Whether the verified person has an account already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    NoAccount,
    /// They sign in, and the proof is bound to it.
    HasAccount,
}

/// The account to be made.
pub struct Registration<'a> {
    pub code: &'a str,
    pub password_hash: &'a str,
    pub phone: Option<&'a PhoneNumber>,
    pub login_name: Option<&'a LoginName>,
}

/// The account that what was proved now counts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    pub visit: VisitId,
    pub person: PersonId,
    pub account: AccountId,
}

/// Why a code leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContinuationRefusal {
    Code(ContinuationProblem),
    Unknown,
    Expired,
    /// Redeemed, or replaced by a newer one.
    Used,
    /// Sign in with it instead of making another.
    HasAccount,
    AnotherPerson,
    PhoneTaken,
    LoginNameTaken,
}

record! {
    struct Row {
        visit_id: String,
        person_id: String,
        expires_at: i64,
        ended_at: Option<i64>,
    }
}

pub const LIFETIME: Duration = Duration::from_secs(48 * 3600);

/// Issues the code for a verified person's slip; a new one replaces the old one, and needs a page made since.
pub async fn issue(db: &Db, moment: &Moment, at: &At<'_>) -> Result<Answer<Slip, StepRefusal>, Fault> {
    answer(issued(db, moment, at).await)
}

/// Until when the slip of a visit is good, if one was given.
pub async fn standing(db: &Db, moment: &Moment, visit: &VisitId) -> Result<Option<Timestamp>, Fault> {
    let row: Option<(i64,)> = db
        .read()
        .optional(sql!(
            "SELECT expires_at FROM continuation WHERE visit_id = $1 AND ended_at IS NULL AND expires_at > $2",
            visit.as_str(),
            moment.now,
        ))
        .await?;
    Ok(row.map(|(until,)| Timestamp::from_micros(until)))
}

/// Looks at a code without using it.
pub async fn look(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    typed: &str,
) -> Result<Answer<Continuation, ContinuationRefusal>, Fault> {
    answer(looked(db, keys, moment, typed).await)
}

/// Makes the person's account from the slip: account, proof and visit in the caller's transaction, the code used once.
pub async fn register(
    tx: &mut Tx,
    keys: &Keys,
    moment: &Moment,
    registration: &Registration<'_>,
) -> Result<Answer<Redeemed, ContinuationRefusal>, Fault> {
    answer(registered(tx, keys, moment, registration).await)
}

/// Binds what was proved to the account of the person who is signed in.
pub async fn redeem(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    typed: &str,
    (person, account): (&PersonId, &AccountId),
) -> Result<Answer<Redeemed, ContinuationRefusal>, Fault> {
    answer(redeemed(db, keys, moment, (typed, person, account)).await)
}

impl ContinuationRefusal {
    pub fn message(self, locale: Locale) -> &'static str {
        match self {
            ContinuationRefusal::Code(problem) => problem.message(locale),
            ContinuationRefusal::Unknown => locale.pick(
                "没有找到这个续办码，请对照回执单核对。",
                "This code was not found. Compare it with your slip.",
            ),
            ContinuationRefusal::Expired => locale.pick(
                "续办码已过 48 小时有效期，请到窗口重新领取。",
                "This code was good for 48 hours and has expired. Ask at a window for a new one.",
            ),
            ContinuationRefusal::Used => locale.pick(
                "续办码已使用过，或已被新的续办码代替。",
                "This code has been used, or a newer one has replaced it.",
            ),
            ContinuationRefusal::HasAccount => {
                locale.pick("您已有账号，请登录后继续。", "You have an account already. Sign in to continue.")
            }
            ContinuationRefusal::AnotherPerson => locale.pick(
                "续办码不属于当前登录的人，请用本人账号登录。",
                "This code is not for the person signed in. Sign in with your own account.",
            ),
            ContinuationRefusal::PhoneTaken => locale.pick(
                "这个手机号已用于另一个账号，请换一个号码或留空。",
                "Another account uses this mobile number. Use another one or leave it empty.",
            ),
            ContinuationRefusal::LoginNameTaken => {
                locale.pick("这个登录名已被使用，请换一个。", "This login name is taken. Choose another one.")
            }
        }
    }

    pub const fn word(self) -> &'static str {
        match self {
            ContinuationRefusal::Code(problem) => problem.word(),
            ContinuationRefusal::Unknown => "continuation_unknown",
            ContinuationRefusal::Expired => "continuation_expired",
            ContinuationRefusal::Used => "continuation_used",
            ContinuationRefusal::HasAccount => "has_account",
            ContinuationRefusal::AnotherPerson => "another_person",
            ContinuationRefusal::PhoneTaken => "phone_taken",
            ContinuationRefusal::LoginNameTaken => "login_name_taken",
        }
    }
}

async fn issued(db: &Db, moment: &Moment, at: &At<'_>) -> Result<Slip, Stop<StepRefusal>> {
    let code = ContinuationCode::new(&*moment.random);
    let expires_at = moment.now + LIFETIME;
    let mut tx = db.begin().await?;
    let mut visit = visit::held::<StepRefusal>(&mut tx, moment, at, State::AwaitingBinding).await?;
    let Some(person) = visit.person.clone() else {
        return Err(Fault::inconsistent("visit", visit.id.as_str(), "awaits binding of nobody").into());
    };
    if !visit::renew(&mut tx, moment, &mut visit).await? {
        return Err(Stop::Refused(StepRefusal::Moved));
    }
    // The visit waits at least as long as the slip is good.
    tx.execute(sql!("UPDATE visit SET expires_at = $2 WHERE id = $1", visit.id.as_str(), expires_at)).await?;
    tx.execute(sql!(
        "UPDATE continuation SET ended_at = $2 WHERE visit_id = $1 AND ended_at IS NULL",
        visit.id.as_str(),
        moment.now,
    ))
    .await?;
    tx.execute(sql!(
        "INSERT INTO continuation (digest, visit_id, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        code.digest(),
        visit.id.as_str(),
        person.as_str(),
        moment.now,
        expires_at,
    ))
    .await?;
    audit::record(&mut tx, moment, Event::ContinuationIssued { visit: &visit.id, person: &person }).await?;
    tx.commit().await?;
    Ok(Slip { code, expires_at })
}

async fn looked(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    typed: &str,
) -> Result<Continuation, Stop<ContinuationRefusal>> {
    let mut run = db.read();
    let (row, visit) = live(&mut run, moment, typed).await?;
    let id = row.person()?;
    let Some(known) = person::find(&mut run, keys, &id).await? else {
        return Err(Fault::inconsistent("person", id.as_str(), "gone while a slip waits").into());
    };
    let has_one = account::find_of_person(&mut run, &id).await?.is_some();
    Ok(Continuation {
        visit: visit.id,
        masked_name: known.masked_name(),
        account: if has_one { Standing::HasAccount } else { Standing::NoAccount },
        expires_at: Timestamp::from_micros(row.expires_at),
        person: id,
    })
}

async fn registered(
    tx: &mut Tx,
    keys: &Keys,
    moment: &Moment,
    registration: &Registration<'_>,
) -> Result<Redeemed, Stop<ContinuationRefusal>> {
    let (row, mut visit) = live(tx, moment, registration.code).await?;
    let person = row.person()?;
    // Who holds the slip acts as the person it was handed to.
    let moment = &moment.by(Actor::Person(person.clone()));
    take(tx, moment, &visit).await?;
    let new = NewAccount {
        person: &person,
        password_hash: Some(registration.password_hash),
        phone: registration.phone.map(|number| NewPhone { number, check: PhoneCheck::Entered }),
        login_name: registration.login_name,
    };
    let account = match account::create(tx, moment, keys, &new).await? {
        Made::New(account) => account,
        Made::HasOne(_) => return Err(Stop::Refused(ContinuationRefusal::HasAccount)),
        Made::PhoneTaken => return Err(Stop::Refused(ContinuationRefusal::PhoneTaken)),
        Made::LoginNameTaken => return Err(Stop::Refused(ContinuationRefusal::LoginNameTaken)),
    };
    finish(tx, (keys, moment), &mut visit, (person, account)).await
}

async fn redeemed(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (typed, person, account): (&str, &PersonId, &AccountId),
) -> Result<Redeemed, Stop<ContinuationRefusal>> {
    let mut tx = db.begin().await?;
    let (row, mut visit) = live(&mut tx, moment, typed).await?;
    let own = account::find_of_person(&mut tx, person).await?.is_some_and(|own| own.id == *account);
    if row.person()? != *person || !own {
        let reason = ContinuationRefusal::AnotherPerson.word();
        let event = Event::BindingRefused { visit: &visit.id, person: Some(person), reason };
        audit::record(&mut tx, moment, event).await?;
        tx.commit().await?;
        return Err(Stop::Refused(ContinuationRefusal::AnotherPerson));
    }
    take(&mut tx, moment, &visit).await?;
    let redeemed = finish(&mut tx, (keys, moment), &mut visit, (person.clone(), account.clone())).await?;
    tx.commit().await?;
    Ok(redeemed)
}

/// The row of a code that can still be redeemed, and its visit.
async fn live(
    run: &mut impl Run,
    moment: &Moment,
    typed: &str,
) -> Result<(Row, Visit), Stop<ContinuationRefusal>> {
    let refused = |refusal| Err(Stop::Refused(refusal));
    let code = match ContinuationCode::parse(typed) {
        Ok(code) => code,
        Err(problem) => return refused(ContinuationRefusal::Code(problem)),
    };
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT visit_id, person_id, expires_at, ended_at FROM continuation WHERE digest = $1",
            code.digest(),
        ))
        .await?;
    let Some(row) = row else { return refused(ContinuationRefusal::Unknown) };
    if moment.now.micros() >= row.expires_at {
        return refused(ContinuationRefusal::Expired);
    }
    if row.ended_at.is_some() {
        return refused(ContinuationRefusal::Used);
    }
    let id: VisitId =
        row.visit_id.parse().map_err(|_| Fault::inconsistent("continuation", &row.visit_id, "not an id"))?;
    match visit::find(run, &id).await? {
        Some(visit) if visit.state_at(moment.now) == State::AwaitingBinding => Ok((row, visit)),
        Some(_) => refused(ContinuationRefusal::Used),
        None => Err(Fault::inconsistent("visit", id.as_str(), "gone while a slip waits").into()),
    }
}

/// Takes the visit's row for this transaction: of two who redeem one slip, the second finds it used.
async fn take(tx: &mut Tx, moment: &Moment, visit: &Visit) -> Result<(), Stop<ContinuationRefusal>> {
    if visit::lock(tx, moment, visit).await? { Ok(()) } else { Err(Stop::Refused(ContinuationRefusal::Used)) }
}

async fn finish(
    tx: &mut Tx,
    (keys, moment): (&Keys, &Moment),
    visit: &mut Visit,
    (person, account): (PersonId, AccountId),
) -> Result<Redeemed, Stop<ContinuationRefusal>> {
    if !bind::tie(tx, (keys, moment), visit, (&person, &account, "continuation")).await? {
        return Err(Stop::Refused(ContinuationRefusal::Used));
    }
    Ok(Redeemed { visit: visit.id.clone(), person, account })
}

impl Row {
    fn person(&self) -> Result<PersonId, Fault> {
        self.person_id
            .parse()
            .map_err(|_| Fault::inconsistent("continuation", &self.visit_id, "person_id is not an id"))
    }
}
