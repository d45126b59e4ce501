//! The result of a visit, and how it is handed over.

use super::compare::account_known;
use super::held::Held;
use crate::base::Fault;
use crate::hall::decide::Reason;
use crate::hall::receipt::{self, Receipt};
use crate::hall::{State, slip, state};
use crate::http::paths;
use crate::identity::store::person;
use crate::web::answer::{Answer, chrome, page};
use crate::web::pages::hall::{HallDecidedPage, Outcome, Presence};

pub async fn get(held: Held) -> Answer {
    let Some(outcome) = outcome(&held).await? else { return Ok(held.onward()) };
    let context = held.context();
    let receipt = receipt(&held).await?;
    let reason = held.visit.reason.as_deref().and_then(|word| word.parse::<Reason>().ok());
    let drawn = HallDecidedPage {
        chrome: chrome(context),
        bar: held.seated.bar().await?,
        visit: held.visit.id.clone(),
        version: held.visit.version,
        outcome,
        name_masked: masked_name(&held).await?,
        level: level(receipt.as_ref()),
        presence: if reason == Some(Reason::PersonLeft) { Presence::Left } else { Presence::There },
        reason: reason.map(|reason| reason.label(context.locale).to_owned()),
        account: account_known(&held).await?,
        receipt_href: receipt.map(|receipt| paths::receipt(&receipt.id)),
    };
    page(context, &drawn)
}

/// How the visit went; none where it is not decided, or its time to hand the result over has passed.
pub(super) async fn outcome(held: &Held) -> Result<Option<Outcome>, Fault> {
    let context = held.context();
    Ok(match held.visit.state_at(context.moment.now) {
        State::Bound => Some(Outcome::Bound),
        State::AwaitingBinding => {
            let given = slip::standing(&context.app.db, &context.moment, &held.visit.id).await?;
            Some(if given.is_some() { Outcome::Continuation } else { Outcome::Passed })
        }
        State::Decided => match held.visit.outcome {
            Some(state::Outcome::FailedRetryable) => Some(Outcome::FailedRetryable),
            Some(state::Outcome::FailedFinal) => Some(Outcome::FailedFinal),
            Some(state::Outcome::Passed) | None => None,
        },
        _ => None,
    })
}

pub(super) async fn masked_name(held: &Held) -> Result<Option<String>, Fault> {
    let Some(id) = &held.visit.person else { return Ok(None) };
    let app = &held.context().app;
    Ok(person::find(&mut app.db.read(), &app.keys, id).await?.map(|person| person.masked_name()))
}

pub(super) async fn receipt(held: &Held) -> Result<Option<Receipt>, Fault> {
    let (app, moment) = (&held.context().app, &held.context().moment);
    let Some(id) = receipt::find_id_of_visit(&mut app.db.read(), &held.visit.id).await? else {
        return Ok(None);
    };
    receipt::find(&app.db, &app.keys, moment, &id).await
}

pub(super) fn level(receipt: Option<&Receipt>) -> u8 {
    receipt.map_or(0, |receipt| receipt.claims.level)
}
