//! The robot of the certification guide finds its way through the pages with the configuration as it stands there.

use serde_json::Value;

use crate::conformance_core::RESPONSE_TYPES;
use crate::support::relying_party::Credential;
use crate::support::{Browser, Page, RelyingParty, Tokens, World};

const GUIDE: &str = include_str!("../../docs/CERTIFICATION.md");
const CONFIGURATION: &str = include_str!("../../docs/certification/openid-connect.json");
const SERVICE: &str = "https://id.example";
const BACK: &str = "https://suite.example/test/a/tongyao/post_logout_redirect";
const DECLARED: [&str; 5] =
    ["certification-1", "certification-2", "certification-post", "certification-back", "certification-front"];

/// A browser that does what tasks of the configuration say, as the suite's runner does.
struct Robot {
    browser: Browser,
    typed: Vec<(String, String)>,
    /// Whether a picture of a page was asked for and could be taken.
    pictured: bool,
}

fn declared() -> Value {
    let (_, rest) = GUIDE.split_once("<!-- declared: openid-connect -->").unwrap();
    let text = rest.split_once("```json").unwrap().1.split_once("```").unwrap().0;
    serde_json::from_str(text).unwrap()
}

fn configuration() -> Value {
    serde_json::from_str(CONFIGURATION).unwrap()
}

async fn world() -> World {
    let world = World::empty().await;
    world.apply(declared()).await;
    world
}

/// A declared client, at the address of the suite.
fn party(world: &World, id: &str) -> RelyingParty {
    let state = declared();
    let declared =
        state["clients"].as_array().unwrap().iter().find(|one| one["client_id"] == id).unwrap().clone();
    let text = |name: &str| declared[name].as_str().unwrap_or_default().to_owned();
    let credential = match text("token_endpoint_auth_method").as_str() {
        "client_secret_post" => Credential::Post(text("client_secret")),
        _ => Credential::Basic(text("client_secret")),
    };
    let mut party = RelyingParty::new(world, id, credential);
    party.redirect_uri =
        declared["redirect_uris"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    party
}

fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || pattern.ends_with('*')
}

fn url(page: &Page) -> String {
    match page.is_here() {
        true => format!("{SERVICE}{}", page.path),
        false => page.left_to().to_string(),
    }
}

impl Robot {
    fn new(world: &World) -> Self {
        Self { browser: world.browser().speaking("en-US"), typed: Vec::new(), pictured: false }
    }

    /// Goes to an address of the service and does what the configuration has for it.
    async fn visit(&mut self, address: &str, module: Option<&str>) -> Page {
        let configuration = configuration();
        let own = module.map(|module| &configuration["override"][module]["browser"]);
        let visits = own.unwrap_or(&configuration["browser"]).as_array().unwrap().clone();
        let called = format!("{SERVICE}{address}");
        let found = visits.iter().find(|visit| matches(visit["match"].as_str().unwrap(), &called));
        let tasks = found.unwrap_or_else(|| panic!("nothing for {called}"))["tasks"].as_array().unwrap();
        let mut page = self.browser.get(address).await;
        for task in tasks {
            if !matches(task["match"].as_str().unwrap(), &url(&page)) {
                assert_eq!(task["optional"], true, "{} at {}", task["task"], url(&page));
                continue;
            }
            for command in task["commands"].as_array().into_iter().flatten() {
                page = self.obey(page, command).await;
            }
        }
        page
    }

    async fn obey(&mut self, page: Page, command: &Value) -> Page {
        let word = |at: usize| command[at].as_str().unwrap_or_default();
        match (word(0), word(1)) {
            ("text", "name") => self.typed.push((word(2).to_owned(), word(3).to_owned())),
            ("click", "css") => {
                let (name, value) = button(word(2));
                assert!(page.buttons(name).iter().any(|one| one == value), "no {} here", word(2));
                let typed = std::mem::take(&mut self.typed);
                let mut fields: Vec<(&str, &str)> =
                    typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                fields.push((name, value));
                return self.browser.submit(&page, &fields).await;
            }
            ("wait", "contains") => {
                assert!(url(&page).contains(word(2)), "{} is not {}", url(&page), word(2))
            }
            ("wait-element-invisible", "name") => {
                let there =
                    !page.is_here() || page.input(word(2)).is_none() && page.buttons(word(2)).is_empty();
                // The next page may have a button of the same name.
                assert!(there || !url(&page).contains("/sign-"), "{} is still on {}", word(2), url(&page));
            }
            ("wait-element-invisible", "css") => {
                let (name, value) = button(word(2));
                let gone = !page.is_here() || !page.buttons(name).iter().any(|one| one == value);
                assert!(gone, "{} is still on {}", word(2), url(&page));
            }
            // Only the suite's own page has it.
            ("wait", "id") => assert!(!page.is_here()),
            ("wait", "xpath") => {
                let text = page.text();
                let any = word(4).trim_matches(['(', ')']).split('|').any(|one| text.contains(one));
                assert!(any, "{} is not in {text}", word(4));
                self.pictured |= !word(5).is_empty();
            }
            other => panic!("{other:?} is no command"),
        }
        page
    }
}

#[tokio::test]
async fn it_signs_in_and_allows_for_every_declared_client() {
    let world = world().await;
    for id in DECLARED {
        let party = party(&world, id);
        let mut robot = Robot::new(&world);
        let ask = party.ask("openid profile email address phone");
        let page = robot.visit(&ask.address(), None).await;
        let tokens = Tokens::of(&party.exchange(&page.code(), &ask).await);
        if id == "certification-1" {
            // Nothing is missing that a scope stands for.
            let told = party.userinfo(&tokens.access).await.good();
            assert_eq!(told.as_object().unwrap().len(), 1 + 14 + 2 + 2 + 1, "{told}");
        }
        // The second time nothing is asked; when it must be, a picture shows it.
        assert!(robot.visit(&party.ask("openid").address(), None).await.told("code").is_some());
        for module in ["oidcc-prompt-login", "oidcc-max-age-1"] {
            let again = party.ask("openid").with("prompt", "login");
            assert!(robot.visit(&again.address(), Some(module)).await.told("code").is_some());
            assert!(std::mem::take(&mut robot.pictured), "{module}");
        }
    }
}

/// Which one is meant is left to who runs a plan: those of the four ways to log out name none.
#[tokio::test]
async fn every_declared_client_is_answered_in_each_response_type() {
    let world = world().await;
    for id in DECLARED {
        let party = party(&world, id);
        let mut robot = Robot::new(&world);
        for response_type in RESPONSE_TYPES {
            let ask = party.ask("openid").with("response_type", response_type);
            let page = robot.visit(&ask.address(), None).await;
            for word in response_type.split(' ') {
                let name = if word == "token" { "access_token" } else { word };
                let told = page.told(name).or_else(|| page.told_in_fragment(name));
                assert!(told.is_some(), "{id}, {response_type}: {}", page.left_to());
            }
        }
    }
}

#[tokio::test]
async fn it_sees_the_page_that_says_what_is_wrong() {
    let world = world().await;
    let party = party(&world, "certification-1");
    let ask = party.ask("openid");
    let cases = [
        (
            "oidcc-ensure-registered-redirect-uri",
            ask.clone().with("redirect_uri", "https://suite.example/other"),
        ),
        ("oidcc-ensure-redirect-uri-in-authorization-request", ask.clone().without("redirect_uri")),
        (
            "oidcc-redirect-uri-query-added",
            ask.clone().with("redirect_uri", &format!("{}?foo=bar", party.redirect_uri)),
        ),
        (
            "oidcc-redirect-uri-query-mismatch",
            ask.clone().with("redirect_uri", &format!("{}?a=b", party.redirect_uri)),
        ),
        ("oidcc-registration-logo-uri", ask.clone()),
        ("oidcc-registration-policy-uri", ask.clone()),
        ("oidcc-registration-tos-uri", ask),
    ];
    for (module, ask) in cases {
        let mut robot = Robot::new(&world);
        robot.visit(&ask.address(), Some(module)).await;
        assert!(robot.pictured, "{module}");
    }
}

#[tokio::test]
async fn it_signs_out_and_comes_back_or_sees_why_not() {
    let world = world().await;
    let party = party(&world, "certification-1");
    let cases = [
        (None, "all"),
        (Some("bad-post-logout-redirect-uri"), "bad address"),
        (Some("query-added-to-post-logout-redirect-uri"), "query"),
        (Some("modified-id-token-hint"), "unsigned"),
        (Some("bad-id-token-hint"), "bad hint"),
        (Some("no-id-token-hint"), "no hint"),
        (Some("no-params"), "nothing"),
        (Some("no-post-logout-redirect-uri"), "no address"),
        (Some("only-state"), "only state"),
    ];
    for (module, case) in cases {
        let mut robot = Robot::new(&world);
        let ask = party.ask("openid");
        let page = robot.visit(&ask.address(), None).await;
        let hint = Tokens::of(&party.exchange(&page.code(), &ask).await).id.unwrap();
        // The signature stands under another header.
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", hint.split('.').nth(1).unwrap());
        let (elsewhere, added) = (format!("{BACK}2"), format!("{BACK}?foo=bar"));
        let (hint, address, state) =
            (("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BACK), ("state", "s"));
        let fields = match case {
            "all" => vec![hint, address, state],
            "bad address" => vec![hint, ("post_logout_redirect_uri", &*elsewhere), state],
            "query" => vec![hint, ("post_logout_redirect_uri", &*added), state],
            "unsigned" => vec![("id_token_hint", &*unsigned), address, state],
            "bad hint" => vec![("id_token_hint", "bad"), address, state],
            "no hint" => vec![address, state],
            "no address" => vec![hint, state],
            "only state" => vec![state],
            _ => vec![],
        };
        let module = module.map(|name| format!("oidcc-rp-initiated-logout-{name}"));
        let query = serde_urlencoded::to_string(&fields).unwrap();
        let page = robot.visit(&format!("/oidc/logout?{query}"), module.as_deref()).await;
        match module {
            None => assert_eq!(page.left_to().as_str(), format!("{BACK}?state=s")),
            Some(module) => assert!(robot.pictured && page.is_here(), "{module}"),
        }
    }
}

/// Name and value of `button[name=…][value=…]`.
fn button(selector: &str) -> (&str, &str) {
    let inner = selector.strip_prefix("button[name=").and_then(|rest| rest.strip_suffix(']'));
    inner.and_then(|inner| inner.split_once("][value=")).unwrap_or_else(|| panic!("{selector} is no button"))
}
