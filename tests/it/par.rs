//! Pushed authorization requests (RFC 9126): taken from the client alone, opened by a browser, answered once.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Ask, RelyingParty, Tokens, WANG, World, all_at_once, town};

fn signer() -> Arc<Signer> {
    let key = generate(SigningAlgorithm::Es256).unwrap();
    Arc::new(Signer::from_pkcs8(SigningAlgorithm::Es256, &key).unwrap())
}

fn bank(profile: &str, signer: &Signer) -> Value {
    json!({
        "client_id": "bank", "department": "data", "client_name": "银行", "redirect_uris": ["https://bank.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [signer.jwk()]}, "scope": "openid profile",
        "consent": "implicit", "profile": profile,
    })
}

#[tokio::test]
async fn a_pushed_request_leads_to_a_code() {
    let world = World::new().await;
    let portal = world.system("portal");
    let ask = portal.ask("openid profile");
    let answer = portal.push(&ask).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    let request_uri = body["request_uri"].as_str().unwrap();
    assert!(request_uri.starts_with("urn:ietf:params:oauth:request_uri:") && request_uri.len() >= 34 + 43);
    assert_eq!(body["expires_in"], 90);

    let mut browser = world.browser();
    let page = browser.get(&portal.address_of(request_uri)).await;
    assert!(!page.path.contains("urn"), "{}", page.path);
    let page = browser.sign_in_on(&page, &WANG).await;
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!((page.told("state"), page.told("iss").as_deref()), (Some(ask.state.clone()), Some(ISSUER)));
    let tokens = Tokens::of(&portal.exchange(&page.code(), &ask).await);
    assert_eq!(portal.id_claims(&tokens.id.unwrap()).await["nonce"], ask.nonce);
}

#[tokio::test]
async fn every_kind_of_client_may_push() {
    let signer = signer();
    let world = World::with_clients(&[bank("default", &signer)]).await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let bank = RelyingParty::new(&world, "bank", Credential::Key(signer));
    for system in [world.system("office"), world.system("app"), bank] {
        let ask = system.ask("openid");
        let page = browser.get(&system.pushed(&ask).await).await;
        Tokens::of(&system.exchange(&page.code(), &ask).await);
    }
    // In the header or an assertion the client is named already.
    let portal = world.system("portal");
    assert_eq!(portal.push(&portal.ask("openid").without("client_id")).await.status.as_u16(), 201);
}

#[tokio::test]
async fn only_the_client_itself_may_push() {
    let world = World::new().await;
    let portal = world.system("portal");
    let ask = portal.ask("openid");
    let thief = portal.showing(Credential::Basic("wrong-secret-0123456789".to_owned()));
    thief.push(&ask).await.refused(401, "invalid_client", 101_009);
    portal.showing(Credential::Public).push(&ask).await.refused(401, "invalid_client", 101_008);
    portal.push(&ask.clone().with("client_id", "office")).await.refused(400, "invalid_request", 101_019);
    let json = Call::post_body("/oidc/par", "{}".to_owned()).header(CONTENT_TYPE, "application/json");
    json.send(&world.router).await.refused(415, "invalid_request", 100_005);
    assert_eq!(Call::get("/oidc/par").send(&world.router).await.status.as_u16(), 405);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once() {
    let world = World::new().await;
    let portal = world.system("portal");
    let ask = portal.ask("openid");
    let cases = [
        (ask.clone().with("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request", 102_064),
        (ask.clone().without("redirect_uri"), "invalid_request", 102_001),
        (ask.clone().with("redirect_uri", "https://portal.example/other"), "invalid_request", 102_003),
        (
            ask.clone().with("redirect_uri", "https://portal.example@evil.example/cb"),
            "invalid_request",
            102_002,
        ),
        (ask.clone().without("response_type"), "invalid_request", 102_004),
        (ask.clone().with("response_type", "code id_token"), "unauthorized_client", 102_006),
        (ask.clone().without("code_challenge").without("code_challenge_method"), "invalid_request", 102_014),
        (ask.clone().with("code_challenge_method", "plain"), "invalid_request", 102_015),
        (ask.clone().with("scope", "profile"), "invalid_scope", 102_042),
        (ask.clone().with("scope", ""), "invalid_scope", 102_042),
        (ask.clone().without("scope"), "invalid_scope", 102_042),
        (ask.clone().with("prompt", "none login"), "invalid_request", 102_018),
        (ask.clone().with("id_token_hint", "a.b.c"), "invalid_request", 102_022),
        (ask.clone().with("request", "a.b.c"), "invalid_request_object", 102_050),
        (ask.clone().with("resource", "https://api.example/"), "invalid_target", 102_029),
        (ask.clone().with("dpop_jkt", "x"), "invalid_request", 102_030),
    ];
    for (ask, error, code) in cases {
        portal.push(&ask).await.refused(400, error, code);
    }
    let long = ask.clone().with("scope", &"x".repeat(100_000));
    portal.push(&long).await.refused(413, "invalid_request", 100_004);
    portal.push(&ask.and("state", "twice")).await.refused(400, "invalid_request", 100_002);
}

#[tokio::test]
async fn beside_the_name_nothing_counts() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = office.ask("openid");
    let address = office.pushed(&ask).await;
    let loaded = format!(
        "{address}&redirect_uri=https://evil.example/&state=forged&scope=openid+profile&response_mode=fragment&prompt=login"
    );
    let page = browser.get(&loaded).await;
    assert!(page.left_to().as_str().starts_with("https://office.example/cb?code="), "{}", page.left_to());
    assert_eq!(page.told("state"), Some(ask.state.clone()));
    assert_eq!(Tokens::of(&office.exchange(&page.code(), &ask).await).scope, "openid");
}

#[tokio::test]
async fn it_is_answered_once() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let address = office.pushed(&office.ask("openid")).await;
    browser.get(&address).await.code();
    browser.get(&address).await.person_is_refused(400, 102_062);
    world.browser().get(&address).await.person_is_refused(400, 102_062);
    // An error is an answer too.
    let asked = office.ask("openid").with("prompt", "none");
    let address = office.pushed(&asked).await;
    let mut nobody = world.browser();
    nobody.get(&address).await.client_is_refused("login_required", 102_031);
    browser.get(&address).await.person_is_refused(400, 102_062);
}

#[tokio::test]
async fn two_ways_through_one_request_get_one_answer() {
    let world = World::new().await;
    let office = world.system("office");
    let address = office.pushed(&office.ask("openid")).await;
    let (mut one, mut two) = (world.browser(), world.browser());
    let (first, second) = (one.get(&address).await, two.get(&address).await);
    one.sign_in_on(&first, &WANG).await.code();
    two.sign_in_on(&second, &WANG).await.person_is_refused(400, 102_062);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_openings_at_once_give_one_answer() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let address = office.pushed(&office.ask("openid")).await;
    let openings = (0..50).map(|_| {
        let (mut browser, address) = (browser.clone(), address.clone());
        async move { browser.get(&address).await.answer.header("location").is_some() }
    });
    let answered = all_at_once(openings).await.into_iter().filter(|left| *left).count();
    assert_eq!(answered, 1);
}

#[tokio::test]
async fn loading_a_page_again_does_not_break_the_way() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let address = portal.pushed(&portal.ask("openid profile")).await;
    let first = browser.get(&address).await;
    world.later(60);
    let page = browser.get(&address).await;
    assert_eq!((page.name().as_str(), &page.path), ("sign-in", &first.path));
    // Whoever has begun in time goes on, long after anybody else comes too late.
    world.later(300);
    let page = browser.get(&address).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!(page.name(), "consent");
    let page = browser.get(&address).await;
    assert_eq!(page.name(), "consent");
    world.browser().get(&address).await.person_is_refused(400, 102_061);
    browser.submit(&page, &[("decision", "allow")]).await.code();
}

#[tokio::test]
async fn it_lives_for_ninety_seconds() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let address = office.pushed(&office.ask("openid")).await;
    world.later(89);
    browser.get(&address).await.code();
    let address = office.pushed(&office.ask("openid")).await;
    world.later(91);
    browser.get(&address).await.person_is_refused(400, 102_061);
}

#[tokio::test]
async fn another_clients_request_is_neither_answered_nor_lost() {
    let world = World::new().await;
    let (office, portal) = (world.system("office"), world.system("portal"));
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let address = office.pushed(&office.ask("openid")).await;
    let stolen = address.replace("client_id=office", "client_id=portal");
    browser.get(&stolen).await.person_is_refused(400, 102_063);
    browser
        .get(&address.replace("client_id=office", "client_id=nobody"))
        .await
        .person_is_refused(400, 101_003);
    browser.get(&address.replace("client_id=office&", "")).await.person_is_refused(400, 101_001);
    browser.get(&format!("{address}&request=a.b.c")).await.person_is_refused(400, 102_065);
    browser.get(&address).await.code();
    let invented = portal.address_of(&format!("urn:ietf:params:oauth:request_uri:{}", "x".repeat(43)));
    browser.get(&invented).await.person_is_refused(400, 102_060);
}

#[tokio::test]
async fn who_must_push_is_refused_otherwise() {
    let secret = town::PORTAL_SECRET;
    let world = World::with_clients(&[json!({
        "client_id": "pusher", "client_secret": secret, "department": "data", "redirect_uris": ["https://pusher.example/cb"],
        "consent": "implicit", "require_pushed_authorization_requests": true,
    })])
    .await;
    let pusher = RelyingParty::new(&world, "pusher", Credential::Basic(secret.to_owned()));
    let ask = pusher.ask("openid");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    browser.get(&ask.address()).await.client_is_refused("invalid_request", 102_028);
    browser.get(&pusher.pushed(&ask).await).await.code();
}

#[tokio::test]
async fn the_fapi_profile_switches_its_rules_by_one_word() {
    let signer = signer();
    let world = World::with_clients(&[bank("fapi2", &signer)]).await;
    let bank = RelyingParty::new(&world, "bank", Credential::Key(signer));
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = bank.ask("openid");
    browser.get(&ask.address()).await.client_is_refused("invalid_request", 102_028);
    let without = ask.clone().without("code_challenge").without("code_challenge_method");
    bank.push(&without).await.refused(400, "invalid_request", 102_014);
    for front in ["code id_token", "id_token", "code token"] {
        bank.push(&ask.clone().with("response_type", front)).await.refused(
            400,
            "unauthorized_client",
            102_006,
        );
    }
    let page = browser.get(&bank.pushed(&ask).await).await;
    assert_eq!(page.told("iss").as_deref(), Some(ISSUER));
    page.code();
}

#[tokio::test]
async fn message_signing_asks_for_signed_requests() {
    let signer = signer();
    let world = World::with_clients(&[bank("fapi2_message_signing", &signer)]).await;
    let bank = RelyingParty::new(&world, "bank", Credential::Key(signer.clone()));
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = bank.ask("openid");
    bank.push(&ask).await.refused(400, "invalid_request", 102_058);
    let push = async |change: Value| {
        let mut claims = ask.claims(world.now().seconds());
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let object = signer.sign("oauth-authz-req+jwt", &claims).unwrap();
        bank.push(&bare(&bank).with("request", &object)).await
    };
    let now = world.now().seconds();
    for (change, code) in [
        (json!({"exp": null}), 102_054),
        (json!({"nbf": null}), 102_054),
        (json!({"nbf": now, "exp": now + 3601}), 102_054),
        (json!({"nbf": now - 3700}), 102_054),
        (json!({"exp": now - 60}), 102_054),
        (json!({"nbf": now + 60}), 102_054),
        (json!({"iss": null}), 102_053),
        (json!({"aud": null}), 102_053),
        (json!({"aud": "https://other.example"}), 102_053),
    ] {
        push(change).await.refused(400, "invalid_request_object", code);
    }
    let answer = push(json!({"response_mode": "jwt"})).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    let page = browser.get(&bank.address_of(answer.json()["request_uri"].as_str().unwrap())).await;
    let claims = bank.signed_claims(&page.told("response").unwrap()).await;
    assert_eq!((&claims["state"], &claims["iss"]), (&json!(ask.state), &json!(ISSUER)));
    assert!(claims["code"].is_string());
}

/// A request with nothing in it.
fn bare(system: &RelyingParty) -> Ask {
    let names = [
        "response_type",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ];
    names.iter().fold(system.ask("openid"), |ask, name| ask.without(name))
}

#[tokio::test]
async fn a_code_for_one_key_is_no_use_without_it() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = office.ask("openid").with("dpop_jkt", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let page = browser.get(&office.pushed(&ask).await).await;
    office.exchange(&page.code(), &ask).await.refused(400, "invalid_grant", 102_070);
}

#[tokio::test]
async fn discovery_names_the_endpoint() {
    let world = World::new().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{ISSUER}/oidc/par"));
    assert_eq!(metadata["require_pushed_authorization_requests"], false);
}
