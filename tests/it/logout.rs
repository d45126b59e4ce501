//! Leaving: asked by a client or by the person, told to every system that saw the session, and said honestly.

use http::StatusCode;
use http::header::ORIGIN;
use serde_json::{Value, json};
use tongyao::jobs;

use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Page, RelyingParty, WANG, World};

const SECRET: &str = "told-secret-0123456789abcdef";

/// A world with a system that listens for logouts.
async fn with_listener() -> (World, RelyingParty, Listener) {
    let listener = Listener::start().await;
    let client = json!({
        "client_id": "told", "client_secret": SECRET, "department": "hrss", "client_name": "办件系统", "consent": "implicit",
        "redirect_uris": ["https://told.example/cb"], "post_logout_redirect_uris": ["https://told.example/bye?a=b"],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid", "backchannel_logout_uri": listener.address,
        "backchannel_logout_session_required": true,
    });
    let world = World::with_clients(&[client]).await;
    let told = RelyingParty::new(&world, "told", Credential::Basic(SECRET.to_owned()));
    (world, told, listener)
}

fn asked(pairs: &[(&str, &str)]) -> String {
    format!("/oidc/logout?{}", serde_urlencoded::to_string(pairs).unwrap())
}

#[tokio::test]
async fn a_client_asks_and_the_person_decides() {
    let (world, told, _listener) = with_listener().await;
    let mut browser = world.browser();
    let hint = told.connect(&mut browser, &WANG, "openid").await.id.unwrap();
    let address = asked(&[
        ("id_token_hint", &hint),
        ("post_logout_redirect_uri", "https://told.example/bye?a=b"),
        ("state", "s 1"),
    ]);
    let back = "https://told.example/bye?a=b&state=s+1";

    let page = browser.get(&address).await;
    assert_eq!(
        (page.name().as_str(), page.buttons("decision")),
        ("sign-out", vec!["all".into(), "this".into(), "stay".into()])
    );
    assert!(page.text().contains("办件系统"));
    let stayed = browser.submit(&page, &[("decision", "stay")]).await;
    assert_same(&stayed, back);
    assert_eq!(browser.get("/account/").await.name(), "account");

    // RP-Initiated Logout §2: the client may post it, from its own site; the page that was open answers as well.
    let posted = browser.post_from_elsewhere(&address).await;
    assert_same(&browser.submit(&page, &[("decision", "stay")]).await, back);
    let out = browser.submit(&posted, &[("decision", "all")]).await;
    assert_eq!(out.name(), "signed-out");
    assert!(out.text().contains("办件系统"));
    assert!(out.links().iter().any(|link| same(link, back)), "{:?}", out.links());
    assert!(browser.cookie("tongyao_session").is_none());
    assert_eq!(browser.get("/account/").await.name(), "sign-in");
    // Nobody is signed in any more: what the client wants is done already.
    assert_same(&browser.get(&address).await, back);
}

#[tokio::test]
async fn who_is_signed_in_is_never_told_otherwise() {
    let (world, told, _listener) = with_listener().await;
    let mut browser = world.browser();
    let hint = told.connect(&mut browser, &WANG, "openid").await.id.unwrap();
    assert_eq!(browser.get("/signed-out").await.name(), "sign-out");
    let back = "https://told.example/bye?a=b";
    let page = browser.get(&asked(&[("id_token_hint", &hint), ("post_logout_redirect_uri", back)])).await;
    // Another tab has signed in anew: what this one sends is the secret of before, what it holds then is the new one.
    let secret = browser.cookie("tongyao_session").unwrap().to_owned();
    browser.set_cookie("tongyao_session", &"x".repeat(43));
    let mut form = page.form(&[("decision", "all")]);
    form.set("decision", "all");
    let sent =
        browser.fetch(Call::post("/sign-out", &form.fields()).header(ORIGIN, "http://localhost:8000")).await;
    browser.set_cookie("tongyao_session", &secret);
    let again = browser.get(sent.header("location").unwrap()).await;
    assert_eq!(again.name(), "sign-out");
    let out = browser.submit(&again, &[("decision", "all")]).await;
    assert_eq!(out.name(), "signed-out");
    assert!(out.links().iter().any(|link| same(link, back)), "{:?}", out.links());
    browser.sign_in(&WANG).await;
    assert_eq!(browser.get("/signed-out").await.name(), "sign-out");
}

/// The page of a shared computer stood open too long: what its buttons do they do, only the way back is lost.
#[tokio::test]
async fn who_decides_too_late_is_signed_out_all_the_same() {
    /// Of a request that nobody keeps any more.
    const OVER: &str = "req_0190a1b2c3d4e5f60718293a4b5c6d7e";
    let (world, told, listener) = with_listener().await;
    let mut browser = world.browser();
    let hint = told.connect(&mut browser, &WANG, "openid").await.id.unwrap();
    let back = "https://told.example/bye?a=b";
    let asks = asked(&[("id_token_hint", &hint), ("post_logout_redirect_uri", back)]);
    let page = browser.get(&asks).await;
    let address = format!("/sign-out?request={OVER}");
    let decided = |decision| {
        let mut form = page.form_to("/sign-out");
        form.set("request", OVER);
        form.press("decision", decision);
        form
    };

    // Which system "this" was nobody knows any more: nothing is done in silence.
    let anew = browser.send(&page, &decided("this")).await;
    assert_eq!(
        (anew.name().as_str(), anew.buttons("decision")),
        ("sign-out", vec!["all".into(), "stay".into()])
    );
    assert_eq!(browser.get(&address).await.name(), "sign-out");
    let out = browser.send(&page, &decided("all")).await;
    assert_eq!((out.name().as_str(), out.status()), ("signed-out", 200));
    assert!(browser.cookie("tongyao_session").is_none());
    assert!(!out.links().iter().any(|link| link.contains("told.example")), "{:?}", out.links());
    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(listener.heard().len(), 1);
    // Nobody is signed in: the old page finds what it wanted.
    assert_eq!(browser.get(&address).await.name(), "signed-out");
}

#[tokio::test]
async fn leaving_one_system_leaves_the_others() {
    let (world, told, _listener) = with_listener().await;
    let office = world.system("office");
    let mut browser = world.browser();
    let tokens = told.connect(&mut browser, &WANG, "openid").await;
    let elsewhere = office.connect(&mut browser, &WANG, "openid").await;
    let page = browser.get(&asked(&[("id_token_hint", &tokens.id.unwrap())])).await;
    browser.submit(&page, &[("decision", "this")]).await;
    assert!(!told.userinfo(&tokens.access).await.status.is_success());
    office.userinfo(&elsewhere.access).await.good();
    browser.get(&office.ask("openid").with("prompt", "none").address()).await.code();
}

#[tokio::test]
async fn an_unregistered_way_back_or_a_false_hint_is_told_to_the_person() {
    let (world, told, _listener) = with_listener().await;
    let hint = told.connect(&mut world.browser(), &WANG, "openid").await.id.unwrap();
    let evil = "https://evil.example/";
    let registered = "https://told.example/bye?a=b";
    let cases: &[(&[(&str, &str)], u32)] = &[
        (&[("id_token_hint", &hint), ("post_logout_redirect_uri", evil)], 106_004),
        (&[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://told.example/bye")], 106_004),
        (&[("client_id", "portal"), ("post_logout_redirect_uri", registered)], 106_004),
        (&[("post_logout_redirect_uri", registered)], 106_005),
        (&[("post_logout_redirect_uri", "javascript:alert(1)"), ("client_id", "told")], 106_003),
        (&[("id_token_hint", "garbage")], 106_001),
        (&[("id_token_hint", &hint), ("client_id", "portal")], 106_002),
        (&[("client_id", "nobody")], 101_003),
    ];
    for (pairs, code) in cases {
        let page = world.browser().get(&asked(pairs)).await;
        page.person_is_refused(400, *code);
        let offers_to_leave = page.main_text().contains("在这里退出");
        assert_eq!(offers_to_leave, code / 100 == 1060, "{code}: who came to leave can leave");
    }
}

#[tokio::test]
async fn an_image_tag_cannot_sign_anybody_out() {
    let (world, told, _listener) = with_listener().await;
    let mut browser = world.browser();
    told.connect(&mut browser, &WANG, "openid").await;
    browser.get("/oidc/logout").await;
    browser.get("/sign-out").await;
    assert_eq!(browser.post("/sign-out", &[("decision", "all")]).await.status(), 403);
    assert_eq!(browser.get("/account/").await.name(), "account");
}

#[tokio::test]
async fn every_system_that_saw_the_session_is_told_once() {
    let (world, told, listener) = with_listener().await;
    let mut browser = world.browser();
    let tokens = told.connect(&mut browser, &WANG, "openid").await;
    let claims = told.id_claims(&tokens.id.unwrap()).await;
    world.system("office").connect(&mut browser, &WANG, "openid").await;
    sign_out(&mut browser).await;
    let mut look = Look::at(&world).await;
    let states = "SELECT client_id || ' ' || state FROM logout_delivery ORDER BY client_id";
    assert_eq!(look.texts(states).await, ["office none", "told pending"]);

    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 0);
    assert_eq!(look.texts(states).await, ["office none", "told delivered"]);
    let heard = listener.heard();
    assert_eq!(heard.len(), 1);
    let logout = told.signed_claims(heard[0].strip_prefix("logout_token=").unwrap()).await;
    // OpenID Connect Back-Channel Logout 1.0 §2.4.
    assert_eq!((&logout["sub"], &logout["sid"]), (&claims["sub"], &claims["sid"]));
    assert_eq!(logout["events"], json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
    assert!(logout["jti"].is_string() && logout.get("nonce").is_none());
    assert_eq!(logout["iat"], world.now().seconds());

    let page = browser.get("/signed-out").await;
    assert!(page.text().contains("办件系统") && page.text().contains("社保业务系统"), "{}", page.text());
}

#[tokio::test]
async fn a_system_that_does_not_answer_is_told_again() {
    let (world, told, listener) = with_listener().await;
    listener.answer_with(StatusCode::INTERNAL_SERVER_ERROR);
    let mut browser = world.browser();
    told.connect(&mut browser, &WANG, "openid").await;
    sign_out(&mut browser).await;
    let mut look = Look::at(&world).await;
    let states = "SELECT state FROM logout_delivery WHERE client_id = 'told'";

    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(look.texts(states).await, ["pending"]);
    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 0, "not before its pause is over");
    listener.answer_with(StatusCode::OK);
    world.later(5);
    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!((look.texts(states).await, listener.heard().len()), (vec!["delivered".to_owned()], 2));
}

#[tokio::test]
async fn a_system_that_never_answers_is_given_up_and_that_is_on_record() {
    let (world, told, listener) = with_listener().await;
    listener.answer_with(StatusCode::BAD_GATEWAY);
    let mut browser = world.browser();
    told.connect(&mut browser, &WANG, "openid").await;
    sign_out(&mut browser).await;
    for _ in 0..12 {
        jobs::logout::run_once(world.app.clone()).await.unwrap();
        world.later(12 * 3600 + 1);
    }
    assert_eq!(listener.heard().len(), 10);
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts("SELECT state FROM logout_delivery").await, ["failed"]);
    assert_eq!(look.number("SELECT COUNT(*) FROM audit_event WHERE kind = 'logout_given_up'").await, 1);
}

#[tokio::test]
async fn tokens_die_with_the_session() {
    let (world, told, _listener) = with_listener().await;
    let mut browser = world.browser();
    let tokens = told.connect(&mut browser, &WANG, "openid").await;
    sign_out(&mut browser).await;
    told.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_022);
    assert_eq!(told.userinfo(&tokens.access).await.json()["error"], Value::from("invalid_token"));
}

async fn sign_out(browser: &mut crate::support::Browser) {
    let page = browser.get("/sign-out").await;
    let out = browser.submit(&page, &[("decision", "all")]).await;
    assert_eq!(out.name(), "signed-out");
}

#[track_caller]
fn assert_same(page: &Page, address: &str) {
    assert!(same(page.left_to().as_str(), address), "{}", page.left_to());
}

/// Two spellings of a space in a query are the same address.
fn same(one: &str, other: &str) -> bool {
    one.replace("%20", "+") == other.replace("%20", "+")
}
