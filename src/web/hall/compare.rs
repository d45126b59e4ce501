//! Comparing the person with the card, and the decision.

use http::StatusCode;

use super::held::{Deed, Held};
use super::{place, release, typed};
use crate::base::{Fault, Locale};
use crate::hall::capture::{self, How, Preview};
use crate::hall::decide::{self, Check, Checks, Decision, DecisionRefusal, Reason, SecondLook, Verdict};
use crate::hall::{Answer as Stepped, State, new_document, new_name};
use crate::http::form::Form;
use crate::http::paths;
use crate::identity::store::account;
use crate::identity::store::document::Difference;
use crate::identity::{Country, Sex};
use crate::web::answer::{Answer, chrome, page};
use crate::web::form::{Choice, Field};
use crate::web::messages::HallCompare;
use crate::web::pages::hall::{
    AccountKnown, CardPreview, Chip, Entry, HallComparePage, OtherDocument, ReadBy, look_for,
};

/// The form as it was sent.
#[derive(Default)]
struct Filled {
    document: Field,
    face: Field,
    holder: Field,
    second_look: Field,
    reason: Field,
    decision: Field,
    entry: Entry,
}

pub async fn get(held: Held) -> Answer {
    // The form of this page is sent to the address of the decision.
    let filled = match typed::find_of_visit(&held, paths::HALL_DECIDE).await? {
        Some(form) => Filled { entry: Entry::Kept, ..Filled::of(&form) },
        None => Filled::default(),
    };
    show(&held, filled).await
}

pub async fn decide(deed: Deed) -> Answer {
    let context = deed.held.context();
    let m = HallCompare(context.locale);
    let mut filled = Filled::of(&deed.form);
    let Some(verdict) = filled.verdict(deed.form.get("decision"), m) else {
        return show(&deed.held, filled).await;
    };
    let second_look = match filled.second_look.value.as_str() {
        "yes" => SecondLook::Given,
        _ => SecondLook::NotGiven,
    };
    let issuer = context.app.settings.issuer.as_str();
    let decision = Decision { checks: filled.checks(), second_look, verdict, issuer };
    let parts = (&deed.at(), &decision);
    match decide::decide(&context.app.db, &context.app.keys, &context.moment, parts).await? {
        Stepped::Done(_) => Ok(deed.held.to(paths::HALL_DECIDE)),
        Stepped::Refused(DecisionRefusal::Step(refusal)) => deed.refused(refusal),
        Stepped::Refused(DecisionRefusal::NoCard) => Ok(deed.held.to(paths::HALL_CARD)),
        Stepped::Refused(refusal) => {
            filled.note(&refusal, context.locale);
            if let DecisionRefusal::ServedElsewhere(Some(seat)) = &refusal {
                filled.decision.error = Some(place::serves(&deed.held, seat).await?);
            }
            show(&deed.held, filled).await
        }
    }
}

impl Filled {
    fn of(form: &Form) -> Self {
        let field = |name: &str| {
            let known = form.get(name).filter(|value| value.len() <= 32);
            Field::of(known.unwrap_or_default())
        };
        Self {
            document: field("document"),
            face: field("face"),
            holder: field("holder"),
            second_look: field("second_look"),
            reason: field("reason"),
            decision: Field::default(),
            entry: Entry::Fresh,
        }
    }

    /// What the button says, once everything it needs is there; otherwise the fields say what is missing.
    fn verdict(&mut self, pressed: Option<&str>, m: HallCompare) -> Option<Verdict> {
        match pressed {
            Some("pass") => self.is_checked(m).then_some(Verdict::Pass),
            Some("fail_retryable") => self.why(m).map(Verdict::FailRetryable),
            Some("fail_final") => self.why(m).map(Verdict::FailFinal),
            _ => {
                self.decision.error = Some(m.decision_missing().to_owned());
                None
            }
        }
    }

    fn is_checked(&mut self, m: HallCompare) -> bool {
        let mut complete = true;
        for field in [&mut self.document, &mut self.face, &mut self.holder] {
            if field.value.parse::<Check>().is_err() {
                field.error = Some(m.check_missing().to_owned());
                complete = false;
            }
        }
        complete
    }

    fn why(&mut self, m: HallCompare) -> Option<Reason> {
        let reason = self.reason.value.parse().ok();
        if reason.is_none() {
            self.reason.error = Some(m.reason_missing().to_owned());
        }
        reason
    }

    fn checks(&self) -> Checks {
        let check = |field: &Field| field.value.parse().unwrap_or(Check::CannotTell);
        Checks {
            document_genuine: check(&self.document),
            holder_matches: check(&self.face),
            speaks_for_self: check(&self.holder),
        }
    }

    fn note(&mut self, refusal: &DecisionRefusal, locale: Locale) {
        let m = HallCompare(locale);
        match refusal {
            DecisionRefusal::SecondLookMissing => {
                self.second_look.error = Some(m.second_look_missing().to_owned());
            }
            DecisionRefusal::ChecksNotPassed => self.decision.error = Some(m.not_all_pass().to_owned()),
            _ => self.decision.error = Some(refusal.message(locale).to_owned()),
        }
    }

    fn status(&self) -> StatusCode {
        let fields =
            [&self.document, &self.face, &self.holder, &self.second_look, &self.reason, &self.decision];
        if fields.iter().any(|field| field.error().is_some()) {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        }
    }
}

async fn show(held: &Held, filled: Filled) -> Answer {
    let context = held.context();
    let (app, moment) = (&context.app, &context.moment);
    let read = capture::preview(&mut app.db.read(), &app.keys, moment, &held.visit.id).await?;
    let Some(read) = read.filter(|_| held.visit.state_at(moment.now) == State::AtCounter) else {
        return Ok(held.onward());
    };
    let status = filled.status();
    let other_name = other_name(held, &read).await?;
    let other_document = other_document(held).await?;
    let reasons = Reason::ALL.map(|reason| Choice::new(reason.as_str(), reason.label(context.locale)));
    let drawn = HallComparePage {
        chrome: chrome(context),
        bar: held.seated.bar().await?,
        visit: held.visit.id.clone(),
        version: held.visit.version,
        card: CardPreview {
            other_name,
            other_document,
            ..shown(read, account_known(held).await?, context.locale)
        },
        document: filled.document,
        face: filled.face,
        holder: filled.holder,
        second_look: filled.second_look,
        reason: filled.reason,
        reasons: reasons.to_vec(),
        decision: filled.decision,
        entry: filled.entry,
        leaving: release::leaving(held),
    };
    let mut response = page(context, &drawn)?;
    *response.status_mut() = status;
    Ok(response)
}

/// Whether the person of the visit has an account already.
pub(super) async fn account_known(held: &Held) -> Result<AccountKnown, Fault> {
    let Some(person) = &held.visit.person else { return Ok(AccountKnown::No) };
    let found = account::find_of_person(&mut held.context().app.db.read(), person).await?;
    Ok(if found.is_some() { AccountKnown::Yes } else { AccountKnown::No })
}

async fn other_name(held: &Held, read: &Preview) -> Result<Option<String>, Fault> {
    let Some(person) = &held.visit.person else { return Ok(None) };
    let app = &held.context().app;
    new_name::on_record(&mut app.db.read(), &app.keys, (person, &read.name)).await
}

async fn other_document(held: &Held) -> Result<Option<OtherDocument>, Fault> {
    let context = held.context();
    let (app, moment) = (&context.app, &context.moment);
    let other = new_document::on_record(&mut app.db.read(), &app.keys, moment, &held.visit).await?;
    Ok(other.map(|(stored, difference)| match difference {
        Difference::Number => OtherDocument::Number(stored.masked_number()),
        Difference::Kind => OtherDocument::Kind(stored.kind.label(context.locale)),
    }))
}

fn shown(read: Preview, account: AccountKnown, locale: Locale) -> CardPreview {
    let (chip, read_by) = match read.how {
        How::Chip => (Chip::Genuine, ReadBy::Reader),
        How::ByHand => (Chip::Unread, ReadBy::Hand),
    };
    let m = HallCompare(locale);
    let sex = |sex: Sex| match sex {
        Sex::Male => m.male(),
        Sex::Female => m.female(),
    };
    CardPreview {
        kind: read.kind.label(locale).to_owned(),
        look_for: look_for(m, read.kind),
        country: read.issuing_country.map(Country::as_str),
        name: read.name,
        number: read.typed_number.unwrap_or(read.masked_number),
        birth_date: read.birth_date.map(|date| date.to_string()),
        sex: read.sex.map(|known| sex(known).to_owned()),
        issuer: read.issuer,
        valid_from: read.valid_from.map(|date| date.to_string()),
        valid_until: read.valid_until.map_or_else(|| m.no_end().to_owned(), |date| date.to_string()),
        chip,
        read_by,
        account,
        other_name: None,
        other_document: None,
        advisories: read.advisories.iter().map(|advisory| advisory.message(locale)).collect(),
    }
}
