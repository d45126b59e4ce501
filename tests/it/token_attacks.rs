//! Malformed requests to the direct endpoints: each a clear 4xx in the words of RFC 6749 §5.2, never a fault, and nothing lost.

use http::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::support::wire::Call;
use crate::support::{Tokens, WANG, World};

const FORM: &str = "application/x-www-form-urlencoded";
const GRANTS: [&str; 5] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
];
/// What is sent in the place of a code, a token, an assertion, a scope, an audience.
const NAMES: [&str; 9] = [
    "code",
    "code_verifier",
    "redirect_uri",
    "refresh_token",
    "subject_token",
    "actor_token",
    "assertion",
    "scope",
    "audience",
];
const CODES: [&str; 8] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "invalid_target",
    "unsupported_token_type",
];

fn nasty() -> Vec<String> {
    let header = "eyJhbGciOiJub25lIn0";
    let deep = "%5B".repeat(5000);
    vec![
        "%00".to_owned(),
        "%0d%0aSet-Cookie:%20a=b".to_owned(),
        "%FF%FE".to_owned(),
        "%E4%B8%AD%E6%96%87".to_owned(),
        "'%20OR%201=1--".to_owned(),
        "tya_".to_owned(),
        "tyr_".to_owned(),
        format!("tyr_{}", "A".repeat(43)),
        format!("{header}.e30."),
        format!("{header}.{}.AAAA", "A".repeat(20_000)),
        ".".repeat(9000),
        "x".repeat(60_000),
        "a%20".repeat(5000),
        deep,
    ]
}

#[tokio::test]
async fn whatever_stands_in_a_place_gets_a_clear_refusal() {
    let world = World::new().await;
    let basic = basic(&world);
    for grant in GRANTS {
        for name in NAMES {
            for value in nasty() {
                let body = format!(
                    "grant_type={grant}&subject_token_type=urn:ietf:params:oauth:token-type:access_token&{name}={value}"
                );
                for authorization in [Some(basic.as_str()), None] {
                    let mut call = Call::post_body("/oidc/token", body.clone()).header(CONTENT_TYPE, FORM);
                    if let Some(value) = authorization {
                        call = call.header(AUTHORIZATION, value);
                    }
                    let answer = call.send(&world.router).await;
                    let status = answer.status.as_u16();
                    assert!(
                        (400..=413).contains(&status),
                        "{grant} {name} {value:.40}: {status} {}",
                        answer.body
                    );
                    let said = answer.json();
                    assert!(CODES.contains(&said["error"].as_str().unwrap()), "{said}");
                    assert_eq!(answer.header("cache-control"), Some("no-store"));
                    assert!(answer.body.len() < 1000, "an answer repeats what was sent");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_other_direct_endpoints_are_as_calm() {
    let world = World::new().await;
    let portal = world.system("portal");
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid").await;
    let basic = basic(&world);
    for path in ["/oidc/introspect", "/oidc/revoke"] {
        for value in nasty() {
            let call = Call::post_body(path, format!("token={value}")).header(CONTENT_TYPE, FORM);
            let answer = call.header(AUTHORIZATION, &basic).send(&world.router).await;
            let fits = answer.status == 200 || (400..=413).contains(&answer.status.as_u16());
            assert!(fits, "{path} {value:.40}: {} {}", answer.status, answer.body);
        }
    }
    for value in nasty() {
        let call =
            Call::post_body("/oidc/userinfo", format!("access_token={value}")).header(CONTENT_TYPE, FORM);
        let status = call.send(&world.router).await.status.as_u16();
        assert!((400..=413).contains(&status), "{value:.40}: {status}");
    }
    // Nothing of it has touched what is there.
    portal.userinfo(&tokens.access).await.good();
    Tokens::of(&portal.refresh(&tokens.refresh.unwrap()).await);
}

#[tokio::test]
async fn a_parameter_twice_or_in_the_address_is_not_taken() {
    let world = World::new().await;
    let basic = basic(&world);
    let send = async |path: &str, body: &str| {
        let call = Call::post_body(path, body.to_owned()).header(CONTENT_TYPE, FORM);
        call.header(AUTHORIZATION, &basic).send(&world.router).await
    };
    for twice in [
        "scope=a&scope=b",
        "subject_token=a&subject_token=b",
        "assertion=a&assertion=b",
        "client_id=portal&client_id=portal",
    ] {
        send("/oidc/token", &format!("grant_type=refresh_token&{twice}")).await.refused(
            400,
            "invalid_request",
            100_002,
        );
    }
    // RFC 6749 §3.2: parameters without a value count as left out, and those of the address not at all.
    send("/oidc/token", "grant_type=&code=x").await.refused(400, "invalid_request", 103_001);
    send("/oidc/token?grant_type=client_credentials", "").await.refused(400, "invalid_request", 103_001);
    send("/oidc/token", "grant_type=refresh_token&refresh_token=").await.refused(
        400,
        "invalid_request",
        103_015,
    );
}

/// The portal's credential.
fn basic(world: &World) -> String {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    let id = world.system("portal").client_id;
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{}", crate::support::town::PORTAL_SECRET)))
}
