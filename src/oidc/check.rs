//! The checks of an authorization request, as a table: each says what is wrong, and the first that finds something answers.

use crate::client::policy::{self, BindingRule, PkceRule, PushRule};
use crate::client::{Client, Profile};
use crate::protocol::scope::OPENID;
use crate::protocol::{AuthorizeRequest, GrantType, Refusal};

/// What a check looks at.
pub(super) struct Ask<'a> {
    pub(super) request: &'a AuthorizeRequest,
    pub(super) client: &'a Client,
    pub(super) door: Door,
}

/// Where a request comes in. A browser brings one to the front; a device and a client bring theirs themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Front,
    Device,
    Ciba,
}

type Check = fn(&Ask<'_>) -> Option<Refusal>;

/// In this order; all of them may be told to the client, whose address has been proved by now.
const CHECKS: [Check; 6] = [
    |ask| {
        let needed = ask.door == Door::Front;
        (needed && !ask.client.may_use(GrantType::AuthorizationCode))
            .then_some(Refusal::ResponseTypeNotAllowed)
    },
    |ask| {
        if ask.door != Door::Front {
            return None;
        }
        let registered = ask.client.metadata.response_types.contains(&ask.request.response_type);
        (!registered || !ask.request.response_type.is_supported()).then_some(Refusal::ResponseTypeNotAllowed)
    },
    // RFC 7636 §4.4.1, RFC 9700 §2.1.1.
    |ask| {
        let missing = ask.request.code_challenge.is_none();
        let front = ask.door == Door::Front;
        (front && missing && policy::pkce(ask.client) == PkceRule::Required).then_some(Refusal::PkceMissing)
    },
    // OIDC Core §3.1.2.1: without openid it is no OpenID request, and we serve no other here.
    |ask| (!ask.request.scope.contains(OPENID)).then_some(Refusal::ScopeNotAllowed),
    |ask| {
        let pushed_only = ask.door == Door::Front && policy::push(ask.client) == PushRule::PushedOnly;
        pushed_only.then_some(Refusal::PushedRequestRequired)
    },
    // Profiles whose rules this build cannot keep yet give no weaker answer in their name.
    |ask| {
        let bound = policy::binding(ask.client) == BindingRule::KeyBound;
        let strict = matches!(ask.client.profile, Profile::Fapi2 | Profile::Fapi2MessageSigning);
        (bound || strict).then_some(Refusal::PushedRequestRequired)
    },
];

/// The first thing wrong with a request.
pub(super) fn refusal(ask: &Ask<'_>) -> Option<Refusal> {
    CHECKS.iter().find_map(|check| check(ask))
}
