//! Devices (RFC 8628): a kiosk shows a code, a person allows it elsewhere, the kiosk asks until it is answered.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::header::ORIGIN;
use serde_json::{Value, json};

use crate::support::key_holder::DPOP;
use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Browser, KeyHolder, LI, Page, RelyingParty, Tokens, WANG, World, all_at_once};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SECRET: &str = "kiosk-secret-0123456789abcdef";

fn kiosk(more: Value) -> Value {
    let mut client = json!({
        "client_id": "kiosk", "client_secret": SECRET, "department": "data", "client_name": "大厅自助终端",
        "grant_types": [GRANT, "refresh_token"], "response_types": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile phone offline_access", "id_token_signed_response_alg": "ES256",
    });
    client.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    client
}

fn player() -> Value {
    json!({
        "client_id": "player", "department": "data", "client_name": "电视应用", "consent": "implicit",
        "grant_types": [GRANT], "response_types": [], "token_endpoint_auth_method": "none", "scope": "openid profile",
    })
}

struct Started {
    device_code: String,
    user_code: String,
    complete: String,
}

async fn world() -> World {
    World::with_clients(&[kiosk(json!({})), player()]).await
}

fn kiosk_of(world: &World) -> RelyingParty {
    RelyingParty::new(world, "kiosk", Credential::Basic(SECRET.to_owned()))
}

async fn start(kiosk: &RelyingParty, fields: &[(&str, &str)]) -> Started {
    let body = kiosk.post("/oidc/device", fields).await.good();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    assert_eq!((body["expires_in"].as_u64(), body["interval"].as_u64()), (Some(600), Some(5)));
    assert_eq!(body["verification_uri"], "http://localhost:8000/device");
    assert_eq!(body.as_object().unwrap().len(), 6);
    Started {
        device_code: text("device_code"),
        user_code: text("user_code"),
        complete: text("verification_uri_complete"),
    }
}

async fn poll(kiosk: &RelyingParty, started: &Started) -> crate::support::Answer {
    kiosk.token(&[("grant_type", GRANT), ("device_code", &started.device_code)]).await
}

/// Types the code and signs in where asked; ends on the question.
async fn question(browser: &mut Browser, code: &str) -> Page {
    let page = browser.get("/device").await;
    assert_eq!(page.name(), "device");
    let page = browser.submit(&page, &[("user_code", code)]).await;
    if page.is("sign-in") { browser.sign_in_on(&page, &WANG).await } else { page }
}

async fn allow(browser: &mut Browser, code: &str) -> Page {
    let page = question(browser, code).await;
    assert_eq!(page.name(), "consent", "{}", page.text());
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(page.name(), "answered", "{}", page.text());
    page
}

#[tokio::test]
async fn a_question_that_is_answered_says_so_when_its_page_is_sent_again() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[("scope", "openid profile")]).await;
    let mut browser = world.browser();
    let page = question(&mut browser, &started.user_code).await;
    browser.submit(&page, &[("decision", "allow")]).await;
    let again = browser.submit(&page, &[("decision", "deny")]).await;
    assert_eq!((again.name().as_str(), again.status()), ("error", 410));
    assert!(again.links().iter().any(|link| link == "/account/requests"), "{:?}", again.links());
    assert_eq!(poll(&kiosk, &started).await.good()["scope"], "openid profile");
}

#[tokio::test]
async fn a_person_lets_a_kiosk_in() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let fields = [("scope", "openid profile"), ("device_name", "市民之家一楼 3 号机")];
    let started = start(&kiosk, &fields).await;
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);

    let mut browser = world.browser();
    let page = question(&mut browser, &started.user_code).await;
    for said in
        ["大厅自助终端", "市大数据局", "市民之家一楼 3 号机", &started.user_code, "基本信息", "打电话"]
    {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    assert_eq!(page.buttons("decision"), ["allow", "deny"]);
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    assert!(page.is("answered") && page.text().contains("已同意"), "{}", page.text());

    let tokens = Tokens::of(&poll(&kiosk, &started).await);
    let claims = kiosk.id_claims(tokens.id.as_deref().unwrap()).await;
    assert_eq!(
        (claims["amr"].as_array().unwrap().len(), claims["acr"].as_str()),
        (1, Some("urn:tongyao:loa:1"))
    );
    assert!(claims["sid"].is_string() && claims["at_hash"].is_string() && claims.get("nonce").is_none());
    let told = kiosk.userinfo(&tokens.access).await.good();
    assert_eq!((told["sub"].as_str(), told["name"].as_str()), (claims["sub"].as_str(), Some(WANG.name)));
    let again = kiosk.refresh(tokens.refresh.as_deref().unwrap()).await;
    Tokens::of(&again);
    poll(&kiosk, &started).await.refused(400, "invalid_grant", 103063);
    // It was a replay and no theft: what the first got goes on.
    kiosk.userinfo(&tokens.access).await.good();
}

#[tokio::test]
async fn the_code_in_the_address_is_filled_in_and_not_yet_used() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut browser = world.browser();
    let page = browser.get(&started.complete).await;
    assert_eq!((page.name().as_str(), page.input("user_code")), ("device", Some(started.user_code.clone())));
    assert!(page.text().contains("完全一致"), "{}", page.text());
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
    let page = browser.get("/device?user_code=%3Cscript%3E").await;
    assert_eq!(page.input("user_code").as_deref(), Some(""));
}

#[tokio::test]
async fn codes_are_read_however_they_are_typed() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let full_width = |text: &str| -> String {
        text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect()
    };
    for typed in [
        |code: &str| code.to_lowercase(),
        |code: &str| code.replace('-', ""),
        |code: &str| format!("  {}  ", code.replace('-', " ")),
        full_width,
    ] {
        let started = start(&kiosk, &[]).await;
        let mut browser = world.browser();
        allow(&mut browser, &typed(&started.user_code)).await;
        Tokens::of(&poll(&kiosk, &started).await);
    }
}

#[tokio::test]
async fn a_public_device_is_served_and_may_not_name_itself() {
    let world = world().await;
    let player = RelyingParty::new(&world, "player", Credential::Public);
    let started = start(&player, &[("device_name", "您的银行，请同意")]).await;
    let mut browser = world.browser();
    let page = question(&mut browser, &started.user_code).await;
    // Although its department need not ask for consent, the person is asked.
    assert_eq!(page.name(), "consent");
    assert!(!page.text().contains("您的银行"), "{}", page.text());
    browser.submit(&page, &[("decision", "allow")]).await;
    let tokens = Tokens::of(&poll(&player, &started).await);
    assert_eq!((tokens.scope.as_str(), tokens.refresh), ("openid", None));
    let long = "字".repeat(61);
    let refused = kiosk_of(&world).post("/oidc/device", &[("device_name", &long)]).await;
    refused.refused(400, "invalid_request", 103068);
}

#[tokio::test]
async fn a_refusal_a_late_answer_and_a_late_question() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let mut browser = world.browser();
    let started = start(&kiosk, &[]).await;
    let page = question(&mut browser, &started.user_code).await;
    let page = browser.submit(&page, &[("decision", "deny")]).await;
    assert!(page.is("answered") && page.text().contains("已拒绝"), "{}", page.text());
    poll(&kiosk, &started).await.refused(400, "access_denied", 103067);
    let page = question(&mut browser, &started.user_code).await;
    assert_eq!((page.name().as_str(), page.status()), ("device", 422));

    let started = start(&kiosk, &[]).await;
    let page = question(&mut browser, &started.user_code).await;
    world.later(601);
    let late = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!((late.name().as_str(), late.status()), ("error", 410));
    poll(&kiosk, &started).await.refused(400, "expired_token", 103066);

    let started = start(&kiosk, &[]).await;
    allow(&mut browser, &started.user_code).await;
    world.later(601);
    poll(&kiosk, &started).await.refused(400, "expired_token", 103066);
}

#[tokio::test]
async fn who_asks_too_often_is_slowed_down_and_then_served() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
    world.later(5);
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
    world.later(2);
    poll(&kiosk, &started).await.refused(400, "slow_down", 103065);
    // RFC 8628 §3.5: from now on five seconds more.
    world.later(6);
    poll(&kiosk, &started).await.refused(400, "slow_down", 103065);
    world.later(15);
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
    allow(&mut world.browser(), &started.user_code).await;
    Tokens::of(&poll(&kiosk, &started).await);
}

#[tokio::test]
async fn of_fifty_polls_at_once_one_gets_tokens() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    allow(&mut world.browser(), &started.user_code).await;
    let polls = (0..50).map(|_| {
        let (kiosk, code) = (kiosk.clone(), started.device_code.clone());
        async move { kiosk.token(&[("grant_type", GRANT), ("device_code", &code)]).await }
    });
    let mut good = Vec::new();
    for answer in all_at_once(polls).await {
        if answer.status == 200 { good.push(answer) } else { answer.refused(400, "invalid_grant", 103063) }
    }
    assert_eq!(good.len(), 1);
    kiosk.userinfo(&Tokens::of(&good[0]).access).await.good();
}

#[tokio::test]
async fn a_code_serves_nobody_but_its_own_client() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    allow(&mut world.browser(), &started.user_code).await;
    let player = RelyingParty::new(&world, "player", Credential::Public);
    poll(&player, &started).await.refused(400, "invalid_grant", 103062);
    world
        .system("portal")
        .token(&[("grant_type", GRANT), ("device_code", &started.device_code)])
        .await
        .refused(400, "unauthorized_client", 103003);
    let ciba =
        [("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", started.device_code.as_str())];
    kiosk.token(&ciba).await.refused(400, "unauthorized_client", 103003);
    kiosk.token(&[("grant_type", GRANT)]).await.refused(400, "invalid_request", 103060);
    kiosk.token(&[("grant_type", GRANT), ("device_code", "nothing")]).await.refused(
        400,
        "invalid_grant",
        103061,
    );
    kiosk.token(&[("grant_type", GRANT), ("device_code", &started.user_code)]).await.refused(
        400,
        "invalid_grant",
        103061,
    );
    Tokens::of(&poll(&kiosk, &started).await);
}

#[tokio::test]
async fn the_endpoint_checks_client_and_parameters() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let stranger = kiosk.showing(Credential::Basic("wrong".to_owned()));
    stranger.post("/oidc/device", &[]).await.refused(401, "invalid_client", 101009);
    world.system("portal").post("/oidc/device", &[]).await.refused(400, "unauthorized_client", 103003);
    kiosk.post("/oidc/device", &[("scope", "profile")]).await.refused(400, "invalid_scope", 102042);
    kiosk.post("/oidc/device", &[("scope", "\"")]).await.refused(400, "invalid_scope", 102009);
    kiosk.post("/oidc/device", &[("claims", "[]")]).await.refused(400, "invalid_request", 102023);
    kiosk.post("/oidc/device", &[("acr_values", &"x ".repeat(40))]).await.refused(
        400,
        "invalid_request",
        102020,
    );
    // What belongs to a browser's request is not taken from a device's.
    let started = start(&kiosk, &[("redirect_uri", "https://evil.example/"), ("prompt", "none")]).await;
    allow(&mut world.browser(), &started.user_code).await;
    let discovery = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(discovery["device_authorization_endpoint"], "http://localhost:8000/oidc/device");
    assert!(discovery["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
}

#[tokio::test]
async fn guessing_codes_is_slowed_down() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let mut browser = world.browser();
    for _ in 0..30 {
        let page = question(&mut browser, "BCDF-BCDF").await;
        assert_eq!((page.name().as_str(), page.status()), ("device", 422));
    }
    let started = start(&kiosk, &[]).await;
    let page = question(&mut browser, &started.user_code).await;
    assert_eq!(page.status(), 429, "even the right code has to wait");
    assert!(page.answer.header("retry-after").is_some());
    world.later(600);
    let started = start(&kiosk, &[]).await;
    allow(&mut browser, &started.user_code).await;
}

#[tokio::test]
async fn nobody_is_made_to_allow_by_another_site() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut victim = world.browser();
    victim.sign_in(&LI).await;
    let typed = [("user_code", started.user_code.as_str())];
    // No token of this browser.
    assert_eq!(victim.post("/device", &typed).await.status(), 403);
    // An attacker's waiting request leads nowhere in the victim's browser.
    let mut attacker = world.browser();
    let page = question(&mut attacker, &started.user_code).await;
    let form = page.form_to("/consent");
    let request = form.value("request").unwrap();
    let own = victim.get("/device").await.input("csrf").unwrap();
    let said = victim.post("/consent", &[("csrf", &own), ("request", &request), ("decision", "allow")]).await;
    assert_eq!(said.status(), 410);
    let csrf = form.value("csrf").unwrap();
    let call = Call::post("/consent", &[("csrf", &csrf), ("request", &request), ("decision", "allow")]);
    let answer = victim.fetch(call.header(ORIGIN, "https://evil.example")).await;
    assert_eq!(answer.status, 403);
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
}

#[tokio::test]
async fn two_people_answer_and_the_first_counts() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let (mut first, mut second) = (world.browser(), world.browser());
    let one = question(&mut first, &started.user_code).await;
    let two = question(&mut second, &started.user_code).await;
    assert!(first.submit(&one, &[("decision", "allow")]).await.text().contains("已同意"));
    assert_eq!(second.submit(&two, &[("decision", "deny")]).await.status(), 410);
    Tokens::of(&poll(&kiosk, &started).await);
}

#[tokio::test]
async fn the_device_is_one_of_the_person_s_and_can_be_ended_from_another() {
    let listener = Listener::start().await;
    let world = World::with_clients(&[kiosk(json!({"backchannel_logout_uri": listener.address}))]).await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[("device_name", "三号自助终端")]).await;
    let mut browser = world.browser();
    allow(&mut browser, &started.user_code).await;
    let tokens = Tokens::of(&poll(&kiosk, &started).await);
    let page = browser.get("/account/sessions").await;
    assert!(page.text().contains("三号自助终端") && page.text().contains("大厅自助终端"), "{}", page.text());
    browser.submit(&page, &[("session", "others")]).await;
    kiosk.userinfo(&tokens.access).await.refused(401, "invalid_token", 104006);
    kiosk.refresh(tokens.refresh.as_deref().unwrap()).await.refused(400, "invalid_grant", 103022);
    tongyao::jobs::logout::run_once(world.app.clone()).await.unwrap();
    assert_eq!(listener.heard().len(), 1);
    let history = browser.get("/account/history").await;
    assert!(history.text().contains("同意另一台设备或系统"), "{}", history.text());
}

#[tokio::test]
async fn a_device_without_a_name_is_called_as_the_page_speaks() {
    let world = World::with_clients(&[kiosk(json!({"client_name#en": "Hall kiosk"}))]).await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut browser = world.browser();
    allow(&mut browser, &started.user_code).await;
    Tokens::of(&poll(&kiosk, &started).await);
    let page = browser.get("/account/sessions").await;
    assert!(page.main_text().contains("大厅自助终端") && !page.main_text().contains("Hall kiosk"));
    let page = browser.get("/account/sessions?lang=en").await;
    assert!(page.main_text().contains("Hall kiosk"), "{}", page.main_text());
    assert!(!page.main_text().contains("大厅自助终端"), "{}", page.main_text());
}

#[tokio::test]
async fn a_device_ended_before_it_asked_gets_nothing() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut browser = world.browser();
    allow(&mut browser, &started.user_code).await;
    let page = browser.get("/account/sessions").await;
    browser.submit(&page, &[("session", "others")]).await;
    poll(&kiosk, &started).await.refused(400, "invalid_grant", 103022);
}

#[tokio::test]
async fn the_level_a_device_asks_for_is_kept() {
    let world = World::with_clients(&[kiosk(json!({"default_acr_values": ["urn:tongyao:loa:3"]}))]).await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut browser = world.browser();
    let page = question(&mut browser, &started.user_code).await;
    assert_eq!(page.name(), "step-up", "{}", page.text());
    let page = browser.submit(&page, &[("action", "leave")]).await;
    assert!(page.is("answered") && page.text().contains("等级不够"), "{}", page.text());
    poll(&kiosk, &started).await.refused(400, "unmet_authentication_requirements", 102038);

    let started = start(&kiosk, &[("acr_values", "urn:tongyao:loa:1")]).await;
    allow(&mut browser, &started.user_code).await;
    let claims = kiosk.id_claims(&Tokens::of(&poll(&kiosk, &started).await).id.unwrap()).await;
    assert_eq!(claims["acr"], "urn:tongyao:loa:1");
}

#[tokio::test]
async fn leaving_the_sign_in_decides_nothing() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut browser = world.browser();
    let page = browser.get("/device").await;
    let page = browser.submit(&page, &[("user_code", &started.user_code)]).await;
    let page = browser.submit(&page, &[("action", "cancel")]).await;
    assert!(page.is("answered") && page.text().contains("没有作出答复"), "{}", page.text());
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
    allow(&mut browser, &started.user_code).await;
}

#[tokio::test]
async fn tokens_of_a_public_device_are_bound_to_its_key_and_so_are_its_refresh_tokens() {
    let mut client = player();
    client["grant_types"] = json!([GRANT, "refresh_token"]);
    client["dpop_bound_access_tokens"] = json!(true);
    let world = World::with_clients(&[client]).await;
    let player = RelyingParty::new(&world, "player", Credential::Public);
    let started = start(&player, &[]).await;
    allow(&mut world.browser(), &started.user_code).await;
    poll(&player, &started).await.refused(400, "invalid_request", 104_040);
    let (holder, thief) = (KeyHolder::new(), KeyHolder::new());
    let send = |fields: Vec<(&'static str, String)>, proof: String| {
        let (player, router) = (player.clone(), world.router.clone());
        async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            player.asking("/oidc/token", &fields).header(DPOP, &proof).send(&router).await
        }
    };
    let fields = vec![("grant_type", GRANT.to_owned()), ("device_code", started.device_code.clone())];
    let body = send(fields, holder.proof(&world, json!({}))).await.good();
    assert_eq!(body["token_type"], "DPoP");
    let refresh = body["refresh_token"].as_str().unwrap().to_owned();
    let fields = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", refresh)];
    let stolen = send(fields.clone(), thief.proof(&world, json!({}))).await;
    assert_eq!(stolen.status, 400, "{}", stolen.body);
    assert_eq!(send(fields, holder.proof(&world, json!({}))).await.good()["token_type"], "DPoP");
}

#[tokio::test]
async fn what_is_over_is_swept_and_holds_no_plain_code() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let started = start(&kiosk, &[]).await;
    let mut look = Look::at(&world).await;
    for standing in look.everything().await {
        for code in [&started.device_code, &started.user_code, &started.user_code.replace('-', "")] {
            assert!(!standing.value.contains(code.as_str()), "{}", standing.place);
        }
    }
    world.later(600 + 3601);
    tongyao::jobs::sweep::run_once(world.app.clone()).await.unwrap();
    assert_eq!(look.number("SELECT COUNT(*) FROM decoupled_request").await, 0);
    poll(&kiosk, &started).await.refused(400, "invalid_grant", 103061);
}

/// RFC 9449 §5: a device without a secret is known by its key from then on.
#[tokio::test]
async fn a_public_devices_tokens_are_bound_to_its_key() {
    let mut client = player();
    client["grant_types"] = json!([GRANT, "refresh_token"]);
    client["dpop_bound_access_tokens"] = json!(true);
    let world = World::with_clients(&[client]).await;
    let player = RelyingParty::new(&world, "player", Credential::Public);
    let started = start(&player, &[("scope", "openid profile")]).await;
    let mut browser = world.browser();
    allow(&mut browser, &started.user_code).await;
    let send = async |fields: &[(&str, &str)], holder: &KeyHolder| {
        let proof = holder.proof(&world, json!({}));
        player.asking("/oidc/token", fields).header(DPOP, &proof).send(&world.router).await
    };
    let (holder, thief) = (KeyHolder::new(), KeyHolder::new());
    let fields = [("grant_type", GRANT), ("device_code", started.device_code.as_str())];
    poll(&player, &started).await.refused(400, "invalid_request", 104_040);
    let body = send(&fields, &holder).await.good();
    assert_eq!(body["token_type"], "DPoP");
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", body["refresh_token"].as_str().unwrap())];
    send(&fields, &thief).await.refused(400, "invalid_grant", 104_037);
    send(&fields, &holder).await.good();
}

#[tokio::test]
async fn a_thief_of_a_cookie_lets_no_device_in_that_asks_for_a_fresh_sign_in() {
    let world = world().await;
    let kiosk = kiosk_of(&world);
    let mut victim = world.browser();
    victim.sign_in(&WANG).await;
    let stolen = victim.cookie("tongyao_session").unwrap().to_owned();
    world.later(1000);
    let started = start(&kiosk, &[("max_age", "600")]).await;
    let mut thief = world.browser();
    let page = thief.get("/device").await;
    let page = thief.submit(&page, &[("user_code", &started.user_code)]).await;
    let request = page.input("request").unwrap();
    assert_eq!(thief.sign_in_on(&page, &LI).await.name(), "consent");
    thief.set_cookie("tongyao_session", &stolen);
    assert_eq!(thief.get(&format!("/continue?request={request}")).await.name(), "sign-in");
    poll(&kiosk, &started).await.refused(400, "authorization_pending", 103064);
}

#[tokio::test]
async fn anybody_can_speak_for_a_public_device_and_begins_only_so_often() {
    let world = world().await;
    let player = RelyingParty::new(&world, "player", Credential::Public);
    let rows = "SELECT COUNT(*) FROM decoupled_request";
    for _ in 0..60 {
        start(&player, &[]).await;
    }
    let mut wait = 0;
    for _ in 0..3 {
        let refused = player.post("/oidc/device", &[]).await;
        refused.refused(429, "temporarily_unavailable", 103069);
        wait = refused.retry_after();
    }
    assert_eq!(Look::at(&world).await.number(rows).await, 60);
    // Neither who shows who it is, nor who calls from elsewhere, waits for that.
    start(&kiosk_of(&world), &[]).await;
    let elsewhere = ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 40_000)));
    let answer = player.asking("/oidc/device", &[]).knowing(elsewhere).send(&world.router).await;
    assert_eq!(answer.status, 200);
    world.later(wait - 1);
    player.post("/oidc/device", &[]).await.refused(429, "temporarily_unavailable", 103069);
    world.later(1);
    start(&player, &[]).await;
}
