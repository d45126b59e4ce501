//! Client assertions wrong in one way each, as the modules `ensure-invalid-client-assertions-fail` of the FAPI 2.0 plans and
//! `ensure-invalid-client-assertions-in-backchannel-authorization-request-fail` of FAPI-CIBA send them.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::{Value, json};
use tongyao::crypto::signer::Signer;

use super::RelyingParty;
use super::world::{ISSUER, World};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Fields = Vec<(&'static str, String)>;

/// What is wrong, and the fields of the form that say it; none where the client says nothing but its id.
pub fn wrong_assertions(
    world: &World,
    client: &RelyingParty,
    signer: &Signer,
) -> Vec<(&'static str, Fields)> {
    let now = world.now().seconds();
    let assertion = |changes: Value| client.assertion(signer, changes);
    let right = assertion(json!({}));
    let (head, signature) = right.rsplit_once('.').unwrap();
    let unsigned = BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": "none"}).to_string());
    let payload = head.split_once('.').unwrap().1;
    vec![
        ("nothing", vec![]),
        ("no type", vec![("client_assertion", assertion(json!({})))]),
        ("another type", typed(&format!("{JWT_BEARER}-2"), assertion(json!({})))),
        ("no sub", as_jwt(assertion(json!({"sub": null})))),
        ("another sub", as_jwt(assertion(json!({"sub": "another"})))),
        ("no iss", as_jwt(assertion(json!({"iss": null})))),
        ("another iss", as_jwt(assertion(json!({"iss": "another"})))),
        ("no aud", as_jwt(assertion(json!({"aud": null})))),
        ("another aud", as_jwt(assertion(json!({"aud": "https://other.example"})))),
        ("somebody else beside us", as_jwt(assertion(json!({"aud": [ISSUER, "https://other.example"]})))),
        ("expired", as_jwt(assertion(json!({"iat": now - 400, "exp": now - 300})))),
        ("not signed", as_jwt(format!("{unsigned}.{payload}."))),
        ("another signature", as_jwt(format!("{head}.{}", signature.chars().rev().collect::<String>()))),
    ]
}

fn as_jwt(assertion: String) -> Fields {
    typed(JWT_BEARER, assertion)
}

fn typed(kind: &str, assertion: String) -> Fields {
    vec![("client_assertion_type", kind.to_owned()), ("client_assertion", assertion)]
}
