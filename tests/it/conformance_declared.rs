//! What `docs/CERTIFICATION.md` declares is taken as it stands there, and its person and clients do what the plans need them for.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use crate::support::key_holder::{DPOP, KeyHolder};
use crate::support::relying_party::Credential;
use crate::support::town::Citizen;
use crate::support::{Browser, RelyingParty, Tokens, World};

const DOCUMENT: &str = include_str!("../../docs/CERTIFICATION.md");

/// The block that is declared under this name.
fn block(name: &str) -> Value {
    marked(&format!("declared: {name}"))
}

fn marked(mark: &str) -> Value {
    let (_, rest) = DOCUMENT.split_once(&format!("<!-- {mark} -->")).unwrap();
    let text = rest.split_once("```json").unwrap().1.split_once("```").unwrap().0;
    serde_json::from_str(text).unwrap()
}

/// The block with this key in every client that signs.
fn with_key(name: &str, signer: &Signer) -> Value {
    let mut state = block(name);
    for client in state["clients"].as_array_mut().unwrap() {
        if client.get("jwks").is_some() {
            client["jwks"] = json!({"keys": [signer.jwk()]});
        }
    }
    state
}

async fn world() -> World {
    let world = World::empty().await;
    world.apply(block("person")).await;
    world
}

fn person() -> Citizen {
    let declared = &block("person")["people"][0];
    let text = |name: &str| -> &'static str {
        Box::leak(declared[name].as_str().unwrap_or_default().to_owned().into_boxed_str())
    };
    Citizen {
        number: text("id_number"),
        name: text("name"),
        phone: text("phone"),
        login_name: text("login_name"),
        password: text("password"),
        masked_name: "",
        email: "",
        level: 3,
    }
}

/// At the address of the suite.
fn party(world: &World, id: &str, credential: Credential) -> RelyingParty {
    let mut party = RelyingParty::new(world, id, credential);
    party.redirect_uri = "https://suite.example/test/a/tongyao/callback".to_owned();
    party
}

fn signer() -> Arc<Signer> {
    let algorithm = SigningAlgorithm::Es256;
    Arc::new(Signer::from_pkcs8(algorithm, &generate(algorithm).unwrap()).unwrap())
}

#[tokio::test]
async fn every_declaration_is_taken() {
    let (world, signer) = (world().await, signer());
    for name in ["security-profile", "ciba"] {
        world.apply(with_key(name, &signer)).await;
    }
    world.apply(block("identity-assurance")).await;
    // The variants that the tables tell.
    let changes = [
        json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "fapi-1.example"}),
        json!({"token_endpoint_auth_method": "self_signed_tls_client_auth"}),
        json!({"dpop_bound_access_tokens": false, "tls_client_certificate_bound_access_tokens": true}),
        json!({"scope": "profile"}),
        json!({"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "scope": "tasks.read"}),
        json!({"authorization_details_types": ["matter"]}),
        json!({"profile": "fapi2_message_signing"}),
    ];
    for change in changes {
        let mut client = with_key("security-profile", &signer)["clients"][0].clone();
        client.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        world.apply(json!({ "clients": [client] })).await;
    }
    let mut polling = with_key("ciba", &signer)["clients"][0].clone();
    polling["backchannel_token_delivery_mode"] = json!("poll");
    polling.as_object_mut().unwrap().remove("backchannel_client_notification_endpoint");
    world.apply(json!({ "clients": [polling] })).await;
}

/// `test-claims-parameter-identity-claims`: everything of `claims_supported` that OIDC Core §5.1 knows, asked in every form.
#[tokio::test]
async fn the_person_has_every_claim_and_nothing_else_is_told() {
    let (world, signer) = (world().await, signer());
    world.apply(with_key("security-profile", &signer)).await;
    let client = party(&world, "fapi-1", Credential::Key(signer));
    let known = [
        "sub",
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
        "email_verified",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "phone_number",
        "phone_number_verified",
        "address",
        "updated_at",
    ];
    let forms = [Value::Null, json!({}), json!({"essential": true}), json!({"essential": false})];
    let wishes: serde_json::Map<String, Value> = known
        .iter()
        .zip(forms.iter().cycle())
        .map(|(name, form)| ((*name).to_owned(), form.clone()))
        .collect();
    let claims = json!({"id_token": wishes, "userinfo": wishes, "Xk3ja9Qm2z": {"a0Bc1De2Fg": null}});
    let ask = client.ask("openid").with("claims", &claims.to_string());
    let mut browser = world.browser();
    let page = browser.get(&client.pushed(&ask).await).await;
    let code = browser.sign_in_on(&page, &person()).await.code();
    let holder = KeyHolder::new();
    let send = async |nonce: &str| {
        let proof = holder.proof(&world, json!({ "nonce": nonce }));
        client.exchanging(&code, &ask).header(DPOP, &proof).send(&world.router).await
    };
    let nonce = send("none").await.header("dpop-nonce").unwrap().to_owned();
    let body = send(&nonce).await.good();
    let token = body["access_token"].as_str().unwrap();
    let proof = holder.resource_proof(&world, token, json!({ "nonce": nonce }));
    let userinfo = KeyHolder::userinfo(token, &proof).send(&world.router).await.good();
    let told: BTreeSet<&str> = userinfo.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(told, BTreeSet::from(known));
    let id_token = client.id_claims(body["id_token"].as_str().unwrap()).await;
    let of_the_token = ["iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash"];
    let mut expected = BTreeSet::from(known);
    expected.extend(of_the_token);
    let more: Vec<_> =
        id_token.as_object().unwrap().keys().filter(|name| !expected.contains(name.as_str())).collect();
    assert!(more.is_empty(), "{more:?}");
    assert_eq!(userinfo["sub"], id_token["sub"]);
    assert!(
        userinfo["updated_at"].is_i64()
            && userinfo["email_verified"].is_boolean()
            && userinfo["address"].is_object()
    );
}

/// The modules of `ekyc-test-plan-oidccore`, in their order.
#[tokio::test]
async fn verified_claims_are_told_as_they_were_asked() {
    let world = world().await;
    world.apply(block("identity-assurance")).await;
    let secret = block("identity-assurance")["clients"][0]["client_secret"].as_str().unwrap().to_owned();
    let client = party(&world, "ida-1", Credential::Basic(secret));
    let mut browser = world.browser();
    browser.sign_in(&person()).await;
    let discovery = crate::support::wire::Call::get("/.well-known/openid-configuration");
    let metadata = discovery.send(&world.router).await.good();
    assert_eq!(
        (&metadata["claims_parameter_supported"], &metadata["verified_claims_supported"]),
        (&json!(true), &json!(true))
    );
    for member in [
        "trust_frameworks_supported",
        "evidence_supported",
        "documents_supported",
        "electronic_records_supported",
        "claims_in_verified_claims_supported",
        "documents_check_methods_supported",
    ] {
        assert!(!metadata[member].as_array().unwrap().is_empty(), "{member}");
    }
    let first = metadata["claims_in_verified_claims_supported"][0].as_str().unwrap();
    let any = json!({"trust_framework": null});
    let wishes = [
        (json!({first: null}), true),
        (json!({first: {}}), true),
        (json!({first: {"essential": false}}), true),
        (json!({first: null, "f3a9c1": null}), true),
        (json!({first: null, "f3a9c1": {"essential": true}}), true),
        (json!({first: null, "claim%1/a&,.b": null}), true),
        (json!({first: {"value": uuid::Uuid::new_v4().to_string()}}), false),
    ];
    for (wish, told) in wishes {
        for places in [&["id_token", "userinfo"][..], &["id_token"], &["userinfo"]] {
            let verified = json!({"verification": any, "claims": wish});
            let mut claims = json!({"userinfo": {"name": {"essential": false}}});
            for place in places {
                claims[*place]["verified_claims"] = verified.clone();
            }
            for (place, answer) in answers(&client, &mut browser, &claims).await {
                let expected = told && places.contains(&place);
                assert_eq!(answer.get("verified_claims").is_some(), expected, "{wish} {place}");
                if !expected {
                    continue;
                }
                let answer = &answer["verified_claims"];
                let members: Vec<&String> = answer.as_object().unwrap().keys().collect();
                assert_eq!(members.len(), 2, "{members:?}");
                let claims = answer["claims"].as_object().unwrap();
                assert!(claims.len() == 1 && claims.contains_key(first), "{claims:?}");
                let framework = &answer["verification"]["trust_framework"];
                assert!(metadata["trust_frameworks_supported"].as_array().unwrap().contains(framework));
            }
        }
    }
}

/// What is told in each place to a client that asks for these claims.
async fn answers(client: &RelyingParty, browser: &mut Browser, claims: &Value) -> [(&'static str, Value); 2] {
    let ask = client.ask("openid").with("claims", &claims.to_string());
    let code = browser.get(&ask.address()).await.code();
    let tokens = Tokens::of(&client.exchange(&code, &ask).await);
    let userinfo = client.userinfo(&tokens.access).await.good();
    [("userinfo", userinfo), ("id_token", client.id_claims(&tokens.id.unwrap()).await)]
}

/// `ekyc-server-testuserprovidedrequest`: what the document gives the suite to ask is answered where it was asked.
#[tokio::test]
async fn what_the_suite_is_given_to_ask_is_answered() {
    let world = world().await;
    world.apply(block("identity-assurance")).await;
    let suite = marked("suite: identity-assurance");
    let secret = suite["client"]["client_secret"].as_str().unwrap().to_owned();
    let client = party(&world, suite["client"]["client_id"].as_str().unwrap(), Credential::Basic(secret));
    let mut browser = world.browser();
    browser.sign_in(&person()).await;
    let names = |claims: &Value| -> Vec<String> {
        claims.as_object().map(|claims| claims.keys().cloned().collect()).unwrap_or_default()
    };
    for wish in suite["ekyc"]["verified_claims_request_list"].as_array().unwrap() {
        for (place, answer) in answers(&client, &mut browser, wish).await {
            let asked = &wish[place]["verified_claims"]["claims"];
            assert_eq!(names(&answer["verified_claims"]["claims"]), names(asked), "{wish} {place}");
        }
    }
}
