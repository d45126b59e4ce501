//! Refresh tokens: one successor each, a short retry for a broken network, and the end of a family after a replay.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tongyao::crypto::mac::digest;
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use crate::support::key_holder::DPOP;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{Answer, KeyHolder, RelyingParty, Tokens, WANG, World, all_at_once};

async fn portal_tokens(world: &World) -> (RelyingParty, Tokens) {
    let portal = world.system("portal");
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid profile").await;
    (portal, tokens)
}

fn refresh_of(answer: &Answer) -> String {
    answer.good()["refresh_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_retry_gets_the_successor_it_did_not_hear_of() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let old = first.refresh.unwrap();
    let lost = portal.refresh(&old).await;
    world.later(59);
    let retried = portal.refresh(&old).await;
    assert_eq!(refresh_of(&lost), refresh_of(&retried));
    assert_ne!(refresh_of(&retried), old);
    let (lost, retried) = (Tokens::of(&lost), Tokens::of(&retried));
    assert_ne!(lost.access, retried.access);
    for access in [&lost.access, &retried.access] {
        portal.userinfo(access).await.good();
    }
    Tokens::of(&portal.refresh(&retried.refresh.unwrap()).await);
}

/// Before decision 0004's moment stood in front of tokens, they were kept under their digest alone.
#[tokio::test]
async fn a_token_of_an_older_build_goes_on_and_may_be_retried() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let old = format!("tyr_{}", "o".repeat(43));
    let as_before = format!("UPDATE refresh_token SET digest = '{}'", digest(&old));
    assert_eq!(Look::at(&world).await.change(&as_before).await, 1);
    portal.refresh(&first.refresh.unwrap()).await.refused(400, "invalid_grant", 103_016);
    let lost = portal.refresh(&old).await;
    world.later(59);
    let retried = portal.refresh(&old).await;
    assert_eq!(refresh_of(&lost), refresh_of(&retried));
    // So does the older build: the retry of what it answered comes to the same successor here.
    assert_eq!(refresh_of(&lost).len(), old.len());
    let next = Tokens::of(&portal.refresh(&refresh_of(&retried)).await);
    portal.userinfo(&next.access).await.good();
    portal.refresh(&old).await.refused(400, "invalid_grant", 103_018);
    portal.refresh(&next.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
}

#[tokio::test]
async fn a_retry_after_the_window_is_a_replay() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let old = first.refresh.unwrap();
    let second = Tokens::of(&portal.refresh(&old).await);
    world.later(60);
    portal.refresh(&old).await.refused(400, "invalid_grant", 103_018);
    portal.refresh(&second.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    for access in [first.access, second.access] {
        portal.userinfo(&access).await.refused(401, "invalid_token", 104_006);
    }
}

#[tokio::test]
async fn a_retry_after_its_successor_was_used_is_a_replay() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let old = first.refresh.unwrap();
    let second = Tokens::of(&portal.refresh(&old).await);
    let third = Tokens::of(&portal.refresh(&second.refresh.unwrap()).await);
    portal.refresh(&old).await.refused(400, "invalid_grant", 103_018);
    portal.refresh(&third.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    for access in [first.access, second.access, third.access] {
        portal.userinfo(&access).await.refused(401, "invalid_token", 104_006);
    }
}

#[tokio::test]
async fn a_stranger_gets_nothing_from_a_retry() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let old = first.refresh.unwrap();
    let second = Tokens::of(&portal.refresh(&old).await);
    world.system("app").refresh(&old).await.refused(400, "invalid_grant", 103_019);
    portal.refresh(&second.refresh.unwrap()).await.good();
}

#[tokio::test]
async fn a_refused_refresh_uses_nothing_up() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let refresh = first.refresh.unwrap();
    let ask =
        |name, value| [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), (name, value)];
    portal.token(&ask("scope", "openid phone")).await.refused(400, "invalid_scope", 103_021);
    portal.token(&ask("resource", "https://never.example/")).await.refused(400, "invalid_target", 102_071);
    world.later(3600);
    Tokens::of(&portal.refresh(&refresh).await);
}

/// A network that sends everything fifty times: one successor, whoever of them is heard.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_at_once_give_one_successor() {
    let world = World::new().await;
    let (portal, tokens) = portal_tokens(&world).await;
    let refresh = tokens.refresh.unwrap();
    let tries = (0..50).map(|_| {
        let (portal, refresh) = (portal.clone(), refresh.clone());
        async move { portal.refresh(&refresh).await }
    });
    let answers = all_at_once(tries).await;
    let successors: BTreeSet<String> = answers.iter().map(refresh_of).collect();
    assert_eq!(successors.len(), 1);
    let successor = successors.first().unwrap();
    let next = Tokens::of(&portal.refresh(successor).await);
    portal.refresh(&refresh).await.refused(400, "invalid_grant", 103_018);
    portal.userinfo(&next.access).await.refused(401, "invalid_token", 104_006);
}

/// Replays race the rightful client: whatever the order, nothing of the family lives afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_replays_at_once_leave_nothing() {
    let world = World::new().await;
    let (portal, tokens) = portal_tokens(&world).await;
    let old = tokens.refresh.unwrap();
    let second = Tokens::of(&portal.refresh(&old).await).refresh.unwrap();
    world.later(61);
    let tries = (0..50).map(|number| {
        let (portal, token) = (portal.clone(), if number % 2 == 0 { old.clone() } else { second.clone() });
        async move { portal.refresh(&token).await }
    });
    let answers = all_at_once(tries).await;
    let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    let successors: BTreeSet<String> = good.iter().map(|answer| refresh_of(answer)).collect();
    assert!(successors.len() <= 1);
    for answer in good {
        portal.userinfo(&Tokens::of(answer).access).await.refused(401, "invalid_token", 104_006);
        portal.refresh(&refresh_of(answer)).await.refused(400, "invalid_grant", 103_020);
    }
}

#[tokio::test]
async fn what_is_not_used_for_two_weeks_ends() {
    let world = World::new().await;
    let portal = world.system("portal");
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid offline_access").await;
    let used = refresh_of(&portal.refresh(&tokens.refresh.unwrap()).await);
    world.later(14 * 24 * 3600 - 1);
    let idle = refresh_of(&portal.refresh(&used).await);
    world.later(14 * 24 * 3600);
    portal.refresh(&idle).await.refused(400, "invalid_grant", 103_017);
}

#[tokio::test]
async fn an_account_that_is_closed_gives_nothing_more() {
    let world = World::new().await;
    let (portal, tokens) = portal_tokens(&world).await;
    Look::at(&world).await.change("UPDATE account SET closed_at = 1").await;
    portal.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_024);
    portal.userinfo(&tokens.access).await.refused(401, "invalid_token", 104_006);
}

/// OIDC Core §12.2: a refreshed ID token has the `sub` of the first.
#[tokio::test]
async fn where_people_become_others_to_a_client_they_sign_in_again() {
    const SECRET: &str = "renamed-secret-0123456789";
    let client = |members: Value| {
        let mut client = json!({
            "client_id": "renamed", "client_secret": SECRET, "department": "data", "consent": "implicit",
            "redirect_uris": ["https://renamed.example/cb"], "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile offline_access",
        });
        client.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"clients": [client]})
    };
    let world = World::new().await;
    world.apply(client(json!({}))).await;
    let renamed = RelyingParty::new(&world, "renamed", Credential::Basic(SECRET.to_owned()));
    let mut browser = world.browser();
    let scope = "openid offline_access";
    let first = renamed.connect(&mut browser, &WANG, scope).await;
    let sub = renamed.id_claims(&first.id.unwrap()).await["sub"].clone();

    // A change that leaves people who they are ends nothing.
    world.apply(client(json!({"client_name": "Renamed"}))).await;
    world.later(6);
    let second = Tokens::of(&renamed.refresh(&first.refresh.unwrap()).await);
    assert_eq!(renamed.id_claims(&second.id.unwrap()).await["sub"], sub);

    world.apply(client(json!({"client_name": "Renamed", "subject_type": "public"}))).await;
    world.later(6);
    renamed.refresh(&second.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    renamed.userinfo(&second.access).await.refused(401, "invalid_token", 104_006);
    let again = renamed.connect(&mut browser, &WANG, scope).await;
    assert_ne!(renamed.id_claims(&again.id.unwrap()).await["sub"], sub);
}

/// FAPI 2.0 Security Profile §5.3.2.1: the same refresh token, as long as the family lives.
#[tokio::test]
async fn a_fapi_client_keeps_its_refresh_token() {
    let key = generate(SigningAlgorithm::Es256).unwrap();
    let signer = Arc::new(Signer::from_pkcs8(SigningAlgorithm::Es256, &key).unwrap());
    let client = |profile: &str| {
        json!({
            "client_id": "bank", "department": "data", "redirect_uris": ["https://bank.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [signer.jwk()]}, "scope": "openid", "consent": "implicit",
            "id_token_signed_response_alg": "ES256", "profile": profile,
        })
    };
    // The tokens come from before the profile was switched: how a FAPI client gets its first ones is not the matter here.
    let world = World::with_clients(&[client("default")]).await;
    let bank = RelyingParty::new(&world, "bank", Credential::Key(signer.clone()));
    let refresh = bank.connect(&mut world.browser(), &WANG, "openid").await.refresh.unwrap();
    world.apply(json!({ "clients": [client("fapi2")] })).await;
    world.later(6);
    let holder = KeyHolder::new();
    let refresh_bound = async || {
        let nonce = world.app.authenticator.dpop_nonce(world.now());
        let proof = holder.proof(&world, json!({"nonce": nonce}));
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        bank.asking("/oidc/token", &fields).header(DPOP, &proof).send(&world.router).await
    };
    for _ in 0..3 {
        assert_eq!(refresh_of(&refresh_bound().await), refresh);
        world.later(3600);
    }
    assert_eq!(bank.revoke(&refresh).await.status, 200);
    refresh_bound().await.refused(400, "invalid_grant", 103_020);
}
