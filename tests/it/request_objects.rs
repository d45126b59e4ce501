//! Signed authorization requests (RFC 9101): believed by the client's registered key and nothing else.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Ask, Page, RelyingParty, Tokens, WANG, World};

const SECRET: &str = "signing-secret-0123456789";

struct Signing {
    world: World,
    system: RelyingParty,
    signer: Arc<Signer>,
    key: Vec<u8>,
}

fn key(algorithm: SigningAlgorithm) -> (Signer, Vec<u8>) {
    let key = generate(algorithm).unwrap().to_vec();
    (Signer::from_pkcs8(algorithm, &key).unwrap(), key)
}

async fn signing(members: Value) -> Signing {
    let (signer, key) = key(SigningAlgorithm::Es256);
    let mut client = json!({
        "client_id": "signing", "client_secret": SECRET, "department": "data", "client_name": "签名系统",
        "redirect_uris": ["https://signing.example/cb"], "jwks": {"keys": [signer.jwk()]}, "scope": "openid profile",
        "consent": "implicit",
    });
    for (name, value) in members.as_object().unwrap() {
        client[name] = value.clone();
    }
    let world = World::with_clients(&[client]).await;
    let system = RelyingParty::new(&world, "signing", Credential::Basic(SECRET.to_owned()));
    Signing { world, system, signer: Arc::new(signer), key }
}

impl Signing {
    fn claims(&self, ask: &Ask, change: Value) -> Value {
        let mut claims = ask.claims(self.world.now().seconds());
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// With an object instead of parameters, and the address beside it so that errors can be told.
    fn with(&self, object: &str) -> Ask {
        let names = ["scope", "nonce", "code_challenge", "code_challenge_method"];
        let ask = names.iter().fold(self.system.ask("openid"), |ask, name| ask.without(name));
        ask.with("state", "outside").with("request", object)
    }

    async fn open(&self, object: &str) -> Page {
        let mut browser = self.world.browser();
        browser.sign_in(&WANG).await;
        browser.get(&self.with(object).address()).await
    }
}

#[tokio::test]
async fn what_is_signed_counts_and_nothing_else() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid profile");
    for typ in ["oauth-authz-req+jwt", "JWT"] {
        let object = signing.signer.sign(typ, &signing.claims(&ask, json!({}))).unwrap();
        let page = signing.open(&object).await;
        assert_eq!(page.told("state"), Some(ask.state.clone()));
        let tokens = Tokens::of(&signing.system.exchange(&page.code(), &ask).await);
        assert_eq!(tokens.scope, "openid profile");
        assert_eq!(signing.system.id_claims(&tokens.id.unwrap()).await["nonce"], ask.nonce);
    }
    // A parameter that stands outside only is not part of the request (RFC 9101 §6.3).
    let object = signing.signer.sign("JWT", &signing.claims(&ask, json!({"code_challenge": null}))).unwrap();
    let outside = signing.with(&object).with("code_challenge", "x").with("code_challenge_method", "S256");
    signing.world.browser().get(&outside.address()).await.client_is_refused("invalid_request", 102_014);
}

#[tokio::test]
async fn structured_parameters_are_structured() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid");
    let change = json!({"max_age": 600, "claims": {"id_token": {"auth_time": {"essential": true}}}});
    let object = signing.signer.sign("JWT", &signing.claims(&ask, change)).unwrap();
    signing.open(&object).await.code();
}

#[tokio::test]
async fn every_registered_algorithm_signs_and_no_other() {
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Ps256, SigningAlgorithm::EdDsa] {
        let (signer, _) = key(algorithm);
        let signing = signing(json!({"jwks": {"keys": [signer.jwk()]}})).await;
        let ask = signing.system.ask("openid");
        signing.open(&signer.sign("JWT", &signing.claims(&ask, json!({}))).unwrap()).await.code();
    }
    let signing = signing(json!({"request_object_signing_alg": "PS256"})).await;
    let ask = signing.system.ask("openid");
    let object = signing.signer.sign("JWT", &signing.claims(&ask, json!({}))).unwrap();
    signing.open(&object).await.client_is_refused("invalid_request_object", 102_051);
}

#[tokio::test]
async fn keys_and_objects_that_cannot_be_fetched_are_named() {
    const DEAD: &str = "http://127.0.0.1:1/";
    let signing = signing(json!({"jwks": null, "jwks_uri": DEAD, "request_uris": [DEAD]})).await;
    let ask = signing.system.ask("openid");
    let object = signing.signer.sign("JWT", &signing.claims(&ask, json!({}))).unwrap();
    signing.open(&object).await.client_is_refused("invalid_request_object", 102_059);
    for (address, code) in [("https://signing.example/request", 102_110), (DEAD, 102_111)] {
        let ask = signing.with("").without("request").with("request_uri", address);
        let page = signing.world.browser().get(&ask.address()).await;
        page.client_is_refused("invalid_request_uri", code);
    }
}

#[tokio::test]
async fn a_forged_signature_is_refused() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid");
    let claims = signing.claims(&ask, json!({}));
    let good = signing.signer.sign("JWT", &claims).unwrap();
    let encoded = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let (other, other_key) = key(SigningAlgorithm::Es256);
    let refused = async |object: &str, code: u32| {
        signing.open(object).await.client_is_refused("invalid_request_object", code);
    };

    for alg in ["none", "None", "NONE"] {
        refused(&format!("{}.{}.", encoded(&json!({"alg": alg})), encoded(&claims)), 102_051).await;
    }
    refused(&format!("{}.{}.", encoded(&json!({"typ": "JWT"})), encoded(&claims)), 102_051).await;
    // Key confusion: the public key as a shared secret.
    let shared = EncodingKey::from_secret(signing.signer.jwk().to_string().as_bytes());
    refused(&encode(&Header::new(Algorithm::HS256), &claims, &shared).unwrap(), 102_051).await;
    refused(&other.sign("JWT", &claims).unwrap(), 102_052).await;
    // A key that the object brings along, or points to, is nobody's.
    let attacker = EncodingKey::from_ec_der(&other_key);
    let mut header = Header::new(Algorithm::ES256);
    header.jwk = serde_json::from_value(other.jwk().clone()).ok();
    refused(&encode(&header, &claims, &attacker).unwrap(), 102_052).await;
    header.kid = Some(signing.signer.kid().to_owned());
    header.jku = Some("https://evil.example/jwks".to_owned());
    refused(&encode(&header, &claims, &attacker).unwrap(), 102_052).await;
    header.kid = Some("../../../../dev/null".to_owned());
    refused(&encode(&header, &claims, &attacker).unwrap(), 102_052).await;
    // Changed after signing.
    let parts: Vec<&str> = good.split('.').collect();
    let changed = encoded(&signing.claims(&ask, json!({"scope": "openid profile"})));
    refused(&format!("{}.{changed}.{}", parts[0], parts[2]), 102_052).await;
    refused(&format!("{}.{}.", parts[0], parts[1]), 102_052).await;
}

#[tokio::test]
async fn what_is_no_request_object_is_refused() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid");
    let claims = signing.claims(&ask, json!({}));
    let refused = async |object: &str, code: u32| {
        signing.open(object).await.client_is_refused("invalid_request_object", code);
    };
    for typ in ["dpop+jwt", "at+jwt", "logout+jwt", "client-authentication+jwt"] {
        refused(&signing.signer.sign(typ, &claims).unwrap(), 102_050).await;
    }
    // What we cannot understand must not be ignored (RFC 7515 §4.1.11).
    let own = EncodingKey::from_ec_der(&signing.key);
    let raw = |header: &str, payload: &[u8]| {
        let message =
            format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(payload));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &own, Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    };
    let payload = claims.to_string();
    refused(&raw(r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, payload.as_bytes()), 102_050).await;
    refused(&raw(r#"{"alg":"ES256","crit":[]}"#, payload.as_bytes()), 102_050).await;
    // Members twice: one reader would see this, another that.
    refused(&raw(r#"{"alg":"none","alg":"ES256"}"#, payload.as_bytes()), 102_050).await;
    let twice = payload.replacen('{', r#"{"scope":"openid","#, 1);
    refused(&raw(r#"{"alg":"ES256"}"#, twice.as_bytes()), 102_050).await;
    refused(&raw(r#"{"alg":"ES256"}"#, b"{\"scope\":\"\xff\"}"), 102_050).await;
    refused(&raw(r#"{"alg":"ES256"}"#, b"[]"), 102_050).await;
    let large = signing.claims(&ask, json!({"padding": "x".repeat(16 * 1024)}));
    refused(&signing.signer.sign("JWT", &large).unwrap(), 102_050).await;
    for text in ["a.b.c", "nonsense", "..", "e30.e30.e30"] {
        let page = signing.open(text).await;
        assert!(page.told("error").is_some_and(|error| error == "invalid_request_object"), "{text}");
    }
    refused("a.b.c.d.e", 102_057).await;
}

#[tokio::test]
async fn claims_must_be_for_us_from_the_client_and_now() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid");
    let now = signing.world.now().seconds();
    let cases = [
        (json!({"iss": "portal"}), "invalid_request_object", 102_053),
        (json!({"aud": "https://other.example"}), "invalid_request_object", 102_053),
        (json!({"sub": "signing"}), "invalid_request_object", 102_053),
        (json!({"exp": now - 60}), "invalid_request_object", 102_054),
        (json!({"nbf": now + 60}), "invalid_request_object", 102_054),
        (json!({"request": "a.b.c"}), "invalid_request_object", 102_055),
        (json!({"request_uri": "https://signing.example/r"}), "invalid_request_object", 102_055),
        (json!({"scope": ["openid"]}), "invalid_request_object", 102_055),
        (json!({"client_id": "portal"}), "invalid_request", 102_056),
        (json!({"response_type": "id_token"}), "invalid_request", 102_056),
        (json!({"scope": "x".repeat(5000)}), "invalid_scope", 102_009),
    ];
    for (change, error, code) in cases {
        let object = signing.signer.sign("JWT", &signing.claims(&ask, change.clone())).unwrap();
        let page = signing.open(&object).await;
        let told = |name: &str| page.told(name).or_else(|| page.told_in_fragment(name));
        assert_eq!(
            (told("error"), told("error_code")),
            (Some(error.into()), Some(code.to_string())),
            "{change}"
        );
    }
    // A client assertion is signed with the same key, and no request.
    let assertion = signing.system.assertion(&signing.signer, json!({}));
    signing.open(&assertion).await.client_is_refused("invalid_request_object", 102_053);
}

#[tokio::test]
async fn an_error_goes_to_a_registered_address_only() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid");
    let (other, _) = key(SigningAlgorithm::Es256);
    let forged = other.sign("JWT", &signing.claims(&ask, json!({}))).unwrap();
    let bare = signing.with(&forged).without("redirect_uri").without("response_type").without("state");
    let page = signing.world.browser().get(&bare.address()).await;
    page.client_is_refused("invalid_request_object", 102_052);
    assert_eq!(page.told("state"), Some(ask.state.clone()));
    let evil = signing.claims(&ask, json!({"redirect_uri": "https://evil.example/cb"}));
    let page = signing.world.browser().get(&signing.with(&other.sign("JWT", &evil).unwrap()).address()).await;
    page.person_is_refused(400, 102_052);
    let page = signing
        .world
        .browser()
        .get(&signing.with(&signing.signer.sign("JWT", &evil).unwrap()).address())
        .await;
    page.person_is_refused(400, 102_003);
    // Only inside, and beside a member of the wrong kind.
    let mistaken = signing.claims(&ask, json!({"scope": ["openid"]}));
    let mistaken = signing.with(&signing.signer.sign("JWT", &mistaken).unwrap());
    let page =
        signing.world.browser().get(&mistaken.without("redirect_uri").without("state").address()).await;
    page.client_is_refused("invalid_request_object", 102_055);
    assert_eq!(page.told("state"), Some(ask.state.clone()));
    let unknown = signing.with(&forged).with("client_id", "nobody");
    signing.world.browser().get(&unknown.address()).await.person_is_refused(400, 101_003);
}

#[tokio::test]
async fn a_signed_request_may_be_pushed_or_required() {
    let signing = signing(json!({"require_signed_request_object": true})).await;
    let ask = signing.system.ask("openid");
    let mut browser = signing.world.browser();
    browser.sign_in(&WANG).await;
    browser.get(&ask.address()).await.client_is_refused("invalid_request", 102_058);
    signing.system.push(&ask).await.refused(400, "invalid_request", 102_058);
    let object = signing.signer.sign("JWT", &signing.claims(&ask, json!({}))).unwrap();
    let pushed = signing.system.push(&signing.with(&object)).await;
    let request_uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let page = browser.get(&signing.system.address_of(&request_uri)).await;
    Tokens::of(&signing.system.exchange(&page.code(), &ask).await);
    signing.open(&object).await.code();
}

#[tokio::test]
async fn a_flood_is_refused_before_it_is_read() {
    let signing = signing(json!({})).await;
    let megabyte = "a".repeat(1 << 20);
    let posted = Call::post("/oidc/authorize", &[("client_id", "signing"), ("request", &megabyte)]);
    assert_eq!(posted.send(&signing.world.router).await.status.as_u16(), 413);
    let pushed = signing.system.push(&signing.with(&megabyte)).await;
    pushed.refused(413, "invalid_request", 100_004);
    let bytes = Call::post_body("/oidc/par", "client_id=signing&request=%ff".to_owned())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    bytes.send(&signing.world.router).await.refused(400, "invalid_request", 100_001);
}

#[tokio::test]
async fn a_request_behind_an_address_is_not_fetched() {
    let signing = signing(json!({})).await;
    let ask = signing.system.ask("openid").with("request_uri", "https://signing.example/object");
    let page = signing.world.browser().get(&ask.address()).await;
    page.client_is_refused("request_uri_not_supported", 102_026);
    let metadata = Call::get("/.well-known/openid-configuration").send(&signing.world.router).await.good();
    assert_eq!(metadata["issuer"], ISSUER);
    assert_eq!(metadata["request_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], true);
    assert_eq!(metadata["require_request_uri_registration"], true);
    let algorithms = metadata["request_object_signing_alg_values_supported"].as_array().unwrap();
    assert!(algorithms.contains(&json!("ES256")) && !algorithms.contains(&json!("none")));
}
