//! The authorization endpoint: what is refused and who is told, what is asked of the person, how the answer travels.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use tongyao::crypto::mac::digest;
use url::Url;

use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{LI, Page, Tokens, WANG, World};

const PORTAL: &str = "https://portal.example/cb";

#[tokio::test]
async fn a_code_comes_back_with_state_and_issuer() {
    let world = World::new().await;
    let portal = world.system("portal");
    let ask = portal.ask("openid profile");
    let page = world.browser().pass(&ask, &WANG).await;
    let names: Vec<String> = page.left_to().query_pairs().map(|(name, _)| name.into_owned()).collect();
    // In this order: a library that strikes the first `state=…` out of the browser's address must not hit `session_state`.
    assert_eq!(names, ["code", "state", "session_state", "iss"]);
    assert!(page.left_to().as_str().starts_with(&format!("{PORTAL}?")));
    // RFC 9207 §2.
    assert_eq!((page.told("state"), page.told("iss").as_deref()), (Some(ask.state), Some(ISSUER)));
    assert!(page.code().len() >= 43);
}

#[tokio::test]
async fn a_second_system_needs_no_second_sign_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.pass(&world.system("portal").ask("openid"), &WANG).await.code();
    browser.get(&world.system("office").ask("openid").address()).await.code();
}

#[tokio::test]
async fn the_request_may_be_posted() {
    let world = World::new().await;
    let address = world.system("office").ask("openid").address();
    let query = address.split_once('?').unwrap().1;
    let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut browser = world.browser();
    let page = browser.post("/oidc/authorize", &fields).await;
    browser.sign_in_on(&page, &WANG).await.code();
}

/// OIDC Core §3.1.2.1: a client may post its request, and its form stands on a page of another site than ours.
#[tokio::test]
async fn a_form_of_another_site_finds_who_is_signed_in() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.pass(&office.ask("openid"), &WANG).await.code();
    let silent = office.ask("openid").with("prompt", "none");
    let pushed = office.pushed(&office.ask("openid")).await;
    for address in [office.ask("openid").address(), silent.address(), pushed] {
        browser.post_from_elsewhere(&address).await.code();
    }
    // Who must sign in anew, and who never did, is asked as ever.
    let again = office.ask("openid").with("prompt", "login");
    assert_eq!(browser.post_from_elsewhere(&again.address()).await.name(), "sign-in");
    assert_eq!(world.browser().post_from_elsewhere(&again.address()).await.name(), "sign-in");
    let page = world.browser().post_from_elsewhere(&silent.address()).await;
    assert_eq!(page.told("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_form_of_another_site_leaves_open_pages_as_they_are() {
    let world = World::new().await;
    let office = world.system("office");
    let ask = office.ask("openid").with("prompt", "login");
    let mut browser = world.browser();
    let open = browser.get(&ask.address()).await;
    let known = browser.cookie("tongyao_browser").map(str::to_owned);
    let posted = browser.post_from_elsewhere(&ask.address()).await;
    assert_eq!(browser.cookie("tongyao_browser").map(str::to_owned), known);
    browser.sign_in_on(&open, &WANG).await.code();
    browser.sign_in_on(&posted, &WANG).await.code();
    // What was posted belongs to the browser that came first with its name.
    let waiting = browser.post_from_elsewhere(&ask.address()).await;
    assert_eq!(world.browser().get(&waiting.path).await.name(), "error");
}

/// RFC 9110 §9.2.1: HEAD asks only; a pushed request is answered once, and not to nobody.
#[tokio::test]
async fn asking_for_the_head_uses_nothing_up() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let pushed = office.pushed(&office.ask("openid")).await;
    let answer = browser.fetch(Call::with_method(Method::HEAD, &pushed)).await;
    let refused = (StatusCode::METHOD_NOT_ALLOWED, Some("GET,POST"));
    assert_eq!((answer.status, answer.header("allow")), refused);
    browser.get(&pushed).await.code();
    let waiting = browser.fetch(Call::with_method(Method::HEAD, "/continue?request=x")).await;
    assert_eq!((waiting.status, waiting.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("GET")));
}

#[tokio::test]
async fn an_unknown_client_is_told_to_the_person() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid");
    for (ask, code) in [
        (ask.clone().with("client_id", "nobody"), 101_003),
        (ask.clone().with("client_id", "客户"), 101_002),
        (ask.clone().without("client_id"), 101_001),
    ] {
        world.browser().get(&ask.address()).await.person_is_refused(400, code);
    }
}

#[tokio::test]
async fn an_unregistered_redirect_is_never_followed() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid");
    let registered_by_nobody = [
        "https://portal.example/cb/",
        "https://portal.example/cb?x=1",
        "https://portal.example/CB",
        "https://PORTAL.example/cb",
        "https://portal.example:443/cb",
        "https://portal.example./cb",
        "https://portal.example/cb/../cb",
        "https://portal.example/cb/..;/cb",
        "https://portal.example/%63b",
        "https://portal.example/%2563b",
        "https://portal.example@evil.example/cb",
        "https://portal.example\\@evil.example/cb",
        "https://evil.example/cb",
        "http://portal.example/cb",
        "https://office.example/cb",
        "https://portal.example/cb#fragment",
        "https://portal.example/cb\t",
        "javascript:alert(1)",
        "//portal.example/cb",
        "/cb",
    ];
    for redirect in registered_by_nobody {
        let page = world.browser().get(&ask.clone().with("redirect_uri", redirect).address()).await;
        assert!(page.is("error") && page.status() == 400, "{redirect}");
        assert!(
            page.text().contains("102002") || page.text().contains("102003"),
            "{redirect}: {}",
            page.text()
        );
    }
    world.browser().get(&ask.without("redirect_uri").address()).await.person_is_refused(400, 102_001);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid");
    for (name, value) in [("redirect_uri", PORTAL), ("state", "x"), ("client_id", "office"), ("unknown", "a")]
    {
        let ask = if name == "unknown" { ask.clone().and(name, "b") } else { ask.clone() };
        world.browser().get(&ask.and(name, value).address()).await.person_is_refused(400, 100_002);
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_and_floods_of_parameters_are_refused() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid");
    world.browser().get(&format!("{}&x=%ff%fe", ask.address())).await.person_is_refused(400, 100_001);
    let flood = (0..80).fold(ask, |ask, number| ask.and(&format!("p{number}"), ""));
    world.browser().get(&flood.address()).await.person_is_refused(400, 100_003);
}

#[tokio::test]
async fn each_wrong_parameter_is_told_to_the_client_by_its_name() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid");
    let long = |length: usize| "x".repeat(length);
    let cases = [
        (ask.clone().without("code_challenge"), "invalid_request", 102_014),
        (ask.clone().without("code_challenge").without("code_challenge_method"), "invalid_request", 102_014),
        (ask.clone().with("code_challenge_method", "plain"), "invalid_request", 102_015),
        (ask.clone().without("code_challenge_method"), "invalid_request", 102_015),
        (ask.clone().with("code_challenge", "short"), "invalid_request", 102_016),
        (ask.clone().without("response_type"), "invalid_request", 102_004),
        (ask.clone().with("response_type", "magic"), "unsupported_response_type", 102_005),
        (ask.clone().with("response_mode", "smoke"), "invalid_request", 102_007),
        (ask.clone().with("scope", "profile"), "invalid_scope", 102_042),
        (ask.clone().with("scope", ""), "invalid_scope", 102_042),
        (ask.clone().without("scope"), "invalid_scope", 102_042),
        (ask.clone().with("scope", &long(5000)), "invalid_scope", 102_009),
        (ask.clone().with("nonce", &long(600)), "invalid_request", 102_012),
        (ask.clone().with("prompt", "perhaps"), "invalid_request", 102_017),
        (ask.clone().with("prompt", "none login"), "invalid_request", 102_018),
        (ask.clone().with("max_age", "-1"), "invalid_request", 102_019),
        (ask.clone().with("max_age", "soon"), "invalid_request", 102_019),
        (ask.clone().with("acr_values", &long(3000)), "invalid_request", 102_020),
        (ask.clone().with("login_hint", &long(3000)), "invalid_request", 102_021),
        (ask.clone().with("id_token_hint", "not.a.token"), "invalid_request", 102_022),
        (ask.clone().with("claims", "{"), "invalid_request", 102_023),
        (ask.clone().with("request", "eyJhbGciOiJub25lIn0.e30."), "invalid_request_object", 102_051),
        (ask.clone().with("request_uri", "https://portal.example/r"), "request_uri_not_supported", 102_026),
        (ask.clone().with("registration", "{}"), "registration_not_supported", 102_027),
        (ask.clone().with("resource", "relative"), "invalid_target", 102_029),
        (ask.clone().with("dpop_jkt", "x"), "invalid_request", 102_030),
    ];
    for (ask, error, code) in cases {
        let page = world.browser().get(&ask.address()).await;
        page.client_is_refused(error, code);
        assert_eq!(page.told("state"), Some(ask.state.clone()));
        assert!(page.told("txn").is_some_and(|txn| !txn.is_empty()));
    }
    let hostile = ask.with("state", &long(3000));
    world.browser().get(&hostile.address()).await.client_is_refused("invalid_request", 102_011);
}

#[tokio::test]
async fn hybrid_and_implicit_are_for_who_registered_them() {
    let world = World::new().await;
    for response_type in ["id_token", "token", "code id_token", "code token", "id_token token"] {
        let ask = world.system("portal").ask("openid").with("response_type", response_type);
        let page = world.browser().get(&ask.address()).await;
        let error = page.left_to().as_str().to_owned();
        assert!(
            error.contains("unsupported_response_type") || error.contains("unauthorized_client"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn only_an_old_confidential_client_goes_without_pkce() {
    let world = World::new().await;
    let legacy = world.system("legacy");
    let ask = legacy.ask("openid").without("code_challenge").without("code_challenge_method");
    let page = world.browser().pass(&ask, &WANG).await;
    let with_verifier = legacy.exchange(&page.code(), &ask).await;
    with_verifier.refused(400, "invalid_grant", 103_014);
    let page = world.browser().pass(&ask, &WANG).await;
    let answer = legacy
        .token(&[
            ("grant_type", "authorization_code"),
            ("code", &page.code()),
            ("redirect_uri", &legacy.redirect_uri),
        ])
        .await;
    Tokens::of(&answer);
    let plain = legacy.ask("openid").with("code_challenge_method", "plain");
    world.browser().get(&plain.address()).await.client_is_refused("invalid_request", 102_015);
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let world = World::new().await;
    let (portal, office) = (world.system("portal"), world.system("office"));
    let mut browser = world.browser();
    let none = |ask: crate::support::Ask| ask.with("prompt", "none").address();

    browser.get(&none(portal.ask("openid"))).await.client_is_refused("login_required", 102_031);
    browser.sign_in(&WANG).await;
    browser.get(&none(portal.ask("openid profile"))).await.client_is_refused("consent_required", 102_033);
    let level = office.ask("openid").with("acr_values", "urn:tongyao:loa:3");
    browser.get(&none(level)).await.client_is_refused("unmet_authentication_requirements", 102_038);
    browser.get(&none(office.ask("openid"))).await.code();
    world.later(100);
    let old = office.ask("openid").with("max_age", "60");
    browser.get(&none(old)).await.client_is_refused("login_required", 102_031);
    browser.pass(&portal.ask("openid profile"), &WANG).await.code();
    browser.get(&none(portal.ask("openid profile"))).await.code();
    browser
        .get(&none(portal.ask("openid profile phone")))
        .await
        .client_is_refused("consent_required", 102_033);
}

#[tokio::test]
async fn prompt_login_and_select_account_ask_again_once() {
    let world = World::new().await;
    let office = world.system("office");
    for prompt in ["login", "select_account"] {
        let mut browser = world.browser();
        browser.sign_in(&WANG).await;
        world.later(60);
        let page = browser.get(&office.ask("openid").with("prompt", prompt).address()).await;
        browser.sign_in_on(&page, &WANG).await.code();
    }
}

#[tokio::test]
async fn prompt_consent_asks_even_who_has_consented() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    browser.pass(&portal.ask("openid profile"), &WANG).await.code();
    let page = browser.get(&portal.ask("openid profile").with("prompt", "consent").address()).await;
    assert_eq!(page.name(), "consent");
    browser.submit(&page, &[("decision", "allow")]).await.code();
}

#[tokio::test]
async fn max_age_asks_who_signed_in_longer_ago() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;
    let signed_in = world.now().seconds();
    world.later(59);
    let ask = office.ask("openid").with("max_age", "60");
    let page = browser.get(&ask.address()).await;
    let tokens = Tokens::of(&office.exchange(&page.code(), &ask).await);
    assert_eq!(office.id_claims(&tokens.id.unwrap()).await["auth_time"], signed_in);
    world.later(2);
    assert_eq!(browser.get(&ask.address()).await.name(), "sign-in");
    // OIDC Core §3.1.2.1: zero is as good as prompt=login.
    let page = browser.get(&office.ask("openid").with("max_age", "0").address()).await;
    browser.sign_in_on(&page, &WANG).await.code();
}

#[tokio::test]
async fn login_hint_stands_in_the_form() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid").with("login_hint", "someone@example");
    let page = world.browser().get(&ask.address()).await;
    assert_eq!(page.input("username").as_deref(), Some("someone@example"));
    assert!(!page.path.contains("someone"), "{}", page.path);
}

#[tokio::test]
async fn id_token_hint_is_for_one_person_and_one_client() {
    let world = World::new().await;
    let (office, portal) = (world.system("office"), world.system("portal"));
    let mut wang = world.browser();
    let hint = office.connect(&mut wang, &WANG, "openid").await.id.unwrap();
    let hinted = |ask: crate::support::Ask| ask.with("id_token_hint", &hint).with("prompt", "none").address();

    // An expired hint is as good as a fresh one.
    world.later(3600);
    wang.get(&hinted(office.ask("openid"))).await.code();
    let mut li = world.browser();
    li.sign_in(&LI).await;
    world.later(1);
    li.get(&hinted(office.ask("openid"))).await.client_is_refused("login_required", 102_031);
    wang.get(&hinted(portal.ask("openid"))).await.client_is_refused("invalid_request", 102_022);
    let tampered = format!("{}x", &hint[..hint.len() - 1]);
    let ask = office.ask("openid").with("id_token_hint", &tampered);
    wang.get(&ask.address()).await.client_is_refused("invalid_request", 102_022);

    // Who signs in as somebody else than the one named is not passed off as them.
    world.later(1);
    let page = li.get(&office.ask("openid").with("id_token_hint", &hint).address()).await;
    li.sign_in_on(&page, &LI).await.client_is_refused("login_required", 102_037);
}

#[tokio::test]
async fn a_request_that_names_two_persons_is_answered_about_neither() {
    let world = World::new().await;
    let office = world.system("office");
    let (mut wang, mut li) = (world.browser(), world.browser());
    let hint = office.connect(&mut wang, &WANG, "openid").await.id.unwrap();
    let other = office.connect(&mut li, &LI, "openid").await.id.unwrap();
    let (hers, his) =
        (office.id_claims(&hint).await["sub"].clone(), office.id_claims(&other).await["sub"].clone());
    let both = |first: &Value, second: &Value| {
        json!({"id_token": {"sub": {"value": first}}, "userinfo": {"sub": {"value": second}}}).to_string()
    };
    let hinted = office.ask("openid").with("id_token_hint", &hint);
    wang.get(&hinted.clone().with("claims", &both(&hers, &hers)).address()).await.code();
    for ask in [
        hinted.with("claims", &json!({"id_token": {"sub": {"value": his}}}).to_string()),
        office.ask("openid").with("claims", &both(&hers, &his)),
    ] {
        wang.get(&ask.address()).await.client_is_refused("login_required", 102_037);
    }
}

#[tokio::test]
async fn ui_locales_chooses_the_language_of_page_and_error() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid");
    let page = world.browser().get(&ask.clone().with("ui_locales", "fr en zh").address()).await;
    assert!(page.answer.body.contains("<html lang=\"en\"") && page.text().contains("Sign in"));
    let english = ask.clone().with("ui_locales", "en").with("prompt", "none");
    assert_eq!(world.browser().get(&english.address()).await.told("error_description_zh"), None);
    let chinese = ask.with("prompt", "none");
    let told = world.browser().get(&chinese.address()).await.told("error_description_zh");
    assert!(told.is_some_and(|text| text.contains("登录")));
}

#[tokio::test]
async fn the_answer_travels_as_asked() {
    let world = World::new().await;
    let office = world.system("office");
    let mut browser = world.browser();
    browser.sign_in(&WANG).await;

    let ask = office.ask("openid").with("response_mode", "form_post");
    let page = browser.get(&ask.address()).await;
    assert_eq!(page.name(), "form-post");
    let form = page.form(&[]);
    assert_eq!(form.action, "https://office.example/cb");
    let fields = form.fields();
    let value = |name: &str| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    assert_eq!((value("state"), value("iss")), (Some(ask.state.as_str()), Some(ISSUER)));
    Tokens::of(&office.exchange(value("code").unwrap(), &ask).await);
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
    // The client hears from whom the form comes, not from which page.
    assert_eq!(page.answer.header("referrer-policy"), Some("strict-origin"));

    let refused = office.ask("openid").with("response_mode", "form_post").with("prompt", "perhaps");
    let form = browser.get(&refused.address()).await.form(&[]);
    assert!(form.fields().contains(&("error", "invalid_request")));

    let fragment = office.ask("openid").with("response_mode", "fragment");
    let left_to = browser.get(&fragment.address()).await.left_to().clone();
    assert!(left_to.query().is_none() && left_to.fragment().is_some_and(|text| text.starts_with("code=")));
}

#[tokio::test]
async fn a_browser_that_is_new_gets_one_name() {
    let world = World::new().await;
    let ask = world.system("office").ask("openid").with("response_mode", "form_post").with("prompt", "none");
    let page = world.browser().get(&format!("{}&lang=en", ask.address())).await;
    assert_eq!(page.name(), "form-post");
    let set: Vec<&str> =
        page.answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    for name in ["tongyao_browser=", "tongyao_language="] {
        assert_eq!(set.iter().filter(|cookie| cookie.starts_with(name)).count(), 1, "{set:?}");
    }
}

#[tokio::test]
async fn acr_tells_the_level_that_was_reached() {
    let world = World::new().await;
    let office = world.system("office");
    let cases = [
        (&WANG, "", "urn:tongyao:loa:1"),
        (&LI, "", "urn:tongyao:loa:3"),
        (&LI, "urn:tongyao:loa:3", "urn:tongyao:loa:3"),
        (&WANG, "urn:tongyao:loa:3 urn:tongyao:loa:1", "urn:tongyao:loa:1"),
        (&WANG, "urn:other:high", "urn:tongyao:loa:1"),
        (&WANG, "urn:tongyao:aal:1", "urn:tongyao:aal:1"),
    ];
    for (citizen, values, expected) in cases {
        let ask = office.ask("openid").with("acr_values", values);
        let page = world.browser().pass(&ask, citizen).await;
        let tokens = Tokens::of(&office.exchange(&page.code(), &ask).await);
        let claims = office.id_claims(&tokens.id.unwrap()).await;
        assert_eq!(claims["acr"], expected, "{values}");
        assert_eq!(claims["amr"][0], "pwd");
    }
    let essential = r#"{"id_token":{"acr":{"essential":true,"values":["urn:nowhere:9"]}}}"#;
    let mut browser = world.browser();
    browser.sign_in(&LI).await;
    let page = browser.get(&office.ask("openid").with("claims", essential).address()).await;
    page.client_is_refused("unmet_authentication_requirements", 102_039);
}

#[tokio::test]
async fn leaving_the_way_is_told_to_the_client() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let page = browser.get(&portal.ask("openid").address()).await;
    let left = browser.submit(&page, &[("action", "cancel")]).await;
    left.client_is_refused("access_denied", 102_036);
    let page = browser.get(&portal.ask("openid").address()).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let left = browser.submit(&page, &[("decision", "deny")]).await;
    left.client_is_refused("access_denied", 102_035);
}

#[tokio::test]
async fn a_waiting_request_belongs_to_its_browser_and_ends() {
    let world = World::new().await;
    let page = world.browser().get(&world.system("portal").ask("openid").address()).await;
    let stolen = world.browser().get(&page.path).await;
    assert_eq!((stolen.name().as_str(), stolen.status()), ("error", 410));
    for path in ["/sign-in?request=req_1", "/consent?request=x", "/continue?request=req_00"] {
        assert_eq!(world.browser().get(path).await.status(), 410, "{path}");
    }
}

#[tokio::test]
async fn pages_may_send_forms_to_clients_only() {
    let world = World::new().await;
    let page = world.browser().get(&world.system("portal").ask("openid").address()).await;
    let policy = page.answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    // A client may send the person on to a host that is not registered, and Chromium counts that as the form's end.
    assert!(policy.contains("form-action 'self' https:;"), "{policy}");
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.answer.header("referrer-policy"), Some("same-origin"));
    assert_eq!(page.answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.answer.header("cache-control"), Some("no-store"));
}

/// `display=popup`: a page of the client opened the window and waits for the answer in it. One answer on the way that cuts the
/// window off from its opener (HTML §7.1.3) would leave the client waiting for ever.
#[tokio::test]
async fn a_client_may_wait_for_the_window_it_opened() {
    const POLICY: &str = "cross-origin-opener-policy";
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let page = browser.get(&portal.ask("openid profile").with("display", "popup").address()).await;
    assert_eq!((page.name().as_str(), page.answer.header(POLICY)), ("sign-in", None));
    let page = browser.sign_in_on(&page, &WANG).await;
    assert_eq!((page.name().as_str(), page.answer.header(POLICY)), ("consent", None));
    let page = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!((page.is_here(), page.answer.header(POLICY)), (false, None));
    let page = browser.get("/oidc/logout").await;
    assert_eq!((page.name().as_str(), page.answer.header(POLICY)), ("sign-out", None));
    for own in ["/account/", "/device", "/nothing"] {
        assert_eq!(browser.get(own).await.answer.header(POLICY), Some("same-origin"), "{own}");
    }
}

#[tokio::test]
async fn discovery_says_what_works() {
    let world = World::new().await;
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(metadata["issuer"], ISSUER);
    for (member, path) in [
        ("authorization_endpoint", "/oidc/authorize"),
        ("token_endpoint", "/oidc/token"),
        ("userinfo_endpoint", "/oidc/userinfo"),
        ("jwks_uri", "/oidc/jwks"),
        ("introspection_endpoint", "/oidc/introspect"),
        ("revocation_endpoint", "/oidc/revoke"),
        ("end_session_endpoint", "/oidc/logout"),
    ] {
        assert_eq!(metadata[member], format!("{ISSUER}{path}"));
        let there = Call::get(path).send(&world.router).await;
        assert_ne!(there.status.as_u16(), 404, "{path}");
    }
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["backchannel_logout_supported"], true);
    let jwks = Call::get("/oidc/jwks").send(&world.router).await;
    assert!(jwks.good()["keys"].as_array().unwrap().len() >= 4);
    assert!(!jwks.body.contains("\"d\""), "a private key is published");
}

/// Where the page leads, without the query that carries secrets.
#[tokio::test]
async fn no_secret_stands_in_the_address_of_a_page() {
    let world = World::new().await;
    let ask = world.system("portal").ask("openid").with("login_hint", WANG.number);
    let page: Page = world.browser().get(&ask.address()).await;
    let url = Url::parse(ISSUER).unwrap().join(&page.path).unwrap();
    let names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["request"]);
}

/// OIDC Core §5.5: claims that are not understood are ignored; they are not kept either.
#[tokio::test]
async fn claims_nobody_knows_are_not_kept_with_the_code() {
    let world = World::new().await;
    let portal = world.system("portal");
    let names: Vec<String> = (0..300).map(|n| format!("\"nobody_knows_{n}\":null")).collect();
    let claims = format!(r#"{{"userinfo":{{"email":{{"value":"planted"}},{}}}}}"#, names.join(","));
    let page = world.browser().pass(&portal.ask("openid profile").with("claims", &claims), &WANG).await;
    let key = format!("code:{}", digest(&page.code()));
    let kept = world.app.ephemeral.get(&key).await.unwrap().unwrap();
    assert!(kept.contains("email") && !kept.contains("nobody_knows") && !kept.contains("planted"), "{kept}");
}
