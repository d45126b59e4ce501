//! Consent: asked once, item by item, and taken back.

use http::header::ORIGIN;

use crate::support::html::{self, Form};
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Browser, LI, Page, RelyingParty, Tokens, WANG, World};

/// The consent page of a request, read by Wang.
async fn page_of(browser: &mut Browser, address: &str) -> Page {
    let page = browser.get(address).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!(page.name(), "consent");
    page
}

/// The answer of somebody who unticks everything that may be.
fn unticked(page: &Page) -> Form {
    let mut form = page.form(&[("decision", "allow")]);
    form.remove("scope");
    form.press("decision", "allow");
    form
}

/// Presses the button; the answer is written and its redirect is lost. Where it would have led.
async fn press_and_lose(browser: &mut Browser, form: &Form) -> String {
    let answer = browser.fetch(Call::post("/consent", &form.fields()).header(ORIGIN, ISSUER)).await;
    answer.header("location").unwrap().to_owned()
}

async fn consents(world: &World) -> i64 {
    Look::at(world).await.number("SELECT COUNT(*) FROM consent WHERE withdrawn_at IS NULL").await
}

#[tokio::test]
async fn says_who_asks_for_what_and_for_how_long() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get(&world.system("portal").ask("openid profile phone id_number").address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!(page.name(), "consent");
    let text = page.text();
    for said in ["市民门户", "市大数据局", WANG.masked_name, "基本信息", "手机号", "证件号码", "2027-11-22"]
    {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(!page.answer.body.contains(WANG.name) && !page.answer.body.contains(WANG.number));
    assert_eq!(page.buttons("decision"), ["allow", "deny"]);
}

#[tokio::test]
async fn a_single_claim_is_named_for_what_it_gives() {
    let world = World::new().await;
    let wanted = serde_json::json!({"userinfo": {"name": {"essential": true}, "phone_number": null}});
    let ask = world.system("portal").ask("openid").with("claims", &wanted.to_string());
    let mut browser = world.browser();
    let page = browser.get(&ask.address()).await;
    let text = browser.sign_in_on(&page, &WANG).await.text();
    assert!(text.contains("您的姓名，不含其他信息") && text.contains("手机号"), "{text}");
    assert!(!text.contains("基本信息") && !text.contains("性别"), "{text}");
}

#[tokio::test]
async fn is_remembered_for_what_was_allowed() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    browser.pass(&portal.ask("openid profile"), &WANG).await.code();
    browser.get(&portal.ask("openid").address()).await.code();
    browser.get(&portal.ask("openid profile").address()).await.code();
    assert_eq!(browser.get(&portal.ask("openid real_name").address()).await.name(), "consent");
    // It ends after a year: people forget.
    world.later(366 * 24 * 3600);
    let page = browser.get(&portal.ask("openid profile").address()).await;
    assert_eq!(browser.sign_in_on(&page, &WANG).await.name(), "consent");
}

#[tokio::test]
async fn is_each_persons_and_each_clients_own() {
    let world = World::new().await;
    let portal = world.system("portal");
    world.browser().pass(&portal.ask("openid profile"), &WANG).await.code();
    let mut li = world.browser();
    let page = li.get(&portal.ask("openid profile").address()).await;
    assert_eq!(li.sign_in_on(&page, &LI).await.name(), "consent");
}

#[tokio::test]
async fn a_declined_item_is_not_told_and_not_asked_again() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let ask = portal.ask("openid profile phone");
    let page = browser.get(&ask.address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let mut form = page.form(&[("decision", "allow")]);
    form.remove("scope");
    form.press("decision", "allow");
    let code = browser.send(&page, &form).await.code();
    let tokens = Tokens::of(&portal.exchange(&code, &ask).await);
    assert_eq!(tokens.scope, "openid profile");
    let told = portal.userinfo(&tokens.access).await.good();
    assert_eq!((told["name"].as_str(), told.get("phone_number")), (Some(WANG.name), None));
    let again = portal.connect(&mut browser, &WANG, "openid profile phone").await;
    assert_eq!(again.scope, "openid profile");
}

#[tokio::test]
async fn a_required_item_cannot_be_slipped_away_nor_another_slipped_in() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let ask = portal.ask("openid profile");
    let page = browser.get(&ask.address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let mut form = page.form(&[("decision", "allow")]);
    form.press("scope", "id_number");
    form.press("scope", "phone");
    form.press("decision", "allow");
    let code = browser.send(&page, &form).await.code();
    assert_eq!(Tokens::of(&portal.exchange(&code, &ask).await).scope, "openid profile");
}

#[tokio::test]
async fn an_undecided_form_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get(&world.system("portal").ask("openid profile").address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let form = page.form(&[("decision", "allow")]);
    assert_eq!(browser.send(&page, &form).await.status(), 400);
}

#[tokio::test]
async fn is_not_asked_where_the_law_already_lets_the_department_know() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    let page = browser.get(&office.ask("openid profile").address()).await;
    browser.sign_in_on(&page, &WANG).await.code();
}

#[tokio::test]
async fn a_client_gets_no_more_than_it_is_registered_for() {
    let world = World::new().await;
    let office = world.system("office");
    let tokens = office.connect(&mut world.browser(), &WANG, "openid profile id_number phone").await;
    assert_eq!(tokens.scope, "openid profile");
    let told = office.userinfo(&tokens.access).await.good();
    assert!(told.get("id_number").is_none() && told.get("phone_number").is_none());
}

#[tokio::test]
async fn a_single_claim_is_asked_for_by_itself() {
    let world = World::new().await;
    let portal = world.system("portal");
    let claims = r#"{"userinfo":{"email":{"essential":true}},"id_token":{"email":null}}"#;
    let ask = portal.ask("openid").with("claims", claims);
    let mut browser = world.browser();
    let page = browser.get(&ask.address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert!(page.text().contains("电子邮箱"));
    let code = browser.submit(&page, &[("decision", "allow")]).await.code();
    let tokens = Tokens::of(&portal.exchange(&code, &ask).await);
    assert_eq!(portal.userinfo(&tokens.access).await.good()["email"], WANG.email);
    assert_eq!(portal.id_claims(&tokens.id.unwrap()).await["email"], WANG.email);
}

#[tokio::test]
async fn what_was_allowed_and_taken_back_before_the_way_went_on_gives_nothing() {
    let world = World::new().await;
    let portal = world.system("portal");
    for prompt in ["", "consent"] {
        let mut browser = world.browser();
        let page = page_of(&mut browser, &portal.ask("openid phone").with("prompt", prompt).address()).await;
        let on = press_and_lose(&mut browser, &unticked(&page)).await;
        let list = browser.get("/account/consents").await;
        browser.submit(&list, &[("consent", "portal"), ("action", "withdraw")]).await;
        assert_eq!(browser.get(&on).await.name(), "consent");
    }
}

#[tokio::test]
async fn a_yes_is_of_the_person_and_not_of_the_browser() {
    let world = World::new().await;
    let portal = world.system("portal");
    for prompt in ["", "consent"] {
        let mut browser = world.browser();
        let page = page_of(&mut browser, &portal.ask("openid phone").with("prompt", prompt).address()).await;
        let on = press_and_lose(&mut browser, &unticked(&page)).await;
        browser.sign_in_as(&LI).await;
        let asked = browser.get(&on).await;
        assert_eq!(asked.name(), "consent", "prompt {prompt}");
        assert!(asked.text().contains(LI.masked_name), "{}", asked.text());
        // The second time Li has a consent of their own, and only `prompt=consent` asks.
        browser.submit(&asked, &[("decision", "allow")]).await.code();
        let mut wang = world.browser();
        wang.sign_in(&WANG).await;
        let list = wang.get("/account/consents").await;
        wang.submit(&list, &[("consent", "portal"), ("action", "withdraw")]).await;
    }
}

#[tokio::test]
async fn an_answer_counts_for_whom_the_page_names() {
    let world = World::new().await;
    let portal = world.system("portal");
    let li_before = portal.connect(&mut world.browser(), &LI, "openid phone").await;
    assert_eq!((li_before.scope.as_str(), consents(&world).await), ("openid phone", 1));
    for decision in ["allow", "deny"] {
        let mut browser = world.browser();
        let page = page_of(&mut browser, &portal.ask("openid phone").address()).await;
        browser.sign_in_as(&LI).await;
        let mut form = page.form(&[("decision", decision)]);
        form.remove("scope");
        form.press("decision", decision);
        let again = browser.send(&page, &form).await;
        assert_eq!(again.name(), "consent", "{decision}");
        assert!(again.text().contains(LI.masked_name), "{}", again.text());
        assert_eq!(consents(&world).await, 1);
        // What Li says on Li's own page counts.
        let told = browser.submit(&again, &[("decision", "allow")]).await;
        told.code();
    }
    let scopes = Look::at(&world).await.texts("SELECT scope FROM consent").await;
    assert_eq!(scopes, ["openid phone"]);
}

#[tokio::test]
async fn a_form_that_names_nobody_is_asked_again() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = page_of(&mut browser, &world.system("portal").ask("openid").address()).await;
    for named in ["", "someone", "per_1"] {
        let mut form = page.form(&[("decision", "allow")]);
        form.set("shown_to", named);
        form.press("decision", "allow");
        assert_eq!(browser.send(&page, &form).await.name(), "consent");
        form.remove("shown_to");
        assert_eq!(browser.send(&page, &form).await.name(), "consent");
    }
    assert_eq!(consents(&world).await, 0);
}

#[tokio::test]
async fn another_person_is_asked_anew_and_not_shown_the_page_of_the_first() {
    let world = World::new().await;
    let portal = world.system("portal");
    for (prompt, owed) in [("", "consent"), ("login", "sign-in")] {
        let mut browser = world.browser();
        let page = page_of(&mut browser, &portal.ask("openid phone").with("prompt", prompt).address()).await;
        let by_hand = format!("/consent?request={}", page.input("request").unwrap());
        for address in [&page.path, &by_hand] {
            let own = browser.get(address).await;
            assert_eq!((own.name(), &own.path), ("consent".to_owned(), &page.path));
        }
        browser.sign_in_as(&LI).await;
        for address in [&page.path, &by_hand] {
            let other = browser.get(address).await;
            assert_eq!(other.name(), owed, "prompt {prompt}");
            assert!(other.path != page.path && !other.text().contains(WANG.masked_name), "{}", other.text());
        }
        // Who has signed in for this request is not Li: the client is answered for the person who did what it asked for.
        let back = browser.get(&by_hand).await;
        let back = if owed == "sign-in" { browser.sign_in_on(&back, &LI).await } else { back };
        assert!(back.is("consent") && back.text().contains(LI.masked_name), "{}", back.text());
    }
}

/// A client of old systems that is answered without a code, and refreshes where there is one.
fn without_code(consent: &str) -> serde_json::Value {
    serde_json::json!({
        "client_id": "old", "client_secret": "old-secret-0123456789abcdef", "department": "hrss", "client_name": "旧平台",
        "redirect_uris": ["https://old.example/cb"], "consent": consent, "profile": "legacy",
        "grant_types": ["authorization_code", "implicit", "refresh_token"],
        "response_types": ["code", "id_token", "id_token token"], "scope": "openid profile email phone offline_access",
    })
}

#[tokio::test]
async fn nothing_is_to_be_ticked_that_changes_nothing() {
    const LASTING: &str = "offline_access";
    let claims =
        serde_json::json!({"userinfo": {"email": null}, "id_token": {"phone_number": null}}).to_string();
    for (consent, response_type, scope, expected) in [
        ("explicit", "code", "openid profile phone offline_access", &[LASTING, "phone", "claim:email"][..]),
        ("explicit", "id_token token", "openid phone offline_access", &["phone", "claim:email"]),
        // OIDC Core §5.5: without an access token nobody can ask userinfo.
        ("explicit", "id_token", "openid profile offline_access", &["claim:phone_number"]),
        ("implicit", "code", "openid profile phone offline_access", &[]),
    ] {
        let world = World::with_clients(&[without_code(consent)]).await;
        let system =
            RelyingParty::new(&world, "old", Credential::Basic("old-secret-0123456789abcdef".to_owned()));
        let ask = system.ask(scope).with("response_type", response_type).with("prompt", "consent");
        let mut browser = world.browser();
        let page = page_of(&mut browser, &ask.with("claims", &claims).address()).await;
        let boxes = html::all(&page.answer.body, "input");
        let boxes = boxes.iter().filter(|tag| tag.attribute("type") == Some("checkbox"));
        let boxes: Vec<&str> = boxes.filter_map(|tag| tag.attribute("value")).collect();
        assert_eq!(boxes, expected, "{consent} {response_type}");
        // The page still asks, and what it says in the end holds.
        assert_eq!(page.buttons("decision"), ["allow", "deny"]);
        let left = browser.submit(&page, &[("decision", "allow")]).await;
        assert!(!left.is_here(), "{consent} {response_type}");
    }
}
