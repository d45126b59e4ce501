//! Introspection and revocation: whether a token lives, who may know, and giving it back.

use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{Tokens, WANG, World};

#[tokio::test]
async fn a_living_token_is_described() {
    let world = World::new().await;
    let (portal, machine) = (world.system("portal"), world.system("machine"));
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid profile").await;
    let said = portal.introspect(&tokens.access).await.good();
    let claims = portal.id_claims(&tokens.id.unwrap()).await;
    assert_eq!(said["active"], true);
    for (member, value) in [("scope", "openid profile"), ("client_id", "portal"), ("token_type", "Bearer")] {
        assert_eq!(said[member], value);
    }
    assert_eq!((&said["sub"], &said["sid"], &said["acr"]), (&claims["sub"], &claims["sid"], &claims["acr"]));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 600);
    // A resource of another department hears the same about an access token, and nothing about a refresh token.
    assert_eq!(machine.introspect(&tokens.access).await.good(), said);
    let refresh = tokens.refresh.unwrap();
    assert_eq!(portal.introspect(&refresh).await.good()["active"], true);
    assert_eq!(machine.introspect(&refresh).await.good(), serde_json::json!({"active": false}));
}

#[tokio::test]
async fn what_does_not_live_is_only_not_active() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let tokens = portal.connect(&mut browser, &WANG, "openid").await;
    let id_token = tokens.id.unwrap();
    for dead in ["nonsense", "tya_nonsense", "tyr_nonsense", id_token.as_str()] {
        assert_eq!(portal.introspect(dead).await.good(), serde_json::json!({"active": false}), "{dead}");
    }
    world.later(600);
    assert_eq!(portal.introspect(&tokens.access).await.good()["active"], false);
    let used = tokens.refresh.unwrap();
    let next = Tokens::of(&portal.refresh(&used).await);
    assert_eq!(portal.introspect(&used).await.good()["active"], false);
    assert_eq!(portal.introspect(&next.access).await.good()["active"], true);
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
    assert_eq!(portal.introspect(&next.access).await.good()["active"], false);
}

#[tokio::test]
async fn only_who_shows_who_it_is_may_ask() {
    let world = World::new().await;
    let portal = world.system("portal");
    world.system("app").introspect("x").await.refused(403, "unauthorized_client", 105_003);
    let wrong = portal.showing(Credential::Basic("not-the-secret".to_owned()));
    wrong.introspect("x").await.refused(401, "invalid_client", 101_009);
    portal.introspect("").await.refused(400, "invalid_request", 105_001);
    portal.introspect(&"x".repeat(9000)).await.refused(400, "invalid_request", 105_002);
}

#[tokio::test]
async fn a_client_gives_its_tokens_back() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let first = portal.connect(&mut browser, &WANG, "openid").await;
    assert_eq!(portal.revoke(&first.access).await.status, 200);
    portal.userinfo(&first.access).await.refused(401, "invalid_token", 104_006);
    // The access token alone goes; the refresh token gives another.
    let second = Tokens::of(&portal.refresh(&first.refresh.unwrap()).await);
    let refresh = second.refresh.unwrap();
    assert_eq!(portal.revoke(&refresh).await.status, 200);
    portal.userinfo(&second.access).await.refused(401, "invalid_token", 104_006);
    portal.refresh(&refresh).await.refused(400, "invalid_grant", 103_020);
    for unknown in ["nonsense", "tya_nonsense", "tyr_nonsense", refresh.as_str(), first.access.as_str()] {
        assert_eq!(portal.revoke(unknown).await.status, 200, "{unknown}");
    }
    // What was given back already is answered, and leaves no row.
    let rows = "SELECT COUNT(*) FROM audit_event WHERE kind = 'token_revoked'";
    assert_eq!(Look::at(&world).await.number(rows).await, 2);
}

#[tokio::test]
async fn nobody_gives_back_what_is_anothers() {
    let world = World::new().await;
    let (portal, office) = (world.system("portal"), world.system("office"));
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid").await;
    for token in [&tokens.access, tokens.refresh.as_ref().unwrap()] {
        office.revoke(token).await.refused(400, "invalid_request", 105_004);
    }
    portal.userinfo(&tokens.access).await.good();
}
