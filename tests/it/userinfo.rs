//! The userinfo endpoint: what the person let this client know, and nothing for whoever has no good token.

use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{RelyingParty, Tokens, WANG, World};

#[tokio::test]
async fn tells_what_each_scope_lets_it() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let names = |told: &Value| told.as_object().unwrap().keys().cloned().collect::<Vec<_>>();

    let tokens = portal.connect(&mut browser, &WANG, "openid").await;
    let told = portal.userinfo(&tokens.access).await.good();
    assert_eq!(names(&told), ["sub"]);
    assert_eq!(told["sub"], portal.id_claims(&tokens.id.unwrap()).await["sub"]);

    let all = "openid profile email phone real_name id_number";
    let tokens = portal.connect(&mut browser, &WANG, all).await;
    let told = portal.userinfo(&tokens.access).await.good();
    let expected = json!({
        "name": WANG.name, "gender": "female", "birthdate": "1949-12-31", "email": WANG.email, "email_verified": true,
        "phone_number": format!("+86{}", WANG.phone), "loa": 1, "loa_reached_by": "registry_match",
        "id_type": "resident_id", "id_number": WANG.number,
    });
    for (claim, value) in expected.as_object().unwrap() {
        assert_eq!(&told[claim], value, "{claim}");
    }
    assert!(!told.as_object().unwrap().values().any(Value::is_null), "null fields make clients fail: {told}");
}

#[tokio::test]
async fn what_is_taken_from_the_registration_is_told_no_more() {
    const SECRET: &str = "registry-secret-0123456789";
    let client = |scope: &str| {
        json!({
            "client_id": "registry", "client_secret": SECRET, "department": "data", "consent": "implicit",
            "redirect_uris": ["https://registry.example/cb"], "grant_types": ["authorization_code", "refresh_token"],
            "scope": scope,
        })
    };
    let all = "openid profile phone id_number real_name offline_access";
    let world = World::with_clients(&[client(all)]).await;
    let registry = RelyingParty::new(&world, "registry", Credential::Basic(SECRET.to_owned()));
    let verified = json!({"verification": {"trust_framework": null}, "claims": {"name": null}});
    let claims = json!({"userinfo": {"id_number": null, "verified_claims": verified}});
    let ask = registry.ask("openid phone offline_access").with("claims", &claims.to_string());
    let code = world.browser().pass(&ask, &WANG).await.code();
    let tokens = Tokens::of(&registry.exchange(&code, &ask).await);
    let names = async |token: &str| {
        let told = registry.userinfo(token).await.good();
        told.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let everything = "sub id_number phone_number phone_number_verified verified_claims";
    assert_eq!(names(&tokens.access).await, everything);

    world.apply(json!({"clients": [client("openid offline_access")]})).await;
    world.later(6);
    assert_eq!(names(&tokens.access).await, "sub");
    let answer = registry.refresh(&tokens.refresh.unwrap()).await.good();
    assert_eq!(answer["scope"], "offline_access openid");
    let renewed = answer["access_token"].as_str().unwrap().to_owned();
    assert_eq!(names(&renewed).await, "sub");

    // Given back, it is as the person has allowed it; a token that was made meanwhile stays as narrow as it is.
    world.apply(json!({"clients": [client(all)]})).await;
    world.later(6);
    assert_eq!(names(&tokens.access).await, everything);
    assert_eq!(names(&renewed).await, "sub id_number verified_claims");
    world.apply(json!({"clients": [client("profile offline_access")]})).await;
    world.later(6);
    registry.userinfo(&renewed).await.refused(403, "insufficient_scope", 104_008);
}

#[tokio::test]
async fn every_release_of_the_number_is_on_record() {
    let world = World::new().await;
    let portal = world.system("portal");
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid id_number").await;
    let mut look = Look::at(&world).await;
    let query = "SELECT COUNT(*) FROM audit_event WHERE kind = 'id_number_released' AND client_id = 'portal'";
    let before = look.number(query).await;
    portal.userinfo(&tokens.access).await.good();
    portal.userinfo(&tokens.access).await.good();
    assert_eq!(look.number(query).await - before, 2);
}

#[tokio::test]
async fn the_token_may_be_posted_but_never_stand_in_the_address() {
    let world = World::new().await;
    let portal = world.system("portal");
    let token = portal.connect(&mut world.browser(), &WANG, "openid").await.access;
    Call::post("/oidc/userinfo", &[("access_token", &token)]).send(&world.router).await.good();
    let in_header = Call::post("/oidc/userinfo", &[]).header(AUTHORIZATION, &format!("Bearer {token}"));
    in_header.send(&world.router).await.good();
    let in_query = Call::get(&format!("/oidc/userinfo?access_token={token}")).send(&world.router).await;
    in_query.refused(401, "invalid_request", 104_001);
    let twice = Call::post("/oidc/userinfo", &[("access_token", &token)])
        .header(AUTHORIZATION, &format!("Bearer {token}"));
    twice.send(&world.router).await.refused(400, "invalid_request", 104_002);
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused_with_a_challenge() {
    let world = World::new().await;
    let portal = world.system("portal");
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid").await;
    let id_token = tokens.id.unwrap();
    for wrong in [id_token.as_str(), "nonsense", "tya_nonsense", tokens.refresh.as_deref().unwrap()] {
        let answer = portal.userinfo(wrong).await;
        answer.refused(401, "invalid_token", 104_004);
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
    }
    let basic = Call::get("/oidc/userinfo").header(AUTHORIZATION, "Basic abc").send(&world.router).await;
    assert!(basic.status.is_client_error());
    let none = Call::get("/oidc/userinfo").send(&world.router).await;
    none.refused(401, "invalid_request", 104_001);
    // RFC 6750 §3.1: without a token the challenge names no error.
    assert!(!none.header("www-authenticate").unwrap().contains("error="));
}

#[tokio::test]
async fn a_token_lives_ten_minutes() {
    let world = World::new().await;
    let portal = world.system("portal");
    let token = portal.connect(&mut world.browser(), &WANG, "openid").await.access;
    world.later(599);
    portal.userinfo(&token).await.good();
    world.later(1);
    portal.userinfo(&token).await.refused(401, "invalid_token", 104_005);
}

#[tokio::test]
async fn the_answer_is_signed_for_who_wants_it() {
    let client = json!({
        "client_id": "sealed", "client_secret": "secret-0123456789abcdef", "department": "data", "consent": "implicit",
        "redirect_uris": ["https://sealed.example/cb"], "scope": "openid profile", "userinfo_signed_response_alg": "ES256",
    });
    let world = World::with_clients(&[client]).await;
    let sealed = RelyingParty::new(&world, "sealed", Credential::Basic("secret-0123456789abcdef".to_owned()));
    let token = sealed.connect(&mut world.browser(), &WANG, "openid profile").await.access;
    let answer = sealed.userinfo(&token).await;
    assert_eq!(answer.header("content-type"), Some("application/jwt"));
    assert_eq!(sealed.signed_claims(&answer.body).await["name"], WANG.name);
}

#[tokio::test]
async fn a_browser_application_may_ask_from_its_own_origin() {
    let world = World::new().await;
    let answer = Call::get("/oidc/userinfo")
        .header(http::header::ORIGIN, "https://spa.example")
        .send(&world.router)
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    // How long to wait stands beside the body (RFC 9110 §10.2.3).
    assert!(answer.header("access-control-expose-headers").unwrap().contains("Retry-After"));
}

#[tokio::test]
async fn a_browser_application_may_send_headers_of_its_library_along() {
    let world = World::new().await;
    for address in ["/.well-known/openid-configuration", "/oidc/token", "/oidc/userinfo", "/sandbox/resource"]
    {
        let preflight = Call::with_method(http::Method::OPTIONS, address)
            .header(http::header::ORIGIN, "https://spa.example")
            .header(http::header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(http::header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,traceparent")
            .send(&world.router)
            .await;
        let allowed: Vec<&str> =
            preflight.header("access-control-allow-headers").unwrap().split(", ").collect();
        // Fetch, "CORS non-wildcard request-header name": the wildcard leaves `Authorization` out.
        assert!(allowed.contains(&"*") && allowed.contains(&"Authorization"), "{address}: {allowed:?}");
        assert_eq!(preflight.header("access-control-allow-credentials"), None);
    }
}
