//! A client needs a higher level than the person has: what they are told, and how they get there.

use crate::support::clerk::CHEN;
use crate::support::{Ask, Browser, Clerk, LI, Page, WANG, World};

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
    for said in ["Level 1", "Level 3", "Make a visit"] {
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
