//! Hybrid and implicit answers (OIDC Core §3.2, §3.3): for old systems registered for them, and for nobody else.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Page, RelyingParty, Tokens, WANG, World};

const SECRET: &str = "old-secret-0123456789abcdef";
const FRONT: [&str; 5] = ["id_token", "id_token token", "code id_token", "code token", "code id_token token"];

fn old() -> Value {
    json!({
        "client_id": "old", "client_secret": SECRET, "department": "hrss", "client_name": "旧平台",
        "redirect_uris": ["https://old.example/cb"], "consent": "implicit", "profile": "legacy",
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "response_types": ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"],
        "scope": "openid profile email",
    })
}

async fn world() -> (World, RelyingParty) {
    let world = World::with_clients(&[old()]).await;
    let system = RelyingParty::new(&world, "old", Credential::Basic(SECRET.to_owned()));
    (world, system)
}

/// The left half of the digest, as `at_hash`, `c_hash` and `s_hash` are made for RS256 (OIDC Core §3.1.3.6).
fn half(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, text.as_bytes()).as_ref()[..16])
}

async fn open(
    world: &World,
    system: &RelyingParty,
    response_type: &str,
    change: &[(&str, &str)],
) -> (Page, crate::support::Ask) {
    let mut ask = system.ask("openid profile").with("response_type", response_type);
    for (name, value) in change {
        ask = ask.with(name, value);
    }
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    (browser.get(&ask.address()).await, ask)
}

#[tokio::test]
async fn each_response_type_gives_what_it_names() {
    let (world, system) = world().await;
    for response_type in FRONT {
        let (page, ask) = open(&world, &system, response_type, &[]).await;
        assert!(page.left_to().query().is_none(), "{response_type}");
        let told = |name: &str| page.told_in_fragment(name);
        assert_eq!(told("state"), Some(ask.state.clone()));
        let words: Vec<&str> = response_type.split(' ').collect();
        assert_eq!(told("code").is_some(), words.contains(&"code"), "{response_type}");
        assert_eq!(told("access_token").is_some(), words.contains(&"token"), "{response_type}");
        assert_eq!(told("id_token").is_some(), words.contains(&"id_token"), "{response_type}");
        assert_eq!(told("refresh_token"), None);
        if let Some(access) = told("access_token") {
            assert_eq!(
                (told("token_type").as_deref(), told("expires_in").as_deref(), told("scope").as_deref()),
                (Some("Bearer"), Some("600"), Some("openid profile"))
            );
            assert_eq!(system.userinfo(&access).await.good()["name"], WANG.name);
        }
        let mut sub = None;
        if let Some(id_token) = told("id_token") {
            let claims = system.id_claims(&id_token).await;
            assert_eq!((&claims["nonce"], &claims["aud"]), (&json!(ask.nonce), &json!("old")));
            assert_eq!(claims.get("at_hash").cloned(), told("access_token").map(|token| json!(half(&token))));
            assert_eq!(claims.get("c_hash").cloned(), told("code").map(|code| json!(half(&code))));
            assert_eq!(claims.get("s_hash").cloned(), told("code").map(|_| json!(half(&ask.state))));
            // OIDC Core §5.4: scopes are answered in the ID token only where there is no access token.
            assert_eq!(claims.get("name").is_some(), response_type == "id_token", "{response_type}");
            assert!(claims["sid"].is_string() && claims["auth_time"].is_i64());
            sub = Some(claims["sub"].clone());
        }
        if let Some(code) = told("code") {
            let tokens = Tokens::of(&system.exchange(&code, &ask).await);
            let claims = system.id_claims(&tokens.id.unwrap()).await;
            assert!(sub.is_none_or(|sub| sub == claims["sub"]));
            assert_eq!(claims["nonce"], ask.nonce);
            assert!(tokens.refresh.is_some());
        }
    }
}

#[tokio::test]
async fn the_order_of_the_words_does_not_matter() {
    let (world, system) = world().await;
    let (page, _) = open(&world, &system, "token id_token code", &[]).await;
    assert!(page.told_in_fragment("code").is_some() && page.told_in_fragment("id_token").is_some());
}

#[tokio::test]
async fn an_id_token_in_front_needs_a_nonce() {
    let (world, system) = world().await;
    for response_type in FRONT {
        let (page, _) = open(&world, &system, response_type, &[("nonce", "")]).await;
        let needed = response_type.contains("id_token");
        let code = page.error_number();
        assert_eq!(code.as_deref(), needed.then_some("102013"), "{response_type}");
    }
}

#[tokio::test]
async fn tokens_never_stand_in_a_query() {
    let (world, system) = world().await;
    for response_type in FRONT {
        for mode in ["query", "query.jwt"] {
            let (page, _) = open(&world, &system, response_type, &[("response_mode", mode)]).await;
            assert_eq!(page.error_number().as_deref(), Some("102008"), "{response_type} {mode}");
            assert!(page.left_to().query().is_none());
        }
    }
}

#[tokio::test]
async fn an_error_comes_in_the_fragment() {
    let (world, system) = world().await;
    let ask = system.ask("openid").with("response_type", "code id_token").with("prompt", "none");
    let page = world.browser().get(&ask.address()).await;
    assert!(page.left_to().query().is_none());
    assert_eq!(page.told_in_fragment("error").as_deref(), Some("login_required"));
    assert_eq!(page.told_in_fragment("state"), Some(ask.state));
}

#[tokio::test]
async fn it_may_be_posted_and_signed() {
    let (world, system) = world().await;
    let (page, ask) = open(&world, &system, "code id_token", &[("response_mode", "form_post")]).await;
    let form = page.form(&[]);
    let fields = form.fields();
    let value = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    assert_eq!(value("state"), Some(ask.state.as_str()));
    system.id_claims(value("id_token").unwrap()).await;
    let (page, _) = open(&world, &system, "code id_token token", &[("response_mode", "jwt")]).await;
    let claims = system.signed_claims(&page.told_in_fragment("response").unwrap()).await;
    assert!(claims["id_token"].is_string() && claims["access_token"].is_string());
    assert_eq!(claims["expires_in"], 600);
}

#[tokio::test]
async fn an_old_system_without_pkce_is_served_and_a_new_one_is_not() {
    let mut strict = old();
    strict["client_id"] = json!("strict");
    strict["redirect_uris"] = json!(["https://strict.example/cb"]);
    strict["profile"] = json!("default");
    let world = World::with_clients(&[old(), strict]).await;
    for (client_id, answered) in [("old", true), ("strict", false)] {
        let system = RelyingParty::new(&world, client_id, Credential::Basic(SECRET.to_owned()));
        let without = [("code_challenge", ""), ("code_challenge_method", "")];
        let (page, _) = open(&world, &system, "code id_token", &without).await;
        assert_eq!(page.told_in_fragment("code").is_some(), answered, "{client_id}");
        // There is no code to protect in an implicit answer.
        let (page, _) = open(&world, &system, "id_token", &without).await;
        assert!(page.told_in_fragment("id_token").is_some(), "{client_id}");
    }
}

#[tokio::test]
async fn what_is_not_registered_is_refused() {
    let mut only = old();
    only["response_types"] = json!(["code", "code id_token"]);
    let world = World::with_clients(&[only]).await;
    let system = RelyingParty::new(&world, "old", Credential::Basic(SECRET.to_owned()));
    for response_type in FRONT {
        let (page, _) = open(&world, &system, response_type, &[]).await;
        let refused = page.error_number();
        assert_eq!(refused.is_none(), response_type == "code id_token", "{response_type}");
    }
    let office = world.system("office");
    let (page, _) = open(&world, &office, "code id_token", &[]).await;
    assert_eq!(page.told_in_fragment("error").as_deref(), Some("unauthorized_client"));
    let tried = system.token(&[("grant_type", "implicit")]).await;
    tried.refused(400, "unsupported_grant_type", 103_002);
}

#[tokio::test]
async fn tokens_of_the_front_die_with_the_session_and_the_consent() {
    let (world, system) = world().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = system.ask("openid profile").with("response_type", "id_token token");
    let page = browser.get(&ask.address()).await;
    let access = page.told_in_fragment("access_token").unwrap();
    system.userinfo(&access).await.good();
    assert_eq!(system.introspect(&access).await.good()["active"], true);
    // The client is part of the session, as after a code exchange: the person sees it among the signed-in systems.
    assert!(browser.get("/account/sessions").await.text().contains("旧平台"));
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
    system.userinfo(&access).await.refused(401, "invalid_token", 104_006);
}

#[tokio::test]
async fn discovery_names_the_response_types() {
    let (world, _) = world().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    let types = metadata["response_types_supported"].as_array().unwrap();
    for response_type in FRONT.iter().chain(&["code"]) {
        assert!(types.contains(&json!(response_type)), "{response_type}");
    }
    assert!(!types.contains(&json!("token")));
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!("implicit")));
}
