//! What discovery tells about the identity service: fetched at first use, kept, fetched again when a key is unknown.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use jsonwebtoken::jwk::JwkSet;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreSubjectIdentifierType,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, Client, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpResponse, IdToken, IdTokenFields, IssuerUrl,
    LogoutProviderMetadata, ProviderMetadata, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::form_urlencoded;

use super::outgoing::{self, Caller};
use super::settings::RelyingSettings;
use crate::base::time::Clock;
use crate::base::{Fault, Timestamp};

/// Claims beside the standard ones, as they came.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OtherClaims(serde_json::Map<String, serde_json::Value>);

impl AdditionalClaims for OtherClaims {}

impl OtherClaims {
    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(serde_json::Value::as_str)
    }
}

/// Discovery members that the client library does not know.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OtherMetadata {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    /// OpenID Connect CIBA Core 1.0 §4.
    backchannel_authentication_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for OtherMetadata {}

pub type SignedIdToken =
    IdToken<OtherClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What the token endpoint gives (OpenID Connect Core §3.1.3.3).
pub type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Metadata = ProviderMetadata<
    LogoutProviderMetadata<OtherMetadata>,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The client library's client, ready for this relying system.
pub type OpenIdClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The signatures accepted: what an issuer's published key can make, never `none` and never one made with our secret.
pub const ACCEPTED_SIGNATURES: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The identity service cannot be reached, or what it answered is not a discovery document or key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the identity service cannot be reached")]
pub struct Unreachable;

/// One reading of the discovery document and the key set.
pub struct Known {
    metadata: Metadata,
    keys: JwkSet,
    at: Timestamp,
}

impl Known {
    pub fn keys(&self) -> &JwkSet {
        &self.keys
    }

    pub fn end_session_endpoint(&self) -> Option<openidconnect::EndSessionUrl> {
        self.metadata.additional_metadata().end_session_endpoint.clone()
    }

    pub fn token_endpoint(&self) -> Option<&str> {
        self.metadata.token_endpoint().map(|url| url.as_str())
    }

    pub fn backchannel_authentication_endpoint(&self) -> Option<&str> {
        let other = &self.metadata.additional_metadata().additional_metadata;
        other.backchannel_authentication_endpoint.as_deref()
    }

    /// Whether every authorization answer must name its issuer (RFC 9207 §3).
    pub fn names_itself_in_answers(&self) -> bool {
        let other = &self.metadata.additional_metadata().additional_metadata;
        other.authorization_response_iss_parameter_supported
    }
}

/// The identity service as this relying system knows it.
pub struct Provider {
    issuer: IssuerUrl,
    redirect_uri: RedirectUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    caller: Caller,
    clock: Arc<dyn Clock>,
    reading: Mutex<Reading>,
}

#[derive(Default)]
struct Reading {
    known: Option<Arc<Known>>,
    failed_at: Option<Timestamp>,
}

impl Provider {
    /// Reads nothing yet: the identity service may start after this system.
    pub fn new(settings: &RelyingSettings) -> Result<Self, Fault> {
        let issuer = IssuerUrl::new(settings.issuer.clone())
            .map_err(|e| Fault::broken("sample: the issuer is not a URL").because(e))?;
        let redirect_uri = RedirectUrl::new(settings.redirect_uri())
            .map_err(|e| Fault::broken("sample: the base URL is not a URL").because(e))?;
        Ok(Self {
            issuer,
            redirect_uri,
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: ClientSecret::new(settings.client_secret.expose().to_owned()),
            caller: outgoing::caller(settings.extra_ca.as_deref())?,
            clock: settings.clock.clone(),
            reading: Mutex::default(),
        })
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    pub async fn known(&self) -> Result<Arc<Known>, Unreachable> {
        self.read_when_older_than(KEPT).await
    }

    /// For a key that is not in the set: reads again, but a stranger with made-up key ids causes few readings.
    pub async fn known_anew(&self) -> Result<Arc<Known>, Unreachable> {
        self.read_when_older_than(KEPT_AT_LEAST).await
    }

    pub fn client(&self, known: &Known) -> OpenIdClient {
        OpenIdClient::from_provider_metadata(
            known.metadata.clone(),
            self.client_id.clone(),
            Some(self.client_secret.clone()),
        )
        .set_redirect_uri(self.redirect_uri.clone())
    }

    /// A form to an endpoint that the client library has no words for, authenticated as it does elsewhere.
    pub async fn post(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<HttpResponse, Unreachable> {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = http::Request::post(endpoint)
            .header(AUTHORIZATION, self.basic())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(body.into_bytes())
            .map_err(|_| Unreachable)?;
        (self.caller)(request).await.map_err(|error| {
            tracing::warn!(endpoint, %error, "sample: an endpoint did not answer");
            Unreachable
        })
    }

    /// `client_secret_basic` (RFC 6749 §2.3.1): both parts form-encoded first.
    fn basic(&self) -> String {
        let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", part(&self.client_id), part(self.client_secret.secret()));
        format!("Basic {}", STANDARD.encode(pair))
    }

    async fn read_when_older_than(&self, age: Duration) -> Result<Arc<Known>, Unreachable> {
        let mut reading = self.reading.lock().await;
        let now = self.clock.now();
        let old = match &reading.known {
            Some(known) if now.since(known.at) < age => return Ok(known.clone()),
            other => other.clone(),
        };
        // Those who queued behind a failed reading do not each wait for the next one to fail.
        if reading.failed_at.is_some_and(|at| now.since(at) < PAUSE_AFTER_FAILURE) {
            return old.ok_or(Unreachable);
        }
        match self.read().await {
            Ok(known) => {
                *reading = Reading { known: Some(known.clone()), failed_at: None };
                Ok(known)
            }
            Err(Unreachable) => {
                reading.failed_at = Some(self.clock.now());
                old.ok_or(Unreachable)
            }
        }
    }

    async fn read(&self) -> Result<Arc<Known>, Unreachable> {
        let discovery: Sent<_> = Box::pin(Metadata::discover_async(self.issuer.clone(), &self.caller));
        let metadata = discovery.await.map_err(|error| {
            tracing::warn!(issuer = self.issuer.as_str(), %error, "sample: discovery failed");
            Unreachable
        })?;
        let keys =
            serde_json::to_value(metadata.jwks()).and_then(serde_json::from_value).map_err(|error| {
                tracing::warn!(issuer = self.issuer.as_str(), %error, "sample: key set not understood");
                Unreachable
            })?;
        Ok(Arc::new(Known { metadata, keys, at: self.clock.now() }))
    }
}

/// A call of the client library under way. Its futures name a lifetime that the compiler cannot see through where it
/// asks whether a handler may move between threads; boxed under this type they can.
pub type Sent<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

const KEPT: Duration = Duration::from_secs(600);
const KEPT_AT_LEAST: Duration = Duration::from_secs(10);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);
