//! The examples of the guides, applied as the guides say.

use super::*;
use crate::client::Powers;
use crate::protocol::ClientMetadata;

const DEMO: &str = include_str!("../../demo/sample.json");
const FIRST_CLIENT: &str = include_str!("../../../../docs/guides/first-client.json");

fn of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn the_first_client_is_all_that_it_adds_to_the_demo() {
    let ground = ground().await;
    // The demo adds addresses and secrets to its clients when it starts.
    ground.apply(&json!({"departments": of(DEMO)["departments"]})).await;
    assert_eq!(ground.plan(&of(FIRST_CLIENT)).await.lines(), ["+ client app1"]);
}

#[tokio::test]
async fn the_first_client_is_enough_for_an_empty_service() {
    let mut ground = ground().await;
    ground.sandbox = Sandbox::Off;
    let mut first = of(FIRST_CLIENT);
    first["clients"][0]["redirect_uris"] = json!(["https://app1.example/cb"]);
    assert_eq!(ground.apply(&first).await.lines(), ["+ department city", "+ client app1"]);
}

#[test]
fn the_guide_shows_the_file_it_names() {
    let guide = include_str!("../../../../docs/guides/connect-a-system.md");
    assert!(guide.contains(FIRST_CLIENT.trim()));
}

/// A page per capability says which members it takes.
#[test]
fn every_member_of_a_client_stands_in_a_guide() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides");
    let pages = std::fs::read_dir(folder).unwrap().map(|page| std::fs::read_to_string(page.unwrap().path()));
    let guides: String = pages.map(Result::unwrap).collect();
    for member in ClientMetadata::MEMBERS.iter().chain(&Powers::MEMBERS) {
        let told = [format!("`{member}`"), format!("\"{member}\"")].iter().any(|word| guides.contains(word));
        assert!(told, "no guide names {member}");
    }
}
