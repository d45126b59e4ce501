//! A higher level: the page that asks for it, the visit to a window, and the confirmation in the citizen's own account.

use crate::support::clerk::{CHEN, Offered, WANG_CARD, wrong_number};
use crate::support::{Clerk, LI, Page, RelyingParty, WANG, World, html};

const ANSWER: &str = "urn:tongyao:loa:3";

/// The code on a page.
#[track_caller]
fn code_on(page: &Page) -> String {
    let marked = html::all(&page.answer.body, "p");
    let code = marked.iter().find_map(|tag| tag.attribute("data-code")).map(str::to_owned);
    code.unwrap_or_else(|| panic!("no code: {}", page.text()))
}

/// A town where Wang has come to a window and passed; what is offered to her.
async fn offered() -> (World, Clerk, Page, Offered) {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let page = clerk.walk_in().await;
    let decided = clerk.decide(&page, &WANG_CARD, "pass").await;
    let offer = clerk.offer(&world, &decided).await;
    (world, clerk, decided, offer)
}

fn request_for_level_3(office: &RelyingParty) -> crate::support::Ask {
    office.ask("openid profile").with("acr_values", ANSWER)
}

#[tokio::test]
async fn a_request_for_level_3_leads_to_the_window_and_back() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let office = world.system("office");
    let mut browser = world.browser();
    let ask = request_for_level_3(&office);
    let page = browser.pass(&ask, &WANG).await;
    assert_eq!((page.name().as_str(), page.status()), ("step-up", 200));
    assert!(page.text().contains("城北政务大厅") && page.text().contains(WANG.masked_name));
    let request = page.input("request").unwrap();

    let page = browser.submit(&page, &[("action", "enrol")]).await;
    let code = code_on(&page);
    let again = browser.submit(&page, &[("action", "continue")]).await;
    assert_eq!((again.name().as_str(), again.status()), ("step-up", 422));
    // Asked for again, by a double click, it is the same visit.
    let fields = [("csrf", again.input("csrf").unwrap()), ("request", request.clone())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let enrol = [&fields[..], &[("action", "enrol")]].concat();
    assert_eq!(code_on(&browser.post("/step-up", &enrol).await), code);

    let page = clerk.open(&code).await;
    let decided = clerk.decide(&page, &WANG_CARD, "pass").await;
    let number = clerk.offer(&world, &decided).await.number;
    let step_up = browser.get(&format!("/step-up?request={request}")).await;
    let binding = format!("/account/visit?request={request}&from=office");
    assert!(step_up.links().contains(&binding), "{:?}", step_up.links());

    let page = browser.get(&binding).await;
    let page = browser.submit(&page, &[("number", &number)]).await;
    assert_eq!((page.name().as_str(), page.path.as_str()), ("visit", binding.as_str()));
    let on = format!("/continue?request={request}");
    assert!(page.links().contains(&on), "{:?}", page.links());
    let told = browser.get(&on).await;
    let tokens = crate::support::Tokens::of(&office.exchange(&told.code(), &ask).await);
    assert_eq!(office.id_claims(tokens.id.as_deref().unwrap()).await["acr"], ANSWER);
}

#[tokio::test]
async fn a_step_up_that_answered_a_form_is_shown_again_on_its_way() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.pass(&request_for_level_3(&world.system("office")), &WANG).await;
    let page = browser.submit(&page, &[("action", "enrol")]).await;
    let early = browser.submit(&page, &[("action", "continue")]).await;
    assert_eq!((early.name().as_str(), early.status()), ("step-up", 422));
    let here = early.data("data-here").unwrap();
    assert!(here.starts_with("/step-up?request="), "{here}");
    let english = early.links().into_iter().find(|link| link.contains("lang=en")).unwrap();
    for address in [here, english] {
        assert_eq!(browser.get(&address).await.name(), "step-up", "{address}");
    }
}

#[tokio::test]
async fn who_leaves_the_step_up_is_sent_back_with_an_error() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.pass(&request_for_level_3(&world.system("office")), &WANG).await;
    let page = browser.submit(&page, &[("action", "leave")]).await;
    assert_eq!(page.told("error").as_deref(), Some("unmet_authentication_requirements"));
}

#[tokio::test]
async fn a_step_up_that_waited_too_long_goes_on_at_the_visit() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.pass(&request_for_level_3(&world.system("office")), &WANG).await;
    world.later(31 * 60);
    let late = browser.submit(&page, &[("action", "enrol")]).await;
    assert_eq!((late.name().as_str(), late.status()), ("visit", 200));
    // Without a session, and for garbage, there is nothing to go on with.
    for address in ["/step-up", "/step-up?request=", "/step-up?request=req_none"] {
        assert_eq!(world.browser().get(address).await.status(), 410, "{address}");
    }
}

#[tokio::test]
async fn the_page_and_its_poll_tell_how_far_the_visit_is() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let mut states = Vec::new();
    macro_rules! look {
        () => {
            let told: serde_json::Value =
                serde_json::from_str(&browser.get("/account/visit/state").await.answer.body).unwrap();
            states.push(told["state"].as_str().unwrap().to_owned());
        };
    }
    look!();
    let page = browser.get("/account/visit").await;
    let page = browser.submit(&page, &[("action", "enrol")]).await;
    look!();
    let page = browser.submit(&page, &[("action", "cancel")]).await;
    look!();
    // Visits are told apart by when they began.
    world.later(1);
    let page = browser.submit(&page, &[("action", "enrol")]).await;
    let card = clerk.open(&code_on(&page)).await;
    look!();
    let stale = browser.submit(&page, &[("action", "cancel")]).await;
    assert_eq!((stale.name().as_str(), stale.status()), ("visit", 409));
    clerk.decide(&card, &WANG_CARD, "fail_retryable").await;
    look!();
    world.later(1);
    let page = browser.get("/account/visit").await;
    let page = browser.submit(&page, &[("action", "enrol")]).await;
    let card = clerk.open(&code_on(&page)).await;
    let decided = clerk.decide(&card, &WANG_CARD, "pass").await;
    look!();
    let offer = clerk.offer(&world, &decided).await;
    look!();
    world.later(11 * 60);
    look!();
    let page = browser.get(&offer.address).await;
    assert_eq!((page.name().as_str(), page.status()), ("visit", 410));
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.browser.get(&decided.path).await;
    clerk.give_code(&decided).await;
    assert!(browser.get("/account/visit").await.links().contains(&"/register".to_owned()));
    world.later(49 * 3600);
    browser.sign_in(&WANG).await;
    look!();
    let expected = [
        "absent",
        "open",
        "cancelled",
        "at_counter",
        "failed_retryable",
        "passed",
        "awaiting_binding",
        "passed",
        "lapsed",
    ];
    assert_eq!(states, expected);
    let page = browser.get("/account/visit").await;
    assert!(page.text().contains("结果没有及时归入账号") && !page.text().contains("预约已过期"));
}

#[tokio::test]
async fn who_was_put_back_is_told_and_can_have_a_code() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let card = clerk.walk_in().await;
    let compare = clerk.read(&card, "citizen").await;
    clerk.press(&compare, "/release").await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let page = browser.get("/account/visit").await;
    assert!(page.text().contains("请回到窗口") && page.text().contains("不需要核验码"), "{}", page.text());
    let ask = world.system("office").ask("openid").with("acr_values", "urn:tongyao:loa:3");
    let step_up = browser.get(&ask.address()).await;
    assert_eq!(step_up.name(), "step-up");
    assert!(step_up.text().contains("请回到窗口"), "{}", step_up.text());
    world.later(1);
    let page = browser.submit(&page, &[("action", "enrol")]).await;
    assert_eq!(clerk.open(&code_on(&page)).await.name(), "hall-card");
}

#[tokio::test]
async fn the_last_try_is_one_and_said_once() {
    let (world, _clerk, _decided, offer) = offered().await;
    let mut browser = world.browser().speaking("en");
    browser.sign_in(&WANG).await;
    let mut page = browser.get("/account/visit").await;
    for said in ["2 tries left", "1 try left"] {
        page = browser.submit(&page, &[("number", &wrong_number(&offer.number))]).await;
        assert_eq!(page.text().matches(said).count(), 1, "{}", page.text());
        assert!(!page.text().contains("ries left:"), "{}", page.text());
    }
}

#[tokio::test]
async fn a_final_no_offers_no_visit() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let card = clerk.walk_in().await;
    clerk.decide(&card, &WANG_CARD, "fail_final").await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let overview = browser.get("/account/").await;
    assert!(overview.text().contains("核验未通过"), "{}", overview.text());
    assert!(!overview.text().contains("预约窗口核验"), "{}", overview.text());
}

#[tokio::test]
async fn who_has_the_highest_level_is_not_told_to_reach_it() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    browser.sign_in(&LI).await;
    let level = browser.get("/account/").await.text();
    let page = browser.get("/account/visit").await;
    assert!(level.contains("已是最高等级"), "{level}");
    assert!(page.text().contains("您已是最高等级"), "{}", page.text());
    assert!(!page.text().contains("等级升为 3 级"), "{}", page.text());
}

#[tokio::test]
async fn a_scanned_code_signs_in_confirms_and_gives_the_session_a_new_secret() {
    let (world, _clerk, _decided, offer) = offered().await;
    let address = offer.address;

    let mut phone = world.browser();
    let page = phone.get(&address).await;
    let page = phone.sign_in_on(&page, &WANG).await;
    assert_eq!((page.name().as_str(), page.path.as_str()), ("visit", address.as_str()));
    assert_eq!(page.input("number").as_deref(), Some(""));
    assert!(!page.main_text().contains(&offer.number), "{}", page.main_text());
    let before = phone.cookie("tongyao_session").unwrap().to_owned();

    let wrong = phone.submit(&page, &[("number", &wrong_number(&offer.number))]).await;
    assert_eq!((wrong.name().as_str(), wrong.status()), ("visit", 422));
    let unreadable = phone.submit(&wrong, &[("number", &"七".repeat(5000))]).await;
    assert_eq!(unreadable.status(), 422);
    assert_eq!(phone.cookie("tongyao_session"), Some(before.as_str()));

    let bound = phone.submit(&unreadable, &[("number", &offer.number)]).await;
    assert_eq!((bound.name().as_str(), bound.path.as_str()), ("visit", "/account/visit"));
    assert!(bound.links().iter().any(|link| link.starts_with("/receipts/")));
    let after = phone.cookie("tongyao_session").unwrap().to_owned();
    assert_ne!(before, after);
    let mut thief = world.browser();
    thief.set_cookie("tongyao_session", &before);
    assert_eq!(thief.get("/account/").await.name(), "sign-in");
    // The code is spent; whoever scans it again sees that all is done.
    assert_eq!(phone.get(&address).await.path, "/account/visit");
    assert!(phone.get("/account/").await.text().contains("3 级"));
}

#[tokio::test]
async fn nobody_binds_what_was_proved_of_somebody_else() {
    let (world, _clerk, _decided, offer) = offered().await;
    let address = offer.address;
    let mut other = world.browser();
    let page = other.get(&address).await;
    let page = other.sign_in_on(&page, &LI).await;
    assert_eq!(page.status(), 403);
    assert!(page.input("number").is_none() && !page.text().contains(WANG.masked_name));
    let csrf = other.get("/sign-out").await.input("csrf").unwrap();
    let page = other.post(&address, &[("csrf", &csrf), ("number", &offer.number)]).await;
    assert_eq!(page.status(), 403);
    let page = other.post(&address, &[("csrf", &csrf), ("action", "refuse")]).await;
    assert_eq!(page.status(), 200);

    // The offer still stands for its own person.
    let mut own = world.browser();
    own.sign_in(&WANG).await;
    let page = own.get(&address).await;
    let page = own.submit(&page, &[("number", &offer.number)]).await;
    assert_eq!((page.path.as_str(), page.status()), ("/account/visit", 200));
}

#[tokio::test]
async fn three_wrong_numbers_or_a_no_end_the_offer() {
    let (world, mut clerk, decided, offer) = offered().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;

    let mut page = browser.get("/account/visit").await;
    for status in [422, 422, 410] {
        page = browser.submit(&page, &[("number", &wrong_number(&offer.number))]).await;
        assert_eq!(page.status(), status);
        // The page answers a form: what it waits for leads to its address, never to the form again.
        assert_eq!(page.data("data-here").as_deref(), Some("/account/visit"));
    }
    assert!(page.input("number").is_none());

    let decided = clerk.browser.get(&decided.path).await;
    let offer = clerk.offer(&world, &decided).await;
    let page = browser.get("/account/visit").await;
    let stale = page.form(&[("number", "")]);
    let refused = browser.submit(&page, &[("action", "refuse")]).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("visit", 200));
    assert!(refused.input("number").is_none());
    let mut late = stale;
    late.set("number", &offer.number);
    assert_eq!(browser.send(&page, &late).await.status(), 410);
    assert!(browser.get("/account/").await.text().contains("1 级"));
}
