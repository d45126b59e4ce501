//! A consent that is taken back while something rests on it: codes, devices, answers of the same moment.

use serde_json::json;
use tongyao::base::id::PersonId;
use tongyao::grant::consent::{self, Answer as Said};
use tongyao::protocol::{Details, Scope};

use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{Browser, RelyingParty, Tokens, WANG, World, all_at_once};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SECRET: &str = "kiosk-secret-0123456789abcdef";

async fn withdraw(browser: &mut Browser, client: &str) {
    let page = browser.get("/account/consents").await;
    let page = browser.submit(&page, &[("consent", client), ("action", "withdraw")]).await;
    assert!(page.text().contains("已撤回授权"), "{}", page.text());
}

#[tokio::test]
async fn a_code_gives_nothing_any_more() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let ask = portal.ask("openid profile offline_access");
    let code = browser.pass(&ask, &WANG).await.code();
    withdraw(&mut browser, "portal").await;
    portal.exchange(&code, &ask).await.refused(400, "invalid_grant", 103_023);
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM token_family").await, 0);
}

/// The next yes may be a smaller one: what the first allowed stays dead.
#[tokio::test]
async fn a_new_consent_does_not_wake_what_rested_on_the_one_before() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let (first, second) = (portal.ask("openid profile phone"), portal.ask("openid"));
    let early = browser.pass(&first, &WANG).await.code();
    withdraw(&mut browser, "portal").await;
    let late = browser.pass(&second, &WANG).await.code();
    portal.exchange(&early, &first).await.refused(400, "invalid_grant", 103_023);
    assert_eq!(Tokens::of(&portal.exchange(&late, &second).await).scope, "openid");
    // Another yes without a withdrawal is still the same consent.
    let (third, fourth) = (portal.ask("openid"), portal.ask("openid profile"));
    let before = browser.pass(&third, &WANG).await.code();
    browser.pass(&fourth, &WANG).await.code();
    Tokens::of(&portal.exchange(&before, &third).await);
}

#[tokio::test]
async fn an_allowed_device_gets_nothing_any_more() {
    let kiosk = json!({
        "client_id": "kiosk", "client_secret": SECRET, "department": "data", "grant_types": [DEVICE, "refresh_token"],
        "response_types": [], "token_endpoint_auth_method": "client_secret_basic", "scope": "openid profile",
    });
    let world = World::with_clients(&[kiosk]).await;
    let kiosk = RelyingParty::new(&world, "kiosk", Credential::Basic(SECRET.to_owned()));
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let body = kiosk.post("/oidc/device", &[("scope", "openid profile")]).await.good();
    let page = browser.get(body["verification_uri_complete"].as_str().unwrap()).await;
    let page = browser.submit(&page, &[("user_code", body["user_code"].as_str().unwrap())]).await;
    assert_eq!(browser.submit(&page, &[("decision", "allow")]).await.name(), "answered");
    withdraw(&mut browser, "kiosk").await;
    let fields = [("grant_type", DEVICE), ("device_code", body["device_code"].as_str().unwrap())];
    kiosk.token(&fields).await.refused(400, "invalid_grant", 103_023);
    assert_eq!(Look::at(&world).await.number("SELECT COUNT(*) FROM token_family").await, 0);
}

/// Whatever was written before, in, or after that moment: nothing of it lives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_withdrawal_reaches_exchanges_of_the_same_moment() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let mut codes = Vec::new();
    for _ in 0..40 {
        let ask = portal.ask("openid profile offline_access");
        codes.push((browser.pass(&ask, &WANG).await.code(), ask));
    }
    let page = browser.get("/account/consents").await;
    let tries = codes.into_iter().enumerate().map(|(number, (code, ask))| {
        let (portal, mut browser, page) = (portal.clone(), browser.clone(), page.clone());
        async move {
            if number == 20 {
                browser.submit(&page, &[("consent", "portal"), ("action", "withdraw")]).await;
            }
            portal.exchange(&code, &ask).await
        }
    });
    for answer in all_at_once(tries).await {
        if answer.status != 200 {
            answer.refused(400, "invalid_grant", 103_023);
            continue;
        }
        let tokens = Tokens::of(&answer);
        portal.userinfo(&tokens.access).await.refused(401, "invalid_token", 104_006);
        portal.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    }
}

/// A yes to less, in the moment of the withdrawal, brings nothing back of what was withdrawn.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_yes_of_the_same_moment_brings_nothing_back() {
    let world = World::new().await;
    world.system("portal").connect(&mut world.browser(), &WANG, "openid").await;
    let person = Look::at(&world).await.texts("SELECT person_id FROM consent").await;
    let person: PersonId = person[0].parse().unwrap();
    for _ in 0..30 {
        give(&world, &person, "openid phone").await;
        let (app, moment, who) = (world.app.clone(), world.app.moment(), person.clone());
        let back = tokio::spawn(async move {
            let mut tx = app.db.begin().await.unwrap();
            assert!(consent::withdraw(&mut tx, &moment, &who, "portal").await.unwrap());
            tx.commit().await.unwrap();
        });
        give(&world, &person, "openid").await;
        back.await.unwrap();
        let standing = consent::list(&mut world.app.db.read(), &person).await.unwrap();
        assert!(standing.iter().all(|one| one.scope.to_string() == "openid"), "{standing:?}");
    }
}

async fn give(world: &World, person: &PersonId, scope: &str) {
    let scope: Scope = scope.parse().unwrap();
    let said = Said {
        person,
        client: "portal",
        scope: &scope,
        claims: &[],
        details: &Details::default(),
        declined: &[],
    };
    let mut tx = world.app.db.begin().await.unwrap();
    consent::give(&mut tx, &world.app.moment(), &said).await.unwrap();
    tx.commit().await.unwrap();
}
