//! Names of departments and halls on pages in both languages.

use serde_json::json;

use crate::support::clerk::CHEN;
use crate::support::relying_party::Credential;
use crate::support::{RelyingParty, WANG, World, town};

#[tokio::test]
async fn a_department_is_called_as_the_page_speaks() {
    let client = json!({
        "client_id": "entered", "client_secret": town::PORTAL_SECRET, "department": "hrss", "client_name": "Pensions",
        "redirect_uris": ["https://entered.example/cb"], "initiate_login_uri": "https://entered.example/login",
        "consent": "explicit",
    });
    let world = World::with_clients(&[client]).await;
    let entered = RelyingParty::new(&world, "entered", Credential::Basic(town::PORTAL_SECRET.to_owned()));
    for (language, name, other) in [("zh-CN", "市人社局", "HR Bureau"), ("en", "HR Bureau", "市人社局")]
    {
        let mut browser = world.browser().speaking(language);
        let ask = entered.ask("openid").with("prompt", "consent");
        let page = browser.get(&ask.address()).await;
        let consent = browser.sign_in_on(&page, &WANG).await;
        assert_eq!(consent.name(), "consent");
        for page in [consent, browser.get("/account/services").await] {
            let text = page.text();
            assert!(text.contains(name) && !text.contains(other), "{language} {}: {text}", page.name());
        }
    }
}

#[tokio::test]
async fn a_hall_is_called_as_the_page_speaks_or_by_the_one_name_it_has() {
    let world = World::with_halls().await;
    let page = world.browser().speaking("en").get("/help").await;
    assert!(page.text().contains("North Hall") && page.text().contains("城南政务大厅"), "{}", page.text());
    assert!(!page.text().contains("城北政务大厅"));
    assert!(world.browser().get("/help").await.text().contains("城北政务大厅"));
    let desk = CHEN.sign_in(&mut world.browser().speaking("en")).await;
    assert!(desk.text().contains("North Hall"), "{}", desk.text());
}

/// An attribute cannot say that it is Chinese: it points at the name where it stands, and there it is marked.
#[tokio::test]
async fn no_attribute_that_is_read_out_holds_a_chinese_name() {
    let client = json!({
        "client_id": "entered", "client_secret": town::PORTAL_SECRET, "department": "hrss", "client_name": "养老",
        "redirect_uris": ["https://entered.example/cb"], "initiate_login_uri": "https://entered.example/login",
        "consent": "explicit",
    });
    let world = World::with_clients(&[client]).await;
    let entered = RelyingParty::new(&world, "entered", Credential::Basic(town::PORTAL_SECRET.to_owned()));
    let mut browser = world.browser().speaking("en");
    entered.connect(&mut browser, &WANG, "openid profile").await;
    for address in ["consents", "services", "sessions"] {
        let page = browser.get(&format!("/account/{address}")).await;
        let body = &page.answer.body;
        assert!(body.contains("养老") && body.contains(" aria-labelledby=\""), "{address}: {body}");
        for spoken in [" aria-label=\"", " alt=\"", " title=\"", " placeholder=\""] {
            for value in body.split(spoken).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(value.is_ascii(), "{address}:{spoken}{value}");
            }
        }
    }
}

/// WCAG 2.2 §3.1.2: a screen reader speaks Chinese with a Chinese voice.
#[tokio::test]
async fn a_chinese_name_on_a_page_in_english_says_that_it_is_chinese() {
    let world = World::with_halls().await;
    let marked = |name: &str| format!("<bdi lang=\"zh-CN\">{name}</bdi>");
    let mut browser = world.browser().speaking("en");
    let page = browser.get("/help").await;
    assert!(page.answer.body.contains(&marked("城南政务大厅")), "{}", page.answer.body);
    // A person, a system within a sentence, and its department.
    let page = browser.get(&world.system("portal").ask("openid").address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!(page.name(), "consent");
    for name in [WANG.masked_name, "市民门户", "市大数据局"] {
        assert!(page.answer.body.contains(&marked(name)), "{name}: {}", page.answer.body);
    }
    let mut at_window = world.browser().speaking("en");
    let desk = CHEN.sign_in(&mut at_window).await;
    assert!(desk.answer.body.contains(&marked("陈小满")), "{}", desk.answer.body);
    assert!(!world.browser().get("/help").await.answer.body.contains("<bdi lang"));
}
