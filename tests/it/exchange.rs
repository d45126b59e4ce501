//! Token exchange (RFC 8693): what is declared works and only narrows; everything else is refused by name.

use serde_json::{Value, json};

use super::access_token::SECRET;
use crate::support::key_holder::DPOP;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::{Answer, KeyHolder, RelyingParty, Tokens, WANG, World, all_at_once};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
const TAX: &str = "https://tax.example/api";

fn machine(id: &str, with: Value) -> Value {
    let mut client = json!({
        "client_id": id, "client_secret": SECRET, "department": "hrss", "redirect_uris": [], "response_types": [],
        "grant_types": ["client_credentials", GRANT], "scope": "tasks.read",
    });
    client.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    client
}

fn front(scope: &str) -> Value {
    json!({
        "client_id": "front", "client_secret": SECRET, "department": "data", "redirect_uris": ["https://front.example/cb"],
        "grant_types": ["authorization_code", "refresh_token", GRANT], "scope": scope, "consent": "implicit",
    })
}

/// The desk takes a person's token from the front to the tax office, which passes it on to the archive.
async fn world() -> World {
    World::with_clients(&[
        front("openid profile tasks.read tasks.write offline_access"),
        machine(
            "desk",
            json!({
                "access_token_format": "jwt",
                "token_exchange": [{"from": ["front"], "to": ["tax"], "scope": "tasks.read profile"}],
            }),
        ),
        machine(
            "tax",
            json!({
                "resource_identifiers": [TAX, "https://tax.example/old"],
                "token_exchange": [{"from": ["desk", "tax"], "to": ["archive", "tax"]}],
            }),
        ),
        machine("archive", json!({"resource_identifiers": ["https://archive.example/"]})),
        machine(
            "ghost",
            json!({
                "token_exchange": [{"from": ["front"], "to": ["tax"], "semantics": "impersonation"}],
            }),
        ),
        machine("stranger", json!({})),
    ])
    .await
}

fn system(world: &World, id: &str) -> RelyingParty {
    RelyingParty::new(world, id, Credential::Basic(SECRET.to_owned()))
}

async fn front_tokens(world: &World) -> Tokens {
    system(world, "front").connect(&mut world.browser(), &WANG, "openid profile tasks.read tasks.write").await
}

async fn exchange(system: &RelyingParty, token: &str, with: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("grant_type", GRANT), ("subject_token", token), ("subject_token_type", TYPE)];
    fields.extend(with);
    system.token(&fields).await
}

fn access(answer: &Answer) -> String {
    answer.good()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_declared_exchange_narrows_and_says_who_acts() {
    let world = world().await;
    let (desk, tax) = (system(&world, "desk"), system(&world, "tax"));
    let subject = front_tokens(&world).await;
    let before = system(&world, "front").introspect(&subject.access).await.good();
    world.later(200);
    let answer = exchange(&desk, &subject.access, &[("resource", TAX)]).await;
    let body = answer.good();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!((&body["issued_token_type"], &body["token_type"]), (&json!(TYPE), &json!("Bearer")));
    assert_eq!((&body["scope"], &body["expires_in"]), (&json!("profile tasks.read"), &json!(400)));
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let said = tax.introspect(&access(&answer)).await.good();
    for (member, value) in [
        ("client_id", json!("desk")),
        ("aud", json!([TAX])),
        ("act", json!({"sub": "desk"})),
        ("exp", before["exp"].clone()),
        ("acr", before["acr"].clone()),
    ] {
        assert_eq!(said[member], value, "{member}");
    }
    // The person, as the tax office knows them; the session of the front is not its business.
    assert!(said["sub"] != before["sub"] && said.get("sid").is_none());
    // The token says so itself, and it opens nothing else.
    assert_eq!(jsonwebtoken::decode_header(access(&answer)).unwrap().typ.as_deref(), Some("at+jwt"));
    desk.userinfo(&access(&answer)).await.refused(401, "invalid_token", 104_007);
    assert_eq!(
        system(&world, "stranger").introspect(&access(&answer)).await.good(),
        json!({"active": false})
    );
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT count(*) FROM audit_event WHERE kind = 'token_exchanged'").await, 1);
}

#[tokio::test]
async fn a_token_passed_on_twice_names_both() {
    let world = world().await;
    let (desk, tax, archive) = (system(&world, "desk"), system(&world, "tax"), system(&world, "archive"));
    let subject = front_tokens(&world).await;
    let first = access(&exchange(&desk, &subject.access, &[("audience", "tax")]).await);
    let said = tax.introspect(&first).await.good();
    assert_eq!(said["aud"], json!([TAX, "https://tax.example/old"]));
    let second = access(&exchange(&tax, &first, &[("audience", "archive"), ("scope", "tasks.read")]).await);
    let said = archive.introspect(&second).await.good();
    assert_eq!(said["act"], json!({"sub": "tax", "act": {"sub": "desk"}}));
    assert_eq!(said["scope"], "tasks.read");
    // What was given up does not come back.
    exchange(&tax, &second, &[("audience", "archive"), ("scope", "profile")]).await.refused(
        400,
        "invalid_scope",
        103_021,
    );
}

#[tokio::test]
async fn a_token_is_not_passed_on_for_ever() {
    let world = world().await;
    let (desk, tax) = (system(&world, "desk"), system(&world, "tax"));
    let subject = front_tokens(&world).await;
    let mut token = access(&exchange(&desk, &subject.access, &[("audience", "tax")]).await);
    for _ in 0..3 {
        token = access(&exchange(&tax, &token, &[("audience", "tax")]).await);
    }
    exchange(&tax, &token, &[("audience", "tax")]).await.refused(400, "invalid_request", 103_038);
}

#[tokio::test]
async fn impersonation_is_only_where_it_is_declared() {
    let world = world().await;
    let subject = front_tokens(&world).await;
    let token = access(&exchange(&system(&world, "ghost"), &subject.access, &[("resource", TAX)]).await);
    let said = system(&world, "tax").introspect(&token).await.good();
    assert_eq!((said.get("act"), &said["client_id"]), (None, &json!("ghost")));
}

#[tokio::test]
async fn what_an_exchanged_token_hangs_on_takes_it_along() {
    let world = world().await;
    let (front, desk, tax) = (system(&world, "front"), system(&world, "desk"), system(&world, "tax"));
    let lives = async |token: &str| tax.introspect(token).await.good()["active"] == true;
    // The subject token alone, and whatever came of it.
    let subject = front_tokens(&world).await;
    let first = access(&exchange(&desk, &subject.access, &[("audience", "tax")]).await);
    let second = access(&exchange(&tax, &first, &[("audience", "tax")]).await);
    assert!(lives(&first).await && lives(&second).await);
    assert_eq!(front.revoke(&subject.access).await.status, 200);
    assert!(!lives(&first).await && !lives(&second).await);
    exchange(&desk, &subject.access, &[("audience", "tax")]).await.refused(400, "invalid_request", 103_033);
    // The family.
    let subject = Tokens::of(&front.refresh(&subject.refresh.unwrap()).await);
    let first = access(&exchange(&desk, &subject.access, &[("audience", "tax")]).await);
    assert_eq!(front.revoke(&subject.refresh.unwrap()).await.status, 200);
    assert!(!lives(&first).await);
    // The session.
    let mut browser = world.browser();
    let subject = front.connect(&mut browser, &WANG, "openid profile tasks.read").await;
    let first = access(&exchange(&desk, &subject.access, &[("audience", "tax")]).await);
    assert!(lives(&first).await);
    let page = browser.get("/sign-out").await;
    browser.submit(&page, &[("decision", "all")]).await;
    assert!(!lives(&first).await);
    // A token of its own can be given back; the one it came from lives.
    let subject = front_tokens(&world).await;
    let first = access(&exchange(&desk, &subject.access, &[("audience", "tax")]).await);
    assert_eq!(desk.revoke(&first).await.status, 200);
    assert!(!lives(&first).await);
    front.userinfo(&subject.access).await.good();
}

#[tokio::test]
async fn each_exchange_that_was_not_declared_is_refused() {
    let world = world().await;
    let (front, desk, stranger) =
        (system(&world, "front"), system(&world, "desk"), system(&world, "stranger"));
    let subject = front_tokens(&world).await.access;
    let target = [("audience", "tax")];
    exchange(&stranger, &subject, &target).await.refused(400, "invalid_request", 103_035);
    exchange(&front, &subject, &target).await.refused(400, "invalid_request", 103_035);
    world.system("portal").token(&[("grant_type", GRANT)]).await.refused(400, "invalid_request", 103_030);
    exchange(&world.system("portal"), &subject, &target).await.refused(400, "unauthorized_client", 103_003);
    for (with, error, code) in [
        (&[][..], "invalid_request", 103_036),
        (&[("audience", "archive")], "invalid_target", 103_037),
        (&[("audience", "nobody")], "invalid_target", 103_037),
        (&[("audience", "tax"), ("audience", "archive")], "invalid_target", 103_037),
        (&[("audience", "tax"), ("resource", "https://archive.example/")], "invalid_target", 103_037),
        (&[("resource", "https://tax.example/api/")], "invalid_target", 103_037),
        (&[("resource", "tax")], "invalid_target", 102_029),
        (&[("audience", "tax"), ("scope", "tasks.write")], "invalid_scope", 103_021),
        (&[("audience", "tax"), ("scope", "openid")], "invalid_scope", 103_021),
        (&[("audience", "tax"), ("scope", "\"")], "invalid_scope", 102_009),
        (&[("audience", "tax"), ("actor_token", "tya_x")], "invalid_request", 103_031),
        (
            &[("audience", "tax"), ("actor_token", "tya_x"), ("actor_token_type", TYPE)],
            "invalid_request",
            103_034,
        ),
        (
            &[("audience", "tax"), ("actor_token", &subject), ("actor_token_type", TYPE)],
            "invalid_request",
            103_034,
        ),
        (&[("audience", "tax"), ("requested_token_type", "x")], "invalid_request", 103_032),
    ] {
        exchange(&desk, &subject, with).await.refused(400, error, code);
    }
    let mut look = Look::at(&world).await;
    assert!(look.number("SELECT count(*) FROM audit_event WHERE kind = 'exchange_refused'").await >= 10);
}

#[tokio::test]
async fn only_a_persons_living_access_token_is_a_subject() {
    let world = world().await;
    let desk = system(&world, "desk");
    let tokens = front_tokens(&world).await;
    let own = Tokens::of(&desk.token(&[("grant_type", "client_credentials")]).await).access;
    for token in ["nonsense", "tya_nonsense", &tokens.refresh.clone().unwrap(), &tokens.id.clone().unwrap()] {
        exchange(&desk, token, &[("audience", "tax")]).await.refused(400, "invalid_request", 103_033);
    }
    // A system's own token is about no person; nobody declared it either.
    exchange(&desk, &own, &[("audience", "tax")]).await.refused(400, "invalid_request", 103_035);
    let of_tax =
        Tokens::of(&system(&world, "tax").token(&[("grant_type", "client_credentials")]).await).access;
    exchange(&system(&world, "tax"), &of_tax, &[("audience", "tax")]).await.refused(
        400,
        "invalid_request",
        103_033,
    );
    // The actor is the system itself, by a token it got for itself.
    let acting = [("audience", "tax"), ("actor_token", own.as_str()), ("actor_token_type", TYPE)];
    exchange(&desk, &tokens.access, &acting).await.good();
    world.later(600);
    exchange(&desk, &tokens.access, &[("audience", "tax")]).await.refused(400, "invalid_request", 103_033);
}

const DESK: &str = "https://desk.example/api";

/// The desk is the audience of what the wallet sends it; the ghost is nobody's.
async fn bound_world() -> World {
    let rule = json!([{"from": ["wallet", "portal"], "to": ["tax"]}]);
    World::with_clients(&[
        json!({
            "client_id": "wallet", "client_secret": SECRET, "department": "data", "scope": "openid profile",
            "redirect_uris": ["https://wallet.example/cb"], "grant_types": ["authorization_code", GRANT],
            "consent": "implicit", "dpop_bound_access_tokens": true, "allowed_resources": [DESK],
            "token_exchange": [{"from": ["wallet"], "to": ["tax"]}],
        }),
        machine("desk", json!({"resource_identifiers": [DESK], "token_exchange": rule})),
        machine("ghost", json!({"token_exchange": rule})),
        machine("tax", json!({"resource_identifiers": [TAX]})),
    ])
    .await
}

/// A token of the wallet, bound to its key.
async fn bound_token(world: &World, holder: &KeyHolder, resources: &[&str]) -> String {
    let wallet = system(world, "wallet");
    let ask = resources.iter().fold(wallet.ask("openid profile"), |ask, one| ask.with("resource", one));
    let code = world.browser().pass(&ask, &WANG).await.code();
    let call = wallet.exchanging(&code, &ask).header(DPOP, &holder.proof(world, json!({})));
    let answer = call.send(&world.router).await;
    assert_eq!(answer.good()["token_type"], "DPoP");
    access(&answer)
}

async fn proving(
    world: &World,
    system: &RelyingParty,
    holder: &KeyHolder,
    fields: &[(&str, &str)],
) -> Answer {
    let call = system.asking("/oidc/token", fields).header(DPOP, &holder.proof(world, json!({})));
    call.send(&world.router).await
}

#[tokio::test]
async fn a_bound_token_is_passed_on_by_its_audience_and_stays_bound() {
    let world = bound_world().await;
    let (desk, ghost) = (system(&world, "desk"), system(&world, "ghost"));
    let (holder, own_key) = (KeyHolder::new(), KeyHolder::new());
    let fields = |token: &str| {
        [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", TYPE), ("audience", "tax")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let with_key = async |system: &RelyingParty, key: &KeyHolder, token: &str| {
        let fields = fields(token);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        proving(&world, system, key, &fields).await
    };

    let sent = bound_token(&world, &holder, &[DESK]).await;
    // A rule alone is not enough: it was not sent to the ghost.
    with_key(&ghost, &own_key, &sent).await.refused(400, "invalid_request", 103_033);
    exchange(&desk, &sent, &[("audience", "tax")]).await.refused(400, "invalid_dpop_proof", 104_020);
    let answer = with_key(&desk, &own_key, &sent).await;
    assert_eq!(answer.good()["token_type"], "DPoP");
    let said = system(&world, "tax").introspect(&access(&answer)).await.good();
    assert_eq!((&said["cnf"]["jkt"], &said["aud"]), (&json!(own_key.thumbprint()), &json!([TAX])));

    // One that was made for nobody in particular may be loot.
    let unsent = bound_token(&world, &holder, &[]).await;
    with_key(&desk, &own_key, &unsent).await.refused(400, "invalid_request", 103_033);
    // Its own client shows its key.
    let wallet = system(&world, "wallet");
    with_key(&wallet, &own_key, &unsent).await.refused(400, "invalid_request", 103_033);
    assert_eq!(with_key(&wallet, &holder, &unsent).await.good()["token_type"], "DPoP");

    // A bearer token for nobody in particular is taken by whom a rule lets; nothing it was bound to is lost.
    let free = world.system("portal").connect(&mut world.browser(), &WANG, "openid profile").await.access;
    exchange(&desk, &free, &[("audience", "tax")]).await.good();
}

#[tokio::test]
async fn a_bound_actor_token_needs_its_key() {
    let world = bound_world().await;
    let (desk, key) = (system(&world, "desk"), KeyHolder::new());
    let own = access(&proving(&world, &desk, &key, &[("grant_type", "client_credentials")]).await);
    let subject = world.system("portal").connect(&mut world.browser(), &WANG, "openid profile").await.access;
    let acting = [("audience", "tax"), ("actor_token", own.as_str()), ("actor_token_type", TYPE)];
    exchange(&desk, &subject, &acting).await.refused(400, "invalid_request", 103_034);
    let mut fields = vec![("grant_type", GRANT), ("subject_token", &subject), ("subject_token_type", TYPE)];
    fields.extend(acting);
    proving(&world, &desk, &key, &fields).await.good();
}

/// Revoking races fifty exchanges: whatever was written, nothing of it lives.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_reaches_exchanges_of_the_same_moment() {
    let world = world().await;
    let (front, desk, tax) = (system(&world, "front"), system(&world, "desk"), system(&world, "tax"));
    let subject = front_tokens(&world).await.access;
    let tries = (0..50).map(|number| {
        let (front, desk, subject) = (front.clone(), desk.clone(), subject.clone());
        async move {
            match number {
                20 => front.revoke(&subject).await,
                _ => exchange(&desk, &subject, &[("audience", "tax")]).await,
            }
        }
    });
    for answer in all_at_once(tries).await {
        if !answer.body.is_empty() && answer.status == 200 {
            assert_eq!(tax.introspect(&access(&answer)).await.good(), json!({"active": false}));
        }
    }
}

#[tokio::test]
async fn what_is_taken_from_the_registration_is_passed_on_no_more() {
    let world = world().await;
    let (own, desk, tax) = (system(&world, "front"), system(&world, "desk"), system(&world, "tax"));
    let stranger = system(&world, "stranger");
    let subject = front_tokens(&world).await;
    let passed = access(&exchange(&desk, &subject.access, &[("resource", TAX)]).await);
    let own_token = access(&stranger.token(&[("grant_type", "client_credentials")]).await);

    let without_tasks = machine("stranger", json!({"scope": "profile"}));
    world.apply(json!({"clients": [front("openid profile offline_access"), without_tasks]})).await;
    world.later(6);
    let refresh = subject.refresh.unwrap();
    for (who, token, scope) in [
        (&own, &subject.access, "openid profile"),
        (&own, &refresh, "openid profile"),
        (&tax, &passed, "profile"),
        (&stranger, &own_token, ""),
    ] {
        let said = who.introspect(token).await.good();
        assert_eq!((&said["active"], &said["scope"]), (&json!(true), &json!(scope)));
    }
    let more = exchange(&desk, &subject.access, &[("resource", TAX), ("scope", "tasks.read")]).await;
    more.refused(400, "invalid_scope", 103_021);
    let again = exchange(&desk, &subject.access, &[("resource", TAX)]).await;
    assert_eq!(again.good()["scope"], "profile");
}
