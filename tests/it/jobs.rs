//! What runs by itself: telling systems of a logout, sealing the audit log, ending visits.

use std::time::{Duration, Instant};

use http::StatusCode;
use serde_json::{Value, json};
use tongyao::audit::seal::{self, Noted, Verdict};
use tongyao::jobs;

use crate::support::clerk::CHEN;
use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{Browser, Clerk, RelyingParty, WANG, World, log};

const SECRET: &str = "told-secret-0123456789abcdef";
const STATES: &str = "SELECT client_id || ' ' || state FROM logout_delivery ORDER BY client_id";

fn listening(client_id: &str, listener: &Listener) -> Value {
    json!({
        "client_id": client_id, "client_secret": SECRET, "department": "hrss", "client_name": "办件系统",
        "redirect_uris": [format!("https://{client_id}.example/cb")], "consent": "implicit",
        "grant_types": ["authorization_code"], "scope": "openid",
        "backchannel_logout_uri": listener.address,
    })
}

/// Signs WANG in at each of these clients and out everywhere.
async fn sign_in_and_out(world: &World, clients: &[&str]) -> Browser {
    let mut browser = world.browser();
    for client in clients {
        let system = RelyingParty::new(world, client, Credential::Basic(SECRET.to_owned()));
        system.connect(&mut browser, &WANG, "openid").await;
    }
    let page = browser.get("/sign-out").await;
    assert_eq!(browser.submit(&page, &[("decision", "all")]).await.name(), "signed-out");
    browser
}

#[tokio::test]
async fn a_client_that_hangs_holds_up_nobody_else() {
    let (hanging, quick) = (Listener::that_hangs().await, Listener::start().await);
    let world = World::with_clients(&[listening("hangs", &hanging), listening("quick", &quick)]).await;
    let mut browser = sign_in_and_out(&world, &["hangs", "quick"]).await;
    let mut look = Look::at(&world).await;
    let started = Instant::now();
    let sending = tokio::spawn(jobs::logout::run_once(world.app.clone()));
    while look.texts(STATES).await != ["hangs pending", "quick delivered"] {
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", look.texts(STATES).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!sending.is_finished(), "the other one is still being waited for");
    assert_eq!(sending.await.unwrap().unwrap(), 2);
    assert!(started.elapsed() < Duration::from_secs(15), "it is waited for, and not for ever");
    let errors = look.texts("SELECT last_error FROM logout_delivery WHERE client_id = 'hangs'").await;
    assert_eq!(errors, ["no answer in time"]);
    let page = browser.get("/signed-out").await;
    assert!(page.text().contains("联系不上该系统") && page.text().contains("已退出"), "{}", page.text());
}

#[tokio::test]
async fn a_client_that_hangs_takes_no_more_places_than_its_own() {
    let (hanging, quick) = (Listener::that_hangs().await, Listener::start().await);
    let world = World::with_clients(&[listening("hangs", &hanging), listening("quick", &quick)]).await;
    for _ in 0..12 {
        sign_in_and_out(&world, &["hangs"]).await;
    }
    sign_in_and_out(&world, &["quick"]).await;
    let mut look = Look::at(&world).await;
    let sending = tokio::spawn(jobs::logout::run_once(world.app.clone()));
    let delivered = "SELECT COUNT(*) FROM logout_delivery WHERE state = 'delivered'";
    let started = Instant::now();
    while look.number(delivered).await != 1 {
        assert!(started.elapsed() < Duration::from_secs(4), "the quick one waits for the one that hangs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What there was no turn for is neither claimed nor counted as tried.
    assert_eq!(look.number("SELECT COUNT(*) FROM logout_delivery WHERE attempts = 0").await, 12 - 8);
    sending.abort();
}

#[tokio::test]
async fn a_client_that_refuses_is_told_again_ever_later_and_given_up() {
    let listener = Listener::start().await;
    listener.answer_with(StatusCode::BAD_REQUEST);
    let world = World::with_clients(&[listening("refuses", &listener)]).await;
    sign_in_and_out(&world, &["refuses"]).await;
    let tell = || jobs::logout::run_once(world.app.clone());
    // Each pause is longer than the one before; a second too early nothing is sent.
    for (tries, pause) in [5, 15, 60, 300, 900, 3_600, 10_800, 28_800, 43_200].into_iter().enumerate() {
        assert_eq!(tell().await.unwrap(), 1);
        assert_eq!(listener.heard().len(), tries + 1);
        world.later(pause - 1);
        assert_eq!(tell().await.unwrap(), 0, "before the pause of {pause} s is over");
        world.later(1);
    }
    assert_eq!(tell().await.unwrap(), 1);
    world.later(7 * 24 * 3600);
    assert_eq!(tell().await.unwrap(), 0, "given up");
    // Every try is a token of its own (OpenID Connect Back-Channel Logout 1.0 §2.6).
    let mut heard = listener.heard();
    heard.sort();
    heard.dedup();
    assert_eq!(heard.len(), 10);
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts(STATES).await, ["refuses failed"]);
    assert_eq!(look.texts("SELECT last_error FROM logout_delivery").await, ["answered 400"]);
}

#[tokio::test]
async fn a_message_that_fails_by_our_fault_is_given_up_and_holds_up_nobody() {
    let listener = Listener::start().await;
    let names = ["damaged", "nameless", "quick"];
    let world = World::with_clients(&names.map(|name| listening(name, &listener))).await;
    sign_in_and_out(&world, &names).await;
    let mut look = Look::at(&world).await;
    look.change("UPDATE client SET metadata = '{' WHERE client_id = 'damaged'").await;
    look.change("UPDATE logout_delivery SET id = 'no id' WHERE client_id = 'nameless'").await;
    // Nobody has the client as it was in memory any more.
    world.later(6);
    for pause in [5, 15, 60, 300, 900, 3_600, 10_800, 28_800, 43_200, 43_200] {
        jobs::logout::run_once(world.app.clone()).await.unwrap();
        world.later(pause);
        assert_eq!(listener.heard().len(), 1);
    }
    assert_eq!(look.texts(STATES).await, ["damaged failed", "nameless pending", "quick delivered"]);
    let given_up =
        "SELECT COUNT(*) FROM audit_event WHERE kind = 'logout_given_up' AND facts LIKE '%a fault of ours%'";
    assert_eq!(look.number(given_up).await, 1);
}

#[tokio::test]
async fn the_page_says_whom_it_did_not_reach() {
    let (refusing, good) = (Listener::start().await, Listener::start().await);
    refusing.answer_with(StatusCode::BAD_REQUEST);
    let world = World::with_clients(&[listening("refuses", &refusing), listening("takes", &good)]).await;
    let mut browser = sign_in_and_out(&world, &["refuses", "takes"]).await;
    let trying = browser.get("/signed-out").await;
    assert!(trying.text().contains("个系统在通知"), "{}", trying.text());
    jobs::logout::run_once(world.app.clone()).await.unwrap();
    let text = browser.get("/signed-out").await.text();
    assert!(text.contains("已退出") && text.contains("该系统未接受通知"), "{text}");
    // The page that waits hears that a try has failed, although there will be more of them.
    let state = browser.get("/signed-out/state").await.answer.good();
    assert_ne!(state["state"].as_str(), trying.data("data-state").as_deref());
    // The last try, seen within the half hour that the page can be shown.
    Look::at(&world).await.change("UPDATE logout_delivery SET attempts = 9 WHERE state = 'pending'").await;
    world.later(5);
    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 1);
    let text = browser.get("/signed-out").await.text();
    assert!(text.contains("没有通知到") && text.contains("该系统未接受通知"), "{text}");
    let english = browser.clone().get("/signed-out?lang=en").await.text();
    assert!(english.contains("The system did not accept the notice"), "{english}");
}

/// A world with several seals over a day's events.
async fn sealed() -> World {
    let world = World::with_halls().await;
    jobs::seal::run_once(world.app.clone()).await.unwrap();
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    clerk.verify_walk_in("citizen").await;
    assert!(jobs::seal::run_once(world.app.clone()).await.unwrap() > 0);
    world.browser().sign_in(&WANG).await;
    assert_eq!(jobs::seal::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(jobs::seal::run_once(world.app.clone()).await.unwrap(), 0);
    world
}

async fn verdict(world: &World) -> Verdict {
    seal::verify(&world.app.db, &world.app.keys.mac, None).await.unwrap()
}

/// How many events are sealed, how many are not yet, and the last seal.
async fn whole(world: &World) -> (i64, i64, Noted) {
    match verdict(world).await {
        Verdict::Whole { events, unsealed, last: Some(last) } => (events, unsealed, last),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_untouched_log_is_whole() {
    let world = sealed().await;
    let events = Look::at(&world).await.number("SELECT COUNT(*) FROM audit_event").await;
    let (sealed, unsealed, last) = whole(&world).await;
    assert_eq!((sealed, unsealed, last.number), (events, 0, 3));
    world.browser().sign_in(&WANG).await;
    assert_eq!(whole(&world).await, (events, 1, last));
}

#[tokio::test]
async fn a_log_whose_newest_end_is_cut_off_misses_the_seal_that_was_noted() {
    let world = sealed().await;
    let (_, _, last) = whole(&world).await;
    assert!(log::lines().contains(&last.to_string()), "the log of the service says each seal");
    let first: Noted = Look::at(&world)
        .await
        .texts("SELECT number || ':' || mac FROM audit_seal WHERE number = 1")
        .await
        .remove(0)
        .parse()
        .unwrap();
    let other = Noted { mac: first.mac.clone(), ..last.clone() };
    let check = |noted: &Noted| {
        let (noted, app) = (noted.clone(), world.app.clone());
        async move { seal::verify(&app.db, &app.keys.mac, Some(&noted)).await.unwrap() }
    };
    for noted in [&first, &last] {
        assert!(matches!(check(noted).await, Verdict::Whole { .. }), "{noted}");
    }
    assert!(matches!(check(&other).await, Verdict::Broken { seal: 3, .. }));
    let mut look = Look::at(&world).await;
    for cut in [
        "DELETE FROM audit_event WHERE seal_id = (SELECT id FROM audit_seal WHERE number = 3)",
        "DELETE FROM audit_seal WHERE number = 3",
    ] {
        assert!(look.change(cut).await > 0);
    }
    assert_eq!(whole(&world).await.2.number, 2, "by itself a chain does not know how long it was");
    assert!(matches!(check(&first).await, Verdict::Whole { .. }));
    assert!(matches!(check(&last).await, Verdict::Broken { seal: 3, .. }));
}

#[tokio::test]
async fn whatever_is_done_to_a_sealed_log_shows() {
    let of_second = "(SELECT id FROM audit_seal WHERE number = 2)";
    let one = format!("id = (SELECT MIN(id) FROM audit_event WHERE seal_id = {of_second})");
    let added = format!(
        "INSERT INTO audit_event (id, at, kind, result, actor_kind, request_id, facts, seal_id)
         SELECT id || 'x', at, kind, result, actor_kind, request_id, facts, seal_id FROM audit_event WHERE {one}"
    );
    let changes = [
        format!("UPDATE audit_event SET at = at + 1 WHERE {one}"),
        format!("UPDATE audit_event SET facts = '{{\"a\":1}}' WHERE {one}"),
        format!("UPDATE audit_event SET actor_id = 'stf_0' WHERE {one}"),
        format!("UPDATE audit_event SET person_id = 'per_0' WHERE {one}"),
        format!("DELETE FROM audit_event WHERE {one}"),
        format!("DELETE FROM audit_event WHERE seal_id = {of_second}"),
        format!("UPDATE audit_event SET seal_id = NULL WHERE {one}"),
        added,
        "DELETE FROM audit_seal WHERE number = 2".to_owned(),
        "UPDATE audit_seal SET events = events - 1 WHERE number = 2".to_owned(),
        "UPDATE audit_seal SET mac = digest WHERE number = 2".to_owned(),
        "DELETE FROM audit_seal WHERE number = 3".to_owned(),
    ];
    for change in changes {
        let world = sealed().await;
        assert!(Look::at(&world).await.change(&change).await > 0, "{change}");
        let found = verdict(&world).await;
        assert!(matches!(found, Verdict::Broken { .. }), "{change}: {found:?}");
    }
}

#[tokio::test]
async fn another_installations_key_makes_no_seal_of_ours() {
    let world = sealed().await;
    let other = tongyao::crypto::mac::MacKey::new(&[7; 32]);
    let found = seal::verify(&world.app.db, &other, None).await.unwrap();
    assert!(matches!(found, Verdict::Broken { seal: 1, .. }), "{found:?}");
}

#[tokio::test]
async fn visits_that_nobody_finishes_end_by_the_clock() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.verify_walk_in("citizen").await;
    clerk.offer(&world, &decided).await;
    world.later(1);
    clerk.walk_in().await;
    let expire = || jobs::visits::run_once(world.app.clone());
    assert_eq!(expire().await.unwrap(), 0);
    world.later(4 * 3600);
    assert_eq!(expire().await.unwrap(), 1);
    let mut look = Look::at(&world).await;
    let states = "SELECT state FROM visit ORDER BY opened_at, id";
    assert_eq!(look.texts(states).await, ["awaiting_binding", "expired"]);
    world.later(44 * 3600);
    assert_eq!(expire().await.unwrap(), 1);
    assert_eq!(look.texts(states).await, ["expired", "expired"]);
    assert_eq!(look.number("SELECT COUNT(*) FROM binding WHERE ended_at IS NULL").await, 0);
    assert_eq!(expire().await.unwrap(), 0);
}
