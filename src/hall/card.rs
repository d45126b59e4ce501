//! Reading the card at the counter: from the chip by a registered reader, or typed by the clerk.

use std::fmt;

use chrono::NaiveDate;

use super::capture::{self, Capture, How, Preview};
use super::outcome::{Answer, Stop};
use super::state::State;
use super::tries::{self, Subject};
use super::visit::{self, At, Seat, StepRefusal, Visit};
use crate::audit::{self, Event};
use crate::base::id::{PersonId, VisitId};
use crate::base::{Fault, Locale, Moment};
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::gateway::CardReaders;
use crate::gateway::card_reader::ReadingProblem;
use crate::identity::store::person;
use crate::identity::{Document, DocumentProblem, IdType, NameProblem, PersonName};
use crate::sql;
use crate::storage::{Db, Run, Tx};

/// What a clerk typed from the card.
#[derive(Clone, Copy)]
pub struct HandEntry<'a> {
    pub id_type: &'a str,
    pub id_number: &'a str,
    /// Typed a second time: nobody else reads it.
    pub id_number_again: &'a str,
    pub name: &'a str,
    pub issuing_country: Option<&'a str>,
    pub valid_until: Option<&'a str>,
}

/// Where the card's facts come from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A signed reading, and the readers whose signatures count.
    Chip {
        readers: &'a CardReaders,
        signed: &'a str,
    },
    Hand(HandEntry<'a>),
}

/// A card was read; the visit has a new version.
#[derive(Debug, Clone)]
pub struct Read {
    pub visit: Visit,
    pub preview: Preview,
}

/// Why a card is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardRefusal {
    Step(StepRefusal),
    Reading(ReadingProblem),
    UnknownKind,
    Document(DocumentProblem),
    NumbersDiffer,
    Name(NameProblem),
    /// The date of validity is not a date.
    Date,
    NotYetValid,
    Expired,
    /// The card is not that of the person who asked for this visit.
    AnotherPerson,
    /// The same person is being served at another window.
    ServedElsewhere(Option<Seat>),
    /// The same clerk has another visit of this person in hand.
    ServedByYou,
    TooManyTries,
}

/// Whose hands a visit is in that cannot give way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Busy {
    SameClerk,
    Elsewhere(Option<Seat>),
}

/// What a signed reading has to carry to count for this visit as it stands now.
pub fn nonce(keys: &Keys, visit: &VisitId, version: i64) -> String {
    keys.mac.of(Purpose::CardReading, &[visit.as_str().as_bytes(), &version.to_be_bytes()])
}

/// Reads the card of the person at the counter. A card may be read again until the decision.
pub async fn read(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (at, source): (&At<'_>, Source<'_>),
) -> Result<Answer<Read, CardRefusal>, Fault> {
    let mut tx = db.begin().await?;
    let visit = match visit::held::<CardRefusal>(&mut tx, moment, at, State::AtCounter).await {
        Ok(visit) => visit,
        Err(Stop::Refused(refusal)) => return Ok(Answer::Refused(refusal)),
        Err(Stop::Fault(fault)) => return Err(fault),
    };
    match accepted(&mut tx, keys, moment, (visit.clone(), source)).await {
        Ok(read) => {
            tx.commit().await?;
            Ok(Answer::Done(read))
        }
        Err(Stop::Refused(refusal)) => {
            drop(tx);
            note_refusal(db, moment, &visit, &refusal).await?;
            Ok(Answer::Refused(refusal))
        }
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// What the clerk reads whose own list has another visit of the person in hand.
pub(super) fn served_by_you(locale: Locale) -> &'static str {
    locale.pick(
        "您手上已有当事人的另一条办理记录，请先从今日列表继续或结束那一条。",
        "You already have another visit of this person in hand. Go on with it or end it from today's list first.",
    )
}

impl From<StepRefusal> for CardRefusal {
    fn from(refusal: StepRefusal) -> Self {
        CardRefusal::Step(refusal)
    }
}

impl CardRefusal {
    pub fn message(&self, locale: Locale) -> &'static str {
        match self {
            CardRefusal::Step(refusal) => refusal.message(locale),
            CardRefusal::Reading(ReadingProblem::NotARegisteredReader) => locale.pick(
                "读卡结果不是由本系统登记的读卡器签名的，请检查读卡器。",
                "The reading is not signed by a registered reader. Check the reader.",
            ),
            CardRefusal::Reading(ReadingProblem::Stale) => locale.pick(
                "这次读卡结果已失效，请重新读卡。",
                "This reading is too old or belongs to another visit. Read the card again.",
            ),
            CardRefusal::UnknownKind => locale.pick("请选择证件类型。", "Choose the kind of document."),
            CardRefusal::Document(problem) => problem.message(locale),
            CardRefusal::NumbersDiffer => locale.pick(
                "两次输入的证件号码不一致，请对照证件重新输入。",
                "The two numbers differ. Enter them again from the card.",
            ),
            CardRefusal::Name(problem) => problem.message(locale),
            CardRefusal::Date => locale.pick(
                "有效期不正确，请按“2030-01-31”的写法输入，长期有效请留空。",
                "The date of validity is not a date. Write it like 2030-01-31, or leave it empty if there is none.",
            ),
            CardRefusal::NotYetValid => {
                locale.pick("证件尚未到生效日期，不能办理。", "The document is not valid yet.")
            }
            CardRefusal::Expired => locale.pick(
                "证件已过有效期，不能办理。请持有效证件再来。",
                "The document has expired. The person must come back with a valid one.",
            ),
            CardRefusal::AnotherPerson => locale.pick(
                "证件与预约人不是同一人，不能办理这个预约。请放回等待，再按现场办理。",
                "The card is not that of the person who made this visit. Put the visit back, then begin a walk-in.",
            ),
            CardRefusal::ServedElsewhere(_) => locale.pick(
                "当事人正在其他窗口办理，请先结束那边的办理。",
                "Another window is serving this person. That visit has to end first.",
            ),
            CardRefusal::ServedByYou => served_by_you(locale),
            CardRefusal::TooManyTries => locale.pick(
                "24 小时内核验失败已达 5 次，暂不能再办理，已记录。请告知大厅负责人。",
                "Five verifications have failed within 24 hours, so no more for now. This is recorded; please tell the head of the hall.",
            ),
        }
    }

    pub const fn word(&self) -> &'static str {
        match self {
            CardRefusal::Step(refusal) => refusal.word(),
            CardRefusal::Reading(ReadingProblem::NotARegisteredReader) => "reader_not_registered",
            CardRefusal::Reading(ReadingProblem::Stale) => "reading_stale",
            CardRefusal::UnknownKind => "unknown_kind",
            CardRefusal::Document(_) => "document",
            CardRefusal::NumbersDiffer => "numbers_differ",
            CardRefusal::Name(_) => "name",
            CardRefusal::Date => "date",
            CardRefusal::NotYetValid => "not_yet_valid",
            CardRefusal::Expired => "expired",
            CardRefusal::AnotherPerson => "another_person",
            CardRefusal::ServedElsewhere(_) => "served_elsewhere",
            CardRefusal::ServedByYou => "served_by_you",
            CardRefusal::TooManyTries => "too_many_tries",
        }
    }
}

impl fmt::Debug for HandEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandEntry").field("id_type", &self.id_type).finish_non_exhaustive()
    }
}

async fn accepted(
    tx: &mut Tx,
    keys: &Keys,
    moment: &Moment,
    (mut visit, source): (Visit, Source<'_>),
) -> Result<Read, Stop<CardRefusal>> {
    let capture = match source {
        Source::Chip { readers, signed } => {
            let nonce = nonce(keys, &visit.id, visit.version);
            of_chip(readers.check(moment.now, &nonce, signed), moment.now.date())
        }
        Source::Hand(entry) => of_hand(&entry, moment.now.date()),
    }
    .map_err(Stop::Refused)?;
    // Card after card against one visit is as many tries of its person, whosever the cards are.
    if tries::exhausted(tx, moment, &Subject::person(visit.person.as_ref())).await? {
        return Err(Stop::Refused(CardRefusal::TooManyTries));
    }
    let owner = person::find_by_document(tx, keys, &capture.document).await?;
    if visit.origin == visit::Origin::Online && visit.person != owner {
        return Err(Stop::Refused(CardRefusal::AnotherPerson));
    }
    let subject = Subject::person(owner.as_ref()).and_document(keys, &capture.document);
    if tries::exhausted(tx, moment, &subject).await? {
        return Err(Stop::Refused(CardRefusal::TooManyTries));
    }
    if !visit::renew(tx, moment, &mut visit).await? {
        return Err(Stop::Refused(CardRefusal::Step(StepRefusal::Moved)));
    }
    if visit.origin == visit::Origin::WalkIn {
        take_over(tx, moment, &mut visit, owner).await?;
    }
    capture::keep(tx, moment, keys, (&visit.id, &capture)).await?;
    audit::record(tx, moment, Event::CardRead { visit: &visit.id, how: capture.how.as_str() }).await?;
    Ok(Read { visit, preview: capture.preview() })
}

fn of_chip(
    reading: Result<crate::gateway::card_reader::Reading, ReadingProblem>,
    today: NaiveDate,
) -> Result<Capture, CardRefusal> {
    let reading = reading.map_err(CardRefusal::Reading)?;
    let card = &reading.card;
    let document = document(&card.id_type, &card.id_number, card.issuing_country.as_deref(), today)?;
    let name = PersonName::parse(&card.name).map_err(CardRefusal::Name)?;
    let (from, until) = capture::card_dates(card).map_err(|_| CardRefusal::Date)?;
    check_dates(from, until, today)?;
    Ok(Capture {
        document,
        name,
        valid_from: from,
        valid_until: until,
        issuer: card.issuer.clone(),
        how: How::Chip,
        device: Some(reading.device.clone()),
    })
}

fn of_hand(entry: &HandEntry<'_>, today: NaiveDate) -> Result<Capture, CardRefusal> {
    let first = document(entry.id_type, entry.id_number, entry.issuing_country, today)?;
    let again = document(entry.id_type, entry.id_number_again, entry.issuing_country, today);
    if again.map_or(true, |again| again != first) {
        return Err(CardRefusal::NumbersDiffer);
    }
    let name = PersonName::parse(entry.name).map_err(CardRefusal::Name)?;
    let until = capture::parse_date(entry.valid_until).map_err(|_| CardRefusal::Date)?;
    check_dates(None, until, today)?;
    Ok(Capture {
        document: first,
        name,
        valid_from: None,
        valid_until: until,
        issuer: None,
        how: How::ByHand,
        device: None,
    })
}

fn document(
    kind: &str,
    number: &str,
    country: Option<&str>,
    today: NaiveDate,
) -> Result<Document, CardRefusal> {
    let kind: IdType = kind.parse().map_err(|_| CardRefusal::UnknownKind)?;
    Document::parse(kind, number, country, today).map_err(CardRefusal::Document)
}

/// The last day of validity still counts.
fn check_dates(
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), CardRefusal> {
    if from.is_some_and(|from| today < from) {
        return Err(CardRefusal::NotYetValid);
    }
    if until.is_some_and(|until| until < today) {
        return Err(CardRefusal::Expired);
    }
    Ok(())
}

/// A walk-in becomes the visit of whoever the card names; a visit that person still had open gives way to it.
async fn take_over(
    tx: &mut Tx,
    moment: &Moment,
    visit: &mut Visit,
    owner: Option<PersonId>,
) -> Result<(), Stop<CardRefusal>> {
    if let Some(owner) = &owner
        && let Some(other) = visit::find_open_of(tx, owner).await?.filter(|other| other.id != visit.id)
        && let Some(busy) = give_way(tx, moment, (&*visit, other)).await?
    {
        return Err(Stop::Refused(match busy {
            Busy::Elsewhere(seat) => CardRefusal::ServedElsewhere(seat),
            Busy::SameClerk => CardRefusal::ServedByYou,
        }));
    }
    tx.execute(sql!(
        "UPDATE visit SET person_id = $2 WHERE id = $1",
        visit.id.as_str(),
        owner.as_ref().map(PersonId::as_str),
    ))
    .await?;
    visit.person = owner;
    Ok(())
}

/// Ends a visit that waits, for one that is at the counter; where a window has it in hand it stays, and whose it is comes
/// back.
pub(super) async fn give_way(
    tx: &mut Tx,
    moment: &Moment,
    (visit, mut other): (&Visit, Visit),
) -> Result<Option<Busy>, Fault> {
    let busy = if other.clerk == visit.clerk { Busy::SameClerk } else { Busy::Elsewhere(other.seat()) };
    let gave_way = match other.state_at(moment.now) {
        State::AwaitingBinding | State::Expired => super::expire::expire_one(tx, moment, other).await?,
        State::Open | State::Draft => {
            let gave_way = visit::advance(tx, moment, &mut other, State::Cancelled).await?;
            if gave_way {
                let event = Event::VisitCancelled { visit: &other.id, person: other.person.as_ref() };
                audit::record(tx, moment, event).await?;
            }
            gave_way
        }
        _ => false,
    };
    Ok((!gave_way).then_some(busy))
}

/// What a refusal leaves behind, in a transaction of its own: the event, a failed try, an alarm.
async fn note_refusal(db: &Db, moment: &Moment, visit: &Visit, refusal: &CardRefusal) -> Result<(), Fault> {
    let mut tx = db.begin().await?;
    let event = Event::CardRefused { visit: &visit.id, reason: refusal.word() };
    audit::record(&mut tx, moment, event).await?;
    match refusal {
        CardRefusal::AnotherPerson => {
            let subject = Subject::person(visit.person.as_ref());
            tries::record(&mut tx, moment, (&subject, &visit.id), refusal.word()).await?;
        }
        CardRefusal::TooManyTries => {
            tries::alarm(&mut tx, moment, Some(&visit.id), visit.person.as_ref()).await?;
        }
        _ => {}
    }
    tx.commit().await
}
