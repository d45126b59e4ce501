//! The screen that is turned to the citizen: the QR code their phone scans, and the number it confirms.

use super::held::{Deed, Held};
use crate::base::Fault;
use crate::base::id::VisitId;
use crate::hall::bind::{self, Offer, Standing};
use crate::hall::{Answer as Stepped, State, Visit};
use crate::http::context::Context;
use crate::http::paths;
use crate::web::answer::{Answer, chrome, page};
use crate::web::messages::HallBinding;
use crate::web::pages::hall::{BindingState, HallBindingPage};
use crate::web::qr;

/// A live offer with its token.
pub struct Live {
    standing: Standing,
    token: String,
}

/// What the waiting page calls an offer that can no longer be confirmed.
const OFFER_ENDED: &str = "offer_ended";

/// Makes an offer; a new one replaces the old.
pub async fn post(deed: Deed) -> Answer {
    let context = deed.held.context();
    match bind::offer(&context.app.db, &context.moment, &deed.at()).await? {
        Stepped::Done(offer) => {
            keep(context, &deed.held.visit.id, &offer).await?;
            Ok(deed.held.to(paths::HALL_BINDING))
        }
        Stepped::Refused(refusal) => deed.refused(refusal),
    }
}

pub async fn get(held: Held) -> Answer {
    let context = held.context();
    if held.visit.state_at(context.moment.now) != State::AwaitingBinding {
        return Ok(held.onward());
    }
    let live = live(context, &held.visit.id).await?;
    let m = HallBinding(context.locale);
    let state = word(&held.visit, live.as_ref(), context);
    let (binding, qr_svg, number, valid_until) = match live {
        Some(Live { standing, token }) => {
            let address = context.app.settings.url(&paths::bind(&token));
            let until = standing.expires_at.for_people();
            let until = until.rsplit(' ').next().unwrap_or_default().to_owned();
            (BindingState::Waiting, qr::svg(&address, m.qr())?, standing.number, until)
        }
        None => (BindingState::Ended, String::new(), String::new(), String::new()),
    };
    let drawn = HallBindingPage {
        chrome: chrome(context),
        bar: held.seated.bar().await?,
        visit: held.visit.id.clone(),
        version: held.visit.version,
        binding,
        qr_svg,
        number,
        valid_until,
        poll_href: paths::of_visit(paths::HALL_STATE, &held.visit.id),
        state: state.to_owned(),
    };
    page(context, &drawn)
}

/// The offer that can still be confirmed and shown.
pub async fn live(context: &Context, visit: &VisitId) -> Result<Option<Live>, Fault> {
    let (app, moment) = (&context.app, &context.moment);
    let Some(standing) = bind::standing(&app.db, moment, visit).await? else { return Ok(None) };
    let Some(token) = app.ephemeral.get(&key(visit)).await? else { return Ok(None) };
    // Of two offers made at once the later token may be kept and the other offer live.
    let fits = bind::invitation_of_token(&app.db, moment, &token).await?.is_some();
    Ok(fits.then_some(Live { standing, token }))
}

/// The state that the waiting page was made in, and asks for again.
pub fn word(visit: &Visit, live: Option<&Live>, context: &Context) -> &'static str {
    match visit.state_at(context.moment.now) {
        State::AwaitingBinding if live.is_none() => OFFER_ENDED,
        state => state.as_str(),
    }
}

/// The database knows the token's digest only, so that the page can be shown again it stays here while the offer lives.
async fn keep(context: &Context, visit: &VisitId, offer: &Offer) -> Result<(), Fault> {
    let lifetime = offer.expires_at.since(context.moment.now);
    context.app.ephemeral.put(&key(visit), offer.token.expose(), lifetime).await
}

fn key(visit: &VisitId) -> String {
    format!("hall-binding:{visit}")
}
