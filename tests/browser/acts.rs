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
}

/// Has an account at level 1.
pub const CITIZEN: Login = Login { username: "11010519491231002X", password: "Sunny-Harbor-2026" };
pub const CITIZEN_CARD: Card =
    Card { id_type: "resident_id", id_number: "11010519491231002X", name: "张建国" };
/// Nobody has heard of this person before.
pub const STRANGER_CARD: Card =
    Card { id_type: "resident_id", id_number: "440524188001010014", name: "𠮷田·阿依古丽" };
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

pub async fn allow(browser: &Browser) {
    browser.at_page("consent").await;
    browser.press("decision", "allow").await;
}

/// Asks for a visit on the step-up page; returns its code.
pub async fn enrol(browser: &Browser) -> String {
    browser.at_page("step-up").await;
    browser.press("action", "enrol").await;
    browser.sees("main svg").await;
    browser.data("data-code").await
}

/// Types the two digits of the clerk's screen into one's own visit page.
pub async fn confirm_binding(browser: &Browser, demo: &Demo, number: &str) {
    browser.go(&demo.at("/account/visit")).await;
    browser.at_page("visit").await;
    browser.fill("number", number).await;
    browser.submit("number").await;
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

pub async fn open_walk_in(browser: &Browser, demo: &Demo) {
    browser.at_page("hall-desk").await;
    browser.click_through("main form[action$='/hall/walk-in'] button, main a[href$='/hall/walk-in']").await;
    browser.at_page("hall-card").await;
    assert!(browser.address().await.starts_with(&demo.at("/hall/")));
}

/// Puts the card on the simulated reader and takes over what it read.
pub async fn read_card(browser: &Browser, card: &Card) {
    browser.at_page("hall-card").await;
    browser.choose("reading", card.id_number).await;
    browser.submit("reading").await;
}

/// Types what stands on the card; the number twice, because nobody reads it but the clerk.
pub async fn type_card(browser: &Browser, card: &Card) {
    browser.at_page("hall-card").await;
    browser.choose("id_type", card.id_type).await;
    browser.fill("id_number", card.id_number).await;
    browser.fill("id_number_again", card.id_number).await;
    browser.fill("name", card.name).await;
    browser.submit("id_number_again").await;
}

/// Answers every question of the comparison with its first answer, and passes the person.
pub async fn compare_and_pass(browser: &Browser) {
    browser.at_page("hall-compare").await;
    browser.choose_first_everywhere().await;
    browser.press("decision", "pass").await;
    browser.at_page("hall-decided").await;
}

/// Begins the binding; returns the two digits the citizen has to enter.
pub async fn begin_binding(browser: &Browser) -> String {
    browser.click_through("main form[action$='/binding'] button, main a[href$='/binding']").await;
    browser.at_page("hall-binding").await;
    browser.data("data-number").await
}

/// Prints the slip for someone without an account; returns the code to continue with at home.
pub async fn hand_out_slip(browser: &Browser) -> String {
    browser.click_through("main form[action$='/continuation'] button").await;
    browser.at_page("hall-slip").await;
    browser.data("data-code").await
}
