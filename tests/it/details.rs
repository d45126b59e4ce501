//! Authorization details (RFC 9396) and resource indicators (RFC 8707): registered, shown, remembered, narrowed.

use serde_json::{Value, json};

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Ask, Browser, LI, Page, RelyingParty, Tokens, WANG, World};

const SECRET: &str = "details-secret-0123456789";
const DATA: &str = r#"[{"type":"gov_data","locations":["https://data.example/si"],"actions":["read","verify"],"datatypes":["social_insurance","tax"]}]"#;
const LESS: &str =
    r#"[{"type":"gov_data","locations":["https://data.example/si"],"actions":["read"],"datatypes":["tax"]}]"#;
const MATTER: &str = r#"[{"type":"matter","actions":["submit","query"],"identifier":"35-0102"}]"#;

fn client(client_id: &str, consent: &str) -> Value {
    json!({
        "client_id": client_id, "client_secret": SECRET, "department": "data", "client_name": "一件事平台",
        "redirect_uris": [format!("https://{client_id}.example/cb")], "scope": "openid profile", "consent": consent,
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "authorization_details_types": ["gov_data", "matter"],
        "allowed_resources": ["https://data.example/si", "https://data.example/tax", "urn:tongyao:api"],
    })
}

async fn world() -> (World, RelyingParty, RelyingParty) {
    let world = World::with_clients(&[client("asks", "explicit"), client("may", "implicit")]).await;
    let system = |id: &str| RelyingParty::new(&world, id, Credential::Basic(SECRET.to_owned()));
    let (asks, may) = (system("asks"), system("may"));
    (world, asks, may)
}

async fn allow(browser: &mut Browser, page: &Page) -> String {
    browser.submit(page, &[("decision", "allow")]).await.code()
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

async fn exchange(
    system: &RelyingParty,
    code: &str,
    ask: &Ask,
    more: &[(&str, &str)],
) -> crate::support::Answer {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &system.redirect_uri),
        ("code_verifier", &ask.verifier),
    ];
    fields.extend(more);
    system.token(&fields).await
}

#[tokio::test]
async fn the_person_reads_what_is_allowed_and_the_token_carries_it() {
    let (world, asks, _) = world().await;
    let ask = asks.ask("openid").with("authorization_details", DATA);
    let mut browser = world.browser();
    let page = browser.get(&ask.address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!(page.name(), "consent");
    for said in ["政务数据", "查看、核对", "社会保险、纳税", "https://data.example/si"] {
        assert!(page.text().contains(said), "{said} in {}", page.text());
    }
    let english = browser.get(&format!("{}&lang=en", page.path)).await;
    for said in ["Government records", "See, Check", "social insurance, tax"] {
        assert!(english.text().contains(said), "{said} in {}", english.text());
    }
    let code = allow(&mut browser, &english).await;
    let answer = asks.exchange(&code, &ask).await;
    assert_eq!(answer.good()["authorization_details"], json_of(DATA));
    let tokens = Tokens::of(&answer);
    let told = asks.introspect(&tokens.access).await.good();
    assert_eq!(told["authorization_details"], json_of(DATA));
    let refreshed = asks.refresh(&tokens.refresh.unwrap()).await;
    assert_eq!(refreshed.good()["authorization_details"], json_of(DATA));
    assert!(browser.get("/account/consents?lang=zh-CN").await.text().contains("社会保险、纳税"));
}

#[tokio::test]
async fn other_details_are_asked_again_and_fewer_are_not() {
    let (world, asks, _) = world().await;
    let mut browser = world.browser();
    let open = |details: &str| asks.ask("openid").with("authorization_details", details).address();
    let page = browser.get(&open(DATA)).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    allow(&mut browser, &page).await;
    browser.get(&open(DATA)).await.code();
    browser.get(&open(LESS)).await.code();
    browser.get(&asks.ask("openid").address()).await.code();
    let elsewhere = DATA.replace("/si", "/tax");
    let anywhere = r#"[{"type":"gov_data","actions":["read"],"datatypes":["tax"]}]"#;
    for details in [MATTER, &elsewhere, anywhere, &DATA.replace("tax", "medical")] {
        assert_eq!(browser.get(&open(details)).await.name(), "consent", "{details}");
        let none = asks.ask("openid").with("authorization_details", details).with("prompt", "none");
        browser.get(&none.address()).await.client_is_refused("consent_required", 102_033);
    }
    // What was allowed before stays allowed beside what is allowed now.
    let page = browser.get(&open(MATTER)).await;
    allow(&mut browser, &page).await;
    browser.get(&open(DATA)).await.code();
    browser.get(&open(MATTER)).await.code();
    // Each person answers for themselves, and may take it back.
    let mut li = world.browser();
    let page = li.get(&open(LESS)).await;
    assert_eq!(li.sign_in_on(&page, &LI).await.name(), "consent");
    let page = browser.get("/account/consents").await;
    browser.submit(&page, &[("action", "withdraw")]).await;
    assert_eq!(browser.get(&open(LESS)).await.name(), "consent");
}

#[tokio::test]
async fn details_that_are_not_registered_or_not_understood_are_refused() {
    let (world, asks, _) = world().await;
    let licence = r#"[{"type":"e_licence","actions":["read"],"datatypes":["driving_licence"]}]"#;
    let far = DATA.replace("data.example/si", "evil.example");
    let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    let cases = [
        ("nonsense", 102_067),
        ("[]", 102_067),
        ("{}", 102_067),
        (r#"[{"type":"everything"}]"#, 102_067),
        (r#"[{"type":"gov_data","actions":["delete"],"datatypes":["tax"]}]"#, 102_067),
        (r#"[{"type":"matter","actions":["query"],"identifier":"11010519491231002X"}]"#, 102_067),
        (&deep, 102_067),
        (licence, 102_068),
        (&far, 102_068),
    ];
    for (details, code) in cases {
        let ask = asks.ask("openid").with("authorization_details", details);
        let page = world.browser().get(&ask.address()).await;
        page.client_is_refused("invalid_authorization_details", code);
        asks.push(&ask).await.refused(400, "invalid_authorization_details", code);
    }
    let portal = world.system("portal");
    let ask = portal.ask("openid").with("authorization_details", MATTER);
    let page = world.browser().get(&ask.address()).await;
    page.client_is_refused("invalid_authorization_details", 102_068);
}

#[tokio::test]
async fn a_token_may_carry_fewer_details_and_never_more() {
    let (world, _, may) = world().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = may.ask("openid").with("authorization_details", DATA);
    let code = browser.get(&ask.address()).await.code();
    let answer = exchange(&may, &code, &ask, &[("authorization_details", LESS)]).await;
    assert_eq!(answer.good()["authorization_details"], json_of(LESS));
    let refresh = Tokens::of(&answer).refresh.unwrap();
    let again =
        |details: &'static str| vec![("grant_type", "refresh_token"), ("authorization_details", details)];
    let mut wider = again(MATTER);
    wider.push(("refresh_token", &refresh));
    may.token(&wider).await.refused(400, "invalid_authorization_details", 102_069);
    // The refusal has not used the refresh token up, and everything granted is still there.
    let answer = may.refresh(&refresh).await;
    assert_eq!(answer.good()["authorization_details"], json_of(DATA));
    let code = browser.get(&ask.address()).await.code();
    let wide = exchange(&may, &code, &ask, &[("authorization_details", MATTER)]).await;
    wide.refused(400, "invalid_authorization_details", 102_069);
}

#[tokio::test]
async fn a_token_is_for_the_resources_that_were_asked_for() {
    let (world, _, may) = world().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let ask = may
        .ask("openid")
        .and("resource", "https://data.example/si")
        .and("resource", "https://data.example/tax");
    let code = browser.get(&ask.address()).await.code();
    let answer = may.exchange(&code, &ask).await;
    let audience = async |token: &str| may.introspect(token).await.good()["aud"].clone();
    let tokens = Tokens::of(&answer);
    assert_eq!(
        audience(&tokens.access).await,
        json!(["https://data.example/si", "https://data.example/tax"])
    );
    let refresh = tokens.refresh.unwrap();
    let narrowed = may
        .token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("resource", "https://data.example/si"),
        ])
        .await;
    let tokens = Tokens::of(&narrowed);
    assert_eq!(audience(&tokens.access).await, json!(["https://data.example/si"]));
    let refresh = tokens.refresh.unwrap();
    let widened = may
        .token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", &refresh),
            ("resource", "urn:tongyao:api"),
        ])
        .await;
    widened.refused(400, "invalid_target", 102_071);
    let code = browser.get(&ask.address()).await.code();
    let narrowed = exchange(&may, &code, &ask, &[("resource", "https://data.example/tax")]).await;
    assert_eq!(audience(&Tokens::of(&narrowed).access).await, json!(["https://data.example/tax"]));
    // Asked for nobody in particular, a token is made for one of those the client may call.
    let open = may.ask("openid");
    let code = browser.get(&open.address()).await.code();
    let tokens = Tokens::of(&exchange(&may, &code, &open, &[("resource", "urn:tongyao:api")]).await);
    assert_eq!(audience(&tokens.access).await, json!(["urn:tongyao:api"]));
    let code = browser.get(&open.address()).await.code();
    let strange = exchange(&may, &code, &open, &[("resource", "https://evil.example/")]).await;
    strange.refused(400, "invalid_target", 102_071);
}

#[tokio::test]
async fn a_resource_nobody_registered_is_refused() {
    let (world, _, may) = world().await;
    for resource in ["https://evil.example/", "https://data.example/si/", "/si", "https://data.example/si#x"]
    {
        let ask = may.ask("openid").and("resource", "https://data.example/si").and("resource", resource);
        world.browser().get(&ask.address()).await.client_is_refused("invalid_target", 102_029);
    }
    let other =
        may.ask("openid").with("resource", "https://data.example/tax").with("authorization_details", DATA);
    world.browser().get(&other.address()).await.client_is_refused("invalid_target", 102_029);
}

#[tokio::test]
async fn a_client_for_itself_is_bound_by_its_registration() {
    let (_world, _, may) = world().await;
    let own = async |more: &[(&str, &str)]| {
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend(more);
        may.token(&fields).await
    };
    let answer = own(&[("resource", "https://data.example/si"), ("authorization_details", LESS)]).await;
    assert_eq!(answer.good()["authorization_details"], json_of(LESS));
    let told = may.introspect(answer.good()["access_token"].as_str().unwrap()).await.good();
    assert_eq!(
        (&told["aud"], &told["authorization_details"]),
        (&json!(["https://data.example/si"]), &json_of(LESS))
    );
    own(&[("resource", "https://evil.example/")]).await.refused(400, "invalid_target", 102_029);
    let licence = r#"[{"type":"e_licence","actions":["read"],"datatypes":["driving_licence"]}]"#;
    own(&[("authorization_details", licence)]).await.refused(400, "invalid_authorization_details", 102_068);
    own(&[("authorization_details", "{")]).await.refused(400, "invalid_authorization_details", 102_067);
}

#[tokio::test]
async fn a_token_for_one_service_tells_nothing_of_others() {
    let (world, _, may) = world().await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let both = json!([json_of(DATA)[0], json_of(&LESS.replace("/si", "/tax"))[0]]);
    let ask = may.ask("openid").with("authorization_details", &both.to_string());
    let code = browser.get(&ask.address()).await.code();
    let answer = exchange(&may, &code, &ask, &[("resource", "https://data.example/tax")]).await;
    let details = answer.good()["authorization_details"].clone();
    assert_eq!(details.as_array().unwrap().len(), 1);
    assert_eq!(details[0]["locations"], json!(["https://data.example/tax"]));
}

#[tokio::test]
async fn discovery_names_the_types() {
    let (world, _, _) = world().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(metadata["authorization_details_types_supported"], json!(["gov_data", "e_licence", "matter"]));
}
