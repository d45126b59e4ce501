//! The services a citizen can enter from their own pages (OIDC Core §4).

use serde_json::json;
use url::Url;

use crate::support::world::ISSUER;
use crate::support::{WANG, World, town};

#[tokio::test]
async fn a_service_is_entered_with_the_issuer_and_nothing_about_the_person() {
    let world = World::with_clients(&[json!({
        "client_id": "entered", "client_secret": town::PORTAL_SECRET, "department": "hrss", "client_name": "不动产登记",
        "redirect_uris": ["https://entered.example/cb"], "initiate_login_uri": "https://entered.example/login?from=city",
    })])
    .await;
    assert_eq!(world.browser().get("/account/services").await.name(), "sign-in");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let page = browser.get("/account/services").await;
    assert_eq!(page.name(), "account-services");
    assert!(page.text().contains("不动产登记") && page.text().contains("市人社局"));
    let links = page.links();
    let out: Vec<&String> = links.iter().filter(|link| link.starts_with("https://")).collect();
    assert_eq!(out.len(), 1, "only who registered an address can be entered");
    let address = Url::parse(&out[0].replace("&amp;", "&")).unwrap();
    let pairs: Vec<(String, String)> = address.query_pairs().into_owned().collect();
    let expected =
        [("from", "city"), ("iss", ISSUER)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(pairs, expected);
}
