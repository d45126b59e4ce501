//! Consent: asked once, item by item, and taken back.

use crate::support::{LI, Tokens, WANG, World};

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
