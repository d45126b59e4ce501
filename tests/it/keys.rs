//! Keys on both sides: what is encrypted to clients and to us, how keys change, and who signs with what.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use tongyao::base::random;
use tongyao::crypto::folder::KeysFolder;
use tongyao::crypto::jwe::{self, Algorithms, Content, Decrypter, PublicKey};
use tongyao::crypto::keys::KeyName;
use tongyao::crypto::keystore::{Kept, Occasion, Rotated};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::jobs;
use tongyao::protocol::SigningAlgorithm;
use tongyao::protocol::encryption::{ContentEncryption, KeyManagement};

use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::{Credential, Tokens};
use crate::support::wire::Call;
use crate::support::{RelyingParty, WANG, World};

const SECRET: &str = "sealed-secret-0123456789abcdef0123";

fn decrypter(algorithm: KeyManagement) -> Decrypter {
    let pkcs8 = <Decrypter as Kept>::generate(algorithm).unwrap();
    Decrypter::from_pkcs8(algorithm, &pkcs8).unwrap()
}

fn opened(key: &Decrypter, token: &str) -> (String, Option<String>) {
    let opened = jwe::decrypt(&random::System::default(), [key], token).unwrap();
    (String::from_utf8(opened.content.to_vec()).unwrap(), opened.cty)
}

/// A client that may ask without a page, with these members more.
fn sealed(more: &Value) -> Value {
    let mut client = json!({
        "client_id": "sealed", "client_secret": SECRET, "department": "data", "consent": "implicit",
        "redirect_uris": ["https://sealed.example/cb"], "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile",
    });
    client.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    client
}

fn system(world: &World) -> RelyingParty {
    RelyingParty::new(world, "sealed", Credential::Basic(SECRET.to_owned()))
}

async fn jwks(world: &World) -> Value {
    Call::get("/oidc/jwks").send(&world.router).await.good()
}

#[tokio::test]
async fn the_published_keys_say_what_they_are_for() {
    let world = World::new().await;
    let published = jwks(&world).await;
    let keys = published["keys"].as_array().unwrap();
    let of = |used: &str| keys.iter().filter(|key| key["use"] == used).collect::<Vec<_>>();
    assert_eq!(of("sig").len() + of("enc").len(), keys.len());
    let algorithms: Vec<_> = of("enc").iter().map(|key| key["alg"].as_str().unwrap()).collect();
    assert_eq!(algorithms, KeyManagement::ALL.iter().map(|alg| alg.as_str()).collect::<Vec<_>>());
    // A client that takes the first RSA key there is takes the one that ID tokens are signed with by default.
    assert_eq!((&keys[0]["alg"], &keys[0]["use"]), (&json!("RS256"), &json!("sig")));
    let kids: HashSet<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids.len(), keys.len());
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[tokio::test]
async fn id_tokens_are_encrypted_for_who_wants_it() {
    for alg in KeyManagement::ALL {
        let key = decrypter(*alg);
        let signing =
            Signer::from_pkcs8(SigningAlgorithm::Es256, &generate(SigningAlgorithm::Es256).unwrap());
        let client = sealed(&json!({
            "id_token_encrypted_response_alg": alg, "id_token_encrypted_response_enc": "A256GCM",
            "jwks": {"keys": [signing.unwrap().jwk(), key.jwk()]},
        }));
        let world = World::with_clients(&[client]).await;
        let system = system(&world);
        let tokens = system.connect(&mut world.browser(), &WANG, "openid").await;
        let (signed, cty) = opened(&key, &tokens.id.unwrap());
        assert_eq!(cty.as_deref(), Some("JWT"), "{alg}");
        assert!(system.id_claims(&signed).await["sub"].is_string());
        let refreshed = Tokens::of(&system.refresh(&tokens.refresh.unwrap()).await);
        assert!(system.id_claims(&opened(&key, &refreshed.id.unwrap()).0).await["sub"].is_string());
    }
}

#[tokio::test]
async fn userinfo_is_signed_encrypted_or_both() {
    let key = decrypter(KeyManagement::EcdhEsA256Kw);
    let encrypted =
        json!({"userinfo_encrypted_response_alg": "ECDH-ES+A256KW", "jwks": {"keys": [key.jwk()]}});
    let world = World::with_clients(&[sealed(&encrypted)]).await;
    let system = system(&world);
    let tokens = system.connect(&mut world.browser(), &WANG, "openid profile").await;
    assert!(system.id_claims(&tokens.id.unwrap()).await["sub"].is_string(), "the ID token is not encrypted");
    let answer = system.userinfo(&tokens.access).await;
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    let (claims, cty) = opened(&key, &answer.body);
    assert_eq!(
        (cty, serde_json::from_str::<Value>(&claims).unwrap()["name"].clone()),
        (None, json!(WANG.name))
    );

    let mut both = encrypted.clone();
    both["userinfo_signed_response_alg"] = json!("PS256");
    world.apply(json!({ "clients": [sealed(&both)] })).await;
    world.later(6);
    let answer = system.userinfo(&tokens.access).await;
    let (signed, cty) = opened(&key, &answer.body);
    assert_eq!(cty.as_deref(), Some("JWT"));
    assert_eq!(system.signed_claims(&signed).await["name"], WANG.name);
}

/// A department's web server with its keys; `None` fails.
async fn key_server() -> (String, Arc<Mutex<Option<Value>>>) {
    let answer: Arc<Mutex<Option<Value>>> = Arc::default();
    let told = answer.clone();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/jwks", listener.local_addr().unwrap());
    let handler = move || {
        let text = told.lock().unwrap().as_ref().map(Value::to_string);
        async move { text.ok_or(http::StatusCode::BAD_GATEWAY) }
    };
    let routes = axum::Router::new().route("/jwks", get(handler));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (uri, answer)
}

#[tokio::test]
async fn a_key_that_cannot_be_had_uses_nothing_up() {
    let (uri, answer) = key_server().await;
    let client = sealed(&json!({"id_token_encrypted_response_alg": "ECDH-ES", "jwks_uri": uri}));
    let world = World::with_clients(&[client]).await;
    let system = system(&world);
    let mut browser = world.browser();
    let ask = system.ask("openid");
    let code = browser.pass(&ask, &WANG).await.code();
    system.exchange(&code, &ask).await.refused(503, "temporarily_unavailable", 101_041);

    // The address answers again, and then with a key that serves: it is asked once a minute.
    let first = decrypter(KeyManagement::EcdhEs);
    *answer.lock().unwrap() = Some(json!({"keys": [first.jwk()]}));
    let ask = system.ask("openid");
    let code = browser.pass(&ask, &WANG).await.code();
    system.exchange(&code, &ask).await.refused(503, "temporarily_unavailable", 101_041);
    world.later(59);
    system.exchange(&code, &ask).await.refused(503, "temporarily_unavailable", 101_041);
    world.later(1);
    let ask = system.ask("openid");
    let code = browser.pass(&ask, &WANG).await.code();
    *answer.lock().unwrap() = Some(json!({"keys": [decrypter(KeyManagement::RsaOaep).jwk()]}));
    system.exchange(&code, &ask).await.refused(400, "invalid_request", 101_040);
    *answer.lock().unwrap() = Some(json!({"keys": [first.jwk()]}));
    world.later(59);
    system.exchange(&code, &ask).await.refused(400, "invalid_request", 101_040);
    world.later(1);
    // The code was never touched, and is older than its minute only now.
    system.exchange(&code, &ask).await.refused(400, "invalid_grant", 103_006);
    let ask = system.ask("openid");
    let code = browser.pass(&ask, &WANG).await.code();
    let tokens = Tokens::of(&system.exchange(&code, &ask).await);
    assert!(system.id_claims(&opened(&first, &tokens.id.unwrap()).0).await["sub"].is_string());
}

#[tokio::test]
async fn a_client_that_changes_its_key_is_followed_within_ten_minutes() {
    let (uri, answer) = key_server().await;
    let (old, new) = (decrypter(KeyManagement::RsaOaep256), decrypter(KeyManagement::RsaOaep256));
    *answer.lock().unwrap() = Some(json!({"keys": [old.jwk()]}));
    let client = sealed(&json!({"id_token_encrypted_response_alg": "RSA-OAEP-256", "jwks_uri": uri}));
    let world = World::with_clients(&[client]).await;
    let system = system(&world);
    let mut browser = world.browser();
    opened(&old, &system.connect(&mut browser, &WANG, "openid").await.id.unwrap());
    *answer.lock().unwrap() = Some(json!({"keys": [new.jwk()]}));
    world.later(599);
    opened(&old, &system.connect(&mut browser, &WANG, "openid").await.id.unwrap());
    world.later(1);
    opened(&new, &system.connect(&mut browser, &WANG, "openid").await.id.unwrap());
}

#[tokio::test]
async fn what_is_encrypted_to_us_is_opened_and_nothing_else() {
    let world = World::new().await;
    let published = jwks(&world).await;
    let random = random::System::default();
    for alg in KeyManagement::ALL {
        let key =
            published["keys"].as_array().unwrap().iter().find(|key| key["alg"] == alg.as_str()).unwrap();
        let key = PublicKey::from_jwk(key).unwrap();
        let algorithms = Algorithms { alg: *alg, enc: ContentEncryption::A256CbcHs512 };
        let token = jwe::encrypt(&random, &key, algorithms, (Content::Nested, b"a.b.c")).unwrap();
        assert_eq!(world.app.keys.decrypt_token(&random, &token).unwrap(), "a.b.c");
        let stranger = PublicKey::from_jwk(decrypter(*alg).jwk()).unwrap();
        let token = jwe::encrypt(&random, &stranger, algorithms, (Content::Nested, b"a.b.c")).unwrap();
        assert!(world.app.keys.decrypt_token(&random, &token).is_err());
    }
}

/// A system that keeps our keys for ten minutes, as their header says it may.
fn believes(cached: &Value, token: &str) -> bool {
    let keys: JwkSet = serde_json::from_value(cached.clone()).unwrap();
    let header = decode_header(token).unwrap();
    let Some(key) = keys.find(header.kid.as_deref().unwrap()) else { return false };
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.validate_aud = false;
    decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
}

#[tokio::test]
async fn rotation_by_schedule_is_never_noticed() {
    let world = World::with_own_keys(&[sealed(&json!({}))]).await;
    let random = random::System::default();
    let to_us = |published: &Value| {
        let keys = published["keys"].as_array().unwrap();
        let key = keys.iter().find(|key| key["alg"] == "ECDH-ES").unwrap();
        let algorithms = Algorithms { alg: KeyManagement::EcdhEs, enc: ContentEncryption::A128Gcm };
        jwe::encrypt(&random, &PublicKey::from_jwk(key).unwrap(), algorithms, (Content::Nested, b"a.b.c"))
            .unwrap()
    };
    world.later(90 * 86_400 - 5 * 60);
    let system = system(&world);
    let mut tokens = system.connect(&mut world.browser(), &WANG, "openid").await;
    let mut cached = jwks(&world).await;
    let mut signed_with = HashSet::new();
    for minute in 0..30 {
        jobs::signing_keys::run_once(world.app.clone()).await.unwrap();
        if minute % 10 == 9 {
            cached = jwks(&world).await;
        }
        tokens = Tokens::of(&system.refresh(&tokens.refresh.unwrap()).await);
        let id_token = tokens.id.clone().unwrap();
        assert!(believes(&cached, &id_token), "minute {minute}");
        assert!(world.app.keys.decrypt_token(&random, &to_us(&cached)).is_ok(), "minute {minute}");
        signed_with.insert(decode_header(&id_token).unwrap().kid.unwrap());
        world.later(60);
    }
    assert_eq!(signed_with.len(), 2, "it was rotated, once");
    let mut look = Look::at(&world).await;
    let rotated = look.number("SELECT COUNT(*) FROM audit_event WHERE kind = 'key_rotated'").await;
    let all = SigningAlgorithm::ALL.len() + KeyManagement::ALL.len();
    assert_eq!(rotated, i64::try_from(all).unwrap());
}

#[tokio::test]
async fn a_second_rotation_waits_unless_the_key_has_leaked() {
    let world = World::with_own_keys(&[]).await;
    world.later(3600);
    let name: KeyName = "ES256".parse().unwrap();
    let rotate = |occasion| jobs::signing_keys::rotate(&world.app, name, occasion);
    assert!(matches!(rotate(Occasion::Wish).await.unwrap(), Rotated::Done { .. }));
    world.later(899);
    assert_eq!(
        rotate(Occasion::Wish).await.unwrap(),
        Rotated::NotBefore(world.now() + Duration::from_secs(1))
    );
    assert!(matches!(rotate(Occasion::Emergency).await.unwrap(), Rotated::Done { .. }));
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM audit_event WHERE kind = 'key_rotated'").await, 2);
}

#[tokio::test]
async fn a_rotation_that_waits_for_the_folder_keeps_nobody_from_writing() {
    let world = World::with_own_keys(&[]).await;
    world.later(3600);
    let alone = KeysFolder::open(&world.app.settings.keys_dir).unwrap().lock().unwrap();
    let app = world.app.clone();
    let name = "ES256".parse().unwrap();
    let rotating =
        tokio::spawn(async move { jobs::signing_keys::rotate(&app, name, Occasion::Wish).await.unwrap() });
    for _ in 0..30 {
        let write = async { world.app.db.begin().await.unwrap().commit().await.unwrap() };
        tokio::time::timeout(Duration::from_secs(5), write).await.expect("the rotation holds the writers");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!rotating.is_finished());
    drop(alone);
    assert!(matches!(rotating.await.unwrap(), Rotated::Done { .. }));
}

#[tokio::test]
async fn a_rotation_that_cannot_be_recorded_does_not_happen() {
    let world = World::with_own_keys(&[]).await;
    world.later(3600);
    let name: KeyName = "ES256".parse().unwrap();
    let signs = || world.app.keys.signing.signer(SigningAlgorithm::Es256).unwrap().kid().to_owned();
    let files = || {
        let files = std::fs::read_dir(&world.app.settings.keys_dir).unwrap();
        files.map(|file| file.unwrap().file_name()).filter(|name| name != ".lock").collect::<HashSet<_>>()
    };
    let (before, signed) = (files(), signs());
    let mut look = Look::at(&world).await;
    look.change("ALTER TABLE audit_event RENAME TO taken_away").await;
    let refused = jobs::signing_keys::rotate(&world.app, name, Occasion::Wish).await.unwrap_err();
    assert!(refused.to_string().contains("no key was rotated"), "{refused:?}");
    world.app.keys.reload(world.now()).unwrap();
    assert_eq!((files(), signs()), (before, signed.clone()));
    look.change("ALTER TABLE taken_away RENAME TO audit_event").await;
    let again = jobs::signing_keys::rotate(&world.app, name, Occasion::Wish).await.unwrap();
    assert!(matches!(&again, Rotated::Done { kid } if *kid == signs() && *kid != signed), "{again:?}");
    assert_eq!(look.number("SELECT COUNT(*) FROM audit_event WHERE kind = 'key_rotated'").await, 1);
}

#[tokio::test]
async fn a_client_may_sign_with_its_secret_where_registered() {
    let client = json!({
        "client_id": "hmac", "client_secret": SECRET, "department": "hrss", "grant_types": ["client_credentials"],
        "response_types": [], "redirect_uris": [], "scope": "tasks.read",
        "token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "HS256",
    });
    let world = World::with_clients(std::slice::from_ref(&client)).await;
    let send = async |secret: &str, jti: &str| {
        let now = world.now().seconds();
        let claims = json!({
            "iss": "hmac", "sub": "hmac", "aud": "http://localhost:8000/oidc/token", "exp": now + 60, "jti": jti,
        });
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(json!({"alg": "HS256"})), part(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
        let assertion = format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag));
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        Call::post("/oidc/token", &fields).send(&world.router).await
    };
    send(SECRET, "1").await.good();
    send(SECRET, "1").await.refused(401, "invalid_client", 101_016);
    send("another-secret-0123456789abcdef0123", "2").await.refused(401, "invalid_client", 101_013);
    // The secret stays when it is not declared again, is not in the database as it is, and goes with the method.
    let mut again = client.clone();
    again.as_object_mut().unwrap().remove("client_secret");
    world.apply(json!({ "clients": [again] })).await;
    world.later(6);
    send(SECRET, "3").await.good();
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM client_shared_secret").await, 1);
    let mut basic = client.clone();
    basic["token_endpoint_auth_method"] = json!("client_secret_basic");
    basic.as_object_mut().unwrap().remove("token_endpoint_auth_signing_alg");
    world.apply(json!({ "clients": [basic] })).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM client_shared_secret").await, 0);
}

#[tokio::test]
async fn a_request_may_be_signed_and_then_encrypted() {
    let signer =
        Signer::from_pkcs8(SigningAlgorithm::Es256, &generate(SigningAlgorithm::Es256).unwrap()).unwrap();
    let client = sealed(&json!({
        "jwks": {"keys": [signer.jwk()]}, "request_object_encryption_alg": "ECDH-ES", "response_types": ["code"],
    }));
    let world = World::with_clients(&[client]).await;
    let system = system(&world);
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let (published, random) = (jwks(&world).await, random::System::default());
    let encrypted = |alg: KeyManagement, inside: &str| {
        let key =
            published["keys"].as_array().unwrap().iter().find(|key| key["alg"] == alg.as_str()).unwrap();
        let algorithms = Algorithms { alg, enc: ContentEncryption::A128CbcHs256 };
        let key = PublicKey::from_jwk(key).unwrap();
        jwe::encrypt(&random, &key, algorithms, (Content::Nested, inside.as_bytes())).unwrap()
    };
    let bare = |object: &str| {
        let names = ["scope", "nonce", "code_challenge", "code_challenge_method"];
        names.iter().fold(system.ask("openid"), |ask, name| ask.without(name)).with("request", object)
    };
    for alg in KeyManagement::ALL {
        let ask = system.ask("openid");
        let object = signer.sign("oauth-authz-req+jwt", &ask.claims(world.now().seconds())).unwrap();
        let page = browser.get(&bare(&encrypted(*alg, &object)).address()).await;
        assert_eq!(page.told("state").as_ref(), Some(&ask.state), "{alg}");
        Tokens::of(&system.exchange(&page.code(), &ask).await);
    }
    // Encryption is no signature, and what cannot be opened says nothing but that.
    let claims = system.ask("openid").claims(world.now().seconds()).to_string();
    let page = browser.get(&bare(&encrypted(KeyManagement::EcdhEs, &claims)).address()).await;
    page.client_is_refused("invalid_request_object", 102_050);
    let good = encrypted(KeyManagement::RsaOaep256, "a.b.c");
    let parts: Vec<&str> = good.split('.').collect();
    for (part, replacement) in [(1, "AAAA"), (3, "AAAA"), (4, "AAAA"), (0, "e30")] {
        let mut changed = parts.clone();
        changed[part] = replacement;
        let page = browser.get(&bare(&changed.join(".")).address()).await;
        page.client_is_refused("invalid_request_object", 102_057);
    }
}

#[tokio::test]
async fn signed_answers_are_encrypted_for_who_wants_it() {
    let key = decrypter(KeyManagement::RsaOaep256);
    let client = sealed(&json!({
        "authorization_encrypted_response_alg": "RSA-OAEP-256", "jwks": {"keys": [key.jwk()]},
    }));
    let world = World::with_clients(&[client]).await;
    let system = system(&world);
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = system.ask("openid").with("response_mode", "jwt");
    let page = browser.get(&ask.address()).await;
    let (signed, cty) = opened(&key, &page.told("response").unwrap());
    assert_eq!(cty.as_deref(), Some("JWT"));
    let claims = system.signed_claims(&signed).await;
    assert_eq!(claims["state"], ask.state);
    Tokens::of(&system.exchange(claims["code"].as_str().unwrap(), &ask).await);
    let refused = browser.get(&ask.with("scope", "profile").address()).await;
    let claims = system.signed_claims(&opened(&key, &refused.told("response").unwrap()).0).await;
    assert_eq!(claims["error"], "invalid_scope");
}

#[tokio::test]
async fn an_id_token_from_the_front_is_encrypted_too() {
    let key = decrypter(KeyManagement::EcdhEs);
    let client = sealed(&json!({
        "id_token_encrypted_response_alg": "ECDH-ES", "jwks": {"keys": [key.jwk()]}, "profile": "legacy",
        "grant_types": ["implicit"], "response_types": ["id_token"],
    }));
    let world = World::with_clients(&[client]).await;
    let system = system(&world);
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = system.ask("openid").with("response_type", "id_token");
    let ask = ask.without("code_challenge").without("code_challenge_method");
    let page = browser.get(&ask.address()).await;
    let (signed, _) = opened(&key, &page.told_in_fragment("id_token").unwrap());
    assert_eq!(system.id_claims(&signed).await["nonce"], ask.nonce);
}

#[tokio::test]
async fn introspection_and_logout_tokens_are_encrypted_too() {
    let (asking, leaving) = (decrypter(KeyManagement::EcdhEsA128Kw), decrypter(KeyManagement::RsaOaep));
    let listener = Listener::start().await;
    let client = sealed(&json!({
        "introspection_encrypted_response_alg": "ECDH-ES+A128KW", "id_token_encrypted_response_alg": "RSA-OAEP",
        "jwks": {"keys": [asking.jwk(), leaving.jwk()]}, "backchannel_logout_uri": listener.address,
    }));
    let world = World::with_clients(&[client]).await;
    let system = system(&world);
    let mut browser = world.browser();
    let tokens = system.connect(&mut browser, &WANG, "openid").await;

    let pair = base64::prelude::BASE64_STANDARD.encode(format!("sealed:{SECRET}"));
    let answer = Call::post("/oidc/introspect", &[("token", &tokens.access)])
        .header(http::header::AUTHORIZATION, &format!("Basic {pair}"))
        .header(http::header::ACCEPT, "application/token-introspection+jwt")
        .send(&world.router)
        .await;
    assert_eq!(answer.header("content-type"), Some("application/token-introspection+jwt"));
    let (signed, cty) = opened(&asking, &answer.body);
    assert_eq!(cty.as_deref(), Some("JWT"));
    assert_eq!(system.signed_claims(&signed).await["token_introspection"]["active"], true);

    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
    jobs::logout::run_once(world.app.clone()).await.unwrap();
    let heard = listener.heard();
    let posted: Vec<(String, String)> = serde_urlencoded::from_str(&heard[0]).unwrap();
    let (signed, _) = opened(&leaving, &posted[0].1);
    assert_eq!(decode_header(&signed).unwrap().typ.as_deref(), Some("logout+jwt"));
    assert!(system.signed_claims(&signed).await["sid"].is_string());
}
