//! An account from the slip of a window.

use crate::support::clerk::{CHEN, Typed, WANG_CARD};
use crate::support::html::{self, Form};
use crate::support::{Clerk, LI, Page, WANG, World, clerk};

const NEWCOMER: Typed = Typed {
    id_type: "resident_id",
    number: "11010519491231002X",
    name: "欧阳晓棠",
    valid_until: "2036-05-01",
};
const PASSWORD: &str = "Quiet-Lantern-88";
const UNKNOWN: &str = "00000-00000-00000-00000-0";

/// A town without Wang: the person of that number is new to it.
async fn town() -> World {
    let world = World::empty().await;
    let mut state = crate::support::town::state();
    state["people"].as_array_mut().unwrap().remove(0);
    world.apply(state).await;
    world.apply(clerk::halls()).await;
    world
}

/// The code on the slip of somebody who was verified at a window.
async fn slip(world: &World, typed: &Typed) -> String {
    let mut clerk = Clerk::at_work(world, &CHEN).await;
    let page = clerk.walk_in().await;
    let decided = clerk.decide(&page, typed, "pass").await;
    clerk.give_code(&decided).await
}

fn created(page: &Page) -> Vec<(&'static str, String)> {
    ["csrf", "continuation_code"].into_iter().map(|name| (name, page.input(name).unwrap())).collect()
}

#[tokio::test]
async fn a_slip_makes_an_account_that_is_signed_in_at_level_3() {
    let world = town().await;
    let code = slip(&world, &NEWCOMER).await;
    let office = world.system("office");
    let ask = office.ask("openid profile").with("acr_values", "urn:tongyao:loa:3").with("prompt", "create");
    let mut home = world.browser();
    let page = home.get(&ask.address()).await;
    assert_eq!(page.name(), "register");
    let page = home.submit(&page, &[("continuation_code", &code.to_lowercase().replace('-', " "))]).await;
    assert_eq!((page.name().as_str(), page.status()), ("register", 200));
    assert!(page.text().contains("*阳晓棠") && !page.text().contains(NEWCOMER.number));
    let details = [("login_name", "newcomer"), ("phone", "13812340000"), ("password", PASSWORD)];
    let page = home.submit(&page, &[&details[..], &[("password_again", PASSWORD)]].concat()).await;
    assert_eq!((page.name().as_str(), page.status()), ("registered", 200));
    assert!(page.text().contains("3 级") && page.text().contains("138****0000"));
    let on = page.links().into_iter().find(|link| link.starts_with("/continue")).unwrap();
    let told = home.get(&on).await;
    let tokens = crate::support::Tokens::of(&office.exchange(&told.code(), &ask).await);
    assert_eq!(office.id_claims(tokens.id.as_deref().unwrap()).await["acr"], "urn:tongyao:loa:3");

    // The slip is spent, and says no more than any other wrong code.
    let mut pages = Vec::new();
    for typed in [code.as_str(), UNKNOWN] {
        let mut other = world.browser();
        let page = other.get("/register").await;
        let page = other.submit(&page, &[("continuation_code", typed)]).await;
        assert_eq!((page.name().as_str(), page.status()), ("register", 422));
        pages.push(page.text());
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn everything_wrong_with_the_details_is_said_and_the_slip_stays_good() {
    let world = town().await;
    let code = slip(&world, &NEWCOMER).await;
    let mut home = world.browser();
    let page = home.get("/register").await;
    let page = home.submit(&page, &[("continuation_code", &code)]).await;
    let kept = created(&page);
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let bad: [&[(&str, &str)]; 5] = [
        &[("password", ""), ("password_again", "")],
        &[("password", PASSWORD), ("password_again", "Quiet-Lantern-89")],
        &[("password", PASSWORD), ("password_again", PASSWORD), ("login_name", "9")],
        &[("password", PASSWORD), ("password_again", PASSWORD), ("phone", LI.phone)],
        &[("password", PASSWORD), ("password_again", PASSWORD), ("login_name", LI.login_name)],
    ];
    for fields in bad {
        let page = home.post("/register", &[&kept[..], &[("step", "create")], fields].concat()).await;
        assert_eq!((page.name().as_str(), page.status()), ("register", 422), "{fields:?}");
        assert!(!page.answer.body.contains(PASSWORD));
        assert!(home.cookie("tongyao_session").is_none());
    }
    let good = [("step", "create"), ("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(home.post("/register", &[&kept[..], &good[..]].concat()).await.name(), "registered");
}

#[tokio::test]
async fn who_has_an_account_signs_in_and_binds_the_slip_to_it() {
    let world = World::with_halls().await;
    let code = slip(&world, &WANG_CARD).await;
    let mut home = world.browser();
    let page = home.get("/register").await;
    let page = home.submit(&page, &[("continuation_code", &code)]).await;
    assert_eq!((page.name().as_str(), page.status()), ("register", 409));
    let sign_in = page.links().into_iter().find(|link| link.starts_with("/sign-in")).unwrap();

    assert!(
        !sign_in.contains(&code)
            && home.get("/register").await.input("continuation_code").unwrap().is_empty()
    );
    let page = home.get(&sign_in).await;
    let page = home.sign_in_on(&page, &WANG).await;
    assert_eq!(page.path, "/register");
    assert_eq!(page.input("continuation_code").as_ref(), Some(&code), "it is not typed again");
    assert!(page.text().contains("续办码已经填好"), "{}", page.text());
    // Nobody else's browser has it, and this one for a quarter of an hour.
    let mut elsewhere = world.browser();
    elsewhere.sign_in(&WANG).await;
    assert_eq!(elsewhere.get("/register").await.input("continuation_code").as_deref(), Some(""));
    world.later(15 * 60);
    assert_eq!(home.get("/register").await.input("continuation_code").as_deref(), Some(""));
    let before = home.cookie("tongyao_session").unwrap().to_owned();
    let page = home.submit(&page, &[]).await;
    assert_eq!((page.name().as_str(), page.path.as_str()), ("visit", "/account/visit"));
    assert_ne!(home.cookie("tongyao_session"), Some(before.as_str()));
    assert!(home.get("/account/").await.text().contains("3 级"));
}

#[tokio::test]
async fn who_types_the_slip_of_somebody_else_can_change_the_account() {
    let world = World::with_halls().await;
    let code = slip(&world, &WANG_CARD).await;
    let mut shared = world.browser();
    shared.sign_in(&LI).await;
    let page = shared.get("/register").await;
    assert!(page.text().contains("您已登录") && !page.text().contains("开通"), "{}", page.text());
    let page = shared.submit(&page, &[("continuation_code", &code)]).await;
    assert_eq!((page.name().as_str(), page.status()), ("register", 409));
    assert!(page.text().contains("这个续办码不属于当前登录的人"), "{}", page.text());
    assert!(!page.links().iter().any(|link| link.starts_with("/sign-in")), "it would lead back here");
    // They are not shown what was typed.
    assert_eq!(shared.get("/register").await.input("continuation_code").as_deref(), Some(""));

    let page = shared.submit(&page, &[("action", "switch")]).await;
    assert_eq!(page.name(), "sign-in");
    let page = shared.sign_in_on(&page, &WANG).await;
    assert_eq!(page.input("continuation_code").as_ref(), Some(&code), "it is not typed again");
    assert_eq!(shared.submit(&page, &[]).await.name(), "visit");
    assert!(shared.get("/account/").await.text().contains("3 级"));
}

/// The form behind a switch of language or text size.
fn switch(page: &Page, to: &str) -> Form {
    let found = html::forms(&page.answer.body).into_iter().find(|form| form.action.contains(to));
    found.unwrap_or_else(|| panic!("no switch to {to}: {}", page.text()))
}

#[tokio::test]
async fn the_switches_keep_what_was_typed_with_the_slip_in_hand() {
    let world = town().await;
    let code = slip(&world, &NEWCOMER).await;
    let office = world.system("office");
    let ask = office.ask("openid profile").with("acr_values", "urn:tongyao:loa:3").with("prompt", "create");
    let mut home = world.browser();
    let first = home.get(&ask.address()).await;
    let request = first.input("request").unwrap();
    // A code that is not right.
    let wrong = home.submit(&first, &[("continuation_code", UNKNOWN)]).await;
    for to in ["elder=1", "lang=en"] {
        let page = home.send(&wrong, &switch(&wrong, to)).await;
        assert_eq!((page.name().as_str(), page.status()), ("register", 422), "{to}");
        assert_eq!(page.input("continuation_code").as_deref(), Some(UNKNOWN), "{to}");
        assert_eq!(page.input("request").as_ref(), Some(&request), "{to}");
    }
    // The second step, with something wrong on it.
    let details = home.submit(&wrong, &[("continuation_code", &code)]).await;
    assert!(details.text().contains("Choose how you sign in"), "{}", details.text());
    let chinese = home.send(&details, &switch(&details, "lang=zh-CN")).await;
    assert!(chinese.text().contains("设置登录方式"), "{}", chinese.text());
    let typed = [("login_name", "newcomer"), ("phone", "123"), ("password", "x"), ("password_again", "y")];
    let refused = home.submit(&chinese, &typed).await;
    assert_eq!(refused.status(), 422);
    let again = home.send(&refused, &switch(&refused, "lang=en")).await;
    assert_eq!((again.name().as_str(), again.status()), ("register", 200));
    for (name, value) in [("continuation_code", code.as_str()), ("login_name", "newcomer"), ("phone", "123")]
    {
        assert_eq!(again.input(name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(again.input("password").as_deref(), Some(""));
    // No code in an address, and the account is made by the button alone.
    for page in [&wrong, &details, &refused, &again] {
        assert!(!page.path.contains(&code) && page.links().iter().all(|link| !link.contains(&code)));
    }
    assert!(home.cookie("tongyao_session").is_none());
    let good = [("phone", ""), ("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(home.submit(&again, &good).await.name(), "registered");
}

#[tokio::test]
async fn a_switch_binds_no_slip_to_an_account() {
    let world = World::with_halls().await;
    let code = slip(&world, &WANG_CARD).await;
    let mut home = world.browser();
    let page = home.get("/register").await;
    let page = home.submit(&page, &[("continuation_code", &code)]).await;
    let english = home.send(&page, &switch(&page, "lang=en")).await;
    assert_eq!((english.name().as_str(), english.status()), ("register", 409));
    assert_eq!(english.input("continuation_code").as_ref(), Some(&code));
    home.sign_in(&WANG).await;
    let page = home.send(&english, &switch(&english, "lang=zh-CN")).await;
    assert_eq!((page.name().as_str(), page.status()), ("register", 200));
    assert!(!home.get("/account/").await.text().contains("3 级 ·"));
    assert_eq!(home.submit(&page, &[("continuation_code", &code)]).await.name(), "visit");
}

#[tokio::test]
async fn of_a_child_the_guardian_is_asked_for() {
    let world = town().await;
    let child = Typed { number: "11010120150307123X", name: "周小满", ..NEWCOMER };
    for (typed, asked) in [(&child, true), (&NEWCOMER, false)] {
        let code = slip(&world, typed).await;
        let mut home = world.browser();
        let page = home.get("/register").await;
        let page = home.submit(&page, &[("continuation_code", &code)]).await;
        assert_eq!(page.main_text().contains("监护人"), asked, "{}", page.main_text());
    }
}

#[tokio::test]
async fn the_code_is_kept_on_the_way_through_a_request_too() {
    let world = World::with_halls().await;
    let code = slip(&world, &WANG_CARD).await;
    let office = world.system("office");
    let ask = office.ask("openid profile").with("acr_values", "urn:tongyao:loa:3").with("prompt", "create");
    let mut home = world.browser();
    let page = home.get(&ask.address()).await;
    let page = home.submit(&page, &[("continuation_code", &code)]).await;
    let sign_in = page.links().into_iter().find(|link| link.contains("next=")).unwrap();
    let page = home.get(&sign_in).await;
    let page = home.sign_in_on(&page, &WANG).await;
    assert_eq!((page.name().as_str(), page.input("continuation_code")), ("register", Some(code)));
    let page = home.submit(&page, &[]).await;
    assert_eq!(page.name(), "visit");
    // Used, it is forgotten.
    assert_eq!(home.get("/register").await.input("continuation_code").as_deref(), Some(""));
    let on = page.links().into_iter().find(|link| link.starts_with("/continue")).unwrap();
    let told = home.get(&on).await;
    let tokens = crate::support::Tokens::of(&office.exchange(&told.code(), &ask).await);
    assert_eq!(office.id_claims(tokens.id.as_deref().unwrap()).await["acr"], "urn:tongyao:loa:3");
}

#[tokio::test]
async fn guessing_at_codes_is_slowed_down() {
    let world = town().await;
    let mut browser = world.browser();
    let mut page = browser.get("/register").await;
    for _ in 0..60 {
        page = browser.submit(&page, &[("continuation_code", UNKNOWN)]).await;
        assert_eq!(page.status(), 422);
    }
    page = browser.submit(&page, &[("continuation_code", UNKNOWN)]).await;
    assert_eq!(page.status(), 429);
    let wait: u64 = page.answer.header("retry-after").unwrap().parse().unwrap();
    world.later(wait);
    assert_eq!(browser.submit(&page, &[("continuation_code", UNKNOWN)]).await.status(), 422);
}

#[tokio::test]
async fn a_phone_typed_at_home_is_not_called_verified() {
    let world = town().await;
    let code = slip(&world, &NEWCOMER).await;
    let mut home = world.browser();
    let page = home.get("/register").await;
    let page = home.submit(&page, &[("continuation_code", &code)]).await;
    let details = [("phone", "13812340000"), ("password", PASSWORD), ("password_again", PASSWORD)];
    assert_eq!(home.submit(&page, &details).await.name(), "registered");
    let ask = world.system("portal").ask("openid phone");
    let page = home.get(&ask.address()).await;
    let page = home.submit(&page, &[("decision", "allow"), ("scope", "phone")]).await;
    let tokens = crate::support::Tokens::of(&world.system("portal").exchange(&page.code(), &ask).await);
    let told = world.system("portal").userinfo(&tokens.access).await;
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["phone_number"], "+8613812340000");
    assert_eq!(told["phone_number_verified"], false);

    // One the operator declared is.
    let mut declared = world.browser();
    let tokens = world.system("portal").connect(&mut declared, &LI, "openid phone").await;
    let told = world.system("portal").userinfo(&tokens.access).await;
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["phone_number_verified"], true);
}
