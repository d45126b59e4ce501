//! OpenID Connect Front-Channel Logout 1.0: the person's own browser carries the news, and nobody claims more than they know.

use serde_json::{Value, json};
use tongyao::jobs;

use crate::support::listener::Listener;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Browser, Page, RelyingParty, WANG, World, html};

const SECRET: &str = "front-secret-0123456789abcdef";
const FRONTS: &str =
    "SELECT client_id || ' ' || COALESCE(front, '-') FROM logout_delivery ORDER BY client_id";

fn client(client_id: &str, name: &str, more: Value) -> Value {
    let mut client = json!({
        "client_id": client_id, "client_secret": SECRET, "department": "hrss", "client_name": name,
        "redirect_uris": [format!("https://{client_id}.example/cb")], "consent": "implicit",
        "post_logout_redirect_uris": [format!("https://{client_id}.example/bye")],
        "grant_types": ["authorization_code"], "scope": "openid",
    });
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
}

/// Three systems: `named` wants to hear which session, `plain` does not, `silent` has no address.
async fn world() -> World {
    let named = json!({"frontchannel_logout_uri": "https://named.example/out?x=1", "frontchannel_logout_session_required": true});
    let plain = json!({"frontchannel_logout_uri": "https://plain.example:8443/out",
        "redirect_uris": ["https://plain.example/cb", "https://plain.example:8443/cb"]});
    World::with_clients(&[
        client("named", "办件系统", named),
        client("plain", "图书馆", plain),
        client("silent", "档案馆", json!({})),
    ])
    .await
}

fn system(world: &World, client_id: &str) -> RelyingParty {
    RelyingParty::new(world, client_id, Credential::Basic(SECRET.to_owned()))
}

async fn sign_in_at(world: &World, browser: &mut Browser, clients: &[&str]) -> Vec<Value> {
    let mut claims = Vec::new();
    for client in clients {
        let system = system(world, client);
        let tokens = system.connect(browser, &WANG, "openid").await;
        claims.push(system.id_claims(&tokens.id.unwrap()).await);
    }
    claims
}

async fn sign_out(browser: &mut Browser) -> Page {
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await
}

fn frames(page: &Page) -> Vec<(String, String)> {
    let frames = html::all(&page.answer.body, "iframe");
    let text = |tag: &html::Tag, name: &str| tag.attribute(name).unwrap().to_owned();
    frames.iter().map(|tag| (text(tag, "src"), text(tag, "data-delivery"))).collect()
}

async fn report(browser: &mut Browser, page: &Page, deliveries: &[&str]) -> Page {
    let csrf = page.data("data-csrf").unwrap();
    let mut fields = vec![("csrf", csrf.as_str())];
    fields.extend(deliveries.iter().map(|id| ("delivery", *id)));
    browser.post("/signed-out/asked", &fields).await
}

#[tokio::test]
async fn the_page_loads_each_address_with_the_session_where_it_was_asked_for() {
    let world = world().await;
    let mut browser = world.browser();
    let claims = sign_in_at(&world, &mut browser, &["named", "plain", "silent"]).await;
    let page = sign_out(&mut browser).await;
    assert_eq!(page.name(), "signed-out");
    let sid = claims[0]["sid"].as_str().unwrap();
    let mut addresses: Vec<String> = frames(&page).into_iter().map(|(address, _)| address).collect();
    addresses.sort();
    // Front-Channel Logout 1.0 §3: `iss` and `sid`, both or none, beside what the address has.
    let named = format!("https://named.example/out?x=1&iss=http%3A%2F%2Flocalhost%3A8000&sid={sid}");
    assert_eq!(addresses, [named, "https://plain.example:8443/out".to_owned()]);
    let policy = page.answer.header("content-security-policy").unwrap();
    let sources = policy.split("frame-src ").nth(1).unwrap().split(';').next().unwrap();
    let mut sources: Vec<&str> = sources.split(' ').collect();
    sources.sort();
    assert_eq!(sources, ["https://named.example", "https://plain.example:8443"]);
    for frame in html::all(&page.answer.body, "iframe") {
        // A system's page may do what it needs to sign out, and may not lead this page elsewhere.
        assert_eq!(frame.attribute("sandbox"), Some("allow-scripts allow-same-origin allow-forms"));
        assert_eq!(frame.attribute("referrerpolicy"), Some("no-referrer"));
    }
    assert!(
        page.text().contains("正在通过本浏览器通知") && page.text().contains("该系统不接收通知"),
        "{}",
        page.text()
    );
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts(FRONTS).await, ["named given", "plain given", "silent -"]);
    // No other page shows frames.
    let other = browser.get("/sign-in").await;
    assert!(!other.answer.header("content-security-policy").unwrap().contains("frame-src"));
}

#[tokio::test]
async fn what_the_browser_says_it_loaded_is_on_record_once() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in_at(&world, &mut browser, &["named", "plain"]).await;
    let page = sign_out(&mut browser).await;
    let ids: Vec<String> = frames(&page).into_iter().map(|(_, id)| id).collect();
    // Another browser knows the ids and still says nothing about this one's logout; a form without our token neither.
    let mut stranger = world.browser();
    let away = sign_out_of_nobody(&mut stranger).await;
    let csrf = away.input("csrf").unwrap_or_default();
    stranger.post("/signed-out/asked", &[("csrf", &csrf), ("delivery", &ids[0])]).await;
    assert_eq!(browser.post("/signed-out/asked", &[("delivery", &ids[0])]).await.status(), 403);
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts(FRONTS).await, ["named given", "plain given"]);

    for _ in 0..2 {
        let answer = report(&mut browser, &page, &[&ids[0], "del_nothing", ""]).await;
        assert_eq!(answer.status(), 200);
    }
    let asked = "SELECT COUNT(*) FROM audit_event WHERE kind = 'logout_asked'";
    assert_eq!(look.number(asked).await, 1);
    report(&mut browser, &page, &[&ids[0], &ids[1]]).await;
    assert_eq!(look.texts(FRONTS).await, ["named asked", "plain asked"]);
    let again = browser.get("/signed-out").await;
    assert!(frames(&again).is_empty(), "asked once is enough");
    let english = browser.get("/signed-out?lang=en").await.text();
    assert!(english.contains("Asked in this browser") && english.contains("give no answer"), "{english}");
    assert!(!english.contains("Signed out "), "nobody may claim more than was asked: {english}");
}

/// A browser without script never says what it loaded: its page was shown all the same, and does not come back over a new sign-in.
#[tokio::test]
async fn who_has_signed_in_again_is_not_told_that_they_are_out() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in_at(&world, &mut browser, &["named"]).await;
    assert_eq!(frames(&sign_out(&mut browser).await).len(), 1);
    assert_eq!(frames(&browser.get("/signed-out").await).len(), 1, "loaded again while nobody is signed in");
    browser.sign_in(&WANG).await;
    assert_eq!(browser.get("/signed-out").await.name(), "sign-out");
    assert_eq!(browser.get("/account/").await.name(), "account");
}

/// A page with a form of ours in a browser that nobody signed out of.
async fn sign_out_of_nobody(browser: &mut Browser) -> Page {
    browser.get("/sign-in").await
}

#[tokio::test]
async fn the_way_back_waits_for_the_frames_by_script_and_goes_without() {
    let world = world().await;
    let mut browser = world.browser();
    let tokens = system(&world, "named").connect(&mut browser, &WANG, "openid").await;
    let hint = tokens.id.unwrap();
    let asked = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", "https://named.example/bye"),
        ("state", "s1"),
    ];
    let address = format!("/oidc/logout?{}", serde_urlencoded::to_string(asked).unwrap());
    let page = browser.get(&address).await;
    let out = browser.submit(&page, &[("decision", "all")]).await;
    let back = "https://named.example/bye?state=s1";
    assert_eq!(out.data("data-back").as_deref(), Some(back));
    let seconds: u32 = out.data("data-returns").unwrap().parse().unwrap();
    assert!((1..=5).contains(&seconds));
    assert!(
        out.answer
            .body
            .contains(&format!("<noscript><meta http-equiv=\"refresh\" content=\"{seconds}; url={back}\">"))
    );
    // Where the script fails the header still leads back, and later than the script would.
    let refresh = out.answer.header("refresh").unwrap();
    assert_eq!(refresh, format!("{}; url={back}", seconds + 5));
    let stay = browser.get(&out.links().into_iter().find(|link| link.contains("stay=1")).unwrap()).await;
    assert_eq!((stay.answer.header("refresh"), stay.data("data-back")), (None, None));
}

#[tokio::test]
async fn a_browser_closed_before_the_page_is_noted() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in_at(&world, &mut browser, &["named"]).await;
    let page = browser.get("/sign-out").await;
    let form = page.form(&[("decision", "all")]);
    let mut fields = form.fields();
    fields.push(("decision", "all"));
    // The answer of the sign-out never becomes a page.
    let call = Call::post("/sign-out", &fields);
    browser.fetch(call).await;
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts(FRONTS).await, ["named waiting"]);
    world.later(29 * 60);
    jobs::late_logout::run_once(world.app.clone()).await.unwrap();
    assert_eq!(look.texts(FRONTS).await, ["named waiting"]);
    world.later(2 * 60);
    jobs::late_logout::run_once(world.app.clone()).await.unwrap();
    assert_eq!(look.texts(FRONTS).await, ["named missed"]);
    assert_eq!(look.number("SELECT COUNT(*) FROM audit_event WHERE kind = 'logout_missed'").await, 1);
    let page = browser.get("/signed-out").await;
    assert!(frames(&page).is_empty());
    assert!(page.text().contains("没有通知到"), "{}", page.text());
}

#[tokio::test]
async fn a_session_ended_from_another_device_says_whom_it_cannot_tell() {
    let listener = Listener::start().await;
    let both = json!({"frontchannel_logout_uri": "https://both.example/out", "backchannel_logout_uri": listener.address});
    let only = json!({"frontchannel_logout_uri": "https://only.example/out"});
    let world =
        World::with_clients(&[client("both", "办件系统", both), client("only", "图书馆", only)]).await;
    let (mut phone, mut desk) = (world.browser(), world.browser());
    sign_in_at(&world, &mut phone, &["both", "only"]).await;
    desk.sign_in(&WANG).await;
    let page = desk.get("/account/sessions").await;
    let done = desk.submit(&page, &[("session", "others")]).await;
    let text = done.text();
    assert!(text.contains("只能在那台设备的浏览器里通知") && text.contains("图书馆"), "{text}");
    assert!(!text.contains("办件系统"), "the other one is told by us: {text}");
    let mut look = Look::at(&world).await;
    assert_eq!(look.texts(FRONTS).await, ["both unable", "only unable"]);
    assert_eq!(jobs::logout::run_once(world.app.clone()).await.unwrap(), 1);
    assert_eq!(listener.heard().len(), 1);
    assert_eq!(phone.get("/account/").await.name(), "sign-in");
}

#[tokio::test]
async fn nothing_is_shown_where_only_the_one_who_asked_was_signed_in() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = system(&world, "silent").connect(&mut browser, &WANG, "openid").await.id.unwrap();
    let asked =
        [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://silent.example/bye")];
    let address = format!("/oidc/logout?{}", serde_urlencoded::to_string(asked).unwrap());
    let page = browser.get(&address).await;
    let out = browser.submit(&page, &[("decision", "all")]).await;
    assert_eq!(out.left_to().as_str(), "https://silent.example/bye");
    assert_eq!(browser.get("/account/").await.name(), "sign-in");
}

#[tokio::test]
async fn discovery_and_registration_know_it() {
    let world = world().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    for member in [
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
    ] {
        assert_eq!(metadata[member], true, "{member}");
    }
}
