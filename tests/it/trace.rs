//! Refused requests and the steps behind them: kept for the department of the client, and for nobody else.

use std::time::Duration;

use serde_json::Value;
use tongyao::grant::trace::{self, Kind, Reader, Refused};

use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Browser, LI, Page, RelyingParty, WANG, World};

async fn found(world: &World, reader: Reader<'_>, txn: &str) -> Option<Refused> {
    trace::find(&mut world.app.db.read(), world.now(), reader, txn).await.unwrap()
}

async fn of_operator(world: &World, txn: &str) -> Refused {
    found(world, Reader::Operator, txn).await.unwrap()
}

fn kinds(refused: &Refused) -> Vec<Kind> {
    refused.steps.iter().map(|step| step.kind).collect()
}

fn txn(page: &Page) -> String {
    page.told("txn").unwrap()
}

async fn kept(world: &World) -> i64 {
    Look::at(world).await.number("SELECT COUNT(*) FROM trace").await
}

#[tokio::test]
async fn a_request_that_fails_a_check_is_explained() {
    let world = World::new().await;
    let portal = world.system("portal");
    let page = world.browser().get(&portal.ask("openid").without("code_challenge").address()).await;
    page.client_is_refused("invalid_request", 102_014);
    let refused = of_operator(&world, &txn(&page)).await;
    assert_eq!((refused.client_id.as_str(), refused.number), ("portal", 102_014));
    assert_eq!(refused.endpoint, "/oidc/authorize");
    assert_eq!(kinds(&refused), [Kind::Received, Kind::ClientFound, Kind::Refused]);
}

#[tokio::test]
async fn a_pushed_request_tells_each_step_once() {
    let world = World::new().await;
    let portal = world.system("portal");
    let pushed = portal.pushed(&portal.ask("openid").with("prompt", "none")).await;
    let page = world.browser().get(&pushed).await;
    page.client_is_refused("login_required", 102_031);
    let refused = of_operator(&world, &txn(&page)).await;
    assert_eq!(kinds(&refused), [Kind::Received, Kind::ClientFound, Kind::RequestChecked, Kind::Refused]);
}

#[tokio::test]
async fn a_wrong_redirect_is_kept_under_the_number_the_person_reads() {
    let world = World::new().await;
    let mut browser = world.browser();
    let ask = world.system("portal").ask("openid").with("redirect_uri", "https://portal.example/other");
    let page = browser.get(&ask.address()).await;
    page.person_is_refused(400, 102_003);
    assert!(page.links().contains(&"/help/errors/102003".to_owned()), "{:?}", page.links());
    let name = page.answer.header("x-request-id").unwrap();
    assert_eq!(of_operator(&world, name).await.number, 102_003);
}

#[tokio::test]
async fn the_way_of_the_person_is_part_of_it() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get(&world.system("portal").ask("openid profile").address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let page = browser.submit(&page, &[("decision", "deny")]).await;
    page.client_is_refused("access_denied", 102_035);
    let refused = of_operator(&world, &txn(&page)).await;
    let steps: Vec<(Kind, Option<&str>)> =
        refused.steps.iter().map(|step| (step.kind, step.detail.as_deref())).collect();
    assert!(steps.contains(&(Kind::SignedIn, None)), "{steps:?}");
    assert!(steps.contains(&(Kind::Left, Some("consent"))), "{steps:?}");
    assert_eq!(steps.last(), Some(&(Kind::Refused, Some("102035"))));
}

async fn code(world: &World, browser: &mut Browser) -> (RelyingParty, crate::support::Ask, String) {
    let portal = world.system("portal");
    let ask = portal.ask("openid");
    let code = browser.pass(&ask, &WANG).await.code();
    (portal, ask, code)
}

fn txn_of(body: &Value) -> String {
    body["txn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_exchange_is_explained_up_to_the_rule_that_failed() {
    let world = World::new().await;
    let (portal, mut ask, code) = code(&world, &mut world.browser()).await;
    ask.verifier = "x".repeat(43);
    let answer = portal.exchange(&code, &ask).await;
    answer.refused(400, "invalid_grant", 103_013);
    let body = answer.json();
    assert_eq!(body["error_uri"], "http://localhost:8000/help/errors/103013");
    let refused = of_operator(&world, &txn_of(&body)).await;
    let expected =
        [Kind::Received, Kind::ClientAuthenticated, Kind::GrantRead, Kind::CodeRedeemed, Kind::Refused];
    assert_eq!(kinds(&refused), expected);
}

#[tokio::test]
async fn a_wrong_secret_is_kept_for_the_client_that_was_named() {
    let world = World::new().await;
    let portal = world.system("portal").showing(Credential::Basic("nonsense".to_owned()));
    for path in ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/par", "/oidc/device", "/oidc/ciba"]
    {
        let answer = portal.post(path, &[("token", "x")]).await;
        answer.refused(401, "invalid_client", 101_009);
        let refused = of_operator(&world, &txn_of(&answer.json())).await;
        assert_eq!((refused.client_id.as_str(), refused.endpoint.as_str()), ("portal", path));
    }
}

#[tokio::test]
async fn what_a_direct_endpoint_refuses_is_kept_for_its_client() {
    let world = World::new().await;
    for path in ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/device", "/oidc/ciba"] {
        let answer = world.system("portal").post(path, &[]).await;
        let refused = of_operator(&world, &txn_of(&answer.json())).await;
        assert_eq!((refused.client_id.as_str(), refused.endpoint.as_str()), ("portal", path));
    }
}

#[tokio::test]
async fn a_department_sees_its_own_clients_only() {
    let world = World::new().await;
    let page =
        world.browser().get(&world.system("portal").ask("openid").without("code_challenge").address()).await;
    let txn = txn(&page);
    assert!(found(&world, Reader::Department("data"), &txn).await.is_some());
    assert!(found(&world, Reader::Department("hrss"), &txn).await.is_none());
    assert!(found(&world, Reader::Department(""), &txn).await.is_none());
    assert!(found(&world, Reader::Operator, "' OR 1=1 --").await.is_none());
}

#[tokio::test]
async fn what_succeeds_and_what_is_nobodys_leaves_nothing() {
    let world = World::new().await;
    let (portal, ask, code) = code(&world, &mut world.browser()).await;
    let tokens = crate::support::Tokens::of(&portal.exchange(&code, &ask).await);
    portal.userinfo(&tokens.access).await.good();
    let stranger = RelyingParty::new(&world, "nobody", Credential::Basic("secret".to_owned()));
    stranger.token(&[("grant_type", "client_credentials")]).await.refused(401, "invalid_client", 101_009);
    world.browser().get(&stranger.ask("openid").address()).await.person_is_refused(400, 101_003);
    portal.userinfo("tya_nonsense").await.refused(401, "invalid_token", 104_004);
    Call::post("/oidc/token", &[("grant_type", "x")]).send(&world.router).await;
    assert_eq!(kept(&world).await, 0);
}

#[tokio::test]
async fn nothing_a_stranger_wrote_is_kept() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid").with("login_hint", LI.number).with("state", LI.name);
    world
        .browser()
        .get(&ask.with("prompt", LI.phone).address())
        .await
        .client_is_refused("invalid_request", 102_017);
    let rows = Look::at(&world).await.texts("SELECT txn || client_id || endpoint || steps FROM trace").await;
    assert_eq!(rows.len(), 1);
    for planted in [LI.number, LI.name, LI.phone] {
        assert!(!rows[0].contains(planted), "{}", rows[0]);
    }
}

#[tokio::test]
async fn an_hour_has_its_share() {
    let world = World::new().await;
    let address = world.system("portal").ask("openid").without("code_challenge").address();
    for _ in 0..205 {
        world.browser().get(&address).await;
    }
    assert_eq!(kept(&world).await, 200);
    let other =
        world.browser().get(&world.system("office").ask("openid").without("code_challenge").address()).await;
    assert_eq!(of_operator(&world, &txn(&other)).await.client_id, "office");
    world.later(3_600);
    world.browser().get(&address).await;
    assert_eq!(kept(&world).await, 202);
}

/// Anybody can send requests in a client's name: its department still sees what the client itself got wrong.
#[tokio::test]
async fn a_stranger_uses_up_no_share_but_a_strangers() {
    let world = World::new().await;
    let portal = world.system("portal");
    let address = portal.ask("openid").without("code_challenge").address();
    for _ in 0..200 {
        world.browser().get(&address).await;
    }
    let stranger = portal.showing(Credential::Basic("nonsense".to_owned()));
    stranger.introspect("x").await.refused(401, "invalid_client", 101_009);
    assert_eq!(kept(&world).await, 200);
    for path in ["/oidc/token", "/oidc/introspect", "/oidc/revoke", "/oidc/device", "/oidc/ciba"] {
        let answer = portal.post(path, &[]).await;
        let refused = of_operator(&world, &txn_of(&answer.json())).await;
        assert_eq!(kinds(&refused)[..2], [Kind::Received, Kind::ClientAuthenticated], "{path}");
    }
    // Who only names a public client has not shown to be it.
    let answer = world.system("app").token(&[("grant_type", "x")]).await;
    let refused = of_operator(&world, &txn_of(&answer.json())).await;
    assert_eq!(kinds(&refused), [Kind::Received, Kind::Refused]);
}

#[tokio::test]
async fn seven_days_and_it_is_gone() {
    let world = World::new().await;
    let page =
        world.browser().get(&world.system("portal").ask("openid").without("code_challenge").address()).await;
    world.later(7 * 24 * 3_600 - 1);
    assert!(found(&world, Reader::Operator, &txn(&page)).await.is_some());
    world.later(2);
    assert!(found(&world, Reader::Operator, &txn(&page)).await.is_none());
    tongyao::jobs::sweep::run_once(world.app.clone()).await.unwrap();
    assert_eq!(kept(&world).await, 0);
    assert_eq!(trace::KEPT, Duration::from_secs(7 * 24 * 3_600));
}

#[tokio::test]
async fn every_error_names_its_code_its_txn_and_its_page() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (authorized, ask, code) = code(&world, &mut world.browser()).await;
    authorized.exchange(&code, &ask).await.good();
    let answers = [
        authorized.exchange(&code, &ask).await,
        portal.token(&[("grant_type", "password")]).await,
        portal.refresh("nonsense").await,
        portal.userinfo("tya_nonsense").await,
        portal.showing(Credential::Basic("x".into())).introspect("x").await,
        portal.showing(Credential::Basic("x".into())).revoke("x").await,
        portal.introspect("").await,
        Call::post("/oidc/token", &[]).send(&world.router).await,
        Call::post_body("/oidc/token", "{}".into()).send(&world.router).await,
        Call::get("/oidc/userinfo").send(&world.router).await,
    ];
    for answer in answers {
        let body = answer.json();
        for member in ["error", "error_description", "error_code", "txn", "error_uri"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {body}");
        }
        let page = body["error_uri"].as_str().unwrap().trim_start_matches("http://localhost:8000").to_owned();
        assert!(page.ends_with(body["error_code"].as_str().unwrap()));
        let shown = world.browser().get(&page).await;
        assert_eq!((shown.name().as_str(), shown.status()), ("error-code", 200));
    }
    let page = world.browser().get(&portal.ask("openid").with("max_age", "x").address()).await;
    for member in ["error", "error_description", "error_code", "txn", "error_uri", "state", "iss"] {
        assert!(page.told(member).is_some(), "{member}");
    }
}

#[tokio::test]
async fn the_pages_about_errors_speak_both_languages() {
    let world = World::new().await;
    let list = world.browser().get("/help/errors").await;
    assert_eq!(list.name(), "error-codes");
    assert!(list.links().contains(&"/help/errors/102014".to_owned()));
    let chinese = world.browser().get("/help/errors/102014").await.text();
    assert!(chinese.contains("RFC 7636 §4.4.1") && chinese.contains("必须提供 code_challenge"), "{chinese}");
    let english = world.browser().speaking("en").get("/help/errors/102014").await.text();
    assert!(english.contains("code_challenge is required") && english.contains("What to do"), "{english}");
    for unknown in ["999999", "102014x", "0102014", "+02014", "%00", "1"] {
        let page = world.browser().get(&format!("/help/errors/{unknown}")).await;
        assert_eq!(page.status(), 404, "{unknown}");
    }
}
