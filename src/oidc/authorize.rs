//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): parse, check, keep, and ask what is owed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::arrival::{self, Arrival};
use super::check::Door;
use super::decoupled::{self, Said};
use super::owed::{self, Owed, Question};
use super::respond::{self, Target};
use super::token::Front;
use super::{accept, body, open};
use crate::app::App;
use crate::base::Fault;
use crate::base::id::{ParticipationId, RequestId};
use crate::client::{Client, Profile, Purpose};
use crate::grant::asked;
use crate::grant::code::{self, Code};
use crate::grant::decoupled::Closing;
use crate::grant::pending::{self, Pending};
use crate::grant::standing::{self, Standing};
use crate::grant::trace::Kind;
use crate::grant::{Granted, pushed};
use crate::http::browser_state;
use crate::http::context::Context;
use crate::http::cookie::Cookie;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::identity::subject;
use crate::protocol::authorize::AuthorizeDraft;
use crate::protocol::request_object::Carried;
use crate::protocol::scope::OPENID;
use crate::protocol::{AuthorizeRequest, Params, RedirectUri, Refusal};
use crate::session::{Session, detour};

pub async fn endpoint(State(app): State<Arc<App>>, request: Request) -> Result<Response, PageProblem> {
    let (parts, rest) = request.into_parts();
    let mut context = Context::of(&app, &parts);
    let params = body::query_or_params(Request::from_parts(parts, rest)).await.map_err(Problem::BadClient)?;
    match params.get("request_uri").and_then(pushed::name) {
        Some(name) => open::pushed(&mut context, &params, &name).await,
        None => take(&mut context, &params).await,
    }
}

/// Takes what the browser brought.
async fn take(context: &mut Context, params: &Params) -> Result<Response, PageProblem> {
    let Arrival { draft, carried, refused } =
        arrival::brought(&context.app, context.moment.now, params).await?;
    context.prefer(draft.ui_locales.as_deref());
    let (client, redirect_uri) = match (trusted(context, &draft).await, refused) {
        (Ok(found), _) => found,
        (Err(PageProblem::Problem(_)), Some(refusal)) => return Err(Problem::BadClient(refusal).into()),
        (Err(problem), _) => return Err(problem),
    };
    let (mode, state, ui_locales) = (draft.answer_mode(), draft.state.clone(), draft.ui_locales.clone());
    let accepted = match refused {
        Some(refusal) => Err(refusal),
        None => accept(context, &client, draft, carried),
    };
    match accepted {
        Ok(pending) => {
            context.trace.note(context.moment.now, Kind::RequestChecked, None);
            begin(context, &client, &pending).await
        }
        Err(refusal) => {
            let target = Target {
                client: &client,
                redirect_uri: &redirect_uri,
                mode,
                state: state.as_deref(),
                ui_locales: ui_locales.as_deref(),
            };
            respond::error(context, &target, refusal, &context.moment.request_id).await
        }
    }
}

/// The first step of a request. Who is there is not asked of a browser that kept its cookies back, but when it comes again.
pub(super) async fn begin(
    context: &Context,
    client: &Client,
    pending: &Pending,
) -> Result<Response, PageProblem> {
    if !context.cookies_kept_back() {
        return advance(context, client, pending, None).await;
    }
    let id = keep(context, pending).await?;
    Ok(context.redirect(&paths::for_request(paths::CONTINUE, &id)))
}

/// Asks what is owed and answers, or sends to the page that pays it. `waiting` is the request's id when it is kept already.
pub(super) async fn advance(
    context: &Context,
    client: &Client,
    pending: &Pending,
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    let (session, standing) = present(context, client).await?;
    let sub = session
        .as_ref()
        .map(|session| subject::of_person(&context.app.keys, &client.sector, &session.person));
    let asked = asked::of(&pending.request, client).map_err(Problem::BadClient)?;
    let question = Question {
        pending,
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
            let granted = Granted::of((&pending.request, client), people, (&asked, acr), context.moment.now);
            match &pending.decoupled {
                Some(id) => {
                    let said = Said::Yes(Box::new(granted), &session.proofs);
                    decoupled::answer((context, client), id, (pending, waiting), said).await
                }
                None => answer(context, client, pending, (granted, standing.sid.clone()), waiting).await,
            }
        }
        (Owed::Refuse(refusal), session) => match (&pending.decoupled, session, closing(refusal)) {
            (Some(id), Some(session), Some(closing)) => {
                let said = Said::No(&session.person, closing);
                decoupled::answer((context, client), id, (pending, waiting), said).await
            }
            (Some(_), _, _) => decoupled::leave(context, (pending, waiting)).await,
            (None, _, _) => refuse(context, client, pending, refusal, waiting).await,
        },
        (Owed::Consent, Some(session)) => {
            let id = kept(context, pending, waiting).await?;
            let mark = pending::shown_to(&context.app.keys, &id, &session.person);
            Ok(context.redirect(&paths::consent(&id, &mark)))
        }
        (owed, _) => send_to_page(context, pending, owed, waiting).await,
    }
}

/// Only a registered client's registered address is ever answered by redirect.
async fn trusted(
    context: &Context,
    draft: &AuthorizeDraft,
) -> Result<(Arc<Client>, RedirectUri), PageProblem> {
    if let Some(problem) = draft.problem_for_person() {
        return Err(Problem::BadClient(problem.refusal).into());
    }
    let client_id = draft.client_id.as_deref().ok_or(Problem::BadClient(Refusal::ClientMissing))?;
    let client =
        context.app.clients.find(client_id).await?.ok_or(Problem::BadClient(Refusal::ClientUnknown))?;
    client.usable().map_err(Problem::BadClient)?;
    context.trace.of_client(&client.client_id);
    context.trace.note(context.moment.now, Kind::ClientFound, None);
    let asked = draft.redirect_uri.as_ref().ok_or(Problem::BadClient(Refusal::RedirectMissing))?;
    let redirect_uri =
        client.find_redirect(asked.as_str()).ok_or(Problem::BadClient(Refusal::RedirectUnregistered))?;
    Ok((client, redirect_uri))
}

fn accept(
    context: &Context,
    client: &Client,
    draft: AuthorizeDraft,
    carried: Carried,
) -> Result<Pending, Refusal> {
    let request = accept::request(draft)?;
    let expected_sub = accept::judge(&context.app, client, &request, (Door::Browser, carried))?;
    Ok(waiting(context, request, expected_sub))
}

/// A request at the beginning of its way.
pub(super) fn waiting(context: &Context, request: AuthorizeRequest, expected_sub: Option<String>) -> Pending {
    Pending {
        request,
        browser: context.known_browser(),
        expires_at: context.moment.now + detour::LIFETIME,
        signed_in_by: None,
        consented_by: None,
        expected_sub,
        txn: context.moment.request_id.clone(),
        pushed: None,
        left: None,
        decoupled: None,
    }
}

/// Who is there, and how they stand with the client; one read.
async fn present(context: &Context, client: &Client) -> Result<(Option<Session>, Standing), Fault> {
    let Some(secret) = context.cookie(Cookie::Session) else { return Ok((None, Standing::default())) };
    let now = context.moment.now;
    let mut read = context.app.db.read();
    let found = standing::find_with_session(&mut read, now, secret, &client.client_id).await?;
    Ok(found.map_or((None, Standing::default()), |(session, standing)| (Some(session), standing)))
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
    (granted, sid): (Granted, Option<ParticipationId>),
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    let request = &pending.request;
    let recipient = match request.response_type.gives_id_token() {
        true => context.app.authenticator.trust.recipient(context.moment.now, client, Purpose::IdToken).await,
        false => Ok(None),
    };
    let recipient = match recipient {
        Ok(recipient) => recipient,
        Err(refusal) => return refuse(context, client, pending, refusal, waiting).await,
    };
    claim(context, pending).await?;
    let code = match request.response_type.gives_code() {
        true => Some(issue(context, request, (granted.clone(), sid)).await?),
        false => None,
    };
    let front = Front { context, client, request, recipient };
    let tokens = front.issue(&granted, code.as_deref()).await?;
    finish(context, waiting).await?;
    let tokens = match tokens {
        Ok(tokens) => tokens,
        // In this very moment.
        Err(refusal) => {
            return respond::error(context, &target(client, request), refusal, &pending.txn).await;
        }
    };
    let mut pairs: Vec<(&str, &str)> = code.iter().map(|code| ("code", code.as_str())).collect();
    pairs.extend(tokens.pairs());
    let session_state = session_state(context, client, request, &granted);
    let answer = respond::success(context, &target(client, request), pairs, session_state.as_deref()).await?;
    Ok(browser_state::keep(context, answer))
}

/// Of an authentication answer only (Session Management §2), and not where a profile knows every parameter.
fn session_state(
    context: &Context,
    client: &Client,
    request: &AuthorizeRequest,
    granted: &Granted,
) -> Option<String> {
    let watched =
        matches!(client.profile, Profile::Default | Profile::Legacy) && granted.scope.contains(OPENID);
    if !watched {
        return None;
    }
    browser_state::session_state_of(context, &client.client_id, &request.redirect_uri)
}

async fn issue(
    context: &Context,
    request: &AuthorizeRequest,
    (granted, sid): (Granted, Option<ParticipationId>),
) -> Result<String, Fault> {
    let issued = Code {
        granted,
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.code_challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        sid,
        issued_at: context.moment.now,
    };
    code::issue(&context.app.ephemeral, &context.moment, &issued).await
}

async fn refuse(
    context: &Context,
    client: &Client,
    pending: &Pending,
    refusal: Refusal,
    waiting: Option<&RequestId>,
) -> Result<Response, PageProblem> {
    claim(context, pending).await?;
    finish(context, waiting).await?;
    respond::error(context, &target(client, &pending.request), refusal, &pending.txn).await
}

/// A pushed request is answered once, whatever the answer: before there is one.
async fn claim(context: &Context, pending: &Pending) -> Result<(), PageProblem> {
    match &pending.pushed {
        Some(name) if !pushed::answer(&context.app.ephemeral, name).await? => {
            Err(Problem::BadClient(Refusal::RequestUriUsed).into())
        }
        _ => Ok(()),
    }
}

/// An answered request waits no longer.
pub(super) async fn finish(context: &Context, waiting: Option<&RequestId>) -> Result<(), Fault> {
    match waiting {
        Some(id) => detour::delete::<Pending>(&context.app.ephemeral, id).await,
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
        Owed::Nothing(_) | Owed::Consent | Owed::Refuse(_) => {
            return Err(
                Fault::broken("the authorization loop was asked for a page that does not exist").into()
            );
        }
    };
    let id = kept(context, pending, waiting).await?;
    Ok(context.redirect(&paths::for_request(page, &id)))
}

/// The name of a request that waits from now on, if it does not already.
async fn kept(context: &Context, pending: &Pending, waiting: Option<&RequestId>) -> Result<RequestId, Fault> {
    match waiting {
        Some(id) => Ok(id.clone()),
        None => keep(context, pending).await,
    }
}

async fn keep(context: &Context, pending: &Pending) -> Result<RequestId, Fault> {
    let ephemeral = &context.app.ephemeral;
    let id = detour::keep(ephemeral, &context.moment, pending).await?;
    if let (Some(name), Some(browser)) = (&pending.pushed, &pending.browser) {
        pushed::begin(ephemeral, &context.moment, (name, browser), &id).await?;
    }
    Ok(id)
}

pub(super) fn target<'a>(client: &'a Client, request: &'a AuthorizeRequest) -> Target<'a> {
    Target {
        client,
        redirect_uri: &request.redirect_uri,
        mode: request.answer_mode(),
        state: request.state.as_deref(),
        ui_locales: request.ui_locales.as_deref(),
    }
}
