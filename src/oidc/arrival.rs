//! How the parameters of an authorization request arrive: by themselves, or in an object the client has signed (RFC 9101),
//! sent with the browser or standing behind an address the client registered.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::app::App;
use crate::base::{Fault, Timestamp};
use crate::client::signed::SignedProblem;
use crate::client::{Client, policy};
use crate::crypto::jwt::TokenProblem;
use crate::protocol::authorize::AuthorizeDraft;
use crate::protocol::request_object::{self, Carried, Parties, RequestObject};
use crate::protocol::{Params, Refusal};

/// A request as it arrived.
pub(super) struct Arrival {
    pub(super) draft: AuthorizeDraft,
    pub(super) carried: Carried,
    /// Why its object is not believed. The draft then only says where that can be told: any registered address will do.
    pub(super) refused: Option<Refusal>,
}

/// Reads what a browser brought.
pub(super) async fn brought(app: &App, now: Timestamp, params: &Params) -> Result<Arrival, Fault> {
    let around = AuthorizeDraft::parse(params);
    let plain = |draft| Arrival { draft, carried: Carried::Plain, refused: None };
    if !params.has("request") && !params.has("request_uri") {
        return Ok(plain(around));
    }
    let client = match &around.client_id {
        Some(client_id) => app.clients.find(client_id).await?,
        None => None,
    };
    // Without a client there is no key to believe the object by; the person will be told of the client.
    let Some(client) = client else { return Ok(plain(around)) };
    let token = match token(app, &client, params).await {
        Ok(token) => token,
        Err(refusal) => return Ok(Arrival { refused: Some(refusal), ..plain(around) }),
    };
    match of_object(app, now, &client, &token).await {
        Ok(draft) if differs(&around, &draft) => {
            Ok(Arrival { refused: Some(Refusal::RequestObjectDiffers), ..plain(draft) })
        }
        Ok(draft) => Ok(Arrival { draft, carried: Carried::Signed, refused: None }),
        Err(refusal) => {
            Ok(Arrival { refused: Some(refusal), ..plain(address(&client, &token).unwrap_or(around)) })
        }
    }
}

/// Reads what a client pushed.
pub(super) async fn pushed(
    app: &App,
    now: Timestamp,
    client: &Client,
    params: Params,
) -> Result<(AuthorizeDraft, Carried), Refusal> {
    if params.has("request_uri") {
        return Err(Refusal::RequestUriPushed);
    }
    match params.get("request") {
        Some(token) => Ok((of_object(app, now, client, token).await?, Carried::Signed)),
        None => Ok((AuthorizeDraft::parse(&params.or("client_id", &client.client_id)?), Carried::Plain)),
    }
}

/// The object, by value or by reference, opened.
async fn token(app: &App, client: &Client, params: &Params) -> Result<String, Refusal> {
    let token = match (params.get("request"), params.get("request_uri")) {
        (Some(_), Some(_)) => return Err(Refusal::RequestTwice),
        (Some(token), None) => token.to_owned(),
        (None, uri) => {
            client.usable()?;
            app.authenticator.trust.request_object(client, uri.unwrap_or_default()).await?
        }
    };
    Ok(opened(app, &token)?.into_owned())
}

/// The request in an object, once everything about the object has been checked.
async fn of_object(
    app: &App,
    now: Timestamp,
    client: &Client,
    token: &str,
) -> Result<AuthorizeDraft, Refusal> {
    let params = object(app, now, client, token).await?.params(&client.client_id)?;
    Ok(AuthorizeDraft::parse(&params))
}

/// A request object of this client, believed (RFC 9101 §6). CIBA takes such objects too.
pub(super) async fn object(
    app: &App,
    now: Timestamp,
    client: &Client,
    token: &str,
) -> Result<RequestObject, Refusal> {
    let token = &*opened(app, token)?;
    let header = request_object::header(token).ok_or(Refusal::RequestObjectMalformed)?;
    let text = |name: &str| header.get(name).and_then(|value| value.as_str());
    if text("alg").is_none_or(|alg| alg.eq_ignore_ascii_case("none")) {
        return Err(Refusal::RequestObjectAlgorithmWrong);
    }
    if !request_object::is_typ(text("typ")) {
        return Err(Refusal::RequestObjectMalformed);
    }
    let algorithms = policy::request_object_algorithms(client);
    let trust = &app.authenticator.trust;
    let _: IgnoredAny = trust.read(now, client, &algorithms, token).await.map_err(refusal)?;
    let object = RequestObject::of(token).ok_or(Refusal::RequestObjectMalformed)?;
    let parties = Parties { client_id: &client.client_id, issuer: &app.settings.issuer };
    object.check(now, &parties, policy::request_object_times(client))?;
    Ok(object)
}

/// An encrypted object (RFC 9101 §6.1), opened: five parts instead of three. What is inside must still be signed.
fn opened<'t>(app: &App, token: &'t str) -> Result<Cow<'t, str>, Refusal> {
    if token.bytes().filter(|byte| *byte == b'.').count() != 4 {
        return Ok(Cow::Borrowed(token));
    }
    let inside = app.keys.decrypt_token(&*app.random, token);
    inside.map(Cow::Owned).map_err(|_| Refusal::RequestObjectEncrypted)
}

/// Where an object that is not believed says that its answer goes.
fn address(client: &Client, token: &str) -> Option<AuthorizeDraft> {
    let params = RequestObject::of(token)?.address(&client.client_id);
    Some(AuthorizeDraft::parse(&params)).filter(|draft| draft.redirect_uri.is_some())
}

/// OIDC Core §6.1: what stands outside as well says the same. Everything else outside counts for nothing (RFC 9101 §6.3).
fn differs(around: &AuthorizeDraft, inside: &AuthorizeDraft) -> bool {
    around.response_type.is_some() && around.response_type != inside.response_type
}

fn refusal(problem: SignedProblem) -> Refusal {
    match problem {
        SignedProblem::KeysUnavailable => Refusal::RequestObjectKeysUnavailable,
        SignedProblem::Token(problem) => match problem {
            TokenProblem::Malformed | TokenProblem::BadClaims | TokenProblem::WrongType => {
                Refusal::RequestObjectMalformed
            }
            TokenProblem::WrongAlgorithm => Refusal::RequestObjectAlgorithmWrong,
            TokenProblem::UnknownKey | TokenProblem::BadSignature => Refusal::RequestObjectSignatureWrong,
        },
    }
}
