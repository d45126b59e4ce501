//! What the provider says about itself (OpenID Connect Discovery §3, RFC 8414 §2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::acr::Acr;
use super::algorithm::{AssertionAlgorithm, SigningAlgorithm};
use super::authorization_details::DetailType;
use super::authorize::Display;
use super::ciba::DeliveryMode;
use super::client_auth::ClientAuthMethod;
use super::client_metadata::SubjectType;
use super::dpop;
use super::encryption::{ContentEncryption, KeyManagement};
use super::grant_type::GrantType;
use super::pkce::ChallengeMethod;
use super::prompt::Prompt;
use super::response::{ResponseMode, ResponseType};
use super::scope::KNOWN;
use super::text::words;

words! {
    /// The form of a claim.
    ClaimType, "not a claim type" {
        Normal = "normal",
    }
}

/// Where everything is: absolute URLs.
#[derive(Debug, Clone)]
pub struct Endpoints {
    pub issuer: String,
    pub authorization: String,
    pub token: String,
    pub userinfo: String,
    pub jwks: String,
    pub introspection: String,
    pub revocation: String,
    pub end_session: String,
    pub device_authorization: String,
    pub backchannel_authentication: String,
    pub check_session_iframe: String,
    pub pushed_authorization_request: String,
    /// Absent: nobody registers clients here.
    pub registration: Option<String>,
    /// For the engineers of departments.
    pub documentation: Option<String>,
    pub policy: Option<String>,
    pub terms: Option<String>,
}

/// What this installation can do beyond what the code always can.
#[derive(Debug, Clone)]
pub struct Capabilities {
    pub claims: Vec<String>,
    /// Algorithms for which there is a key.
    pub id_token_algorithms: Vec<SigningAlgorithm>,
    /// Empty when userinfo is plain JSON only.
    pub userinfo_algorithms: Vec<SigningAlgorithm>,
    pub prompts: Vec<Prompt>,
    pub ui_locales: Vec<String>,
    pub identity_assurance: IdentityAssurance,
}

/// What is said about verified claims (OpenID Connect for Identity Assurance §7).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityAssurance {
    /// Of the drafts; what asks for it today still reads it.
    pub verified_claims_supported: bool,
    pub trust_frameworks_supported: Vec<String>,
    pub claims_in_verified_claims_supported: Vec<String>,
    pub evidence_supported: Vec<String>,
    pub documents_supported: Vec<String>,
    pub documents_check_methods_supported: Vec<String>,
    pub electronic_records_supported: Vec<String>,
}

/// The discovery document. Everything is in it exactly when it works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderMetadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub jwks_uri: String,
    pub introspection_endpoint: String,
    pub revocation_endpoint: String,
    pub end_session_endpoint: String,
    /// RFC 8628 §4.
    pub device_authorization_endpoint: String,
    /// CIBA Core 1.0 §4.
    pub backchannel_authentication_endpoint: String,
    pub backchannel_token_delivery_modes_supported: Vec<DeliveryMode>,
    pub backchannel_authentication_request_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub backchannel_user_code_parameter_supported: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// OpenID Connect Session Management §3.3.
    pub check_session_iframe: String,
    pub scopes_supported: Vec<String>,
    pub claims_supported: Vec<String>,
    pub claim_types_supported: Vec<ClaimType>,
    pub response_types_supported: Vec<ResponseType>,
    pub response_modes_supported: Vec<ResponseMode>,
    pub grant_types_supported: Vec<GrantType>,
    pub acr_values_supported: Vec<Acr>,
    pub subject_types_supported: Vec<SubjectType>,
    pub id_token_signing_alg_values_supported: Vec<SigningAlgorithm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub id_token_encryption_alg_values_supported: Vec<KeyManagement>,
    pub id_token_encryption_enc_values_supported: Vec<ContentEncryption>,
    pub userinfo_encryption_alg_values_supported: Vec<KeyManagement>,
    pub userinfo_encryption_enc_values_supported: Vec<ContentEncryption>,
    pub token_endpoint_auth_methods_supported: Vec<ClientAuthMethod>,
    pub token_endpoint_auth_signing_alg_values_supported: Vec<AssertionAlgorithm>,
    pub introspection_endpoint_auth_methods_supported: Vec<ClientAuthMethod>,
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<AssertionAlgorithm>,
    /// RFC 9701 §7.
    pub introspection_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub introspection_encryption_alg_values_supported: Vec<KeyManagement>,
    pub introspection_encryption_enc_values_supported: Vec<ContentEncryption>,
    pub revocation_endpoint_auth_methods_supported: Vec<ClientAuthMethod>,
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<AssertionAlgorithm>,
    pub code_challenge_methods_supported: Vec<ChallengeMethod>,
    /// RFC 9449 §5.1.
    pub dpop_signing_alg_values_supported: Vec<SigningAlgorithm>,
    /// RFC 8705 §3.3.
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// RFC 8705 §5: by the name of the endpoint.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mtls_endpoint_aliases: BTreeMap<String, String>,
    pub prompt_values_supported: Vec<Prompt>,
    pub display_values_supported: Vec<Display>,
    pub ui_locales_supported: Vec<String>,
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    /// Of registered addresses only, as the next member says.
    pub request_uri_parameter_supported: bool,
    pub require_request_uri_registration: bool,
    pub request_object_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub request_object_encryption_alg_values_supported: Vec<KeyManagement>,
    pub request_object_encryption_enc_values_supported: Vec<ContentEncryption>,
    /// RFC 9126 §5.
    pub pushed_authorization_request_endpoint: String,
    pub require_pushed_authorization_requests: bool,
    /// JARM §4.
    pub authorization_signing_alg_values_supported: Vec<SigningAlgorithm>,
    pub authorization_encryption_alg_values_supported: Vec<KeyManagement>,
    pub authorization_encryption_enc_values_supported: Vec<ContentEncryption>,
    /// RFC 9396 §10.
    pub authorization_details_types_supported: Vec<DetailType>,
    /// RFC 9207 §3.
    pub authorization_response_iss_parameter_supported: bool,
    pub backchannel_logout_supported: bool,
    pub backchannel_logout_session_supported: bool,
    pub frontchannel_logout_supported: bool,
    pub frontchannel_logout_session_supported: bool,
    /// OpenID Connect for Identity Assurance §7.
    #[serde(flatten)]
    pub identity_assurance: IdentityAssurance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_documentation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op_policy_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op_tos_uri: Option<String>,
}

impl ProviderMetadata {
    pub fn new(endpoints: Endpoints, capabilities: Capabilities) -> Self {
        // Only clients that can prove themselves may ask about tokens (RFC 7662 §2.1).
        let confidential = vec![
            ClientAuthMethod::ClientSecretBasic,
            ClientAuthMethod::ClientSecretPost,
            ClientAuthMethod::ClientSecretJwt,
            ClientAuthMethod::PrivateKeyJwt,
            ClientAuthMethod::TlsClientAuth,
            ClientAuthMethod::SelfSignedTlsClientAuth,
        ];
        let assertion_algorithms = AssertionAlgorithm::ALL.to_vec();
        Self {
            issuer: endpoints.issuer,
            authorization_endpoint: endpoints.authorization,
            token_endpoint: endpoints.token,
            userinfo_endpoint: endpoints.userinfo,
            jwks_uri: endpoints.jwks,
            introspection_endpoint: endpoints.introspection,
            revocation_endpoint: endpoints.revocation,
            end_session_endpoint: endpoints.end_session,
            device_authorization_endpoint: endpoints.device_authorization,
            backchannel_authentication_endpoint: endpoints.backchannel_authentication,
            backchannel_token_delivery_modes_supported: DeliveryMode::ALL.to_vec(),
            backchannel_authentication_request_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
            backchannel_user_code_parameter_supported: false,
            registration_endpoint: endpoints.registration,
            check_session_iframe: endpoints.check_session_iframe,
            scopes_supported: KNOWN.map(str::to_owned).to_vec(),
            claims_supported: capabilities.claims,
            claim_types_supported: ClaimType::ALL.to_vec(),
            response_types_supported: ResponseType::ALL.to_vec(),
            response_modes_supported: ResponseMode::ALL.to_vec(),
            grant_types_supported: GrantType::ALL.to_vec(),
            acr_values_supported: Acr::ALL.to_vec(),
            subject_types_supported: SubjectType::ALL.to_vec(),
            id_token_signing_alg_values_supported: capabilities.id_token_algorithms,
            userinfo_signing_alg_values_supported: capabilities.userinfo_algorithms,
            id_token_encryption_alg_values_supported: KeyManagement::ALL.to_vec(),
            id_token_encryption_enc_values_supported: ContentEncryption::ALL.to_vec(),
            userinfo_encryption_alg_values_supported: KeyManagement::ALL.to_vec(),
            userinfo_encryption_enc_values_supported: ContentEncryption::ALL.to_vec(),
            token_endpoint_auth_methods_supported: ClientAuthMethod::ALL.to_vec(),
            token_endpoint_auth_signing_alg_values_supported: assertion_algorithms.clone(),
            introspection_endpoint_auth_methods_supported: confidential,
            introspection_endpoint_auth_signing_alg_values_supported: assertion_algorithms.clone(),
            introspection_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
            introspection_encryption_alg_values_supported: KeyManagement::ALL.to_vec(),
            introspection_encryption_enc_values_supported: ContentEncryption::ALL.to_vec(),
            revocation_endpoint_auth_methods_supported: ClientAuthMethod::ALL.to_vec(),
            revocation_endpoint_auth_signing_alg_values_supported: assertion_algorithms,
            code_challenge_methods_supported: ChallengeMethod::ALL.to_vec(),
            dpop_signing_alg_values_supported: dpop::ALGORITHMS.to_vec(),
            tls_client_certificate_bound_access_tokens: false,
            mtls_endpoint_aliases: BTreeMap::new(),
            prompt_values_supported: capabilities.prompts,
            display_values_supported: Display::ALL.to_vec(),
            ui_locales_supported: capabilities.ui_locales,
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            request_object_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
            request_object_encryption_alg_values_supported: KeyManagement::ALL.to_vec(),
            request_object_encryption_enc_values_supported: ContentEncryption::ALL.to_vec(),
            pushed_authorization_request_endpoint: endpoints.pushed_authorization_request,
            require_pushed_authorization_requests: false,
            authorization_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
            authorization_encryption_alg_values_supported: KeyManagement::ALL.to_vec(),
            authorization_encryption_enc_values_supported: ContentEncryption::ALL.to_vec(),
            authorization_details_types_supported: DetailType::ALL.to_vec(),
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            identity_assurance: capabilities.identity_assurance,
            service_documentation: endpoints.documentation,
            op_policy_uri: endpoints.policy,
            op_tos_uri: endpoints.terms,
        }
    }
}

/// Endpoints at which a client certificate matters.
const MUTUAL_TLS: [&str; 8] = [
    "token_endpoint",
    "userinfo_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
];

impl ProviderMetadata {
    /// Mutual TLS works, at `base`. What is not told otherwise is told as it stands without.
    pub fn with_mutual_tls(mut self, base: &str) -> Self {
        let Ok(Value::Object(document)) = serde_json::to_value(&self) else { return self };
        self.tls_client_certificate_bound_access_tokens = true;
        self.mtls_endpoint_aliases = MUTUAL_TLS
            .iter()
            .filter_map(|name| {
                let path = document.get(*name)?.as_str()?.strip_prefix(self.issuer.as_str())?;
                Some(((*name).to_owned(), format!("{base}{path}")))
            })
            .collect();
        self
    }

    /// A way to authenticate that this installation cannot check.
    pub fn without_method(mut self, method: ClientAuthMethod) -> Self {
        for methods in [
            &mut self.token_endpoint_auth_methods_supported,
            &mut self.introspection_endpoint_auth_methods_supported,
            &mut self.revocation_endpoint_auth_methods_supported,
        ] {
            methods.retain(|known| *known != method);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_works_in_the_words_of_the_specification() {
        let at = |path: &str| format!("https://id.example{path}");
        let endpoints = Endpoints {
            issuer: at(""),
            authorization: at("/authorize"),
            token: at("/token"),
            userinfo: at("/userinfo"),
            jwks: at("/jwks"),
            introspection: at("/introspect"),
            revocation: at("/revoke"),
            end_session: at("/logout"),
            device_authorization: at("/device"),
            backchannel_authentication: at("/ciba"),
            check_session_iframe: at("/session"),
            pushed_authorization_request: at("/par"),
            registration: None,
            documentation: None,
            policy: None,
            terms: None,
        };
        let capabilities = Capabilities {
            claims: vec!["sub".into()],
            id_token_algorithms: vec![SigningAlgorithm::Rs256],
            userinfo_algorithms: vec![],
            prompts: vec![Prompt::None, Prompt::Login],
            ui_locales: vec!["zh-CN".into()],
            identity_assurance: IdentityAssurance::default(),
        };
        let metadata = ProviderMetadata::new(endpoints, capabilities);
        let document = serde_json::to_value(&metadata).unwrap();
        for (member, expected) in [
            ("request_parameter_supported", serde_json::json!(true)),
            ("authorization_details_types_supported", serde_json::json!(["gov_data", "e_licence", "matter"])),
            ("code_challenge_methods_supported", serde_json::json!(["S256"])),
            ("id_token_signing_alg_values_supported", serde_json::json!(["RS256"])),
            ("request_uri_parameter_supported", serde_json::json!(true)),
            ("claim_types_supported", serde_json::json!(["normal"])),
        ] {
            assert_eq!(document[member], expected, "{member}");
        }
        for absent in ["op_tos_uri", "registration_endpoint", "userinfo_signing_alg_values_supported"] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
        assert_eq!(serde_json::from_value::<ProviderMetadata>(document).unwrap(), metadata);
    }
}
