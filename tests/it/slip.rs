//! The slip from the window: an account made at home, at level 3 from the start.

use serde_json::Value;

use crate::support::clerk::{CHEN, STRANGER};
use crate::support::look::Look;
use crate::support::town::Citizen;
use crate::support::{Browser, Clerk, LI, Page, WANG, World, all_at_once};

/// On the sample card `rare-name`; on record nowhere.
const YONGFU: Citizen = Citizen {
    name: "𠮷永福",
    masked_name: "*永福",
    number: "110101188803071238",
    phone: "13912345609",
    login_name: "yongfu-citizen",
    password: "A lantern by the quiet lake",
    email: "",
    level: 3,
};

/// What is typed otherwise than the wishes.
type Fields<'a> = &'a [(&'a str, &'a str)];

/// A walk-in nobody has heard of, verified, with a slip in hand.
async fn with_slip() -> (World, Clerk, String) {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.verify_walk_in("rare-name").await;
    assert!(decided.text().contains(YONGFU.masked_name), "{}", decided.text());
    let code = clerk.give_code(&decided).await;
    (world, clerk, code)
}

async fn type_code(browser: &mut Browser, code: &str) -> Page {
    let page = browser.get("/register").await;
    browser.submit(&page, &[("continuation_code", code)]).await
}

fn wishes(citizen: &Citizen) -> [(&'static str, &str); 4] {
    [
        ("login_name", citizen.login_name),
        ("phone", citizen.phone),
        ("password", citizen.password),
        ("password_again", citizen.password),
    ]
}

async fn register(browser: &mut Browser, code: &str) -> Page {
    let page = type_code(browser, code).await;
    browser.submit(&page, &wishes(&YONGFU)).await
}

async fn facts_of(world: &World, citizen: &Citizen) -> Value {
    let office = world.system("office");
    let tokens = office.connect(&mut world.browser(), citizen, "openid real_name").await;
    office.userinfo(&tokens.access).await.good()
}

#[tokio::test]
async fn from_the_slip_to_an_account_at_level_3() {
    let (world, _clerk, code) = with_slip().await;
    let verified_at = world.now().seconds();
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM account").await, 2, "on record, without an account");
    world.later(3600);
    let mut browser = world.browser();
    let page = type_code(&mut browser, &code).await;
    assert!(page.text().contains(YONGFU.masked_name) && page.text().contains("1****************8"));
    assert!(!page.answer.body.contains(YONGFU.name) && !page.answer.body.contains(YONGFU.number));
    let done = browser.submit(&page, &wishes(&YONGFU)).await;
    assert_eq!(done.name(), "registered", "{}", done.text());
    assert!(done.text().contains("3 级") && done.text().contains(YONGFU.login_name), "{}", done.text());
    assert_eq!(browser.get("/account/").await.name(), "account");

    let facts = facts_of(&world, &YONGFU).await;
    assert_eq!(facts["loa"], 3);
    assert_eq!(facts["loa_reached_by"], "window_verification");
    assert_eq!(facts["loa_reached_at"], verified_at);
    for username in [YONGFU.number, YONGFU.phone, YONGFU.login_name] {
        let mut browser = world.browser();
        let page = browser.get("/sign-in").await;
        let page = browser.submit(&page, &[("username", username), ("password", YONGFU.password)]).await;
        assert_eq!(page.name(), "account", "{username}");
    }
}

#[tokio::test]
async fn a_password_is_enough() {
    let (world, _clerk, code) = with_slip().await;
    let mut browser = world.browser();
    let page = type_code(&mut browser, &code.to_lowercase().replace('-', " ")).await;
    let fields = [("password", YONGFU.password), ("password_again", YONGFU.password)];
    assert_eq!(browser.submit(&page, &fields).await.name(), "registered");
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let fields = [("username", YONGFU.number), ("password", YONGFU.password)];
    assert_eq!(browser.submit(&page, &fields).await.name(), "account");
}

#[tokio::test]
async fn a_code_works_once() {
    let (world, mut clerk, code) = with_slip().await;
    let mut browser = world.browser();
    let page = type_code(&mut browser, &code).await;
    assert_eq!(browser.submit(&page, &wishes(&YONGFU)).await.name(), "registered");
    for again in [type_code(&mut world.browser(), &code).await, browser.submit(&page, &wishes(&YONGFU)).await]
    {
        assert_eq!((again.name().as_str(), again.status()), ("register", 422));
        assert!(again.text().contains("续办码不正确、已使用或已过期"), "{}", again.text());
    }
    let desk = clerk.browser.get("/hall/").await;
    assert!(desk.text().contains("已完成"), "{}", desk.text());
}

#[tokio::test]
async fn an_account_whose_session_could_not_be_written_is_not_made() {
    let (world, _clerk, code) = with_slip().await;
    let mut browser = world.browser();
    let page = type_code(&mut browser, &code).await;
    let mut look = Look::at(&world).await;
    look.change("ALTER TABLE sso_session RENAME TO away").await;
    assert_eq!(browser.submit(&page, &wishes(&YONGFU)).await.status(), 500);
    look.change("ALTER TABLE away RENAME TO sso_session").await;
    assert_eq!(browser.submit(&page, &wishes(&YONGFU)).await.name(), "registered");
}

#[tokio::test]
async fn ten_at_once_make_one_account() {
    let (world, _clerk, code) = with_slip().await;
    let mut browser = world.browser();
    let page = type_code(&mut browser, &code).await;
    let tries = (0..10).map(|_| {
        let (mut browser, page) = (browser.clone(), page.clone());
        async move { browser.submit(&page, &wishes(&YONGFU)).await.status() }
    });
    assert!(all_at_once(tries).await.iter().all(|status| *status < 500));
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM account").await, 3);
    let confirmed = "SELECT COUNT(*) FROM audit_event WHERE kind = 'binding_confirmed'";
    assert_eq!(look.number(confirmed).await, 1);
    assert_eq!(facts_of(&world, &YONGFU).await["loa"], 3);
}

#[tokio::test]
async fn a_code_is_good_for_two_days_and_the_newest_only() {
    let (world, mut clerk, first) = with_slip().await;
    let desk = clerk.browser.get("/hall/").await;
    let visit = desk.links().into_iter().find(|link| link.contains("/visits/")).unwrap();
    let decided = clerk.browser.get(&visit).await;
    let second = clerk.give_code(&decided).await;
    assert_ne!(first, second);
    assert_eq!(type_code(&mut world.browser(), &first).await.status(), 422);
    world.later(48 * 3600 - 1);
    let mut browser = world.browser();
    let page = type_code(&mut browser, &second).await;
    assert_eq!(page.status(), 200);
    world.later(1);
    assert_eq!(browser.submit(&page, &wishes(&YONGFU)).await.status(), 422);
    assert_eq!(type_code(&mut browser, &second).await.status(), 422);
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM account").await, 2);
}

#[tokio::test]
async fn neither_a_second_tab_nor_a_reload_ends_the_printed_code() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.verify_walk_in("rare-name").await;
    assert!(!decided.text().contains("手机扫码确认"), "nobody could confirm: {}", decided.text());
    let printed = clerk.give_code(&decided).await;
    // The same form again is what the other tab and the reload send.
    let again = clerk.press(&decided, "/continuation").await;
    assert_eq!(again.name(), "hall-desk");
    assert!(again.text().contains("状态已经变化"), "{}", again.text());
    assert_eq!(register(&mut world.browser(), &printed).await.name(), "registered");
}

#[tokio::test]
async fn the_slip_tells_an_account_holder_to_sign_in_first() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    for (sample, said, other) in
        [("citizen", "先登录您的账号", "设置密码"), ("rare-name", "设置密码", "先登录您的账号")]
    {
        let decided = clerk.verify_walk_in(sample).await;
        let slip = clerk.press(&decided, "/continuation").await;
        assert!(slip.text().contains(said) && !slip.text().contains(other), "{sample}: {}", slip.text());
        assert!(slip.text().contains("像保管钥匙一样"));
    }
}

#[tokio::test]
async fn the_slip_of_who_failed_says_what_is_next() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    for (decision, said) in [("fail_retryable", "再到任意窗口核验一次"), ("fail_final", "如有异议")]
    {
        let card = clerk.walk_in().await;
        let decided = clerk.decide(&card, &STRANGER, decision).await;
        let slip = clerk.browser.get(&decided.path.replace("/decide", "/slip")).await;
        assert_eq!(slip.name(), "hall-slip");
        assert!(slip.text().contains(said) && !slip.text().contains("钥匙"), "{}", slip.text());
    }
    let card = clerk.walk_in().await;
    let compare = clerk.enter(&card, &STRANGER).await;
    let mut form = Clerk::verdict(&compare, "fail_retryable");
    form.set("reason", "person_left");
    let decided = clerk.browser.send(&compare, &form).await;
    assert!(decided.text().contains("当事人已离开") && !decided.text().contains("需要补什么"));
}

#[tokio::test]
async fn wrong_codes_are_named_and_slowed_down() {
    let (world, _clerk, code) = with_slip().await;
    let mut browser = world.browser();
    // The last is well-formed: its check character follows from the others.
    let cases = [
        ("", "请输入回执单上的续办码"),
        ("ABC", "21 个字母和数字"),
        ("00000-00000-00000-00000-1", "逐位核对"),
        ("00000-00000-00000-00000-0", "不正确、已使用或已过期"),
    ];
    for (typed, said) in cases {
        let page = type_code(&mut browser, typed).await;
        assert_eq!((page.name().as_str(), page.status()), ("register", 422), "{typed}");
        assert!(page.text().contains(said), "{typed}: {}", page.text());
        assert_eq!(page.input("continuation_code").as_deref(), Some(typed));
    }
    let mut page = type_code(&mut browser, "ABC").await;
    for _ in 0..60 {
        page = type_code(&mut browser, "00000-00000-00000-00000-0").await;
    }
    assert_eq!((page.name().as_str(), page.status()), ("register", 429));
    let wait: u64 = page.answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    assert_eq!(type_code(&mut browser, &code).await.status(), 429, "from this address, the right one too");
    world.later(600);
    assert_eq!(type_code(&mut browser, &code).await.status(), 200);
}

#[tokio::test]
async fn what_is_wrong_with_the_wishes_is_said_beside_each() {
    let (world, _clerk, code) = with_slip().await;
    let cases: [(Fields, &str, &str); 6] = [
        (&[("password", "short"), ("password_again", "short")], "密码至少需要 8 个字符", "at least 8"),
        (&[("password", "password123"), ("password_again", "password123")], "这个密码太常见", "too common"),
        (&[("password", "abcdefghijk"), ("password_again", "abcdefghijk")], "请换一个", "Choose another one"),
        (&[("password_again", "Something else 1")], "两次输入的密码不一致", "not the same"),
        (&[("phone", "123")], "手机号", "mobile number"),
        (&[("login_name", "9")], "登录名", "login name"),
    ];
    for (changed, zh, en) in cases {
        for (language, said) in [("zh-CN", zh), ("en", en)] {
            let mut browser = world.browser().speaking(language);
            let page = type_code(&mut browser, &code).await;
            let mut fields = wishes(&YONGFU).to_vec();
            fields.extend(changed);
            let page = browser.submit(&page, &fields).await;
            assert_eq!((page.name().as_str(), page.status()), ("register", 422), "{changed:?}");
            let field = changed[0].0;
            let beside = page.error_beside(field).unwrap_or_default();
            assert!(beside.contains(said), "{changed:?} in {language}: {beside:?}");
            let kept = [("login_name", YONGFU.login_name), ("phone", YONGFU.phone)];
            for (name, value) in kept.iter().filter(|(name, _)| *name != field) {
                assert_eq!(page.input(name).as_deref(), Some(*value));
            }
            assert!(!page.answer.body.contains(YONGFU.password));
        }
    }
    let mut browser = world.browser();
    let page = type_code(&mut browser, &code).await;
    let huge = "x".repeat(1 << 20);
    let page = browser.submit(&page, &[("password", &huge), ("password_again", &huge)]).await;
    assert_eq!((page.name().as_str(), page.status()), ("error", 413));
    // Nothing of all that used the code.
    assert_eq!(register(&mut world.browser(), &code).await.name(), "registered");
}

#[tokio::test]
async fn a_phone_or_login_name_of_somebody_else() {
    let (world, _clerk, code) = with_slip().await;
    let mut browser = world.browser();
    for (field, taken, said) in
        [("phone", WANG.phone, "已用于另一个账号"), ("login_name", WANG.login_name, "已被使用")]
    {
        let page = type_code(&mut browser, &code).await;
        let mut fields = wishes(&YONGFU).to_vec();
        fields.push((field, taken));
        let page = browser.submit(&page, &fields).await;
        assert_eq!((page.name().as_str(), page.status()), ("register", 422));
        let beside = page.error_beside(field).unwrap_or_default();
        assert!(beside.contains(said), "{beside}");
    }
    assert_eq!(register(&mut browser, &code).await.name(), "registered");
    assert_eq!(world.browser().sign_in(&WANG).await.name(), "account");
}

#[tokio::test]
async fn who_has_an_account_signs_in_and_the_proof_is_theirs() {
    let world = World::with_halls().await;
    let mut clerk = Clerk::at_work(&world, &CHEN).await;
    let decided = clerk.verify_walk_in("citizen").await;
    let code = clerk.give_code(&decided).await;

    let mut browser = world.browser();
    let page = type_code(&mut browser, &code).await;
    assert_eq!((page.name().as_str(), page.status()), ("register", 409));
    assert!(page.text().contains("您已经有账号"), "{}", page.text());
    let mut other = world.browser();
    other.sign_in(&LI).await;
    assert_eq!(type_code(&mut other, &code).await.status(), 409);

    browser.sign_in(&WANG).await;
    let before = browser.cookie("tongyao_session").unwrap().to_owned();
    let page = type_code(&mut browser, &code).await;
    assert!(page.is("visit") && page.text().contains("已升为 3 级"), "{}", page.text());
    assert_ne!(browser.cookie("tongyao_session").unwrap(), before);
    assert_eq!(facts_of(&world, &WANG).await["loa"], 3);
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM account").await, 2);
}
