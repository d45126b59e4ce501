//! What certification asks of the provider: driven as the OpenID Foundation's tools do it, by clients that register themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Answer, Ask, Browser, Page, RelyingParty, Tokens, WANG, World};

const REDIRECT: &str = "https://suite.example/test/a/tongyao/callback";
pub const RESPONSE_TYPES: [&str; 6] =
    ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"];
/// OIDC Core §3.1.2.6, RFC 9207, Session Management §2.
const OF_AN_ERROR: [&str; 6] = ["error", "error_description", "error_uri", "state", "session_state", "iss"];

/// A client as such a tool registers it: no scope, no profile, keys whether or not it needs them.
async fn registered(world: &World, response_type: &str, change: Value) -> (RelyingParty, Value) {
    let words: BTreeSet<&str> = response_type.split(' ').collect();
    let mut grants = Vec::new();
    grants.extend(words.contains("code").then_some("authorization_code"));
    grants.extend((words.contains("id_token") || words.contains("token")).then_some("implicit"));
    let mut body = json!({
        "client_name": "a certification tool", "grant_types": grants, "response_types": [response_type],
        "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_basic",
        "contacts": ["certification@suite.example"], "jwks": {"keys": [bare(&signer())]},
    });
    for (member, value) in change.as_object().unwrap() {
        body[member] = value.clone();
    }
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let answer = register(world, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
    let body = answer.json();
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    let credential = match text("token_endpoint_auth_method").as_str() {
        "client_secret_post" => Credential::Post(text("client_secret")),
        _ => Credential::Basic(text("client_secret")),
    };
    let mut party = RelyingParty::new(world, &text("client_id"), credential);
    party.redirect_uri = body["redirect_uris"][0].as_str().unwrap_or(REDIRECT).to_owned();
    (party, body)
}

async fn register(world: &World, body: &Value) -> Answer {
    let call = Call::post_body("/oidc/register", body.to_string()).header(CONTENT_TYPE, "application/json");
    call.send(&world.router).await
}

fn signer() -> Signer {
    Signer::from_pkcs8(SigningAlgorithm::Rs256, &generate(SigningAlgorithm::Rs256).unwrap()).unwrap()
}

/// The public key without a name: a set of one key needs none (RFC 7517 §4.5).
fn bare(signer: &Signer) -> Value {
    let mut key = signer.jwk().clone();
    key.as_object_mut().unwrap().remove("kid");
    key
}

/// A request without PKCE, as most certification modules send it.
fn ask(party: &RelyingParty, scope: &str) -> Ask {
    party.ask(scope).without("code_challenge").without("code_challenge_method")
}

async fn exchange(party: &RelyingParty, code: &str) -> Answer {
    party
        .token(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &party.redirect_uri)])
        .await
}

async fn connect(party: &RelyingParty, browser: &mut Browser, ask: &Ask) -> Tokens {
    let page = browser.pass(ask, &WANG).await;
    Tokens::of(&exchange(party, &page.code()).await)
}

fn names(page: &Page) -> BTreeSet<String> {
    let url = page.left_to();
    let encoded = url.fragment().or(url.query()).unwrap_or_default();
    serde_urlencoded::from_str::<Vec<(String, String)>>(encoded)
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

/// What a tool looks at in every error it is sent.
#[track_caller]
fn is_plain_error(page: &Page, ask: &Ask, error: &str) {
    let url = page.left_to();
    let encoded = url.fragment().or(url.query()).unwrap_or_default();
    let told: Vec<(String, String)> = serde_urlencoded::from_str(encoded).unwrap();
    let value = |name: &str| told.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(value("error"), Some(error), "{url}");
    assert_eq!(value("state"), Some(ask.state.as_str()));
    assert_eq!(value("iss"), Some(ISSUER));
    let unknown: Vec<_> = told.iter().filter(|(name, _)| !OF_AN_ERROR.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let description = value("error_description").unwrap();
    assert!(description.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\'), "{description}");
    let page = value("error_uri").unwrap().parse::<url::Url>().unwrap();
    assert!(page.query().is_some_and(|query| query.starts_with("txn=")), "{page}");
}

/// A document that the service is to fetch, and the address it stands at.
async fn document() -> (String, Arc<Mutex<String>>) {
    let told: Arc<Mutex<String>> = Arc::default();
    let shown = told.clone();
    let handler = move || {
        let shown = shown.clone();
        async move { shown.lock().await.clone() }
    };
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/requesturi/4Tz9", socket.local_addr().unwrap());
    let routes = Router::new().route("/requesturi/{name}", get(handler));
    tokio::spawn(async move { axum::serve(socket, routes).await.unwrap() });
    (address, told)
}

#[tokio::test]
async fn discovery_says_what_a_dynamic_provider_must() {
    let world = World::new().await;
    let answer = Call::get("/.well-known/openid-configuration").send(&world.router).await;
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    let said = answer.good();
    let has = |member: &str, value: &str| said[member].as_array().unwrap().contains(&json!(value));
    for (member, values) in [
        ("response_types_supported", &["code", "id_token", "id_token token"][..]),
        ("grant_types_supported", &["authorization_code", "implicit", "refresh_token"][..]),
        ("subject_types_supported", &["public", "pairwise"][..]),
        ("id_token_signing_alg_values_supported", &["RS256"][..]),
        ("userinfo_signing_alg_values_supported", &["RS256"][..]),
        ("request_object_signing_alg_values_supported", &["RS256"][..]),
        ("scopes_supported", &["openid", "profile", "email", "address", "phone", "offline_access"][..]),
        ("token_endpoint_auth_methods_supported", &["client_secret_basic", "client_secret_post"][..]),
        ("token_endpoint_auth_methods_supported", &["private_key_jwt", "client_secret_jwt"][..]),
        ("claims_supported", &["sub", "name", "email", "address", "phone_number"][..]),
    ] {
        assert!(values.iter().all(|value| has(member, value)), "{member}: {}", said[member]);
    }
    // An unsigned object is nobody's: what would try one is passed over where discovery does not list `none`.
    assert!(!has("request_object_signing_alg_values_supported", "none"));
    assert!(!has("id_token_signing_alg_values_supported", "none"));
    for flag in [
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
    ] {
        assert_eq!(said[flag], true, "{flag}");
    }
    for member in ["registration_endpoint", "end_session_endpoint", "check_session_iframe", "jwks_uri"] {
        assert!(said[member].as_str().unwrap().starts_with(ISSUER), "{member}");
    }
    let keys = Call::get("/oidc/jwks").send(&world.router).await.good()["keys"].as_array().unwrap().clone();
    let kids: BTreeSet<&str> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(kids.len(), keys.len());
    for key in &keys {
        assert!(["d", "p", "q", "dp", "dq", "qi", "k"].iter().all(|part| key.get(part).is_none()));
        assert!(matches!(key["use"].as_str(), Some("sig" | "enc")));
    }
}

#[tokio::test]
async fn each_response_type_works_for_who_registered_it_and_goes_with_its_client() {
    let world = World::new().await;
    for response_type in RESPONSE_TYPES {
        let (party, body) = registered(&world, response_type, json!({})).await;
        let words: BTreeSet<&str> = response_type.split(' ').collect();
        let ask = ask(&party, "openid").with("response_type", response_type);
        let page = world.browser().pass(&ask, &WANG).await;
        let mut expected = BTreeSet::from(["state", "iss", "session_state"]);
        expected.extend(words.contains("code").then_some("code"));
        expected.extend(words.contains("id_token").then_some("id_token"));
        if words.contains("token") {
            expected.extend(["access_token", "token_type", "expires_in", "scope"]);
        }
        assert_eq!(names(&page), expected.into_iter().map(str::to_owned).collect(), "{response_type}");
        assert_eq!(page.left_to().fragment().is_some(), response_type != "code", "{response_type}");
        let told = |name: &str| page.told_in_fragment(name).or_else(|| page.told(name));
        let mut subs = BTreeSet::new();
        if let Some(token) = told("id_token") {
            let claims = party.id_claims(&token).await;
            assert!(claims.get("name").is_none(), "nothing of the person without a scope for it");
            assert_eq!(claims.get("at_hash").is_some(), words.contains("token"));
            assert_eq!(claims.get("c_hash").is_some(), words.contains("code"));
            subs.insert(claims["sub"].to_string());
        }
        if let Some(token) = told("access_token") {
            subs.insert(party.userinfo(&token).await.good()["sub"].to_string());
        }
        if let Some(code) = told("code") {
            assert!(code.len() >= 22, "{code}");
            let answer = exchange(&party, &code).await;
            assert_eq!(
                (answer.header("cache-control"), answer.header("pragma")),
                (Some("no-store"), Some("no-cache"))
            );
            assert!(answer.header("content-type").unwrap().starts_with("application/json"));
            assert!(answer.good()["expires_in"].is_u64());
            let tokens = Tokens::of(&answer);
            let claims = party.id_claims(&tokens.id.unwrap()).await;
            assert_eq!((&claims["nonce"], claims.get("name")), (&json!(ask.nonce), None));
            assert!(claims["acr"].is_string() && claims.get("azp").is_none());
            subs.insert(claims["sub"].to_string());
            subs.insert(party.userinfo(&tokens.access).await.good()["sub"].to_string());
        }
        assert_eq!(subs.len(), 1, "{response_type}: {subs:?}");
        let place = body["registration_client_uri"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let bearer = format!("Bearer {}", body["registration_access_token"].as_str().unwrap());
        let gone = Call::with_method(Method::DELETE, place).header(AUTHORIZATION, &bearer);
        assert_eq!(gone.send(&world.router).await.status, 204);
    }
}

#[tokio::test]
async fn an_error_tells_what_the_specification_names_and_nothing_else() {
    let world = World::new().await;
    for response_type in RESPONSE_TYPES {
        let (party, _) = registered(&world, response_type, json!({})).await;
        let ask = ask(&party, "openid").with("response_type", response_type);
        let nobody = ask.clone().with("prompt", "none");
        is_plain_error(&world.browser().get(&nobody.address()).await, &nobody, "login_required");
        if response_type.contains("id_token") {
            let without = ask.clone().without("nonce");
            is_plain_error(&world.browser().get(&without.address()).await, &without, "invalid_request");
        }
        let missing = ask.without("response_type");
        let page = world.browser().get(&missing.address()).await;
        assert!(page.left_to().fragment().is_none(), "no response type: the query");
        is_plain_error(&page, &missing, "invalid_request");
    }
    // What is registered as a careful client is told more, in parameters of its own.
    let portal = world.system("portal").ask("openid").with("prompt", "none");
    assert!(world.browser().get(&portal.address()).await.told("error_code").is_some());
}

#[tokio::test]
async fn the_page_behind_error_uri_names_the_request() {
    let world = World::new().await;
    let (party, _) = registered(&world, "code", json!({})).await;
    let page = world.browser().get(&ask(&party, "openid").with("prompt", "none").address()).await;
    let help = page.told("error_uri").unwrap();
    let txn = help.split_once("txn=").unwrap().1.to_owned();
    let shown = world.browser().get(&help).await;
    assert_eq!((shown.name().as_str(), shown.status()), ("error-code", 200));
    assert!(shown.main_text().contains(&txn) && shown.main_text().contains("102031"));
    let planted = world.browser().get("/help/errors/102031?txn=%3Cb%3Eelsewhere").await;
    assert!(planted.status() == 200 && !planted.main_text().contains("elsewhere"));
}

#[tokio::test]
async fn asking_again_signs_in_again_and_asking_quietly_does_not() {
    let world = World::new().await;
    let (party, _) = registered(&world, "code", json!({})).await;
    let mut browser = world.browser();
    let claims = async |world: &World, browser: &mut Browser, change: &[(&str, &str)], pages: &[&str]| {
        let request = change.iter().fold(ask(&party, "openid"), |ask, (name, value)| ask.with(name, value));
        let first = browser.get(&request.address()).await;
        assert_eq!(first.answer.headers.contains_key("location"), pages.is_empty(), "{change:?}");
        if let Some(page) = pages.first() {
            assert_eq!(first.name(), *page, "{change:?}");
        }
        let token = connect(&party, browser, &request).await.id.unwrap();
        let claims = party.id_claims(&token).await;
        world.later(3);
        (claims, token)
    };
    let (first, hint) = claims(&world, &mut browser, &[], &["sign-in"]).await;
    assert_eq!(first["auth_time"], first["iat"]);
    // Quietly: the same sign-in, whoever the hint names.
    for quiet in
        [&[("prompt", "none")][..], &[("prompt", "none"), ("id_token_hint", &hint)], &[("max_age", "10000")]]
    {
        let (again, _) = claims(&world, &mut browser, quiet, &[]).await;
        assert_eq!((&again["auth_time"], &again["sub"]), (&first["auth_time"], &first["sub"]), "{quiet:?}");
    }
    for anew in [[("prompt", "login")], [("max_age", "1")], [("max_age", "0")]] {
        let (again, _) = claims(&world, &mut browser, &anew, &["sign-in"]).await;
        assert!(again["auth_time"].as_i64() > first["auth_time"].as_i64(), "{anew:?}");
        assert!(again["iat"].as_i64().unwrap() - again["auth_time"].as_i64().unwrap() < 10);
    }
    // What we do not follow is no reason to turn anybody away.
    for wish in [
        [("display", "page")],
        [("display", "popup")],
        [("ui_locales", "se")],
        [("claims_locales", "se")],
        [("login_hint", "buffy@localhost")],
        [("extra", "foobar")],
        [("acr_values", "1 2")],
    ] {
        claims(&world, &mut browser, &wish, &[]).await;
    }
    let supported =
        "urn:tongyao:loa:0 urn:tongyao:loa:1 urn:tongyao:loa:2 urn:tongyao:loa:3 urn:tongyao:aal:1";
    let (told, _) = claims(&world, &mut browser, &[("acr_values", supported)], &[]).await;
    assert!(supported.split(' ').any(|acr| told["acr"] == acr));
}

/// OIDC Core §5.1: the claims of `profile`, `email` and `phone` that are text.
const TEXTS: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "email",
    "phone_number",
];

#[tokio::test]
async fn a_sample_person_has_every_claim_of_the_standard_scopes() {
    let sample: Value = serde_json::from_str(include_str!("../../src/cli/demo/sample.json")).unwrap();
    let world = World::empty().await;
    world.apply(json!({"people": sample["people"]})).await;
    for person in sample["people"].as_array().unwrap() {
        let text = |member: &str| person[member].as_str().unwrap();
        let (party, _) = registered(&world, "code", json!({})).await;
        let request = ask(&party, "openid email phone address profile");
        let mut browser = world.browser();
        let page = browser.get(&request.address()).await;
        let shown = [("username", text("login_name")), ("password", text("password"))];
        let page = browser.submit(&page, &shown).await;
        let page = browser.submit(&page, &[("decision", "allow")]).await;
        let tokens = Tokens::of(&exchange(&party, &page.code()).await);
        let told = party.userinfo(&tokens.access).await.good();
        for claim in TEXTS {
            assert!(told[claim].as_str().is_some_and(|text| !text.is_empty()), "{claim}: {told}");
        }
        assert!(told["email_verified"].is_boolean() && told["phone_number_verified"].is_boolean());
        assert!(told["updated_at"].is_i64() && told["address"]["formatted"].is_string());
    }
}

#[tokio::test]
async fn an_essential_claim_is_told_where_it_was_asked() {
    let world = World::new().await;
    let wish = |place: &str| json!({ place: {"name": {"essential": true}} }).to_string();
    let (party, _) = registered(&world, "code", json!({})).await;
    let request = ask(&party, "openid").with("claims", &wish("userinfo"));
    let tokens = connect(&party, &mut world.browser(), &request).await;
    assert_eq!(party.userinfo(&tokens.access).await.good()["name"], WANG.name);
    assert!(party.id_claims(&tokens.id.unwrap()).await.get("name").is_none());
    let (party, _) = registered(&world, "id_token", json!({})).await;
    let request = ask(&party, "openid").with("response_type", "id_token").with("claims", &wish("id_token"));
    let page = world.browser().pass(&request, &WANG).await;
    assert_eq!(party.id_claims(&page.told_in_fragment("id_token").unwrap()).await["name"], WANG.name);
}

#[tokio::test]
async fn userinfo_takes_the_token_in_three_ways_and_signs_for_who_asks() {
    let world = World::new().await;
    let (party, _) = registered(&world, "code", json!({})).await;
    let tokens = connect(&party, &mut world.browser(), &ask(&party, "openid")).await;
    let bearer = format!("Bearer {}", tokens.access);
    for call in [
        Call::get("/oidc/userinfo").header(AUTHORIZATION, &bearer),
        Call::post("/oidc/userinfo", &[]).header(AUTHORIZATION, &bearer),
        Call::post("/oidc/userinfo", &[("access_token", &tokens.access)]),
    ] {
        let answer = call.send(&world.router).await;
        assert!(answer.header("content-type").unwrap().starts_with("application/json"));
        assert!(answer.good()["sub"].is_string());
    }
    let (party, _) = registered(&world, "code", json!({"userinfo_signed_response_alg": "RS256"})).await;
    let tokens = connect(&party, &mut world.browser(), &ask(&party, "openid")).await;
    let answer = party.userinfo(&tokens.access).await;
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    let claims = party.signed_claims(&answer.body).await;
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &json!(party.client_id)));
}

#[tokio::test]
async fn a_code_used_twice_takes_its_access_token_with_it() {
    let world = World::new().await;
    let (party, _) = registered(&world, "code", json!({})).await;
    let page = world.browser().pass(&ask(&party, "openid"), &WANG).await;
    let tokens = Tokens::of(&exchange(&party, &page.code()).await);
    world.later(30);
    let answer = exchange(&party, &page.code()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(party.userinfo(&tokens.access).await.status, 401);
}

#[tokio::test]
async fn refreshing_keeps_the_person_and_is_tied_to_the_client() {
    let world = World::new().await;
    let mut browser = world.browser();
    let mut held = Vec::new();
    for scope in [Some("openid offline_access"), None] {
        let grants = json!({"grant_types": ["authorization_code", "refresh_token"]});
        let (party, _) = registered(&world, "code", grants).await;
        let request = ask(&party, "openid offline_access").with("prompt", "consent");
        let tokens = connect(&party, &mut browser, &request).await;
        world.later(1);
        let refresh = tokens.refresh.unwrap();
        let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        fields.extend(scope.map(|scope| ("scope", scope)));
        let answer = party.token(&fields).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let renewed = Tokens::of(&answer);
        assert_ne!(renewed.access, tokens.access);
        let first = party.id_claims(&tokens.id.unwrap()).await;
        let second = party.id_claims(&renewed.id.unwrap()).await;
        for same in ["iss", "sub", "aud", "auth_time", "azp"] {
            assert_eq!(first.get(same), second.get(same), "{same}");
        }
        assert!(second["iat"].as_i64() > first["iat"].as_i64());
        assert!(second.get("nonce").is_none_or(|nonce| *nonce == first["nonce"]));
        party.userinfo(&renewed.access).await.good();
        held.push((party, renewed.refresh.unwrap()));
    }
    let (first, (_, of_second)) = (&held[0].0, &held[1]);
    let answer = first.refresh(of_second).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_key_without_a_name_authenticates_and_so_does_one_published_later() {
    let world = World::new().await;
    let key = Arc::new(signer());
    let jwt = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [bare(&key)]},
                     "grant_types": ["authorization_code", "refresh_token"]});
    let (party, body) = registered(&world, "code", jwt).await;
    assert!(body.get("client_secret").is_none());
    let party = party.showing(Credential::Key(key.clone()));
    let tokens = connect(&party, &mut world.browser(), &ask(&party, "openid offline_access")).await;
    // The audience may be the token endpoint as well (OIDC Core §9).
    let assertion = party.assertion(&key, json!({"aud": format!("{ISSUER}/oidc/token")}));
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_deref().unwrap()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    Tokens::of(&Call::post("/oidc/token", &fields).send(&world.router).await);

    let (address, told) = document().await;
    let first = Arc::new(signer());
    *told.lock().await = json!({"keys": [first.jwk()]}).to_string();
    let behind = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": null, "jwks_uri": address,
                        "grant_types": ["authorization_code", "refresh_token"]});
    let (party, _) = registered(&world, "code", behind).await;
    let party = party.showing(Credential::Key(first));
    let tokens = connect(&party, &mut world.browser(), &ask(&party, "openid offline_access")).await;
    let second = Arc::new(signer());
    *told.lock().await = json!({"keys": [second.jwk()]}).to_string();
    world.later(60);
    Tokens::of(&party.showing(Credential::Key(second)).refresh(&tokens.refresh.unwrap()).await);
}

#[tokio::test]
async fn a_shared_secret_signs_an_assertion() {
    let world = World::new().await;
    let change =
        json!({"token_endpoint_auth_method": "client_secret_jwt", "grant_types": ["authorization_code"]});
    let (party, body) = registered(&world, "code", change).await;
    let page = world.browser().pass(&ask(&party, "openid"), &WANG).await;
    let now = world.now().seconds();
    let claims = json!({"iss": party.client_id, "sub": party.client_id, "aud": format!("{ISSUER}/oidc/token"),
                        "iat": now, "exp": now + 60, "jti": "once"});
    let key = EncodingKey::from_secret(body["client_secret"].as_str().unwrap().as_bytes());
    let assertion = encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &page.code()),
        ("redirect_uri", REDIRECT),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    Tokens::of(&Call::post("/oidc/token", &fields).send(&world.router).await);
}

#[tokio::test]
async fn a_signed_request_behind_a_registered_address_is_fetched_and_believed() {
    let world = World::new().await;
    let key = signer();
    let (address, told) = document().await;
    // The digest of what will stand there (OIDC Core §6.2) is not known yet when the client registers.
    let dated = format!("{address}#47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    let change = json!({"request_uris": [address, dated], "request_object_signing_alg": "RS256",
                        "jwks": {"keys": [bare(&key)]}});
    let (party, body) = registered(&world, "code", change).await;
    assert_eq!(body["request_uris"], json!([address, dated]));
    let inside = ask(&party, "openid");
    let mut claims = inside.claims(world.now().seconds());
    for time in ["nbf", "exp"] {
        claims.as_object_mut().unwrap().remove(time);
    }
    let outside =
        |address: &str| ask(&party, "openid").without("nonce").without("state").with("request_uri", address);
    let good = key.sign("JWT", &claims).unwrap();
    // A file may end with a line end.
    for (text, address) in [(good.clone(), &address), (format!("{good}\n"), &address), (good, &dated)] {
        *told.lock().await = text;
        let page = world.browser().pass(&outside(address), &WANG).await;
        assert_eq!(page.told("state").as_ref(), Some(&inside.state));
        let tokens = Tokens::of(&exchange(&party, &page.code()).await);
        assert_eq!(party.id_claims(&tokens.id.unwrap()).await["nonce"], inside.nonce);
    }
    let refused = async |address: &str, error: &str| {
        let request = outside(address).with("state", "s");
        let page = world.browser().get(&request.address()).await;
        assert_eq!(page.told("error").as_deref(), Some(error), "{address}");
    };
    // Nothing is fetched but what is registered, byte for byte.
    for other in [format!("{address}x"), format!("{address}#x"), "http://169.254.169.254/latest".to_owned()] {
        refused(&other, "invalid_request_uri").await;
    }
    let unsigned = {
        let part = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims))
    };
    let foreign = signer().sign("JWT", &claims).unwrap();
    for bad in [unsigned, foreign, String::new(), "no jwt".to_owned(), BASE64_STANDARD.encode([0u8; 300])] {
        *told.lock().await = bad;
        refused(&address, "invalid_request_object").await;
    }
    *told.lock().await = "x".repeat(17 * 1024);
    refused(&address, "invalid_request_uri").await;
    // An address that does not answer, and one that leads inside.
    for dead in ["http://127.0.0.1:1/request", "https://10.0.0.1/request"] {
        let (party, _) = registered(&world, "code", json!({"request_uris": [dead]})).await;
        let request = ask(&party, "openid").with("request_uri", dead);
        let page = world.browser().get(&request.address()).await;
        assert_eq!(page.told("error").as_deref(), Some("invalid_request_uri"));
    }
    // Who registered no address cannot use any.
    let (party, _) = registered(&world, "code", json!({})).await;
    let request = ask(&party, "openid").with("request_uri", &address);
    let page = world.browser().get(&request.address()).await;
    assert_eq!(page.told("error").as_deref(), Some("request_uri_not_supported"));
}

#[tokio::test]
async fn a_login_that_others_begin_needs_an_https_address() {
    let world = World::new().await;
    let address = "https://suite.example/test/a/tongyao/initiate_login";
    let (_, body) = registered(&world, "code", json!({"initiate_login_uri": address})).await;
    assert_eq!(body["initiate_login_uri"], address);
    let place = body["registration_client_uri"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
    let bearer = format!("Bearer {}", body["registration_access_token"].as_str().unwrap());
    let answer = Call::get(place).header(AUTHORIZATION, &bearer).send(&world.router).await;
    assert!(answer.header("content-type").unwrap().starts_with("application/json"));
    assert_eq!(answer.good()["initiate_login_uri"], address);
    for plain in ["http://suite.example/initiate_login", "http://localhost:8443/initiate_login"] {
        let body = json!({"redirect_uris": [REDIRECT], "initiate_login_uri": plain});
        register(&world, &body).await.refused(400, "invalid_client_metadata", 108_008);
    }
}

#[tokio::test]
async fn an_address_that_is_not_the_registered_one_gets_nothing() {
    let world = World::new().await;
    let with_query = format!("{REDIRECT}?dummy1=lorem&dummy2=ipsum");
    let (party, _) = registered(&world, "code", json!({"redirect_uris": [with_query]})).await;
    let page = world.browser().pass(&ask(&party, "openid"), &WANG).await;
    assert_eq!(
        (page.told("dummy1").as_deref(), page.told("dummy2").as_deref()),
        (Some("lorem"), Some("ipsum"))
    );
    Tokens::of(&exchange(&party, &page.code()).await);
    let (plain, _) = registered(&world, "code", json!({})).await;
    let other = format!("{REDIRECT}?foo=bar");
    for (party, asked) in
        [(&plain, Some(other.as_str())), (&party, Some(REDIRECT)), (&plain, None), (&party, Some(&other))]
    {
        let request = match asked {
            Some(address) => ask(party, "openid").with("redirect_uri", address),
            None => ask(party, "openid").without("redirect_uri"),
        };
        let page = world.browser().get(&request.address()).await;
        assert_eq!((page.name().as_str(), page.status()), ("error", 400), "{asked:?}");
    }
    let fragment = json!({"redirect_uris": [format!("{REDIRECT}#foobar")]});
    let answer = register(&world, &fragment).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["error"]), (400, &json!("invalid_redirect_uri")));
}

#[tokio::test]
async fn a_form_post_answer_is_a_form_with_everything_in_it() {
    let world = World::new().await;
    for response_type in RESPONSE_TYPES {
        let (party, _) = registered(&world, response_type, json!({})).await;
        let request =
            ask(&party, "openid").with("response_type", response_type).with("response_mode", "form_post");
        let page = world.browser().pass(&request, &WANG).await;
        assert_eq!(page.name(), "form-post", "{response_type}");
        let form = page.form(&[]);
        assert_eq!((form.action.as_str(), form.value("state")), (REDIRECT, Some(request.state.clone())));
        for word in response_type.split(' ') {
            let name = if word == "token" { "access_token" } else { word };
            assert!(form.value(name).is_some(), "{response_type}: {name}");
        }
        let quiet = request.with("prompt", "none");
        let form = world.browser().get(&quiet.address()).await.form(&[]);
        assert_eq!(form.value("error").as_deref(), Some("login_required"));
        let known = |name: &str| OF_AN_ERROR.contains(&name);
        assert!(form.fields().iter().all(|(name, _)| known(name)), "{:?}", form.fields());
    }
}

#[tokio::test]
async fn only_a_good_hint_leads_back_after_logout() {
    let world = World::new().await;
    let back = "https://suite.example/test/a/tongyao/post_logout_redirect";
    let change = json!({"post_logout_redirect_uris": [back]});
    let part = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    for case in [
        "all",
        "no state",
        "bad address",
        "query added",
        "unsigned hint",
        "bad hint",
        "no hint",
        "no address",
        "only state",
        "nothing",
    ] {
        let (party, _) = registered(&world, "code", change.clone()).await;
        let mut browser = world.browser();
        let tokens = connect(&party, &mut browser, &ask(&party, "openid")).await;
        let hint = tokens.id.unwrap();
        let claims = party.id_claims(&hint).await;
        let unsigned = format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims));
        let (added, elsewhere) = (format!("{back}?foo=bar"), "https://suite.example/elsewhere");
        let state = "s".repeat(128);
        let (hinted, address, stated) =
            (("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", back), ("state", state.as_str()));
        let fields: Vec<(&str, &str)> = match case {
            "all" => vec![hinted, address, stated],
            "no state" => vec![hinted, address],
            "bad address" => vec![hinted, ("post_logout_redirect_uri", elsewhere), stated],
            "query added" => vec![hinted, ("post_logout_redirect_uri", &added), stated],
            "unsigned hint" => vec![("id_token_hint", &unsigned), address, stated],
            "bad hint" => vec![("id_token_hint", "not.a.hint"), address, stated],
            "no hint" => vec![address, stated],
            "no address" => vec![hinted, stated],
            "only state" => vec![stated],
            _ => vec![],
        };
        let query = serde_urlencoded::to_string(&fields).unwrap();
        let page = browser.get(&format!("/oidc/logout?{query}")).await;
        match case {
            "all" | "no state" | "no address" | "only state" | "nothing" => {
                assert_eq!(page.name(), "sign-out", "{case}");
                let done = browser.submit(&page, &[("decision", "all")]).await;
                if matches!(case, "all" | "no state") {
                    let url = done.left_to().clone();
                    let expected: Vec<(String, String)> = match case {
                        "all" => vec![("state".to_owned(), state.clone())],
                        _ => vec![],
                    };
                    assert!(url.as_str().starts_with(back), "{case}");
                    assert_eq!(url.query_pairs().into_owned().collect::<Vec<_>>(), expected);
                } else {
                    assert_eq!(done.name(), "signed-out", "{case}");
                }
                let quiet = ask(&party, "openid").with("prompt", "none");
                is_plain_error(&browser.get(&quiet.address()).await, &quiet, "login_required");
            }
            _ => {
                assert_eq!((page.name().as_str(), page.status()), ("error", 400), "{case}");
                assert!(!page.answer.headers.contains_key("refresh"), "{case}");
            }
        }
    }
}
