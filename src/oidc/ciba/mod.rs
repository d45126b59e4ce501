//! The backchannel authentication endpoint (CIBA Core 1.0 §7): a client asks for a person who is elsewhere.

mod hint;
mod signed;

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::response::Response;

use super::check::Door;
use super::error::Problem;
use super::{body, decoupled as way, direct};
use crate::base::id::DecoupledId;
use crate::base::{Actor, Fault, Locale, Timestamp};
use crate::client::Client;
use crate::gateway::message::{Message, Sent};
use crate::grant::decoupled::{self, Ask, Crowd, Kept, Kind, NewDecoupled, TellClient};
use crate::grant::pace;
use crate::http::fault_log;
use crate::http::machine::Machine;
use crate::http::paths;
use crate::identity::mask;
use crate::identity::store::account::{self, Account};
use crate::protocol::ciba::{BackchannelAnswer, BackchannelRequest, DeliveryMode};
use crate::protocol::{AuthorizeRequest, GrantType, Refusal};

/// How long a person is waited for when the client does not say.
const LIFETIME: Duration = Duration::from_secs(300);
/// The longest a client may ask for.
const LONGEST: Duration = Duration::from_secs(1800);
/// A sign-in older than this is repeated before the answer counts; seconds.
const FRESH: u64 = 900;
/// What may wait for one person: nobody is worn down until they say yes.
const MOST_WAITING: i64 = 50;
const MOST_OF_A_CLIENT: i64 = 20;

pub async fn post(mut machine: Machine, request: Request) -> Response {
    let answered = answer(&mut machine, request).await;
    direct::told(&machine, answered.map(Json))
}

async fn answer(machine: &mut Machine, request: Request) -> Result<BackchannelAnswer, Problem> {
    let params = body::params(request).await?;
    let client = direct::caller(machine, &params).await?;
    machine.moment.actor = Actor::Client(client.client_id.clone());
    // CIBA Core 1.0 §7.1: only clients that can show who they are.
    if !client.may_use(GrantType::Ciba) || client.is_public() {
        return Err(Refusal::GrantTypeNotAllowed.into());
    }
    let (params, carried) = signed::params(machine, &client, params).await?;
    let mode = client.metadata.delivery_mode();
    let asked = BackchannelRequest::parse(&params, mode)?;
    if asked.binding_message.is_none() && client.metadata.backchannel_binding_message_required {
        return Err(Refusal::CibaBindingMessageMissing.into());
    }
    let fresh = client.metadata.default_max_age.map_or(FRESH, |most| most.min(FRESH));
    let request = way::read(
        &machine.app,
        &client,
        (&params, (Door::Backchannel, carried)),
        &[("max_age", fresh.to_string())],
    )?;
    let account = hint::account(machine, &client, &asked.hint).await?;
    keep(machine, &client, (asked, request), &account).await
}

async fn keep(
    machine: &Machine,
    client: &Client,
    (asked, request): (BackchannelRequest, AuthorizeRequest),
    account: &Account,
) -> Result<BackchannelAnswer, Problem> {
    let (app, moment) = (&machine.app, &machine.moment);
    let mode = client.metadata.delivery_mode();
    let lifetime = asked.requested_expiry.map_or(LIFETIME, Duration::from_secs).min(LONGEST);
    let auth_req_id = moment.random.token(32);
    let told = asked.notification_token.map(|token| TellClient {
        mode,
        auth_req_id: auth_req_id.clone(),
        notification_token: token.expose().to_owned(),
    });
    let ask =
        Ask { request, user_code: None, device_name: None, binding_message: asked.binding_message, told };
    let new = NewDecoupled {
        kind: Kind::Ciba,
        client_id: &client.client_id,
        person: Some(&account.person),
        secret: &auth_req_id,
        ask: &ask,
        lifetime,
    };
    let mut tx = app.db.begin().await?;
    let crowd = decoupled::crowd(&mut tx, moment.now, &account.person, &client.client_id).await?;
    if let Some(until) = full_until(&crowd) {
        return Err(Refusal::CibaTooManyWaiting.until(until.since(moment.now).as_secs() + 1).into());
    }
    let Kept::New(id) = decoupled::insert(&mut tx, moment, &app.keys, &new).await? else {
        return Err(Fault::broken("256 random bits came twice").into());
    };
    tx.commit().await?;
    metrics::counter!("tongyao_decoupled_requests_total", "kind" => Kind::Ciba.word()).increment(1);
    // The request waits on the account page, with or without a message: the client must hear its name.
    if let Err(fault) = tell_person(machine, client, (&id, &ask), account).await {
        fault_log::note(&fault);
    }
    Ok(BackchannelAnswer {
        auth_req_id,
        expires_in: lifetime.as_secs(),
        interval: (mode != DeliveryMode::Push).then_some(pace::INTERVAL.as_secs()),
    })
}

/// When there is room again even if nobody answers, where there is none.
fn full_until(crowd: &Crowd) -> Option<Timestamp> {
    let of_person = crowd.first_ends.filter(|_| crowd.waiting >= MOST_WAITING);
    let of_client = crowd.first_own_ends.filter(|_| crowd.own >= MOST_OF_A_CLIENT);
    of_person.max(of_client).map(Timestamp::from_micros)
}

/// A message to the person's phone, in their language as far as the client says it. Without a gateway the page remains.
async fn tell_person(
    machine: &Machine,
    client: &Client,
    (id, ask): (&DecoupledId, &Ask),
    account: &Account,
) -> Result<(), Fault> {
    let app = &machine.app;
    let locale = ask.request.ui_locales.as_deref().and_then(Locale::of_ui_locales).unwrap_or_default();
    let contact = account::contact(&mut app.db.read(), &app.keys, &account.id).await?;
    let Some(phone) = contact.and_then(|contact| contact.phone) else { return Ok(()) };
    let message = Message {
        to: mask::phone(&phone),
        text: text(locale, client.name(locale), ask.binding_message.as_deref()),
        path: paths::account_request(id),
    };
    if app.messages.send((&app.db, &app.keys), &machine.moment, &message).await? == Sent::NoGateway {
        tracing::info!("no message gateway is configured: the person finds the request on the account page");
    }
    Ok(())
}

fn text(locale: Locale, client: &str, binding_message: Option<&str>) -> String {
    let said = binding_message.unwrap_or_default();
    match (locale, said.is_empty()) {
        (Locale::ZhCn, true) => format!("“{client}”请您确认身份。不是您本人在办理，请不要同意。"),
        (Locale::ZhCn, false) => format!("“{client}”请您确认：{said}。不是您本人在办理，请不要同意。"),
        (Locale::En, true) => {
            format!("{client} asks you to confirm that it is you. Say no if you are not dealing with them.")
        }
        (Locale::En, false) => {
            format!("{client} asks you to confirm: {said}. Say no if you are not dealing with them.")
        }
    }
}
