//! What load balancers and operators ask.

use http::StatusCode;

use crate::support::World;
use crate::support::wire::Call;

#[tokio::test]
async fn a_working_service_is_live_and_ready() {
    let world = World::new().await;
    for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let answer = Call::get(path).send(&world.router).await;
        assert_eq!(answer.good()["status"], status);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn without_its_database_it_lives_but_is_not_ready() {
    let world = World::new().await;
    world.app.close().await;
    let ready = Call::get("/health/ready").send(&world.router).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        (&ready.json()["status"], &ready.json()["parts"]["database"]),
        (&"not_ready".into(), &"away".into())
    );
    assert_eq!(Call::get("/health/live").send(&world.router).await.status, StatusCode::OK);
    // A page says so, in words for people, and when to come again.
    let mut browser = world.browser();
    browser.set_cookie("tongyao_session", &"A".repeat(43));
    let page = browser.get("/account/").await;
    assert_eq!((page.name().as_str(), page.status()), ("error", 503));
    assert!(page.answer.header("retry-after").is_some());
    assert!(page.text().contains("服务暂时不可用"), "{}", page.text());
    let english = browser.speaking("en").get("/account/").await;
    assert!(english.text().contains("not available right now"), "{}", english.text());
}
