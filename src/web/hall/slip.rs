//! The slip the citizen takes home, with a continuation code once where one is needed.

use super::held::{Deed, Held};
use super::{compare, decided};
use crate::hall::slip::{self, Slip};
use crate::hall::{Answer as Stepped, visit};
use crate::http::paths;
use crate::http::shown::Problem;
use crate::web::answer::{Answer, chrome, page};
use crate::web::messages::HallSlip;
use crate::web::pages::hall::{Continuation, HallSlipPage};
use crate::web::qr;

pub async fn get(held: Held) -> Answer {
    show(&held, None).await
}

/// Issues the code and shows it in this answer only; a new one replaces the old. The answer loaded again is out of date:
/// what was printed stays good.
pub async fn continuation(deed: Deed) -> Answer {
    let context = deed.held.context();
    match slip::issue(&context.app.db, &context.moment, &deed.at()).await? {
        Stepped::Done(issued) => {
            let Deed { held, .. } = deed;
            let id = held.visit.id.clone();
            let visit =
                visit::find(&mut held.context().app.db.read(), &id).await?.ok_or(Problem::NotFound)?;
            show(&Held { visit, ..held }, Some(issued)).await
        }
        Stepped::Refused(refusal) => deed.refused(refusal),
    }
}

async fn show(held: &Held, issued: Option<Slip>) -> Answer {
    let Some(outcome) = decided::outcome(held).await? else { return Ok(held.onward()) };
    let context = held.context();
    let settings = &context.app.settings;
    let receipt = decided::receipt(held).await?;
    let qr = receipt
        .as_ref()
        .map(|receipt| qr::svg(&settings.url(&paths::receipt(&receipt.id)), HallSlip(context.locale).qr()))
        .transpose()?;
    let drawn = HallSlipPage {
        chrome: chrome(context),
        bar: held.seated.bar().await?,
        outcome,
        name_masked: decided::masked_name(held).await?,
        level: decided::level(receipt.as_ref()),
        at: held.visit.decided_at.map(|at| at.for_people()).unwrap_or_default(),
        window: held.visit.window.clone(),
        receipt_id: receipt.map(|receipt| receipt.id.to_string()),
        receipt_qr_svg: qr.unwrap_or_default(),
        continuation: issued.map(|issued| Continuation {
            code: issued.code.printed(),
            valid_until: issued.expires_at.for_people(),
            address: settings.url(paths::REGISTER),
        }),
        account: compare::account_known(held).await?,
    };
    page(context, &drawn)
}
