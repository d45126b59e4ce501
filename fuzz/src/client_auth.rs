//! How clients and their tokens arrive: the `Authorization` header and the form beside it.
//! Lines: the header, the form, a realm for the challenge.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use tongyao::protocol::bearer::{self, Challenge, Scheme, access_token};
use tongyao::protocol::client_auth::{ClientAuth, is_client_id};
use tongyao::protocol::{AcrValues, Params, Refusal, Scope, urlencoded};

use super::pieces::{lines, reached};

pub const PLACES: &[&str] = &["basic", "post", "assertion", "token in the header", "token in the body"];

pub fn run(data: &[u8]) {
    let [header, form, realm] = lines::<3>(data);
    let header = (!header.is_empty()).then_some(header.as_str());
    if let Ok(params) = Params::parse(&form) {
        shows_one_client(header, &params);
        shows_one_token(header, &params);
    }
    is_a_header(&realm);
}

fn shows_one_client(header: Option<&str>, params: &Params) {
    let Ok(shown) = ClientAuth::find(header, params) else { return };
    assert!(shown.client_id().is_none_or(is_client_id));
    let ways = [header.is_some(), params.has("client_secret"), params.has("client_assertion")];
    let used = ways.iter().filter(|used| **used).count();
    match &shown {
        ClientAuth::Public { client_id } => {
            assert_eq!((used, Some(client_id.as_str())), (0, params.get("client_id")))
        }
        ClientAuth::Basic { client_id, client_secret } => {
            reached("basic");
            assert_eq!(used, 1);
            assert!(params.get("client_id").is_none_or(|named| named == client_id));
            let pair =
                format!("{}:{}", urlencoded::encode(client_id), urlencoded::encode(client_secret.expose()));
            let again = format!("Basic {}", STANDARD.encode(&pair));
            if again.len() > 4096 {
                return;
            }
            let Ok(ClientAuth::Basic { client_id: id, client_secret: secret }) =
                ClientAuth::find(Some(&again), params)
            else {
                panic!("{again}")
            };
            assert_eq!((&id, secret.expose()), (client_id, client_secret.expose()));
        }
        ClientAuth::Post { client_secret, .. } => {
            reached("post");
            assert_eq!((used, Some(client_secret.expose())), (1, params.get("client_secret")));
        }
        ClientAuth::Assertion { assertion, .. } => {
            reached("assertion");
            assert_eq!((used, Some(assertion.expose())), (1, params.get("client_assertion")));
            assert!(assertion.expose().len() <= 8192);
        }
    }
    let text = format!("{shown:?}");
    if let ClientAuth::Basic { client_secret: secret, .. } | ClientAuth::Post { client_secret: secret, .. } =
        &shown
    {
        assert!(
            secret.expose().len() < 16
                || !text.contains(secret.expose())
                || shown.client_id().is_some_and(|id| id.contains(secret.expose()))
        );
    }
}

/// RFC 6750 §2.
fn shows_one_token(header: Option<&str>, params: &Params) {
    let Ok(shown) = access_token(header, Some(params)) else { return };
    assert!(header.is_none() != params.get("access_token").is_none());
    let token = shown.token.expose();
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    assert!(!token.is_empty() && token.len() <= 8192 && token.bytes().all(letter), "{token}");
    if let Some(header) = header {
        reached("token in the header");
        assert_eq!(bearer::scheme(header), shown.scheme);
        assert!(header.contains(token));
    } else {
        reached("token in the body");
        assert_eq!(shown.scheme, Scheme::Bearer);
    }
    assert_eq!(shown.clone().as_bearer().is_ok(), shown.scheme == Scheme::Bearer);
}

/// RFC 9110 §11.6.1: whatever stands in it, a challenge is one header of quoted values.
fn is_a_header(realm: &str) {
    let scope: Option<Scope> = realm.parse().ok();
    let levels: Option<AcrValues> = realm.parse().ok();
    for scheme in [Scheme::Bearer, Scheme::Dpop] {
        let challenge = Challenge {
            scheme,
            scope: scope.as_ref(),
            acr_values: levels.as_ref(),
            max_age: Some(realm.len() as u64),
            ..Challenge::new(realm, Refusal::AuthenticationInsufficient)
        };
        let text = challenge.to_string();
        assert!(HeaderValue::from_str(&text).is_ok() && text.is_ascii(), "{text}");
        let quoted: Vec<&str> = text.split('"').collect();
        assert!(quoted.len() % 2 == 1 && !text.contains('\\'), "{text}");
        assert!(
            quoted.iter().skip(2).step_by(2).all(|between| between.is_empty() || between.starts_with(", "))
        );
    }
}
