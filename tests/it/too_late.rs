//! Who comes too late, or from a browser that keeps nothing: what they are told, and where they go on.

use crate::support::{Ask, WANG, World};

const HALF_AN_HOUR: u64 = 30 * 60;

fn ask(world: &World) -> Ask {
    world.system("office").ask("openid real_name").with("acr_values", "urn:tongyao:loa:3")
}

#[tokio::test]
async fn a_sign_in_that_ran_out_names_the_system() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = browser.get(&ask(&world).address()).await;
    assert_eq!(page.name(), "sign-in");
    world.later(HALF_AN_HOUR + 1);
    let late = browser.sign_in_on(&page, &WANG).await;
    assert_eq!((late.name().as_str(), late.status()), ("error", 410));
    assert!(late.main_text().contains("社保业务系统"), "{}", late.main_text());
}

#[tokio::test]
async fn what_names_no_system_leads_to_the_services() {
    let world = World::new().await;
    let late = world.browser().get("/continue?request=req_0190a1b2c3d4e5f60718293a4b5c6d7e").await;
    assert_eq!((late.name().as_str(), late.status()), ("error", 410));
    assert!(late.links().iter().any(|link| link == "/account/services"), "{:?}", late.links());
}

#[tokio::test]
async fn a_visit_longer_than_the_request_leads_back_to_the_system() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = browser.pass(&ask(&world), &WANG).await;
    assert_eq!(page.name(), "step-up");
    let ticket = browser.submit(&page, &[("action", "enrol")]).await;
    world.later(HALF_AN_HOUR + 1);
    let visit = browser.submit(&ticket, &[("action", "continue")]).await;
    assert_eq!(visit.name(), "visit");
    assert!(visit.main_text().contains("社保业务系统"), "{}", visit.main_text());
}

#[tokio::test]
async fn the_page_of_the_visit_knows_the_system_whatever_is_done_on_it() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = browser.pass(&ask(&world), &WANG).await;
    let request = page.input("request").unwrap();
    let visit = browser.get(&format!("/account/visit?request={request}")).await;
    let booked = browser.submit(&visit, &[("action", "enrol")]).await;
    assert!(booked.data("data-code").is_some(), "{}", booked.main_text());
    let english = booked.links().into_iter().find(|link| link.contains("lang=en")).unwrap();
    world.later(HALF_AN_HOUR + 1);
    let late = browser.get(&english).await;
    assert_eq!(late.name(), "visit");
    assert!(late.main_text().contains("社保业务系统"), "{}", late.main_text());
}

#[tokio::test]
async fn a_visit_asked_for_too_late_is_booked() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    let page = browser.pass(&ask(&world), &WANG).await;
    world.later(HALF_AN_HOUR + 1);
    let booked = browser.submit(&page, &[("action", "enrol")]).await;
    assert!(booked.data("data-code").is_some(), "{}", booked.main_text());
    assert!(booked.main_text().contains("社保业务系统"), "{}", booked.main_text());
}

/// Nobody may have a page name a system that there is not, or lead to an address of theirs.
#[tokio::test]
async fn only_a_system_on_record_is_named() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    for from in ["nobody", "https%3A%2F%2Fevil.example%2F", "%3Cscript%3E"] {
        let page = browser.get(&format!("/account/visit?from={from}")).await;
        assert_eq!((page.name().as_str(), page.status()), ("visit", 200), "{from}");
        assert!(!page.answer.body.contains("evil.example/\""), "{from}");
        assert!(!page.main_text().contains("nobody"), "{from}");
    }
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_so() {
    let world = World::new().await;
    let page = world.browser().get("/sign-in").await;
    let refused = world.browser().sign_in_on(&page, &WANG).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("error", 403));
    assert!(refused.main_text().contains("Cookie"), "{}", refused.main_text());
    // One that has cookies, and a page of another browser, is told that the page is old.
    let mut other = world.browser();
    other.get("/sign-in").await;
    let refused = other.sign_in_on(&page, &WANG).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("error", 403));
    assert!(!refused.main_text().contains("Cookie"), "{}", refused.main_text());
}
