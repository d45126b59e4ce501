//! On what terms a client registers itself: whose it becomes, what it may be, and whether an operator must say yes first. Pure.

use super::invitation::Invitation;
use super::publisher::{Claims, Publisher};
use crate::client::{ClientState, Profile, demands};
use crate::protocol::client_auth::ClientAuthMethod;
use crate::protocol::client_metadata::MetadataProblem;
use crate::protocol::redirect::{ApplicationType, RedirectForm};
use crate::protocol::scope::{ADDRESS, EMAIL, OFFLINE_ACCESS, OPENID, PHONE, PROFILE};
use crate::protocol::{ClientMetadata, GrantType, RedirectUri, Scope};

/// What lets a client in.
#[derive(Debug, Clone)]
pub enum Admission {
    /// An initial access token of an operator.
    Invited(Invitation),
    /// A statement of a publisher that is trusted.
    Published(Publisher, Claims),
    /// Nothing: the door is open.
    Open,
}

/// Whether real people are behind the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    Sandbox,
    Real,
}

/// Whether an operator has already said yes by what let the client in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    Given,
    /// And again after each change of what was looked at.
    Needed,
}

/// What holds for a client and for each later change of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub department_id: String,
    /// The scope that needs no further approval.
    pub ceiling: Scope,
    /// The first is the one of who names none.
    pub profiles: Vec<Profile>,
    pub approval: Approval,
}

/// Whose clients are that nobody invited; people read its name on the consent page.
pub const NOBODYS: &str = "self-registered";
pub const NOBODYS_NAME: (&str, &str) = ("未归属部门（自助登记）", "No department (self-registered)");

/// Grants that act on people only while these are there, or on nobody; the others need an operator's yes.
const FREE_GRANTS: [&str; 5] = [
    "authorization_code",
    "refresh_token",
    "implicit",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
];

/// Stricter profiles are anyone's to choose.
const STRICT: [Profile; 3] = [Profile::Default, Profile::Fapi2, Profile::Fapi2MessageSigning];

/// What a client may ask for that named nothing, and may always ask for: the scopes of OpenID Connect itself. What tells
/// who a person is before the law, and the scopes of departments, are for an operator to give.
pub fn free_scope() -> Scope {
    [OPENID, PROFILE, EMAIL, ADDRESS, PHONE, OFFLINE_ACCESS].join(" ").parse().unwrap_or_default()
}

/// The profiles of an invitation or a publisher for which an operator named none.
pub fn usual_profiles() -> Vec<Profile> {
    STRICT.to_vec()
}

impl Admission {
    pub fn word(&self) -> &'static str {
        match self {
            Admission::Invited(_) => "invited",
            Admission::Published(..) => "published",
            Admission::Open => "open",
        }
    }

    /// The invitation's id or the publisher's issuer.
    pub fn source(&self) -> Option<&str> {
        match self {
            Admission::Invited(invitation) => Some(invitation.id.as_str()),
            Admission::Published(publisher, _) => Some(&publisher.issuer),
            Admission::Open => None,
        }
    }

    pub fn terms(&self, ground: Ground) -> Terms {
        match self {
            Admission::Invited(invitation) => Terms {
                department_id: invitation.department_id.clone(),
                ceiling: invitation.scope.clone(),
                profiles: invitation.profiles.clone(),
                approval: Approval::Given,
            },
            Admission::Published(publisher, claims) => Terms {
                department_id: publisher.department_id.clone(),
                ceiling: publisher.scope.clone(),
                profiles: publisher.profiles.clone(),
                // A statement is no secret: whoever has a copy could register addresses of their own with it.
                approval: match claims.contains_key("redirect_uris") {
                    true => Approval::Given,
                    false => open_approval(ground),
                },
            },
            Admission::Open => Terms {
                department_id: NOBODYS.to_owned(),
                ceiling: free_scope(),
                profiles: open_profiles(ground),
                approval: open_approval(ground),
            },
        }
    }
}

impl Terms {
    /// The profile a client gets.
    pub fn profile(&self, asked: Option<&str>) -> Result<Profile, MetadataProblem> {
        let Some(word) = asked else { return Ok(self.profiles.first().copied().unwrap_or_default()) };
        let profile: Profile = word.parse().map_err(|what| wrong("profile", &format!("{what}")))?;
        if self.profiles.contains(&profile) {
            Ok(profile)
        } else {
            Err(wrong("profile", "is not one this registration may have"))
        }
    }

    /// The scope of a client that names none.
    pub fn default_scope(&self) -> Scope {
        self.ceiling.intersection(&free_scope())
    }

    /// Whether an operator must say yes to such a client.
    pub fn approval_of(&self, metadata: &ClientMetadata) -> Approval {
        let free = metadata.scope.is_subset(&self.ceiling)
            && metadata.grant_types.iter().all(|grant| FREE_GRANTS.contains(&grant.as_str()));
        if free { self.approval } else { Approval::Needed }
    }

    /// The state of a client that registers like this.
    pub fn state_of(&self, metadata: &ClientMetadata) -> ClientState {
        match self.approval_of(metadata) {
            Approval::Given => ClientState::Active,
            Approval::Needed => ClientState::Pending,
        }
    }
}

/// What is wrong with metadata beyond what is wrong with anybody's: a stranger's addresses are judged by strangers' rules.
pub fn problems(ground: Ground, profile: Profile, metadata: &ClientMetadata) -> Vec<MetadataProblem> {
    let mut problems: Vec<MetadataProblem> = metadata.check_initiate_login().into_iter().collect();
    if ground == Ground::Real {
        problems.extend(loopback(metadata));
        problems.extend(metadata.check_implicit());
        problems.extend(signing_secret(metadata));
    }
    if let Some((member, what)) = demands::conflict(profile, metadata) {
        problems.push(wrong(member, what));
    }
    // Only the operator says whose assertions are enough for a client that shows nothing else.
    if metadata.is_public() && metadata.may_use(GrantType::JwtBearer) {
        problems.push(wrong("token_endpoint_auth_method", "none cannot use the grant jwt-bearer"));
    }
    if metadata.token_endpoint_auth_method == ClientAuthMethod::None
        && profile == Profile::Legacy
        && ground == Ground::Real
    {
        problems.push(wrong("profile", "legacy is for clients that can keep a secret"));
    }
    problems
}

/// OpenID Connect Registration §2: a web client is somewhere on the web. Loopback is for native ones (RFC 8252 §7.3).
fn loopback(metadata: &ClientMetadata) -> Vec<MetadataProblem> {
    let is_loopback =
        |text: &str| text.parse::<RedirectUri>().is_ok_and(|uri| uri.form() == RedirectForm::Loopback);
    let mut problems = Vec::new();
    if metadata.application_type == ApplicationType::Web {
        for (member, list) in [
            ("redirect_uris", &metadata.redirect_uris),
            ("post_logout_redirect_uris", &metadata.post_logout_redirect_uris),
        ] {
            if list.iter().any(|uri| is_loopback(uri)) {
                problems.push(wrong(member, "must be https for a web application"));
            }
        }
    }
    for (member, uri) in [
        ("jwks_uri", &metadata.jwks_uri),
        ("sector_identifier_uri", &metadata.sector_identifier_uri),
        ("initiate_login_uri", &metadata.initiate_login_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
        ("frontchannel_logout_uri", &metadata.frontchannel_logout_uri),
    ] {
        if uri.as_deref().is_some_and(is_loopback) {
            problems.push(wrong(member, "must be https"));
        }
    }
    problems
}

/// A secret that signs can be read again by us: an operator declares that, who knows why the client can keep no key.
fn signing_secret(metadata: &ClientMetadata) -> Option<MetadataProblem> {
    let asked = metadata.token_endpoint_auth_method == ClientAuthMethod::ClientSecretJwt;
    let what = "client_secret_jwt is declared by an operator; register private_key_jwt";
    asked.then(|| wrong("token_endpoint_auth_method", what))
}

fn open_approval(ground: Ground) -> Approval {
    match ground {
        Ground::Sandbox => Approval::Given,
        Ground::Real => Approval::Needed,
    }
}

/// Conformance tools and old samples send no code challenge: in the sandbox they are let, unless they say a profile.
fn open_profiles(ground: Ground) -> Vec<Profile> {
    match ground {
        Ground::Sandbox => [&[Profile::Legacy], STRICT.as_slice()].concat(),
        Ground::Real => STRICT.to_vec(),
    }
}

fn wrong(member: &str, what: &str) -> MetadataProblem {
    MetadataProblem::new(member, what)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::base::Timestamp;

    fn metadata(members: Value) -> ClientMetadata {
        serde_json::from_value(members).unwrap()
    }

    fn invited(scope: &str) -> Admission {
        Admission::Invited(Invitation {
            id: "inv_1".parse().unwrap(),
            department_id: "hrss".to_owned(),
            scope: scope.parse().unwrap(),
            profiles: usual_profiles(),
            most: 1,
            used: 0,
            expires_at: Timestamp::from_seconds(1),
            revoked_at: None,
        })
    }

    fn published(claims: Value) -> Admission {
        let publisher = Publisher {
            issuer: "https://p.example".to_owned(),
            department_id: "hrss".to_owned(),
            jwks: None,
            jwks_uri: None,
            scope: "openid id_number".parse().unwrap(),
            profiles: vec![Profile::Fapi2],
        };
        Admission::Published(publisher, claims.as_object().unwrap().clone())
    }

    #[test]
    fn who_needs_an_operators_yes() {
        use ClientState::{Active, Pending};
        use Ground::{Real, Sandbox};
        let plain = json!({"scope": "openid email"});
        let sensitive = json!({"scope": "openid id_number"});
        let own = json!({"scope": "tasks.read", "grant_types": ["client_credentials"]});
        let with_addresses = || published(json!({"redirect_uris": ["https://a.example/"]}));
        let cases = [
            (invited("openid email"), Real, &plain, Active),
            (invited("openid email"), Real, &sensitive, Pending),
            (invited("openid id_number"), Real, &sensitive, Active),
            (invited("openid email"), Sandbox, &sensitive, Pending),
            (invited("openid"), Real, &own, Pending),
            (invited("tasks.read"), Real, &own, Active),
            (Admission::Open, Real, &plain, Pending),
            (Admission::Open, Sandbox, &plain, Active),
            (Admission::Open, Sandbox, &sensitive, Pending),
            (with_addresses(), Real, &sensitive, Active),
            (with_addresses(), Real, &plain, Pending),
            (published(json!({})), Real, &sensitive, Pending),
        ];
        for (admission, ground, members, expected) in cases {
            let state = admission.terms(ground).state_of(&metadata(members.clone()));
            assert_eq!(state, expected, "{} {ground:?} {members}", admission.word());
        }
    }

    #[test]
    fn a_profile_is_one_of_the_terms() {
        let terms = |admission: Admission, ground| admission.terms(ground);
        assert_eq!(terms(Admission::Open, Ground::Real).profile(None), Ok(Profile::Default));
        assert_eq!(terms(Admission::Open, Ground::Sandbox).profile(None), Ok(Profile::Legacy));
        assert_eq!(terms(published(json!({})), Ground::Real).profile(None), Ok(Profile::Fapi2));
        assert_eq!(terms(Admission::Open, Ground::Real).profile(Some("fapi2")), Ok(Profile::Fapi2));
        for bad in ["legacy", "nonsense"] {
            assert!(terms(Admission::Open, Ground::Real).profile(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stranger_on_the_web_is_on_the_web() {
        let named = |ground, members| {
            let problems = problems(ground, Profile::Default, &metadata(members));
            problems.into_iter().map(|problem| problem.member).collect::<Vec<_>>()
        };
        let local = json!({"redirect_uris": ["http://localhost:1/cb"], "backchannel_logout_uri": "http://127.0.0.1/x"});
        assert_eq!(named(Ground::Real, local.clone()), ["redirect_uris", "backchannel_logout_uri"]);
        assert!(named(Ground::Sandbox, local).is_empty());
        let implicit = json!({"grant_types": ["implicit"], "redirect_uris": ["https://a.example/", "https://localhost/cb"]});
        assert_eq!(named(Ground::Real, implicit.clone()), ["redirect_uris"]);
        assert!(named(Ground::Sandbox, implicit).is_empty());
        let signing = json!({"token_endpoint_auth_method": "client_secret_jwt"});
        assert_eq!(named(Ground::Real, signing.clone()), ["token_endpoint_auth_method"]);
        assert!(named(Ground::Sandbox, signing).is_empty());
        let native = json!({"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb", "com.example.a:/cb"]});
        assert!(named(Ground::Real, native).is_empty());
        assert!(
            problems(Ground::Real, Profile::Fapi2, &metadata(json!({})))[0].member
                == "token_endpoint_auth_method"
        );
    }
}
