//! The citizen's own pages: what they say, and that nobody reaches into another's.

use tongyao::audit::{self, Event};
use tongyao::storage::Run;

use crate::support::look::Look;
use crate::support::wire::Call;
use crate::support::{Browser, LI, Tokens, WANG, World};

const PAGES: [(&str, &str); 4] = [
    ("/account/", "account"),
    ("/account/sessions", "account-sessions"),
    ("/account/consents", "account-consents"),
    ("/account/history", "account-history"),
];

#[tokio::test]
async fn a_stranger_signs_in_and_is_back_where_they_wanted() {
    let world = World::new().await;
    for (path, name) in PAGES {
        let mut browser = world.browser();
        let page = browser.get(path).await;
        assert_eq!(page.input("next").as_deref(), Some(path));
        assert_eq!(browser.sign_in_on(&page, &WANG).await.name(), name);
    }
}

#[tokio::test]
async fn the_address_without_its_last_character_leads_on() {
    let world = World::new().await;
    for (typed, address) in [("/account", "/account/"), ("/hall", "/hall/")] {
        let answer = Call::get(typed).send(&world.router).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(address)), "{typed}");
    }
}

#[tokio::test]
async fn every_page_names_who_is_signed_in_and_shows_nothing_in_full() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.system("portal").connect(&mut browser, &WANG, "openid profile").await;
    for (path, name) in PAGES.into_iter().chain([("/help", "help")]) {
        let page = browser.get(path).await;
        assert_eq!((page.name().as_str(), page.status()), (name, 200));
        assert!(page.text().contains(WANG.masked_name), "{path}");
        for secret in [WANG.name, WANG.number, WANG.phone, WANG.email] {
            assert!(!page.answer.body.contains(secret), "{path} shows {secret}");
        }
    }
    assert_eq!(world.browser().get("/help").await.name(), "help");
}

#[tokio::test]
async fn the_overview_says_level_document_and_ways_to_sign_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let text = browser.sign_in(&WANG).await.text();
    for said in
        ["1 级 · 信息核对", "2026-11-22", "居民身份证", "1****************X", "139****5601", WANG.login_name]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
    let mut browser = world.browser().speaking("en");
    let text = browser.sign_in(&LI).await.text();
    assert!(
        text.contains("Level 3: verified in person") && text.contains("This is the highest level"),
        "{text}"
    );
}

#[tokio::test]
async fn sessions_are_listed_with_their_systems_and_ended_from_elsewhere() {
    let world = World::new().await;
    let (mut here, mut there) = (world.browser(), world.browser());
    world.system("portal").connect(&mut there, &WANG, "openid").await;
    let office = world.system("office");
    let tokens = office.connect(&mut there, &WANG, "openid").await;
    here.sign_in(&WANG).await;
    let page = here.get("/account/sessions").await;
    let text = page.text();
    assert!(
        text.contains("Firefox · Linux") && text.contains("市民门户") && text.contains("社保业务系统"),
        "{text}"
    );
    let buttons = page.buttons("session");
    assert_eq!((buttons.len(), buttons[2].as_str()), (3, "others"));

    let page = here.submit(&page, &[("session", &buttons[1])]).await;
    assert!(page.text().contains("已让该设备退出登录"), "{}", page.text());
    assert_eq!(page.buttons("session").len(), 1);
    assert_eq!(there.get("/account/").await.name(), "sign-in");
    assert!(!office.userinfo(&tokens.access).await.status.is_success());
    let mut look = Look::at(&world).await;
    assert_eq!(
        look.texts("SELECT end_reason FROM sso_session WHERE ended_at IS NOT NULL").await,
        ["ended_elsewhere"]
    );
    assert_eq!(look.number("SELECT COUNT(*) FROM logout_delivery").await, 2);
}

#[tokio::test]
async fn all_others_end_at_once_and_this_one_stays() {
    let world = World::new().await;
    let mut others = [world.browser(), world.browser(), world.browser()];
    for browser in &mut others {
        browser.sign_in(&WANG).await;
    }
    let mut here = world.browser();
    here.sign_in(&WANG).await;
    let mut li = world.browser();
    li.sign_in(&LI).await;
    let page = here.get("/account/sessions").await;
    let page = here.submit(&page, &[("session", "others")]).await;
    assert_eq!((page.name().as_str(), page.buttons("session").len()), ("account-sessions", 1));
    for browser in &mut others {
        assert_eq!(browser.get("/account/").await.name(), "sign-in");
    }
    assert_eq!(li.get("/account/").await.name(), "account");
}

#[tokio::test]
async fn ending_the_session_in_hand_is_signing_out() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let page = browser.get("/account/sessions").await;
    let this = page.buttons("session")[0].clone();
    let page = browser.submit(&page, &[("session", &this)]).await;
    assert_eq!(page.name(), "sign-out");
    browser.submit(&page, &[("decision", "all")]).await;
    assert_eq!(browser.get("/account/").await.name(), "sign-in");
}

#[tokio::test]
async fn nobody_ends_anothers_session() {
    let world = World::new().await;
    let (mut wang, mut li) = (world.browser(), world.browser());
    wang.sign_in(&WANG).await;
    li.sign_in(&LI).await;
    let theirs = wang.get("/account/sessions").await.buttons("session")[0].clone();
    let csrf = csrf(&mut li).await;
    let page = li.post("/account/sessions", &[("csrf", &csrf), ("session", &theirs)]).await;
    assert_eq!((page.name().as_str(), page.status()), ("account-sessions", 200));
    assert!(!page.text().contains("已让该设备退出登录"));
    assert_eq!(wang.get("/account/").await.name(), "account");
    for wrong in ["", "ses_", "nonsense", "ses_1' OR '1'='1"] {
        let page = li.post("/account/sessions", &[("csrf", &csrf), ("session", wrong)]).await;
        assert_eq!(page.status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_consent_is_shown_and_taken_back_with_its_tokens() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let tokens = portal.connect(&mut browser, &WANG, "openid profile phone").await;
    let page = browser.get("/account/consents").await;
    for said in ["市民门户", "市大数据局", "登录身份", "基本信息", "手机号", "2027-11-22"]
    {
        assert!(page.text().contains(said), "{said} in {}", page.text());
    }
    let page = browser.submit(&page, &[("consent", "portal"), ("action", "withdraw")]).await;
    assert!(page.text().contains("已撤回授权") && page.buttons("action").is_empty(), "{}", page.text());
    assert!(!portal.userinfo(&tokens.access).await.status.is_success());
    portal.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    assert_eq!(browser.get(&portal.ask("openid profile").address()).await.name(), "consent");
}

#[tokio::test]
async fn taking_back_what_is_not_there_changes_nothing() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (mut wang, mut li) = (world.browser(), world.browser());
    let tokens = portal.connect(&mut wang, &WANG, "openid").await;
    li.sign_in(&LI).await;
    let csrf = csrf(&mut li).await;
    for client in ["portal", "nobody", "客户"] {
        let fields = [("csrf", csrf.as_str()), ("consent", client), ("action", "withdraw")];
        let page = li.post("/account/consents", &fields).await;
        assert_eq!(page.status(), 200);
        assert!(!page.text().contains("已撤回授权"));
    }
    portal.userinfo(&tokens.access).await.good();
    let undecided = [("csrf", csrf.as_str()), ("consent", "portal")];
    assert_eq!(li.post("/account/consents", &undecided).await.status(), 400);
}

#[tokio::test]
async fn the_history_tells_each_use_in_both_languages() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    // Each at a moment of its own: the order of one and the same millisecond is nobody's.
    let page = browser.get("/sign-in").await;
    browser.submit(&page, &[("username", WANG.login_name), ("password", "Wrong-Password-1")]).await;
    world.later(1);
    let ask = portal.ask("openid id_number");
    let page = browser.get(&ask.address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    world.later(1);
    let code = browser.submit(&page, &[("decision", "allow")]).await.code();
    world.later(1);
    let tokens = Tokens::of(&portal.exchange(&code, &ask).await);
    world.later(1);
    portal.userinfo(&tokens.access).await.good();
    let text = browser.get("/account/history").await.text();
    let said = ["提供完整证件号码", "用您的身份登录系统", "同意授权", "密码登录", "登录未成功"];
    let places: Vec<_> =
        said.iter().map(|said| text.find(said).unwrap_or_else(|| panic!("{said} in {text}"))).collect();
    assert!(places.is_sorted(), "newest first: {text}");
    assert!(!text.contains("修改密码"), "there is no page for it: {text}");
    assert!(text.contains("市民门户") && text.contains("证件号码、登录身份"), "{text}");
    let text = browser.get("/account/history?lang=en").await.text();
    assert!(
        text.contains("Full document number handed over")
            && text.contains("Account created")
            && text.contains("Document number, That it is you"),
        "{text}"
    );
    let mut li = world.browser();
    li.sign_in(&LI).await;
    assert!(!li.get("/account/history").await.text().contains("市民门户"));
}

#[tokio::test]
async fn the_history_is_turned_page_by_page_and_forgets_nothing() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    record_uses(&world, 130).await;
    let mut at = "/account/history".to_owned();
    let mut lines = 0;
    for turn in 0..20 {
        let page = browser.get(&at).await;
        let uses = page.answer.body.matches("<time>").count();
        assert!(uses <= 20);
        lines += uses;
        match page.next() {
            Some(older) => at = older,
            None => {
                assert!(turn >= 4, "all on {turn} pages");
                break;
            }
        }
    }
    let mut look = Look::at(&world).await;
    let told = "SELECT COUNT(*) FROM audit_event WHERE kind <> 'logout_queued'
                AND person_id = (SELECT person_id FROM sso_session)";
    assert_eq!(lines as i64, look.number(told).await);
    for wrong in ["nonsense", "ses_1", "aud_' OR 1=1", ""] {
        let query = serde_urlencoded::to_string([("before", wrong)]).unwrap();
        assert_eq!(browser.get(&format!("/account/history?{query}")).await.status(), 400, "{wrong}");
    }
}

/// Uses of WANG's identity, every third of them one that means nothing to a citizen.
async fn record_uses(world: &World, count: usize) {
    let person = Look::at(world).await.texts("SELECT person_id FROM sso_session").await.remove(0);
    let person = person.parse().unwrap();
    let session = Look::at(world).await.texts("SELECT id FROM sso_session").await.remove(0).parse().unwrap();
    let moment = world.app.moment();
    let mut tx = world.app.db.begin().await.unwrap();
    for number in 0..count {
        let sid = "sid_1".parse().unwrap();
        let event = match number % 3 {
            0 => Event::LogoutQueued { person: &person, client: "portal", session: &session, sid: &sid },
            _ => Event::ConsentRefused { person: &person, client: "portal" },
        };
        audit::record(&mut tx, &moment, event).await.unwrap();
    }
    let counted: (i64,) =
        tx.one(tongyao::sql!("SELECT COUNT(*) FROM audit_event WHERE client_id = 'portal'")).await.unwrap();
    assert_eq!(counted.0, count as i64);
    tx.commit().await.unwrap();
}

async fn csrf(browser: &mut Browser) -> String {
    browser.get("/account/sessions").await.input("csrf").unwrap()
}
