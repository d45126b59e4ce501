//! How clients show who they are at a direct endpoint (RFC 6749 §2.3, RFC 7523 §2.2).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::base::Secret;

use super::params::Params;
use super::refusal::Refusal;
use super::text::words;
use super::urlencoded::decode;

words! {
    /// `token_endpoint_auth_method`.
    ClientAuthMethod,
    "token_endpoint_auth_method must be client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none" {
        ClientSecretBasic = "client_secret_basic",
        ClientSecretPost = "client_secret_post",
        /// An assertion under the client's own secret: only for clients that can keep no key.
        ClientSecretJwt = "client_secret_jwt",
        PrivateKeyJwt = "private_key_jwt",
        // RFC 8705 §2.1.1 and §2.2.1.
        TlsClientAuth = "tls_client_auth",
        SelfSignedTlsClientAuth = "self_signed_tls_client_auth",
        None = "none",
    }
}

impl ClientAuthMethod {
    /// Whether the client shows a certificate of its connection.
    pub fn is_mutual_tls(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }
}

/// RFC 7523 §2.2.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const MOST_HEADER: usize = 4096;
const MOST_SECRET: usize = 1024;
const MOST_ASSERTION: usize = 8192;

/// What a request shows about its client, not yet verified.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    Basic {
        client_id: String,
        client_secret: Secret,
    },
    Post {
        client_id: String,
        client_secret: Secret,
    },
    /// `client_id` is optional: the assertion's `sub` names the client.
    Assertion {
        client_id: Option<String>,
        assertion: Secret,
    },
    Public {
        client_id: String,
    },
}

impl ClientAuth {
    /// Finds the one way this request authenticates; more than one is refused (RFC 6749 §2.3).
    /// `authorization` is the value of that header.
    pub fn find(authorization: Option<&str>, params: &Params) -> Result<Self, Refusal> {
        let client_id = body_client_id(params)?;
        let secret = params.get("client_secret").map(client_secret).transpose()?;
        let assertion = assertion(params)?;
        match (authorization, secret, assertion) {
            (Some(header), None, None) => basic(header, client_id),
            (None, Some(client_secret), None) => {
                Ok(Self::Post { client_id: client_id.ok_or(Refusal::ClientMissing)?, client_secret })
            }
            (None, None, Some(assertion)) => Ok(Self::Assertion { client_id, assertion }),
            (None, None, None) => match client_id {
                Some(client_id) => Ok(Self::Public { client_id }),
                None => Err(Refusal::ClientCredentialsMissing),
            },
            _ => Err(Refusal::ClientMethodsSeveral),
        }
    }

    pub fn method(&self) -> ClientAuthMethod {
        match self {
            Self::Basic { .. } => ClientAuthMethod::ClientSecretBasic,
            Self::Post { .. } => ClientAuthMethod::ClientSecretPost,
            Self::Assertion { .. } => ClientAuthMethod::PrivateKeyJwt,
            Self::Public { .. } => ClientAuthMethod::None,
        }
    }

    /// Whether this is how a client of that registration shows itself: an assertion is signed with a key or with a secret.
    pub fn serves(&self, registered: ClientAuthMethod) -> bool {
        let with_secret =
            matches!(self, Self::Assertion { .. }) && registered == ClientAuthMethod::ClientSecretJwt;
        with_secret || self.method() == registered
    }

    /// The client named outside an assertion.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Basic { client_id, .. } | Self::Post { client_id, .. } | Self::Public { client_id } => {
                Some(client_id)
            }
            Self::Assertion { client_id, .. } => client_id.as_deref(),
        }
    }
}

/// RFC 6749 Appendix A.1: visible ASCII and space; at most 128 here, for who declares a client and for who names one.
pub fn is_client_id(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn body_client_id(params: &Params) -> Result<Option<String>, Refusal> {
    match params.get("client_id") {
        None => Ok(None),
        Some(text) if is_client_id(text) => Ok(Some(text.to_owned())),
        Some(_) => Err(Refusal::ClientIdMalformed),
    }
}

fn client_secret(text: &str) -> Result<Secret, Refusal> {
    if text.len() > MOST_SECRET { Err(Refusal::ClientSecretWrong) } else { Ok(Secret::new(text)) }
}

fn assertion(params: &Params) -> Result<Option<Secret>, Refusal> {
    match (params.get("client_assertion_type"), params.get("client_assertion")) {
        (None, None) => Ok(None),
        (Some(JWT_BEARER), Some(assertion)) if assertion.len() <= MOST_ASSERTION => {
            Ok(Some(Secret::new(assertion)))
        }
        (Some(JWT_BEARER), _) => Err(Refusal::ClientAssertionMalformed),
        _ => Err(Refusal::ClientAssertionTypeUnknown),
    }
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they become user name and password.
fn basic(header: &str, body_client_id: Option<String>) -> Result<ClientAuth, Refusal> {
    let (client_id, client_secret) = basic_pair(header).ok_or(Refusal::ClientCredentialsMalformed)?;
    if body_client_id.is_some_and(|named| named != client_id) {
        return Err(Refusal::ClientIdMismatch);
    }
    Ok(ClientAuth::Basic { client_id, client_secret })
}

fn basic_pair(header: &str) -> Option<(String, Secret)> {
    if header.len() > MOST_HEADER {
        return None;
    }
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = Secret::new(String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?);
    let (id, secret) = pair.expose().split_once(':')?;
    let id = decode(id.as_bytes()).ok().filter(|id| is_client_id(id))?;
    let secret = decode(secret.as_bytes()).ok().filter(|secret| secret.len() <= MOST_SECRET)?;
    Some((id, Secret::new(secret)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    fn found(authorization: Option<&str>, body: &str) -> Result<(ClientAuthMethod, Option<String>), Refusal> {
        ClientAuth::find(authorization, &Params::parse(body).unwrap())
            .map(|auth| (auth.method(), auth.client_id().map(str::to_owned)))
    }

    #[test]
    fn finds_each_method() {
        use ClientAuthMethod::{ClientSecretBasic, ClientSecretPost, PrivateKeyJwt};
        let app1 = Some("app1".to_owned());
        let assertion = format!("client_assertion_type={JWT_BEARER}&client_assertion=j.w.t");
        assert_eq!(found(Some(&header("app1:s")), ""), Ok((ClientSecretBasic, app1.clone())));
        assert_eq!(found(Some(&header("app1:s")), "client_id=app1"), Ok((ClientSecretBasic, app1.clone())));
        assert_eq!(found(None, "client_id=app1&client_secret=s"), Ok((ClientSecretPost, app1.clone())));
        assert_eq!(found(None, &assertion), Ok((PrivateKeyJwt, None)));
        assert_eq!(found(None, "client_id=app1"), Ok((ClientAuthMethod::None, app1)));
    }

    #[test]
    fn basic_is_form_encoded() {
        let auth = ClientAuth::find(Some(&header("a%3Ab:s+%25%2B:x")), &Params::default()).unwrap();
        let ClientAuth::Basic { client_id, client_secret } = auth else { panic!("basic") };
        assert_eq!((client_id.as_str(), client_secret.expose()), ("a:b", "s %+:x"));
    }

    #[test]
    fn refuses_two_ways_and_broken_ones() {
        let basic = header("app1:s");
        let (longest, longer) = ("a".repeat(128), "a".repeat(129));
        assert!(is_client_id(&longest) && !is_client_id(&longer));
        let long_id = format!("client_id={longer}");
        let long = format!("client_assertion_type={JWT_BEARER}&client_assertion={}", "a".repeat(8193));
        let cases = [
            (Some(basic.as_str()), "client_id=app1&client_secret=s", Refusal::ClientMethodsSeveral),
            (Some(&basic), "client_id=app2", Refusal::ClientIdMismatch),
            (Some("Basic !!!"), "", Refusal::ClientCredentialsMalformed),
            (Some("Basic"), "", Refusal::ClientCredentialsMalformed),
            (Some("Bearer abc"), "", Refusal::ClientCredentialsMalformed),
            (Some(&header("nocolon")), "", Refusal::ClientCredentialsMalformed),
            (Some(&header("app1:%zz")), "", Refusal::ClientCredentialsMalformed),
            (Some(&header(":s")), "", Refusal::ClientCredentialsMalformed),
            (None, "client_secret=s", Refusal::ClientMissing),
            (None, "", Refusal::ClientCredentialsMissing),
            (None, "client_id=%0a", Refusal::ClientIdMalformed),
            (None, &long_id, Refusal::ClientIdMalformed),
            (None, "client_assertion=j.w.t", Refusal::ClientAssertionTypeUnknown),
            (None, "client_assertion=j.w.t&client_assertion_type=saml", Refusal::ClientAssertionTypeUnknown),
            (None, &long, Refusal::ClientAssertionMalformed),
        ];
        for (authorization, body, expected) in cases {
            assert_eq!(found(authorization, body), Err(expected), "{authorization:?} {body:.40}");
        }
    }

    proptest! {
        #[test]
        fn takes_any_header(text in ".*", pair in ".*") {
            let _ = ClientAuth::find(Some(&text), &Params::default());
            let _ = ClientAuth::find(Some(&header(&pair)), &Params::default());
        }
    }
}
