//! The services a citizen can enter from their own pages (OIDC Core §4).

use std::collections::HashSet;

use serde_json::{Value, json};
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

#[tokio::test]
async fn every_service_is_reached_a_page_at_a_time() {
    let clients: Vec<Value> = (0..115).map(|number| json!({
        "client_id": format!("s+{number:03}"), "client_secret": town::PORTAL_SECRET,
        "department": if number % 2 == 0 { "hrss" } else { "data" }, "client_name": format!("业务系统{number:03}号"),
        "redirect_uris": ["https://s.example/cb"], "initiate_login_uri": format!("https://s.example/{number}"),
    })).collect();
    let world = World::with_clients(&clients).await;
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let (mut seen, mut pages) = (HashSet::new(), 0);
    let mut at = "/account/services".to_owned();
    loop {
        let page = browser.get(&at).await;
        pages += 1;
        let links = page.links();
        seen.extend(links.iter().filter(|link| link.starts_with("https://s.example/")).cloned());
        assert_eq!(page.text().contains("回到第一页"), pages > 1);
        match page.next() {
            Some(next) => at = next,
            None => break,
        }
    }
    assert_eq!((seen.len(), pages), (115, 3));
    for bad in
        ["?after=x", "?department=hrss", "?department=a%00&after=x", "?department=hrss&after=%E5%B8%82"]
    {
        assert_eq!(browser.get(&format!("/account/services{bad}")).await.status(), 400, "{bad}");
    }
}
