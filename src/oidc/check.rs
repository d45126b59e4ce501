//! The checks of a request for authorization, as one table for every door it can come in by: each says what is wrong,
//! and the first that finds something answers.

use crate::client::Client;
use crate::client::policy::{self, PkceRule, PushRule, SignRule};
use crate::protocol::request_object::Carried;
use crate::protocol::response::ResponseType;
use crate::protocol::scope::OPENID;
use crate::protocol::{AuthorizeRequest, Details, Refusal, Scope};

/// By which door a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// With the browser, at the authorization endpoint.
    Browser,
    /// Pushed by the client itself before (RFC 9126).
    Pushed,
    /// Of a device, answered on another one (RFC 8628).
    Device,
    /// Begun by the client itself (CIBA).
    Backchannel,
}

/// What a check looks at. What every request for authorization has stands by itself, so that a request without a
/// browser (device, CIBA) is an `Ask` without `redirect`.
pub struct Ask<'a> {
    pub client: &'a Client,
    pub door: Door,
    pub carried: Carried,
    pub scope: &'a Scope,
    pub resources: &'a [String],
    pub details: &'a Details,
    /// What only a request has that is answered by redirect.
    pub redirect: Option<&'a AuthorizeRequest>,
}

type Check = fn(&Ask<'_>) -> Option<Refusal>;

/// In this order; all of them may be told to the client, whose address has been proved by now.
const CHECKS: [Check; 9] =
    [answers_allowed, pushed, signed, proof_key, nonce, openid, resources, details, details_fit_resources];

/// The first thing wrong with a request.
pub fn refusal(ask: &Ask<'_>) -> Option<Refusal> {
    CHECKS.iter().find_map(|check| check(ask))
}

impl<'a> Ask<'a> {
    /// An authorization request, as it came.
    pub fn of(client: &'a Client, request: &'a AuthorizeRequest, (door, carried): (Door, Carried)) -> Self {
        Self {
            client,
            door,
            carried,
            scope: &request.scope,
            resources: &request.resource,
            details: &request.details,
            redirect: Some(request),
        }
    }
}

/// OpenID Connect Registration §2.
fn answers_allowed(ask: &Ask<'_>) -> Option<Refusal> {
    let kind = ask.redirect?.response_type;
    (!policy::may_answer(ask.client, kind)).then_some(Refusal::ResponseTypeNotAllowed)
}

/// RFC 9126 §5 and §6, FAPI 2.0 Security Profile §5.3.2.2.
fn pushed(ask: &Ask<'_>) -> Option<Refusal> {
    let needed = policy::push(ask.client) == PushRule::PushedOnly && ask.redirect.is_some();
    (needed && ask.door != Door::Pushed).then_some(Refusal::PushedRequestRequired)
}

/// RFC 9101 §10.5, FAPI 2.0 Message Signing §5.3.1.
fn signed(ask: &Ask<'_>) -> Option<Refusal> {
    let needed = policy::sign(ask.client) == SignRule::SignedOnly;
    (needed && ask.carried != Carried::Signed).then_some(Refusal::RequestObjectRequired)
}

/// RFC 7636 §4.4.1, RFC 9700 §2.1.1; there is nothing to prove where no code is given.
fn proof_key(ask: &Ask<'_>) -> Option<Refusal> {
    let request = ask.redirect?;
    let missing = request.code_challenge.is_none() && request.response_type.gives_code();
    (missing && policy::pkce(ask.client) == PkceRule::Required).then_some(Refusal::PkceMissing)
}

/// OIDC Core §3.2.2.1, §3.3.2.1: an ID token in the front channel is tied to its request by the nonce.
fn nonce(ask: &Ask<'_>) -> Option<Refusal> {
    let request = ask.redirect?;
    (request.response_type.gives_id_token() && request.nonce.is_none()).then_some(Refusal::NonceMissing)
}

/// OIDC Core §3.1.2.1: without openid it is no OpenID request. Only a code for a client that signs nobody in needs none.
fn openid(ask: &Ask<'_>) -> Option<Refusal> {
    let plain = ask.redirect.is_some_and(|request| request.response_type == ResponseType::Code);
    let needed = !plain || policy::signs_in(ask.client);
    (needed && !ask.scope.contains(OPENID)).then_some(Refusal::OpenidMissing)
}

/// RFC 8707 §2.
fn resources(ask: &Ask<'_>) -> Option<Refusal> {
    (!policy::may_call(ask.client, ask.resources)).then_some(Refusal::ResourceInvalid)
}

/// RFC 9396 §5, §10.
fn details(ask: &Ask<'_>) -> Option<Refusal> {
    (!policy::may_detail(ask.client, ask.details)).then_some(Refusal::DetailsNotAllowed)
}

/// RFC 9396 §3.3: a token for some resources carries no details for others.
fn details_fit_resources(ask: &Ask<'_>) -> Option<Refusal> {
    let asked = |location: &String| ask.resources.is_empty() || ask.resources.contains(location);
    let fit = ask.details.iter().all(|detail| detail.locations.iter().all(asked));
    (!fit).then_some(Refusal::ResourceInvalid)
}
