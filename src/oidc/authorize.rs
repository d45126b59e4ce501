//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): parse, check, keep, and ask what is owed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::body;
use super::check::{self, Ask, Door};
use super::decoupled::{self, Said};
use super::owed::{self, Owed, Question};
use super::respond::{self, Target};
use crate::app::App;
use crate::base::id::RequestId;
use crate::base::{Fault, Timestamp};
use crate::client::Client;
use crate::crypto::jwt;
use crate::grant::Granted;
use crate::grant::asked::{self, Asked};
use crate::grant::code::{self, Code};
use crate::grant::decoupled::Closing;
use crate::grant::granted::Facts;
use crate::grant::pending::{self, Paid, Pending};
use crate::grant::standing::{self, Standing};
use crate::http::context::Context;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::identity::subject;
use crate::protocol::authorize::AuthorizeDraft;
use crate::protocol::id_token::IdTokenClaims;
use crate::protocol::{Acr, AuthorizeRequest, RedirectUri, Refusal};
use crate::session::Session;

pub async fn endpoint(State(app): State<Arc<App>>, request: Request) -> Result<Response, PageProblem> {
    let (parts, rest) = request.into_parts();
    let mut context = Context::of(&app, &parts);
    let params = body::query_or_params(Request::from_parts(parts, rest)).await.map_err(Problem::BadClient)?;
    let draft = AuthorizeDraft::parse(&params);
    context.prefer(draft.ui_locales.as_deref());
    if let Some(problem) = draft.problem_for_person() {
        return Err(Problem::BadClient(problem.refusal).into());
    }
    let (client, redirect_uri) = trusted(&context, &draft).await?;
    match accept(&context, &client, draft.clone()) {
        Ok(pending) => advance(&context, &client, pending, None).await,
        Err(refusal) => {
            let target = Target {
                client: client.name(context.locale).to_owned(),
                redirect_uri: &redirect_uri,
                mode: draft.answer_mode(),
                state: draft.state.as_deref(),
                ui_locales: draft.ui_locales.as_deref(),
            };
            Ok(respond::error(&context, &target, refusal, &context.moment.request_id))
        }
    }
}

/// Asks what is owed and answers, or sends to the page that pays it. `waiting` is the request's id when it is kept already.
pub(super) async fn advance(
    context: &Context,
    client: &Client,
    pending: Pending,
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    let session = context.session().await?;
    let standing = standing_of(context, session.as_ref(), client).await?;
    let sub = session
        .as_ref()
        .map(|session| subject::of_person(&context.app.keys, &client.sector, &session.person));
    let asked = asked::of(&pending.request, client).map_err(Problem::BadClient)?;
    let question = Question {
        pending: &pending,
        client,
        asked: &asked,
        session: session.as_ref(),
        standing: &standing,
        sub: sub.as_deref(),
        now: context.moment.now,
    };
    let mut owed = owed::owed(&question);
    if pending.request.prompt.forbids_pages() {
        owed = owed::without_pages(owed);
    }
    match (owed, &session) {
        (Owed::Nothing(acr), Some(session)) => {
            let people = (session, &standing);
            let granted =
                granted((&pending.request, client), people, (asked.clone(), acr), context.moment.now);
            match &pending.decoupled {
                Some(id) => {
                    let said = Said::Yes(Box::new(granted), &session.proofs);
                    decoupled::answer(context, client, (id, waiting), said).await
                }
                None => answer(context, client, &pending, granted, waiting).await,
            }
        }
        (Owed::Refuse(refusal), session) => match (&pending.decoupled, session, closing(refusal)) {
            (Some(id), Some(session), Some(closing)) => {
                let said = Said::No(&session.person, closing);
                decoupled::answer(context, client, (id, waiting), said).await
            }
            (Some(_), _, _) => decoupled::leave(context, waiting).await,
            (None, _, _) => refuse(context, client, &pending, refusal, waiting).await,
        },
        (owed, _) => send_to_page(context, &pending, owed, waiting).await,
    }
}

/// Only a registered client's registered address is ever answered by redirect.
async fn trusted(
    context: &Context,
    draft: &AuthorizeDraft,
) -> Result<(Arc<Client>, RedirectUri), PageProblem> {
    let client_id = draft.client_id.as_deref().ok_or(Problem::BadClient(Refusal::ClientMissing))?;
    let client =
        context.app.clients.find(client_id).await?.ok_or(Problem::BadClient(Refusal::ClientUnknown))?;
    let asked = draft.redirect_uri.as_ref().ok_or(Problem::BadClient(Refusal::RedirectMissing))?;
    let redirect_uri =
        client.find_redirect(asked.as_str()).ok_or(Problem::BadClient(Refusal::RedirectUnregistered))?;
    Ok((client, redirect_uri))
}

/// Everything about a request that can be judged without knowing who is there.
fn accept(context: &Context, client: &Client, draft: AuthorizeDraft) -> Result<Pending, Refusal> {
    if let Some(problem) = draft.problem_for_client() {
        return Err(problem.refusal);
    }
    let request = draft.into_request().map_err(|_| Refusal::RequestMalformed)?;
    if let Some(refusal) = check::refusal(&Ask { request: &request, client, door: Door::Front }) {
        return Err(refusal);
    }
    asked::of(&request, client)?;
    let expected_sub = expected_sub(context, client, &request)?;
    Ok(Pending {
        request,
        browser: context.browser(),
        expires_at: context.moment.now + pending::LIFETIME,
        signed_in: Paid::NotYet,
        consented: Paid::NotYet,
        expected_sub,
        txn: context.moment.request_id.clone(),
        left: None,
        decoupled: None,
    })
}

/// The person a client means. An expired ID token is as good a hint as a fresh one; one of another client is none.
fn expected_sub(
    context: &Context,
    client: &Client,
    request: &AuthorizeRequest,
) -> Result<Option<String>, Refusal> {
    let Some(hint) = &request.id_token_hint else { return Ok(request.claims.subject().map(str::to_owned)) };
    let keys = context.app.keys.signing.view();
    let claims: IdTokenClaims = jwt::read_own(&keys, "JWT", hint).map_err(|_| Refusal::IdTokenHintInvalid)?;
    let ours = claims.iss == context.app.settings.issuer && claims.aud == client.client_id;
    if ours { Ok(Some(claims.sub)) } else { Err(Refusal::IdTokenHintInvalid) }
}

async fn standing_of(
    context: &Context,
    session: Option<&Session>,
    client: &Client,
) -> Result<Standing, Fault> {
    match session {
        Some(session) => standing::find(&mut context.app.db.read(), session, &client.client_id).await,
        None => Ok(Standing::default()),
    }
}

/// What is granted, with what is told about the person and the sign-in at this moment.
pub(super) fn granted(
    (request, client): (&AuthorizeRequest, &Client),
    (session, standing): (&Session, &Standing),
    (asked, acr): (Asked, Acr),
    now: Timestamp,
) -> Granted {
    let Asked { scope, claims } = asked.granted(client, standing.consent.as_ref());
    let assurance = standing.assurance(now);
    Granted {
        client_id: client.client_id.clone(),
        person: session.person.clone(),
        account: session.account.clone(),
        session: session.id.clone(),
        scope,
        facts: Facts {
            auth_time: session.auth_time(),
            acr,
            amr: session.amr().into_iter().map(str::to_owned).collect(),
            nonce: request.nonce.clone(),
            level: assurance.level.number(),
            level_reached_at: assurance.reached_at,
            level_reached_by: standing.reached_by(&assurance).map(|kind| kind.as_str().to_owned()),
            claims: request.claims.clone(),
            claim_names: claims,
            confirmation: None,
            resources: Vec::new(),
            details: Vec::new(),
        },
    }
}

/// What a refusal means for somebody who waits elsewhere; none where the person has decided nothing.
fn closing(refusal: Refusal) -> Option<Closing> {
    match refusal {
        Refusal::ConsentDenied => Some(Closing::Denied),
        Refusal::LevelTooLow | Refusal::LevelUnknown => Some(Closing::Unmet),
        _ => None,
    }
}

async fn answer(
    context: &Context,
    client: &Client,
    pending: &Pending,
    granted: Granted,
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    let issued = Code {
        granted,
        redirect_uri: pending.request.redirect_uri.clone(),
        challenge: pending.request.code_challenge.clone(),
        issued_at: context.moment.now,
    };
    let code = code::issue(&context.app.ephemeral, &context.moment, &issued).await?;
    finish(context, waiting).await?;
    Ok(respond::code(context, &target(context, client, &pending.request), &code))
}

async fn refuse(
    context: &Context,
    client: &Client,
    pending: &Pending,
    refusal: Refusal,
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    finish(context, waiting).await?;
    Ok(respond::error(context, &target(context, client, &pending.request), refusal, &pending.txn))
}

/// An answered request waits no longer.
pub(super) async fn finish(context: &Context, waiting: Option<&RequestId>) -> Result<(), Fault> {
    match waiting {
        Some(id) => pending::delete(&context.app.ephemeral, id).await,
        None => Ok(()),
    }
}

async fn send_to_page(
    context: &Context,
    pending: &Pending,
    owed: Owed,
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    let page = match owed {
        Owed::SignIn => paths::SIGN_IN,
        Owed::Register => paths::REGISTER,
        Owed::StepUp(_) => paths::STEP_UP,
        Owed::Consent => paths::CONSENT,
        Owed::Nothing(_) | Owed::Refuse(_) => {
            return Err(
                Fault::broken("the authorization loop was asked for a page that does not exist").into()
            );
        }
    };
    let id = match waiting {
        Some(id) => id.clone(),
        None => pending::keep(&context.app.ephemeral, &context.moment, pending).await?,
    };
    Ok(context.redirect(&paths::for_request(page, &id)))
}

fn target<'a>(context: &Context, client: &Client, request: &'a AuthorizeRequest) -> Target<'a> {
    Target {
        client: client.name(context.locale).to_owned(),
        redirect_uri: &request.redirect_uri,
        mode: request.answer_mode(),
        state: request.state.as_deref(),
        ui_locales: request.ui_locales.as_deref(),
    }
}
