//! Personal data stays sealed: not in a log line, not in an audit row, not in plain anywhere in the database.

use crate::support::clerk::{CHEN, Clerk, STRANGER, Typed};
use crate::support::look::Look;
use crate::support::town::Citizen;
use crate::support::{LI, WANG, World, log};

/// What must never be seen, with its spellings.
fn planted() -> Vec<String> {
    let of = |citizen: &Citizen| {
        [citizen.name, citizen.number, citizen.phone, citizen.email, citizen.login_name, citizen.password]
            .map(str::to_owned)
    };
    let mut all: Vec<String> = [of(&WANG), of(&LI)].concat();
    all.extend([WANG.number.to_lowercase(), WANG.number[6..14].to_owned(), LI.number[..14].to_owned()]);
    // Percent-encoded, as it would stand in an address.
    all.extend(
        [WANG.name, LI.name].map(|name| serde_urlencoded::to_string([("n", name)]).unwrap()[2..].to_owned()),
    );
    all.extend([WANG.name, LI.name].map(|name| name.escape_unicode().to_string()));
    all
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything people and systems do with personal data, and every mistake that might spill it.
async fn live_through(world: &World) {
    let portal = world.system("portal");
    let mut browser = world.browser();
    let page = browser.get("/sign-in").await;
    for username in [WANG.number, WANG.phone, WANG.name, LI.email] {
        browser.submit(&page, &[("username", username), ("password", LI.password)]).await;
    }
    let ask = portal.ask("openid profile email phone real_name id_number").with("login_hint", WANG.number);
    let page = browser.pass(&ask, &WANG).await;
    let answer = portal.exchange(&page.code(), &ask).await;
    let tokens = crate::support::Tokens::of(&answer);
    let told = portal.userinfo(&tokens.access).await.good();
    assert_eq!((told["name"].as_str(), told["id_number"].as_str()), (Some(WANG.name), Some(WANG.number)));
    portal.introspect(&tokens.access).await.good();
    portal.refresh(&tokens.refresh.unwrap()).await.good();
    portal.token(&[("grant_type", WANG.number), ("code", WANG.name)]).await;
    for path in ["/account/", "/account/sessions", "/account/consents", "/account/history"] {
        browser.get(path).await;
    }
    let lost = serde_urlencoded::to_string([("q", WANG.name), ("n", WANG.number)]).unwrap();
    browser.get(&format!("/nowhere/{}?{lost}", WANG.number)).await;
    browser.get(&format!("/oidc/authorize?{lost}")).await;
    browser.get(&format!("/oidc/logout?id_token_hint={}", WANG.number)).await;
    world.browser().sign_in(&LI).await;
    at_the_window(world).await;
}

/// The card typed and read, rightly and wrongly, and a slip.
async fn at_the_window(world: &World) {
    let mut clerk = Clerk::at_work(world, &CHEN).await;
    let page = clerk.walk_in().await;
    let card = Typed { number: WANG.number, name: WANG.name, ..STRANGER };
    for (field, wrong) in
        [("id_number_again", LI.number), ("valid_until", WANG.number), ("id_type", WANG.name)]
    {
        assert_eq!(clerk.enter_fields(&page, &card, &[(field, wrong)]).await.status(), 422);
    }
    clerk.send_reading(&page, WANG.number).await;
    let compare = clerk.enter(&page, &card).await;
    let mut form = Clerk::verdict(&compare, "pass");
    form.set("second_look", "yes");
    let decided = clerk.browser.send(&compare, &form).await;
    clerk.offer(world, &decided).await;
    let decided = clerk.browser.get(&decided.path).await;
    let code = clerk.give_code(&decided).await;
    for typed in [WANG.number, WANG.name, code.as_str()] {
        let mut browser = world.browser();
        let page = browser.get("/register").await;
        browser.submit(&page, &[("continuation_code", typed)]).await;
    }
}

#[tokio::test]
async fn no_log_line_tells_who_somebody_is() {
    let world = World::with_halls().await;
    live_through(&world).await;
    let lines = log::lines();
    assert!(lines.contains("answered") && lines.contains("/oidc/token"), "nothing was logged");
    for line in lines.lines() {
        let spilled: Vec<String> = planted().into_iter().filter(|secret| line.contains(secret)).collect();
        assert!(spilled.is_empty(), "{spilled:?} in {line}");
    }
}

#[tokio::test]
async fn no_column_and_no_file_holds_personal_data_in_plain() {
    let world = World::with_halls().await;
    live_through(&world).await;
    let everything = Look::at(&world).await.everything().await;
    for column in
        ["audit_event.facts", "person.name", "document.number", "account.phone", "sso_session.device"]
    {
        assert!(everything.iter().any(|standing| standing.place == column), "{column} was not looked at");
    }
    for standing in everything {
        let value = standing.value.to_lowercase();
        for secret in planted() {
            let plain = value.contains(&secret.to_lowercase()) || value.contains(&hexadecimal(&secret));
            assert!(!plain, "{} holds {secret}", standing.place);
        }
    }
    if let Some(path) = world.database.url().strip_prefix("sqlite://") {
        assert_file_is_clean(path);
    }
}

/// What was overwritten may still stand in a page of the file, or in the log beside it.
fn assert_file_is_clean(path: &str) {
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{path}{suffix}")).unwrap_or_default();
        assert!(suffix == "-wal" || !bytes.is_empty());
        for secret in planted() {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{path}{suffix} holds {secret}");
        }
    }
}

const PROXY: &str = include_str!("../../deploy/nginx.conf");
const PROXY_OF_SYSTEMS: &str = include_str!("../../docs/guides/mutual-tls.md");

/// nginx's own log format and its error log above `crit` write whole addresses, codes and hints with them.
#[test]
fn the_proxy_of_the_guides_logs_no_whole_address() {
    for place in [PROXY, PROXY_OF_SYSTEMS] {
        let servers: Vec<&str> = place.split("\nserver {").skip(1).collect();
        assert!(!servers.is_empty());
        for server in servers {
            let (server, _) = server.split_once("\n}").unwrap();
            for log in [
                "access_log /var/log/tongyao/access.log tongyao;",
                "error_log /var/log/tongyao/error.log crit;",
            ] {
                assert!(server.contains(log), "{log} is missing in {server}");
            }
        }
    }
    let (_, format) = PROXY.split_once("log_format tongyao").unwrap();
    let (format, _) = format.split_once(';').unwrap();
    let written: Vec<&str> =
        format.split('$').skip(1).map(|rest| rest.split([' ', '\'', ']']).next().unwrap()).collect();
    assert_eq!(
        written,
        [
            "remote_addr",
            "time_iso8601",
            "request_method",
            "tongyao_path",
            "status",
            "request_time",
            "upstream_addr",
            "upstream_status",
            "upstream_response_time"
        ]
    );
}
