//! Storage round trips: what each operation may cost, counted by the storage itself.

#![allow(clippy::print_stdout)]

use http::header::AUTHORIZATION;
use serde_json::json;
use tongyao::storage::tally::Counts;

use crate::support::certificates::Certified;
use crate::support::key_holder::DPOP;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{KeyHolder, RelyingParty, Tokens, WANG, World};

/// At most so many of each; statements inside a transaction are what that transaction is.
#[track_caller]
fn within(what: &str, cost: Counts, reads: u64, transactions: u64, ephemeral: u64) {
    println!(
        "{what}: {} reads, {} transactions of {} statements, {} ephemeral",
        cost.reads, cost.transactions, cost.statements, cost.ephemeral
    );
    let fits = cost.reads <= reads && cost.transactions <= transactions && cost.ephemeral <= ephemeral;
    assert!(
        fits,
        "{what} costs {cost:?}; it may cost {reads} reads, {transactions} transactions, {ephemeral} ephemeral"
    );
}

#[tokio::test]
async fn operations_keep_within_their_round_trips() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    portal.connect(&mut browser, &WANG, "openid profile").await;

    let ask = portal.ask("openid profile");
    let (page, cost) = world.trips(browser.get(&ask.address())).await;
    within("authorize with a live session", cost, 1, 0, 1);
    let code = page.code();
    let (answer, cost) = world.trips(portal.exchange(&code, &ask)).await;
    within("token, code", cost, 0, 1, 1);
    let tokens = Tokens::of(&answer);
    let (answer, cost) = world.trips(portal.userinfo(&tokens.access)).await;
    answer.good();
    within("userinfo", cost, 1, 0, 0);
    let (answer, cost) = world.trips(portal.introspect(&tokens.access)).await;
    answer.good();
    within("introspection", cost, 1, 0, 0);
    let (answer, cost) = world.trips(portal.refresh(&tokens.refresh.unwrap())).await;
    Tokens::of(&answer);
    within("token, refresh", cost, 0, 1, 0);
}

#[tokio::test]
async fn client_credentials_read_nothing_once_the_client_is_known() {
    let world = World::new().await;
    let machine = world.system("machine");
    let fields = [("grant_type", "client_credentials")];
    machine.token(&fields).await.good();
    let (answer, cost) = world.trips(machine.token(&fields)).await;
    answer.good();
    within("token, client credentials", cost, 0, 1, 0);
}

#[tokio::test]
async fn what_cannot_be_a_token_costs_nothing() {
    let world = World::new().await;
    let portal = world.system("portal");
    portal.introspect("warm").await.good();
    for nonsense in ["nonsense", "eyJhbGciOiJub25lIn0.e30.", "", "%00"] {
        let (_, cost) = world.trips(portal.userinfo(nonsense)).await;
        within("userinfo of nonsense", cost, 0, 0, 0);
    }
}

#[tokio::test]
async fn a_password_sign_in_is_one_read_and_one_transaction() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let mut form = page.form(&[("username", "")]);
    form.set("username", WANG.login_name);
    form.set("password", WANG.password);
    form.set("next", "/help");
    let before = world.app.tally.counts();
    let page = browser.send(&page, &form).await;
    assert_eq!(page.name(), "help");
    // Four of the reads are the help page's: the session, the person, their documents, the halls. The counters are looked at
    // before the hash, which a throttled guess must not cost, and after it, when guesses sent at once have been counted.
    within("password sign-in, and the page after it", world.app.tally.counts() - before, 5, 1, 2);
}

#[tokio::test]
async fn a_pushed_request_is_kept_once_and_opened_without_reading_more() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    portal.connect(&mut browser, &WANG, "openid profile").await;

    let ask = portal.ask("openid profile");
    let (answer, cost) = world.trips(portal.push(&ask)).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    within("pushed request", cost, 0, 0, 1);
    let address = portal.address_of(answer.json()["request_uri"].as_str().unwrap());
    let (page, cost) = world.trips(browser.get(&address)).await;
    page.code();
    within("authorize with a pushed request and a live session", cost, 1, 0, 4);
}

#[tokio::test]
async fn a_proof_costs_one_ephemeral_write() {
    let world = World::new().await;
    let (portal, holder) = (world.system("portal"), KeyHolder::new());
    let ask = portal.ask("openid profile offline_access");
    let code = world.browser().pass(&ask, &WANG).await.code();
    let call = portal.exchanging(&code, &ask).header(DPOP, &holder.proof(&world, json!({})));
    let (answer, cost) = world.trips(call.send(&world.router)).await;
    let body = answer.good();
    within("token, code, DPoP", cost, 0, 1, 2);

    let access = body["access_token"].as_str().unwrap();
    let call = KeyHolder::userinfo(access, &holder.resource_proof(&world, access, json!({})));
    let (answer, cost) = world.trips(call.send(&world.router)).await;
    answer.good();
    within("userinfo, DPoP", cost, 1, 0, 1);

    let refresh = body["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let call = portal.asking("/oidc/token", &fields).header(DPOP, &holder.proof(&world, json!({})));
    let (answer, cost) = world.trips(call.send(&world.router)).await;
    answer.good();
    within("token, refresh, DPoP", cost, 0, 1, 1);
}

#[tokio::test]
async fn a_certificate_costs_no_round_trip() {
    let certified = Certified::self_signed("app1");
    let system = json!({
        "client_id": "web", "department": "data", "redirect_uris": ["https://web.example/cb"],
        "grant_types": ["authorization_code", "client_credentials"], "scope": "openid profile tasks.read",
        "consent": "implicit", "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "jwks": {"keys": [certified.jwk()]}, "tls_client_certificate_bound_access_tokens": true,
    });
    let world = World::with_clients(&[system]).await;
    let web = RelyingParty::new(&world, "web", Credential::Public);
    let token = async |fields: &[(&str, &str)]| {
        web.asking("/oidc/token", fields).knowing(certified.shown()).send(&world.router).await
    };
    let own = [("grant_type", "client_credentials")];
    token(&own).await.good();
    let (answer, cost) = world.trips(token(&own)).await;
    answer.good();
    within("token, client credentials, mutual TLS", cost, 0, 1, 0);

    let ask = web.ask("openid profile");
    let code = world.browser().pass(&ask, &WANG).await.code();
    let call = web.exchanging(&code, &ask).knowing(certified.shown());
    let (answer, cost) = world.trips(call.send(&world.router)).await;
    let body = answer.good();
    within("token, code, mutual TLS", cost, 0, 1, 1);
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    let call = Call::get("/oidc/userinfo").header(AUTHORIZATION, &bearer).knowing(certified.shown());
    let (answer, cost) = world.trips(call.send(&world.router)).await;
    answer.good();
    within("userinfo, mutual TLS", cost, 1, 0, 0);
}

#[tokio::test]
async fn a_device_is_let_in_within_its_round_trips() {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let kiosk = json!({
        "client_id": "kiosk", "client_secret": "kiosk-secret-0123456789abcdef", "department": "data",
        "grant_types": [GRANT], "response_types": [], "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile",
    });
    let world = World::with_clients(&[kiosk]).await;
    let secret = Credential::Basic("kiosk-secret-0123456789abcdef".to_owned());
    let kiosk = RelyingParty::new(&world, "kiosk", secret);
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    kiosk.introspect("warm").await;

    let (answer, cost) = world.trips(kiosk.post("/oidc/device", &[])).await;
    let body = answer.good();
    within("device authorization", cost, 0, 1, 0);
    let fields = [("grant_type", GRANT), ("device_code", body["device_code"].as_str().unwrap())];
    let (answer, cost) = world.trips(kiosk.token(&fields)).await;
    answer.refused(400, "authorization_pending", 103_064);
    within("token, device, nobody has answered", cost, 1, 0, 2);
    let before = world.app.tally.counts();
    let page = browser.get(body["verification_uri_complete"].as_str().unwrap()).await;
    let page = browser.submit(&page, &[("user_code", body["user_code"].as_str().unwrap())]).await;
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(page.name(), "answered");
    // Three pages, and each page asks whose browser it is; a guess at a code is judged before it is answered.
    within("the person's answer to a device", world.app.tally.counts() - before, 9, 2, 9);
    let (answer, cost) = world.trips(kiosk.token(&fields)).await;
    Tokens::of(&answer);
    within("token, device, answered", cost, 1, 1, 0);
}
