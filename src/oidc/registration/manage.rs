//! What a client does with its own registration (RFC 7592): reads it, replaces it, deletes it.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer::{self, Problem};
use super::judged::{self, Judged};
use super::{NEVER, body};
use crate::base::{Actor, Secret};
use crate::client::dynamic::registrar::{self, Kept, Replacement};
use crate::client::dynamic::{Admission, publisher};
use crate::client::{ClientState, secret};
use crate::grant::client_end;
use crate::http::address::Path;
use crate::http::machine::Machine;
use crate::protocol::Refusal;
use crate::protocol::bearer::{self, Presented};
use crate::protocol::registration::{Registered, Submitted};

/// The client as it stands.
pub async fn get(machine: Machine, Path(id): Path) -> Response {
    let read = async {
        let (kept, token) = manager(&machine, &id).await?;
        show(&machine, (&kept, &token), None)
    };
    answered(&machine, read.await)
}

/// Replaces everything that is registered.
pub async fn put(mut machine: Machine, Path(id): Path, request: Request) -> Response {
    let replaced = replace(&mut machine, &id, request).await;
    answered(&machine, replaced)
}

/// Deletes the client and all that hangs on it.
pub async fn delete(mut machine: Machine, Path(id): Path) -> Response {
    let deleted = remove(&mut machine, &id).await;
    answered(&machine, deleted)
}

/// Who holds the client's registration access token. Every other answer is the same: who asks about another's client
/// does not learn whether it exists.
async fn manager(machine: &Machine, id: &str) -> Result<(Kept, Secret), Problem> {
    let shown = bearer::access_token(machine.authorization().as_deref(), None);
    let token = shown.and_then(Presented::as_bearer).map_err(Problem::Token)?;
    let app = &machine.app;
    let kept = registrar::find(&mut app.db.read(), id).await?;
    let holds = registrar::holds(&app.keys, id, &token, kept.as_ref());
    match kept {
        Some(kept) if holds => Ok((kept, token)),
        _ => Err(Problem::Token(Refusal::RegistrationTokenWrong)),
    }
}

async fn replace(machine: &mut Machine, id: &str, request: Request) -> Result<Response, Problem> {
    let text = body::json(request).await;
    let (mut kept, token) = manager(machine, id).await?;
    machine.moment.actor = Actor::Client(kept.client.client_id.clone());
    if kept.client.state == ClientState::Disabled {
        return Err(Refusal::ClientDisabled.into());
    }
    let submitted = read(machine, &kept, &text?).await?;
    let terms = kept.terms(judged::ground(machine));
    let Judged { metadata, profile } =
        judged::judge(machine, &submitted, (&terms, &kept.default_scope())).await?;
    let statement = submitted.software_statement.or(kept.statement.clone());
    let state = kept.state_after(judged::ground(machine), &metadata, profile);
    let new = Replacement { metadata: &metadata, profile, state, statement: statement.as_deref() };
    let app = machine.app.clone();
    let mut tx = app.db.begin().await?;
    let fresh = registrar::replace(&mut tx, &machine.moment, &app.keys, (&kept, &new)).await??;
    client_end::revoke_renamed(&mut tx, &machine.moment, &kept.client, &metadata).await?;
    tx.commit().await?;
    app.clients.forget(id);
    (kept.client.metadata, kept.client.profile, kept.client.state) = (metadata, profile, state);
    kept.statement = statement;
    if fresh.is_some() {
        kept.client.secret_expires_at = None;
    }
    show(machine, (&kept, &token), fresh.as_ref())
}

/// What was sent, with what a statement says laid over it: a new one, or the one the client was let in by.
async fn read(machine: &Machine, kept: &Kept, text: &str) -> Result<Submitted, Problem> {
    let mut submitted = Submitted::parse(text).map_err(|_| Refusal::RegistrationMalformed)?;
    let problems = submitted.problems_of_replacement(&kept.client.client_id);
    if !problems.is_empty() {
        return Err(Problem::Metadata(problems));
    }
    check_secret(machine, kept, submitted.client_secret.as_ref())?;
    let claims = match super::published(machine, &submitted).await? {
        Some(Admission::Published(publisher, claims)) => {
            // Another publisher cannot vouch for what the first one let in.
            if kept
                .source
                .as_ref()
                .is_some_and(|_| kept.admission == "published" && kept.source != Some(publisher.issuer))
            {
                return Err(Refusal::StatementUnapproved.into());
            }
            Some(claims)
        }
        _ => kept.statement.as_deref().and_then(publisher::claimed),
    };
    if let Some(claims) = claims {
        submitted.overrule(&claims);
    }
    Ok(submitted)
}

/// RFC 7592 §2.2: a client must not choose its secret; one that it repeats must be its own.
fn check_secret(machine: &Machine, kept: &Kept, shown: Option<&Secret>) -> Result<(), Problem> {
    let Some(shown) = shown else { return Ok(()) };
    let client = &kept.client;
    let own = secret::matches(&machine.app.keys, &client.client_id, shown, client.secret_digest.as_deref());
    if own { Ok(()) } else { Err(answer::wrong("client_secret", "must be the client's own, or left out")) }
}

async fn remove(machine: &mut Machine, id: &str) -> Result<Response, Problem> {
    let (kept, _) = manager(machine, id).await?;
    let client_id = kept.client.client_id;
    machine.moment.actor = Actor::Client(client_id.clone());
    let app = &machine.app;
    let mut tx = app.db.begin().await?;
    if !registrar::delete(&mut tx, &machine.moment, (&client_id, None), "deleted").await? {
        return Err(Problem::Token(Refusal::RegistrationTokenWrong));
    }
    client_end::forget_all(&mut tx, &machine.moment, &client_id).await?;
    tx.commit().await?;
    app.clients.forget(&client_id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The token is the one that was shown: the service keeps none that it could repeat.
fn show(
    machine: &Machine,
    (kept, token): (&Kept, &Secret),
    fresh: Option<&Secret>,
) -> Result<Response, Problem> {
    let client = &kept.client;
    let needed = secret::is_needed(&client.metadata);
    let registered = Registered {
        client_id: &client.client_id,
        client_secret: fresh,
        secret_expires_at: needed.then(|| client.secret_expires_at.unwrap_or(NEVER)),
        issued_at: client.created_at,
        registration_access_token: token,
        registration_client_uri: answer::uri(machine, &client.client_id),
        metadata: &client.metadata,
        profile: client.profile.as_str(),
        state: client.state.as_str(),
        software_statement: kept.statement.as_deref(),
    };
    answer::registered(StatusCode::OK, &registered)
}

fn answered(machine: &Machine, result: Result<Response, Problem>) -> Response {
    result.unwrap_or_else(|problem| problem.answer(machine))
}
