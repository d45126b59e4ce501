//! Token exchange (RFC 8693): who may exchange whose token for a token to whom, and what is left of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::access_token::{AccessToken, Carries, Parent};
use crate::base::{Fault, Timestamp};
use crate::client::powers::{ExchangeRule, Semantics};
use crate::client::{Client, Clients};
use crate::protocol::confirmation::Confirmation;
use crate::protocol::scope::OFFLINE_ACCESS;
use crate::protocol::token_exchange::TokenExchange;
use crate::protocol::{Refusal, Scope};

/// What the new token will be.
#[derive(Debug)]
pub struct Exchanged {
    pub scope: Scope,
    pub carries: Carries,
    pub parent: Parent,
}

/// A token was passed on by so many, one after the other; more is a loop rather than a task.
const MOST_ACTORS: usize = 4;

/// The rules of `client` that let it exchange a token that was issued to `holder`.
pub fn rules<'a>(client: &'a Client, holder: &'a str) -> Vec<&'a ExchangeRule> {
    let rules = client.powers.token_exchange.iter();
    rules.filter(|rule| rule.from.iter().any(|from| from == holder)).collect()
}

/// Whether the subject token may be exchanged by `client`, who shows the key `shown`: it is alive, about a person, and was
/// either issued to this client or sent to it as to a resource. What is bound stays bound.
pub fn check_subject(
    client: &Client,
    token: &AccessToken,
    (now, shown): (Timestamp, Option<&Confirmation>),
) -> Result<(), Refusal> {
    if token.check(now).is_err() || token.family.is_none() {
        return Err(Refusal::SubjectTokenInvalid);
    }
    let bound = token.carries.confirmation.as_ref();
    if token.client_id == client.client_id {
        return if holds(bound, shown) { Ok(()) } else { Err(Refusal::SubjectTokenInvalid) };
    }
    // Nobody but its sender can show the key of a bound token (RFC 8693 §2.1 asks for none). That it did not get here as
    // loot its audience says, and a token for nobody in particular does not say it.
    let audience = &token.carries.audience;
    let for_anybody = audience.is_empty() && bound.is_none();
    if !for_anybody && !client.powers.stands_for_any(audience) {
        return Err(Refusal::SubjectTokenInvalid);
    }
    // A client that must bind was refused earlier. Who need not can bind by a proof alone.
    if bound.is_some() && shown.is_none() { Err(Refusal::ProofMissing) } else { Ok(()) }
}

/// Whether the actor token is one that `client` got for itself. People act for people by mandate, not by token.
pub fn check_actor(
    client: &Client,
    token: &AccessToken,
    (now, shown): (Timestamp, Option<&Confirmation>),
) -> Result<(), Refusal> {
    let own = token.client_id == client.client_id && token.family.is_none();
    let fits = own && holds(token.carries.confirmation.as_ref(), shown) && token.check(now).is_ok();
    if fits { Ok(()) } else { Err(Refusal::ActorTokenInvalid) }
}

/// An exchange must not free a token of the key it is bound to.
fn holds(bound: Option<&Confirmation>, shown: Option<&Confirmation>) -> bool {
    bound.is_none() || bound == shown
}

/// The one client that everything named as target means, and the rule that allows it.
pub async fn target<'r>(
    clients: &Clients,
    rules: &[&'r ExchangeRule],
    wanted: &TokenExchange,
) -> Result<Result<(&'r ExchangeRule, Arc<Client>), Refusal>, Fault> {
    if wanted.audiences.is_empty() && wanted.resources.is_empty() {
        return Ok(Err(Refusal::TargetMissing));
    }
    for rule in rules {
        for id in &rule.to {
            let Some(client) = clients.find(id).await? else { continue };
            let named = wanted.audiences.iter().all(|audience| audience == id);
            let owns = &client.powers.resource_identifiers;
            if named && wanted.resources.iter().all(|resource| owns.contains(resource)) {
                return Ok(Ok((rule, client)));
            }
        }
    }
    Ok(Err(Refusal::TargetUnknown))
}

/// What `target` is told it is for: the resources that were named, or all it stands for when it was named itself.
pub fn audience(target: &Client, resources: &[String]) -> Result<Vec<String>, Refusal> {
    let stands_for = &target.powers.resource_identifiers;
    if !resources.iter().all(|resource| stands_for.contains(resource)) {
        return Err(Refusal::TargetUnknown);
    }
    let audience = if resources.is_empty() { stands_for } else { resources };
    // A target that stands for nothing has no name a token could carry.
    if audience.is_empty() { Err(Refusal::TargetUnknown) } else { Ok(audience.to_vec()) }
}

/// The new token, by a rule that allows it. Scope and details only ever get fewer.
pub fn narrow(
    (client, rule): (&Client, &ExchangeRule),
    subject: &AccessToken,
    (target, audience): (&Client, Vec<String>),
    asked: Option<&Scope>,
) -> Result<Exchanged, Refusal> {
    let actor = actor(&client.client_id, rule.semantics, subject.carries.actor.as_ref());
    if depth(actor.as_ref()) > MOST_ACTORS {
        return Err(Refusal::ActorsTooMany);
    }
    let carries = Carries {
        confirmation: None,
        details: subject.carries.details.iter().filter(|one| is_for(one, &audience)).cloned().collect(),
        audience,
        actor,
        sector: Some(target.sector.clone()),
    };
    let parent = Parent { key: subject.key.clone(), expires_at: subject.expires_at };
    Ok(Exchanged { scope: scope(&subject.scope, rule, asked)?, carries, parent })
}

fn scope(had: &Scope, rule: &ExchangeRule, asked: Option<&Scope>) -> Result<Scope, Refusal> {
    let offline: Scope = OFFLINE_ACCESS.parse().unwrap_or_default();
    let most =
        rule.scope.as_ref().map_or_else(|| had.clone(), |allowed| had.intersection(allowed)).minus(&offline);
    match asked {
        Some(asked) if !asked.is_subset(&most) => Err(Refusal::ScopeWidened),
        Some(asked) if !asked.is_empty() => Ok(asked.clone()),
        _ if most.is_empty() => Err(Refusal::ScopeWidened),
        _ => Ok(most),
    }
}

/// RFC 8693 §4.1: the newest actor outside, those before it inside.
fn actor(client_id: &str, semantics: Semantics, before: Option<&Value>) -> Option<Value> {
    match (semantics, before) {
        (Semantics::Impersonation, before) => before.cloned(),
        (Semantics::Delegation, None) => Some(json!({ "sub": client_id })),
        (Semantics::Delegation, Some(before)) => Some(json!({ "sub": client_id, "act": before })),
    }
}

fn depth(actor: Option<&Value>) -> usize {
    std::iter::successors(actor, |one| one.get("act")).take(MOST_ACTORS + 1).count()
}

/// RFC 9396 §2.2: a detail goes where its `locations` say, and nowhere without them.
fn is_for(detail: &Value, audience: &[String]) -> bool {
    let locations = detail.get("locations").and_then(Value::as_array);
    locations.is_some_and(|locations| {
        locations.iter().filter_map(Value::as_str).any(|one| audience.iter().any(|target| target == one))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(scope: Option<&str>, semantics: Semantics) -> ExchangeRule {
        ExchangeRule {
            from: vec!["portal".into()],
            to: vec!["tax".into()],
            scope: scope.map(|text| text.parse().unwrap()),
            semantics,
        }
    }

    #[test]
    fn scope_only_narrows() {
        let had: Scope = "openid profile tasks.read offline_access".parse().unwrap();
        let cases = [
            (None, None, Ok("openid profile tasks.read")),
            (None, Some("tasks.read"), Ok("tasks.read")),
            (Some("tasks.read tasks.write"), None, Ok("tasks.read")),
            (Some("tasks.read tasks.write"), Some("tasks.write"), Err(Refusal::ScopeWidened)),
            (Some("tasks.read"), Some("profile"), Err(Refusal::ScopeWidened)),
            (Some("other"), None, Err(Refusal::ScopeWidened)),
            (None, Some("offline_access"), Err(Refusal::ScopeWidened)),
        ];
        for (allowed, asked, expected) in cases {
            let asked: Option<Scope> = asked.map(|text| text.parse().unwrap());
            let found = scope(&had, &rule(allowed, Semantics::Delegation), asked.as_ref());
            assert_eq!(found, expected.map(|text| text.parse().unwrap()), "{allowed:?} {asked:?}");
        }
    }

    #[test]
    fn actors_stand_inside_one_another() {
        let first = actor("a", Semantics::Delegation, None);
        let second = actor("b", Semantics::Delegation, first.as_ref());
        assert_eq!(second, Some(json!({"sub": "b", "act": {"sub": "a"}})));
        assert_eq!(actor("c", Semantics::Impersonation, second.as_ref()), second);
        assert_eq!(actor("c", Semantics::Impersonation, None), None);
        assert_eq!((depth(None), depth(first.as_ref()), depth(second.as_ref())), (0, 1, 2));
    }

    #[test]
    fn details_go_only_where_they_say() {
        let audience = ["https://tax.example/api".to_owned()];
        assert!(is_for(&json!({"type": "t", "locations": ["urn:x", "https://tax.example/api"]}), &audience));
        for other in
            [json!({"type": "t"}), json!({"locations": ["urn:x"]}), json!({"locations": 1}), json!(1)]
        {
            assert!(!is_for(&other, &audience), "{other}");
        }
    }
}
