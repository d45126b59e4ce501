//! Every address of the service, and whatever a stranger sends there: each gets an answer, and never a fault of ours.

use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE};
use http::{Method, StatusCode};

use crate::support::clerk::CHEN;
use crate::support::wire::Call;
use crate::support::{Answer, Browser, Clerk, WANG, World};

/// Every constant of the one file where addresses stand, the part in braces filled in.
fn addresses() -> Vec<String> {
    let source = include_str!("../../src/http/paths.rs");
    let constants = source.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(" = \""));
    let paths: Vec<String> = constants
        .map(|(_, rest)| rest.trim_end_matches("\";"))
        .map(|path| path.replace("{id}", "vis_0").replace("{token}", &"A".repeat(43)))
        .collect();
    assert!(paths.len() > 40 && paths.contains(&"/hall/visits/vis_0/card".to_owned()), "{paths:?}");
    paths
}

fn garbage() -> Vec<String> {
    let long = "x".repeat(7_000);
    let all = [
        "",
        "?",
        "?%00",
        "?%FF%FE",
        "?request=%FF",
        "?request=a&request=b",
        "?code=1&code=2&why=a&why=b",
        "?next=a&next=b&said=1&said=2",
        "?client_id=portal&client_id=portal",
        "?nonce=a&nonce=b",
        "?=&==&&",
        "?request[]=1",
        "?lang=xx&size=huge",
        "?lang=en&lang=zh-CN",
        "?page=-1",
        "?before=%27%20OR%201%3D1",
        "?request=req_0&stay=&stay=",
        "?request=%E2%80%AE",
        "?id_token_hint=a.b.c&response_type=code",
    ];
    all.into_iter().map(str::to_owned).chain([format!("?request={long}")]).collect()
}

/// A page of ours, an answer for programs, or a redirect: never a bare line of the framework's.
fn assert_ours(answer: &Answer, what: &str) {
    assert!(answer.status.as_u16() < 500, "{what}: {} {}", answer.status, answer.body);
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(!kind.starts_with("text/plain"), "{what}: {} {}", answer.status, answer.body);
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert!(answer.header("content-security-policy").is_some(), "{what}");
}

#[tokio::test]
async fn no_query_breaks_a_page_whoever_asks() {
    let world = World::with_halls().await;
    let mut citizen = world.browser();
    citizen.sign_in(&WANG).await;
    let clerk = Clerk::at_work(&world, &CHEN).await.browser;
    let mut visitors = [("nobody", world.browser()), ("citizen", citizen), ("clerk", clerk)];
    for path in addresses() {
        for query in garbage() {
            for (who, browser) in &mut visitors {
                let address = format!("{path}{query}");
                let answer = browser.fetch(Call::get(&address)).await;
                assert_ours(&answer, &format!("{who} at {address}"));
            }
        }
    }
}

#[tokio::test]
async fn no_cookie_breaks_a_page() {
    let world = World::with_halls().await;
    let names = ["session", "staff", "browser", "language", "elder", "signed_out"];
    let long = "A".repeat(3_000);
    for value in ["", "A", "%00", "../..", "{\"a\":1}", "ses_0", "\"", long.as_str()] {
        let cookies: Vec<String> = names.iter().map(|name| format!("tongyao_{name}={value}")).collect();
        for path in addresses() {
            let answer = Call::get(&path).header(COOKIE, &cookies.join("; ")).send(&world.router).await;
            assert_ours(&answer, &format!("{path} with {value}"));
        }
    }
}

#[tokio::test]
async fn no_form_breaks_a_page() {
    let world = World::with_halls().await;
    let mut citizen = world.browser();
    citizen.sign_in(&WANG).await;
    let clerk = Clerk::at_work(&world, &CHEN).await.browser;
    let csrf = |page: crate::support::Page| page.input("csrf").unwrap();
    let mut visitors: Vec<(Browser, String)> = Vec::new();
    for (mut browser, path) in
        [(world.browser(), "/sign-in"), (citizen, "/account/sessions"), (clerk, "/hall/")]
    {
        let token = csrf(browser.get(path).await);
        visitors.push((browser, token));
    }
    let bodies =
        ["", "&a=b&a=c", "&request=%FF&action=%00&decision=x&step=create&continuation_code=%00&version=x"];
    for path in addresses() {
        for (browser, token) in &mut visitors {
            for body in bodies {
                let call = Call::post_body(&path, format!("csrf={token}{body}"))
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                let answer = browser.fetch(call).await;
                assert_ours(&answer, &format!("{path} with {body}"));
            }
        }
        for (kind, body) in [("text/plain", "a"), ("application/json", "{}"), ("", "\u{0}\u{1}")] {
            let call = Call::post_body(&path, body.to_owned()).header(CONTENT_TYPE, kind);
            assert_ours(&call.send(&world.router).await, &format!("{path} with {kind}"));
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_readers_language() {
    let world = World::with_halls().await;
    let missing =
        ["/nowhere", "/hall/visits/", "/receipts", "/assets/nothing.css", "/%FF", "/bind/", "/assets/../x"];
    for path in missing {
        for (language, title) in [("zh-CN", "没有找到这个页面"), ("en", "Page not found")] {
            let answer = Call::get(path).header(ACCEPT_LANGUAGE, language).send(&world.router).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(answer.body.contains(title), "{path} in {language}: {}", answer.body);
            let root = if language == "en" { "<html lang=\"en\"" } else { "<html lang=\"zh-CN\"" };
            assert!(answer.body.contains(root), "{path} in {language}");
        }
    }
}

#[tokio::test]
async fn a_method_that_a_page_does_not_know_is_told_which_it_knows() {
    let world = World::with_halls().await;
    for (path, allowed) in
        [("/sign-in", "GET"), ("/account/", "GET"), ("/oidc/token", "POST"), ("/hall/", "GET")]
    {
        for method in [Method::DELETE, Method::PUT, Method::PATCH] {
            let answer = Call::with_method(method, path).send(&world.router).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            assert!(answer.header("allow").unwrap_or_default().contains(allowed), "{path}");
        }
    }
    for (language, title) in [("zh-CN", "不能这样使用"), ("en", "cannot be used this way")] {
        let call = Call::with_method(Method::DELETE, "/sign-in").header(ACCEPT_LANGUAGE, language);
        let answer = call.send(&world.router).await;
        assert!(answer.body.contains(title), "{language}: {}", answer.body);
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::with_halls().await;
    for path in
        ["/", "/sign-in", "/help", "/hall/sign-in", "/register", "/health/live", "/oidc/jwks", "/nowhere"]
    {
        let full = Call::get(path).send(&world.router).await;
        let head = Call::with_method(Method::HEAD, path).send(&world.router).await;
        assert_eq!((head.status, head.body.as_str()), (full.status, ""), "{path}");
        assert_eq!(head.header("content-type"), full.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_everywhere() {
    let world = World::with_halls().await;
    let huge = "a".repeat(1 << 20);
    for path in addresses() {
        let call = Call::post_body(&path, huge.clone())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(http::header::CONTENT_LENGTH, &huge.len().to_string());
        let answer = call.send(&world.router).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let told =
            if tongyao::http::paths::is_for_programs(&path) { "\"100004\"" } else { "提交的内容太大" };
        assert!(answer.body.contains(told), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn no_link_of_a_page_leads_to_a_host_that_the_address_named() {
    let world = World::new().await;
    for slashes in ["//", "///", "/\\", "/\\/", "//\\"] {
        let page = world.browser().get(&format!("{slashes}evil.example/account/?lang=en")).await;
        assert_eq!((page.name().as_str(), page.status()), ("error", 404), "{slashes}");
        let links = page.links();
        assert!(links.iter().any(|link| link.contains("lang=")), "{links:?}");
        for link in links {
            let to = url::Url::parse("http://localhost:8000").unwrap().join(&link).unwrap();
            assert_ne!(to.host_str(), Some("evil.example"), "{slashes}: {link}");
        }
        assert!(!page.answer.body.contains(&format!("{slashes}evil")), "{slashes}");
    }
}
