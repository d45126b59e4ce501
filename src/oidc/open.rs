//! A browser opens a request that its client has pushed (RFC 9126 §4): `client_id` and `request_uri` are all that counts.

use axum::response::Response;

use super::check::Door;
use super::{accept, authorize, respond};
use crate::base::Fault;
use crate::base::id::RequestId;
use crate::client::Client;
use crate::grant::pending::{self, Pending};
use crate::grant::pushed::{self, Found, Pushed};
use crate::grant::trace::Kind;
use crate::http::context::Context;
use crate::http::shown::{PageProblem, Problem};
use crate::protocol::client_auth::is_client_id;
use crate::protocol::{Params, Refusal};

/// `name` is that of the `request_uri`. What is wrong with it is told to the person: nothing says whom to answer.
pub(super) async fn pushed(
    context: &mut Context,
    params: &Params,
    name: &str,
) -> Result<Response, PageProblem> {
    if params.has("request") {
        return Err(Problem::BadClient(Refusal::RequestTwice).into());
    }
    let refuse = |refusal| PageProblem::from(Problem::BadClient(refusal));
    let client_id = params.get("client_id").ok_or_else(|| refuse(Refusal::ClientMissing))?;
    if !is_client_id(client_id) {
        return Err(refuse(Refusal::ClientIdMalformed));
    }
    let client = context.app.clients.find(client_id).await?.ok_or_else(|| refuse(Refusal::ClientUnknown))?;
    client.usable().map_err(refuse)?;
    context.trace.of_client(&client.client_id);
    context.trace.note(context.moment.now, Kind::ClientFound, None);
    let pushed = match pushed::find(&context.app.ephemeral, name).await? {
        Found::Waiting(pushed) => pushed,
        Found::Answered => return Err(refuse(Refusal::RequestUriUsed)),
        Found::Unknown => return Err(refuse(Refusal::RequestUriUnknown)),
    };
    if pushed.request.client_id != client.client_id {
        return Err(refuse(Refusal::RequestUriOtherClient));
    }
    context.prefer(pushed.request.ui_locales.as_deref());
    if let Some((id, pending)) = begun(context, name).await? {
        return authorize::advance(context, &client, &pending, Some(&id)).await;
    }
    if pushed.expires_at <= context.moment.now {
        return Err(refuse(Refusal::RequestUriExpired));
    }
    begin(context, &client, *pushed, name).await
}

/// The way through this request on which this browser is already: a page was loaded again.
async fn begun(context: &Context, name: &str) -> Result<Option<(RequestId, Pending)>, Fault> {
    let (ephemeral, browser) = (&context.app.ephemeral, context.browser());
    let Some(id) = pushed::begun(ephemeral, name, &browser).await? else { return Ok(None) };
    let pending = pending::find(ephemeral, &context.moment, (&id, &browser)).await?;
    Ok(pending.map(|pending| (id, pending)))
}

/// What was checked when it was pushed is checked again: a registration may have changed since.
async fn begin(
    context: &Context,
    client: &Client,
    pushed: Pushed,
    name: &str,
) -> Result<Response, PageProblem> {
    let Pushed { request, carried, .. } = pushed;
    if client.find_redirect(request.redirect_uri.as_str()).is_none() {
        return Err(Problem::BadClient(Refusal::RedirectUnregistered).into());
    }
    match accept::judge(&context.app, client, &request, (Door::Pushed, carried)) {
        Ok(expected_sub) => {
            context.trace.note(context.moment.now, Kind::RequestChecked, None);
            let waiting = authorize::waiting(context, request, expected_sub);
            let pending = Pending { pushed: Some(name.to_owned()), ..waiting };
            authorize::begin(context, client, &pending).await
        }
        Err(refusal) => {
            pushed::answer(&context.app.ephemeral, name).await?;
            let target = authorize::target(client, &request);
            respond::error(context, &target, refusal, &context.moment.request_id).await
        }
    }
}
