//! What citizens and clerks do on single pages: the names of inputs and buttons are written here and nowhere else.

use crate::support::{Browser, Demo};

/// Someone of the sample data who signs in with a password.
pub struct Login {
    pub username: &'static str,
    pub password: &'static str,
}

/// A card the simulated reader can be asked to read, or a clerk to type.
pub struct Card {
    pub id_type: &'static str,
    pub id_number: &'static str,
    pub name: &'static str,
    pub valid_until: &'static str,
}

/// Has an account at level 1.
pub const CITIZEN: Login = Login { username: "11010519491231002X", password: "Sunny-Harbor-2026" };
pub const CITIZEN_CARD: Card = Card {
    id_type: "resident_id",
    id_number: "11010519491231002X",
    name: "张桂芳",
    valid_until: "2036-05-01",
};
/// Has an account at level 3.
pub const VERIFIED: Login = Login { username: "citizen3", password: "Quiet-River-2026" };
pub const VERIFIED_NAME: &str = "李秀英";
/// Nobody has heard of this person before; the name ends in a rare character (U+36C3).
pub const STRANGER_CARD: Card = Card {
    id_type: "resident_id",
    id_number: "440524188001010014",
    name: "欧阳㛃",
    valid_until: "2036-05-01",
};
pub const CLERK: Login = Login { username: "clerk1", password: "Window-Clerk-2026" };
pub const WINDOW: &str = "A01";

/// The link or button of a sample system that begins the sign-in.
const BEGIN_SIGN_IN: &str = "main a[href='/login'], main form[action='/login'] button";

pub async fn begin_sign_in(browser: &Browser, system: &str) {
    browser.go(system).await;
    browser.click_through(BEGIN_SIGN_IN).await;
}

pub async fn sign_in(browser: &Browser, login: &Login) {
    browser.at_page("sign-in").await;
    browser.fill("username", login.username).await;
    browser.fill("password", login.password).await;
    browser.submit("password").await;
}

/// Reads what is asked for and why, and allows it.
pub async fn allow(browser: &Browser) {
    browser.at_page("consent").await;
    browser.sees("main .item .why").await;
    browser.press("decision", "allow").await;
}

/// At the hotline's desk: types what the caller says; returns the code to read out.
pub async fn ask_the_caller(operator: &Browser, demo: &Demo, login_hint: &str) -> String {
    operator.go(&demo.hotline()).await;
    operator.at_page("hotline-ask").await;
    operator.fill("login_hint", login_hint).await;
    operator.choose("matter", "progress").await;
    operator.submit("login_hint").await;
    operator.at_page("hotline-waiting").await;
    operator.field("code").await
}

/// Opens what waits for an answer; signs in where that is owed.
pub async fn open_request(citizen: &Browser, demo: &Demo, login: &Login) {
    citizen.go(&demo.at("/account/requests")).await;
    if citizen.is_at_first_of("sign-in", "account-requests").await {
        sign_in(citizen, login).await;
        citizen.at_page("account-requests").await;
    }
    citizen.click_through("main .entry a.button").await;
    citizen.at_page("account-request").await;
}

/// Asks for a visit on the step-up page; returns its code.
pub async fn enrol(browser: &Browser) -> String {
    browser.at_page("step-up").await;
    browser.press("action", "enrol").await;
    browser.sees("main .ticket svg").await;
    browser.data("data-code").await
}

/// Types the two digits of the clerk's screen into one's own visit page.
pub async fn confirm_binding(browser: &Browser, demo: &Demo, number: &str) {
    browser.go(&demo.at("/account/visit")).await;
    browser.at_page("visit").await;
    browser.fill("number", number).await;
    browser.submit("number").await;
    browser.at_page("visit").await;
    browser.sees("main .state.good").await;
}

/// The account of a person the window has verified, made at home from the code on the slip.
pub async fn register(browser: &Browser, demo: &Demo, code: &str, login: &Login) {
    browser.go(&demo.at("/register")).await;
    browser.at_page("register").await;
    browser.fill("continuation_code", code).await;
    browser.submit("continuation_code").await;
    browser.fill("login_name", login.username).await;
    browser.fill("phone", "13800000009").await;
    browser.fill("password", login.password).await;
    browser.fill("password_again", login.password).await;
    browser.submit("password_again").await;
    browser.at_page("registered").await;
}

pub async fn sign_in_at_the_window(browser: &Browser, demo: &Demo) {
    browser.go(&demo.at("/hall/")).await;
    browser.at_page("hall-sign-in").await;
    browser.fill("login", CLERK.username).await;
    browser.fill("password", CLERK.password).await;
    browser.submit("password").await;
    browser.at_page("hall-window").await;
    browser.choose("window", WINDOW).await;
    browser.submit("window").await;
    browser.at_page("hall-desk").await;
}

pub async fn open_visit(browser: &Browser, code: &str) {
    browser.at_page("hall-desk").await;
    browser.fill("code", code).await;
    browser.submit("code").await;
    browser.at_page("hall-card").await;
}

pub async fn open_walk_in(browser: &Browser) {
    browser.at_page("hall-desk").await;
    browser.click_through("main form[action$='/walk-in'] button").await;
    browser.at_page("hall-card").await;
}

/// Lays the card on the simulated reader of the window and reads it.
pub async fn read_card(browser: &Browser, demo: &Demo, card: &Card) {
    browser.at_page("hall-card").await;
    let visit = browser.address().await;
    browser.go(&demo.at("/sandbox/reader")).await;
    browser.at_page("sandbox-reader").await;
    browser.choose_labelled("card", card.name).await;
    browser.submit("card").await;
    browser.go(&visit).await;
    browser.at_page("hall-card").await;
    browser.click_through("main #read").await;
}

/// Types what stands on the card; the number twice, because no machine has read it.
pub async fn type_card(browser: &Browser, card: &Card) {
    browser.at_page("hall-card").await;
    browser.click("main summary").await;
    browser.choose("id_type", card.id_type).await;
    browser.fill("id_number", card.id_number).await;
    browser.fill("id_number_again", card.id_number).await;
    browser.fill("name", card.name).await;
    browser.fill("valid_until", card.valid_until).await;
    browser.submit("id_number_again").await;
}

/// Finds everything as it should be, and passes the person.
pub async fn compare_and_pass(browser: &Browser) {
    browser.at_page("hall-compare").await;
    for check in ["document", "face", "holder"] {
        browser.choose(check, "pass").await;
    }
    browser.tick_if_there("second_look").await;
    browser.press("decision", "pass").await;
    browser.at_page("hall-decided").await;
}

/// Begins the binding; returns the two digits the citizen has to enter.
pub async fn begin_binding(browser: &Browser) -> String {
    browser.press("action", "start").await;
    browser.at_page("hall-binding").await;
    browser.data("data-number").await
}

/// Prints the slip for someone without an account; returns the code to continue with at home.
pub async fn hand_out_slip(browser: &Browser) -> String {
    browser.click_through("main form[action$='/continuation'] button").await;
    browser.at_page("hall-slip").await;
    browser.data("data-code").await
}
