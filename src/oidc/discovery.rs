//! What the provider says about itself, and its public keys.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::base::Locale;
use crate::config::{Registration, Settings};
use crate::grant::claims;
use crate::grant::verified::{self, People, trust};
use crate::http::machine::Machine;
use crate::http::paths;
use crate::protocol::client_auth::ClientAuthMethod;
use crate::protocol::discovery::{Capabilities, Endpoints, IdentityAssurance, ProviderMetadata};
use crate::protocol::prompt::Prompt;
use crate::protocol::scope::ENTERPRISE;
use crate::protocol::{Acr, SigningAlgorithm};

/// OIDC Discovery §4, RFC 8414 §3.
pub async fn configuration(machine: Machine) -> Response {
    let metadata = metadata(&machine.app.settings);
    let mut response = Json(metadata).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// RFC 7517 §5. Ten minutes of caching never hide a key: the next one is published long before it signs.
pub async fn jwks(machine: Machine) -> Response {
    let mut response = machine.app.keys.jwks().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
    response
}

pub fn metadata(settings: &Settings) -> ProviderMetadata {
    let endpoints = Endpoints {
        issuer: settings.issuer.clone(),
        authorization: settings.url(paths::AUTHORIZE),
        token: settings.url(paths::TOKEN),
        userinfo: settings.url(paths::USERINFO),
        jwks: settings.url(paths::JWKS),
        introspection: settings.url(paths::INTROSPECT),
        revocation: settings.url(paths::REVOKE),
        end_session: settings.url(paths::END_SESSION),
        device_authorization: settings.url(paths::DEVICE_AUTHORIZATION),
        backchannel_authentication: settings.url(paths::CIBA),
        check_session_iframe: settings.url(paths::CHECK_SESSION),
        pushed_authorization_request: settings.url(paths::PUSH),
        registration: (settings.registration != Registration::Off).then(|| settings.url(paths::REGISTRATION)),
        documentation: Some(settings.url(paths::HELP)),
        policy: None,
        terms: None,
    };
    let own = ["sub", "iss", "auth_time", "acr", "amr", "sid"];
    let capabilities = Capabilities {
        claims: own.into_iter().chain(claims::supported()).map(str::to_owned).collect(),
        id_token_algorithms: SigningAlgorithm::ALL.to_vec(),
        userinfo_algorithms: SigningAlgorithm::ALL.to_vec(),
        prompts: Prompt::ALL.to_vec(),
        ui_locales: Locale::ALL.map(|locale| locale.tag().to_owned()).to_vec(),
        identity_assurance: identity_assurance(settings),
    };
    let mut metadata = ProviderMetadata::new(endpoints, capabilities);
    // Everything is said exactly when it works: acting for an enterprise and stronger sign-ins come later.
    metadata.scopes_supported.retain(|scope| scope != ENTERPRISE);
    metadata.acr_values_supported.retain(|acr| !matches!(acr, Acr::Aal(2..)));
    with_mutual_tls(metadata, settings)
}

/// Client certificates count where they can reach the service, `tls_client_auth` where there is an authority too.
fn with_mutual_tls(metadata: ProviderMetadata, settings: &Settings) -> ProviderMetadata {
    let works = settings.has_mutual_tls();
    let mut metadata = metadata;
    if !works {
        metadata = metadata.without_method(ClientAuthMethod::SelfSignedTlsClientAuth);
    }
    if !works || settings.client_ca.is_none() {
        metadata = metadata.without_method(ClientAuthMethod::TlsClientAuth);
    }
    if works {
        metadata.with_mutual_tls(settings.mtls_url.as_deref().unwrap_or(&settings.issuer))
    } else {
        metadata
    }
}

fn identity_assurance(settings: &Settings) -> IdentityAssurance {
    let people = if settings.sandbox { People::Samples } else { People::Real };
    IdentityAssurance {
        verified_claims_supported: true,
        trust_frameworks_supported: trust::supported().map(str::to_owned).collect(),
        claims_in_verified_claims_supported: verified::supported(people).map(str::to_owned).collect(),
        evidence_supported: verified::evidence_supported(),
        documents_supported: verified::documents_supported(),
        documents_check_methods_supported: verified::document_checks_supported(),
        electronic_records_supported: verified::records_supported(),
    }
}
