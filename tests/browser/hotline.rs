//! The hotline asks who is calling: the operator at the desk, the caller on a phone, nothing secret said aloud.

use crate::acts::{self, VERIFIED, VERIFIED_NAME};
use crate::support::{Browser, Demo};

#[tokio::test]
async fn the_hotline_asks_who_is_calling_and_the_caller_answers_on_a_phone() {
    let demo = Demo::start();
    let (operator, caller) = (Browser::open("operator").await, Browser::open("caller").await);

    // The desk is found from the portal; whoever is not found is not asked.
    operator.go(&demo.portal()).await;
    operator.click_through("main a[href$='/hotline']").await;
    operator.at_page("hotline-ask").await;
    operator.fill("login_hint", "nobody-of-this-name").await;
    operator.submit("login_hint").await;
    operator.sees("main [role=alert]").await;

    // The caller sees the code that was read out, and who asks for what; allows it; the name appears by itself.
    let code = acts::ask_the_caller(&operator, &demo, VERIFIED.username).await;
    acts::open_request(&caller, &demo, &VERIFIED).await;
    let shown = caller.text().await;
    assert!(
        shown.contains(&code) && shown.contains("12345"),
        "{code} is not on the page of the caller: {shown}"
    );
    caller.press("decision", "allow").await;
    caller.at_page("answered").await;
    operator.at_page("hotline-caller").await;
    assert_eq!(operator.field("name").await, VERIFIED_NAME);
    assert_eq!(operator.field("level").await, "3");
    assert_eq!(operator.field("code").await, code);
    operator.sees("main [data-field='reached-by']").await;
    operator.sees("main [data-field='reached-at']").await;
    let known_as = operator.field("sub").await;

    // The next call: another code; the caller says no, and the desk is told nothing.
    operator.click_through("main [data-action='over']").await;
    let second = acts::ask_the_caller(&operator, &demo, VERIFIED.username).await;
    assert_ne!(second, code);
    acts::open_request(&caller, &demo, &VERIFIED).await;
    assert!(caller.text().await.contains(&second));
    caller.press("decision", "deny").await;
    caller.at_page("answered").await;
    operator.at_page("hotline-denied").await;
    let told = operator.text().await;
    assert!(!told.contains(VERIFIED_NAME) && !told.contains(&known_as), "{told}");

    // Taken back by the operator: the desk is free again.
    operator.click_through("main [data-action='over']").await;
    acts::ask_the_caller(&operator, &demo, VERIFIED.username).await;
    operator.click_through("main [data-action='over']").await;
    operator.at_page("hotline-ask").await;
}
