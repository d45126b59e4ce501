//! The token endpoint: each grant, each way to show who the client is, and everything that can be tried against them.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use tongyao::crypto::mac::digest;
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::services::Storage;
use crate::support::town;
use crate::support::wire::Call;
use crate::support::{Ask, RelyingParty, Tokens, WANG, World, all_at_once};

/// A fresh code of the portal.
async fn code(world: &World, system: &RelyingParty) -> (String, Ask) {
    let ask = system.ask("openid profile");
    let page = world.browser().pass(&ask, &WANG).await;
    (page.code(), ask)
}

async fn portal_tokens(world: &World) -> (RelyingParty, Tokens) {
    let portal = world.system("portal");
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid profile").await;
    (portal, tokens)
}

#[tokio::test]
async fn a_code_gives_an_id_token_for_this_client_and_request() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (code, ask) = code(&world, &portal).await;
    let answer = portal.exchange(&code, &ask).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.good()["expires_in"], 600);
    let tokens = Tokens::of(&answer);
    let claims = portal.id_claims(&tokens.id.unwrap()).await;
    assert_eq!(claims["nonce"], ask.nonce);
    assert_eq!(claims["auth_time"], world.now().seconds());
    assert!(claims["sid"].is_string() && claims["at_hash"].is_string());
    assert!(claims.get("name").is_none(), "scopes are answered by userinfo (OIDC Core §5.4)");
    assert!(tokens.refresh.is_some());
}

#[tokio::test]
async fn a_person_is_another_subject_to_each_department_and_the_same_to_one() {
    let world = World::new().await;
    let (portal, office) = (world.system("portal"), world.system("office"));
    let mut browser = world.browser();
    let mut subjects = Vec::new();
    for system in [&portal, &portal, &office] {
        let tokens = system.connect(&mut browser, &WANG, "openid").await;
        subjects.push(system.id_claims(&tokens.id.unwrap()).await["sub"].as_str().unwrap().to_owned());
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_ne!(subjects[0], subjects[2]);
}

#[tokio::test]
async fn id_tokens_are_signed_as_the_client_registered() {
    let client = |algorithm: &str| {
        json!({
            "client_id": format!("signed-{}", algorithm.to_lowercase()), "client_secret": "secret-0123456789abcdef",
            "department": "data", "redirect_uris": [format!("https://signed-{}.example/cb", algorithm.to_lowercase())],
            "scope": "openid", "consent": "implicit", "id_token_signed_response_alg": algorithm,
        })
    };
    let algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
    let world = World::with_clients(&algorithms.map(client)).await;
    for algorithm in algorithms {
        let id = format!("signed-{}", algorithm.to_lowercase());
        let system = RelyingParty::new(&world, &id, Credential::Basic("secret-0123456789abcdef".to_owned()));
        let token = system.connect(&mut world.browser(), &WANG, "openid").await.id.unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(format!("{:?}", header.alg), algorithm);
        system.id_claims(&token).await;
    }
}

#[tokio::test]
async fn a_replayed_code_revokes_what_its_first_use_got() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (code, ask) = code(&world, &portal).await;
    let tokens = Tokens::of(&portal.exchange(&code, &ask).await);
    portal.userinfo(&tokens.access).await.good();
    portal.exchange(&code, &ask).await.refused(400, "invalid_grant", 103_007);
    portal.userinfo(&tokens.access).await.refused(401, "invalid_token", 104_006);
    portal.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    // Long after the code has expired its replay is still known as one.
    world.later(300);
    portal.exchange(&code, &ask).await.refused(400, "invalid_grant", 103_007);
    // It may be sent for ever: what changes nothing leaves no row.
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM audit_event WHERE kind = 'code_replayed'").await, 1);
}

#[tokio::test]
async fn a_code_stays_single_use_where_the_store_has_forgotten_its_use() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (code, ask) = code(&world, &portal).await;
    let key = format!("code:{}", digest(&code));
    let store = &world.app.ephemeral;
    let kept = store.get(&key).await.unwrap().unwrap();
    let tokens = Tokens::of(&portal.exchange(&code, &ask).await);
    // As after a restart from an older snapshot, or on a replica that was behind.
    store.put(&key, &kept, Duration::from_secs(60)).await.unwrap();
    portal.exchange(&code, &ask).await.refused(400, "invalid_grant", 103_007);
    portal.userinfo(&tokens.access).await.refused(401, "invalid_token", 104_006);
    portal.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_redemptions_at_once_give_one_success() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (code, ask) = code(&world, &portal).await;
    let tries = (0..50).map(|_| {
        let (portal, code, ask) = (portal.clone(), code.clone(), ask.clone());
        async move { portal.exchange(&code, &ask).await }
    });
    let answers = all_at_once(tries).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((good.len(), refused.len()), (1, 49));
    refused.iter().for_each(|answer| answer.refused(400, "invalid_grant", 103_007));
    portal.userinfo(&Tokens::of(&good[0]).access).await.refused(401, "invalid_token", 104_006);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_has_one_part_in_a_session_however_many_tabs_begin_it() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let mut tabs = Vec::new();
    for _ in 0..8 {
        let ask = portal.ask("openid");
        tabs.push((browser.pass(&ask, &WANG).await.code(), ask));
    }
    let (first, later) = tabs.split_at(6);
    let tries = first.iter().cloned().map(|(code, ask)| {
        let portal = portal.clone();
        async move { Tokens::of(&portal.exchange(&code, &ask).await) }
    });
    let mut parts = Vec::new();
    for tokens in all_at_once(tries).await {
        parts.push(portal.id_claims(&tokens.id.unwrap()).await["sid"].clone());
        // What hangs on it knows the same part.
        let refreshed = Tokens::of(&portal.refresh(&tokens.refresh.unwrap()).await);
        parts.push(portal.id_claims(&refreshed.id.unwrap()).await["sid"].clone());
    }
    for (code, ask) in later {
        let tokens = Tokens::of(&portal.exchange(code, ask).await);
        parts.push(portal.id_claims(&tokens.id.unwrap()).await["sid"].clone());
    }
    let again = portal.connect(&mut browser, &WANG, "openid").await;
    parts.push(portal.id_claims(&again.id.unwrap()).await["sid"].clone());
    assert!(parts.iter().all(|part| part.is_string() && *part == parts[0]), "{parts:?}");
}

#[tokio::test]
async fn another_client_neither_uses_a_code_up_nor_ends_its_tokens() {
    let world = World::new().await;
    let (portal, office) = (world.system("portal"), world.system("office"));
    let (fresh, ask) = code(&world, &portal).await;
    office.exchange(&fresh, &ask).await.refused(400, "invalid_grant", 103_008);
    let tokens = Tokens::of(&portal.exchange(&fresh, &ask).await);
    office.exchange(&fresh, &ask).await.refused(400, "invalid_grant", 103_008);
    portal.userinfo(&tokens.access).await.good();
    portal.refresh(&tokens.refresh.unwrap()).await.good();
}

#[tokio::test]
async fn the_facts_of_a_code_are_gone_soon_after_it_and_its_trace_stays() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (used, ask) = code(&world, &portal).await;
    let (unused, _) = code(&world, &portal).await;
    portal.exchange(&used, &ask).await.good();
    world.later(121);
    portal.exchange(&used, &ask).await.refused(400, "invalid_grant", 103_007);
    // Redis keeps its own time.
    if Storage::of_this_run() == Storage::Sqlite {
        assert_eq!(world.app.ephemeral.get(&format!("code:{}", digest(&unused))).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_code_is_refused_to_whoever_does_not_fit_it() {
    let world = World::new().await;
    let (portal, office) = (world.system("portal"), world.system("office"));
    let other_ask = portal.ask("openid");

    let (fresh, _) = code(&world, &portal).await;
    portal.exchange(&fresh, &other_ask).await.refused(400, "invalid_grant", 103_013);
    let (fresh, ask) = code(&world, &portal).await;
    office.exchange(&fresh, &ask).await.refused(400, "invalid_grant", 103_008);

    let (fresh, ask) = code(&world, &portal).await;
    let fields = |redirect: &'static str, verifier: &str| {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", fresh.clone()),
            ("redirect_uri", redirect.to_owned()),
            ("code_verifier", verifier.to_owned()),
        ]
    };
    let fields = fields("https://portal.example/other", &ask.verifier);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    portal.token(&fields).await.refused(400, "invalid_grant", 103_010);
}

/// What is sent, the `error` and the number of the rule.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, u32);

#[tokio::test]
async fn each_missing_or_malformed_part_is_named() {
    let world = World::new().await;
    let portal = world.system("portal");
    let verifier = "v".repeat(43);
    let cases: &[Case<'_>] = &[
        (&[], "invalid_request", 103_001),
        (&[("grant_type", "password")], "unsupported_grant_type", 103_002),
        (&[("grant_type", "client_credentials")], "unauthorized_client", 103_003),
        (&[("grant_type", "authorization_code")], "invalid_request", 103_004),
        (
            &[("grant_type", "authorization_code"), ("code", "nonsense"), ("code_verifier", &verifier)],
            "invalid_grant",
            103_005,
        ),
        (
            &[("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", "short")],
            "invalid_grant",
            103_012,
        ),
        (&[("grant_type", "refresh_token")], "invalid_request", 103_015),
        (&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")], "invalid_grant", 103_016),
        (&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")], "invalid_request", 100_002),
    ];
    for (fields, error, code) in cases {
        portal.token(fields).await.refused(400, error, *code);
    }
    let (fresh, _) = code(&world, &portal).await;
    let without =
        [("grant_type", "authorization_code"), ("code", &fresh), ("redirect_uri", &portal.redirect_uri)];
    portal.token(&without).await.refused(400, "invalid_grant", 103_011);
    let (fresh, ask) = code(&world, &portal).await;
    let without = [("grant_type", "authorization_code"), ("code", &fresh), ("code_verifier", &ask.verifier)];
    portal.token(&without).await.refused(400, "invalid_request", 103_009);
}

#[tokio::test]
async fn a_code_lives_sixty_seconds() {
    let world = World::new().await;
    let portal = world.system("portal");
    let (fresh, ask) = code(&world, &portal).await;
    world.later(59);
    Tokens::of(&portal.exchange(&fresh, &ask).await);
    let (fresh, ask) = code(&world, &portal).await;
    world.later(61);
    portal.exchange(&fresh, &ask).await.refused(400, "invalid_grant", 103_006);
}

#[tokio::test]
async fn a_code_is_worth_nothing_after_the_person_has_left() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let ask = portal.ask("openid");
    let fresh = browser.pass(&ask, &WANG).await.code();
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
    portal.exchange(&fresh, &ask).await.refused(400, "invalid_grant", 103_022);
}

#[tokio::test]
async fn refreshing_gives_new_tokens_for_the_same_person() {
    let world = World::new().await;
    let (portal, first) = portal_tokens(&world).await;
    let before = portal.id_claims(&first.id.unwrap()).await;
    world.later(300);
    let second = Tokens::of(&portal.refresh(first.refresh.as_deref().unwrap()).await);
    assert!(second.access != first.access && second.refresh != first.refresh);
    let after = portal.id_claims(&second.id.unwrap()).await;
    for claim in ["sub", "sid", "auth_time", "acr"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    assert_eq!(after["iat"], world.now().seconds());
    assert!(after.get("nonce").is_none());
    Tokens::of(&portal.refresh(&second.refresh.unwrap()).await);
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_own_and_ends() {
    let world = World::new().await;
    let (portal, tokens) = portal_tokens(&world).await;
    let refresh = tokens.refresh.unwrap();
    let app = world.system("app");
    app.refresh(&refresh).await.refused(400, "invalid_grant", 103_019);
    // The stranger's try has not used it up.
    let next = Tokens::of(&portal.refresh(&refresh).await).refresh.unwrap();
    portal.refresh(&tokens.access).await.refused(400, "invalid_grant", 103_016);
    world.later(13 * 3600);
    portal.refresh(&next).await.refused(400, "invalid_grant", 103_022);
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    let world = World::new().await;
    let (portal, tokens) = portal_tokens(&world).await;
    let refresh = tokens.refresh.unwrap();
    let wider =
        [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "openid profile phone")];
    portal.token(&wider).await.refused(400, "invalid_scope", 103_021);
    let narrower = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "openid")];
    let narrow = Tokens::of(&portal.token(&narrower).await);
    assert_eq!(narrow.scope, "openid");
    assert!(portal.userinfo(&narrow.access).await.good().get("name").is_none());
    // What was granted stays granted (RFC 6749 §6).
    assert_eq!(Tokens::of(&portal.refresh(&narrow.refresh.unwrap()).await).scope, "openid profile");
}

#[tokio::test]
async fn a_public_client_shows_only_its_name_and_its_verifier() {
    let world = World::new().await;
    let app = world.system("app");
    let tokens = app.connect(&mut world.browser(), &WANG, "openid profile").await;
    app.id_claims(&tokens.id.unwrap()).await;
    Tokens::of(&app.refresh(&tokens.refresh.unwrap()).await);
    let with_secret = app.showing(Credential::Post("whatever".to_owned()));
    with_secret.refresh("x").await.refused(401, "invalid_client", 101_008);
}

#[tokio::test]
async fn a_system_acts_for_itself() {
    let world = World::new().await;
    let machine = world.system("machine");
    let answer = machine.token(&[("grant_type", "client_credentials"), ("scope", "tasks.read")]).await;
    let body = answer.good();
    assert_eq!(
        (body["scope"].as_str(), body.get("refresh_token"), body.get("id_token")),
        (Some("tasks.read"), None, None)
    );
    let all = Tokens::of(&machine.token(&[("grant_type", "client_credentials")]).await);
    assert_eq!(all.scope, "tasks.read tasks.write");
    let more = [("grant_type", "client_credentials"), ("scope", "tasks.delete")];
    machine.token(&more).await.refused(400, "invalid_scope", 102_010);
    machine.userinfo(&all.access).await.refused(401, "invalid_token", 104_007);
}

#[tokio::test]
async fn a_client_that_does_not_show_who_it_is_gets_nothing() {
    let world = World::new().await;
    let (portal, office) = (world.system("portal"), world.system("office"));
    let wrong = portal.showing(Credential::Basic("not-the-secret".to_owned())).refresh("x").await;
    wrong.refused(401, "invalid_client", 101_009);
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic"));
    portal.showing(Credential::Public).refresh("x").await.refused(401, "invalid_client", 101_008);
    let posted = portal.showing(Credential::Post(town::PORTAL_SECRET.to_owned()));
    posted.refresh("x").await.refused(401, "invalid_client", 101_008);
    let in_header = office.showing(Credential::Basic(town::OFFICE_SECRET.to_owned()));
    in_header.refresh("x").await.refused(401, "invalid_client", 101_008);
    let nobody = RelyingParty::new(&world, "nobody", Credential::Basic("x".to_owned()));
    // A stranger does not learn which clients there are.
    nobody.refresh("x").await.refused(401, "invalid_client", 101_009);
    let twice =
        [("grant_type", "refresh_token"), ("client_id", "portal"), ("client_secret", town::PORTAL_SECRET)];
    portal.token(&twice).await.refused(400, "invalid_request", 101_007);

    let bare = |header: &'static str| Call::post("/oidc/token", &[]).header(AUTHORIZATION, header);
    for header in ["Basic", "Basic ***", "Basic cG9ydGFs", "Basic /w=="] {
        bare(header).send(&world.router).await.refused(401, "invalid_client", 101_006);
    }
    Call::post("/oidc/token", &[]).send(&world.router).await.refused(401, "invalid_client", 101_005);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = World::new().await;
    let json = Call::post_body("/oidc/token", "{}".to_owned()).header(CONTENT_TYPE, "application/json");
    json.send(&world.router).await.refused(415, "invalid_request", 100_005);
    let bytes = "grant_type=%ff".to_owned();
    let form =
        Call::post_body("/oidc/token", bytes).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    form.send(&world.router).await.refused(400, "invalid_request", 100_001);
    let huge = [("code", "x".repeat(70_000))];
    let huge: Vec<(&str, &str)> = huge.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.system("portal").token(&huge).await.refused(413, "invalid_request", 100_004);
}

/// A client that signs what it is, and its key.
async fn signer_client() -> (World, RelyingParty, Arc<Signer>) {
    let key = generate(SigningAlgorithm::Es256).unwrap();
    let signer = Arc::new(Signer::from_pkcs8(SigningAlgorithm::Es256, &key).unwrap());
    let client = json!({
        "client_id": "signer", "department": "hrss", "redirect_uris": [], "response_types": [],
        "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [signer.jwk()]}, "scope": "tasks.read",
    });
    let world = World::with_clients(&[client]).await;
    let system = RelyingParty::new(&world, "signer", Credential::Key(signer.clone()));
    (world, system, signer)
}

#[tokio::test]
async fn private_key_jwt_shows_who_a_client_is() {
    let (_world, system, _) = signer_client().await;
    let answer = system.token(&[("grant_type", "client_credentials")]).await;
    assert_eq!(Tokens::of(&answer).scope, "tasks.read");
}

#[tokio::test]
async fn an_assertion_is_refused_for_each_reason() {
    let (world, system, signer) = signer_client().await;
    let now = world.now().seconds();
    let stranger = generate(SigningAlgorithm::Es256).unwrap();
    let stranger = Signer::from_pkcs8(SigningAlgorithm::Es256, &stranger).unwrap();
    let cases = [
        (system.assertion(&stranger, json!({})), 101_013),
        (system.assertion(&signer, json!({"exp": now - 60})), 101_014),
        (system.assertion(&signer, json!({"exp": now + 86_400})), 101_014),
        (system.assertion(&signer, json!({"aud": "https://other.example"})), 101_015),
        (system.assertion(&signer, json!({"iss": "portal"})), 101_017),
        (system.assertion(&signer, json!({"jti": null})), 101_011),
        ("not.a.token".to_owned(), 101_011),
    ];
    for (assertion, code) in cases {
        send(&world, &assertion).await.refused(401, "invalid_client", code);
    }
    let once = system.assertion(&signer, json!({}));
    send(&world, &once).await.good();
    send(&world, &once).await.refused(401, "invalid_client", 101_016);
}

async fn send(world: &World, assertion: &str) -> crate::support::Answer {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ];
    Call::post("/oidc/token", &fields).send(&world.router).await
}
