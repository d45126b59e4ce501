//! What access tokens are for: self-contained or opaque, for whom, who may ask about them, and every wrong door.

use http::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Value, json};

use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{RelyingParty, Tokens, WANG, World};

pub const SECRET: &str = "secret-0123456789abcdef";
const API: &str = "https://api.example/tasks";

/// A system whose access tokens are self-contained, one that calls a resource, the resource, and a stranger.
async fn world() -> World {
    World::with_clients(&[
        json!({
            "client_id": "jwt", "client_secret": SECRET, "department": "data", "redirect_uris": ["https://jwt.example/cb"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "openid profile tasks.read", "consent": "implicit", "access_token_format": "jwt",
            "id_token_signed_response_alg": "ES256", "allowed_resources": [API],
        }),
        json!({
            "client_id": "caller", "client_secret": SECRET, "department": "data", "redirect_uris": [],
            "response_types": [], "grant_types": ["client_credentials"], "scope": "tasks.read",
            "allowed_resources": [API, "https://other.example/"],
        }),
        json!({
            "client_id": "api", "client_secret": SECRET, "department": "hrss", "redirect_uris": [], "response_types": [],
            "grant_types": ["client_credentials"], "resource_identifiers": [API],
            "introspection_signed_response_alg": "ES256",
        }),
    ])
    .await
}

fn system(world: &World, id: &str) -> RelyingParty {
    RelyingParty::new(world, id, Credential::Basic(SECRET.to_owned()))
}

/// The claims of a token, whoever it is for; and its header.
async fn read(world: &World, token: &str) -> (Value, Value) {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let part = |at: usize| -> Value {
        let part = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap();
        serde_json::from_slice(&part).unwrap()
    };
    let keys = Call::get("/oidc/jwks").send(&world.router).await.good();
    let known = keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == part(0)["kid"]);
    assert!(known, "its key is published");
    (part(0), part(1))
}

#[tokio::test]
async fn a_self_contained_token_says_what_rfc_9068_wants() {
    let world = world().await;
    let jwt = system(&world, "jwt");
    let tokens = jwt.connect(&mut world.browser(), &WANG, "openid profile").await;
    let id = jwt.id_claims(&tokens.id.unwrap()).await;
    let (header, claims) = read(&world, &tokens.access).await;
    assert_eq!((header["typ"].as_str(), header["alg"].as_str()), (Some("at+jwt"), Some("ES256")));
    assert_eq!(claims["aud"], json!([ISSUER]));
    for (member, value) in
        [("iss", json!(ISSUER)), ("client_id", json!("jwt")), ("scope", json!("openid profile"))]
    {
        assert_eq!(claims[member], value);
    }
    for member in ["sub", "auth_time", "acr", "amr"] {
        assert_eq!(claims[member], id[member], "{member}");
    }
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert!(
        claims["jti"].as_str().unwrap().len() == 55
            && claims.get("name").is_none()
            && claims.get("sid").is_none()
    );
}

#[tokio::test]
async fn a_self_contained_token_works_and_dies_as_an_opaque_one() {
    let world = world().await;
    let jwt = system(&world, "jwt");
    let mut browser = world.browser();
    let first = jwt.connect(&mut browser, &WANG, "openid profile").await;
    assert_eq!(jwt.userinfo(&first.access).await.good()["name"], WANG.name);
    let said = jwt.introspect(&first.access).await.good();
    let (_, claims) = read(&world, &first.access).await;
    for member in ["sub", "aud", "scope", "client_id", "exp", "iat", "acr", "amr", "auth_time"] {
        assert_eq!(said[member], claims[member], "{member}");
    }
    assert_eq!(jwt.revoke(&first.access).await.status, 200);
    jwt.userinfo(&first.access).await.refused(401, "invalid_token", 104_006);
    let second = Tokens::of(&jwt.refresh(&first.refresh.unwrap()).await);
    jwt.userinfo(&second.access).await.good();
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
    jwt.userinfo(&second.access).await.refused(401, "invalid_token", 104_006);
    assert_eq!(jwt.introspect(&second.access).await.good(), json!({"active": false}));
    let third = jwt.connect(&mut browser, &WANG, "openid").await;
    world.later(600);
    jwt.userinfo(&third.access).await.refused(401, "invalid_token", 104_005);
}

#[tokio::test]
async fn a_token_at_the_wrong_door_opens_nothing() {
    let world = world().await;
    let jwt = system(&world, "jwt");
    let mut browser = world.browser();
    let tokens = jwt.connect(&mut browser, &WANG, "openid profile").await;
    let id_token = tokens.id.unwrap();
    // An ID token is no access token, in any place where one is taken.
    jwt.userinfo(&id_token).await.refused(401, "invalid_token", 104_004);
    assert_eq!(jwt.introspect(&id_token).await.good(), json!({"active": false}));
    assert_eq!(jwt.revoke(&id_token).await.status, 200);
    // Nor is what can be read in a token.
    let (_, claims) = read(&world, &tokens.access).await;
    let jti = claims["jti"].as_str().unwrap();
    for guess in [jti.to_owned(), format!("tya_{jti}"), format!("tyr_{jti}")] {
        jwt.userinfo(&guess).await.refused(401, "invalid_token", 104_004);
        assert_eq!(jwt.introspect(&guess).await.good(), json!({"active": false}));
    }
    // An access token is no ID token: neither a hint, nor a way out.
    let hint = jwt.ask("openid").with("id_token_hint", &tokens.access).with("prompt", "none");
    let page = browser.get(&hint.address()).await;
    assert_eq!(page.told("error").as_deref(), Some("invalid_request"));
    let leave = format!("/oidc/logout?id_token_hint={}", tokens.access);
    assert_eq!(browser.get(&leave).await.answer.status, 400);
    // Nor a refresh token, nor an assertion of a client.
    jwt.refresh(&tokens.access).await.refused(400, "invalid_grant", 103_016);
    let spoiled = format!("{}AAAA", &tokens.access[..tokens.access.len() - 4]);
    jwt.userinfo(&spoiled).await.refused(401, "invalid_token", 104_004);
    let unsigned = format!("{}.", tokens.access.rsplit_once('.').unwrap().0);
    jwt.userinfo(&unsigned).await.refused(401, "invalid_token", 104_004);
    jwt.userinfo(&tokens.access).await.good();
}

#[tokio::test]
async fn only_whom_a_token_is_for_may_ask_about_it() {
    let world = world().await;
    let (caller, api, portal) = (system(&world, "caller"), system(&world, "api"), world.system("portal"));
    let ask =
        |resource| [("grant_type", "client_credentials"), ("scope", "tasks.read"), ("resource", resource)];
    let token = Tokens::of(&caller.token(&ask(API)).await).access;
    for asker in [&caller, &api] {
        let said = asker.introspect(&token).await.good();
        assert_eq!(
            (&said["active"], &said["aud"], &said["sub"]),
            (&json!(true), &json!([API]), &json!("caller"))
        );
    }
    assert_eq!(portal.introspect(&token).await.good(), json!({"active": false}));
    let elsewhere = Tokens::of(&caller.token(&ask("https://other.example/")).await).access;
    assert_eq!(api.introspect(&elsewhere).await.good(), json!({"active": false}));
    // One that is for nobody in particular may be shown to anybody, who may ask.
    let anybody = Tokens::of(&caller.token(&[("grant_type", "client_credentials")]).await).access;
    assert_eq!(portal.introspect(&anybody).await.good()["active"], true);
    caller.token(&ask("https://never.example/")).await.refused(400, "invalid_target", 102_029);
    caller.token(&ask("/tasks")).await.refused(400, "invalid_target", 102_029);
}

#[tokio::test]
async fn a_token_for_a_resource_does_not_open_userinfo() {
    let world = world().await;
    let jwt = system(&world, "jwt");
    let own = [("grant_type", "client_credentials"), ("scope", "tasks.read"), ("resource", API)];
    let answer = jwt.token(&own).await;
    let (_, claims) = read(&world, &Tokens::of(&answer).access).await;
    assert_eq!((&claims["aud"], &claims["sub"]), (&json!([API]), &json!("jwt")));
    assert!(claims.get("acr").is_none());
    jwt.userinfo(&Tokens::of(&answer).access).await.refused(401, "invalid_token", 104_007);
}

/// RFC 8707 §2.2: each token is for some of what was granted.
#[tokio::test]
async fn a_persons_token_is_for_the_resource_that_was_asked() {
    let world = world().await;
    let (jwt, api) = (system(&world, "jwt"), system(&world, "api"));
    let ask = jwt.ask("openid profile").and("resource", API);
    let code = world.browser().pass(&ask, &WANG).await.code();
    let first = Tokens::of(&jwt.exchange(&code, &ask).await);
    let (_, claims) = read(&world, &first.access).await;
    assert_eq!(claims["aud"], json!([API]));
    jwt.userinfo(&first.access).await.refused(401, "invalid_token", 104_007);
    let said = api.introspect(&first.access).await.good();
    assert_eq!((&said["sub"], &said["aud"]), (&claims["sub"], &json!([API])));
    assert_eq!(world.system("portal").introspect(&first.access).await.good(), json!({"active": false}));
    let again = Tokens::of(&jwt.refresh(&first.refresh.unwrap()).await);
    assert_eq!(read(&world, &again.access).await.1["aud"], json!([API]));
}

#[tokio::test]
async fn an_answer_about_a_token_is_signed_for_who_wants_it() {
    let world = world().await;
    let (jwt, api) = (system(&world, "jwt"), system(&world, "api"));
    let own = [("grant_type", "client_credentials"), ("scope", "tasks.read"), ("resource", API)];
    let token = Tokens::of(&jwt.token(&own).await).access;
    let plain = api.introspect(&token).await;
    assert_eq!((plain.header("cache-control"), &plain.good()["active"]), (Some("no-store"), &json!(true)));
    for (token, expected) in [(token.as_str(), plain.good()), ("nonsense", json!({"active": false}))] {
        let answer = ask_signed(&world, "api", token, "application/token-introspection+jwt, */*;q=0.1").await;
        assert_eq!(answer.header("content-type"), Some("application/token-introspection+jwt"));
        let header = jsonwebtoken::decode_header(&answer.body).unwrap();
        assert_eq!(
            (header.typ.as_deref(), header.alg),
            (Some("token-introspection+jwt"), jsonwebtoken::Algorithm::ES256)
        );
        let claims = api.signed_claims(&answer.body).await;
        assert_eq!(claims["token_introspection"], expected);
        assert_eq!(claims["iat"], world.now().seconds());
        let outside: Vec<&String> = claims.as_object().unwrap().keys().collect();
        assert_eq!(outside, ["iss", "aud", "iat", "token_introspection"]);
        // The answer itself is no token.
        jwt.userinfo(&answer.body).await.refused(401, "invalid_token", 104_004);
    }
    assert!(ask_signed(&world, "api", &token, "*/*").await.json()["active"] == true);
}

async fn ask_signed(world: &World, client: &str, token: &str, accept: &str) -> crate::support::Answer {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    let pair = BASE64_STANDARD.encode(format!("{client}:{SECRET}"));
    Call::post("/oidc/introspect", &[("token", token)])
        .header(AUTHORIZATION, &format!("Basic {pair}"))
        .header(ACCEPT, accept)
        .send(&world.router)
        .await
}

#[tokio::test]
async fn discovery_says_so() {
    let world = World::new().await;
    let said = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    let grants = said["grant_types_supported"].as_array().unwrap();
    for grant in ["token-exchange", "jwt-bearer"] {
        assert!(grants.contains(&json!(format!("urn:ietf:params:oauth:grant-type:{grant}"))), "{grant}");
    }
    assert_eq!(
        said["introspection_signing_alg_values_supported"],
        json!(["RS256", "PS256", "ES256", "EdDSA"])
    );
}
