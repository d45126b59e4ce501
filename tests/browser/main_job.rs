//! The main job, end to end: log in once, be verified at the window, be known everywhere.

use crate::acts::{self, CITIZEN, CITIZEN_CARD, Login, STRANGER_CARD};
use crate::support::{Browser, Demo};

#[tokio::test]
async fn a_citizen_signs_in_once_is_verified_at_the_window_and_known_everywhere() {
    let mut demo = Demo::start();
    let (citizen, clerk) = (Browser::open("citizen").await, Browser::open("clerk").await);

    // 1. The portal: sign in, see what is asked for and why, allow it, be back with one's name.
    acts::begin_sign_in(&citizen, &demo.portal()).await;
    acts::sign_in(&citizen, &CITIZEN).await;
    acts::allow(&citizen).await;
    citizen.at_page("portal-signed-in").await;
    assert_eq!(citizen.field("name").await, CITIZEN_CARD.name);

    // 2. The department: no second log-in, but it wants level 3: a page says so and gives a code.
    acts::begin_sign_in(&citizen, &demo.department()).await;
    let code = acts::enrol(&citizen).await;

    // 3. The window: card, comparison, decision; the citizen confirms the number the clerk sees.
    acts::sign_in_at_the_window(&clerk, &demo).await;
    acts::open_visit(&clerk, &code).await;
    acts::read_card(&clerk, &demo, &CITIZEN_CARD).await;
    acts::compare_and_pass(&clerk).await;
    let number = acts::begin_binding(&clerk).await;
    assert!(number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()), "two digits, not {number:?}");
    acts::confirm_binding(&citizen, &demo, &number).await;

    // Back to the department, which lets the citizen in at level 3 and asks what it may know.
    acts::begin_sign_in(&citizen, &demo.department()).await;
    acts::allow(&citizen).await;
    citizen.at_page("hrss-signed-in").await;
    assert_eq!(citizen.field("acr").await, "urn:tongyao:loa:3");
    citizen.sees("main [data-field='reached-at']").await;
    citizen.sees("main [data-field='reached-by']").await;
    let sub_at_department = citizen.field("sub").await;
    citizen.go(&demo.portal()).await;
    assert_ne!(
        citizen.field("sub").await,
        sub_at_department,
        "the portal and the department share a subject"
    );

    // 6. Stopped and started again: everything is there, people stay signed in.
    demo.restart();
    citizen.go(&demo.portal()).await;
    citizen.at_page("portal-signed-in").await;
    citizen.go(&demo.at("/account/")).await;
    citizen.at_page("account").await;
    citizen.go(&demo.department()).await;
    citizen.at_page("hrss-signed-in").await;
    assert_eq!(citizen.field("sub").await, sub_at_department);

    // 5. Signed out everywhere: both systems were told, and the page says so.
    citizen.go(&demo.at("/sign-out")).await;
    citizen.at_page("sign-out").await;
    citizen.press("decision", "all").await;
    citizen.at_page("signed-out").await;
    citizen.sees_times("main .outcomes .mark.good", 2).await;
    for system in [demo.portal(), demo.department()] {
        citizen.go(&system).await;
        citizen.sees("main [data-notice='ended-elsewhere']").await;
        acts::begin_sign_in(&citizen, &system).await;
        citizen.at_page("sign-in").await;
    }
}

#[tokio::test]
async fn a_person_never_on_line_is_verified_first_and_makes_the_account_at_home() {
    let demo = Demo::start();
    let (clerk, home) = (Browser::open("clerk").await, Browser::open("person at home").await);

    // 4. At the window: an identity on record, no account yet.
    acts::sign_in_at_the_window(&clerk, &demo).await;
    acts::open_walk_in(&clerk).await;
    acts::type_card(&clerk, &STRANGER_CARD).await;
    acts::compare_and_pass(&clerk).await;
    let code = acts::hand_out_slip(&clerk).await;

    // At home: the account from the slip is at level 3 from its first sign-in.
    let login = Login { username: "newcomer", password: "Quiet-Lantern-88" };
    acts::register(&home, &demo, &code, &login).await;
    acts::begin_sign_in(&home, &demo.department()).await;
    if home.is_at_first_of("sign-in", "consent").await {
        acts::sign_in(&home, &login).await;
    }
    acts::allow(&home).await;
    home.at_page("hrss-signed-in").await;
    assert_eq!(home.field("acr").await, "urn:tongyao:loa:3");

    // The code is spent.
    let other = Browser::open("second taker").await;
    other.go(&demo.at("/register")).await;
    other.fill("continuation_code", &code).await;
    other.submit("continuation_code").await;
    other.sees("main [role=alert]").await;
}
