//! A pre-enrolled visit, from the code to the account at level 3, and everything that must not get through on the way.

use serde_json::Value;
use tongyao::jobs;

use crate::support::clerk::{CHEN, LUO, MA, Offered, wrong_number};
use crate::support::look::Look;
use crate::support::{Browser, Clerk, LI, Page, WANG, World, all_at_once};

/// A citizen with a visit, and a clerk.
struct Scene {
    world: World,
    citizen: Browser,
    clerk: Clerk,
    code: String,
}

impl Scene {
    async fn new() -> Self {
        let world = World::with_halls().await;
        let mut citizen = world.browser();
        citizen.sign_in(&WANG).await;
        let code = enrol(&mut citizen).await;
        let clerk = Clerk::at_work(&world, &CHEN).await;
        Self { world, citizen, clerk, code }
    }

    /// The decision of the clerk: passed.
    async fn verified(&mut self) -> Page {
        let page = self.clerk.open(&self.code).await;
        let page = self.clerk.read(&page, "citizen").await;
        self.clerk.pass(&page).await
    }

    async fn offered(&mut self) -> Offered {
        let decided = self.verified().await;
        assert_eq!(decided.name(), "hall-decided", "{}", decided.text());
        self.clerk.offer(&self.world, &decided).await
    }

    async fn level(&self) -> i64 {
        level_of(&self.world).await
    }
}

async fn enrol(citizen: &mut Browser) -> String {
    let page = citizen.get("/account/visit").await;
    let page = citizen.submit(&page, &[("action", "enrol")]).await;
    page.data("data-code").unwrap_or_else(|| panic!("no code: {}", page.text()))
}

/// The level that a department sees of WANG.
async fn level_of(world: &World) -> i64 {
    facts_of(world).await["loa"].as_i64().unwrap()
}

async fn facts_of(world: &World) -> Value {
    let office = world.system("office");
    let tokens = office.connect(&mut world.browser(), &WANG, "openid real_name").await;
    office.userinfo(&tokens.access).await.good()
}

async fn confirm(citizen: &mut Browser, number: &str) -> Page {
    let page = citizen.get("/account/visit").await;
    citizen.submit(&page, &[("number", number)]).await
}

#[tokio::test]
async fn from_the_code_to_the_department() {
    let mut scene = Scene::new().await;
    assert_eq!(scene.level().await, 1);
    let offered = scene.offered().await;
    assert!(offered.page.answer.body.contains("<svg"));
    // Proved, and not yet anybody's account.
    assert_eq!(scene.level().await, 1);

    scene.world.later(30);
    let before = scene.citizen.cookie("tongyao_session").unwrap().to_owned();
    let shown = scene.citizen.get(&offered.address).await;
    let bound = scene.citizen.submit(&shown, &[("number", &offered.number)]).await;
    assert!(bound.is("visit") && bound.text().contains("已升为 3 级"), "{}", bound.text());

    let after = scene.citizen.cookie("tongyao_session").unwrap().to_owned();
    assert_ne!(before, after, "the secret changes with what it opens");
    let mut thief = scene.world.browser();
    thief.set_cookie("tongyao_session", &before);
    assert_eq!(thief.get("/account/").await.name(), "sign-in");

    let facts = facts_of(&scene.world).await;
    let verified_at = scene.world.now().seconds() - 30;
    assert_eq!(facts["loa"], 3);
    assert_eq!(facts["loa_reached_by"], "window_verification");
    assert_eq!(facts["loa_reached_at"], verified_at);
    // The clerk's page hears of it by itself.
    assert_eq!(scene.clerk.browser.get(&offered.page.path).await.name(), "hall-decided");
    let overview = scene.citizen.get("/account/").await.text();
    assert!(overview.contains("3 级"), "{overview}");
}

#[tokio::test]
async fn the_department_sees_acr_3() {
    let mut scene = Scene::new().await;
    let offered = scene.offered().await;
    confirm(&mut scene.citizen, &offered.number).await;
    let office = scene.world.system("office");
    let ask = office.ask("openid").with("acr_values", "urn:tongyao:loa:3");
    let page = scene.citizen.get(&ask.address()).await;
    let tokens = office.exchange(&page.code(), &ask).await.good();
    let claims = office.id_claims(tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["acr"], "urn:tongyao:loa:3");
}

#[tokio::test]
async fn three_wrong_numbers_end_the_offer_and_a_new_one_works() {
    let mut scene = Scene::new().await;
    let offered = scene.offered().await;
    let wrong = wrong_number(&offered.number);
    for left in ["2", "1"] {
        let page = confirm(&mut scene.citizen, &wrong).await;
        assert_eq!(page.status(), 422);
        let left = format!("还可以试 {left} 次");
        assert_eq!(page.text().matches(&left).count(), 1, "{}", page.text());
    }
    // What is no number costs nothing.
    let page = confirm(&mut scene.citizen, "ab").await;
    assert!(page.status() == 422 && page.text().contains("还可以试 1 次"), "{}", page.text());
    let page = scene.citizen.get(&offered.address).await;
    let ended = scene.citizen.submit(&page, &[("number", &wrong)]).await;
    assert_eq!(ended.status(), 410);
    assert!(ended.text().contains("数字已输错 3 次"), "{}", ended.text());
    // The right one is too late now, from wherever it comes.
    let late = scene.citizen.submit(&page, &[("number", &offered.number)]).await;
    assert_eq!(late.status(), 410);
    assert_eq!(scene.level().await, 1);

    let ended = scene.clerk.browser.get(&offered.page.path).await;
    assert!(ended.text().contains("这次确认已失效"), "{}", ended.text());
    let renewed = scene.clerk.offer(&scene.world, &ended).await;
    assert_ne!(renewed.address, offered.address);
    confirm(&mut scene.citizen, &renewed.number).await;
    assert_eq!(scene.level().await, 3);
}

#[tokio::test]
async fn a_new_offer_replaces_the_old_one() {
    let mut scene = Scene::new().await;
    let first = scene.offered().await;
    let old = scene.citizen.get(&first.address).await;
    let second = scene.clerk.offer(&scene.world, &first.page).await;
    let refused = scene.citizen.submit(&old, &[("number", &first.number)]).await;
    assert_eq!(refused.status(), 410, "{}", refused.text());
    assert_eq!(scene.citizen.get(&first.address).await.status(), 410);
    confirm(&mut scene.citizen, &second.number).await;
    assert_eq!(scene.level().await, 3);
}

#[tokio::test]
async fn another_persons_account_is_refused() {
    let mut scene = Scene::new().await;
    let offered = scene.offered().await;
    let shown = scene.citizen.get(&offered.address).await;
    let mut other = scene.world.browser();
    other.sign_in(&LI).await;
    let page = other.get(&offered.address).await;
    assert_eq!(page.status(), 403);
    assert!(page.text().contains("不属于窗口核验的人"), "{}", page.text());
    assert!(!page.answer.body.contains(WANG.masked_name));
    // The form, sent without being shown.
    let mut form = shown.form(&[("number", "")]);
    form.set("number", &offered.number);
    form.set("csrf", &other.get("/account/visit").await.input("csrf").unwrap());
    let refused = other.send(&shown, &form).await;
    assert_eq!(refused.status(), 403, "{}", refused.text());
    assert_eq!(scene.level().await, 1);
    let mut look = Look::at(&scene.world).await;
    let refusals = "SELECT COUNT(*) FROM audit_event WHERE kind = 'binding_refused'";
    assert_eq!(look.number(refusals).await, 1);
    // Who is not signed in does so first, and comes back here.
    let mut nobody = scene.world.browser();
    let page = nobody.get(&offered.address).await;
    let page = nobody.sign_in_on(&page, &WANG).await;
    assert_eq!((page.name().as_str(), page.path.as_str()), ("visit", offered.address.as_str()));
}

#[tokio::test]
async fn another_persons_card_is_refused() {
    let mut scene = Scene::new().await;
    let page = scene.clerk.open(&scene.code).await;
    for card in ["newcomer", "rare-name"] {
        let refused = scene.clerk.read(&page, card).await;
        assert_eq!((refused.name().as_str(), refused.status()), ("hall-card", 422));
        assert!(refused.text().contains("证件与预约人不是同一人"), "{}", refused.text());
        assert!(!refused.text().contains(WANG.masked_name));
    }
    let page = scene.clerk.read(&page, "citizen").await;
    assert_eq!(page.name(), "hall-compare");
}

#[tokio::test]
async fn twenty_confirmations_at_once_bind_once() {
    let mut scene = Scene::new().await;
    let offered = scene.offered().await;
    let page = scene.citizen.get(&offered.address).await;
    let tries = (0..20).map(|_| {
        let (mut browser, page, number) = (scene.citizen.clone(), page.clone(), offered.number.clone());
        async move { browser.submit(&page, &[("number", &number)]).await }
    });
    let shown: Vec<_> = all_at_once(tries).await.iter().map(|page| (page.name(), page.status())).collect();
    assert!(shown.iter().all(|(_, status)| *status < 500), "{shown:?}");
    let mut look = Look::at(&scene.world).await;
    let confirmed = "SELECT COUNT(*) FROM audit_event WHERE kind = 'binding_confirmed'";
    assert_eq!(look.number(confirmed).await, 1);
    assert_eq!(scene.level().await, 3);
}

#[tokio::test]
async fn the_citizen_may_say_no() {
    let mut scene = Scene::new().await;
    let offered = scene.offered().await;
    let page = scene.citizen.get(&offered.address).await;
    let page = scene.citizen.submit(&page, &[("action", "refuse")]).await;
    assert!(page.text().contains("没有归入您的账号"), "{}", page.text());
    assert_eq!(scene.citizen.get(&offered.address).await.status(), 410);
    assert_eq!(scene.level().await, 1);
}

#[tokio::test]
async fn giving_a_visit_up() {
    let mut scene = Scene::new().await;
    let page = scene.citizen.get("/account/visit").await;
    let cancelled = scene.citizen.submit(&page, &[("action", "cancel")]).await;
    assert!(cancelled.text().contains("预约已取消"), "{}", cancelled.text());
    let refused = scene.clerk.open(&scene.code).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("hall-desk", 422));
    assert!(refused.text().contains("已被本人取消"), "{}", refused.text());
    // A second click finds nothing to cancel; a new visit has a new code.
    assert_eq!(scene.citizen.submit(&page, &[("action", "cancel")]).await.status(), 409);
    let code = enrol(&mut scene.citizen).await;
    assert_ne!(code, scene.code);
    // Once a window has it, it is the window's.
    let open = scene.citizen.get("/account/visit").await;
    assert_eq!(scene.clerk.open(&code).await.name(), "hall-card");
    assert_eq!(scene.citizen.submit(&open, &[("action", "cancel")]).await.status(), 409);
}

#[tokio::test]
async fn a_code_is_good_for_fifteen_days() {
    let scene = Scene::new().await;
    scene.world.later(15 * 24 * 3600 - 1);
    let mut early = Clerk::at_work(&scene.world, &LUO).await;
    assert_eq!(early.open(&scene.code).await.name(), "hall-card");
    let mut scene = Scene::new().await;
    scene.world.later(15 * 24 * 3600);
    scene.clerk = Clerk::at_work(&scene.world, &CHEN).await;
    let refused = scene.clerk.open(&scene.code).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("hall-desk", 422));
    assert!(refused.text().contains("已过期"), "{}", refused.text());
    jobs::visits::run_once(scene.world.app.clone()).await.unwrap();
    let mut look = Look::at(&scene.world).await;
    assert_eq!(look.texts("SELECT state FROM visit").await, ["expired"]);
    scene.citizen = scene.world.browser();
    scene.citizen.sign_in(&WANG).await;
    let page = scene.citizen.get("/account/visit").await;
    assert!(page.text().contains("预约已过期"), "{}", page.text());
    assert_ne!(enrol(&mut scene.citizen).await, scene.code);
}

#[tokio::test]
async fn an_offer_is_good_for_ten_minutes() {
    let mut scene = Scene::new().await;
    let offered = scene.offered().await;
    let page = scene.citizen.get(&offered.address).await;
    scene.world.later(600);
    let late = scene.citizen.submit(&page, &[("number", &offered.number)]).await;
    assert_eq!(late.status(), 410);
    assert!(late.text().contains("确认时间已过"), "{}", late.text());
    assert_eq!(scene.level().await, 1);
}

#[tokio::test]
async fn codes_that_open_nothing() {
    let mut scene = Scene::new().await;
    let mistyped: String = {
        let last = if scene.code.ends_with('0') { '1' } else { '0' };
        scene.code[..16].chars().chain([last]).collect()
    };
    let cases = [
        ("", "请输入核验码"),
        ("123", "17 位数字"),
        ("not a code", "17 位数字"),
        (mistyped.as_str(), "校验位不符"),
        ("00000000000000000", "没有找到这个核验码"),
    ];
    for (typed, said) in cases {
        let page = scene.clerk.open(typed).await;
        assert_eq!((page.name().as_str(), page.status()), ("hall-desk", 422), "{typed}");
        assert!(page.text().contains(said), "{typed}: {}", page.text());
        assert_eq!(page.input("code").as_deref(), Some(typed));
    }
    // The scanner types what the picture holds; people type spaces and full-width digits.
    let scanned = format!("http://localhost:8000/hall/?code={}", scene.code);
    assert_eq!(scene.clerk.open(&scanned).await.name(), "hall-card");
    let full_width: String =
        scene.code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    assert_eq!(scene.clerk.open(&format!(" {full_width} ")).await.name(), "hall-card");
    let elsewhere = Clerk::at_work(&scene.world, &MA).await.open(&scene.code).await;
    assert_eq!((elsewhere.name().as_str(), elsewhere.status()), ("hall-desk", 409));
    assert!(elsewhere.text().contains("正在其他窗口办理：城北政务大厅 A01"), "{}", elsewhere.text());
}

#[tokio::test]
async fn five_failures_in_a_day_and_no_more() {
    let mut scene = Scene::new().await;
    for _ in 0..5 {
        let page = scene.clerk.open(&scene.code).await;
        let page = scene.clerk.read(&page, "citizen").await;
        let mut form = Clerk::verdict(&page, "fail_retryable");
        form.set("reason", "person_not_matched");
        let decided = scene.clerk.browser.send(&page, &form).await;
        assert_eq!(decided.name(), "hall-decided", "{}", decided.text());
        let page = scene.citizen.get("/account/visit").await;
        assert!(page.text().contains("这次没有通过") && !page.text().contains("人证"), "{}", page.text());
        let page = scene.citizen.submit(&page, &[("action", "enrol")]).await;
        scene.code = page.data("data-code").unwrap_or_default();
    }
    let page = scene.citizen.get("/account/visit").await;
    let refused = scene.citizen.submit(&page, &[("action", "enrol")]).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().contains("24 小时内核验失败次数过多"), "{}", refused.text());
    scene.world.later(24 * 3600);
    scene.citizen = scene.world.browser();
    scene.citizen.sign_in(&WANG).await;
    enrol(&mut scene.citizen).await;
}
