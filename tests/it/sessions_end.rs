//! However a session ends, the systems that saw it hear of it: by an operator, from another device, by another person.

use serde_json::json;
use tongyao::base::id::PersonId;
use tongyao::cli::sessions::{self, Which, Who};
use tongyao::jobs;
use tongyao::session::Proof;
use tongyao::session::proof::Method;
use tongyao::session::sso::{self, SignedIn};

use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{LI, RelyingParty, WANG, World};

const SECRET: &str = "told-secret-0123456789abcdef";
const REASONS: &str =
    "SELECT DISTINCT end_reason FROM sso_session WHERE ended_at IS NOT NULL ORDER BY end_reason";

async fn with_listener() -> (World, RelyingParty, Listener) {
    let listener = Listener::start().await;
    let client = json!({
        "client_id": "told", "client_secret": SECRET, "department": "hrss", "client_name": "办件系统", "consent": "implicit",
        "redirect_uris": ["https://told.example/cb"], "grant_types": ["authorization_code"], "scope": "openid",
        "backchannel_logout_uri": listener.address,
    });
    let world = World::with_clients(&[client]).await;
    let told = RelyingParty::new(&world, "told", Credential::Basic(SECRET.to_owned()));
    (world, told, listener)
}

/// Delivers what is due; how many messages the system has heard in all.
async fn heard(world: &World, listener: &Listener) -> usize {
    jobs::logout::run_once(world.app.clone()).await.unwrap();
    listener.heard().len()
}

#[tokio::test]
async fn an_operator_ends_one_session_or_all_of_a_person() {
    let (world, told, listener) = with_listener().await;
    let (mut one, mut two, mut three) = (world.browser(), world.browser(), world.browser());
    let mut tokens = Vec::new();
    for browser in [&mut one, &mut two, &mut three] {
        tokens.push(told.connect(browser, &WANG, "openid").await);
        world.later(1);
    }
    told.connect(&mut world.browser(), &LI, "openid").await;
    let mut look = Look::at(&world).await;
    let all = look.texts("SELECT id FROM sso_session ORDER BY id").await;

    let which = Which::Session(all[0].parse().unwrap());
    assert_eq!(sessions::end_in(&world.app, &which).await.unwrap(), 1);
    assert_eq!(sessions::end_in(&world.app, &which).await.unwrap(), 0, "it has ended already");
    assert_eq!(heard(&world, &listener).await, 1);
    assert_eq!(one.get("/account/").await.name(), "sign-in");
    assert!(!told.userinfo(&tokens[0].access).await.status.is_success());
    assert_eq!(two.get("/account/").await.name(), "account");

    let name: Who = WANG.login_name.parse().unwrap();
    assert_eq!(sessions::end_in(&world.app, &Which::All(name)).await.unwrap(), 2);
    assert_eq!(heard(&world, &listener).await, 3);
    assert_eq!(look.texts(REASONS).await, ["ended_by_operator"]);
    let ended = "SELECT COUNT(*) FROM audit_event WHERE kind = 'session_ended' AND actor_kind = 'system'";
    assert_eq!(look.number(ended).await, 3);
    // The person reads who did it.
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let history = browser.get("/account/history").await.text();
    assert!(history.contains("由管理部门强制退出"), "{history}");
    let person: PersonId =
        look.texts("SELECT person_id FROM sso_session WHERE ended_at IS NULL ORDER BY id").await[0]
            .parse()
            .unwrap();
    assert_eq!(sessions::end_in(&world.app, &Which::All(Who::Person(person))).await.unwrap(), 1);
    let unknown = Which::All("nobody-of-that-name".parse().unwrap());
    assert!(sessions::end_in(&world.app, &unknown).await.is_err());
}

#[tokio::test]
async fn another_device_or_another_person_ends_it_and_the_systems_hear_of_it() {
    let (world, told, listener) = with_listener().await;
    let (mut phone, mut desk) = (world.browser(), world.browser());
    told.connect(&mut phone, &WANG, "openid").await;
    desk.sign_in(&WANG).await;
    let page = desk.get("/account/sessions").await;
    desk.submit(&page, &[("session", "others")]).await;
    assert_eq!(heard(&world, &listener).await, 1);

    told.connect(&mut desk, &WANG, "openid").await;
    let page = desk.get(&told.ask("openid").with("prompt", "login").address()).await;
    desk.sign_in_on(&page, &LI).await;
    assert_eq!(heard(&world, &listener).await, 2);
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts(REASONS).await, ["ended_elsewhere", "other_person"]);
}

#[tokio::test]
async fn the_list_says_when_each_device_was_last_used_with_one_read_for_all() {
    let (world, told, _listener) = with_listener().await;
    let mut browser = world.browser();
    told.connect(&mut browser, &WANG, "openid").await;
    world.later(3600);
    told.connect(&mut browser, &WANG, "openid").await;
    let used = world.now().for_people();
    for _ in 0..5 {
        world.browser().sign_in(&WANG).await;
    }
    world.later(3600);
    browser.get("/account/sessions").await;
    let (page, cost) = world.trips(browser.get("/account/sessions")).await;
    assert!(page.text().contains(&used), "{}", page.text());
    // The session, the person and their documents, the sessions, their uses.
    assert!(cost.reads <= 5, "{cost:?}");
}

#[tokio::test]
async fn every_page_says_who_is_signed_in_and_leads_to_the_way_out() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    for path in ["/", "/sign-in", "/help"] {
        let links = browser.get(path).await.links();
        assert!(!links.contains(&"/sign-out".to_owned()), "{path}: nobody is signed in");
    }
    browser.sign_in(&WANG).await;
    let again = portal.ask("openid").with("prompt", "login").address();
    let consent = portal.ask("openid profile").address();
    for path in ["/", "/help", "/account/", "/account/sessions", "/sign-out", &again, &consent] {
        let page = browser.get(path).await;
        assert!(page.links().contains(&"/sign-out".to_owned()), "{path} has no way out");
        assert!(page.text().contains(WANG.masked_name), "{path}: {}", page.text());
        assert!(!page.text().contains(WANG.name), "{path} shows the name in full");
    }
}

#[tokio::test]
async fn all_others_are_all_however_many() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let mut look = Look::at(&world).await;
    look.change(
        "INSERT INTO sso_session (id, secret_digest, person_id, account_id, proofs, device, created_at, expires_at)
         WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 130)
         SELECT 'ses_0' || n, 'thief' || n, person_id, account_id, proofs, device, created_at, expires_at
         FROM sso_session, counted",
    )
    .await;
    let page = browser.get("/account/sessions").await;
    browser.submit(&page, &[("session", "others")]).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM sso_session WHERE ended_at IS NULL").await, 1);
    assert_eq!(browser.get("/account/").await.name(), "account");
}

/// The end comes between the look at the session and the write of the new sign-in.
#[tokio::test]
async fn whose_session_ends_while_they_sign_in_again_gets_a_new_one() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let (app, moment) = (&world.app, world.app.moment());
    let secret = browser.cookie("tongyao_session").unwrap();
    let present = sso::find(&mut app.db.read(), moment.now, secret).await.unwrap().unwrap();
    assert_eq!(sessions::end_in(app, &Which::Session(present.id.clone())).await.unwrap(), 1);
    let signed_in = SignedIn {
        person: &present.person,
        account: &present.account,
        proof: Proof { method: Method::Password, at: moment.now },
        device: "Firefox Linux",
        lifetime: app.settings.session_lifetime,
    };
    let mut tx = app.db.begin().await.unwrap();
    assert!(sso::renew(&mut tx, &moment, &present, None).await.unwrap().is_none());
    let opened = sso::sign_in(&mut tx, &moment, Some(&present), &signed_in).await.unwrap();
    tx.commit().await.unwrap();
    assert_ne!(opened.session.id, present.id);
    browser.set_cookie("tongyao_session", &opened.secret);
    assert_eq!(browser.get("/account/").await.name(), "account");
}
