//! The members of client metadata: read each by name, filled with defaults, unknown ones named and refused.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::base::Locale;

use super::MetadataProblem;
use crate::protocol::access_token::AccessTokenFormat;
use crate::protocol::acr::Acr;
use crate::protocol::algorithm::{AssertionAlgorithm, SigningAlgorithm};
use crate::protocol::authorization_details::DetailType;
use crate::protocol::ciba::DeliveryMode;
use crate::protocol::client_auth::ClientAuthMethod;
use crate::protocol::encryption::{ContentEncryption, KeyManagement};
use crate::protocol::grant_type::GrantType;
use crate::protocol::redirect::{ApplicationType, RedirectUri};
use crate::protocol::response::ResponseType;
use crate::protocol::scope::{OPENID, Scope};
use crate::protocol::text::words;

words! {
    /// `subject_type`.
    SubjectType, "subject_type must be pairwise or public" {
        Pairwise = "pairwise",
        Public = "public",
    }
}

macro_rules! members {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr,)+) => {
        /// What a client registers about itself. Absent and `null` members have their default.
        #[derive(Debug, Clone, PartialEq)]
        pub struct ClientMetadata {
            $($(#[$doc])* pub $name: $kind,)+
            /// Texts for people in other languages: `client_name#zh-CN` and the like (RFC 7591 §2.2).
            pub localized: BTreeMap<String, String>,
        }

        impl ClientMetadata {
            /// The names of every member we know.
            pub const MEMBERS: &'static [&'static str] = &[$(stringify!($name),)+];

            /// Reads every member, or lists each one that is unknown or of the wrong kind. What members must say
            /// together is for `check`.
            pub fn from_members(mut given: Map<String, Value>) -> Result<Self, Vec<MetadataProblem>> {
                let mut problems = Vec::new();
                let metadata = Self {
                    $($name: take(&mut given, stringify!($name), &mut problems).unwrap_or_else(|| $default),)+
                    localized: take_localized(&mut given, &mut problems),
                };
                problems.extend(given.keys().map(|name| MetadataProblem::new(name, "is not a member we know")));
                if problems.is_empty() { Ok(metadata) } else { Err(problems) }
            }

            /// Every member that says something, defaults included.
            pub fn to_members(&self) -> Result<Map<String, Value>, serde_json::Error> {
                let mut members = Map::new();
                $(
                    let value = serde_json::to_value(&self.$name)?;
                    let default: $kind = $default;
                    // An empty list says something where the default is another one.
                    let silent = value.is_null() || value == Value::Array(Vec::new()) && self.$name == default;
                    if !silent {
                        members.insert(stringify!($name).to_owned(), value);
                    }
                )+
                for (name, text) in &self.localized {
                    members.insert(name.clone(), Value::String(text.clone()));
                }
                Ok(members)
            }
        }
    };
}

members! {
    /// Texts as registered; `check` says which are not fit, `redirect` finds one.
    redirect_uris: Vec<String> = Vec::new(),
    post_logout_redirect_uris: Vec<String> = Vec::new(),
    grant_types: Vec<GrantType> = vec![GrantType::AuthorizationCode],
    response_types: Vec<ResponseType> = vec![ResponseType::Code],
    application_type: ApplicationType = ApplicationType::Web,
    client_name: Option<String> = None,
    client_uri: Option<String> = None,
    logo_uri: Option<String> = None,
    policy_uri: Option<String> = None,
    tos_uri: Option<String> = None,
    contacts: Vec<String> = Vec::new(),
    software_id: Option<String> = None,
    software_version: Option<String> = None,
    /// What the client may ask for.
    scope: Scope = OPENID.parse().unwrap_or_default(),
    /// A JWK set of public keys.
    jwks: Option<Value> = None,
    jwks_uri: Option<String> = None,
    token_endpoint_auth_method: ClientAuthMethod = ClientAuthMethod::ClientSecretBasic,
    token_endpoint_auth_signing_alg: Option<AssertionAlgorithm> = None,
    id_token_signed_response_alg: SigningAlgorithm = SigningAlgorithm::Rs256,
    /// Absent: userinfo is plain JSON.
    userinfo_signed_response_alg: Option<SigningAlgorithm> = None,
    request_object_signing_alg: Option<SigningAlgorithm> = None,
    /// Pairwise unless said otherwise: departments cannot put their records together by `sub`.
    subject_type: SubjectType = SubjectType::Pairwise,
    sector_identifier_uri: Option<String> = None,
    /// Seconds.
    default_max_age: Option<u64> = None,
    require_auth_time: bool = false,
    default_acr_values: Vec<Acr> = Vec::new(),
    initiate_login_uri: Option<String> = None,
    request_uris: Vec<String> = Vec::new(),
    backchannel_logout_uri: Option<String> = None,
    backchannel_logout_session_required: bool = false,
    frontchannel_logout_uri: Option<String> = None,
    frontchannel_logout_session_required: bool = false,
    require_pushed_authorization_requests: bool = false,
    require_signed_request_object: bool = false,
    dpop_bound_access_tokens: bool = false,
    tls_client_certificate_bound_access_tokens: bool = false,
    /// CIBA Core 1.0 §4; absent: poll.
    backchannel_token_delivery_mode: Option<DeliveryMode> = None,
    backchannel_client_notification_endpoint: Option<String> = None,
    /// Set: authentication requests must be signed so.
    backchannel_authentication_request_signing_alg: Option<SigningAlgorithm> = None,
    /// Known and of no effect: the service has no user codes (`backchannel_user_code_parameter_supported` is false).
    backchannel_user_code_parameter: bool = false,
    /// Set: an authentication request without words that tie it to its occasion is refused.
    backchannel_binding_message_required: bool = false,
    /// Absent: RS256, or in the FAPI profiles that of the ID token (JARM §3).
    authorization_signed_response_alg: Option<SigningAlgorithm> = None,
    /// RFC 9396 §10.
    authorization_details_types: Vec<DetailType> = Vec::new(),
    /// The resources the client may ask tokens for (RFC 8707).
    allowed_resources: Vec<String> = Vec::new(),
    /// No person below this level is let in, whatever a request asks.
    minimum_acr: Option<Acr> = None,
    access_token_format: AccessTokenFormat = AccessTokenFormat::Opaque,
    /// Signs introspection answers for this client (RFC 9701 §6).
    introspection_signed_response_alg: Option<SigningAlgorithm> = None,
    // RFC 8705 §2.1.2: for tls_client_auth, exactly one of these.
    tls_client_auth_subject_dn: Option<String> = None,
    tls_client_auth_san_dns: Option<String> = None,
    tls_client_auth_san_uri: Option<String> = None,
    tls_client_auth_san_ip: Option<String> = None,
    tls_client_auth_san_email: Option<String> = None,
    /// Absent: not encrypted. Without `enc` it is A128CBC-HS256; so for every pair below.
    id_token_encrypted_response_alg: Option<KeyManagement> = None,
    id_token_encrypted_response_enc: Option<ContentEncryption> = None,
    userinfo_encrypted_response_alg: Option<KeyManagement> = None,
    userinfo_encrypted_response_enc: Option<ContentEncryption> = None,
    /// What the client says it encrypts its request objects with. It may still do otherwise (Registration §2).
    request_object_encryption_alg: Option<KeyManagement> = None,
    request_object_encryption_enc: Option<ContentEncryption> = None,
    /// JARM §3.
    authorization_encrypted_response_alg: Option<KeyManagement> = None,
    authorization_encrypted_response_enc: Option<ContentEncryption> = None,
    introspection_encrypted_response_alg: Option<KeyManagement> = None,
    introspection_encrypted_response_enc: Option<ContentEncryption> = None,
}

/// The members that people read, which may come once per language.
const FOR_PEOPLE: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

impl ClientMetadata {
    /// Whether a member is one we know, in any language.
    pub fn knows(member: &str) -> bool {
        Self::MEMBERS.contains(&member) || is_localized(member)
    }

    /// Whether the client has no secret and no key.
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == ClientAuthMethod::None
    }

    /// How the client hears of answers to its CIBA requests.
    pub fn delivery_mode(&self) -> DeliveryMode {
        self.backchannel_token_delivery_mode.unwrap_or(DeliveryMode::Poll)
    }

    /// The names of the members in which another registration differs.
    pub fn differing(&self, other: &Self) -> Result<Vec<String>, serde_json::Error> {
        let (own, others) = (self.to_members()?, other.to_members()?);
        let names = own.keys().chain(others.keys().filter(|name| !own.contains_key(*name)));
        Ok(names.filter(|name| own.get(*name) != others.get(*name)).cloned().collect())
    }

    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// The registered address after logout that the asked one is (RP-Initiated Logout §3); gives back the asked one, which
    /// may differ in its port.
    pub fn post_logout_redirect<'a>(&self, asked: &'a RedirectUri) -> Option<&'a RedirectUri> {
        let accepts = |text: &String| {
            text.parse().is_ok_and(|uri: RedirectUri| uri.accepts(asked, self.application_type))
        };
        self.post_logout_redirect_uris.iter().any(accepts).then_some(asked)
    }

    /// The client's name in a language, else as registered without one.
    pub fn name(&self, locale: Locale) -> Option<&str> {
        self.for_people("client_name", locale).or(self.client_name.as_deref())
    }

    /// The privacy policy's address in a language, else as registered without one.
    pub fn policy(&self, locale: Locale) -> Option<&str> {
        self.for_people("policy_uri", locale).or(self.policy_uri.as_deref())
    }

    /// The same for the terms of service.
    pub fn terms(&self, locale: Locale) -> Option<&str> {
        self.for_people("tos_uri", locale).or(self.tos_uri.as_deref())
    }

    fn for_people(&self, member: &str, locale: Locale) -> Option<&str> {
        self.localized.iter().find_map(|(name, text)| {
            let (base, tag) = name.split_once('#')?;
            (base == member && Locale::of_tag(tag) == Some(locale)).then_some(text.as_str())
        })
    }
}

impl Serialize for ClientMetadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_members().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClientMetadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_members(Map::deserialize(deserializer)?).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            D::Error::custom(lines.join("; "))
        })
    }
}

/// RFC 7592 §2.2: `null` is as good as absent.
fn take<T: DeserializeOwned>(
    given: &mut Map<String, Value>,
    name: &str,
    problems: &mut Vec<MetadataProblem>,
) -> Option<T> {
    let value = given.remove(name).filter(|value| !value.is_null())?;
    match serde_json::from_value(value) {
        Ok(read) => Some(read),
        Err(error) => {
            problems.push(MetadataProblem::new(name, error.to_string()));
            None
        }
    }
}

fn take_localized(
    given: &mut Map<String, Value>,
    problems: &mut Vec<MetadataProblem>,
) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let names: Vec<String> = given.keys().filter(|name| is_localized(name)).cloned().collect();
    for name in names {
        if let Some(text) = take(given, &name, problems) {
            texts.insert(name, text);
        }
    }
    texts
}

fn is_localized(name: &str) -> bool {
    name.split_once('#').is_some_and(|(base, tag)| FOR_PEOPLE.contains(&base) && is_tag(tag))
}

fn is_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<ClientMetadata, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn fills_defaults() {
        let metadata = read(json!({"redirect_uris": ["https://a.example/cb"], "logo_uri": null})).unwrap();
        assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode]);
        assert_eq!(metadata.response_types, [ResponseType::Code]);
        assert_eq!(metadata.token_endpoint_auth_method, ClientAuthMethod::ClientSecretBasic);
        assert_eq!(metadata.subject_type, SubjectType::Pairwise);
        assert_eq!(metadata.scope.to_string(), "openid");
        assert!(!metadata.is_public());
    }

    #[test]
    fn names_what_it_does_not_know() {
        let refused =
            read(json!({"redirect_urls": [], "grant_types": ["password"], "require_auth_time": "yes"}));
        let message = refused.unwrap_err();
        for part in
            ["redirect_urls: is not a member", "grant_types: grant type must be", "require_auth_time: "]
        {
            assert!(message.contains(part), "{message}");
        }
        assert!(read(json!({"jwks_uri#zh": "x"})).is_err());
        let long = read(json!({ "x".repeat(100_000): 1 })).unwrap_err();
        assert!(long.len() < 400);
    }

    #[test]
    fn speaks_languages() {
        let metadata =
            read(json!({"client_name": "市人社局", "client_name#en": "HRSS", "policy_uri#zh-Hans-CN": "p"}))
                .unwrap();
        assert_eq!(metadata.name(Locale::En), Some("HRSS"));
        assert_eq!(metadata.name(Locale::ZhCn), Some("市人社局"));
        assert_eq!(metadata.policy(Locale::ZhCn), Some("p"));
        assert_eq!(metadata.policy(Locale::En), None);
    }

    #[test]
    fn comes_back_as_it_was() {
        let metadata = read(json!({
            "client_name": "门户", "client_name#en": "Portal", "redirect_uris": ["https://a.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile",
            "jwks": {"keys": []}, "default_acr_values": ["urn:tongyao:loa:3"], "default_max_age": 600,
            "application_type": "native", "id_token_signed_response_alg": "ES256", "subject_type": "public"
        }))
        .unwrap();
        let text = serde_json::to_string(&metadata).unwrap();
        assert_eq!(serde_json::from_str::<ClientMetadata>(&text).unwrap(), metadata);
    }

    #[test]
    fn can_stand_flattened_in_a_declaration() {
        #[derive(Deserialize)]
        struct Declared {
            client_id: String,
            #[serde(flatten)]
            metadata: ClientMetadata,
        }
        let declared: Declared =
            serde_json::from_value(json!({"client_id": "app1", "client_name": "门户"})).unwrap();
        assert_eq!(
            (declared.client_id.as_str(), declared.metadata.client_name.as_deref()),
            ("app1", Some("门户"))
        );
        assert!(serde_json::from_value::<Declared>(json!({"client_id": "app1", "nonsense": 1})).is_err());
    }

    #[test]
    fn finds_the_registered_address() {
        let members = json!({"post_logout_redirect_uris": ["http://127.0.0.1/out"]});
        let mut native = members.clone();
        native["application_type"] = json!("native");
        let (web, native) = (read(members).unwrap(), read(native).unwrap());
        let address = |text: &str| -> RedirectUri { text.parse().unwrap() };
        let (same, another_port) = (address("http://127.0.0.1/out"), address("http://127.0.0.1:5000/out"));
        assert_eq!(native.post_logout_redirect(&another_port), Some(&another_port));
        assert_eq!(web.post_logout_redirect(&another_port), None);
        assert_eq!(web.post_logout_redirect(&same), Some(&same));
    }
}
