//! DPoP (RFC 9449): tokens bound to a key of the client, and what a thief tries who has the token alone.

use futures_util::future::join_all;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::support::key_holder::DPOP;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Answer, Ask, KeyHolder, RelyingParty, Tokens, WANG, World};

const OWN: &[(&str, &str)] = &[("grant_type", "client_credentials"), ("scope", "tasks.read")];

/// A public client and a machine that are registered for bound tokens only, and a machine of the FAPI profile.
async fn world() -> World {
    let wallet = json!({
        "client_id": "wallet", "department": "data", "redirect_uris": ["https://wallet.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
        "scope": "openid profile", "consent": "implicit", "dpop_bound_access_tokens": true,
    });
    World::with_clients(&[wallet, machine("bound", json!({"dpop_bound_access_tokens": true}))]).await
}

fn machine(id: &str, more: Value) -> Value {
    let mut client = json!({
        "client_id": id, "client_secret": "secret-0123456789abcdef", "department": "data", "redirect_uris": [],
        "grant_types": ["client_credentials"], "response_types": [], "scope": "tasks.read",
    });
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
}

fn wallet(world: &World) -> RelyingParty {
    RelyingParty::new(world, "wallet", Credential::Public)
}

async fn code(world: &World, ask: &Ask) -> String {
    world.browser().pass(ask, &WANG).await.code()
}

async fn redeem(world: &World, code: &str, ask: &Ask, proof: Option<&str>) -> Answer {
    let wallet = wallet(world);
    let call = wallet.exchanging(code, ask);
    proof.into_iter().fold(call, |call, proof| call.header(DPOP, proof)).send(&world.router).await
}

/// The wallet's tokens, bound to this key.
async fn tokens(world: &World, holder: &KeyHolder) -> (String, String) {
    let ask = wallet(world).ask("openid profile");
    let code = code(world, &ask).await;
    let body = redeem(world, &code, &ask, Some(&holder.proof(world, json!({})))).await.good();
    assert_eq!(body["token_type"], "DPoP");
    (body["access_token"].as_str().unwrap().to_owned(), body["refresh_token"].as_str().unwrap().to_owned())
}

async fn own_token(world: &World, client: &str, proofs: &[&str]) -> Answer {
    let system = match client {
        "machine" => world.system(client),
        other => RelyingParty::new(world, other, Credential::Basic("secret-0123456789abcdef".to_owned())),
    };
    let call = system.asking("/oidc/token", OWN);
    proofs.iter().fold(call, |call, proof| call.header(DPOP, proof)).send(&world.router).await
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_of_the_proof() {
    let world = world().await;
    let holder = KeyHolder::new();
    let (access, _) = tokens(&world, &holder).await;
    let told = world.system("machine").introspect(&access).await.good();
    assert_eq!((&told["token_type"], &told["cnf"]["jkt"]), (&"DPoP".into(), &holder.thumbprint().into()));
    let proof = holder.resource_proof(&world, &access, json!({}));
    let answer = KeyHolder::userinfo(&access, &proof).send(&world.router).await;
    assert_eq!(answer.good()["name"], WANG.name);
    assert!(answer.header("dpop-nonce").is_some());
    // RFC 9449 §5.1.
    let metadata = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(["PS256", "ES256", "EdDSA"]));
}

#[tokio::test]
async fn a_client_that_need_not_may_still_bind() {
    let world = world().await;
    let holder = KeyHolder::new();
    assert_eq!(own_token(&world, "machine", &[]).await.good()["token_type"], "Bearer");
    let proof = holder.proof(&world, json!({}));
    assert_eq!(own_token(&world, "machine", &[&proof]).await.good()["token_type"], "DPoP");
}

#[tokio::test]
async fn a_stolen_token_is_worth_nothing_without_its_key() {
    let world = world().await;
    let (holder, thief) = (KeyHolder::new(), KeyHolder::new());
    let (access, _) = tokens(&world, &holder).await;

    // As Bearer, in the header or the body.
    let bearer = Call::get("/oidc/userinfo").header(AUTHORIZATION, &format!("Bearer {access}"));
    let answer = bearer.send(&world.router).await;
    answer.refused(401, "invalid_token", 104_032);
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert!(challenges.iter().any(|one| one.to_str().unwrap().starts_with("DPoP ")), "{challenges:?}");
    let posted = Call::post("/oidc/userinfo", &[("access_token", &access)]).send(&world.router).await;
    posted.refused(401, "invalid_token", 104_032);

    let as_dpop = Call::get("/oidc/userinfo").header(AUTHORIZATION, &format!("DPoP {access}"));
    let answer = as_dpop.send(&world.router).await;
    answer.refused(401, "invalid_dpop_proof", 104_020);
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("DPoP ") && challenge.contains("algs=\"PS256 ES256 EdDSA\""),
        "{challenge}"
    );

    let proof = thief.resource_proof(&world, &access, json!({}));
    KeyHolder::userinfo(&access, &proof).send(&world.router).await.refused(401, "invalid_token", 104_033);
    // A proof of the holder that was made for something else.
    let (other, _) = tokens(&world, &holder).await;
    for (changes, code) in [
        (json!({"ath": null}), 104_030),
        (json!({"ath": tongyao::protocol::dpop::token_digest(&other)}), 104_030),
        (json!({"htm": "POST"}), 104_026),
        (json!({"htu": format!("{ISSUER}/oidc/token")}), 104_027),
        (json!({"iat": world.now().seconds() - 121}), 104_028),
    ] {
        let proof = holder.resource_proof(&world, &access, changes);
        let answer = KeyHolder::userinfo(&access, &proof).send(&world.router).await;
        answer.refused(401, "invalid_dpop_proof", code);
    }
    let proof = holder.resource_proof(&world, &access, json!({}));
    KeyHolder::userinfo(&access, &proof).send(&world.router).await.good();
    let again = KeyHolder::userinfo(&access, &proof).send(&world.router).await;
    again.refused(401, "invalid_dpop_proof", 104_029);
    // An unbound token is no DPoP token.
    let portal = world.system("portal").connect(&mut world.browser(), &WANG, "openid").await;
    let proof = holder.resource_proof(&world, &portal.access, json!({}));
    let answer = KeyHolder::userinfo(&portal.access, &proof).send(&world.router).await;
    answer.refused(401, "invalid_token", 104_034);
}

#[tokio::test]
async fn each_broken_proof_is_refused_by_name() {
    let world = world().await;
    let holder = KeyHolder::new();
    let now = world.now().seconds();
    let claims = [
        (json!({"htm": "GET"}), 104_026),
        (json!({"htu": "https://evil.example/oidc/token"}), 104_027),
        (json!({"htu": format!("{ISSUER}/oidc/userinfo")}), 104_027),
        (json!({"iat": now - 121}), 104_028),
        (json!({"iat": now + 31}), 104_028),
        (json!({"iat": null}), 104_022),
        (json!({"jti": null}), 104_022),
        (json!({"htu": null}), 104_022),
        (json!({"pad": "x".repeat(8_000)}), 104_022),
    ];
    for (changes, code) in claims {
        let proof = holder.proof(&world, changes.clone());
        own_token(&world, "bound", &[&proof]).await.refused(400, "invalid_dpop_proof", code);
    }
    let full = json!({"jti": "j", "htm": "POST", "htu": format!("{ISSUER}/oidc/token"), "iat": now});
    let mut private = holder.jwk();
    private["d"] = json!("AAAA");
    let headers = [
        (json!({"typ": "JWT"}), 104_022),
        (json!({"alg": "none"}), 104_023),
        (json!({"alg": "HS256"}), 104_023),
        (json!({"alg": "RS256"}), 104_023),
        (json!({"jwk": {"kty": "oct", "k": "c2VjcmV0"}}), 104_024),
        (json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "c2VjcmV0"}}), 104_023),
        (json!({"jwk": private}), 104_024),
        (json!({"jwk": null}), 104_022),
        (json!({"jwk": KeyHolder::new().jwk()}), 104_025),
        (json!({"crit": ["exp"]}), 104_022),
    ];
    for (changes, code) in headers {
        let proof = holder.sign(changes.clone(), full.clone());
        own_token(&world, "bound", &[&proof]).await.refused(400, "invalid_dpop_proof", code);
    }
    own_token(&world, "bound", &[]).await.refused(400, "invalid_request", 104_040);
    own_token(&world, "bound", &["nonsense"]).await.refused(400, "invalid_dpop_proof", 104_022);
    own_token(&world, "bound", &[""]).await.refused(400, "invalid_dpop_proof", 104_022);
    let (one, other) = (holder.proof(&world, json!({})), holder.proof(&world, json!({})));
    own_token(&world, "bound", &[&one, &other]).await.refused(400, "invalid_dpop_proof", 104_021);
    let joined = format!("{one}, {other}");
    own_token(&world, "bound", &[&joined]).await.refused(400, "invalid_dpop_proof", 104_022);
    // None of this has used them up.
    own_token(&world, "bound", &[&one]).await.good();
}

#[tokio::test]
async fn a_proof_is_good_once_and_for_two_minutes() {
    let world = world().await;
    let holder = KeyHolder::new();
    let proof = holder.proof(&world, json!({"htu": format!("{ISSUER}/oidc/token?a=b#c")}));
    own_token(&world, "bound", &[&proof]).await.good();
    own_token(&world, "bound", &[&proof]).await.refused(400, "invalid_dpop_proof", 104_029);
    let early = holder.proof(&world, json!({"iat": world.now().seconds() + 30}));
    own_token(&world, "bound", &[&early]).await.good();
    world.later(120);
    own_token(&world, "bound", &[&proof]).await.refused(400, "invalid_dpop_proof", 104_029);
    own_token(&world, "bound", &[&early]).await.refused(400, "invalid_dpop_proof", 104_029);
    world.later(31);
    own_token(&world, "bound", &[&early]).await.refused(400, "invalid_dpop_proof", 104_028);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_uses_of_one_proof_at_once_give_one_success() {
    let world = world().await;
    let proof = KeyHolder::new().proof(&world, json!({}));
    let proofs = [proof.as_str()];
    let answers = join_all((0..50).map(|_| own_token(&world, "bound", &proofs))).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((good.len(), refused.len()), (1, 49));
    refused.iter().for_each(|answer| answer.refused(400, "invalid_dpop_proof", 104_029));
}

#[tokio::test]
async fn a_public_clients_refresh_token_is_bound_too() {
    let world = world().await;
    let (holder, thief) = (KeyHolder::new(), KeyHolder::new());
    let (_, refresh) = tokens(&world, &holder).await;
    let try_with = async |proof: Option<String>| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let call = wallet(&world).asking("/oidc/token", &fields);
        proof.iter().fold(call, |call, proof| call.header(DPOP, proof)).send(&world.router).await
    };
    let stolen = try_with(Some(thief.proof(&world, json!({})))).await;
    stolen.refused(400, "invalid_grant", 104_037);
    try_with(None).await.refused(400, "invalid_request", 104_040);
    // The thief's tries cost the holder nothing.
    let body = try_with(Some(holder.proof(&world, json!({})))).await.good();
    assert_eq!(body["token_type"], "DPoP");
}

#[tokio::test]
async fn a_client_that_shows_who_it_is_may_change_its_key() {
    let world = world().await;
    let portal = world.system("portal");
    let ask = portal.ask("openid offline_access");
    let code = world.browser().pass(&ask, &WANG).await.code();
    let first = portal.exchanging(&code, &ask).header(DPOP, &KeyHolder::new().proof(&world, json!({})));
    let body = first.send(&world.router).await.good();
    assert_eq!(body["token_type"], "DPoP");
    let refresh = body["refresh_token"].as_str().unwrap();
    // Without any it would get a bearer token for a bound one.
    portal.refresh(refresh).await.refused(400, "invalid_dpop_proof", 104_020);
    let other = KeyHolder::new();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let second = portal.asking("/oidc/token", &fields).header(DPOP, &other.proof(&world, json!({})));
    let body = second.send(&world.router).await.good();
    let told = portal.introspect(body["access_token"].as_str().unwrap()).await.good();
    assert_eq!(told["cnf"]["jkt"], other.thumbprint());
    // The refresh token itself is bound to the client and to no key.
    let told = portal.introspect(body["refresh_token"].as_str().unwrap()).await.good();
    assert!(told["active"] == true && told.get("cnf").is_none(), "{told}");
    // Who began without a key goes on as it likes.
    let tokens = portal.connect(&mut world.browser(), &WANG, "openid offline_access").await;
    Tokens::of(&portal.refresh(tokens.refresh.as_deref().unwrap()).await);
}

#[tokio::test]
async fn a_code_asked_for_a_key_is_redeemed_with_that_key_only() {
    let world = world().await;
    let (holder, thief) = (KeyHolder::new(), KeyHolder::new());
    let ask = || wallet(&world).ask("openid").with("dpop_jkt", &holder.thumbprint());
    let first = ask();
    let fresh = code(&world, &first).await;
    let stolen = redeem(&world, &fresh, &first, Some(&thief.proof(&world, json!({})))).await;
    stolen.refused(400, "invalid_grant", 102_070);
    let second = ask();
    let fresh = code(&world, &second).await;
    redeem(&world, &fresh, &second, Some(&holder.proof(&world, json!({})))).await.good();
    // A client that need not bind is held to what it asked for.
    let portal = world.system("portal");
    let ask = portal.ask("openid").with("dpop_jkt", &holder.thumbprint());
    let fresh = world.browser().pass(&ask, &WANG).await.code();
    portal.exchange(&fresh, &ask).await.refused(400, "invalid_grant", 102_070);
}

#[tokio::test]
async fn fapi_clients_get_bound_tokens_with_our_nonce_only() {
    let world = World::new().await;
    let signer = std::sync::Arc::new(ec_signer());
    world
        .apply(json!({"clients": [{
            "client_id": "fapi", "department": "data", "redirect_uris": [], "grant_types": ["client_credentials"],
            "response_types": [], "scope": "tasks.read", "profile": "fapi2",
            "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [signer.jwk()]},
            "id_token_signed_response_alg": "ES256",
        }]}))
        .await;
    let fapi = RelyingParty::new(&world, "fapi", Credential::Key(signer));
    let holder = KeyHolder::new();
    let send = async |proof: Option<String>| {
        let call = fapi.asking("/oidc/token", OWN);
        proof.iter().fold(call, |call, proof| call.header(DPOP, proof)).send(&world.router).await
    };
    send(None).await.refused(400, "invalid_request", 104_039);
    let first = send(Some(holder.proof(&world, json!({})))).await;
    first.refused(400, "use_dpop_nonce", 104_031);
    let nonce = first.header("dpop-nonce").unwrap().to_owned();
    let answer = send(Some(holder.proof(&world, json!({"nonce": nonce})))).await;
    assert_eq!(answer.good()["token_type"], "DPoP");
    assert_eq!(answer.header("dpop-nonce"), Some(nonce.as_str()));
    // What is wrong with a proof is said before the nonce is asked for.
    send(Some(holder.proof(&world, json!({"htm": "GET"})))).await.refused(400, "invalid_dpop_proof", 104_026);

    // The nonce changes, the last one is good for a while, and one that is too old is replaced.
    world.later(180);
    let answer = send(Some(holder.proof(&world, json!({"nonce": nonce})))).await;
    answer.good();
    assert_ne!(answer.header("dpop-nonce"), Some(nonce.as_str()));
    world.later(180);
    for old in [nonce.as_str(), "", "nonsense"] {
        let answer = send(Some(holder.proof(&world, json!({"nonce": old})))).await;
        answer.refused(400, "use_dpop_nonce", 104_031);
        assert!(answer.header("dpop-nonce").is_some());
    }
}

#[tokio::test]
async fn a_nonce_may_be_asked_of_everybody_at_resources_too() {
    let world = World::new_with(&[("TONGYAO_DPOP_NONCE", "required")]).await;
    let holder = KeyHolder::new();
    let first = own_token(&world, "machine", &[&holder.proof(&world, json!({}))]).await;
    first.refused(400, "use_dpop_nonce", 104_031);
    let nonce = first.header("dpop-nonce").unwrap().to_owned();

    let app = world.system("app");
    let ask = app.ask("openid");
    let code = world.browser().pass(&ask, &WANG).await.code();
    let call = app.exchanging(&code, &ask);
    let body =
        call.header(DPOP, &holder.proof(&world, json!({"nonce": nonce}))).send(&world.router).await.good();
    let access = body["access_token"].as_str().unwrap();
    let without = holder.resource_proof(&world, access, json!({}));
    let answer = KeyHolder::userinfo(access, &without).send(&world.router).await;
    answer.refused(401, "use_dpop_nonce", 104_031);
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"use_dpop_nonce\""));
    let nonce = answer.header("dpop-nonce").unwrap();
    let with = holder.resource_proof(&world, access, json!({"nonce": nonce}));
    KeyHolder::userinfo(access, &with).send(&world.router).await.good();
}

#[tokio::test]
async fn browser_applications_may_send_proofs_and_read_nonces() {
    let world = World::new().await;
    let preflight = Call::with_method(http::Method::OPTIONS, "/oidc/token").send(&world.router).await;
    assert!(preflight.header("access-control-allow-headers").unwrap().contains("DPoP"));
    assert!(preflight.header("access-control-expose-headers").unwrap().contains("DPoP-Nonce"));
}

fn ec_signer() -> tongyao::crypto::signer::Signer {
    use tongyao::crypto::signer::{Signer, generate};
    use tongyao::protocol::SigningAlgorithm::Es256;
    Signer::from_pkcs8(Es256, &generate(Es256).unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_pushed_with_a_proof_is_bound_from_the_start() {
    let world = World::new().await;
    let signer = std::sync::Arc::new(ec_signer());
    world
        .apply(json!({"clients": [{
            "client_id": "bank", "department": "data", "redirect_uris": ["https://bank.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile", "profile": "fapi2",
            "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [signer.jwk()]},
            "id_token_signed_response_alg": "ES256", "consent": "implicit",
        }]}))
        .await;
    let bank = RelyingParty::new(&world, "bank", Credential::Key(signer));
    let (holder, thief) = (KeyHolder::new(), KeyHolder::new());
    let at_push = |holder: &KeyHolder, nonce: &str| {
        holder.proof(&world, json!({"htu": format!("{ISSUER}/oidc/par"), "nonce": nonce}))
    };
    let push = async |ask: &Ask, proof: &str| {
        let query = ask.address();
        let fields: Vec<(String, String)> =
            serde_urlencoded::from_str(query.split_once('?').unwrap().1).unwrap();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        bank.asking("/oidc/par", &fields).header(DPOP, proof).send(&world.router).await
    };
    let ask = bank.ask("openid profile");
    let answer = push(&ask, &at_push(&holder, "old")).await;
    answer.refused(400, "use_dpop_nonce", 104_031);
    let nonce = answer.header("dpop-nonce").unwrap().to_owned();
    let differing = ask.clone().with("dpop_jkt", &thief.thumbprint());
    push(&differing, &at_push(&holder, &nonce)).await.refused(400, "invalid_request", 102_066);
    let token_proof = holder.proof(&world, json!({"nonce": nonce}));
    push(&ask, &token_proof).await.refused(400, "invalid_dpop_proof", 104_027);

    let answer = push(&ask, &at_push(&holder, &nonce)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("dpop-nonce"), Some(nonce.as_str()));
    let mut browser = world.browser();
    let page = browser.get(&bank.address_of(answer.json()["request_uri"].as_str().unwrap())).await;
    let code = browser.sign_in_on(&page, &WANG).await.code();
    let call = bank.exchanging(&code, &ask);
    let body = call.header(DPOP, &token_proof).send(&world.router).await.good();
    assert_eq!(body["token_type"], "DPoP");
    let access = body["access_token"].as_str().unwrap();
    let proof = holder.resource_proof(&world, access, json!({"nonce": nonce}));
    KeyHolder::userinfo(access, &proof).send(&world.router).await.good();
    // FAPI 2.0 Security Profile §5.3.2.1: a refresh gives no bearer token either.
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", body["refresh_token"].as_str().unwrap())];
    bank.token(&fields).await.refused(400, "invalid_request", 104_039);

    let answer = push(&ask, &at_push(&holder, &nonce)).await;
    let page = browser.get(&bank.address_of(answer.json()["request_uri"].as_str().unwrap())).await;
    let code = page.code();
    let stolen = bank.exchanging(&code, &ask);
    let stolen = stolen.header(DPOP, &thief.proof(&world, json!({"nonce": nonce}))).send(&world.router).await;
    stolen.refused(400, "invalid_grant", 102_070);
}
