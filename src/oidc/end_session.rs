//! RP-initiated logout: what a client asks is checked here; the person answers on the sign-out page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

use super::body;
use crate::app::App;
use crate::client::Client;
use crate::crypto::jwt;
use crate::http::context::Context;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::protocol::Refusal;
use crate::protocol::id_token::IdTokenClaims;
use crate::protocol::logout::LogoutRequest;
use crate::session::detour;
use crate::session::leaving::Leaving;

pub async fn endpoint(State(app): State<Arc<App>>, request: Request) -> Result<Response, PageProblem> {
    let (parts, rest) = request.into_parts();
    let context = Context::of(&app, &parts);
    let params = body::query_or_params(Request::from_parts(parts, rest)).await.map_err(Problem::BadClient)?;
    let request = LogoutRequest::parse(&params).map_err(Problem::BadClient)?;
    let client = client(&context, &request).await?;
    let back = back(client.as_deref(), &request).map_err(Problem::BadClient)?;
    let leaving = Leaving {
        client_id: client.as_ref().map(|client| client.client_id.clone()),
        back,
        ui_locales: request.ui_locales,
        browser: context.known_browser(),
    };
    let id = detour::keep(&app.ephemeral, &context.moment, &leaving).await?;
    Ok(context.redirect(&paths::for_request(paths::SIGN_OUT, &id)))
}

/// The client by its hint or its name; both must agree (RP-Initiated Logout §2).
async fn client(context: &Context, request: &LogoutRequest) -> Result<Option<Arc<Client>>, PageProblem> {
    let hinted = match &request.id_token_hint {
        Some(hint) => Some(hinted_client(context, hint).map_err(Problem::BadClient)?),
        None => None,
    };
    let named = match (hinted, &request.client_id) {
        (Some(hinted), Some(named)) if hinted != *named => {
            return Err(Problem::BadClient(Refusal::LogoutClientMismatch).into());
        }
        (Some(hinted), _) => Some(hinted),
        (None, named) => named.clone(),
    };
    match named {
        Some(id) => match context.app.clients.find(&id).await? {
            Some(client) => Ok(Some(client)),
            None => Err(Problem::BadClient(Refusal::ClientUnknown).into()),
        },
        None => Ok(None),
    }
}

/// An expired ID token is still a good hint: the person may leave after any time.
fn hinted_client(context: &Context, hint: &str) -> Result<String, Refusal> {
    let keys = context.app.keys.signing.view();
    let claims: IdTokenClaims = jwt::read_own(&keys, "JWT", hint).map_err(|_| Refusal::LogoutHintInvalid)?;
    if claims.iss == context.app.settings.issuer { Ok(claims.aud) } else { Err(Refusal::LogoutHintInvalid) }
}

/// RP-Initiated Logout §3: only a registered address, compared byte for byte.
fn back(client: Option<&Client>, request: &LogoutRequest) -> Result<Option<String>, Refusal> {
    let Some(asked) = &request.post_logout_redirect_uri else { return Ok(None) };
    let client = client.ok_or(Refusal::LogoutClientMissing)?;
    let uri = client.find_post_logout_redirect(asked.as_str()).ok_or(Refusal::LogoutRedirectUnregistered)?;
    Ok(Some(match &request.state {
        Some(state) => uri.with_query(&[("state", state)]),
        None => uri.as_str().to_owned(),
    }))
}
