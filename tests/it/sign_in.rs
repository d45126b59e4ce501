//! Signing in with a password, being signed in, and being throttled.

use tongyao::identity::store::account;

use crate::support::{Browser, LI, Page, WANG, World, all_at_once};

const WRONG: &str = "Wrong-Password-1";

async fn try_password(mut browser: Browser, username: &str, password: &str) -> Page {
    let page = browser.get("/sign-in").await;
    browser.submit(&page, &[("username", username), ("password", password)]).await
}

#[tokio::test]
async fn by_login_name_phone_or_number_as_people_type_them() {
    let world = World::new().await;
    let full_width: String =
        WANG.number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    let typed = [
        WANG.login_name.to_owned(),
        WANG.phone.to_owned(),
        format!("+86 {}", WANG.phone),
        WANG.number.to_owned(),
        WANG.number.to_lowercase(),
        format!(" {} ", WANG.number),
        full_width,
    ];
    for username in typed {
        let mut browser = world.browser();
        let page = browser.get("/sign-in").await;
        let page = browser.submit(&page, &[("username", &username), ("password", WANG.password)]).await;
        assert_eq!(page.name(), "account", "{username}");
        assert!(page.text().contains(WANG.masked_name));
    }
}

#[tokio::test]
async fn the_switches_keep_the_way_after_an_error() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get(&world.system("portal").ask("openid").address()).await;
    let wrong = browser.submit(&page, &[("username", WANG.login_name), ("password", "not this one")]).await;
    assert_eq!(wrong.status(), 422);
    for switch in ["elder=1", "lang=en"] {
        let address = wrong.links().into_iter().find(|link| link.contains(switch)).unwrap();
        let page = browser.get(&address).await;
        assert!(page.input("request").is_some(), "{address}");
    }
    let page = browser.get(&page.path).await;
    let own = browser.get("/sign-in?next=%2Faccount%2Fsessions").await;
    let wrong = browser.submit(&own, &[("username", WANG.login_name), ("password", "not this one")]).await;
    let address = wrong.links().into_iter().find(|link| link.contains("lang=")).unwrap();
    assert!(address.contains("next=%2Faccount%2Fsessions"), "{address}");
    assert_eq!(page.name(), "sign-in");
}

#[tokio::test]
async fn a_wrong_password_and_nobodys_name_get_the_same_page() {
    let world = World::new().await;
    let mut pages = Vec::new();
    for username in [WANG.login_name, "nobody-at-all"] {
        let mut browser = world.browser();
        let page = browser.get("/sign-in").await;
        let page = browser.submit(&page, &[("username", username), ("password", "Wrong-Password-1")]).await;
        assert_eq!((page.name().as_str(), page.status()), ("sign-in", 422));
        assert!(browser.cookie("tongyao_session").is_none());
        assert_eq!(page.input("username").as_deref(), Some(username));
        pages.push(page.text());
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn what_was_typed_stays_and_the_password_never() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let hostile = "\"><script>alert(1)</script>";
    let page = browser.submit(&page, &[("username", hostile), ("password", "Planted-Password-77")]).await;
    assert_eq!(page.input("username").as_deref(), Some(hostile));
    assert!(!page.answer.body.contains("<script>alert") && !page.answer.body.contains("Planted-Password-77"));
    let page = browser.submit(&page, &[("username", ""), ("password", "")]).await;
    assert_eq!((page.name().as_str(), page.status()), ("sign-in", 422));
}

#[tokio::test]
async fn everything_that_is_missing_is_said_at_once() {
    let world = World::with_halls().await;
    for (address, name) in [("/sign-in", "username"), ("/hall/sign-in", "login")] {
        for (typed, password, wrong) in [
            ("", "", vec![name, "password"]),
            ("", "Some-Password-1", vec![name]),
            ("somebody", "", vec!["password"]),
        ] {
            let mut browser = world.browser();
            let page = browser.get(address).await;
            let page = browser.submit(&page, &[(name, typed), ("password", password)]).await;
            assert_eq!(page.status(), 422);
            let beside = [name, "password"].into_iter().filter(|input| page.error_beside(input).is_some());
            assert_eq!(beside.collect::<Vec<_>>(), wrong, "{address}: {}", page.text());
            // The summary on top lists them in the order of the fields.
            let listed =
                page.links().into_iter().filter_map(|link| link.strip_prefix('#').map(str::to_owned));
            let listed: Vec<String> = listed.filter(|id| id != "main").collect();
            assert_eq!(listed, wrong, "{address}");
        }
    }
}

/// An answer to a form cannot be gone back to: the script puts this address in its place.
#[tokio::test]
async fn a_refused_password_names_the_address_of_its_form() {
    let world = World::with_halls().await;
    let ask = world.system("portal").ask("openid").address();
    let cases =
        [("/sign-in?next=%2Faccount%2Fsessions", "username"), (&ask, "username"), ("/hall/", "login")];
    for (address, name) in cases {
        let mut browser = world.browser();
        let form = browser.get(address).await;
        assert_eq!(form.data("data-again"), None, "{address}");
        let refused = browser.submit(&form, &[(name, "somebody"), ("password", "Wrong-Password-1")]).await;
        let again = browser.get(&refused.data("data-again").unwrap()).await;
        assert_eq!((again.name(), again.status()), (form.name(), 200));
        for waiting in ["request", "next"] {
            assert_eq!(again.input(waiting), form.input(waiting), "{address}");
        }
    }
}

#[tokio::test]
async fn who_forgot_the_password_is_sent_where_it_says_what_is_possible() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    assert!(page.links().iter().any(|link| link == "/help#forgot"), "{:?}", page.links());
    let help = browser.get("/help").await;
    assert!(help.answer.body.contains("id=\"forgot\""));
    assert!(help.main_text().contains("目前还不能重设密码"), "{}", help.main_text());
}

#[tokio::test]
async fn a_megabyte_of_password_is_refused_without_work() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let huge = "x".repeat(1 << 20);
    let page = browser.submit(&page, &[("username", WANG.login_name), ("password", &huge)]).await;
    assert_eq!((page.name().as_str(), page.status()), ("error", 413));
}

#[tokio::test]
async fn many_failures_slow_down_and_never_lock_out() {
    let world = World::new().await;
    let mut browser = world.browser();
    let mut page = browser.get("/sign-in").await;
    let mut slowed = false;
    for _ in 0..30 {
        page =
            browser.submit(&page, &[("username", WANG.login_name), ("password", "Wrong-Password-1")]).await;
        slowed |= page.status() == 429;
    }
    assert!(slowed && page.status() == 429);
    let wait: u64 = page.answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait), "{wait}");
}

#[tokio::test]
async fn one_name_is_one_name_however_it_is_written() {
    let world = World::new().await;
    for phone in [WANG.phone, "13912345678"] {
        let spellings = (1..=10).map(|at| format!("{}-{}", &phone[..at], &phone[at..]));
        for spelling in spellings {
            let key = account::sign_in_key(&world.app.keys, &spelling);
            assert_eq!(key, world.app.keys.fingerprint.of("phone", phone), "{spelling}");
            assert_eq!(try_password(world.browser(), &spelling, WRONG).await.status(), 422, "{spelling}");
        }
        let typed = format!("+86 {phone}\u{200B}");
        assert_eq!(try_password(world.browser(), &typed, WANG.password).await.status(), 429);
    }
}

#[tokio::test]
async fn the_names_of_an_account_share_its_limit_and_nobody_learns_that_they_do() {
    let world = World::new().await;
    for place in 0..10 {
        let address = format!("203.0.113.{place}");
        for username in [WANG.login_name, WANG.phone].repeat(5) {
            let page = try_password(world.browser().at(&address), username, WRONG).await;
            assert_eq!(page.status(), 422, "{username} from {address}");
        }
    }
    let elsewhere = || world.browser().at("198.51.100.1");
    let right = try_password(elsewhere(), WANG.number, WANG.password).await;
    let nobody = try_password(elsewhere(), "nobody-at-all", WANG.password).await;
    assert_eq!((right.name().as_str(), right.status()), ("sign-in", 422));
    assert_eq!(right.text(), nobody.text());
    assert_eq!(try_password(elsewhere(), LI.number, LI.password).await.name(), "account");
    world.later(600);
    assert_eq!(try_password(elsewhere(), WANG.number, WANG.password).await.status(), 422);
    world.later(3000);
    assert_eq!(try_password(elsewhere(), WANG.number, WANG.password).await.name(), "account");
}

/// A hundred wrong passwords at one name from ten addresses: as many as an hour is given.
async fn guess_a_hundred_times(world: &World, username: &str) {
    for place in 0..10 {
        for _ in 0..10 {
            let browser = world.browser().at(&format!("203.0.113.{place}"));
            assert_eq!(try_password(browser, username, WRONG).await.status(), 422);
        }
    }
}

async fn leave(browser: &mut Browser) {
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
}

#[tokio::test]
async fn who_has_signed_in_here_before_is_not_kept_out_by_strangers() {
    let world = World::new().await;
    let mut own = world.browser().at("198.51.100.7");
    for citizen in [&WANG, &LI] {
        own.sign_in(citizen).await;
        leave(&mut own).await;
    }
    guess_a_hundred_times(&world, WANG.login_name).await;
    let with_cookie = |mut browser: Browser, value: &str| {
        browser.set_cookie("tongyao_known", value);
        try_password(browser, WANG.login_name, WANG.password)
    };
    let known = own.cookie("tongyao_known").unwrap().to_owned();
    let (random, marks) = known.split_once('.').unwrap();
    let mut other = world.browser();
    other.sign_in(&LI).await;
    let of_another = other.cookie("tongyao_known").unwrap();
    for stranger in ["", marks, &format!("{}.{marks}", "A".repeat(random.len())), of_another] {
        assert_eq!(with_cookie(world.browser(), stranger).await.status(), 429, "{stranger}");
    }
    // From another network; and each time anew.
    for _ in 0..3 {
        let mut own = own.clone().at("198.51.100.8");
        assert_eq!(own.sign_in(&WANG).await.name(), "account");
    }
    world.later(3600);
    guess_a_hundred_times(&world, WANG.phone).await;
    // By a name never used here the browser is a stranger.
    assert_eq!(try_password(own.clone(), WANG.phone, WANG.password).await.status(), 429);
    assert_eq!(try_password(own.clone(), WANG.login_name, WANG.password).await.name(), "account");
}

#[tokio::test]
async fn a_browser_that_is_known_fails_ten_times_and_then_as_a_stranger() {
    let world = World::new().await;
    let mut own = world.browser();
    own.sign_in(&WANG).await;
    leave(&mut own).await;
    for _ in 0..20 {
        assert_eq!(try_password(own.clone(), WANG.login_name, WRONG).await.status(), 422);
    }
    assert_eq!(try_password(own.clone(), WANG.login_name, WANG.password).await.status(), 429);
    let elsewhere = own.at("198.51.100.8");
    assert_eq!(try_password(elsewhere, WANG.login_name, WANG.password).await.name(), "account");
}

#[tokio::test]
async fn one_account_is_guessed_at_a_hundred_times_an_hour() {
    let world = World::new().await;
    guess_a_hundred_times(&world, WANG.login_name).await;
    for (wait, status) in [(600, 429), (2999, 429), (1, 200)] {
        world.later(wait);
        let page = try_password(world.browser(), WANG.login_name, WANG.password).await;
        assert_eq!(page.status(), status);
    }
}

#[tokio::test]
async fn a_thief_of_a_cookie_pays_no_fresh_sign_in_with_another_account() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut victim = world.browser();
    victim.sign_in(&WANG).await;
    let stolen = victim.cookie("tongyao_session").unwrap().to_owned();
    world.later(1000);
    for (name, value) in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "600")] {
        let mut thief = world.browser();
        let page = thief.get(&portal.ask("openid").with(name, value).address()).await;
        let request = page.input("request").unwrap();
        let page = thief.sign_in_on(&page, &LI).await;
        assert_eq!(page.name(), "consent", "{name}={value}");
        thief.set_cookie("tongyao_session", &stolen);
        let page = thief.get(&format!("/continue?request={request}")).await;
        assert_eq!(page.name(), "sign-in", "{name}={value}");
        // The cookie is worth what it was: without that wish it would do.
        let page = thief.get(&portal.ask("openid").address()).await;
        assert_eq!(page.name(), "consent");
    }
}

#[tokio::test]
async fn guesses_sent_all_at_once_tell_nothing_of_the_right_one() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let passwords = std::iter::repeat_n(WRONG, 50).chain([WANG.password]);
    let tries = passwords.map(|password| {
        let (mut browser, page) = (browser.clone(), page.clone());
        async move { browser.submit(&page, &[("username", WANG.login_name), ("password", password)]).await }
    });
    let pages = all_at_once(tries).await;
    let (right, wrong) = pages.split_last().unwrap();
    assert_eq!((right.name().as_str(), right.status()), ("sign-in", 429));
    assert!(wrong.iter().filter(|page| page.status() == 429).count() > 20, "none is told from the others");
}

#[tokio::test]
async fn a_network_of_ipv6_is_one_place() {
    let world = World::new().await;
    for number in 1..=10 {
        let browser = world.browser().at(&format!("2001:db8::{number:x}"));
        assert_eq!(try_password(browser, WANG.login_name, WRONG).await.status(), 422);
    }
    let at = |address| try_password(world.browser().at(address), WANG.login_name, WANG.password);
    assert_eq!(at("2001:db8::ffff:1").await.status(), 429);
    assert_eq!(at("2001:db8:0:1::1").await.name(), "account");
}

#[tokio::test]
async fn successes_are_not_counted() {
    let world = World::new().await;
    for _ in 0..60 {
        let page = world.browser().sign_in(&WANG).await;
        assert_eq!(page.name(), "account");
    }
}

#[tokio::test]
async fn the_cookie_changes_at_every_sign_in_and_the_old_one_is_worth_nothing() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.set_cookie("tongyao_session", &"A".repeat(43));
    browser.sign_in(&WANG).await;
    let first = browser.cookie("tongyao_session").unwrap().to_owned();
    assert_ne!(first, "A".repeat(43));
    world.later(1);
    let portal = world.system("portal");
    browser.pass(&portal.ask("openid").with("prompt", "login"), &WANG).await;
    let second = browser.cookie("tongyao_session").unwrap().to_owned();
    assert_ne!(first, second);
    for (cookie, page) in [(first, "sign-in"), (second, "account"), ("B".repeat(43), "sign-in")] {
        let mut thief = world.browser();
        thief.set_cookie("tongyao_session", &cookie);
        assert_eq!(thief.get("/account/").await.name(), page);
    }
}

#[tokio::test]
async fn a_session_ends_after_its_hours() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    world.later(12 * 3600 - 1);
    assert_eq!(browser.get("/account/").await.name(), "account");
    world.later(1);
    assert_eq!(browser.get("/account/").await.name(), "sign-in");
}

#[tokio::test]
async fn somebody_else_in_the_same_browser_ends_the_first_ones_session() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let first = browser.clone();
    world.later(1);
    let portal = world.system("portal");
    let page = browser.get(&portal.ask("openid").with("prompt", "login").address()).await;
    browser.sign_in_on(&page, &LI).await;
    assert!(browser.get("/account/").await.text().contains(LI.masked_name));
    assert_eq!(first.clone().get("/account/").await.name(), "sign-in");
}

#[tokio::test]
async fn the_way_back_leads_nowhere_else() {
    let world = World::new().await;
    let good = [("/account/history", "account-history"), ("/account/sessions", "account-sessions")];
    let bad = ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"];
    for (next, name) in good.into_iter().chain(bad.map(|next| (next, "account"))) {
        let mut browser = world.browser();
        let query = serde_urlencoded::to_string([("next", next)]).unwrap();
        let page = browser.get(&format!("/sign-in?{query}")).await;
        let page = browser.sign_in_on(&page, &WANG).await;
        assert_eq!(page.name(), name, "{next}");
        let page = browser.get(&format!("/sign-in?{query}")).await;
        assert_eq!(page.name(), name, "already signed in, {next}");
    }
}

#[tokio::test]
async fn a_form_of_another_browser_or_site_is_refused() {
    let world = World::new().await;
    let page = world.browser().get("/sign-in").await;
    let mut victim = world.browser();
    let refused = victim.submit(&page, &[("username", WANG.login_name), ("password", WANG.password)]).await;
    assert_eq!((refused.name().as_str(), refused.status()), ("error", 403));
    assert!(victim.cookie("tongyao_session").is_none());
    let without = [("username", WANG.login_name), ("password", WANG.password)];
    assert_eq!(victim.post("/sign-in", &without).await.status(), 403);
}

#[tokio::test]
async fn pages_speak_the_readers_language_and_keep_the_choice() {
    let world = World::new().await;
    let mut browser = world.browser().speaking("en-GB");
    assert!(browser.get("/sign-in").await.text().contains("Sign in"));
    let chosen = browser.get("/sign-in?lang=zh-CN").await;
    assert!(chosen.text().contains("登录") && browser.get("/help").await.text().contains("使用帮助"));
}
