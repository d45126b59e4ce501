//! What is decided about an authorization request without knowing who is there: the same for one a browser brings and
//! one that is pushed.

use super::check::{self, Ask, Door};
use crate::app::App;
use crate::client::Client;
use crate::crypto::jwt;
use crate::grant::{asked, claims};
use crate::protocol::authorize::AuthorizeDraft;
use crate::protocol::id_token::IdTokenClaims;
use crate::protocol::request_object::Carried;
use crate::protocol::{AuthorizeRequest, Refusal};

/// The request of a draft, if nothing is wrong with it. Client and address have been found before.
pub(super) fn request(draft: AuthorizeDraft) -> Result<AuthorizeRequest, Refusal> {
    let mut request = draft
        .into_request()
        .map_err(|problems| problems.first().map_or(Refusal::RequestMalformed, |first| first.refusal))?;
    request.claims.forget_others(claims::is_known);
    Ok(request)
}

/// Judges a request; the person it names, as the client knows them.
pub(super) fn judge(
    app: &App,
    client: &Client,
    request: &AuthorizeRequest,
    way: (Door, Carried),
) -> Result<Option<String>, Refusal> {
    if let Some(refusal) = check::refusal(&Ask::of(client, request, way)) {
        return Err(refusal);
    }
    asked::of(request, client)?;
    expected_sub(app, client, request)
}

/// The person a client means. Whoever is there, an answer is none to a request that names two (OIDC Core §3.1.2.2).
fn expected_sub(app: &App, client: &Client, request: &AuthorizeRequest) -> Result<Option<String>, Refusal> {
    let expected = match &request.id_token_hint {
        Some(hint) => Some(hinted_sub(app, client, hint)?),
        None => request.claims.subject().map(str::to_owned),
    };
    match expected {
        Some(sub) if !request.claims.accepts(&sub) => Err(Refusal::PersonOther),
        expected => Ok(expected),
    }
}

/// An expired ID token is as good a hint as a fresh one; one of another client is none.
fn hinted_sub(app: &App, client: &Client, hint: &str) -> Result<String, Refusal> {
    let keys = app.keys.signing.view();
    let claims: IdTokenClaims = jwt::read_own(&keys, "JWT", hint).map_err(|_| Refusal::IdTokenHintInvalid)?;
    let ours = claims.iss == app.settings.issuer && claims.aud == client.client_id;
    if ours { Ok(claims.sub) } else { Err(Refusal::IdTokenHintInvalid) }
}
