//! CIBA's push: what is posted is signed when it is sent, encrypted for who wants it, and says why there are no tokens.

use serde_json::{Value, json};
use tongyao::base::random;
use tongyao::crypto::jwe::{self, Decrypter};
use tongyao::crypto::keystore::Kept;
use tongyao::jobs::notices;
use tongyao::protocol::SigningAlgorithm;
use tongyao::protocol::encryption::KeyManagement;
use tongyao::protocol::id_token::half_hash;

use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{RelyingParty, Tokens, WANG, World};

const SECRET: &str = "hotline-secret-0123456789abcdef";
const TOKEN: &str = "notify-0123456789abcdefghij";
const GRANT: &str = "urn:openid:params:grant-type:ciba";

async fn world(listener: &Listener, more: Value) -> (World, RelyingParty) {
    let mut client = json!({
        "client_id": "hotline", "client_secret": SECRET, "department": "data", "client_name": "12345 热线",
        "grant_types": [GRANT, "refresh_token"], "response_types": [], "scope": "openid profile phone",
        "token_endpoint_auth_method": "client_secret_basic", "backchannel_token_delivery_mode": "push",
        "backchannel_client_notification_endpoint": listener.address, "id_token_signed_response_alg": "ES256",
    });
    client.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    let world = World::with_clients(&[client]).await;
    let hotline = RelyingParty::new(&world, "hotline", Credential::Basic(SECRET.to_owned()));
    (world, hotline)
}

async fn begin(hotline: &RelyingParty, more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("scope", "openid profile"),
        ("login_hint", WANG.login_name),
        ("client_notification_token", TOKEN),
    ];
    fields.extend(more);
    hotline.post("/oidc/ciba", &fields).await.good()["auth_req_id"].as_str().unwrap().to_owned()
}

async fn answer(world: &World, id: &str, action: &str) -> Value {
    let call = Call::post("/sandbox/ciba", &[("auth_req_id", id), ("action", action)]);
    call.send(&world.router).await.good()
}

fn heard(listener: &Listener) -> Vec<Value> {
    listener.heard().iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// What is bound to the notice, checked as a client must (CIBA Core 1.0 §10.3.1).
async fn check(hotline: &RelyingParty, told: &Value, id_token: &str) -> Value {
    let claims = hotline.id_claims(id_token).await;
    let hash = |name: &str| json!(half_hash(SigningAlgorithm::Es256, told[name].as_str().unwrap()));
    assert_eq!(claims["urn:openid:params:jwt:claim:auth_req_id"], told["auth_req_id"]);
    assert_eq!(claims["urn:openid:params:jwt:claim:rt_hash"], hash("refresh_token"));
    assert_eq!(claims["at_hash"], hash("access_token"));
    claims
}

#[tokio::test]
async fn what_is_pushed_is_signed_when_it_is_sent() {
    for format in ["opaque", "jwt"] {
        let listener = Listener::start().await;
        let (world, hotline) = world(&listener, json!({"access_token_format": format})).await;
        let id = begin(&hotline, &[]).await;
        let answered = world.now().seconds();
        answer(&world, &id, "allow").await;
        world.later(40);
        listener.answer_with(http::StatusCode::SERVICE_UNAVAILABLE);
        notices::run_once(world.app.clone()).await.unwrap();
        world.later(3);
        listener.answer_with(http::StatusCode::NO_CONTENT);
        notices::run_once(world.app.clone()).await.unwrap();
        let told = heard(&listener);
        assert_eq!(told.len(), 2, "{format}");
        for (told, late) in told.iter().zip([40, 43]) {
            let claims = check(&hotline, told, told["id_token"].as_str().unwrap()).await;
            assert_eq!(claims["iat"], answered + late, "{format}");
            assert_eq!(told["expires_in"], 600 - late, "{format}");
        }
        // Both tries bring the same tokens, and either works.
        assert_eq!(told[0]["refresh_token"], told[1]["refresh_token"]);
        for told in &told {
            hotline.userinfo(told["access_token"].as_str().unwrap()).await.good();
        }
        Tokens::of(&hotline.refresh(told[1]["refresh_token"].as_str().unwrap()).await);
    }
}

#[tokio::test]
async fn a_pushed_id_token_is_encrypted_for_who_wants_it() {
    let pkcs8 = <Decrypter as Kept>::generate(KeyManagement::EcdhEsA256Kw).unwrap();
    let key = Decrypter::from_pkcs8(KeyManagement::EcdhEsA256Kw, &pkcs8).unwrap();
    let listener = Listener::start().await;
    let wants = json!({"id_token_encrypted_response_alg": "ECDH-ES+A256KW", "jwks": {"keys": [key.jwk()]}});
    let (world, hotline) = world(&listener, wants).await;
    let id = begin(&hotline, &[]).await;
    answer(&world, &id, "allow").await;
    notices::run_once(world.app.clone()).await.unwrap();
    let told = heard(&listener).remove(0);
    let sealed = told["id_token"].as_str().unwrap();
    assert_eq!(sealed.split('.').count(), 5, "{sealed}");
    let opened = jwe::decrypt(&random::System::default(), [&key], sealed).unwrap();
    assert_eq!(opened.cty.as_deref(), Some("JWT"));
    let claims = check(&hotline, &told, std::str::from_utf8(&opened.content).unwrap()).await;
    assert!(claims["sub"].is_string());
}

#[tokio::test]
async fn a_level_that_is_not_reached_is_a_transaction_that_failed() {
    let listener = Listener::start().await;
    let (world, hotline) = world(&listener, json!({})).await;
    let id = begin(&hotline, &[("acr_values", "urn:tongyao:loa:3")]).await;
    assert_eq!(answer(&world, &id, "allow").await["state"], "unmet");
    notices::run_once(world.app.clone()).await.unwrap();
    let told = heard(&listener).remove(0);
    // CIBA Core 1.0 §12: a push knows access_denied, expired_token and this.
    assert_eq!((&told["error"], &told["error_code"]), (&json!("transaction_failed"), &json!("103100")));
    assert_eq!((&told["auth_req_id"], told.get("access_token")), (&json!(id), None));
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM client_notice WHERE state = 'delivered'").await, 1);
}

#[tokio::test]
async fn a_notice_that_cannot_be_read_holds_up_no_other() {
    let listener = Listener::start().await;
    let (world, hotline) = world(&listener, json!({})).await;
    let first = begin(&hotline, &[]).await;
    answer(&world, &first, "allow").await;
    let mut look = Look::at(&world).await;
    assert_eq!(look.change("UPDATE client_notice SET body = NULL").await, 1);
    let second = begin(&hotline, &[]).await;
    answer(&world, &second, "allow").await;
    notices::run_once(world.app.clone()).await.unwrap();
    let told = heard(&listener);
    assert_eq!((told.len(), &told[0]["auth_req_id"]), (1, &json!(second)));
}
