//! A travel permit that was re-issued, and a passport: what the clerk reads, and what departments are told afterwards.

use serde_json::{Value, json};

use crate::support::clerk::{CHEN, Typed};
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{Browser, Clerk, Page, RelyingParty, Tokens, World};

const SECRET: &str = "assured-secret-0123456789";
const PASSWORD: &str = "A lantern by the quiet lake";
const FIRST: Typed =
    Typed {
        id_type: "hkmo_travel_permit", number: "H7777720701", name: "陈大文", valid_until: "2030-05-05"
    };
const AGAIN: Typed = Typed { number: "H7777720702", valid_until: "2045-05-05", ..FIRST };

async fn place() -> (World, Clerk) {
    let world = World::with_clients(&[json!({
        "client_id": "assured", "client_secret": SECRET, "department": "data", "consent": "implicit",
        "redirect_uris": ["https://assured.example/cb"], "scope": "openid profile real_name id_number",
    })])
    .await;
    world.apply(crate::support::clerk::halls()).await;
    let clerk = Clerk::at_work(&world, &CHEN).await;
    (world, clerk)
}

/// Walks in with a card, is passed, and leaves with a slip.
async fn slip(clerk: &mut Clerk, typed: &Typed) -> String {
    let card = clerk.walk_in().await;
    let decided = clerk.decide(&card, typed, "pass").await;
    clerk.give_code(&decided).await
}

async fn register(world: &World, code: &str) -> Browser {
    let mut browser = world.browser();
    let page = browser.get("/register").await;
    let page = browser.submit(&page, &[("continuation_code", code)]).await;
    let wishes = [("login_name", "chen-citizen"), ("password", PASSWORD), ("password_again", PASSWORD)];
    let done = browser.submit(&page, &wishes).await;
    assert_eq!(done.name(), "registered", "{}", done.text());
    browser
}

/// What userinfo says: the number that is claimed, the document it rests on, and the subject.
async fn told(world: &World, browser: &mut Browser) -> (Value, Value, Value) {
    told_of(world, browser, json!(null)).await
}

/// The same of a document with this last day.
async fn told_of(world: &World, browser: &mut Browser, expiry: Value) -> (Value, Value, Value) {
    let client = RelyingParty::new(world, "assured", Credential::Basic(SECRET.to_owned()));
    let details = json!({"document_number": null, "date_of_expiry": expiry});
    let verified = json!({
        "verification": {"trust_framework": null,
                         "evidence": [{"type": {"value": "document"}, "document_details": details}]},
        "claims": {"id_number": null},
    });
    let claims = json!({"userinfo": {"verified_claims": verified}});
    let ask = client.ask("openid").with("claims", &claims.to_string());
    let code = browser.get(&ask.address()).await.code();
    let tokens = Tokens::of(&client.exchange(&code, &ask).await);
    let answer = client.userinfo(&tokens.access).await.good();
    let verified = &answer["verified_claims"];
    let details = &verified["verification"]["evidence"][0]["document_details"];
    (verified["claims"]["id_number"].clone(), details.clone(), answer["sub"].clone())
}

fn document(typed: &Typed) -> Value {
    json!({"document_number": typed.number, "date_of_expiry": typed.valid_until, "type": "travel_permit"})
}

async fn sign_in(world: &World, number: &str) -> Page {
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    browser.submit(&page, &[("username", number), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn a_reissued_permit_is_told_to_the_clerk_and_then_to_departments() {
    let (world, mut clerk) = place().await;
    let code = slip(&mut clerk, &FIRST).await;
    let mut browser = register(&world, &code).await;
    let (number, details, sub) = told(&world, &mut browser).await;
    assert_eq!((number, details), (json!(FIRST.number), document(&FIRST)));

    world.later(60);
    let card = clerk.walk_in().await;
    let compare = clerk.enter(&card, &AGAIN).await;
    let text = compare.text();
    assert!(text.contains("证件号码与登记的不同") && text.contains("登记号码：H*********1"), "{text}");
    assert!(text.contains("本人用账号确认后，登记改为这个证件") && !text.contains(FIRST.number), "{text}");
    assert!(text.contains("机读码与印刷的号码") && !text.contains("长城"), "{text}");
    let mut form = Clerk::verdict(&compare, "pass");
    form.set("second_look", "yes");
    let decided = clerk.browser.send(&compare, &form).await;
    let code = clerk.give_code(&decided).await;
    // Nobody has confirmed it yet.
    let (number, details, _) = told(&world, &mut browser).await;
    assert_eq!((number, details), (json!(FIRST.number), document(&FIRST)));

    let page = browser.get("/register").await;
    let page = browser.submit(&page, &[("continuation_code", &code)]).await;
    assert!(page.is("visit"), "{}", page.text());
    let (number, details, same) = told(&world, &mut browser).await;
    assert_eq!((number, details, &same), (json!(AGAIN.number), document(&AGAIN), &sub));
    // Who asks for the older document is told its number, not today's beside it.
    let older = told_of(&world, &mut browser, json!({"value": FIRST.valid_until})).await;
    assert_eq!(older, (json!(FIRST.number), document(&FIRST), same));
    let account = browser.get("/account/").await.text();
    assert!(account.contains("H*********2") && account.contains("有效期至 2045-05-05"), "{account}");
    assert!(!account.contains("H*********1"), "{account}");
    let history = browser.get("/account/history").await.text();
    assert!(history.contains("登记的证件已更新"), "{history}");
    for typed in [FIRST, AGAIN] {
        assert_eq!(sign_in(&world, typed.number).await.name(), "account", "{}", typed.number);
    }
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM person").await, 3, "two of the town, and one");
    assert_eq!(look.number("SELECT COUNT(*) FROM document WHERE replaced_by IS NOT NULL").await, 1);
}

#[tokio::test]
async fn the_country_of_a_passport_is_shown() {
    let (world, mut clerk) = place().await;
    let typed = Typed { id_type: "passport", number: "12AB34567", name: "Anne O’Brien", ..AGAIN };
    let card = clerk.walk_in().await;
    let compare = clerk.enter_fields(&card, &typed, &[("issuing_country", "fra")]).await;
    let text = compare.text();
    assert!(text.contains("签发国家或地区 FRA"), "{text}");
    assert!(text.contains("再看一遍签发国家、号码、姓名和有效期") && text.contains("不缺页"), "{text}");
    let mut form = Clerk::verdict(&compare, "pass");
    form.set("second_look", "yes");
    let decided = clerk.browser.send(&compare, &form).await;
    let code = clerk.give_code(&decided).await;
    let account = register(&world, &code).await.get("/account/").await.text();
    assert!(account.contains("签发国家或地区：FRA"), "{account}");
}

#[tokio::test]
async fn who_holds_two_documents_is_one_person_at_the_window() {
    let (world, mut clerk) = place().await;
    let passport = Typed { id_type: "passport", number: "12AB34567", name: "陈大文", ..AGAIN };
    let beside = json!({"id_type": passport.id_type, "id_number": passport.number, "issuing_country": "FRA"});
    world
        .apply(json!({"people": [{"id_type": FIRST.id_type, "id_number": FIRST.number, "name": FIRST.name,
                                  "login_name": "chen-citizen", "password": PASSWORD, "loa": 1,
                                  "documents": [beside]}]}))
        .await;
    let card = clerk.walk_in().await;
    let compare = clerk.enter_fields(&card, &passport, &[("issuing_country", "FRA")]).await;
    let mut form = Clerk::verdict(&compare, "pass");
    form.set("second_look", "yes");
    let decided = clerk.browser.send(&compare, &form).await;
    let code = clerk.give_code(&decided).await;

    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    browser.submit(&page, &[("username", "FRA 12AB34567"), ("password", PASSWORD)]).await;
    let page = browser.get("/register").await;
    let page = browser.submit(&page, &[("continuation_code", &code)]).await;
    assert!(page.is("visit"), "{}", page.text());
    // The clerk has seen the passport alone.
    let (number, details, _) = told(&world, &mut browser).await;
    assert_eq!(number, json!(passport.number));
    assert_eq!(
        details,
        json!({"type": "passport", "document_number": passport.number, "date_of_expiry": passport.valid_until})
    );
    let account = browser.get("/account/").await.text();
    for shown in ["3 级", "H*********1", "1*******7", "签发国家或地区：FRA"] {
        assert!(account.contains(shown), "{shown}: {account}");
    }
    assert_eq!(
        Look::at(&world).await.number("SELECT COUNT(*) FROM person").await,
        3,
        "two of the town, and one"
    );
}
