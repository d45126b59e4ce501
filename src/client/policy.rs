//! What a client may ask for, by its registration and its profile.

use super::registration::{Client, Profile};
use crate::config::DpopNonce;
use crate::protocol::confirmation::Confirmation;
use crate::protocol::request_object::Times;
use crate::protocol::response::ResponseType;
use crate::protocol::scope::{KNOWN, OFFLINE_ACCESS, OPENID};
use crate::protocol::{Details, GrantType, Refusal, Scope, SigningAlgorithm};

/// Whether an authorization request must carry a code challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PkceRule {
    Required,
    /// Checked when given.
    Optional,
}

/// Whether a proof must carry a nonce of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceRule {
    Required,
    /// Checked when given.
    Optional,
}

/// How an authorization request must arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushRule {
    /// RFC 9126: only as a pushed request.
    PushedOnly,
    Any,
}

/// Whether tokens must be bound to a key of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingRule {
    /// RFC 9449: to the key of a DPoP proof.
    Key,
    /// RFC 8705: to the client certificate, if not to the key of a proof that came with it.
    Certificate,
    /// To one of them.
    Either,
    /// To the key of a DPoP proof, if the client sends one.
    Bearer,
}

/// What a token request showed, already verified.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The thumbprint of the key of a DPoP proof.
    pub key: Option<String>,
    /// The digest of the client certificate.
    pub certificate: Option<String>,
}

/// How a CIBA request must come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CibaRule {
    Signed,
    Any,
}

/// Whether an authorization request must be a signed request object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignRule {
    /// RFC 9101 §10.5.
    SignedOnly,
    Any,
}

/// Whether a refresh token is replaced when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotationRule {
    /// RFC 9700 §4.14.2.
    Rotate,
    /// The same token stays good.
    Keep,
}

/// The scope of an authorization request: what was asked and is registered. Others are left out rather than refused
/// (RFC 6749 §3.3), as long as something remains. Who is not registered for `openid` signs nobody in (plain OAuth).
pub fn authorize_scope(client: &Client, asked: &Scope) -> Result<Scope, Refusal> {
    let mut scope = asked.intersection(&client.metadata.scope);
    if !client.may_use(GrantType::RefreshToken) {
        // OIDC Core §11: without the grant the request for offline access is ignored.
        scope = scope.minus(&one(OFFLINE_ACCESS));
    }
    match signs_in(client) {
        true if !scope.contains(OPENID) => Err(Refusal::OpenidMissing),
        false if scope.is_empty() => Err(Refusal::ScopeNotAllowed),
        _ => Ok(scope),
    }
}

/// Whether the client learns who somebody is, or only acts for them.
pub fn signs_in(client: &Client) -> bool {
    client.metadata.scope.contains(OPENID)
}

/// The scope of a client acting for itself (RFC 6749 §4.4): everything asked must be registered; nothing asked means
/// everything registered. What concerns a person is left out, for there is none.
pub fn own_scope(client: &Client, asked: &Scope) -> Result<Scope, Refusal> {
    let registered = &client.metadata.scope;
    let asked = if asked.is_empty() { registered } else { asked };
    if asked.is_subset(registered) { Ok(asked.minus(&about_people())) } else { Err(Refusal::ScopeNotAllowed) }
}

/// RFC 9700 §2.1.1: public clients always, the others unless they are old systems.
pub fn pkce(client: &Client) -> PkceRule {
    if client.profile == Profile::Legacy && !client.is_public() {
        PkceRule::Optional
    } else {
        PkceRule::Required
    }
}

/// FAPI 2.0 Security Profile §5.3.2.2, or the client's own wish (RFC 9126 §6).
pub fn push(client: &Client) -> PushRule {
    if client.profile.is_fapi2() || client.metadata.require_pushed_authorization_requests {
        PushRule::PushedOnly
    } else {
        PushRule::Any
    }
}

/// FAPI 2.0 Message Signing §5.3.1, or the client's own wish (RFC 9101 §10.5).
pub fn sign(client: &Client) -> SignRule {
    if client.profile == Profile::Fapi2MessageSigning || client.metadata.require_signed_request_object {
        SignRule::SignedOnly
    } else {
        SignRule::Any
    }
}

/// What a request object of this client may be signed with. Never what the object says.
pub fn request_object_algorithms(client: &Client) -> Vec<SigningAlgorithm> {
    signed_with(client, client.metadata.request_object_signing_alg)
}

/// How strictly the times of its request objects are judged.
pub fn request_object_times(client: &Client) -> Times {
    match client.profile {
        Profile::Fapi2MessageSigning => Times::WithinAnHour,
        Profile::Default | Profile::Fapi2 | Profile::Legacy => Times::WhenGiven,
    }
}

/// What the answer of a request is signed with, where it is to be signed (JARM §3).
pub fn answer_algorithm(client: &Client) -> SigningAlgorithm {
    let registered = client.metadata.authorization_signed_response_alg;
    let default = if client.profile.is_fapi2() { client.id_token_algorithm } else { SigningAlgorithm::Rs256 };
    registered.unwrap_or(default)
}

/// Whether the client may ask for answers of this kind: it is registered for it and for the grants behind it, and
/// what would leave in the front channel need not be bound to a key.
pub fn may_answer(client: &Client, kind: ResponseType) -> bool {
    let grants = (!kind.gives_code() || client.may_use(GrantType::AuthorizationCode))
        && (kind == ResponseType::Code || client.may_use(GrantType::Implicit));
    // FAPI 2.0 Security Profile §5.3.2.2: `code` and nothing else.
    let profile = kind == ResponseType::Code || !client.profile.is_fapi2();
    let bound = kind.gives_access_token() && binding(client) != BindingRule::Bearer;
    client.metadata.response_types.contains(&kind) && grants && profile && !bound
}

/// Whether the client may ask tokens for these resources (RFC 8707 §2).
pub fn may_call(client: &Client, resources: &[String]) -> bool {
    resources.iter().all(|resource| client.metadata.allowed_resources.contains(resource))
}

/// Whether the client may ask for these details: their types are registered, and their locations (RFC 9396 §10).
pub fn may_detail(client: &Client, details: &Details) -> bool {
    let types = &client.metadata.authorization_details_types;
    details.iter().all(|detail| types.contains(&detail.kind) && may_call(client, &detail.locations))
}

/// FAPI 2.0 Security Profile §5.3.2.1, or the client's own wish (RFC 9449 §5.2, RFC 8705 §3.4).
pub fn binding(client: &Client) -> BindingRule {
    let metadata = &client.metadata;
    match (metadata.dpop_bound_access_tokens, metadata.tls_client_certificate_bound_access_tokens) {
        (true, true) => BindingRule::Either,
        (true, false) => BindingRule::Key,
        (false, true) => BindingRule::Certificate,
        (false, false) if client.profile.is_fapi2() => BindingRule::Either,
        (false, false) => BindingRule::Bearer,
    }
}

/// What the tokens of a request are bound to: every grant asks here, and where the rule is broken gives no token.
pub fn confirmation(client: &Client, held: Held) -> Result<Option<Confirmation>, Refusal> {
    use BindingRule::{Bearer, Certificate, Either, Key};
    match (binding(client), held.key, held.certificate) {
        (Key, None, _) => Err(Refusal::ProofRequired),
        (Certificate, _, None) => Err(Refusal::CertificateRequired),
        (Either, None, None) => Err(Refusal::BindingRequired),
        (_, Some(key), _) => Ok(Some(Confirmation::Key(key))),
        (Certificate | Either, None, Some(certificate)) => Ok(Some(Confirmation::Certificate(certificate))),
        (Bearer, None, _) => Ok(None),
    }
}

/// Whether this client's proofs must carry a nonce.
pub fn nonce(client: &Client, everywhere: DpopNonce) -> NonceRule {
    let required = match everywhere {
        DpopNonce::Offered => false,
        DpopNonce::Fapi => client.profile.is_fapi2(),
        DpopNonce::Required => true,
    };
    if required { NonceRule::Required } else { NonceRule::Optional }
}

/// How a CIBA request must come. FAPI-CIBA §5.2.2 wants it signed, so that each is one of its kind (`jti`, used once).
pub fn ciba(client: &Client) -> CibaRule {
    let signs = client.metadata.backchannel_authentication_request_signing_alg.is_some();
    if client.profile.is_fapi2() || signs { CibaRule::Signed } else { CibaRule::Any }
}

/// The algorithms that the signature of a CIBA request may have.
pub fn ciba_algorithms(client: &Client) -> Vec<SigningAlgorithm> {
    signed_with(client, client.metadata.backchannel_authentication_request_signing_alg)
}

/// The one registered, or whichever the profile allows (FAPI 2.0 Security Profile §5.4.1).
fn signed_with(client: &Client, registered: Option<SigningAlgorithm>) -> Vec<SigningAlgorithm> {
    let strict = client.profile.is_fapi2();
    let allowed = |algorithm: &SigningAlgorithm| !strict || *algorithm != SigningAlgorithm::Rs256;
    match registered {
        Some(algorithm) => vec![algorithm],
        None => SigningAlgorithm::ALL.iter().copied().filter(allowed).collect(),
    }
}

/// FAPI 2.0 Security Profile §5.3.2.1: clients that hold a key lose more by a lost answer than they win by rotation.
pub fn rotation(client: &Client) -> RotationRule {
    if client.profile.is_fapi2() && !client.is_public() { RotationRule::Keep } else { RotationRule::Rotate }
}

/// What signs introspection answers for a client: RS256 unless it says otherwise (RFC 9701 §6), which the FAPI 2.0
/// profiles forbid.
pub fn introspection_algorithm(client: &Client) -> SigningAlgorithm {
    let fallback =
        if client.profile.is_fapi2() { client.id_token_algorithm } else { SigningAlgorithm::Rs256 };
    client.metadata.introspection_signed_response_alg.unwrap_or(fallback)
}

/// What a device asks for that names no scope (RFC 8628 §3.1).
pub fn default_scope() -> Scope {
    one(OPENID)
}

fn about_people() -> Scope {
    KNOWN.join(" ").parse().unwrap_or_default()
}

fn one(token: &str) -> Scope {
    token.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::registration::tests::client;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn authorization_narrows_to_what_is_registered() {
        let plain = client(json!({"scope": "openid profile offline_access"}));
        let refreshing = client(json!({"scope": "openid profile offline_access",
                                       "grant_types": ["authorization_code", "refresh_token"]}));
        let cases = [
            (&plain, "openid profile", Ok("openid profile")),
            (&plain, "openid id_number nonsense", Ok("openid")),
            (&plain, "", Err(Refusal::OpenidMissing)),
            (&plain, "openid offline_access", Ok("openid")),
            (&refreshing, "openid offline_access", Ok("openid offline_access")),
            (&plain, "profile", Err(Refusal::OpenidMissing)),
            (&plain, "nonsense", Err(Refusal::OpenidMissing)),
        ];
        for (client, asked, expected) in cases {
            assert_eq!(authorize_scope(client, &scope(asked)), expected.map(scope), "{asked}");
        }
        let without = client(json!({"scope": "tasks.read"}));
        assert_eq!(authorize_scope(&without, &scope("tasks.read openid")), Ok(scope("tasks.read")));
        for none in ["openid", ""] {
            assert_eq!(authorize_scope(&without, &scope(none)), Err(Refusal::ScopeNotAllowed));
        }
    }

    #[test]
    fn a_client_for_itself_is_refused_what_it_has_not_registered() {
        let client = client(json!({"scope": "openid profile tasks.read tasks.write"}));
        let cases = [
            ("tasks.read", Ok("tasks.read")),
            ("", Ok("tasks.read tasks.write")),
            ("openid tasks.read", Ok("tasks.read")),
            ("tasks.delete", Err(Refusal::ScopeNotAllowed)),
            ("tasks.read email", Err(Refusal::ScopeNotAllowed)),
        ];
        for (asked, expected) in cases {
            assert_eq!(own_scope(&client, &scope(asked)), expected.map(scope), "{asked}");
        }
    }

    #[test]
    fn only_confidential_old_systems_do_without_pkce() {
        let mut confidential = client(json!({}));
        let mut public = client(json!({"token_endpoint_auth_method": "none"}));
        for profile in Profile::ALL {
            confidential.profile = profile;
            public.profile = profile;
            let expected = if profile == Profile::Legacy { PkceRule::Optional } else { PkceRule::Required };
            assert_eq!(pkce(&confidential), expected, "{profile}");
            assert_eq!(pkce(&public), PkceRule::Required, "{profile}");
        }
    }

    #[test]
    fn fapi_means_pushed_requests_and_bound_tokens() {
        let mut client = client(json!({}));
        assert_eq!((push(&client), binding(&client)), (PushRule::Any, BindingRule::Bearer));
        client.profile = Profile::Fapi2;
        assert_eq!((push(&client), binding(&client)), (PushRule::PushedOnly, BindingRule::Either));
        client.profile = Profile::Legacy;
        client.metadata.dpop_bound_access_tokens = true;
        assert_eq!((push(&client), binding(&client)), (PushRule::Any, BindingRule::Key));
    }

    #[test]
    fn tokens_are_bound_as_the_client_registered() {
        use Confirmation::{Certificate, Key};
        let plain = client(json!({}));
        let dpop = client(json!({"dpop_bound_access_tokens": true}));
        let tls = client(json!({"tls_client_certificate_bound_access_tokens": true}));
        let mut fapi = client(json!({}));
        fapi.profile = Profile::Fapi2;
        let (nothing, key, certificate, both) =
            ((None, None), (Some("k"), None), (None, Some("c")), (Some("k"), Some("c")));
        let bound_key = || Ok(Some(Key("k".to_owned())));
        let bound_certificate = || Ok(Some(Certificate("c".to_owned())));
        let cases = [
            (&plain, nothing, Ok(None)),
            (&plain, key, bound_key()),
            (&plain, certificate, Ok(None)),
            (&plain, both, bound_key()),
            (&dpop, nothing, Err(Refusal::ProofRequired)),
            (&dpop, key, bound_key()),
            (&dpop, certificate, Err(Refusal::ProofRequired)),
            (&tls, nothing, Err(Refusal::CertificateRequired)),
            (&tls, key, Err(Refusal::CertificateRequired)),
            (&tls, certificate, bound_certificate()),
            (&tls, both, bound_key()),
            (&fapi, nothing, Err(Refusal::BindingRequired)),
            (&fapi, key, bound_key()),
            (&fapi, certificate, bound_certificate()),
        ];
        for (client, (key, certificate), expected) in cases {
            let held = Held { key: key.map(str::to_owned), certificate: certificate.map(str::to_owned) };
            assert_eq!(confirmation(client, held), expected, "{key:?} {certificate:?}");
        }
    }

    #[test]
    fn front_channel_answers_are_for_who_registered_them() {
        let mut old = client(json!({
            "grant_types": ["authorization_code", "implicit"], "response_types": ["code", "code id_token", "code token"]
        }));
        assert!(may_answer(&old, ResponseType::CodeIdToken) && may_answer(&old, ResponseType::CodeToken));
        assert!(!may_answer(&old, ResponseType::IdToken));
        old.metadata.dpop_bound_access_tokens = true;
        assert!(may_answer(&old, ResponseType::CodeIdToken) && !may_answer(&old, ResponseType::CodeToken));
        old.profile = Profile::Fapi2;
        assert!(may_answer(&old, ResponseType::Code) && !may_answer(&old, ResponseType::CodeIdToken));
        old.metadata.grant_types = vec![GrantType::Implicit];
        assert!(!may_answer(&old, ResponseType::Code));
    }

    #[test]
    fn message_signing_means_signed_requests_and_answers() {
        let mut client = client(json!({"id_token_signed_response_alg": "ES256"}));
        assert_eq!((sign(&client), answer_algorithm(&client)), (SignRule::Any, SigningAlgorithm::Rs256));
        assert!(request_object_algorithms(&client).contains(&SigningAlgorithm::Rs256));
        client.profile = Profile::Fapi2MessageSigning;
        assert_eq!(
            (sign(&client), answer_algorithm(&client)),
            (SignRule::SignedOnly, SigningAlgorithm::Es256)
        );
        assert!(!request_object_algorithms(&client).contains(&SigningAlgorithm::Rs256));
        assert_eq!(request_object_times(&client), Times::WithinAnHour);
        client.metadata.request_object_signing_alg = Some(SigningAlgorithm::Ps256);
        assert_eq!(request_object_algorithms(&client), [SigningAlgorithm::Ps256]);
    }

    #[test]
    fn resources_and_details_are_registered() {
        let client = client(json!({
            "allowed_resources": ["https://api.example/"], "authorization_details_types": ["matter"]
        }));
        assert!(may_call(&client, &[]) && may_call(&client, &["https://api.example/".to_owned()]));
        assert!(!may_call(&client, &["https://api.example".to_owned()]));
        let details = |text: &str| text.parse::<Details>().unwrap();
        let matter = r#"[{"type":"matter","actions":["query"],"identifier":"m1"}]"#;
        assert!(may_detail(&client, &details(matter)));
        let elsewhere =
            r#"[{"type":"matter","actions":["query"],"identifier":"m1","locations":["https://b.example/"]}]"#;
        assert!(!may_detail(&client, &details(elsewhere)));
        let data = r#"[{"type":"gov_data","actions":["read"],"datatypes":["tax"]}]"#;
        assert!(!may_detail(&client, &details(data)));
    }
}
