//! The examples of the guides, applied as the guides say.

use super::*;

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
