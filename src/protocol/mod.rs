//! The specifications as pure types: parse, print, compare. Uses `base` only; every parser is bounded and never panics.

/// Types that travel as one string: serde by `FromStr` and `Display`.
mod text;
/// `application/x-www-form-urlencoded` names and values, strictly decoded.
pub mod urlencoded;
/// JSON from strangers: bounded in size and depth, no member twice.
pub mod json;

/// The error codes of the specifications.
pub mod error;
/// Every reason to refuse: six digits, code, status, both languages.
pub mod refusal;
/// A refusal that ends by itself, and when.
pub mod postponed;
/// What to do about a refusal.
pub mod remedy;
/// The answer that carries a refusal.
pub mod error_answer;
/// The parameters of a request, each at most once.
pub mod params;

/// Sets of scope tokens.
pub mod scope;
/// Proof key for code exchange: S256 and nothing else.
pub mod pkce;
/// What `prompt` asks for.
pub mod prompt;
/// Response types and response modes.
pub mod response;
/// Levels of the person and of the sign-in, as `acr` names them.
pub mod acr;
/// Requests for verified claims, and the rules they filter by.
pub mod verified_claims;
/// The `claims` parameter.
pub mod claims_request;
/// Signing algorithms we speak.
pub mod algorithm;
/// Encryption algorithms we speak.
pub mod encryption;
/// Redirect URIs: registration, comparison, answer URLs.
pub mod redirect;
/// Grant types we speak.
pub mod grant_type;
/// How clients show who they are.
pub mod client_auth;
/// The key that a token is bound to.
pub mod confirmation;
/// The name of a public key: its thumbprint.
pub mod thumbprint;
/// Proofs that a client holds a key (DPoP).
pub mod dpop;
/// Distinguished names of certificates, as text.
pub mod distinguished_name;

/// The services a token is for.
pub mod resource;
/// What a client may do in detail, beyond scopes.
pub mod authorization_details;
/// The claims of a self-contained access token, and who gets one.
pub mod access_token;
/// What a client registers about itself.
pub mod client_metadata;
/// Registering by itself: what a client sends and what it is answered.
pub mod registration;

/// The authorization request.
pub mod authorize;
/// Authorization requests as signed objects.
pub mod request_object;
/// The token exchange request.
pub mod token_exchange;
/// The token request, per grant.
pub mod token_request;
/// The token answer.
pub mod token_answer;
/// Requests of devices: user codes and the answer.
pub mod device;
/// Requests that a client begins and a person answers elsewhere.
pub mod ciba;
/// The claims of an ID token.
pub mod id_token;
/// Access tokens shown by a client, and the challenge when they do not do.
pub mod bearer;
/// Questions about a token (introspection, revocation) and the answer.
pub mod introspection;
/// Logout asked by a client, and logout told to a client.
pub mod logout;
/// What a client keeps to notice that the sign-in changed.
pub mod session_state;
/// What the provider says about itself.
pub mod discovery;

pub use acr::{Acr, AcrValues};
pub use algorithm::{AssertionAlgorithm, SigningAlgorithm};
pub use authorization_details::Details;
pub use authorize::AuthorizeRequest;
pub use claims_request::ClaimsRequest;
pub use client_metadata::ClientMetadata;
pub use error::ErrorCode;
pub use grant_type::GrantType;
pub use params::Params;
pub use postponed::Postponed;
pub use redirect::RedirectUri;
pub use refusal::Refusal;
pub use scope::Scope;
