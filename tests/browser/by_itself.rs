//! What a page does by itself, and what it must not: Enter on a choice decides nothing, and no form is sent again by a page that waits
//! or by going back.

use crate::acts::{self, CITIZEN, CITIZEN_CARD, Login};
use crate::support::{Browser, Demo};

/// The comparison with every answer given.
async fn at_the_decision(clerk: &Browser, demo: &Demo, code: &str) {
    acts::sign_in_at_the_window(clerk, demo).await;
    acts::open_visit(clerk, code).await;
    acts::read_card(clerk, demo, &CITIZEN_CARD).await;
    clerk.at_page("hall-compare").await;
    for check in ["document", "face", "holder"] {
        clerk.choose(check, "pass").await;
    }
}

#[tokio::test]
async fn enter_on_a_choice_decides_nothing_and_a_page_that_waits_sends_no_form_again() {
    let demo = Demo::start();
    let (citizen, clerk) = (Browser::open("citizen").await, Browser::open("clerk").await);
    acts::begin_sign_in(&citizen, &demo.department()).await;
    acts::sign_in(&citizen, &CITIZEN).await;
    let code = acts::enrol(&citizen).await;
    at_the_decision(&clerk, &demo, &code).await;

    clerk.press_enter_on("#holder-pass").await;
    clerk.stays().await;
    // Where our script does not come first, Chromium sends the form with its default button, which says nothing.
    clerk.keep_keys_from_scripts().await;
    clerk.press_enter_on("#holder-pass").await;
    clerk.sees("main [role=alert]").await;
    clerk.at_page("hall-compare").await;

    acts::compare_and_pass(&clerk).await;
    let number = acts::begin_binding(&clerk).await;
    let phone = Browser::open("the citizen's phone").await;
    for device in [&citizen, &phone] {
        device.go(&demo.at("/account/visit")).await;
        if device.is_at_first_of("sign-in", "visit").await {
            acts::sign_in(device, &CITIZEN).await;
        }
        device.sees("main .binding").await;
    }
    // This page answered a form. What happens on the phone then makes it another page: were the form sent once more, that
    // page would say that no number waits any longer.
    citizen.fill("number", if number == "99" { "10" } else { "99" }).await;
    citizen.submit("number").await;
    citizen.sees("main [role=alert]").await;
    phone.press("action", "refuse").await;
    citizen.sees("main .state.good").await;
    citizen.sees_times("main [role=alert]", 0).await;
    // Nobody pressed anything here, so it is read out what the page has become (WCAG 2.2 §4.1.3).
    let title = citizen.title().await;
    let heading = citizen.sees("main .state.good h2").await.text().await.unwrap();
    assert!(title.starts_with(&heading), "{title}");
    citizen.hears("[data-became]", &title).await;
}

#[tokio::test]
async fn back_leads_to_the_form_after_wrong_passwords() {
    let demo = Demo::start();
    let citizen = Browser::open("who mistypes").await;
    citizen.go(&demo.at("/account/sessions")).await;
    for wrong in ["not this one", "nor this one"] {
        acts::sign_in(&citizen, &Login { password: wrong, ..CITIZEN }).await;
        citizen.sees("main [role=alert]").await;
    }
    citizen.back().await;
    citizen.at_page("sign-in").await;
    citizen.sees_times("main [role=alert]", 0).await;
    // And the way goes on from there.
    acts::sign_in(&citizen, &CITIZEN).await;
    citizen.at_page("account-sessions").await;
}
