//! OpenID Connect Session Management 1.0: what a client keeps, the state it is compared with, and the frame that compares.

use aws_lc_rs::digest::{SHA256, digest};

use crate::support::wire::Call;
use crate::support::{Browser, LI, Page, RelyingParty, WANG, World};

const STATE: &str = "tongyao_state";

/// What the script of the frame computes (§3.2).
fn expected(page: &Page, browser: &Browser, origin: &str) -> String {
    let told = page.told("session_state").unwrap();
    let salt = told.split_once('.').unwrap().1;
    let text = format!("portal {origin} {} {salt}", browser.cookie(STATE).unwrap_or_default());
    let hex: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("{hex}.{salt}")
}

async fn ask(portal: &RelyingParty, browser: &mut Browser, prompt: Option<&str>) -> Page {
    let ask = portal.ask("openid");
    let ask = prompt.into_iter().fold(ask, |ask, prompt| ask.with("prompt", prompt));
    browser.pass(&ask, &WANG).await
}

#[tokio::test]
async fn the_answer_says_the_state_of_the_sign_in_for_this_client() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let page = ask(&portal, &mut browser, None).await;
    let told = page.told("session_state").unwrap();
    assert_eq!(told, expected(&page, &browser, "https://portal.example"));
    assert_ne!(told, expected(&page, &browser, "https://evil.example"), "of no use to another origin");
    // Neither the session's secret nor its digest.
    let session = browser.cookie("tongyao_session").unwrap().to_owned();
    assert!(!browser.cookie(STATE).unwrap().contains(&session));
    // A salt of its own each time.
    let again = ask(&portal, &mut browser, Some("none")).await;
    assert_eq!(again.told("session_state").unwrap(), expected(&again, &browser, "https://portal.example"));
    assert_ne!(again.told("session_state").unwrap(), told);
}

#[tokio::test]
async fn the_state_is_another_one_after_each_sign_in_sign_out_and_change_of_person() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let first = ask(&portal, &mut browser, None).await;
    let unchanged = |browser: &Browser| {
        first.told("session_state").unwrap() == expected(&first, browser, "https://portal.example")
    };
    assert!(unchanged(&browser));
    ask(&portal, &mut browser, Some("none")).await;
    browser.get("/account/").await;
    assert!(unchanged(&browser), "looking at pages changes nothing");

    let mut again = browser.clone();
    ask(&portal, &mut again, Some("login")).await;
    assert!(!unchanged(&again), "a new proof of identity");

    let mut other = browser.clone();
    let page = other.get(&portal.ask("openid").with("prompt", "login").address()).await;
    other.sign_in_on(&page, &LI).await;
    assert!(!unchanged(&other), "another person");

    let mut out = world.browser();
    let first = ask(&portal, &mut out, None).await;
    let page = out.get("/sign-out").await;
    out.submit(&page, &[("decision", "all")]).await;
    assert!(out.cookie(STATE).is_some(), "a state of nobody says more than none");
    assert_ne!(first.told("session_state").unwrap(), expected(&first, &out, "https://portal.example"));
}

#[tokio::test]
async fn a_state_that_was_lost_or_planted_is_put_right_with_the_next_answer() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    ask(&portal, &mut browser, None).await;
    let right = browser.cookie(STATE).unwrap().to_owned();
    browser.set_cookie(STATE, "planted");
    let page = ask(&portal, &mut browser, Some("none")).await;
    assert_eq!(browser.cookie(STATE), Some(right.as_str()));
    assert_eq!(page.told("session_state").unwrap(), expected(&page, &browser, "https://portal.example"));
}

#[tokio::test]
async fn refusals_and_plain_oauth_answers_carry_none() {
    let world = World::new().await;
    let portal = world.system("portal");
    let refused = world.browser().get(&portal.ask("openid").with("prompt", "none").address()).await;
    refused.client_is_refused("login_required", 102_031);
    assert_eq!(refused.told("session_state"), None);
    let mut browser = world.browser();
    let plain = browser.pass(&portal.ask("profile"), &WANG).await;
    assert!(plain.told("code").is_none() || plain.told("session_state").is_none());
}

#[tokio::test]
async fn the_frame_is_the_one_page_that_others_may_show() {
    let world = World::new().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    let address = metadata["check_session_iframe"].as_str().unwrap();
    let frame = Call::get(address.strip_prefix("http://localhost:8000").unwrap()).send(&world.router).await;
    assert_eq!((frame.status.as_u16(), frame.header("x-frame-options")), (200, None));
    let policy = frame.header("content-security-policy").unwrap();
    assert_eq!(
        policy,
        "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
    );
    assert!(frame.headers.get_all("set-cookie").iter().next().is_none(), "it is the same for everybody");
    let script = frame.body.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let script = Call::get(&script).send(&world.router).await;
    assert!(script.body.contains("unchanged") && script.body.contains("tongyao_state"));
    for path in ["/", "/sign-in", "/signed-out", "/oidc/authorize", "/oidc/session/x"] {
        let other = Call::get(path).send(&world.router).await;
        assert_eq!(other.header("x-frame-options"), Some("DENY"), "{path}");
    }
}
