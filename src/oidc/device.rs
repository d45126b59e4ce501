//! The device authorization endpoint (RFC 8628 §3.1): a device gets a code to show and a code to ask with.

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::response::Response;

use super::check::Door;
use super::error::Problem;
use super::{body, decoupled as way, direct};
use crate::base::{Actor, Fault};
use crate::client::Client;
use crate::grant::decoupled::{self, Ask, Kept, Kind, NewDecoupled};
use crate::grant::{device_starts, pace};
use crate::http::machine::Machine;
use crate::http::paths;
use crate::protocol::device::{DeviceAnswer, UserCode};
use crate::protocol::request_object::Carried;
use crate::protocol::{AuthorizeRequest, GrantType, Params, Refusal};

/// Time to take out the phone, type the code and sign in.
const LIFETIME: Duration = Duration::from_secs(600);
const MOST_NAME: usize = 60;
/// Of 2^34 codes another one waits under the same so rarely that three in a row mean something is broken.
const TRIES: usize = 3;

pub async fn post(mut machine: Machine, request: Request) -> Response {
    let answered = answer(&mut machine, request).await;
    direct::told(&machine, answered.map(Json))
}

async fn answer(machine: &mut Machine, request: Request) -> Result<DeviceAnswer, Problem> {
    let params = body::params(request).await?;
    let client = direct::caller(machine, &params).await?;
    machine.moment.actor = Actor::Client(client.client_id.clone());
    if !client.may_use(GrantType::DeviceCode) {
        return Err(Refusal::GrantTypeNotAllowed.into());
    }
    let device_name = device_name(&client, &params)?;
    let request = way::read(&machine.app, &client, (&params, (Door::Device, Carried::Plain)), &[])?;
    device_starts::count(&machine.app.ephemeral, &machine.moment, &client).await??;
    let (device_code, user_code) = keep(machine, request, device_name).await?;
    metrics::counter!("tongyao_decoupled_requests_total", "kind" => Kind::Device.word()).increment(1);
    let verification_uri = machine.app.settings.url(paths::DEVICE);
    Ok(DeviceAnswer {
        device_code,
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        verification_uri,
        user_code: user_code.to_string(),
        expires_in: LIFETIME.as_secs(),
        interval: pace::INTERVAL.as_secs(),
    })
}

async fn keep(
    machine: &Machine,
    request: AuthorizeRequest,
    device_name: Option<String>,
) -> Result<(String, UserCode), Fault> {
    let (app, moment) = (&machine.app, &machine.moment);
    let device_code = moment.random.token(32);
    let client_id = request.client_id.clone();
    let mut ask = Ask { request, user_code: None, device_name, binding_message: None, told: None };
    for _ in 0..TRIES {
        let user_code = UserCode::new(&*moment.random);
        ask.user_code = Some(user_code.clone());
        let new = NewDecoupled {
            kind: Kind::Device,
            client_id: &client_id,
            person: None,
            secret: &device_code,
            ask: &ask,
            lifetime: LIFETIME,
        };
        let mut tx = app.db.begin().await?;
        if let Kept::New(_) = decoupled::insert(&mut tx, moment, &app.keys, &new).await? {
            tx.commit().await?;
            return Ok((device_code, user_code));
        }
    }
    Err(Fault::broken("three user codes in a row were taken"))
}

/// Only who has shown who it is may say what the person will read; from anyone else it is left out.
fn device_name(client: &Client, params: &Params) -> Result<Option<String>, Refusal> {
    let Some(text) = params.get("device_name").map(str::trim).filter(|_| !client.is_public()) else {
        return Ok(None);
    };
    let fits = (1..=MOST_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(Some(text.to_owned())) } else { Err(Refusal::DeviceNameMalformed) }
}
