//! The decision: what the clerk compared, and everything that follows from it in one transaction.

use std::time::Duration;

use serde_json::json;

use super::capture::{self, Capture, How};
use super::card::{Busy, give_way, served_by_you};
use super::outcome::{Answer, Stop, answer};
use super::receipt::{self, Stated};
use super::state::{Outcome, State};
use super::tries::{self, Subject};
use super::visit::{self, At, Origin, Seat, StepRefusal, Visit};
use super::{new_document, new_name};
use crate::audit::{self, Event};
use crate::base::id::{DocumentId, EvidenceId, PersonId, ReceiptId};
use crate::base::{Fault, Locale, Moment, Trouble};
use crate::crypto::Keys;
use crate::identity::store::person::{self, NewPerson, Person};
use crate::identity::store::proof::{self, NewEvidence};
use crate::identity::{CheckMethod, Evidence, EvidenceKind};
use crate::sql;
use crate::storage::{Db, Run, Tx};

/// The clerk's answer to one question of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Pass,
    Fail,
    CannotTell,
}

/// The three questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// The document is genuine.
    pub document_genuine: Check,
    /// The person before the clerk is its holder.
    pub holder_matches: Check,
    /// The person acts of their own will.
    pub speaks_for_self: Check,
}

/// Whether somebody has looked a second time at what was typed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondLook {
    Given,
    NotGiven,
}

/// What the clerk decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    FailRetryable(Reason),
    FailFinal(Reason),
}

/// Why a visit failed: kept in the hall, never told outside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    DocumentNotAccepted,
    PersonNotMatched,
    NotOfOwnWill,
    PersonLeft,
    Other,
}

/// A decision as the clerk's form makes it.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    pub checks: Checks,
    pub second_look: SecondLook,
    pub verdict: Verdict,
    /// Our address, which signs the receipt.
    pub issuer: &'a str,
}

/// What was decided.
#[derive(Debug, Clone)]
pub enum Decided {
    Passed { visit: Visit, person: PersonId, receipt: ReceiptId, level: u8 },
    Failed { visit: Visit, outcome: Outcome },
}

/// Why a decision is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionRefusal {
    Step(StepRefusal),
    NoCard,
    /// To pass, every question has to be answered with yes.
    ChecksNotPassed,
    SecondLookMissing,
    /// The card now belongs to somebody else than the visit.
    AnotherPerson,
    ServedElsewhere(Option<Seat>),
    /// The same clerk has another visit of this person in hand.
    ServedByYou,
}

/// How long a verified person has to tie the proof to an account, from the decision on.
pub const AWAITING: Duration = Duration::from_secs(48 * 3600);

/// Decides a visit, once: of all who press the button from the same page, one does.
pub async fn decide(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (at, decision): (&At<'_>, &Decision<'_>),
) -> Result<Answer<Decided, DecisionRefusal>, Fault> {
    let decided = match decision.verdict {
        Verdict::Pass => match pass(db, keys, moment, (at, decision)).await {
            // Another window has put the same new person on record at this moment: this time they are found.
            Err(Stop::Fault(fault)) if fault.trouble() == Trouble::Duplicate => {
                pass(db, keys, moment, (at, decision)).await
            }
            passed => passed,
        },
        Verdict::FailRetryable(reason) => {
            fail(db, keys, moment, (at, Outcome::FailedRetryable, reason)).await
        }
        Verdict::FailFinal(reason) => fail(db, keys, moment, (at, Outcome::FailedFinal, reason)).await,
    };
    if decided.is_ok() {
        let outcome = decision.verdict.outcome().as_str();
        metrics::counter!("tongyao_visits_decided_total", "outcome" => outcome).increment(1);
    }
    answer(decided)
}

impl Checks {
    fn all_pass(&self) -> bool {
        [self.document_genuine, self.holder_matches, self.speaks_for_self]
            .iter()
            .all(|check| *check == Check::Pass)
    }
}

impl std::str::FromStr for Check {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "pass" => Ok(Check::Pass),
            "fail" => Ok(Check::Fail),
            "cannot_tell" => Ok(Check::CannotTell),
            _ => Err(()),
        }
    }
}

impl Verdict {
    fn outcome(self) -> Outcome {
        match self {
            Verdict::Pass => Outcome::Passed,
            Verdict::FailRetryable(_) => Outcome::FailedRetryable,
            Verdict::FailFinal(_) => Outcome::FailedFinal,
        }
    }
}

impl Reason {
    pub const ALL: [Reason; 5] = [
        Reason::DocumentNotAccepted,
        Reason::PersonNotMatched,
        Reason::NotOfOwnWill,
        Reason::PersonLeft,
        Reason::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::DocumentNotAccepted => "document_not_accepted",
            Reason::PersonNotMatched => "person_not_matched",
            Reason::NotOfOwnWill => "not_of_own_will",
            Reason::PersonLeft => "person_left",
            Reason::Other => "other",
        }
    }

    /// For the clerk's page.
    pub fn label(self, locale: Locale) -> &'static str {
        match self {
            Reason::DocumentNotAccepted => locale.pick("证件不能采用", "The document cannot be accepted"),
            Reason::PersonNotMatched => {
                locale.pick("无法确认人证一致", "The person could not be matched with the document")
            }
            Reason::NotOfOwnWill => {
                locale.pick("疑似非本人意愿", "The person does not seem to act of their own will")
            }
            Reason::PersonLeft => locale.pick("当事人离开", "The person left"),
            Reason::Other => locale.pick("其他原因", "Another reason"),
        }
    }
}

impl std::str::FromStr for Reason {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Reason::ALL.into_iter().find(|reason| reason.as_str() == word).ok_or(())
    }
}

impl From<StepRefusal> for DecisionRefusal {
    fn from(refusal: StepRefusal) -> Self {
        DecisionRefusal::Step(refusal)
    }
}

impl DecisionRefusal {
    pub fn message(&self, locale: Locale) -> &'static str {
        match self {
            DecisionRefusal::Step(refusal) => refusal.message(locale),
            DecisionRefusal::NoCard => {
                locale.pick("请先读取证件，再作决定。", "Read the card before you decide.")
            }
            DecisionRefusal::ChecksNotPassed => locale.pick(
                "三项核对全部为“是”才能通过。有一项不是，请选择不通过。",
                "A person passes only when all three answers are yes. Otherwise choose not to pass.",
            ),
            DecisionRefusal::SecondLookMissing => locale.pick(
                "手工录入的证件需要再次核对，请确认后再通过。",
                "What was typed by hand needs a second look. Confirm it before you pass the person.",
            ),
            DecisionRefusal::AnotherPerson => locale.pick(
                "证件与预约人不是同一人，不能通过。",
                "The card is not that of the person who made this visit.",
            ),
            DecisionRefusal::ServedElsewhere(_) => locale.pick(
                "当事人正在其他窗口办理，请先结束那边的办理。",
                "Another window is serving this person. That visit has to end first.",
            ),
            DecisionRefusal::ServedByYou => served_by_you(locale),
        }
    }
}

async fn pass(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (at, decision): (&At<'_>, &Decision<'_>),
) -> Result<Decided, Stop<DecisionRefusal>> {
    let mut tx = db.begin().await?;
    let mut visit = in_hand(&mut tx, moment, at).await?;
    let Some(capture) = capture::find(&mut tx, keys, moment, &visit.id).await? else {
        return Err(Stop::Refused(DecisionRefusal::NoCard));
    };
    if !decision.checks.all_pass() {
        return Err(Stop::Refused(DecisionRefusal::ChecksNotPassed));
    }
    if capture.how == How::ByHand && decision.second_look == SecondLook::NotGiven {
        return Err(Stop::Refused(DecisionRefusal::SecondLookMissing));
    }
    step(&mut tx, moment, &mut visit, State::Decided).await?;
    let person = identify(&mut tx, keys, moment, (&visit, &capture)).await?;
    let known = on_record(&mut tx, keys, &person).await?;
    let document = new_document::note(&mut tx, moment, keys, (&known, &capture)).await?;
    let evidence = record_evidence(&mut tx, moment, at, (&person, document.as_ref(), &capture)).await?;
    let stated = Stated {
        issuer: decision.issuer,
        visit: &visit.id,
        person: &person,
        evidence: &evidence,
        hall: &at.desk.hall,
    };
    let receipt = receipt::issue(&mut tx, moment, keys, &stated).await?;
    write_passed(&mut tx, moment, &mut visit, (&person, evidence)).await?;
    step(&mut tx, moment, &mut visit, State::AwaitingBinding).await?;
    new_name::note(&mut tx, moment, keys, (&visit.id, &known, &capture.name)).await?;
    new_document::settle(&mut tx, moment, keys, (&visit.id, &person)).await?;
    let event = Event::VisitDecided {
        visit: &visit.id,
        person: Some(&person),
        outcome: Outcome::Passed.as_str(),
        reason: None,
        level: receipt.level,
        receipt: Some(&receipt.jti),
    };
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await?;
    Ok(Decided::Passed { visit, person, receipt: receipt.jti, level: receipt.level })
}

async fn fail(
    db: &Db,
    keys: &Keys,
    moment: &Moment,
    (at, outcome, reason): (&At<'_>, Outcome, Reason),
) -> Result<Decided, Stop<DecisionRefusal>> {
    let mut tx = db.begin().await?;
    let mut visit = in_hand(&mut tx, moment, at).await?;
    let mut subject = Subject::person(visit.person.as_ref());
    if let Some(capture) = capture::find(&mut tx, keys, moment, &visit.id).await? {
        subject = subject.and_document(keys, &capture.document);
    }
    step(&mut tx, moment, &mut visit, State::Decided).await?;
    // Whoever simply left has not failed a try.
    if reason != Reason::PersonLeft {
        tries::record(&mut tx, moment, (&subject, &visit.id), reason.as_str()).await?;
    }
    visit.outcome = Some(outcome);
    visit.reason = Some(reason.as_str().to_owned());
    visit.decided_at = Some(moment.now);
    tx.execute(sql!(
        "UPDATE visit SET outcome = $2, reason = $3, decided_at = $4 WHERE id = $1",
        visit.id.as_str(),
        outcome.as_str(),
        reason.as_str(),
        moment.now,
    ))
    .await?;
    let event = Event::VisitDecided {
        visit: &visit.id,
        person: visit.person.as_ref(),
        outcome: outcome.as_str(),
        reason: Some(reason.as_str()),
        level: 0,
        receipt: None,
    };
    audit::record(&mut tx, moment, event).await?;
    tx.commit().await?;
    Ok(Decided::Failed { visit, outcome })
}

async fn in_hand(tx: &mut Tx, moment: &Moment, at: &At<'_>) -> Result<Visit, Stop<DecisionRefusal>> {
    let visit = visit::held::<DecisionRefusal>(tx, moment, at, State::AtCounter).await?;
    if visit::lock(tx, moment, &visit).await? {
        Ok(visit)
    } else {
        Err(Stop::Refused(StepRefusal::Moved.into()))
    }
}

async fn step(
    tx: &mut Tx,
    moment: &Moment,
    visit: &mut Visit,
    to: State,
) -> Result<(), Stop<DecisionRefusal>> {
    if visit::advance(tx, moment, visit, to).await? {
        Ok(())
    } else {
        Err(Stop::Refused(StepRefusal::Moved.into()))
    }
}

/// The person on record whom the card names; a walk-in nobody has heard of is recorded now.
async fn identify(
    tx: &mut Tx,
    keys: &Keys,
    moment: &Moment,
    (visit, capture): (&Visit, &Capture),
) -> Result<PersonId, Stop<DecisionRefusal>> {
    if visit.origin == Origin::Online {
        let owner = person::find_by_document(tx, keys, &capture.document).await?;
        return owner
            .filter(|owner| visit.person.as_ref() == Some(owner))
            .ok_or(Stop::Refused(DecisionRefusal::AnotherPerson));
    }
    let new = NewPerson {
        name: &capture.name,
        document: &capture.document,
        valid_until: capture.valid_until_at(),
        claims: None,
        source: "window",
    };
    let person = person::record(tx, moment, keys, &new).await?.id().clone();
    if let Some(other) = visit::find_open_of(tx, &person).await?.filter(|other| other.id != visit.id)
        && let Some(busy) = give_way(tx, moment, (visit, other)).await?
    {
        return Err(Stop::Refused(match busy {
            Busy::Elsewhere(seat) => DecisionRefusal::ServedElsewhere(seat),
            Busy::SameClerk => DecisionRefusal::ServedByYou,
        }));
    }
    Ok(person)
}

async fn on_record(tx: &mut Tx, keys: &Keys, id: &PersonId) -> Result<Person, Fault> {
    let known = person::find(tx, keys, id).await?;
    known.ok_or_else(|| Fault::inconsistent("person", id.as_str(), "gone while being verified"))
}

async fn record_evidence(
    tx: &mut Tx,
    moment: &Moment,
    at: &At<'_>,
    (person, document, capture): (&PersonId, Option<&DocumentId>, &Capture),
) -> Result<EvidenceId, Fault> {
    let mut methods = vec![CheckMethod::Vpip, CheckMethod::Pvp];
    if capture.how == How::Chip {
        methods.push(CheckMethod::Vcrypt);
    }
    let evidence = NewEvidence {
        person,
        account: None,
        document,
        visit: Some(at.visit),
        // Having been seen with the document does not run out when the document does.
        evidence: Evidence {
            kind: EvidenceKind::WindowVerification,
            methods,
            at: moment.now,
            valid_until: None,
            revoked_at: None,
        },
        source: &at.desk.hall,
        facts: json!({
            "window": at.desk.window,
            "clerk": at.desk.clerk,
            "how": capture.how.as_str(),
            "id_type": capture.document.kind().as_str(),
            "device": capture.device,
        }),
    };
    proof::record(tx, moment, &evidence).await
}

async fn write_passed(
    tx: &mut Tx,
    moment: &Moment,
    visit: &mut Visit,
    (person, evidence): (&PersonId, EvidenceId),
) -> Result<(), Fault> {
    visit.expires_at = moment.now + AWAITING;
    visit.outcome = Some(Outcome::Passed);
    visit.decided_at = Some(moment.now);
    visit.person = Some(person.clone());
    tx.execute(sql!(
        "UPDATE visit SET person_id = $2, evidence_id = $3, outcome = $4, decided_at = $5, expires_at = $6 WHERE id = $1",
        visit.id.as_str(),
        person.as_str(),
        evidence.as_str(),
        Outcome::Passed.as_str(),
        moment.now,
        visit.expires_at,
    ))
    .await?;
    visit.evidence = Some(evidence);
    Ok(())
}
