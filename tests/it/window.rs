//! The window from the clerk's side: signing in, the lock, the card, the decision.

use crate::support::clerk::{CHEN, Clerk, LUO, MA, QIN, STRANGER, Typed, WANG_CARD};
use crate::support::look::Look;
use crate::support::{Browser, Page, WANG, World, all_at_once};

/// What is typed otherwise than it stands on the card.
type Fields<'a> = &'a [(&'a str, &'a str)];

async fn at_the_card() -> (World, Clerk, Page) {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let page = clerk.walk_in().await;
    assert_eq!(page.name(), "hall-card", "{}", page.text());
    (world, clerk, page)
}

async fn try_password(browser: &mut Browser, login: &str, password: &str) -> Page {
    let page = browser.get("/hall/sign-in").await;
    browser.submit(&page, &[("login", login), ("password", password)]).await
}

#[tokio::test]
async fn five_wrong_passwords_lock_for_ten_minutes() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    for _ in 0..5 {
        let page = try_password(&mut browser, CHEN.login, "wrong-password").await;
        assert_eq!((page.name().as_str(), page.status()), ("hall-sign-in", 422));
        assert!(page.text().contains("工号或密码不正确"), "{}", page.text());
    }
    let locked = try_password(&mut browser, CHEN.login, CHEN.password).await;
    assert_eq!((locked.name().as_str(), locked.status()), ("hall-sign-in", 429));
    assert_eq!(locked.answer.header("retry-after"), Some("600"));
    assert!(locked.text().contains("10 分钟后再试"), "{}", locked.text());
    // However the login is written, and from another browser; a colleague is not locked.
    let upper = CHEN.login.to_uppercase();
    assert_eq!(try_password(&mut world.browser(), &upper, CHEN.password).await.status(), 429);
    assert_eq!(try_password(&mut world.browser(), LUO.login, LUO.password).await.name(), "hall-window");
    world.later(599);
    assert_eq!(try_password(&mut browser, CHEN.login, CHEN.password).await.status(), 429);
    world.later(1);
    assert_eq!(try_password(&mut browser, CHEN.login, CHEN.password).await.name(), "hall-window");
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_place() {
    let world = World::with_halls().await;
    for number in 1..=50 {
        let mut browser = world.browser().at(&format!("2001:db8::{number:x}"));
        let page = try_password(&mut browser, &format!("nobody-{number}"), "wrong-password").await;
        assert_eq!(page.status(), 422);
    }
    let mut neighbour = world.browser().at("2001:db8::ffff:1");
    assert_eq!(try_password(&mut neighbour, CHEN.login, CHEN.password).await.status(), 429);
    let mut stranger = world.browser().at("2001:db8:0:1::1");
    assert_eq!(try_password(&mut stranger, CHEN.login, CHEN.password).await.name(), "hall-window");
}

#[tokio::test]
async fn who_may_not_sign_in() {
    let world = World::with_halls().await;
    let mut pages = Vec::new();
    for login in [CHEN.login, "nobody-at-all"] {
        let page = try_password(&mut world.browser(), login, "wrong-password").await;
        assert_eq!(page.input("login").as_deref(), Some(login));
        pages.push(page.text());
    }
    assert_eq!(pages[0], pages[1]);
    let page = try_password(&mut world.browser(), QIN.login, QIN.password).await;
    assert_eq!((page.name().as_str(), page.status()), ("hall-sign-in", 403));
    assert!(page.text().contains("没有窗口权限"), "{}", page.text());
    // A citizen's password opens no window, and a citizen's session neither.
    let page = try_password(&mut world.browser(), WANG.login_name, WANG.password).await;
    assert_eq!(page.status(), 422);
    let mut citizen = world.browser();
    citizen.sign_in(&WANG).await;
    assert_eq!(citizen.get("/hall/").await.name(), "hall-sign-in");
    let huge = "x".repeat(50_000);
    assert_eq!(try_password(&mut world.browser(), CHEN.login, &huge).await.status(), 422);
    for (login, password, said) in [("", "", "请输入工号或登录名"), (CHEN.login, "", "请输入密码")]
    {
        let page = try_password(&mut world.browser(), login, password).await;
        assert!(page.status() == 422 && page.text().contains(said), "{}", page.text());
    }
}

#[tokio::test]
async fn five_idle_minutes_lock_the_desk() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    world.later(299);
    assert_eq!(clerk.browser.get("/hall/").await.name(), "hall-desk");
    let card = clerk.walk_in().await;
    world.later(300);
    let mut stale = clerk.browser.clone();
    let page = clerk.browser.get(&card.path).await;
    assert_eq!(page.name(), "hall-sign-in");
    assert!(page.text().contains("离开超过 5 分钟"), "{}", page.text());
    assert_eq!(stale.get("/hall/").await.name(), "hall-sign-in", "the cookie is worth nothing any more");
    // Back at the window, and at the visit that was in hand.
    let page = clerk.browser.submit(&page, &[("login", CHEN.login), ("password", CHEN.password)]).await;
    assert_eq!(page.name(), "hall-window");
    let page = clerk.browser.submit(&page, &[("window", CHEN.window)]).await;
    assert_eq!((page.name(), &page.path), ("hall-card".to_owned(), &card.path));
}

/// Signs in again on the page the clerk was sent to, at the window they were at.
async fn back(clerk: &mut Clerk, locked: &Page) -> Page {
    let page = clerk.browser.submit(locked, &[("login", CHEN.login), ("password", CHEN.password)]).await;
    assert_eq!(page.name(), "hall-window");
    clerk.browser.submit(&page, &[("window", CHEN.window)]).await
}

#[tokio::test]
async fn a_card_typed_while_the_desk_locked_is_there_again() {
    let (world, mut clerk, card) = at_the_card().await;
    world.later(300);
    let locked = clerk.enter(&card, &STRANGER).await;
    assert_eq!(locked.name(), "hall-sign-in");
    assert!(locked.text().contains("刚才输入的内容已为您保留"), "{}", locked.text());
    assert!(!locked.path.contains(STRANGER.number) && !locked.answer.body.contains(STRANGER.number));
    let other_browser = clerk.browser.clone();
    let again = back(&mut clerk, &locked).await;
    assert_eq!((again.name(), &again.path), ("hall-card".to_owned(), &card.path));
    assert!(again.text().contains("尚未提交"), "{}", again.text());
    for (name, typed) in [
        ("id_number", STRANGER.number),
        ("id_number_again", STRANGER.number),
        ("name", STRANGER.name),
        ("valid_until", STRANGER.valid_until),
    ] {
        assert_eq!(again.input(name).as_deref(), Some(typed), "{name}");
    }
    // Neither a colleague at this machine nor the clerk at another one is shown it.
    let mut colleague = Clerk { browser: other_browser };
    let page = LUO.sign_in(&mut colleague.browser).await;
    colleague.browser.submit(&page, &[("window", LUO.window)]).await;
    assert!(!colleague.browser.get(&card.path).await.answer.body.contains(STRANGER.number));
    let mut elsewhere = Clerk::at_work(&world, &CHEN).await;
    assert_eq!(elsewhere.browser.get(&card.path).await.input("id_number").as_deref(), Some(""));
    // As it stands it can be sent; then it is done with.
    assert_eq!(clerk.browser.submit(&again, &[("id_type", "resident_id")]).await.name(), "hall-compare");
    assert_eq!(clerk.browser.get(&card.path).await.input("id_number").as_deref(), Some(""));
}

#[tokio::test]
async fn what_was_typed_is_kept_sealed_and_for_a_quarter_of_an_hour() {
    let (world, mut clerk, card) = at_the_card().await;
    world.later(300);
    let locked = clerk.enter(&card, &STRANGER).await;
    let staff = Look::at(&world).await.texts("SELECT staff_id FROM staff_session").await;
    let browser = tongyao::crypto::mac::digest(clerk.browser.cookie("tongyao_browser").unwrap());
    let key = format!("hall-typed:{}:{browser}", staff[0]);
    let kept = world.app.ephemeral.get(&key).await.unwrap().expect("it is kept");
    assert!(!kept.contains(STRANGER.number) && !kept.contains("id_number"), "{kept}");
    world.later(15 * 60);
    let again = back(&mut clerk, &locked).await;
    assert_eq!((again.name().as_str(), again.input("id_number").as_deref()), ("hall-card", Some("")));
}

#[tokio::test]
async fn a_comparison_that_met_the_lock_is_shown_as_it_was_left_and_nothing_is_decided() {
    let (world, mut clerk, card) = at_the_card().await;
    let compare = clerk.read(&card, "rare-name").await;
    let mut tab = clerk.browser.clone();
    world.later(300);
    // Another tab has met the lock first.
    assert_eq!(tab.get("/hall/").await.name(), "hall-sign-in");
    let mut form = Clerk::verdict(&compare, "pass");
    form.set("holder", "cannot_tell");
    let locked = clerk.browser.send(&compare, &form).await;
    assert_eq!(locked.name(), "hall-sign-in");
    let again = back(&mut clerk, &locked).await;
    assert_eq!(again.name(), "hall-compare");
    assert!(again.text().contains("尚未提交"), "{}", again.text());
    let left = again.form_to("/decide");
    let answers = ["document", "face", "holder"].map(|check| left.value(check).unwrap_or_default());
    assert_eq!(answers, ["pass", "pass", "cannot_tell"]);
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM receipt").await, 0);
    assert_eq!(clerk.pass(&again).await.name(), "hall-decided");
}

#[tokio::test]
async fn a_code_typed_before_the_window_is_chosen_is_not_typed_again() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let desk = clerk.browser.get("/hall/").await;
    world.later(300);
    let locked = clerk.browser.submit(&desk, &[("code", "1234 5678")]).await;
    let window = clerk.browser.submit(&locked, &[("login", CHEN.login), ("password", CHEN.password)]).await;
    // The desk in another tab, sent once more from a session that has no window yet.
    let sent = clerk.browser.submit(&desk, &[("code", "8765 4321")]).await;
    assert_eq!(sent.name(), "hall-window");
    let desk = clerk.browser.submit(&window, &[("window", CHEN.window)]).await;
    assert_eq!((desk.name().as_str(), desk.input("code").as_deref()), ("hall-desk", Some("8765 4321")));
    assert_eq!(clerk.browser.submit(&desk, &[("code", "8765 4321")]).await.status(), 422);
    assert_eq!(clerk.browser.get("/hall/").await.input("code").as_deref(), Some(""));
}

#[tokio::test]
async fn a_page_that_asks_by_itself_keeps_nobody_awake() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.verify_walk_in("citizen").await;
    let offered = clerk.offer(&world, &decided).await;
    let poll = offered.page.data("data-poll").unwrap();
    for minute in 1..=5 {
        world.later(60);
        let state = clerk.browser.get(&poll).await.answer.good()["state"].clone();
        let awake = minute < 5;
        assert_eq!(state == "awaiting_binding", awake, "after {minute} minutes: {state}");
    }
    assert_eq!(clerk.browser.get("/hall/").await.name(), "hall-sign-in");
}

#[tokio::test]
async fn without_a_window_there_is_no_desk() {
    let world = World::with_halls().await;
    let mut browser = world.browser();
    assert_eq!(CHEN.sign_in(&mut browser).await.name(), "hall-window");
    let page = browser.get("/hall/?code=00000000000000000").await;
    assert_eq!(page.name(), "hall-window");
    assert!(page.text().contains("A01") && page.text().contains("A02") && !page.text().contains("B01"));
    // A window of another hall, or of none.
    let csrf = page.input("csrf").unwrap();
    for window in ["B01", "A99", "", "<script>"] {
        let refused = browser.post("/hall/window", &[("csrf", &csrf), ("window", window)]).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("hall-window", 422), "{window}");
    }
    let desk = browser.submit(&page, &[("window", "A01")]).await;
    assert_eq!(
        (desk.name().as_str(), desk.input("code").as_deref()),
        ("hall-desk", Some("00000000000000000"))
    );
    // A colleague sees that the window is taken.
    let mut other = world.browser();
    let page = LUO.sign_in(&mut other).await;
    assert!(page.text().contains("使用中"), "{}", page.text());
}

#[tokio::test]
async fn another_clerk_is_refused_of_this_hall_or_another() {
    let (world, mut clerk, page) = at_the_card().await;
    let compare = clerk.read(&page, "rare-name").await;
    for officer in [&LUO, &MA] {
        let mut other = Clerk::at_work(&world, officer).await;
        for path in [&page.path, &compare.path] {
            let refused = other.browser.get(path).await;
            assert_eq!((refused.name().as_str(), refused.status()), ("error", 403), "{path}");
        }
        let mut form = Clerk::verdict(&compare, "pass");
        form.set("csrf", &other.browser.get("/hall/").await.form_to("/hall/walk-in").value("csrf").unwrap());
        let refused = other.browser.send(&compare, &form).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("error", 403));
    }
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM receipt").await, 0);
    assert_eq!(clerk.pass(&compare).await.name(), "hall-decided");
}

#[tokio::test]
async fn whoever_is_told_that_a_visit_is_elsewhere_hears_at_which_window() {
    let (world, mut clerk, card) = at_the_card().await;
    let world = &world;
    clerk.read(&card, "citizen").await;
    let mut colleague = Clerk::at_work(world, &LUO).await;
    let refused = colleague.browser.get(&card.path).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("error", 403));
    assert!(refused.text().contains("其他窗口办理：A01"), "{}", refused.text());
    let mut elsewhere = Clerk::at_work(world, &MA).await;
    let refused = elsewhere.browser.get(&card.path).await;
    assert!(refused.text().contains("其他窗口办理：城北政务大厅 A01"), "{}", refused.text());
    // The same person at a second window.
    let second = colleague.walk_in().await;
    let refused = colleague.read(&second, "citizen").await;
    assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422));
    assert!(refused.text().contains("其他窗口办理：A01"), "{}", refused.text());
    // Taken from the list by somebody who was quicker.
    let compare = clerk.browser.get(&card.path).await;
    let desk = clerk.press(&compare, "/release").await;
    let visit = desk.buttons("visit")[0].clone();
    let mut quicker = Clerk::at_work(world, &CHEN).await;
    let list = quicker.browser.get("/hall/").await;
    let late = colleague.browser.get("/hall/").await;
    assert_eq!(quicker.browser.submit(&list, &[("visit", &visit)]).await.name(), "hall-card");
    let late = colleague.browser.submit(&late, &[("visit", &visit)]).await;
    assert_eq!(late.name(), "hall-desk");
    assert!(late.text().contains("其他窗口接手：A01"), "{}", late.text());
}

#[tokio::test]
async fn a_visit_put_back_is_for_any_window_of_the_hall() {
    let (world, mut clerk, page) = at_the_card().await;
    let compare = clerk.read(&page, "citizen").await;
    assert!(compare.text().contains("放回等待"), "{}", compare.text());
    let desk = clerk.press(&compare, "/release").await;
    assert!(desk.text().contains("已放回等待"), "{}", desk.text());
    let mut other = Clerk::at_work(&world, &LUO).await;
    let desk = other.browser.get("/hall/").await;
    let visit = desk.buttons("visit")[0].clone();
    let taken = other.browser.submit(&desk, &[("visit", &visit)]).await;
    // What the first clerk read is gone.
    assert_eq!(taken.name(), "hall-card");
    let late = clerk.pass(&compare).await;
    assert!(late.status() == 403 || late.name() == "hall-desk", "{}", late.status());
    let elsewhere = Clerk::at_work(&world, &MA).await.browser.get("/hall/").await;
    assert!(elsewhere.buttons("visit").is_empty());
}

#[tokio::test]
async fn enter_decides_nothing() {
    let (_world, mut clerk, page) = at_the_card().await;
    let page = clerk.read(&page, "rare-name").await;
    let form = page.answer.body.split("/decide\"").nth(1).unwrap();
    let default = form.split("<button").nth(1).unwrap().split('>').next().unwrap();
    assert!(!default.contains("disabled") && !default.contains("name="), "{default}");
    // What it sends says nothing of a decision.
    let mut form = Clerk::verdict(&page, "pass");
    form.remove("decision");
    let again = clerk.browser.send(&page, &form).await;
    assert_eq!((again.name().as_str(), again.status()), ("hall-compare", 422));
}

#[tokio::test]
async fn a_walk_in_pressed_many_times_at_once_is_one_visit() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let desk = clerk.browser.get("/hall/").await;
    let presses = (0..10).map(|_| {
        let (mut browser, desk) = (clerk.browser.clone(), desk.clone());
        async move { browser.send(&desk, &desk.form_to("/hall/walk-in")).await.path }
    });
    let mut reached = all_at_once(presses).await;
    reached.dedup();
    assert_eq!(reached.len(), 1, "{reached:?}");
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM visit").await, 1);
}

#[tokio::test]
async fn a_visit_of_nobody_on_record_ends_when_it_is_left() {
    let (_world, mut clerk, page) = at_the_card().await;
    let mut desk = clerk.browser.get("/hall/").await;
    assert!(desk.text().contains("尚未读卡"), "{}", desk.text());
    let compare = clerk.read(&page, "rare-name").await;
    desk = clerk.browser.get("/hall/").await;
    assert!(desk.text().contains("未登记") && !desk.text().contains("尚未读卡"), "{}", desk.text());
    assert!(compare.text().contains("结束，不办理"), "{}", compare.text());
    desk = clerk.press(&compare, "/release").await;
    assert!(desk.text().contains("已结束，没有留下记录"), "{}", desk.text());
    assert!(desk.buttons("visit").is_empty());
}

#[tokio::test]
async fn a_double_decision_decides_once() {
    let (world, mut clerk, page) = at_the_card().await;
    let compare = clerk.read(&page, "rare-name").await;
    let form = Clerk::verdict(&compare, "pass");
    let tries = (0..10).map(|_| {
        let (mut browser, page, form) = (clerk.browser.clone(), compare.clone(), form.clone());
        async move { browser.send(&page, &form).await.status() }
    });
    assert!(all_at_once(tries).await.iter().all(|status| *status < 500));
    let mut look = Look::at(&world).await;
    for table in ["receipt", "audit_event WHERE kind = 'visit_decided'"] {
        assert_eq!(look.number(&format!("SELECT COUNT(*) FROM {table}")).await, 1, "{table}");
    }
    let person = "SELECT COUNT(*) FROM person";
    assert_eq!(look.number(person).await, 3);
    // The other verdict from the same page comes too late.
    let mut other = Clerk::verdict(&compare, "fail_final");
    other.set("reason", "other");
    let late = clerk.browser.send(&compare, &other).await;
    assert!(late.text().contains("状态已经变化"), "{}", late.text());
    assert_eq!(look.texts("SELECT outcome FROM visit").await, ["passed"]);
}

#[tokio::test]
async fn nothing_passes_without_every_check() {
    let (world, mut clerk, page) = at_the_card().await;
    let compare = clerk.read(&page, "rare-name").await;
    for (field, answer, said) in [
        ("face", "", "请完成这一项核对"),
        ("face", "maybe", "请完成这一项核对"),
        ("document", "fail", "三项都相符才能通过"),
        ("holder", "cannot_tell", "三项都相符才能通过"),
        ("decision", "", "请作出决定"),
        ("decision", "fail_final", "请选择未通过的原因"),
        ("decision", "fail_retryable", "请选择未通过的原因"),
    ] {
        let mut form = Clerk::verdict(&compare, "pass");
        form.set(field, answer);
        let refused = clerk.browser.send(&compare, &form).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("hall-compare", 422), "{field} {answer}");
        assert!(refused.text().contains(said), "{field} {answer}: {}", refused.text());
    }
    // A form that does not say from which state it was made, or without a card read.
    let mut form = Clerk::verdict(&compare, "pass");
    form.remove("version");
    assert_eq!(clerk.browser.send(&compare, &form).await.status(), 400);
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM receipt").await, 0);
    assert_eq!(clerk.pass(&compare).await.name(), "hall-decided");
}

#[tokio::test]
async fn an_entry_by_hand_needs_a_second_look() {
    let (world, mut clerk, page) = at_the_card().await;
    let compare = clerk.enter(&page, &STRANGER).await;
    assert!(compare.text().contains("手工录入"), "{}", compare.text());
    let refused = clerk.pass(&compare).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("hall-compare", 422));
    assert!(refused.text().contains("手工录入的证件须再看一遍"), "{}", refused.text());
    let mut form = Clerk::verdict(&compare, "pass");
    form.set("second_look", "yes");
    let decided = clerk.browser.send(&compare, &form).await;
    assert_eq!(decided.name(), "hall-decided");
    let facts = Look::at(&world).await.texts("SELECT facts FROM evidence WHERE visit_id IS NOT NULL").await;
    assert!(facts[0].contains(r#""how":"by_hand""#), "{facts:?}");
}

#[tokio::test]
async fn a_name_that_is_not_the_one_on_record_is_told() {
    let (_world, mut clerk, page) = at_the_card().await;
    let (differs, masked) = ("证件姓名与登记姓名不同", WANG.masked_name);
    let compare = clerk.enter(&page, &Typed { name: "欧阳小糖", ..WANG_CARD }).await;
    let text = compare.text();
    assert!(text.contains(differs) && text.contains(&format!("登记姓名：{masked}")), "{text}");
    assert!(text.contains("本人用账号确认后") && !text.contains(WANG.name), "{text}");
    // Read again, with the name on record.
    let again = clerk.browser.get(&page.path).await;
    let compare = clerk.enter(&again, &WANG_CARD).await;
    assert_eq!(compare.name(), "hall-compare");
    assert!(!compare.text().contains(differs), "{}", compare.text());
    // Of somebody nobody has heard of there is no other name; once on record, without an account, there is.
    let again = clerk.browser.get(&page.path).await;
    let compare = clerk.enter(&again, &STRANGER).await;
    assert!(!compare.text().contains(differs), "{}", compare.text());
    let again = clerk.browser.get(&page.path).await;
    clerk.decide(&again, &STRANGER, "pass").await;
    let page = clerk.walk_in().await;
    let compare = clerk.enter(&page, &Typed { name: "司马㛃", ..STRANGER }).await;
    let text = compare.text();
    assert!(text.contains("登记姓名：*阳㛃") && text.contains("登记姓名即改为证件姓名"), "{text}");
}

#[tokio::test]
async fn a_reading_serves_one_visit_once() {
    let (_world, mut clerk, first) = at_the_card().await;
    let reading = clerk.reading(&first, "rare-name").await;
    let compare = clerk.send_reading(&first, &reading).await;
    assert_eq!(compare.name(), "hall-compare");
    // Replayed for the same visit as it stands now, and for another one.
    let again = clerk.browser.get(&first.path).await;
    let refused = clerk.send_reading(&again, &reading).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422));
    assert!(refused.text().contains("已失效"), "{}", refused.text());
    let second = clerk.walk_in().await;
    assert_ne!(second.path, first.path);
    let refused = clerk.send_reading(&second, &reading).await;
    assert_eq!(refused.status(), 422);
    for forged in ["", "garbage", "a.b.c", &reading[..reading.len() - 4]] {
        let refused = clerk.send_reading(&second, forged).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422), "{forged}");
        assert!(refused.text().contains("读卡器"), "{forged}: {}", refused.text());
    }
}

#[tokio::test]
async fn a_reading_is_good_for_five_minutes() {
    let (world, mut clerk, page) = at_the_card().await;
    let reading = clerk.reading(&page, "rare-name").await;
    for _ in 0..2 {
        world.later(150);
        clerk.browser.get("/hall/").await;
    }
    world.later(1);
    let refused = clerk.send_reading(&page, &reading).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().contains("已失效"), "{}", refused.text());
}

#[tokio::test]
async fn an_expired_card_is_refused() {
    let (_world, mut clerk, page) = at_the_card().await;
    let refused = clerk.read(&page, "expired").await;
    assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422));
    assert!(refused.text().contains("证件已过有效期"), "{}", refused.text());
    // The clock says 2026-11-22 in China: the last day counts.
    let yesterday = clerk.enter(&page, &Typed { valid_until: "2026-11-21", ..STRANGER }).await;
    assert!(yesterday.error_beside("valid_until").unwrap().contains("证件已过有效期"));
    let today = clerk.enter(&page, &Typed { valid_until: "2026-11-22", ..STRANGER }).await;
    assert_eq!(today.name(), "hall-compare");
}

#[tokio::test]
async fn bad_numbers_are_named_beside_the_field() {
    let (_world, mut clerk, page) = at_the_card().await;
    let cases = [
        ("110101188803071239", "最后一位与前面的数字对不上"),
        ("110101188802301230", "出生日期不存在"),
        ("000101188803071238", "地区代码不存在"),
        ("110101291003071238", "出生日期晚于今天"),
        ("110101880307123", "15 位号码已停止使用"),
        ("91350100M000100Y43", "统一社会信用代码"),
        ("12345", "18 位"),
        ("1101011888０", "18 位"),
    ];
    for (number, said) in cases {
        let again = [("id_number", number), ("id_number_again", number)];
        let refused = clerk.enter_fields(&page, &STRANGER, &again).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422), "{number}");
        let beside = refused.error_beside("id_number").unwrap_or_default();
        assert!(beside.contains(said), "{number}: {beside:?}");
        assert_eq!(refused.input("id_number").as_deref(), Some(number));
        assert_eq!(refused.input("name").as_deref(), Some(STRANGER.name));
    }
    let others: [(Fields, &str, &str); 6] = [
        (&[("id_number_again", "440524188001010014")], "id_number_again", "不一致"),
        (&[("id_type", "library_card")], "id_type", "请选择证件类型"),
        (&[("name", "")], "name", "姓名"),
        (&[("name", "张\u{7}")], "name", "姓名"),
        (&[("valid_until", "2026-02-30")], "valid_until", "2036-05-01"),
        (
            &[("id_type", "passport"), ("id_number", "E12345678"), ("id_number_again", "E12345678")],
            "issuing_country",
            "请输入护照的签发国家或地区",
        ),
    ];
    for (changed, field, said) in others {
        let refused = clerk.enter_fields(&page, &STRANGER, changed).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422), "{changed:?}");
        let beside = refused.error_beside(field).unwrap_or_default();
        assert!(beside.contains(said), "{changed:?}: {beside:?}");
    }
    let long = "９".repeat(2_000);
    let refused = clerk.enter_fields(&page, &STRANGER, &[("id_number", &long), ("name", &long)]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.answer.body.len() < 60_000, "what is shown again is bounded");
}

#[tokio::test]
async fn a_card_without_end_is_entered_as_the_hint_says() {
    for word in ["long", "Long", "LONG", " long ", "长期"] {
        let (_world, mut clerk, page) = at_the_card().await;
        let compare = clerk.enter_fields(&page, &STRANGER, &[("valid_until", word)]).await;
        assert_eq!(compare.name(), "hall-compare", "{word:?}: {}", compare.text());
    }
}

#[tokio::test]
async fn full_width_digits_and_rare_names_are_read_as_meant() {
    let (world, mut clerk, page) = at_the_card().await;
    let wide: String =
        STRANGER.number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    let spaced = " 110101 18880307 1238 ";
    let changed = [("id_number", wide.as_str()), ("id_number_again", spaced), ("valid_until", "长期")];
    let compare = clerk.enter_fields(&page, &STRANGER, &changed).await;
    assert_eq!(compare.name(), "hall-compare", "{}", compare.text());
    assert!(compare.text().contains("欧阳㛃") && compare.text().contains("长期"), "{}", compare.text());
    // The chip of the same person has another rare character; the later reading counts.
    let again = clerk.browser.get(&page.path).await;
    let compare = clerk.read(&again, "rare-name").await;
    assert!(compare.text().contains("𠮷永福") && !compare.text().contains("欧阳㛃"), "{}", compare.text());
    assert!(!compare.text().contains(STRANGER.number), "a number from the chip is masked");
    assert_eq!(clerk.pass(&compare).await.name(), "hall-decided");
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM person").await, 3);
}

#[tokio::test]
async fn the_reader_is_there_in_the_sandbox_and_says_when_it_is_empty() {
    let (_world, mut clerk, page) = at_the_card().await;
    let nonce = page.data("data-nonce").unwrap();
    let empty = clerk.browser.get(&format!("/sandbox/reader/card?nonce={nonce}")).await;
    assert_eq!((empty.status(), empty.answer.json()["error"].as_str()), (404, Some("no_card")));
    for query in ["", "?nonce=", &format!("?nonce={}", "n".repeat(129))] {
        let refused = clerk.browser.get(&format!("/sandbox/reader/card{query}")).await;
        assert_eq!(refused.status(), 400, "{query}");
    }
    let reader = clerk.browser.get("/sandbox/reader").await;
    let csrf = reader.input("csrf").unwrap();
    let refused = clerk.browser.post("/sandbox/reader", &[("csrf", &csrf), ("card", "nobody")]).await;
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn signing_out_ends_it_on_every_tab() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let mut tab = clerk.browser.clone();
    let desk = clerk.browser.get("/hall/").await;
    assert_eq!(clerk.press(&desk, "/hall/sign-out").await.name(), "hall-sign-in");
    assert_eq!(tab.get("/hall/").await.name(), "hall-sign-in");
}
