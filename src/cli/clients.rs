//! `clients`: initial access tokens, and what an operator decides about clients.

use std::time::Duration;

use super::arguments::{ClientsCommand, Invite};
use super::place::Place;
use super::print;
use super::problem::Problem;
use crate::app::App;
use crate::base::id::InvitationId;
use crate::client::dynamic::desk::{self, Decision};
use crate::client::dynamic::invitation::{self, NewInvitation};
use crate::client::dynamic::{admission, registrar};
use crate::client::{ClientState, department, secret, store};
use crate::grant::client_end;
use crate::http::paths;
use crate::protocol::Scope;

const PAGE: i64 = 500;
const DAY: u64 = 24 * 3600;

pub async fn run(place: &Place, command: ClientsCommand) -> Result<(), Problem> {
    let app = &place.app;
    let done = match &command {
        ClientsCommand::List { state } => list(app, *state).await,
        ClientsCommand::Show { client_id } => show(app, client_id).await,
        ClientsCommand::Approve { client_id, department } => {
            approve(app, client_id, department.as_deref()).await
        }
        ClientsCommand::Refuse { client_id } => refuse(app, client_id).await,
        ClientsCommand::Disable { client_id } => disable(app, client_id).await,
        ClientsCommand::Enable { client_id } => enable(app, client_id).await,
        ClientsCommand::RotateSecret { client_id, keep_hours, days } => {
            rotate(app, client_id, (*keep_hours, *days)).await
        }
        ClientsCommand::Invite(invite) => issue(app, invite).await,
        ClientsCommand::Invitations => invitations(app).await,
        ClientsCommand::Revoke { invitation } => revoke(app, invitation).await,
    };
    app.close().await;
    done
}

async fn list(app: &App, state: Option<ClientState>) -> Result<(), Problem> {
    let mut after = String::new();
    loop {
        let lines = desk::list(&mut app.db.read(), state, (&after, PAGE)).await?;
        for line in &lines {
            let admission = if line.admission.is_empty() { "declared" } else { line.admission.as_str() };
            print::line(&format!(
                "{:<8} {:<9} {:<21} {:<16} {}",
                line.state, admission, line.profile, line.department_id, line.client_id
            ))?;
        }
        match lines.last() {
            Some(last) if lines.len() as i64 == PAGE => after.clone_from(&last.client_id),
            _ => break,
        }
    }
    let counts = desk::counts(&mut app.db.read()).await?;
    let counts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    print::line(&format!(
        "clients: {}",
        if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
    ))
}

/// Everything that was registered, for who decides about it.
async fn show(app: &App, client_id: &str) -> Result<(), Problem> {
    let mut reader = app.db.read();
    let client = store::find(&mut reader, client_id).await?.ok_or_else(|| unknown(client_id))?;
    let kept = registrar::find(&mut reader, client_id).await?;
    print::line(&format!("client_id   {}", client.client_id))?;
    print::line(&format!("state       {}", client.state.as_str()))?;
    print::line(&format!("department  {} {}", client.department_id, client.department_name.own()))?;
    print::line(&format!("profile     {}", client.profile))?;
    if let Some(kept) = kept {
        print::line(&format!("admission   {} {}", kept.admission, kept.source.unwrap_or_default()))?;
        print::line(&format!("ceiling     {}", kept.ceiling))?;
    }
    let members = client.metadata.to_members().unwrap_or_default();
    for (name, value) in members {
        print::line(&format!("{name}  {value}"))?;
    }
    Ok(())
}

async fn approve(app: &App, client_id: &str, into: Option<&str>) -> Result<(), Problem> {
    if let Some(id) = into {
        known_department(app, id).await?;
    }
    let mut tx = app.db.begin().await?;
    if !desk::approve(&mut tx, &app.moment(), client_id, into).await? {
        return Err(Problem::Found(format!(
            "{client_id} does not wait for approval, or was changed at this moment; tongyao clients list --state pending"
        )));
    }
    tx.commit().await?;
    print::line(&format!("{client_id} is active; running services see it within five seconds"))
}

async fn refuse(app: &App, client_id: &str) -> Result<(), Problem> {
    let client = store::find(&mut app.db.read(), client_id).await?.ok_or_else(|| unknown(client_id))?;
    if client.state != ClientState::Pending {
        return Err(Problem::Found(format!("{client_id} is {}: disable it instead", client.state.as_str())));
    }
    let moment = app.moment();
    let mut tx = app.db.begin().await?;
    if !registrar::delete(&mut tx, &moment, (client_id, Some(ClientState::Pending)), "refused").await? {
        return Err(Problem::Found(format!(
            "{client_id} was decided about at this moment; tongyao clients list"
        )));
    }
    client_end::forget_all(&mut tx, &moment, client_id).await?;
    tx.commit().await?;
    print::line(&format!("{client_id} is refused and gone"))
}

async fn disable(app: &App, client_id: &str) -> Result<(), Problem> {
    let moment = app.moment();
    let mut tx = app.db.begin().await?;
    if !desk::decide(&mut tx, &moment, client_id, Decision::Disable).await? {
        return Err(Problem::Found(format!("{client_id} is not an active client; tongyao clients list")));
    }
    client_end::revoke_all(&mut tx, &moment, client_id, "client_disabled").await?;
    tx.commit().await?;
    print::line(&format!(
        "{client_id} is switched off and its tokens are dead; running services follow within five seconds"
    ))
}

async fn enable(app: &App, client_id: &str) -> Result<(), Problem> {
    let mut tx = app.db.begin().await?;
    if !desk::decide(&mut tx, &app.moment(), client_id, Decision::Enable).await? {
        return Err(Problem::Found(format!("{client_id} is not switched off; tongyao clients list")));
    }
    tx.commit().await?;
    print::line(&format!("{client_id} is active again; people sign in anew"))
}

async fn rotate(app: &App, client_id: &str, (hours, days): (u64, Option<u64>)) -> Result<(), Problem> {
    let client = store::find(&mut app.db.read(), client_id).await?.ok_or_else(|| unknown(client_id))?;
    if !secret::is_needed(&client.metadata) {
        let method = client.metadata.token_endpoint_auth_method;
        return Err(Problem::Found(format!("{client_id} authenticates by {method} and has no secret")));
    }
    let moment = app.moment();
    let keep = Duration::from_secs(hours * 3600);
    let expires_at = days.map(|days| moment.now + Duration::from_secs(days * DAY));
    let mut tx = app.db.begin().await?;
    let fresh = desk::rotate_secret(&mut tx, &moment, &app.keys, (&client, keep, expires_at)).await?;
    tx.commit().await?;
    let again = format!("tongyao clients rotate-secret {client_id} makes another one");
    print::secret(fresh.expose(), &again)?;
    print::note(&format!("the secret before works {hours} hours more; this one is shown once"));
    Ok(())
}

async fn issue(app: &App, invite: &Invite) -> Result<(), Problem> {
    known_department(app, &invite.department).await?;
    let scope: Scope = match &invite.scope {
        Some(text) => text.parse().map_err(|problem| Problem::Found(format!("--scope: {problem}")))?,
        None => admission::free_scope(),
    };
    let profiles =
        if invite.profile.is_empty() { admission::usual_profiles() } else { invite.profile.clone() };
    let new = NewInvitation {
        department_id: &invite.department,
        scope: &scope,
        profiles: &profiles,
        most: i64::from(invite.uses),
        lifetime: Duration::from_secs(invite.days * DAY),
    };
    let mut tx = app.db.begin().await?;
    let (id, token) = invitation::issue(&mut tx, &app.moment(), &new).await?;
    tx.commit().await?;
    print::secret(token.expose(), &format!("tongyao clients revoke {id}, then invite again"))?;
    print::note(&format!(
        "{id}: {} clients of {} within {} days at {}; the token is shown once",
        invite.uses,
        invite.department,
        invite.days,
        app.settings.url(paths::REGISTRATION)
    ));
    Ok(())
}

async fn invitations(app: &App) -> Result<(), Problem> {
    let now = app.moment().now;
    for one in invitation::list(&mut app.db.read(), PAGE).await? {
        let state = if one.check(now).is_ok() { "open" } else { "over" };
        print::line(&format!(
            "{} {state:<4} {}/{} until {} {} ({})",
            one.id, one.used, one.most, one.expires_at, one.department_id, one.scope
        ))?;
    }
    Ok(())
}

async fn revoke(app: &App, id: &InvitationId) -> Result<(), Problem> {
    let mut tx = app.db.begin().await?;
    if !invitation::revoke(&mut tx, &app.moment(), id).await? {
        return Err(Problem::Found(format!(
            "{id} is no invitation that counts; tongyao clients invitations"
        )));
    }
    tx.commit().await?;
    print::line(&format!("{id} registers nobody any more; clients that it registered stay"))
}

async fn known_department(app: &App, id: &str) -> Result<(), Problem> {
    match department::find(&mut app.db.read(), id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::Found(format!("{id} is no department: declare it with tongyao apply first"))),
    }
}

fn unknown(client_id: &str) -> Problem {
    Problem::Found(format!("there is no client {client_id}; tongyao clients list"))
}
