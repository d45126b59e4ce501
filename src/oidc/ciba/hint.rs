//! Whom a client means (CIBA Core 1.0 §7.1). A client that is declared for CIBA may learn that nobody is found; one that tries
//! numbers out is slowed down and noticed.

use std::time::Duration;

use serde::Deserialize;

use super::super::error::Problem;
use crate::audit::{self, Event};
use crate::base::{Fault, Secret};
use crate::client::{Client, policy};
use crate::crypto::jwt;
use crate::http::machine::Machine;
use crate::identity::store::account::{self, Account};
use crate::identity::subject;
use crate::protocol::Refusal;
use crate::protocol::ciba::{self, Hint, SignedRequest};
use crate::protocol::id_token::IdTokenClaims;
use crate::session::sso;
use crate::storage::Limit;

/// A hotline mistypes now and then; a list of numbers it does not have.
const UNKNOWN: Limit = Limit { name: "ciba-unknown", most: 60, within: Duration::from_secs(600) };

#[derive(Deserialize)]
struct HintToken {
    login_hint: Option<String>,
}

/// The account to ask.
pub(super) async fn account(machine: &Machine, client: &Client, hint: &Hint) -> Result<Account, Problem> {
    let (ephemeral, now) = (&machine.app.ephemeral, machine.moment.now);
    if let Some(wait) = UNKNOWN.wait(ephemeral, now, &client.client_id).await? {
        return Err(Refusal::TooManyRequests.until(wait).into());
    }
    let found = match hint {
        Hint::Login(text) => by_login(machine, text).await?,
        Hint::LoginToken(token) => {
            let text = read_token(machine, client, token.expose()).await?;
            by_login(machine, &text).await?
        }
        Hint::IdToken(token) => by_id_token(machine, client, token.expose()).await?,
    };
    // Numbers tried all at once pass the look together: counted before the answer, most of them learn nothing.
    let failures = u64::from(found.is_none());
    if let Some(wait) = UNKNOWN.judge(ephemeral, now, (&client.client_id, failures)).await? {
        return Err(Refusal::TooManyRequests.until(wait).into());
    }
    match found {
        Some(account) => Ok(account),
        None => {
            note_unknown(machine, client).await?;
            Err(Refusal::CibaPersonUnknown.into())
        }
    }
}

async fn by_login(machine: &Machine, text: &Secret) -> Result<Option<Account>, Fault> {
    account::find_for_sign_in(&mut machine.app.db.read(), &machine.app.keys, text.expose().trim()).await
}

/// A login hint that the client has signed; nobody else's counts.
async fn read_token(machine: &Machine, client: &Client, token: &str) -> Result<Secret, Refusal> {
    let trust = &machine.app.authenticator.trust;
    let now = machine.moment.now;
    let invalid = Refusal::CibaHintTokenInvalid;
    let claims: SignedRequest =
        trust.read(now, client, &policy::ciba_algorithms(client), token).await.map_err(|_| invalid)?;
    let named = claims.iss.as_deref() == Some(client.client_id.as_str());
    if !named || !claims.is_for(&machine.app.settings.issuer) {
        return Err(invalid);
    }
    let exp = claims.exp.ok_or(invalid)?;
    if exp <= machine.moment.now.seconds() as f64 {
        return Err(Refusal::CibaHintTokenExpired);
    }
    let inside: HintToken =
        serde_json::from_value(claims.rest.into()).map_err(|_| Refusal::CibaHintTokenInvalid)?;
    ciba::login_hint(&inside.login_hint.ok_or(invalid)?).map_err(|_| invalid)
}

/// An ID token of ours for this client, expired or not: its `sid` leads to the person, its `sub` must be theirs.
async fn by_id_token(machine: &Machine, client: &Client, token: &str) -> Result<Option<Account>, Problem> {
    let app = &machine.app;
    let claims: IdTokenClaims =
        jwt::read_own(&app.keys.signing.view(), "JWT", token).map_err(|_| Refusal::IdTokenHintInvalid)?;
    if claims.iss != app.settings.issuer || claims.aud != client.client_id {
        return Err(Refusal::IdTokenHintInvalid.into());
    }
    let Some(sid) = claims.sid.as_deref().and_then(|sid| sid.parse().ok()) else { return Ok(None) };
    let mut read = app.db.read();
    let Some(person) = sso::person_of_part(&mut read, &sid, &client.client_id).await? else {
        return Ok(None);
    };
    if subject::of_person(&app.keys, &client.sector, &person) != claims.sub {
        return Ok(None);
    }
    Ok(account::find_of_person(&mut read, &person).await?)
}

async fn note_unknown(machine: &Machine, client: &Client) -> Result<(), Fault> {
    let mut tx = machine.app.db.begin().await?;
    audit::record(&mut tx, &machine.moment, Event::PersonNotFound { client: &client.client_id }).await?;
    tx.commit().await
}
