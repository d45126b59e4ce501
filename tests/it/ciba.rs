//! CIBA Core 1.0: a client asks for a person who is elsewhere; poll, ping and push; who may ask, and what a person sees.

use std::sync::Arc;

use serde_json::{Value, json};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::jobs::{notices, sweep};
use tongyao::protocol::SigningAlgorithm;
use tongyao::protocol::id_token::half_hash;

use crate::support::key_holder::{DPOP, KeyHolder};
use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Answer, Browser, LI, Page, RelyingParty, Tokens, WANG, World, all_at_once};

const GRANT: &str = "urn:openid:params:grant-type:ciba";
const SECRET: &str = "hotline-secret-0123456789abcdef";
const TOKEN: &str = "notify-0123456789abcdefghij";

fn hotline(more: Value) -> Value {
    let mut client = json!({
        "client_id": "hotline", "client_secret": SECRET, "department": "data", "client_name": "12345 热线",
        "grant_types": [GRANT, "refresh_token"], "response_types": [],
        "token_endpoint_auth_method": "client_secret_basic", "backchannel_token_delivery_mode": "poll",
        "scope": "openid profile phone real_name", "id_token_signed_response_alg": "ES256",
    });
    client.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    client
}

async fn world(more: Value) -> (World, RelyingParty) {
    let world = World::with_clients(&[hotline(more)]).await;
    let client = RelyingParty::new(&world, "hotline", Credential::Basic(SECRET.to_owned()));
    (world, client)
}

/// A client that is told at `listener`.
async fn told(mode: &str, listener: &Listener) -> (World, RelyingParty) {
    world(json!({
        "backchannel_token_delivery_mode": mode, "backchannel_client_notification_endpoint": listener.address,
    }))
    .await
}

async fn ask(client: &RelyingParty, fields: &[(&str, &str)]) -> Answer {
    let mut all = vec![("scope", "openid profile"), ("login_hint", WANG.login_name)];
    all.retain(|(name, _)| fields.iter().all(|(other, _)| other != name));
    if fields.iter().any(|(name, _)| name.ends_with("_hint") || name.ends_with("hint_token")) {
        all.retain(|(name, _)| *name != "login_hint");
    }
    all.extend(fields);
    client.post("/oidc/ciba", &all).await
}

async fn begin(client: &RelyingParty, fields: &[(&str, &str)]) -> String {
    let body = ask(client, fields).await.good();
    body["auth_req_id"].as_str().unwrap().to_owned()
}

async fn poll(client: &RelyingParty, id: &str) -> Answer {
    client.token(&[("grant_type", GRANT), ("auth_req_id", id)]).await
}

async fn sandbox(world: &World, id: &str, action: &str) -> Answer {
    Call::post("/sandbox/ciba", &[("auth_req_id", id), ("action", action)]).send(&world.router).await
}

/// Opens the one request that waits for a person who is signed in.
async fn open(browser: &mut Browser) -> Page {
    let list = browser.get("/account/requests").await;
    assert_eq!(list.name(), "account-requests");
    let link = list.links().into_iter().find(|link| link.contains("/account/requests/dcp_")).unwrap();
    browser.get(&link).await
}

#[tokio::test]
async fn a_citizen_answers_the_hotline() {
    let (world, hotline) = world(json!({})).await;
    let fields = [("binding_message", "工单 4711：社保卡补办"), ("requested_expiry", "120")];
    let body = ask(&hotline, &fields).await.good();
    assert_eq!((body["expires_in"].as_u64(), body["interval"].as_u64()), (Some(120), Some(5)));
    let id = body["auth_req_id"].as_str().unwrap();
    poll(&hotline, id).await.refused(400, "authorization_pending", 103064);

    let mut browser = world.browser();
    let inbox = browser.get("/sandbox/inbox").await;
    assert_eq!(inbox.name(), "sandbox-inbox");
    assert!(inbox.text().contains("12345 热线") && inbox.text().contains("工单 4711"), "{}", inbox.text());
    assert!(inbox.text().contains("139****5601") && !inbox.text().contains(WANG.phone), "{}", inbox.text());
    let link = inbox.links().into_iter().find(|link| link.contains("/account/requests/")).unwrap();
    let page = browser.get(&link).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!(page.name(), "account-request", "{}", page.text());
    for said in ["12345 热线", "市大数据局", "工单 4711：社保卡补办", "基本信息", "如果您没有联系过对方"]
    {
        assert!(page.text().contains(said), "{said}: {}", page.text());
    }
    let home = browser.get("/account/").await;
    assert!(home.text().contains("有请求正在等您确认"), "{}", home.text());
    assert_eq!(page.buttons("decision"), ["allow", "deny"]);
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    assert!(page.is("answered") && page.text().contains("已同意"), "{}", page.text());

    let tokens = Tokens::of(&poll(&hotline, id).await);
    let claims = hotline.id_claims(tokens.id.as_deref().unwrap()).await;
    assert_eq!((claims["acr"].as_str(), claims["amr"].clone()), (Some("urn:tongyao:loa:1"), json!(["pwd"])));
    let told = hotline.userinfo(&tokens.access).await.good();
    assert_eq!(told["name"], WANG.name);
    Tokens::of(&hotline.refresh(tokens.refresh.as_deref().unwrap()).await);
    poll(&hotline, id).await.refused(400, "invalid_grant", 103083);
    let sessions = browser.get("/account/sessions").await;
    assert!(sessions.text().contains("12345 热线"), "{}", sessions.text());
    let list = browser.get("/account/requests").await;
    assert!(list.text().contains("没有需要您确认的请求"), "{}", list.text());
    let history = browser.get("/account/history").await;
    assert!(history.text().contains("有系统请您确认"), "{}", history.text());
}

#[tokio::test]
async fn the_three_hints_lead_to_the_same_person() {
    let signer = Arc::new(signer());
    let (world, hotline) = world(json!({"jwks": keys(&signer)})).await;
    let mut subjects = Vec::new();
    let jwt = |changed: Value| {
        let claims = json!({"iss": "hotline", "aud": "http://localhost:8000", "exp": world.now().seconds() + 60,
                            "login_hint": WANG.login_name});
        signed(&signer, claims, changed)
    };
    let token = jwt(json!({}));
    for (name, hint) in [
        ("login_hint", WANG.login_name),
        ("login_hint", WANG.phone),
        ("login_hint", WANG.number),
        ("login_hint_token", token.as_str()),
    ] {
        let id = begin(&hotline, &[(name, hint)]).await;
        sandbox(&world, &id, "allow").await.good();
        subjects.push(Tokens::of(&poll(&hotline, &id).await).id.unwrap());
    }
    let id_token = subjects[0].clone();
    world.later(3600);
    let id = begin(&hotline, &[("id_token_hint", &id_token)]).await;
    sandbox(&world, &id, "allow").await.good();
    subjects.push(Tokens::of(&poll(&hotline, &id).await).id.unwrap());
    let mut seen = Vec::new();
    for token in &subjects {
        seen.push(hotline.signed_claims(token).await["sub"].clone());
    }
    assert!(seen.iter().all(|sub| *sub == seen[0]), "{seen:?}");

    ask(&hotline, &[("login_hint_token", &jwt(json!({"exp": 1})))]).await.refused(
        400,
        "expired_login_hint_token",
        103090,
    );
    for changed in
        [json!({"iss": "portal"}), json!({"aud": "https://other.example"}), json!({"login_hint": null})]
    {
        let token = jwt(json!({"exp": world.now().seconds() + 60}).tap(changed));
        ask(&hotline, &[("login_hint_token", &token)]).await.refused(400, "invalid_request", 103089);
    }
    ask(&hotline, &[("id_token_hint", "a.b.c")]).await.refused(400, "invalid_request", 102022);
    ask(&hotline, &[("login_hint", "a"), ("id_token_hint", "b")]).await.refused(
        400,
        "invalid_request",
        103087,
    );
    let portal = world.system("portal");
    let foreign = portal.connect(&mut world.browser(), &WANG, "openid").await.id.unwrap();
    ask(&hotline, &[("id_token_hint", &foreign)]).await.refused(400, "invalid_request", 102022);
}

#[tokio::test]
async fn only_declared_clients_may_ask_and_none_may_try_numbers_out() {
    let (world, hotline) = world(json!({})).await;
    let portal = world.system("portal");
    ask(&portal, &[]).await.refused(400, "unauthorized_client", 103003);
    ask(&portal, &[("login_hint", "nobody-here")]).await.refused(400, "unauthorized_client", 103003);
    ask(&world.system("app"), &[]).await.refused(400, "unauthorized_client", 103003);
    ask(&hotline.showing(Credential::Basic("wrong".into())), &[]).await.refused(
        401,
        "invalid_client",
        101009,
    );
    for _ in 0..60 {
        ask(&hotline, &[("login_hint", "nobody-here")]).await.refused(400, "unknown_user_id", 103088);
    }
    let refused = ask(&hotline, &[]).await;
    refused.refused(429, "temporarily_unavailable", 100008);
    world.later(refused.retry_after() - 1);
    ask(&hotline, &[]).await.refused(429, "temporarily_unavailable", 100008);
    world.later(1);
    begin(&hotline, &[]).await;
    let mut look = Look::at(&world).await;
    let noted = "SELECT COUNT(*) FROM audit_event WHERE kind = 'person_not_found' AND client_id = 'hotline'";
    assert_eq!(look.number(noted).await, 60);
}

#[tokio::test]
async fn nobody_is_worn_down_by_requests() {
    let (world, hotline) = world(json!({})).await;
    for _ in 0..20 {
        begin(&hotline, &[]).await;
    }
    let refused = ask(&hotline, &[]).await;
    refused.refused(429, "temporarily_unavailable", 103099);
    begin(&hotline, &[("login_hint", LI.login_name)]).await;
    // There is room when the first has run out, answered or not.
    world.later(refused.retry_after() - 2);
    ask(&hotline, &[]).await.refused(429, "temporarily_unavailable", 103099);
    world.later(2);
    begin(&hotline, &[]).await;
}

#[tokio::test]
async fn the_endpoint_checks_every_parameter() {
    let (_world, hotline) = world(json!({})).await;
    let long = "a".repeat(101);
    let cases = [
        ("scope", "profile", "invalid_scope", 102042),
        ("scope", "", "invalid_request", 103101),
        ("scope", "\"", "invalid_scope", 102009),
        ("login_hint", "\u{1}", "invalid_request", 102021),
        ("binding_message", &long, "invalid_binding_message", 103091),
        ("binding_message", "a\u{202e}b", "invalid_binding_message", 103091),
        ("requested_expiry", "0", "invalid_request", 103092),
        ("requested_expiry", "soon", "invalid_request", 103092),
        ("claims", "[]", "invalid_request", 102023),
    ];
    for (name, value, error, code) in cases {
        ask(&hotline, &[(name, value)]).await.refused(400, error, code);
    }
    hotline.post("/oidc/ciba", &[("scope", "openid")]).await.refused(400, "invalid_request", 103087);
    let unscoped = [("login_hint", WANG.login_name)];
    hotline.post("/oidc/ciba", &unscoped).await.refused(400, "invalid_request", 103101);
    hotline.token(&[("grant_type", GRANT)]).await.refused(400, "invalid_request", 103080);
    poll(&hotline, "nothing").await.refused(400, "invalid_grant", 103081);
    let longest = ask(&hotline, &[("requested_expiry", "999999")]).await.good();
    assert_eq!(longest["expires_in"], 1800);
}

#[tokio::test]
async fn polling_keeps_its_pace_and_ends_with_the_time() {
    let (world, hotline) = world(json!({})).await;
    let id = begin(&hotline, &[("requested_expiry", "30")]).await;
    poll(&hotline, &id).await.refused(400, "authorization_pending", 103064);
    poll(&hotline, &id).await.refused(400, "slow_down", 103065);
    world.later(31);
    poll(&hotline, &id).await.refused(400, "expired_token", 103084);
    notices::run_once(world.app.clone()).await.unwrap();
    poll(&hotline, &id).await.refused(400, "expired_token", 103084);
    sandbox(&world, &id, "allow").await.refused(400, "expired_token", 103084);
    world.later(3601);
    sweep::run_once(world.app.clone()).await.unwrap();
    poll(&hotline, &id).await.refused(400, "invalid_grant", 103081);
}

#[tokio::test]
async fn the_sandbox_answers_for_the_citizen() {
    let (world, hotline) = world(json!({})).await;
    let id = begin(&hotline, &[]).await;
    sandbox(&world, &id, "dance").await.refused(400, "invalid_request", 103102);
    sandbox(&world, "nothing", "allow").await.refused(400, "invalid_grant", 103081);
    sandbox(&world, &id, "allow").await.good();
    sandbox(&world, &id, "deny").await.refused(400, "invalid_request", 103103);
    Tokens::of(&poll(&hotline, &id).await);
    let id = begin(&hotline, &[]).await;
    let query = format!("/sandbox/ciba?auth_req_id={id}&action=deny");
    Call::post(&query, &[]).send(&world.router).await.good();
    poll(&hotline, &id).await.refused(400, "access_denied", 103085);
    sandbox(&world, &id, "allow").await.refused(400, "invalid_request", 103103);
    let id = begin(&hotline, &[("acr_values", "urn:tongyao:loa:3")]).await;
    assert_eq!(sandbox(&world, &id, "allow").await.good()["state"], "unmet");
    poll(&hotline, &id).await.refused(400, "unmet_authentication_requirements", 102038);
    let id = begin(&hotline, &[("acr_values", "urn:tongyao:loa:3"), ("login_hint", LI.login_name)]).await;
    sandbox(&world, &id, "allow").await.good();
    let claims = hotline.id_claims(&Tokens::of(&poll(&hotline, &id).await).id.unwrap()).await;
    assert_eq!(claims["acr"], "urn:tongyao:loa:3");
}

#[tokio::test]
async fn nobody_fetches_what_another_client_asked_for() {
    let world = World::with_clients(&[hotline(json!({})), hotline(json!({"client_id": "other"}))]).await;
    let [own, other] =
        ["hotline", "other"].map(|id| RelyingParty::new(&world, id, Credential::Basic(SECRET.to_owned())));
    let id = begin(&own, &[]).await;
    poll(&other, &id).await.refused(400, "invalid_grant", 103082);
    sandbox(&world, &id, "allow").await.good();
    poll(&other, &id).await.refused(400, "invalid_grant", 103082);
    Tokens::of(&poll(&own, &id).await);
}

#[tokio::test]
async fn of_fifty_polls_at_once_one_gets_tokens() {
    let (world, hotline) = world(json!({})).await;
    let id = begin(&hotline, &[]).await;
    sandbox(&world, &id, "allow").await.good();
    let polls = (0..50).map(|_| {
        let (hotline, id) = (hotline.clone(), id.clone());
        async move { poll(&hotline, &id).await }
    });
    let mut good = 0;
    for answer in all_at_once(polls).await {
        if answer.status == 200 { good += 1 } else { answer.refused(400, "invalid_grant", 103083) }
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn the_page_asks_for_a_fresh_sign_in_and_the_level() {
    let (world, hotline) = world(json!({})).await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let id = begin(&hotline, &[]).await;
    assert_eq!(open(&mut browser).await.name(), "account-request");
    world.later(901);
    poll(&hotline, &id).await.refused(400, "expired_token", 103084);
    let id = begin(&hotline, &[]).await;
    let page = open(&mut browser).await;
    assert_eq!(page.name(), "sign-in");
    let page = browser.sign_in_on(&page, &WANG).await;
    let page = browser.submit(&page, &[("decision", "deny")]).await;
    assert!(page.text().contains("已拒绝"), "{}", page.text());
    poll(&hotline, &id).await.refused(400, "access_denied", 103085);

    let id = begin(&hotline, &[("acr_values", "urn:tongyao:loa:2")]).await;
    let page = open(&mut browser).await;
    assert_eq!(page.name(), "step-up");
    browser.submit(&page, &[("action", "leave")]).await;
    poll(&hotline, &id).await.refused(400, "unmet_authentication_requirements", 102038);
}

#[tokio::test]
async fn nobody_answers_for_somebody_else() {
    let (world, hotline) = world(json!({})).await;
    let id = begin(&hotline, &[]).await;
    let mut wang = world.browser();
    wang.sign_in(&WANG).await;
    let list = wang.get("/account/requests").await;
    let link = list.links().into_iter().find(|link| link.contains("/account/requests/dcp_")).unwrap();
    let mut li = world.browser();
    li.sign_in(&LI).await;
    assert_eq!(li.get(&link).await.status(), 410);
    assert!(li.get("/account/requests").await.text().contains("没有需要您确认的请求"));
    // Wang begins, and Li signs in with Wang's browser in between.
    let page = wang.get(&link).await;
    wang.sign_in_as(&LI).await;
    let page = wang.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(page.name(), "sign-in", "{}", page.text());
    let page = wang.sign_in_on(&page, &LI).await;
    assert!(page.is("answered") && page.text().contains("没有作出答复"), "{}", page.text());
    poll(&hotline, &id).await.refused(400, "authorization_pending", 103064);
    // Login CSRF: no token, no answer.
    let mut look = wang.post("/consent", &[("decision", "allow")]).await;
    assert_eq!(look.status(), 403);
    look = wang.get("/account/requests/dcp_0").await;
    assert_eq!(look.status(), 410);
}

#[tokio::test]
async fn a_ping_says_that_the_answer_is_there() {
    let listener = Listener::start().await;
    let (world, hotline) = told("ping", &listener).await;
    ask(&hotline, &[]).await.refused(400, "invalid_request", 103093);
    ask(&hotline, &[("client_notification_token", "short")]).await.refused(400, "invalid_request", 103093);
    let body = ask(&hotline, &[("client_notification_token", TOKEN)]).await.good();
    assert_eq!(body["interval"], 5);
    let id = body["auth_req_id"].as_str().unwrap();
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 0);
    sandbox(&world, id, "allow").await.good();
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(listener.heard(), [json!({ "auth_req_id": id }).to_string()]);
    assert_eq!(listener.authorizations(), [format!("Bearer {TOKEN}")]);
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 0);
    Tokens::of(&poll(&hotline, id).await);
    let id = begin(&hotline, &[("client_notification_token", TOKEN)]).await;
    sandbox(&world, &id, "deny").await.good();
    notices::run_once(world.app.clone()).await.unwrap();
    assert_eq!(listener.heard().len(), 2);
    poll(&hotline, &id).await.refused(400, "access_denied", 103085);
}

#[tokio::test]
async fn a_push_brings_the_tokens() {
    let listener = Listener::start().await;
    let (world, hotline) = told("push", &listener).await;
    let body = ask(&hotline, &[("client_notification_token", TOKEN)]).await.good();
    assert!(body.get("interval").is_none(), "{body}");
    let id = body["auth_req_id"].as_str().unwrap();
    poll(&hotline, id).await.refused(400, "unauthorized_client", 103086);
    sandbox(&world, id, "allow").await.good();
    // kill -9 here loses nothing: the tokens are in the outbox, sealed.
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM client_notice WHERE body IS NOT NULL").await, 1);
    notices::run_once(world.app.clone()).await.unwrap();
    let told: Value = serde_json::from_str(&listener.heard()[0]).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    assert_eq!((told["auth_req_id"].as_str(), told["token_type"].as_str()), (Some(id), Some("Bearer")));
    let claims = hotline.id_claims(&text("id_token")).await;
    assert_eq!(claims["urn:openid:params:jwt:claim:auth_req_id"], id);
    let rt_hash = half_hash(SigningAlgorithm::Es256, &text("refresh_token"));
    assert_eq!(claims["urn:openid:params:jwt:claim:rt_hash"], rt_hash.as_str());
    assert_eq!(claims["at_hash"], half_hash(SigningAlgorithm::Es256, &text("access_token")).as_str());
    hotline.userinfo(&text("access_token")).await.good();
    Tokens::of(&hotline.refresh(&text("refresh_token")).await);
    assert_eq!(look.number("SELECT COUNT(*) FROM client_notice WHERE body IS NOT NULL").await, 0);

    let id = begin(&hotline, &[("client_notification_token", TOKEN)]).await;
    sandbox(&world, &id, "deny").await.good();
    let late = begin(&hotline, &[("client_notification_token", TOKEN), ("requested_expiry", "60")]).await;
    world.later(61);
    notices::run_once(world.app.clone()).await.unwrap();
    let told: Vec<Value> =
        listener.heard()[1..].iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    for (id, error) in [(&id, "access_denied"), (&late, "expired_token")] {
        let found = told.iter().find(|told| told["auth_req_id"] == id.as_str()).unwrap();
        assert_eq!((found["error"].as_str(), found.get("access_token")), (Some(error), None));
    }
}

#[tokio::test]
async fn a_notice_is_tried_again_until_it_is_taken_or_given_up() {
    let listener = Listener::start().await;
    listener.answer_with(http::StatusCode::SERVICE_UNAVAILABLE);
    let (world, hotline) = told("ping", &listener).await;
    let id = begin(&hotline, &[("client_notification_token", TOKEN)]).await;
    sandbox(&world, &id, "allow").await.good();
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 0);
    world.later(3);
    listener.answer_with(http::StatusCode::NO_CONTENT);
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(listener.heard().len(), 2);
    listener.answer_with(http::StatusCode::SERVICE_UNAVAILABLE);
    let id = begin(&hotline, &[("client_notification_token", TOKEN)]).await;
    sandbox(&world, &id, "allow").await.good();
    for pause in [0, 3, 6, 16, 61, 181, 301] {
        world.later(pause);
        notices::run_once(world.app.clone()).await.unwrap();
    }
    let mut look = Look::at(&world).await;
    assert_eq!(
        look.number("SELECT COUNT(*) FROM client_notice WHERE state = 'failed' AND body IS NULL").await,
        1
    );
    world.later(24 * 3600 + 1);
    sweep::run_once(world.app.clone()).await.unwrap();
    assert_eq!(look.number("SELECT COUNT(*) FROM client_notice").await, 0);
    assert_eq!(look.number("SELECT COUNT(*) FROM sandbox_message").await, 0);
}

#[tokio::test]
async fn a_notice_that_cannot_be_opened_holds_up_nobody_and_is_given_up() {
    let listener = Listener::start().await;
    let (world, hotline) = told("ping", &listener).await;
    for _ in 0..3 {
        let id = begin(&hotline, &[("client_notification_token", TOKEN)]).await;
        sandbox(&world, &id, "allow").await.good();
    }
    let mut look = Look::at(&world).await;
    // What is sealed opens in its own place only: as damaged as can be.
    let moved = "UPDATE client_notice SET body = (SELECT ask FROM decoupled_request LIMIT 1)
                 WHERE id = (SELECT MIN(id) FROM client_notice)";
    assert_eq!(look.change(moved).await, 1);
    notices::run_once(world.app.clone()).await.unwrap();
    assert_eq!(listener.heard().len(), 2);
    let waiting = "SELECT last_error FROM client_notice WHERE state = 'pending'";
    assert_eq!(look.texts(waiting).await, ["it cannot be opened"]);
    for pause in [3, 6, 16, 61, 181, 301] {
        world.later(pause);
        assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 1);
    }
    world.later(24 * 3600);
    assert_eq!(notices::run_once(world.app.clone()).await.unwrap(), 0, "given up");
    assert_eq!(look.number("SELECT COUNT(*) FROM client_notice WHERE body IS NOT NULL").await, 0);
    let on_record =
        "SELECT COUNT(*) FROM audit_event WHERE kind = 'notice_settled' AND facts LIKE '%cannot be opened%'";
    assert_eq!(look.number(on_record).await, 1);
    assert_eq!(listener.heard().len(), 2);
}

#[tokio::test]
async fn a_request_that_cannot_be_opened_ends_and_holds_up_nobody() {
    let listener = Listener::start().await;
    let (world, hotline) = told("push", &listener).await;
    for _ in 0..2 {
        begin(&hotline, &[("client_notification_token", TOKEN), ("requested_expiry", "60")]).await;
    }
    let mut look = Look::at(&world).await;
    let moved = "UPDATE decoupled_request SET ask = (
                     SELECT other.ask FROM decoupled_request AS other ORDER BY other.id DESC LIMIT 1)
                 WHERE id = (SELECT MIN(id) FROM decoupled_request)";
    assert_eq!(look.change(moved).await, 1);
    world.later(61);
    notices::run_once(world.app.clone()).await.unwrap();
    assert_eq!(listener.heard().len(), 1);
    assert_eq!(look.texts("SELECT state FROM decoupled_request").await, ["expired", "expired"]);
}

#[tokio::test]
async fn private_addresses_are_not_called() {
    for address in ["https://10.0.0.1/n", "https://169.254.169.254/n", "https://192.168.1.1/n"] {
        let (world, hotline) = world(json!({
            "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": address,
        }))
        .await;
        let id = begin(&hotline, &[("client_notification_token", TOKEN)]).await;
        sandbox(&world, &id, "allow").await.good();
        notices::run_once(world.app.clone()).await.unwrap();
        let mut look = Look::at(&world).await;
        let said = look.texts("SELECT last_error FROM client_notice").await;
        assert_eq!(said, ["the address may not be called"], "{address}");
    }
}

#[tokio::test]
async fn a_client_that_hangs_delays_nobody() {
    let (hanging, listener) = (Listener::that_hangs().await, Listener::start().await);
    let (world, hotline) = told("ping", &hanging).await;
    let mut other = crate::ciba::hotline(json!({
        "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": listener.address,
    }));
    other["client_id"] = json!("hotline2");
    world.apply(json!({ "clients": [other] })).await;
    let second = RelyingParty::new(&world, "hotline2", Credential::Basic(SECRET.to_owned()));
    for client in [&hotline, &hotline, &second] {
        let id = begin(client, &[("client_notification_token", TOKEN)]).await;
        // The person's answer does not wait for anybody.
        sandbox(&world, &id, "allow").await.good();
        if client.client_id == "hotline" {
            Tokens::of(&poll(client, &id).await);
        }
    }
    let app = world.app.clone();
    let sending = tokio::spawn(async move { notices::run_once(app).await });
    let heard = async {
        while listener.heard().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    heard.await;
    assert!(!sending.is_finished(), "the other client's notices are still under way");
    sending.abort();
}

#[tokio::test]
async fn signed_requests_say_everything_inside() {
    let signer = Arc::new(signer());
    let more = json!({"jwks": keys(&signer), "backchannel_authentication_request_signing_alg": "ES256"});
    let (world, hotline) = world(more).await;
    let now = world.now().seconds();
    let counter = std::sync::atomic::AtomicU32::new(0);
    let request = |changed: Value| {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let claims = json!({
            "iss": "hotline", "aud": "http://localhost:8000", "iat": now, "nbf": now, "exp": now + 300,
            "jti": format!("one-{number}"), "scope": "openid profile", "login_hint": WANG.login_name,
            "binding_message": "工单 4711", "requested_expiry": 90,
        });
        signed(&signer, claims, changed)
    };
    let send = |token: String| {
        let hotline = hotline.clone();
        async move { hotline.post("/oidc/ciba", &[("request", &token)]).await }
    };
    let token = request(json!({}));
    let body = send(token.clone()).await.good();
    assert_eq!(body["expires_in"], 90);
    send(token.clone()).await.refused(400, "invalid_request", 103097);
    ask(&hotline, &[]).await.refused(400, "invalid_request", 103095);
    hotline.post("/oidc/ciba", &[("request", &token), ("scope", "openid")]).await.refused(
        400,
        "invalid_request",
        103096,
    );
    let wrong = [
        json!({"iss": "portal"}),
        json!({"iss": null}),
        json!({"aud": "https://other.example"}),
        json!({"aud": null}),
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"nbf": now + 60}),
        json!({"nbf": now - 4000, "exp": now + 10}),
        json!({"nbf": now, "exp": now + 4000}),
        json!({"nbf": null}),
        json!({"iat": null}),
        json!({"jti": null}),
        json!({"exp": 1e300}),
    ];
    for changed in wrong {
        send(request(changed.clone())).await.refused(400, "invalid_request", 103094);
    }
    let other = self::signer();
    for token in [
        signed(&other, json!({"iss": "hotline"}), json!({})),
        "a.b.c".to_owned(),
        format!("{}.{}.", "eyJhbGciOiJub25lIn0", token.split('.').nth(1).unwrap()),
        "x".repeat(30_000),
    ] {
        send(token).await.refused(400, "invalid_request", 103094);
    }
    send(request(json!({"binding_message": "\n"}))).await.refused(400, "invalid_binding_message", 103091);
    send(request(json!({"login_hint": null}))).await.refused(400, "invalid_request", 103087);
}

#[tokio::test]
async fn the_strict_profiles_want_a_signature_and_words_where_the_client_says_so() {
    let signer = Arc::new(signer());
    let client = json!({
        "client_id": "strict", "department": "data", "client_name": "严格系统", "profile": "fapi2",
        "grant_types": [GRANT], "response_types": [], "token_endpoint_auth_method": "private_key_jwt",
        "jwks": keys(&signer), "scope": "openid", "id_token_signed_response_alg": "ES256",
        "backchannel_binding_message_required": true,
    });
    let world = World::with_clients(&[client]).await;
    let strict = RelyingParty::new(&world, "strict", Credential::Key(signer.clone()));
    ask(&strict, &[]).await.refused(400, "invalid_request", 103095);
    let now = world.now().seconds();
    let claims = json!({
        "iss": "strict", "aud": "http://localhost:8000", "iat": now, "nbf": now, "exp": now + 300, "jti": "1",
        "scope": "openid", "login_hint": WANG.login_name,
    });
    let token = signed(&signer, claims.clone(), json!({}));
    strict.post("/oidc/ciba", &[("request", &token)]).await.refused(400, "invalid_request", 103098);

    let token = signed(&signer, claims, json!({"jti": "2", "binding_message": "工单 4711"}));
    let body = strict.post("/oidc/ciba", &[("request", &token)]).await.good();
    let id = body["auth_req_id"].as_str().unwrap();
    sandbox(&world, id, "allow").await.good();
    // FAPI 2.0 Security Profile §5.3.2.1: no token without a key, and what was allowed stays there to be fetched.
    poll(&strict, id).await.refused(400, "invalid_request", 104039);
    let holder = KeyHolder::new();
    let fields = [("grant_type", GRANT), ("auth_req_id", id)];
    let call = strict.asking("/oidc/token", &fields).header(DPOP, &holder.proof(&world, json!({})));
    let asked_again = call.send(&world.router).await;
    asked_again.refused(400, "use_dpop_nonce", 104031);
    let nonce = asked_again.header("dpop-nonce").unwrap();
    let proof = holder.proof(&world, json!({ "nonce": nonce }));
    let body = strict.asking("/oidc/token", &fields).header(DPOP, &proof).send(&world.router).await.good();
    assert_eq!(body["token_type"], "DPoP");
    let access = body["access_token"].as_str().unwrap();
    strict.userinfo(access).await.refused(401, "invalid_token", 104032);
    let proof = holder.resource_proof(&world, access, json!({ "nonce": nonce }));
    KeyHolder::userinfo(access, &proof).send(&world.router).await.good();
}

#[tokio::test]
async fn discovery_says_what_works() {
    let world = World::empty().await;
    let document = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(document["backchannel_authentication_endpoint"], "http://localhost:8000/oidc/ciba");
    assert_eq!(document["backchannel_token_delivery_modes_supported"], json!(["poll", "ping", "push"]));
    assert_eq!(document["backchannel_user_code_parameter_supported"], false);
    assert!(document["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
}

trait Tap {
    fn tap(self, more: Value) -> Value;
}

impl Tap for Value {
    fn tap(mut self, more: Value) -> Value {
        self.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        self
    }
}

fn signer() -> Signer {
    Signer::from_pkcs8(SigningAlgorithm::Es256, &generate(SigningAlgorithm::Es256).unwrap()).unwrap()
}

fn keys(signer: &Signer) -> Value {
    json!({"keys": [signer.jwk()]})
}

fn signed(signer: &Signer, claims: Value, changed: Value) -> String {
    let mut claims = claims.tap(changed);
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    signer.sign("JWT", &claims).unwrap()
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_takes_no_request_away() {
    let (world, hotline) = world(json!({})).await;
    Look::at(&world).await.change("DROP TABLE sandbox_message").await;
    let id = begin(&hotline, &[]).await;
    sandbox(&world, &id, "allow").await.good();
    Tokens::of(&poll(&hotline, &id).await);
}

#[tokio::test]
async fn a_withdrawn_consent_gives_no_tokens() {
    let (world, hotline) = world(json!({})).await;
    let id = begin(&hotline, &[]).await;
    sandbox(&world, &id, "allow").await.good();
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let page = browser.get("/account/consents").await;
    browser.submit(&page, &[("consent", "hotline"), ("action", "withdraw")]).await;
    poll(&hotline, &id).await.refused(400, "invalid_grant", 103_023);
}

/// On PostgreSQL they run side by side.
#[tokio::test]
async fn of_many_requests_at_once_as_many_wait_as_may() {
    let (_world, hotline) = world(json!({})).await;
    let asks = (0..40).map(|_| {
        let hotline = hotline.clone();
        async move { ask(&hotline, &[]).await }
    });
    let mut kept = 0;
    for answer in all_at_once(asks).await {
        if answer.status == 200 {
            kept += 1;
        } else {
            answer.refused(429, "temporarily_unavailable", 103099);
        }
    }
    assert_eq!(kept, 20);
}

#[tokio::test]
async fn numbers_tried_all_at_once_tell_no_more_than_one_by_one() {
    let (world, hotline) = world(json!({})).await;
    let asks = (0..100).map(|_| {
        let hotline = hotline.clone();
        async move { ask(&hotline, &[("login_hint", "nobody-here")]).await }
    });
    let mut told = 0;
    for answer in all_at_once(asks).await {
        if answer.status == 400 {
            told += 1;
        } else {
            answer.refused(429, "temporarily_unavailable", 100008);
        }
    }
    assert_eq!(told, 60);
    let mut look = Look::at(&world).await;
    let noted = "SELECT COUNT(*) FROM audit_event WHERE kind = 'person_not_found' AND client_id = 'hotline'";
    assert_eq!(look.number(noted).await, 60);
}
