//! The consent page: what is asked, why, and what the person says.

use serde::Deserialize;

use super::answer::Answer;
use super::chrome::Chrome;
use super::messages::Why;
use super::pages::{ConsentItem, ConsentPage, Need, Occasion};
use super::way::Way;
use crate::audit::{self, Event};
use crate::base::{Actor, Fault};
use crate::client::ConsentPolicy;
use crate::grant::asked::{self, Asked, CLAIM, Item};
use crate::grant::consent::{self, Answer as Said};
use crate::grant::decoupled::{self, Kind};
use crate::grant::pending::{self, Left};
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::shown::{PageProblem, Problem};
use crate::identity::store::person;
use crate::protocol::prompt::Prompt;
use crate::session::{Session, detour};

#[derive(Deserialize)]
pub struct Waiting {
    request: String,
    /// Whom the way has led here.
    shown_to: Option<String>,
}

pub async fn get(mut context: Context, Query(waiting): Query<Waiting>) -> Answer {
    let way = Way::find(&mut context, &waiting.request).await?;
    let session = context.session().await?;
    // Who comes by hand, or after somebody else, may owe something else first: the one question is asked of them.
    let mark = waiting.shown_to.unwrap_or_default();
    let Some(session) = session.filter(|session| is_shown_to(&context, (&way, session), &mark)) else {
        return Ok(way.go_on(&context));
    };
    let asked = asked(&way)?;
    let person = person::find(&mut context.app.db.read(), &context.app.keys, &session.person).await?;
    let person = person.map(|person| person.masked_name());
    let drawn = ConsentPage {
        chrome: Chrome { signed_in: person.clone(), ..way.chrome(&context) },
        request: way.id.to_string(),
        shown_to: mark,
        client: way.client.name(context.locale).to_owned(),
        department: way.client.department_name.in_language(context.locale).to_owned(),
        asker: way.asker(&context),
        person: person.unwrap_or_default(),
        items: items(&context, (&asked, way.client.consent)),
        until: (context.moment.now + consent::LIFETIME).date().to_string(),
        occasion: occasion(&context, &way).await?,
    };
    way.page(&context, &drawn)
}

pub async fn post(Posted { mut context, form }: Posted) -> Answer {
    let mut way = Way::find(&mut context, form.get("request").unwrap_or_default()).await?;
    let Some(session) = context.session().await? else { return Ok(way.go_on(&context)) };
    let named = form.raw("shown_to").unwrap_or_default();
    if !is_shown_to(&context, (&way, &session), named) {
        // Whoever is there now has pressed a button of somebody else's page: nothing is taken from it, and they are asked.
        way.pending.request.prompt = way.pending.request.prompt.with(Prompt::Consent);
        detour::update(&context.app.ephemeral, &context.moment, &way.id, &way.pending).await?;
        return Ok(way.go_on(&context));
    }
    match form.get("decision") {
        Some("allow") => {
            let ticked: Vec<&str> = form.all("scope").collect();
            allow(&context, &way, &session, &ticked).await?;
            way.pending.consented_by = Some(session.person.clone());
            detour::update(&context.app.ephemeral, &context.moment, &way.id, &way.pending).await?;
            Ok(way.go_on(&context))
        }
        Some("deny") => {
            refuse(&context, &way, &session).await?;
            way.leave(&context, Left::Consent).await
        }
        _ => Err(Problem::BadRequest.into()),
    }
}

/// The page names a person, and the answer is theirs alone.
fn is_shown_to(context: &Context, (way, session): (&Way, &Session), mark: &str) -> bool {
    pending::is_shown_to(&context.app.keys, &way.id, &session.person, mark)
}

/// Who waits for the answer; a request from elsewhere that waits no longer is not asked about.
async fn occasion(context: &Context, way: &Way) -> Result<Occasion, PageProblem> {
    let Some(id) = &way.pending.decoupled else { return Ok(Occasion::Here) };
    let app = &context.app;
    let found = decoupled::find_waiting(&mut app.db.read(), &app.keys, context.moment.now, id).await?;
    let waiting = found.ok_or(Problem::Expired)?;
    let until = waiting.expires_at.for_people();
    Ok(match waiting.kind {
        Kind::Device => Occasion::Device {
            code: waiting.ask.user_code.map(|code| code.to_string()).unwrap_or_default(),
            name: waiting.ask.device_name,
            until,
        },
        Kind::Ciba => Occasion::Call { message: waiting.ask.binding_message, until },
    })
}

fn asked(way: &Way) -> Result<Asked, PageProblem> {
    asked::of(&way.pending.request, &way.client).map_err(|refusal| Problem::BadClient(refusal).into())
}

async fn allow(context: &Context, way: &Way, session: &Session, ticked: &[&str]) -> Result<(), PageProblem> {
    let (granted, declined) = asked(way)?.answered(way.client.consent, ticked);
    let said = Said {
        person: &session.person,
        client: &way.client.client_id,
        scope: &granted.scope,
        claims: &granted.claims,
        details: &granted.details,
        declined: &declined,
    };
    let moment = context.moment.by(Actor::Person(session.person.clone()));
    let mut tx = context.app.db.begin().await?;
    consent::give(&mut tx, &moment, &said).await?;
    Ok(tx.commit().await?)
}

async fn refuse(context: &Context, way: &Way, session: &Session) -> Result<(), Fault> {
    let moment = context.moment.by(Actor::Person(session.person.clone()));
    let mut tx = context.app.db.begin().await?;
    let event = Event::ConsentRefused { person: &session.person, client: &way.client.client_id };
    audit::record(&mut tx, &moment, event).await?;
    tx.commit().await
}

fn items(context: &Context, (asked, policy): (&Asked, ConsentPolicy)) -> Vec<ConsentItem> {
    let why = Why(context.locale).of("authorization_details");
    let details =
        asked.details.iter().map(|detail| ConsentItem::of_detail(context.locale, detail).because(why));
    let scopes = asked.items(policy);
    details.chain(scopes.iter().map(|item| shown(context, item))).collect()
}

fn shown(context: &Context, item: &Item) -> ConsentItem {
    let need = match item.need {
        asked::Need::Required => Need::Required,
        asked::Need::Optional => Need::Optional,
    };
    match item.name.strip_prefix(CLAIM) {
        Some(claim) => ConsentItem::of_claim(context.locale, claim, need),
        None => ConsentItem::of_scope(context.locale, &item.name, need)
            .because(Why(context.locale).of(&item.name)),
    }
}
