//! Clients register themselves (RFC 7591, OpenID Connect Registration §3) and manage what they registered (RFC 7592).

mod answer;
mod body;
mod judged;
pub mod manage;

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;

use self::answer::Problem;
use self::judged::Judged;
use crate::base::{Fault, Timestamp};
use crate::client::dynamic::registrar::{self, NewRegistration};
use crate::client::dynamic::{Admission, invitation, limits, publisher};
use crate::config::Registration;
use crate::http::machine::Machine;
use crate::protocol::bearer::{self, Presented};
use crate::protocol::registration::{Registered, Submitted};
use crate::protocol::{Postponed, Refusal};

/// A secret without an end: `client_secret_expires_at` is 0 (RFC 7591 §3.2.1).
const NEVER: Timestamp = Timestamp::from_seconds(0);

/// Registers a client.
pub async fn post(machine: Machine, request: Request) -> Response {
    match register(&machine, request).await {
        Ok(response) => response,
        Err(problem) => problem.answer(&machine),
    }
}

async fn register(machine: &Machine, request: Request) -> Result<Response, Problem> {
    let text = body::json(request).await?;
    let mode = machine.app.settings.registration;
    if mode == Registration::Off {
        return Err(Refusal::RegistrationOff.into());
    }
    let invited = invited(machine).await?;
    let mut submitted = Submitted::parse(&text).map_err(|_| Refusal::RegistrationMalformed)?;
    let published = published(machine, &submitted).await?;
    if let Some(Admission::Published(_, claims)) = &published {
        submitted.overrule(claims);
    }
    let admission = match (invited, published, mode) {
        (Some(invited), _, _) => invited,
        (None, Some(published), _) => published,
        (None, None, Registration::Open) => Admission::Open,
        // RFC 7591 §3: a protected endpoint asks for a token as any resource does.
        (None, None, _) => return Err(Problem::Token(Refusal::AccessTokenMissing)),
    };
    let ground = judged::ground(machine);
    limits::count(&machine.app.ephemeral, &machine.moment, &admission, ground).await??;
    let terms = admission.terms(ground);
    let Judged { metadata, profile } =
        judged::judge(machine, &submitted, (&terms, &terms.default_scope())).await?;
    let new = NewRegistration {
        admission: &admission,
        terms: &terms,
        metadata: &metadata,
        profile,
        statement: submitted.software_statement.as_deref(),
        ground,
    };
    let app = &machine.app;
    let mut tx = app.db.begin().await?;
    let issued = registrar::register(&mut tx, &machine.moment, &app.keys, &new).await?.map_err(of_token)?;
    tx.commit().await?;
    metrics::counter!("tongyao_client_registrations_total", "admission" => admission.word(), "state" => issued.state.as_str())
        .increment(1);
    tracing::info!(client_id = %issued.client_id, admission = admission.word(), state = issued.state.as_str(), "a client registered itself");
    let registered = Registered {
        client_id: issued.client_id.as_str(),
        client_secret: issued.secret.as_ref(),
        secret_expires_at: issued.secret.as_ref().map(|_| NEVER),
        issued_at: machine.moment.now,
        registration_access_token: &issued.token,
        registration_client_uri: answer::uri(machine, issued.client_id.as_str()),
        metadata: &metadata,
        profile: profile.as_str(),
        state: issued.state.as_str(),
        software_statement: new.statement,
    };
    answer::registered(StatusCode::CREATED, &registered)
}

/// A token that is shown must do, whatever the door is: a mistake must not register a client of nobody.
async fn invited(machine: &Machine) -> Result<Option<Admission>, Problem> {
    let Some(header) = machine.authorization() else { return Ok(None) };
    let shown = bearer::access_token(Some(&header), None);
    let token = shown.and_then(Presented::as_bearer).map_err(Problem::Token)?;
    let found = invitation::find(&mut machine.app.db.read(), &token).await?;
    let invitation = found.ok_or(Problem::Token(Refusal::InvitationUnknown))?;
    invitation.check(machine.moment.now).map_err(Problem::Token)?;
    Ok(Some(Admission::Invited(invitation)))
}

/// The publisher of a statement, its signature checked.
async fn published(machine: &Machine, submitted: &Submitted) -> Result<Option<Admission>, Problem> {
    let Some(statement) = &submitted.software_statement else { return Ok(None) };
    let issuer = publisher::issuer_of(statement)?;
    let found = publisher::find(&mut machine.app.db.read(), &issuer).await?;
    let publisher = found.ok_or(Refusal::StatementUnapproved)?;
    let ours = (&machine.app.authenticator.trust, machine.app.settings.issuer.as_str());
    let claims = publisher::verify(ours, &machine.moment, &publisher, statement).await?;
    Ok(Some(Admission::Published(publisher, claims)))
}

/// What is wrong with the token is told as such.
fn of_token(refusal: Refusal) -> Problem {
    if refusal.status() == 401 { Problem::Token(refusal) } else { refusal.into() }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Problem::Other(fault.into())
    }
}

impl From<Postponed> for Problem {
    fn from(postponed: Postponed) -> Self {
        Problem::Other(postponed.into())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem::Other(refusal.into())
    }
}
