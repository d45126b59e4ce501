//! A client: one system of a department, with what it registered and what was decided about it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;

use super::key_set::{encryption_keys, key_set};
use super::powers::Powers;
use crate::base::{Fault, Locale, Name, Timestamp};
use crate::crypto::jwe;
use crate::protocol::client_auth::is_client_id;
use crate::protocol::client_metadata::{MetadataProblem, Sector, SubjectType};
use crate::protocol::{ClientMetadata, GrantType, RedirectUri, Refusal, SigningAlgorithm};

/// One word that switches every security rule of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    #[default]
    Default,
    /// FAPI 2.0 Security Profile.
    Fapi2,
    /// FAPI 2.0 Message Signing.
    Fapi2MessageSigning,
    /// Old systems that cannot do PKCE.
    Legacy,
}

/// Whether people are asked before a client learns something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConsentPolicy {
    #[default]
    Explicit,
    /// The law already lets the department know; the page is not shown.
    Implicit,
}

/// Whether a client may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ClientState {
    #[default]
    Active,
    /// It registered itself, and an operator has not said yes yet.
    Pending,
    /// An operator switched it off.
    Disabled,
}

/// The secret before the last rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    pub digest: String,
    /// Until then it still works.
    pub until: Timestamp,
}

/// The word names no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be default, fapi2, fapi2_message_signing or legacy")]
pub struct NotAProfile;

/// The word names no consent policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be explicit or implicit")]
pub struct NotAConsentPolicy;

/// A client as every request needs it; what can be prepared once is.
#[derive(Debug, Clone)]
pub struct Client {
    pub client_id: String,
    pub department_id: String,
    pub department_name: Name,
    pub metadata: ClientMetadata,
    pub profile: Profile,
    pub consent: ConsentPolicy,
    /// What the operator lets it do beyond its registration.
    pub powers: Powers,
    /// Keyed digest of the client secret (`secret::digest`).
    pub secret_digest: Option<String>,
    /// Absent: never.
    pub secret_expires_at: Option<Timestamp>,
    pub previous_secret: Option<PreviousSecret>,
    pub state: ClientState,
    /// Whose `sub` this client sees; for `identity::subject`. A host, or a text with a colon, which no host has.
    pub sector: String,
    pub id_token_algorithm: SigningAlgorithm,
    /// The keys registered by value.
    pub keys: Option<JwkSet>,
    /// Those of them that answers can be encrypted to.
    pub encryption_keys: Arc<[jwe::PublicKey]>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    redirects: Vec<RedirectUri>,
}

/// A client's columns, read.
pub struct Columns {
    pub client_id: String,
    pub department_id: String,
    pub department_name: Name,
    pub metadata: ClientMetadata,
    pub profile: Profile,
    pub consent: ConsentPolicy,
    pub powers: Powers,
    pub secret_digest: Option<String>,
    pub secret_expires_at: Option<Timestamp>,
    pub previous_secret: Option<PreviousSecret>,
    pub state: ClientState,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Client {
    /// Anything else never reaches the database.
    pub fn is_id(text: &str) -> bool {
        is_client_id(text)
    }

    /// Whether people would be others to it, registered so.
    pub fn renames_people(&self, metadata: &ClientMetadata) -> bool {
        sector(&self.client_id, metadata).is_ok_and(|sector| sector != self.sector)
    }

    /// The name people read; a client without one is called by its department.
    pub fn name(&self, locale: Locale) -> &str {
        self.metadata.name(locale).unwrap_or_else(|| self.department_name.in_language(locale))
    }

    pub fn may_use(&self, grant: GrantType) -> bool {
        self.metadata.may_use(grant)
    }

    /// The asked address if it is registered: byte for byte (RFC 9700 §2.1), a native application's loopback port
    /// left open (RFC 8252 §7.3).
    pub fn find_redirect(&self, asked: &str) -> Option<RedirectUri> {
        let asked: RedirectUri = asked.parse().ok()?;
        let application = self.metadata.application_type;
        self.redirects.iter().any(|registered| registered.accepts(&asked, application)).then_some(asked)
    }

    /// The same for the address after logout (RP-Initiated Logout §3).
    pub fn find_post_logout_redirect(&self, asked: &str) -> Option<RedirectUri> {
        let asked: RedirectUri = asked.parse().ok()?;
        self.metadata.post_logout_redirect(&asked).cloned()
    }

    /// Where its log-in begins when somebody else sends the person there (OIDC Core §4): with `iss`, and nothing about
    /// who it is.
    pub fn login_address(&self, issuer: &str) -> Option<String> {
        let address: RedirectUri = self.metadata.initiate_login_uri.as_deref()?.parse().ok()?;
        Some(address.with_query(&[("iss", issuer)]))
    }

    /// Whether no answer of it comes by redirect: the person is then asked each time (RFC 8628 §5.4), whatever they allowed
    /// before.
    pub fn asks_each_time(&self) -> bool {
        !self.may_use(GrantType::AuthorizationCode) && !self.may_use(GrantType::Implicit)
    }

    /// Whether the client has no secret and no key.
    pub fn is_public(&self) -> bool {
        self.metadata.is_public()
    }

    /// Whether its secret has not run out.
    pub fn secret_lives(&self, now: Timestamp) -> bool {
        self.secret_expires_at.is_none_or(|end| now < end)
    }

    /// Whether the client may be used at all.
    pub fn usable(&self) -> Result<(), Refusal> {
        match self.state {
            ClientState::Active => Ok(()),
            ClientState::Pending => Err(Refusal::ClientPending),
            ClientState::Disabled => Err(Refusal::ClientDisabled),
        }
    }

    /// What can be prepared is: addresses and keys that cannot be read are a fault, for they were checked before they were kept.
    pub fn from_columns(columns: Columns) -> Result<Self, Fault> {
        let broken = |what: &str| Fault::inconsistent("client", &columns.client_id, what);
        let metadata = &columns.metadata;
        let redirects = metadata.redirect_uris.iter().map(|text| text.parse());
        let redirects = redirects.collect::<Result<_, _>>().map_err(|_| broken("redirect_uris"))?;
        let keys = metadata.jwks.as_ref().map(key_set).transpose().map_err(|_| broken("jwks"))?;
        let encryption_keys = metadata.jwks.as_ref().map(encryption_keys).unwrap_or_default();
        let sector = sector(&columns.client_id, metadata).map_err(|_| broken("sector_identifier_uri"))?;
        Ok(Self {
            sector,
            id_token_algorithm: metadata.id_token_signed_response_alg,
            keys,
            encryption_keys,
            redirects,
            client_id: columns.client_id,
            department_id: columns.department_id,
            department_name: columns.department_name,
            metadata: columns.metadata,
            profile: columns.profile,
            consent: columns.consent,
            powers: columns.powers,
            secret_digest: columns.secret_digest,
            secret_expires_at: columns.secret_expires_at,
            previous_secret: columns.previous_secret,
            state: columns.state,
            created_at: columns.created_at,
            updated_at: columns.updated_at,
        })
    }
}

/// OIDC Core §8: a public `sub` is the same for everyone; a pairwise one for a host, or for this client alone.
fn sector(client_id: &str, metadata: &ClientMetadata) -> Result<String, MetadataProblem> {
    if metadata.subject_type == SubjectType::Public {
        return Ok("public:".to_owned());
    }
    Ok(match metadata.sector()? {
        Sector::Host(host) => host,
        Sector::Client => format!("client:{client_id}"),
    })
}

impl Profile {
    pub const ALL: [Profile; 4] =
        [Profile::Default, Profile::Fapi2, Profile::Fapi2MessageSigning, Profile::Legacy];

    /// The word in declared state and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Profile::Default => "default",
            Profile::Fapi2 => "fapi2",
            Profile::Fapi2MessageSigning => "fapi2_message_signing",
            Profile::Legacy => "legacy",
        }
    }

    /// Whether the FAPI 2.0 Security Profile holds, alone or below Message Signing.
    pub fn is_fapi2(self) -> bool {
        matches!(self, Profile::Fapi2 | Profile::Fapi2MessageSigning)
    }
}

impl ConsentPolicy {
    pub const ALL: [ConsentPolicy; 2] = [ConsentPolicy::Explicit, ConsentPolicy::Implicit];

    /// The word in declared state and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            ConsentPolicy::Explicit => "explicit",
            ConsentPolicy::Implicit => "implicit",
        }
    }
}

impl ClientState {
    pub const ALL: [ClientState; 3] = [ClientState::Active, ClientState::Pending, ClientState::Disabled];

    /// The word in the database and for operators.
    pub const fn as_str(self) -> &'static str {
        match self {
            ClientState::Active => "active",
            ClientState::Pending => "pending",
            ClientState::Disabled => "disabled",
        }
    }

    /// A deleted client has no state: it is never read.
    pub fn of(word: &str) -> Option<Self> {
        ClientState::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl FromStr for Profile {
    type Err = NotAProfile;

    fn from_str(word: &str) -> Result<Self, NotAProfile> {
        Profile::ALL.into_iter().find(|profile| profile.as_str() == word).ok_or(NotAProfile)
    }
}

impl FromStr for ConsentPolicy {
    type Err = NotAConsentPolicy;

    fn from_str(word: &str) -> Result<Self, NotAConsentPolicy> {
        ConsentPolicy::ALL.into_iter().find(|policy| policy.as_str() == word).ok_or(NotAConsentPolicy)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ConsentPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A client of these members, as the store would read it.
    pub(in crate::client) fn client(members: Value) -> Client {
        Client::from_columns(Columns {
            client_id: "app1".to_owned(),
            department_id: "hrss".to_owned(),
            department_name: Name::new("市人社局", None),
            metadata: serde_json::from_value(members).unwrap(),
            profile: Profile::Default,
            consent: ConsentPolicy::Explicit,
            powers: Powers::default(),
            secret_digest: None,
            secret_expires_at: None,
            previous_secret: None,
            state: ClientState::Active,
            created_at: Timestamp::from_seconds(1),
            updated_at: Timestamp::from_seconds(1),
        })
        .unwrap()
    }

    #[test]
    fn words_read_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        for policy in ConsentPolicy::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        assert_eq!("FAPI2".parse::<Profile>(), Err(NotAProfile));
        assert_eq!("".parse::<ConsentPolicy>(), Err(NotAConsentPolicy));
    }

    #[test]
    fn finds_registered_addresses_byte_for_byte() {
        let web = client(json!({"redirect_uris": ["https://a.example/cb?x=1"]}));
        assert!(web.find_redirect("https://a.example/cb?x=1").is_some());
        for other in [
            "https://a.example/cb",
            "https://A.example/cb?x=1",
            "https://a.example/cb?x=1&y=2",
            "https://a.example:443/cb?x=1",
            "https://a.example/cb?x=1#",
            "https://a.example./cb?x=1",
            "",
        ] {
            assert!(web.find_redirect(other).is_none(), "{other}");
        }
        let native = client(json!({"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"]}));
        assert!(native.find_redirect("http://127.0.0.1:51000/cb").is_some());
        assert!(native.find_redirect("http://127.0.0.1:51000/other").is_none());
        let loopback = client(json!({"redirect_uris": ["http://localhost:8001/cb"]}));
        assert!(loopback.find_redirect("http://localhost:8002/cb").is_none());
    }

    #[test]
    fn sectors_never_meet_by_accident() {
        let of = |members| client(members).sector;
        assert_eq!(of(json!({"redirect_uris": ["https://a.example/cb"]})), "a.example");
        assert_eq!(of(json!({"redirect_uris": ["http://localhost:1/cb"]})), "client:app1");
        assert_eq!(of(json!({"grant_types": ["client_credentials"]})), "client:app1");
        let public = json!({"redirect_uris": ["https://a.example/cb"], "subject_type": "public"});
        assert_eq!(of(public), "public:");
    }

    #[test]
    fn log_in_begins_with_the_issuer() {
        let of = |address: &str| {
            client(json!({"initiate_login_uri": address})).login_address("https://id.example")
        };
        let expected = "https://a.example/login?iss=https%3A%2F%2Fid.example";
        assert_eq!(of("https://a.example/login").as_deref(), Some(expected));
        let kept = "https://a.example/login?x=1&iss=https%3A%2F%2Fid.example";
        assert_eq!(of("https://a.example/login?x=1").as_deref(), Some(kept));
        assert_eq!(client(json!({})).login_address("https://id.example"), None);
    }

    #[test]
    fn a_client_without_a_name_is_called_by_its_department() {
        assert_eq!(client(json!({})).name(Locale::En), "市人社局");
        let named = client(json!({"client_name": "门户", "client_name#en": "Portal"}));
        assert_eq!((named.name(Locale::ZhCn), named.name(Locale::En)), ("门户", "Portal"));
    }
}
