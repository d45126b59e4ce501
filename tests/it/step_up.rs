//! A client needs a higher level than the person has: what they are told, and how they get there.

use crate::support::clerk::CHEN;
use crate::support::relying_party::Credential;
use crate::support::{Ask, Browser, Clerk, LI, Page, RelyingParty, WANG, World};

const LEVEL_3: &str = "urn:tongyao:loa:3";

fn ask(world: &World) -> Ask {
    world.system("office").ask("openid real_name").with("acr_values", LEVEL_3)
}

async fn stopped(world: &World, browser: &mut Browser) -> Page {
    let page = browser.pass(&ask(world), &WANG).await;
    assert_eq!((page.name().as_str(), page.status()), ("step-up", 200));
    page
}

#[tokio::test]
async fn the_page_says_what_is_missing_and_where_to_get_it() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let text = stopped(&world, &mut browser).await.text();
    for said in ["社保业务系统", "1 级", "3 级", "预约窗口核验", "城北政务大厅", "城南政务大厅"]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
    let mut browser = world.browser().speaking("en");
    let text = stopped(&world, &mut browser).await.text();
    for said in ["Level 1", "Level 3", "Book a visit"] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[tokio::test]
async fn who_has_the_level_never_sees_it() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let request = ask(&world);
    let page = browser.pass(&request, &LI).await;
    let tokens = world.system("office").exchange(&page.code(), &request).await.good();
    let claims = world.system("office").id_claims(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["acr"], LEVEL_3);
}

#[tokio::test]
async fn enrolling_gives_a_code_once() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = stopped(&world, &mut browser).await;
    assert!(page.data("data-code").is_none());
    let ticket = browser.submit(&page, &[("action", "enrol")]).await;
    let code = ticket.data("data-code").unwrap();
    assert!(code.len() == 17 && code.bytes().all(|b| b.is_ascii_digit()), "{code}");
    assert!(ticket.answer.body.contains("<svg"));
    // Pressed again from the old page, and looked at elsewhere: the same visit.
    let again = browser.submit(&page, &[("action", "enrol")]).await;
    assert_eq!(again.data("data-code").as_ref(), Some(&code));
    let visit = browser.get("/account/visit").await;
    assert_eq!(visit.data("data-code").as_ref(), Some(&code));
}

#[tokio::test]
async fn leaving_tells_the_client() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = stopped(&world, &mut browser).await;
    let left = browser.submit(&page, &[("action", "leave")]).await;
    left.client_is_refused("unmet_authentication_requirements", 102_038);
}

#[tokio::test]
async fn continuing_too_early_says_so_and_asks_again() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = stopped(&world, &mut browser).await;
    let page = browser.submit(&page, &[("action", "enrol")]).await;
    let page = browser.submit(&page, &[("action", "continue")]).await;
    assert_eq!((page.name().as_str(), page.status()), ("step-up", 422));
    assert!(page.text().contains("还没有收到窗口的核验结果"), "{}", page.text());
}

#[tokio::test]
async fn continuing_after_the_window_reaches_the_client() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let request = ask(&world);
    let page = browser.pass(&request, &WANG).await;
    let ticket = browser.submit(&page, &[("action", "enrol")]).await;

    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let page = clerk.open(&ticket.data("data-code").unwrap()).await;
    let page = clerk.read(&page, "citizen").await;
    let decided = clerk.pass(&page).await;
    let offered = clerk.offer(&world, &decided).await;

    // The page that waited now leads to the digits, and from there back to the request.
    let waiting = browser.get(&ticket.path).await;
    let digits = waiting.links().into_iter().find(|link| link.starts_with("/account/visit?request="));
    let visit = browser.get(&digits.unwrap()).await;
    let bound = browser.submit(&visit, &[("number", &offered.number)]).await;
    assert!(bound.text().contains("继续前往“社保业务系统”"), "{}", bound.text());
    let on = bound.links().into_iter().find(|link| link.starts_with("/continue")).unwrap();
    let back = browser.get(&on).await;
    let tokens = world.system("office").exchange(&back.code(), &request).await.good();
    let claims = world.system("office").id_claims(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["acr"], LEVEL_3);
}

#[tokio::test]
async fn without_pages_the_client_is_told() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let page = browser.get(&ask(&world).with("prompt", "none").address()).await;
    page.client_is_refused("unmet_authentication_requirements", 102_038);
    let stranger = world.browser().get(&ask(&world).with("prompt", "none").address()).await;
    stranger.client_is_refused("login_required", 102_031);
}

#[tokio::test]
async fn nobody_elses_request_can_be_answered() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = stopped(&world, &mut browser).await;
    let mut thief = world.browser();
    thief.sign_in(&LI).await;
    // Whoever is signed in is led to their own visit, never into another browser's request.
    assert_eq!(thief.get(&page.path).await.name(), "visit");
    world.browser().get(&page.path).await;
    for request in ["", "req_0", "garbage", "%00"] {
        let shown = world.browser().get(&format!("/step-up?request={request}")).await;
        assert!((400..500).contains(&shown.status()), "{request}: {}", shown.status());
    }
}

/// A client that lets nobody in below level 3, whatever it asks.
fn strict() -> serde_json::Value {
    serde_json::json!({
        "client_id": "strict", "client_secret": "strict-secret-0123456789", "department": "hrss", "consent": "implicit",
        "redirect_uris": ["https://strict.example/cb"], "scope": "openid profile", "minimum_acr": LEVEL_3,
    })
}

fn party(world: &World, client_id: &str) -> RelyingParty {
    RelyingParty::new(world, client_id, Credential::Basic("strict-secret-0123456789".to_owned()))
}

#[tokio::test]
async fn a_minimum_of_the_registration_holds_whatever_is_asked() {
    let world = World::with_clients(&[strict()]).await;
    world.apply(crate::support::clerk::halls()).await;
    let strict = party(&world, "strict");
    let plain = strict.ask("openid");
    let low = strict.ask("openid").with("acr_values", "urn:tongyao:loa:1");
    for ask in [&plain, &low] {
        assert_eq!(world.browser().pass(ask, &WANG).await.name(), "step-up");
    }
    let mut wang = world.browser();
    wang.sign_in(&WANG).await;
    let silent = wang.get(&plain.clone().with("prompt", "none").address()).await;
    silent.client_is_refused("unmet_authentication_requirements", 102_038);
    world.browser().pass(&plain, &LI).await.code();
}

#[tokio::test]
async fn a_voluntary_wish_takes_what_there_is() {
    let world = World::with_halls().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let wish = r#"{"id_token":{"acr":{"values":["urn:tongyao:loa:3"]}}}"#;
    let ask = office.ask("openid").with("claims", wish);
    let tokens = office.exchange(&browser.get(&ask.address()).await.code(), &ask).await.good();
    assert_eq!(office.id_claims(tokens["id_token"].as_str().unwrap()).await["acr"], "urn:tongyao:loa:1");
    // Essential is another matter (OIDC Core §5.5.1.1).
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["urn:tongyao:loa:3"]}}}"#;
    let ask = office.ask("openid").with("claims", essential);
    assert_eq!(browser.get(&ask.address()).await.name(), "step-up");
    let silent = browser.get(&ask.with("prompt", "none").address()).await;
    silent.client_is_refused("unmet_authentication_requirements", 102_038);
    // What no page leads to: less is told to who only seeks it, nothing to who needs it.
    let ask = office.ask("openid").with("acr_values", "urn:tongyao:aal:3");
    browser.get(&ask.address()).await.code();
    let needed = r#"{"id_token":{"acr":{"essential":true,"value":"urn:tongyao:aal:3"}}}"#;
    let page = browser.get(&office.ask("openid").with("claims", needed).address()).await;
    page.client_is_refused("unmet_authentication_requirements", 102_039);
}

#[tokio::test]
async fn max_age_zero_is_asked_again_even_in_the_same_moment() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    for ask in [office.ask("openid").with("max_age", "0"), office.ask("openid").with("prompt", "login")] {
        let page = browser.get(&ask.address()).await;
        assert_eq!(page.name(), "sign-in");
        let silent = browser.get(&ask.clone().with("max_age", "0").with("prompt", "none").address()).await;
        silent.client_is_refused("login_required", 102_031);
        let back = browser.sign_in_on(&page, &WANG).await;
        let tokens = office.exchange(&back.code(), &ask).await.good();
        let claims = office.id_claims(tokens["id_token"].as_str().unwrap()).await;
        assert_eq!(claims["auth_time"].as_i64(), Some(world.now().seconds()));
    }
}

#[tokio::test]
async fn a_minimum_raised_later_holds_for_tokens_issued_before() {
    let mut client = strict();
    client.as_object_mut().unwrap().remove("minimum_acr");
    let world = World::with_clients(&[client]).await;
    let strict_party = party(&world, "strict");
    let token = strict_party.connect(&mut world.browser(), &WANG, "openid profile").await.access;
    let token_of_li = strict_party.connect(&mut world.browser(), &LI, "openid profile").await.access;
    strict_party.userinfo(&token).await.good();
    world.apply(serde_json::json!({"clients": [strict()]})).await;
    world.later(60);
    let answer = strict_party.userinfo(&token).await;
    answer.refused(401, "insufficient_user_authentication", 104_009);
    // RFC 9470 §3: the challenge says what would do.
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains(r#"error="insufficient_user_authentication""#), "{challenge}");
    assert!(challenge.contains(r#"acr_values="urn:tongyao:loa:3""#), "{challenge}");
    strict_party.userinfo(&token_of_li).await.good();
    // The new authorization request leads to the page that helps.
    let ask = strict_party.ask("openid").with("acr_values", LEVEL_3);
    assert_eq!(world.browser().pass(&ask, &WANG).await.name(), "step-up");
}

#[tokio::test]
async fn introspection_tells_a_resource_what_it_has_to_judge() {
    let world = World::new().await;
    let portal = world.system("portal");
    let token = portal.connect(&mut world.browser(), &LI, "openid").await.access;
    let told = portal.introspect(&token).await.good();
    assert_eq!(
        (told["acr"].as_str(), told["auth_time"].as_i64()),
        (Some(LEVEL_3), Some(world.now().seconds()))
    );
}
