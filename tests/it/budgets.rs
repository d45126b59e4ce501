//! Storage round trips: what each operation may cost, counted by the storage itself.

#![allow(clippy::print_stdout)]

use tongyao::storage::tally::Counts;

use crate::support::{Tokens, WANG, World};

/// At most so many of each; statements inside a transaction are what that transaction is.
#[track_caller]
fn within(what: &str, cost: Counts, reads: u64, transactions: u64, ephemeral: u64) {
    println!(
        "{what}: {} reads, {} transactions of {} statements, {} ephemeral",
        cost.reads, cost.transactions, cost.statements, cost.ephemeral
    );
    let fits = cost.reads <= reads && cost.transactions <= transactions && cost.ephemeral <= ephemeral;
    assert!(
        fits,
        "{what} costs {cost:?}; it may cost {reads} reads, {transactions} transactions, {ephemeral} ephemeral"
    );
}

#[tokio::test]
async fn operations_keep_within_their_round_trips() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    portal.connect(&mut browser, &WANG, "openid profile").await;

    let ask = portal.ask("openid profile");
    let (page, cost) = world.trips(browser.get(&ask.address())).await;
    within("authorize with a live session", cost, 1, 0, 1);
    let code = page.code();
    let (answer, cost) = world.trips(portal.exchange(&code, &ask)).await;
    within("token, code", cost, 0, 1, 1);
    let tokens = Tokens::of(&answer);
    let (answer, cost) = world.trips(portal.userinfo(&tokens.access)).await;
    answer.good();
    within("userinfo", cost, 1, 0, 0);
    let (answer, cost) = world.trips(portal.introspect(&tokens.access)).await;
    answer.good();
    within("introspection", cost, 1, 0, 0);
    let (answer, cost) = world.trips(portal.refresh(&tokens.refresh.unwrap())).await;
    Tokens::of(&answer);
    within("token, refresh", cost, 0, 1, 0);
}

#[tokio::test]
async fn client_credentials_read_nothing_once_the_client_is_known() {
    let world = World::new().await;
    let machine = world.system("machine");
    let fields = [("grant_type", "client_credentials")];
    machine.token(&fields).await.good();
    let (answer, cost) = world.trips(machine.token(&fields)).await;
    answer.good();
    within("token, client credentials", cost, 0, 1, 0);
}

#[tokio::test]
async fn what_cannot_be_a_token_costs_nothing() {
    let world = World::new().await;
    let portal = world.system("portal");
    portal.introspect("warm").await.good();
    for nonsense in ["nonsense", "eyJhbGciOiJub25lIn0.e30.", "", "%00"] {
        let (_, cost) = world.trips(portal.userinfo(nonsense)).await;
        within("userinfo of nonsense", cost, 0, 0, 0);
    }
}

#[tokio::test]
async fn a_password_sign_in_is_one_read_and_one_transaction() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    let mut form = page.form(&[("username", "")]);
    form.set("username", WANG.login_name);
    form.set("password", WANG.password);
    form.set("next", "/help");
    let before = world.app.tally.counts();
    let page = browser.send(&page, &form).await;
    assert_eq!(page.name(), "help");
    // Four of the reads are the help page's: the session, the person, their documents, the halls.
    within("password sign-in, and the page after it", world.app.tally.counts() - before, 5, 1, 1);
}
