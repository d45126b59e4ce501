//! The sandbox's stand-in for a citizen: answers a CIBA request as its person would, for robots.

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::body;
use super::decoupled::{self as way, Said};
use super::error::{OAuthError, Problem};
use crate::base::id::SessionId;
use crate::base::{Actor, Fault};
use crate::client::Client;
use crate::grant::asked::{self, Asked};
use crate::grant::decoupled::{self, Closing, Kind, State, Waiting};
use crate::grant::level::{self, Reached};
use crate::grant::{Granted, consent, standing};
use crate::http::machine::Machine;
use crate::http::shown::{Problem as PageTrouble, Shown};
use crate::identity::store::account;
use crate::protocol::Refusal;
use crate::session::proof::Method;
use crate::session::{Proof, Session};

/// `auth_req_id` and `action` (`allow` or `deny`), in the body or the query.
pub async fn ciba(machine: Machine, request: Request) -> Response {
    if !machine.app.settings.sandbox {
        return Shown::Problem(PageTrouble::NotFound).into_response();
    }
    match answer(&machine, request).await {
        Ok(word) => Json(json!({ "state": word })).into_response(),
        Err(problem) => OAuthError::new(&machine, problem).into_response(),
    }
}

async fn answer(machine: &Machine, request: Request) -> Result<&'static str, Problem> {
    let params = body::body_or_query(request).await?;
    let auth_req_id = params.get("auth_req_id").ok_or(Refusal::AuthReqIdMissing)?;
    let (app, now) = (&machine.app, machine.moment.now);
    let found = decoupled::find_by_secret(&mut app.db.read(), Kind::Ciba, auth_req_id).await?;
    let found = found.ok_or(Refusal::AuthReqIdUnknown)?;
    let waiting = decoupled::find_waiting(&mut app.db.read(), &app.keys, now, &found.id).await?;
    let Some(waiting) = waiting else {
        let answered = !matches!(found.state, State::Pending | State::Expired);
        return Err(if answered { Refusal::CibaAnswered } else { Refusal::AuthReqIdExpired }.into());
    };
    let client = app.clients.find(&found.client_id).await?.ok_or(Refusal::ClientUnknown)?;
    match params.get("action") {
        Some("allow") => allow(machine, &client, &waiting).await,
        Some("deny") => {
            let person = waiting.person.as_ref().ok_or_else(nobody)?;
            end(machine, (&client, &waiting), Said::No(person, Closing::Denied), "denied").await
        }
        _ => Err(Refusal::CibaActionUnknown.into()),
    }
}

/// As if the person had just signed in with their password and allowed everything.
async fn allow(machine: &Machine, client: &Client, waiting: &Waiting) -> Result<&'static str, Problem> {
    let (app, moment) = (&machine.app, &machine.moment);
    let person = waiting.person.clone().ok_or_else(nobody)?;
    let account = account::find_of_person(&mut app.db.read(), &person).await?.ok_or_else(nobody)?;
    let session = Session {
        id: SessionId::new(moment),
        person,
        account: account.id,
        proofs: vec![Proof { method: Method::Password, at: moment.now }],
        device: String::new(),
        created_at: moment.now,
        expires_at: waiting.expires_at,
    };
    let standing = standing::find(&mut app.db.read(), &session, &client.client_id).await?;
    let request = &waiting.ask.request;
    let wanted = level::wanted(request, client);
    let Reached::Yes(acr) = wanted.judge(standing.assurance(moment.now).level, session.rank()) else {
        return end(machine, (client, waiting), Said::No(&session.person, Closing::Unmet), "unmet").await;
    };
    let asked = asked::of(request, client)?;
    consented(machine, (&session, client), &asked).await?;
    let standing = standing::find(&mut app.db.read(), &session, &client.client_id).await?;
    let granted = Granted::of((request, client), (&session, &standing), (&asked, acr), moment.now);
    end(machine, (client, waiting), Said::Yes(Box::new(granted), &session.proofs), "allowed").await
}

/// What the consent page would have written.
async fn consented(
    machine: &Machine,
    (session, client): (&Session, &Client),
    asked: &Asked,
) -> Result<(), Fault> {
    let answer = consent::Answer {
        person: &session.person,
        client: &client.client_id,
        scope: &asked.scope,
        claims: &asked.claims,
        details: &asked.details,
        declined: &[],
    };
    let moment = machine.moment.by(Actor::Person(session.person.clone()));
    let mut tx = machine.app.db.begin().await?;
    consent::give(&mut tx, &moment, &answer).await?;
    tx.commit().await
}

async fn end(
    machine: &Machine,
    parties: (&Client, &Waiting),
    said: Said<'_>,
    word: &'static str,
) -> Result<&'static str, Problem> {
    let person = parties.1.person.clone().ok_or_else(nobody)?;
    let moment = machine.moment.by(Actor::Person(person));
    match way::write(&machine.app, &moment, parties, said).await? {
        true => Ok(word),
        false => Err(Refusal::CibaAnswered.into()),
    }
}

fn nobody() -> Fault {
    Fault::broken("a CIBA request without a person")
}
