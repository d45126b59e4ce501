//! What a request asks to know: scopes and single claims, which of them may be declined, and what a consent leaves of them.

use super::claims::singly_wanted;
use super::consent::Consent;
use super::verified;
use crate::base::Timestamp;
use crate::client::{Client, ConsentPolicy, policy};
use crate::protocol::claims_request::Place;
use crate::protocol::scope::{ADDRESS, EMAIL, OFFLINE_ACCESS, OPENID, PHONE};
use crate::protocol::{AuthorizeRequest, Details, Refusal, Scope};

/// Everything one request asks for, within what its client is registered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub scope: Scope,
    /// Single claims beyond the scopes.
    pub claims: Vec<String>,
    /// RFC 9396; none of them can be declined while the rest is allowed.
    pub details: Details,
}

/// One thing a person is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// A scope, or `claim:` and the name of a claim.
    pub name: String,
    pub need: Need,
}

/// Whether an item can be declined while the rest is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
}

/// What a client works without: ways to reach a person and lasting access. Who somebody is, is what it asks.
const MAY_BE_DECLINED: [&str; 4] = [PHONE, EMAIL, ADDRESS, OFFLINE_ACCESS];

/// The prefix of a single claim among items.
pub const CLAIM: &str = "claim:";

/// What a request asks for.
pub fn of(request: &AuthorizeRequest, client: &Client) -> Result<Asked, Refusal> {
    let scope = policy::authorize_scope(client, &effective(request))?;
    let places = places(request);
    let mut claims = singly_wanted((&request.claims, places), &scope, &client.metadata.scope);
    claims.extend(verified::wanted((&request.claims, places), &client.metadata.scope));
    Ok(Asked { scope, claims, details: request.details.clone() })
}

/// OIDC Core §11: where no code is answered there is nothing to refresh, and the wish for lasting access is ignored.
fn effective(request: &AuthorizeRequest) -> Scope {
    let lasting = OFFLINE_ACCESS.parse().unwrap_or_default();
    if request.response_type.gives_code() { request.scope.clone() } else { request.scope.minus(&lasting) }
}

/// OIDC Core §5.5: nothing is told by userinfo where the answer leads to no access token.
fn places(request: &AuthorizeRequest) -> &'static [Place] {
    let kind = request.response_type;
    if kind.gives_code() || kind.gives_access_token() { &Place::ALL } else { &[Place::IdToken] }
}

impl Asked {
    /// Whether the person must be asked.
    pub fn needs_consent(&self, policy: ConsentPolicy, consent: Option<&Consent>, now: Timestamp) -> bool {
        policy == ConsentPolicy::Explicit
            && !consent.is_some_and(|consent| {
                consent.answers(&self.scope, &self.claims, now) && consent.details.cover(&self.details)
            })
    }

    /// What is left after the person's answer: nothing where one is needed and there is none.
    pub fn granted(&self, policy: ConsentPolicy, consent: Option<&Consent>) -> Asked {
        match (policy, consent) {
            (ConsentPolicy::Implicit, _) => self.clone(),
            (ConsentPolicy::Explicit, None) => {
                Asked { scope: Scope::default(), claims: Vec::new(), details: Details::default() }
            }
            (ConsentPolicy::Explicit, Some(consent)) => {
                let kept = self.claims.iter().filter(|claim| consent.claims.contains(claim));
                let scope = self.scope.intersection(&consent.scope);
                Asked { scope, claims: kept.cloned().collect(), details: self.details.clone() }
            }
        }
    }

    /// The items of the consent page, the required ones first. Where the law lets the client know anyway, none can be
    /// declined: a tick would change nothing.
    pub fn items(&self, policy: ConsentPolicy) -> Vec<Item> {
        let scopes = self.scope.iter().filter(|scope| *scope != OPENID).map(str::to_owned);
        let claims = self.claims.iter().map(|claim| format!("{CLAIM}{claim}"));
        let mut items: Vec<Item> = scopes.chain(claims).map(|name| Item::named(name, policy)).collect();
        items.sort_by_key(|item| item.need == Need::Optional);
        items
    }

    /// The answer of a person who ticked `ticked` of the optional items: what is granted, and what is declined.
    pub fn answered(&self, policy: ConsentPolicy, ticked: &[&str]) -> (Asked, Vec<String>) {
        let declined: Vec<String> = self
            .items(policy)
            .into_iter()
            .filter(|item| item.need == Need::Optional && !ticked.contains(&item.name.as_str()))
            .map(|item| item.name)
            .collect();
        let kept = |name: &str| !declined.iter().any(|one| one == name);
        let scope = self.scope.iter().filter(|scope| kept(scope)).collect::<Vec<_>>().join(" ");
        let claims = self.claims.iter().filter(|claim| kept(&format!("{CLAIM}{claim}"))).cloned().collect();
        let details = self.details.clone();
        (Asked { scope: scope.parse().unwrap_or_default(), claims, details }, declined)
    }
}

impl Item {
    fn named(name: String, policy: ConsentPolicy) -> Self {
        let optional = MAY_BE_DECLINED.contains(&name.as_str()) || name.starts_with(CLAIM);
        let need = match policy {
            ConsentPolicy::Explicit if optional => Need::Optional,
            ConsentPolicy::Explicit | ConsentPolicy::Implicit => Need::Required,
        };
        Self { name, need }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        let scope = "openid profile phone".parse().unwrap();
        Asked { scope, claims: vec!["email".to_owned()], details: Details::default() }
    }

    #[test]
    fn only_optional_items_can_be_declined() {
        let (granted, declined) = asked().answered(ConsentPolicy::Explicit, &[]);
        assert_eq!((granted.scope.to_string().as_str(), granted.claims.len()), ("openid profile", 0));
        assert_eq!(declined, ["phone", "claim:email"]);
        let (granted, declined) = asked().answered(ConsentPolicy::Explicit, &["phone", "claim:email"]);
        assert_eq!((granted, declined.len()), (asked(), 0));
        let (granted, declined) = asked().answered(ConsentPolicy::Implicit, &[]);
        assert_eq!((granted, declined.len()), (asked(), 0));
    }

    fn consent() -> Consent {
        Consent {
            id: "con_1".parse().unwrap(),
            client_id: "app1".into(),
            scope: "openid profile".parse().unwrap(),
            claims: vec![],
            details: Details::default(),
            declined: vec!["phone".into(), "claim:email".into()],
            granted_at: Timestamp::from_seconds(1),
            expires_at: Some(Timestamp::from_seconds(10)),
        }
    }

    #[test]
    fn nothing_is_granted_where_nobody_said_yes() {
        let (asked, consent) = (asked(), consent());
        let granted = |policy, consent| asked.granted(policy, consent);
        let nothing = Asked { scope: Scope::default(), claims: vec![], details: Details::default() };
        assert_eq!(granted(ConsentPolicy::Explicit, None), nothing);
        assert_eq!(granted(ConsentPolicy::Explicit, Some(&consent)).scope.to_string(), "openid profile");
        assert_eq!(granted(ConsentPolicy::Implicit, None), asked);
    }

    #[test]
    fn what_was_declined_is_not_asked_again() {
        let consent = consent();
        let (asked, now) = (asked(), Timestamp::from_seconds(5));
        assert!(consent.answers(&asked.scope, &asked.claims, now));
        assert!(!consent.answers(&"openid real_name".parse().unwrap(), &[], now));
        assert!(!consent.answers(&asked.scope, &asked.claims, Timestamp::from_seconds(10)));
    }
}
