//! Clients that register themselves (RFC 7591, RFC 7592): who may, what is kept, what is refused, and who manages it.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::Method;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use tongyao::client::dynamic::admission::{free_scope, usual_profiles};
use tongyao::client::dynamic::desk::{self, Decision};
use tongyao::client::dynamic::invitation::{self, NewInvitation};
use tongyao::client::{Profile, dynamic::Invitation};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::grant::client_end;
use tongyao::jobs::sweep;
use tongyao::protocol::SigningAlgorithm;

use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::{Answer, RelyingParty, Tokens, WANG, World};

const REAL: [(&str, &str); 2] = [("TONGYAO_SANDBOX", "false"), ("TONGYAO_ALLOW_LOOPBACK", "false")];

fn plain() -> Value {
    json!({"client_name": "自助系统", "redirect_uris": ["https://own.example/cb"],
           "grant_types": ["authorization_code", "refresh_token"]})
}

async fn register(world: &World, body: &Value, token: Option<&str>) -> Answer {
    send(world, Call::post_body("/oidc/register", body.to_string()), token).await
}

async fn send(world: &World, call: Call, token: Option<&str>) -> Answer {
    let call = call.header(CONTENT_TYPE, "application/json");
    let call = match token {
        Some(token) => call.header(AUTHORIZATION, &format!("Bearer {token}")),
        None => call,
    };
    call.send(&world.router).await
}

#[track_caller]
fn created(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

/// The path of an absolute address of the service.
fn path(address: &Value) -> String {
    address.as_str().unwrap().strip_prefix("http://localhost:8000").unwrap().to_owned()
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {body}"))
}

struct Invite<'a> {
    most: i64,
    scope: &'a str,
    profiles: Vec<Profile>,
}

impl Default for Invite<'_> {
    fn default() -> Self {
        Self { most: 1, scope: "", profiles: usual_profiles() }
    }
}

async fn invite(world: &World, invite: Invite<'_>) -> String {
    let scope = if invite.scope.is_empty() { free_scope() } else { invite.scope.parse().unwrap() };
    let new = NewInvitation {
        department_id: "hrss",
        scope: &scope,
        profiles: &invite.profiles,
        most: invite.most,
        lifetime: Duration::from_secs(7 * 24 * 3600),
    };
    let mut tx = world.app.db.begin().await.unwrap();
    let (_, token) = invitation::issue(&mut tx, &world.app.moment(), &new).await.unwrap();
    tx.commit().await.unwrap();
    token.expose().to_owned()
}

async fn approve(world: &World, client_id: &str) -> bool {
    let mut tx = world.app.db.begin().await.unwrap();
    let approved = desk::approve(&mut tx, &world.app.moment(), client_id, Some("hrss")).await.unwrap();
    tx.commit().await.unwrap();
    approved
}

async fn invitation_of(world: &World) -> Invitation {
    invitation::list(&mut world.app.db.read(), 10).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_client_registers_itself_and_signs_people_in() {
    let world = World::new().await;
    let discovery = Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    assert_eq!(discovery["registration_endpoint"], "http://localhost:8000/oidc/register");
    let body = created(&register(&world, &plain(), None).await);
    for (member, value) in [
        ("client_id_issued_at", json!(world.now().seconds())),
        ("client_secret_expires_at", json!(0)),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("response_types", json!(["code"])),
        ("application_type", json!("web")),
        ("subject_type", json!("pairwise")),
        ("id_token_signed_response_alg", json!("RS256")),
        ("client_name", json!("自助系统")),
        ("scope", json!("address email offline_access openid phone profile")),
        ("registration_state", json!("active")),
    ] {
        assert_eq!(body[member], value, "{member}");
    }
    assert_eq!(text(&body, "client_secret").len(), 43);
    let uri = text(&body, "registration_client_uri");
    assert_eq!(uri, format!("http://localhost:8000/oidc/register/{}", text(&body, "client_id")));
    let own = party_of(&world, &body);
    let tokens = own.connect(&mut world.browser(), &WANG, "openid profile email").await;
    assert_eq!(own.userinfo(&tokens.access).await.good()["email"], WANG.email);
    assert_eq!(own.id_claims(&tokens.id.unwrap()).await["aud"], body["client_id"]);
    // Nothing that opens a door is kept as it is.
    let kept = Look::at(&world)
        .await
        .texts(
            "SELECT COALESCE(client.secret_digest, '') || registration.token_digest FROM client
             JOIN registration ON registration.client_id = client.client_id",
        )
        .await;
    let secrets = [text(&body, "client_secret"), text(&body, "registration_access_token")];
    assert_eq!(kept.len(), 1);
    assert!(secrets.iter().all(|secret| !kept[0].contains(secret)));
}

fn party_of(world: &World, body: &Value) -> RelyingParty {
    let credential = match body["client_secret"].as_str() {
        Some(secret) => Credential::Basic(secret.to_owned()),
        None => Credential::Public,
    };
    let mut party = RelyingParty::new(world, text(body, "client_id"), credential);
    party.redirect_uri = body["redirect_uris"][0].as_str().unwrap().to_owned();
    party
}

/// What conformance tools send: every member is honoured and told again; members nobody knows are ignored.
#[tokio::test]
async fn every_member_is_told_again_and_unknown_ones_are_ignored() {
    let world = World::new().await;
    let key =
        Signer::from_pkcs8(SigningAlgorithm::Es256, &generate(SigningAlgorithm::Es256).unwrap()).unwrap();
    let members = json!({
        "client_name": "OIDF client", "client_name#zh-CN": "一致性测试", "redirect_uris": ["https://suite.example/cb", "https://suite.example/cb?x=1"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "jwks": {"keys": [key.jwk()]},
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "RS256", "request_object_signing_alg": "ES256",
        "logo_uri": "https://openid.example/logo.png", "policy_uri": "https://openid.example/policy", "tos_uri": "https://openid.example/tos",
        "client_uri": "https://openid.example/", "contacts": ["certification@oidf.example"], "subject_type": "public",
        "initiate_login_uri": "https://suite.example/login", "backchannel_logout_uri": "https://suite.example/back",
        "backchannel_logout_session_required": true, "frontchannel_logout_uri": "https://suite.example/front",
        "request_uris": ["https://suite.example/request#digest"], "default_max_age": 15_000, "require_auth_time": true,
        "post_logout_redirect_uris": ["https://suite.example/bye"], "scope": "openid email", "software_id": "s", "software_version": "1",
    });
    let mut sent = members.clone();
    sent["nonsense"] = json!({"deep": [1, 2]});
    sent["default_acr_values"] = Value::Null;
    let body = created(&register(&world, &sent, None).await);
    for (name, value) in members.as_object().unwrap() {
        if name == "scope" {
            assert_eq!(body["scope"], "email openid");
        } else {
            assert_eq!(&body[name], value, "{name}");
        }
    }
    assert!(body.get("nonsense").is_none() && body.get("client_secret").is_none());
    assert!(body.get("client_secret_expires_at").is_none());
    // `apply` goes on refusing what it does not know.
    let state = json!({"clients": [{"client_id": "x", "department": "hrss", "client_secret": "0123456789abcdef",
                                    "redirect_uris": ["https://x.example/"], "nonsense": 1}]});
    let target = tongyao::cli::apply::Target {
        db: &world.app.db,
        keys: &world.app.keys,
        passwords: &world.app.passwords,
        outgoing: &world.app.outgoing,
        sandbox: tongyao::cli::apply::Sandbox::On,
    };
    let format = tongyao::cli::apply::Format::Json;
    let refused = tongyao::cli::apply::apply(&target, &world.app.moment(), &state.to_string(), format).await;
    assert!(refused.unwrap_err().to_string().contains("nonsense: is not a member we know"));
}

#[tokio::test]
async fn what_cannot_be_accepted_is_named() {
    let world = World::new().await;
    let redirect = |uri: &str| json!({"redirect_uris": [uri]});
    for uri in [
        "https://own.example/cb#fragment",
        "http://own.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://own.example@evil.example/",
        "https://own.example\\@evil.example/",
        "https://*.example/",
        "myapp:/cb",
        "com.example.app:/cb",
        "",
    ] {
        let answer = register(&world, &redirect(uri), None).await;
        answer.refused(400, "invalid_redirect_uri", 108_009);
        assert!(text(&answer.json(), "error_description").contains("redirect_uris: "), "{uri}");
    }
    register(&world, &json!({}), None).await.refused(400, "invalid_redirect_uri", 108_009);
    for (member, value) in [
        ("policy_uri", json!("javascript:alert(1)")),
        ("logo_uri", json!("data:image/png;base64,AA")),
        ("client_name", json!("门户\u{202e}fdp")),
        ("client_name", json!("x".repeat(101))),
        ("grant_types", json!(["password"])),
        ("token_endpoint_auth_method", json!("nonsense")),
        ("id_token_signed_response_alg", json!("none")),
        ("jwks", json!({"keys": [{"kty": "oct", "k": "AA"}]})),
        ("jwks_uri", json!("http://own.example/jwks")),
        ("backchannel_logout_uri", json!("ftp://own.example/")),
        ("contacts", json!("somebody")),
        ("software_id", json!("x".repeat(255))),
        ("default_max_age", json!(-1)),
        ("profile", json!("nonsense")),
        ("sector_identifier_uri", json!("http://own.example/sector")),
        ("software_statement", json!(["a"])),
    ] {
        let mut body = plain();
        body[member] = value.clone();
        let answer = register(&world, &body, None).await;
        answer.refused(400, "invalid_client_metadata", 108_008);
        let told = answer.json();
        assert!(text(&told, "error_description").contains(member), "{member}: {told}");
        assert!(text(&told, "error_description").is_ascii());
    }
    // Whose assertions are enough for a client without a secret is the operator's to say.
    let keyless = json!({"token_endpoint_auth_method": "none", "redirect_uris": [], "response_types": [],
                         "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"]});
    register(&world, &keyless, None).await.refused(400, "invalid_client_metadata", 108_008);
    let many: Vec<String> = (0..65).map(|number| format!("https://own.example/{number}")).collect();
    register(&world, &json!({"redirect_uris": many}), None).await.refused(
        400,
        "invalid_redirect_uri",
        108_009,
    );
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_in_bounded_time() {
    let world = World::new().await;
    let deep = format!("{{\"jwks\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let bodies = [
        "",
        "[]",
        "null",
        "{",
        "{}{}",
        "\u{feff}{}",
        "{\"client_name\":\"a\",\"client_name\":\"b\",\"redirect_uris\":[\"https://a.example/\"]}",
        &deep,
    ];
    for body in bodies {
        let answer = send(&world, Call::post_body("/oidc/register", body.to_owned()), None).await;
        answer.refused(400, "invalid_client_metadata", 108_007);
    }
    let huge = format!("{{\"client_name\":\"{}\"}}", "x".repeat(100_000));
    let answer = send(&world, Call::post_body("/oidc/register", huge), None).await;
    answer.refused(413, "invalid_request", 100_004);
    for kind in ["application/x-www-form-urlencoded", "text/plain", ""] {
        let call = Call::post_body("/oidc/register", plain().to_string()).header(CONTENT_TYPE, kind);
        call.send(&world.router).await.refused(415, "invalid_request", 108_006);
    }
}

#[tokio::test]
async fn without_an_open_door_a_token_is_needed() {
    let world = World::new_with(&REAL).await;
    let answer = register(&world, &plain(), None).await;
    answer.refused(401, "invalid_request", 104_001);
    let challenges = answer.headers.get_all("www-authenticate");
    let challenges: Vec<_> = challenges.iter().map(|value| value.to_str().unwrap()).collect();
    assert!(matches!(challenges[..], [bearer] if bearer.starts_with("Bearer ")), "{challenges:?}");
    for wrong in ["tyi_nonsense", "nonsense", "tya_x"] {
        register(&world, &plain(), Some(wrong)).await.refused(401, "invalid_token", 108_002);
    }
    let token = invite(&world, Invite::default()).await;
    let body = created(&register(&world, &plain(), Some(&token)).await);
    assert_eq!((&body["registration_state"], &body["profile"]), (&json!("active"), &json!("default")));
    register(&world, &plain(), Some(&token)).await.refused(401, "invalid_token", 108_004);
    let client = world.app.clients.find(text(&body, "client_id")).await.unwrap().unwrap();
    assert_eq!(client.department_id, "hrss");
    let ask = party_of(&world, &body).ask("openid");
    assert_eq!(world.browser().get(&ask.address()).await.name(), "sign-in");

    // Ids made in one moment have no order.
    world.later(1);
    let token = invite(&world, Invite::default()).await;
    let id = invitation_of(&world).await.id;
    let mut tx = world.app.db.begin().await.unwrap();
    assert!(invitation::revoke(&mut tx, &world.app.moment(), &id).await.unwrap());
    tx.commit().await.unwrap();
    register(&world, &plain(), Some(&token)).await.refused(401, "invalid_token", 108_005);
    let token = invite(&world, Invite::default()).await;
    world.later(7 * 24 * 3600);
    register(&world, &plain(), Some(&token)).await.refused(401, "invalid_token", 108_003);

    let off = World::new_with(&[("TONGYAO_REGISTRATION", "off")]).await;
    register(&off, &plain(), None).await.refused(403, "access_denied", 108_001);
    let discovery = Call::get("/.well-known/openid-configuration").send(&off.router).await.good();
    assert!(discovery.get("registration_endpoint").is_none());
}

#[tokio::test]
async fn a_secret_that_signs_is_for_the_sandbox_and_for_operators() {
    let mut wants = plain();
    wants["token_endpoint_auth_method"] = json!("client_secret_jwt");
    let world = World::new().await;
    let body = created(&register(&world, &wants, None).await);
    assert_eq!(body["token_endpoint_auth_method"], "client_secret_jwt");
    let secret = text(&body, "client_secret").to_owned();
    let own = party_of(&world, &body).showing(Credential::SigningSecret(secret.clone()));
    let tokens = own.connect(&mut world.browser(), &WANG, "openid profile").await;
    let refreshed = Tokens::of(&own.refresh(tokens.refresh.as_deref().unwrap()).await);
    own.userinfo(&refreshed.access).await.good();
    // The secret itself is no longer a way in, nor is another one that signs.
    own.showing(Credential::Basic(secret)).introspect("x").await.refused(401, "invalid_client", 101_008);
    let guess = Credential::SigningSecret("another-secret-0123456789abcdef0123".to_owned());
    own.showing(guess).introspect("x").await.refused(401, "invalid_client", 101_013);
    // Kept for checking signatures, and not as it is.
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM client_shared_secret").await, 1);
    let mut strict = wants.clone();
    strict["profile"] = json!("fapi2");
    let refused = register(&world, &strict, None).await;
    refused.refused(400, "invalid_client_metadata", 108_008);
    assert!(refused.body.contains("FAPI 2.0"), "{}", refused.body);

    let real = World::new_with(&REAL).await;
    let token = invite(&real, Invite { most: 9, ..Invite::default() }).await;
    let refused = register(&real, &wants, Some(&token)).await;
    refused.refused(400, "invalid_client_metadata", 108_008);
    assert!(refused.body.contains("register private_key_jwt"), "{}", refused.body);
    // Nor by a change.
    let body = created(&register(&real, &plain(), Some(&token)).await);
    let mut change = wants.clone();
    change["client_id"] = body["client_id"].clone();
    let (uri, own) = (path(&body["registration_client_uri"]), text(&body, "registration_access_token"));
    let answer = send(&real, Call::with_body(Method::PUT, &uri, change.to_string()), Some(own)).await;
    answer.refused(400, "invalid_client_metadata", 108_008);
}

#[tokio::test]
async fn what_cannot_be_read_is_not_called_long() {
    let world = World::new().await;
    for member in ["software_id", "software_version"] {
        let mut body = plain();
        body[member] = json!("a\u{0}b");
        let told = register(&world, &body, None).await.json();
        let expected = format!("{member}: has control characters, which nobody can read");
        assert_eq!(text(&told, "error_description"), expected);
    }
}

/// The FAPI profiles need no second word; the answer says what they demand.
#[tokio::test]
async fn the_profile_decides_what_a_registration_does_not_say() {
    let world = World::new().await;
    let key = generate(SigningAlgorithm::Es256).unwrap();
    let signer = Signer::from_pkcs8(SigningAlgorithm::Es256, &key).unwrap();
    let with_key = |method: &str, profile: &str| {
        json!({"redirect_uris": ["https://own.example/cb"], "token_endpoint_auth_method": method, "profile": profile,
               "jwks": {"keys": [signer.jwk()]}})
    };
    for (method, profile, signed) in [
        ("private_key_jwt", "fapi2", false),
        ("self_signed_tls_client_auth", "fapi2", false),
        ("private_key_jwt", "fapi2_message_signing", true),
    ] {
        let body = created(&register(&world, &with_key(method, profile), None).await);
        assert_eq!(body["id_token_signed_response_alg"], "PS256");
        assert_eq!(body["require_pushed_authorization_requests"], true);
        assert_eq!(body["require_signed_request_object"], signed);
        // A change that says nothing either is the same registration.
        let (uri, own) = (path(&body["registration_client_uri"]), text(&body, "registration_access_token"));
        let mut change = with_key(method, profile);
        change["client_id"] = body["client_id"].clone();
        let put = send(&world, Call::with_body(Method::PUT, &uri, change.to_string()), Some(own)).await;
        assert_eq!(put.good()["id_token_signed_response_alg"], "PS256");
    }
    for member in ["id_token_signed_response_alg", "userinfo_signed_response_alg"] {
        let mut weak = with_key("private_key_jwt", "fapi2");
        weak[member] = json!("RS256");
        let refused = register(&world, &weak, None).await;
        refused.refused(400, "invalid_client_metadata", 108_008);
        assert!(refused.body.contains(member), "{}", refused.body);
    }
    let machine = json!({"clients": [{
        "client_id": "machine-2", "department": "data", "profile": "fapi2", "jwks": {"keys": [signer.jwk()]},
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "response_types": [],
        "scope": "tasks.read",
    }]});
    assert_eq!(world.apply(machine.clone()).await.lines(), ["+ client machine-2"]);
    assert_eq!(world.apply(machine).await.changes(), 0);
}

#[tokio::test]
async fn implicit_answers_of_a_web_application_stay_on_the_web() {
    let implicit = |uri: &str, application: &str| {
        json!({"redirect_uris": [uri], "grant_types": ["implicit"], "response_types": ["id_token"],
               "application_type": application})
    };
    let real = World::new_with(&REAL).await;
    let token = invite(&real, Invite { most: 9, ..Invite::default() }).await;
    for local in
        ["http://localhost:8080/cb", "http://127.0.0.1/cb", "https://localhost/cb", "https://[::1]/cb"]
    {
        let refused = register(&real, &implicit(local, "web"), Some(&token)).await;
        refused.refused(400, "invalid_redirect_uri", 108_009);
    }
    created(&register(&real, &implicit("https://own.example/cb", "web"), Some(&token)).await);
    created(&register(&real, &implicit("http://127.0.0.1/cb", "native"), Some(&token)).await);
    // Whoever tries a system out on a machine of their own has the sandbox.
    let world = World::new().await;
    created(&register(&world, &implicit("https://localhost:8443/cb", "web"), None).await);
}

#[tokio::test]
async fn of_fifty_at_once_with_one_left_one_registers() {
    let world = World::new_with(&REAL).await;
    let token = invite(&world, Invite::default()).await;
    let body = plain();
    let all = futures_util::future::join_all((0..50).map(|_| register(&world, &body, Some(&token)))).await;
    let registered = all.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(registered, 1);
    for answer in all.iter().filter(|answer| answer.status != 201) {
        answer.refused(401, "invalid_token", 108_004);
    }
    assert_eq!(invitation_of(&world).await.used, 1);
    // A registration that fails takes nothing.
    let token = invite(&world, Invite::default()).await;
    register(&world, &json!({"redirect_uris": []}), Some(&token)).await.refused(
        400,
        "invalid_redirect_uri",
        108_009,
    );
    created(&register(&world, &body, Some(&token)).await);
}

#[tokio::test]
async fn what_a_token_does_not_cover_waits_for_an_operator() {
    let world = World::new_with(&REAL).await;
    let mut body = plain();
    body["scope"] = json!("openid id_number");
    let narrow = invite(&world, Invite { most: 9, ..Invite::default() }).await;
    let waiting = created(&register(&world, &body, Some(&narrow)).await);
    assert_eq!(waiting["registration_state"], "pending");
    let wide = invite(&world, Invite { scope: "openid id_number", ..Invite::default() }).await;
    assert_eq!(created(&register(&world, &body, Some(&wide)).await)["registration_state"], "active");

    // Who waits is told so, as a page and as an error.
    let own = party_of(&world, &waiting);
    let ask = own.ask("openid id_number");
    let page = world.browser().get(&ask.address()).await;
    assert!(page.answer.body.contains("108016") && page.answer.body.contains("审核"), "{}", page.answer.body);
    own.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await.refused(
        403,
        "unauthorized_client",
        108_016,
    );
    own.showing(Credential::Basic("wrong".to_owned()))
        .token(&[("grant_type", "refresh_token"), ("refresh_token", "x")])
        .await
        .refused(401, "invalid_client", 101_009);

    assert!(approve(&world, &own.client_id).await);
    assert!(!approve(&world, &own.client_id).await, "it waits no more");
    world.later(5);
    let page = world.browser().get(&ask.address()).await;
    assert_eq!(page.name(), "sign-in");

    body["profile"] = json!("legacy");
    let answer = register(&world, &body, Some(&narrow)).await;
    answer.refused(400, "invalid_client_metadata", 108_008);
    let old = invite(&world, Invite { profiles: vec![Profile::Legacy], ..Invite::default() }).await;
    assert_eq!(created(&register(&world, &plain(), Some(&old)).await)["profile"], "legacy");
}

/// With an open door an operator says yes to what was looked at, and looks again when it changes.
#[tokio::test]
async fn an_open_door_leads_to_an_operators_desk() {
    let world = World::new_with(&[REAL.as_slice(), &[("TONGYAO_REGISTRATION", "open")]].concat()).await;
    let body = created(&register(&world, &plain(), None).await);
    assert_eq!(body["registration_state"], "pending");
    let id = text(&body, "client_id");
    let client = world.app.clients.find(id).await.unwrap().unwrap();
    assert_eq!(client.department_id, "self-registered");
    assert!(approve(&world, id).await);

    let (place, token) = (path(&body["registration_client_uri"]), text(&body, "registration_access_token"));
    let mut new = plain();
    new["client_id"] = body["client_id"].clone();
    new["scope"] = body["scope"].clone();
    let put = |new: &Value| Call::with_body(Method::PUT, &place, new.to_string());
    let same = send(&world, put(&new), Some(token)).await.good();
    assert_eq!(same["registration_state"], "active");
    new["client_name"] = json!("市大数据局");
    let changed = send(&world, put(&new), Some(token)).await.good();
    assert_eq!(changed["registration_state"], "pending");

    let mut loopback = plain();
    loopback["redirect_uris"] = json!(["http://localhost:8001/cb"]);
    register(&world, &loopback, None).await.refused(400, "invalid_redirect_uri", 108_009);
    for _ in 0..60 {
        register(&world, &json!([]), None).await;
        register(&world, &json!({}), None).await;
    }
    let refused = register(&world, &plain(), None).await;
    refused.refused(429, "temporarily_unavailable", 108_014);
    world.later(refused.retry_after() - 1);
    register(&world, &plain(), None).await.refused(429, "temporarily_unavailable", 108_014);
    world.later(1);
    register(&world, &json!({}), None).await.refused(400, "invalid_redirect_uri", 108_009);

    // Nobody looked for a month: it is gone, and its token with it.
    world.later(31 * 24 * 3600);
    sweep::run_once(world.app.clone()).await.unwrap();
    send(&world, Call::get(&place), Some(token)).await.refused(401, "invalid_token", 108_017);
    world.later(2 * 24 * 3600);
    assert_eq!(sweep::run_once(world.app.clone()).await.unwrap()["clients"], 1);
}

#[tokio::test]
async fn a_department_holds_five_hundred_that_registered_themselves() {
    let world = World::new_with(&[REAL.as_slice(), &[("TONGYAO_REGISTRATION", "open")]].concat()).await;
    created(&register(&world, &plain(), None).await);
    let mut look = Look::at(&world).await;
    for mark in 0..8 {
        double_the_registered(&mut look, mark).await;
    }
    assert_eq!(look.number("SELECT COUNT(*) FROM registration").await, 256);
    created(&register(&world, &plain(), None).await);
    double_the_registered(&mut look, 8).await;
    register(&world, &plain(), None).await.refused(403, "access_denied", 108_015);
}

async fn double_the_registered(look: &mut Look, mark: u8) {
    let clients = format!(
        "INSERT INTO client (client_id, department_id, metadata, profile, consent, state, created_at, updated_at)
         SELECT client.client_id || '{mark}', department_id, metadata, profile, consent, state, created_at, updated_at
         FROM client JOIN registration ON registration.client_id = client.client_id"
    );
    let registrations = format!(
        "INSERT INTO registration (client_id, admission, source, token_digest, ceiling, profiles, registered_at)
         SELECT client_id || '{mark}', admission, source, token_digest, ceiling, profiles, registered_at
         FROM registration"
    );
    for statement in [clients, registrations] {
        look.change(&statement).await;
    }
}

#[tokio::test]
async fn a_client_manages_what_it_registered() {
    let world = World::new().await;
    let body = created(&register(&world, &plain(), None).await);
    let (place, token) = (path(&body["registration_client_uri"]), text(&body, "registration_access_token"));
    let read = send(&world, Call::get(&place), Some(token)).await.good();
    let mut expected = body.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(read, expected);

    let mut new = json!({
        "client_id": body["client_id"], "client_secret": body["client_secret"],
        "redirect_uris": ["https://own.example/new"], "client_name": "新名称", "token_endpoint_auth_method": "client_secret_post",
    });
    let put = |new: &Value| Call::with_body(Method::PUT, &place, new.to_string());
    let replaced = send(&world, put(&new), Some(token)).await.good();
    // Full replacement: what is left out has its default again.
    assert_eq!(replaced["grant_types"], json!(["authorization_code"]));
    assert_eq!(
        (&replaced["client_name"], &replaced["registration_access_token"]),
        (&json!("新名称"), &json!(token))
    );
    let own = RelyingParty::new(
        &world,
        text(&body, "client_id"),
        Credential::Post(text(&body, "client_secret").to_owned()),
    );
    own.token(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await.refused(
        400,
        "unauthorized_client",
        103_003,
    );

    for (member, value) in [
        ("client_id", json!("portal")),
        ("client_id", Value::Null),
        ("client_secret", json!("chosen")),
        ("registration_access_token", json!(token)),
        ("client_secret_expires_at", json!(0)),
        ("registration_client_uri", json!("https://own.example/")),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let answer = send(&world, put(&wrong), Some(token)).await;
        answer.refused(400, "invalid_client_metadata", 108_008);
        assert!(text(&answer.json(), "error_description").contains(member), "{member}");
    }
    new["redirect_uris"] = json!(["https://own.example/new#x"]);
    send(&world, put(&new), Some(token)).await.refused(400, "invalid_redirect_uri", 108_009);

    // From a key to a secret: only then there is a new one.
    new["redirect_uris"] = json!(["https://own.example/new"]);
    new["token_endpoint_auth_method"] = json!("none");
    let public = send(&world, put(&new), Some(token)).await.good();
    assert!(public.get("client_secret_expires_at").is_none());
    new["token_endpoint_auth_method"] = json!("client_secret_basic");
    new.as_object_mut().unwrap().remove("client_secret");
    let secret = send(&world, put(&new), Some(token)).await.good();
    assert_eq!(text(&secret, "client_secret").len(), 43);
    assert_ne!(secret["client_secret"], body["client_secret"]);
}

#[tokio::test]
async fn a_deleted_client_is_gone_with_all_it_got() {
    let world = World::new().await;
    let body = created(&register(&world, &plain(), None).await);
    let (place, token) = (path(&body["registration_client_uri"]), text(&body, "registration_access_token"));
    let own = party_of(&world, &body);
    let mut browser = world.browser();
    let tokens = own.connect(&mut browser, &WANG, "openid offline_access").await;
    let answer = send(&world, Call::with_method(Method::DELETE, &place), Some(token)).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    own.userinfo(&tokens.access).await.refused(401, "invalid_token", 104_006);
    own.refresh(&tokens.refresh.unwrap()).await.refused(401, "invalid_client", 101_009);
    assert_eq!(world.system("portal").introspect(&tokens.access).await.good(), json!({"active": false}));
    for method in [Method::GET, Method::DELETE] {
        let again = send(&world, Call::with_method(method, &place), Some(token)).await;
        again.refused(401, "invalid_token", 108_017);
    }
    let page = browser.get(&own.ask("openid").address()).await;
    assert!(page.answer.body.contains("101003"));
    // The person's other systems are not touched.
    world.system("portal").connect(&mut browser, &WANG, "openid").await;
    world.later(60 * 24 * 3600);
    for _ in 0..2 {
        sweep::run_once(world.app.clone()).await.unwrap();
    }
    let mut look = Look::at(&world).await;
    assert_eq!(look.number("SELECT COUNT(*) FROM client WHERE state = 'deleted'").await, 0);
}

/// Whoever asks about another's client learns nothing, not even whether there is one.
#[tokio::test]
async fn nobody_manages_anothers_client() {
    let world = World::new().await;
    let (one, other) =
        (created(&register(&world, &plain(), None).await), created(&register(&world, &plain(), None).await));
    let token = text(&one, "registration_access_token");
    let places = [
        path(&other["registration_client_uri"]),
        "/oidc/register/portal".to_owned(),
        "/oidc/register/cli_0".to_owned(),
    ];
    let mut said = Vec::new();
    for place in &places {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let body = json!({"client_id": other["client_id"], "redirect_uris": ["https://evil.example/"]});
            let call = Call::with_body(method, place, body.to_string());
            let answer = send(&world, call, Some(token)).await;
            answer.refused(401, "invalid_token", 108_017);
            let mut told = answer.json();
            told["txn"] = json!("");
            said.push(told);
        }
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:?}");
    send(&world, Call::get(&places[0]), None).await.refused(401, "invalid_request", 104_001);
    // Neither an initial access token nor an access token opens it.
    let invitation = invite(&world, Invite::default()).await;
    send(&world, Call::get(&places[0]), Some(&invitation)).await.refused(401, "invalid_token", 108_017);
    let kept =
        send(&world, Call::get(&places[0]), Some(text(&other, "registration_access_token"))).await.good();
    assert_eq!(kept["redirect_uris"], json!(["https://own.example/cb"]));
}

/// A document behind a real address of the machine.
async fn serving(document: String) -> String {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/document", socket.local_addr().unwrap());
    let routes = Router::new().route("/document", get(move || async move { document }));
    tokio::spawn(async move { axum::serve(socket, routes).await.unwrap() });
    address
}

#[tokio::test]
async fn a_sector_knows_its_clients() {
    let world = World::new().await;
    let redirects = json!(["https://a.example/cb", "https://b.example/cb"]);
    let with = |sector: &str| json!({"redirect_uris": redirects, "sector_identifier_uri": sector});
    let good = serving(redirects.to_string()).await;
    let bad = serving(json!(["https://a.example/cb"]).to_string()).await;
    created(&register(&world, &with(&good), None).await);
    register(&world, &with(&bad), None).await.refused(400, "invalid_client_metadata", 108_013);
    for unreachable in
        ["https://10.0.0.1/x", "https://169.254.169.254/x", "https://[fd00::1]/x", "http://127.0.0.1:1/x"]
    {
        let answer = register(&world, &with(unreachable), None).await;
        answer.refused(400, "invalid_client_metadata", 108_012);
    }
    // Without the document two hosts are two sectors.
    let answer = register(&world, &json!({"redirect_uris": redirects}), None).await;
    answer.refused(400, "invalid_client_metadata", 108_008);
    // A declared client shows the same.
    let state = |sector: &str| {
        let mut client = with(sector);
        for (name, value) in
            [("client_id", "two"), ("department", "hrss"), ("client_secret", "0123456789abcdef")]
        {
            client[name] = json!(value);
        }
        json!({"clients": [client]}).to_string()
    };
    let target = tongyao::cli::apply::Target {
        db: &world.app.db,
        keys: &world.app.keys,
        passwords: &world.app.passwords,
        outgoing: &world.app.outgoing,
        sandbox: tongyao::cli::apply::Sandbox::On,
    };
    let (moment, format) = (world.app.moment(), tongyao::cli::apply::Format::Json);
    let refused = tongyao::cli::apply::plan(&target, &moment, &state(&bad), format).await.unwrap_err();
    assert!(refused.to_string().starts_with("clients[0].sector_identifier_uri: "), "{refused}");
    tongyao::cli::apply::apply(&target, &moment, &state(&good), format).await.unwrap();
}

#[tokio::test]
async fn keys_behind_an_address_are_tried_with_the_guards() {
    let world = World::new_with(&REAL).await;
    let token = invite(&world, Invite { most: 9, ..Invite::default() }).await;
    let body = json!({"redirect_uris": ["https://own.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
                      "jwks_uri": "https://169.254.169.254/jwks"});
    let body = created(&register(&world, &body, Some(&token)).await);
    let key =
        Signer::from_pkcs8(SigningAlgorithm::Es256, &generate(SigningAlgorithm::Es256).unwrap()).unwrap();
    let own = RelyingParty::new(&world, text(&body, "client_id"), Credential::Key(std::sync::Arc::new(key)));
    own.introspect("x").await.refused(401, "invalid_client", 101_018);
}

#[tokio::test]
async fn a_statement_of_a_trusted_publisher_vouches_for_its_software() {
    let world = World::new_with(&REAL).await;
    let key =
        Signer::from_pkcs8(SigningAlgorithm::Ps256, &generate(SigningAlgorithm::Ps256).unwrap()).unwrap();
    let other =
        Signer::from_pkcs8(SigningAlgorithm::Ps256, &generate(SigningAlgorithm::Ps256).unwrap()).unwrap();
    world
        .apply(json!({"software_publishers": [{"issuer": "https://vendor.example", "department": "hrss",
                                              "jwks": {"keys": [key.jwk()]}, "scope": "openid id_number"}]}))
        .await;
    let claims = json!({"iss": "https://vendor.example", "software_id": "s1", "client_name": "协同办公",
                        "redirect_uris": ["https://vendor.example/cb"], "scope": "openid id_number"});
    let sign = |signer: &Signer, claims: &Value| signer.sign("JWT", claims).unwrap();
    let statement = sign(&key, &claims);
    let with = |statement: &str| json!({"software_statement": statement, "client_name": "假的", "redirect_uris": ["https://evil.example/cb"]});
    let body = created(&register(&world, &with(&statement), None).await);
    for (member, value) in [
        ("software_statement", json!(statement)),
        ("client_name", json!("协同办公")),
        ("redirect_uris", json!(["https://vendor.example/cb"])),
        ("registration_state", json!("active")),
    ] {
        assert_eq!(body[member], value, "{member}");
    }
    // Who replaces it cannot talk itself out of the statement.
    let put = json!({"client_id": body["client_id"], "redirect_uris": ["https://evil.example/cb"]});
    let call = Call::with_body(Method::PUT, &path(&body["registration_client_uri"]), put.to_string());
    let replaced = send(&world, call, Some(text(&body, "registration_access_token"))).await.good();
    assert_eq!(replaced["redirect_uris"], json!(["https://vendor.example/cb"]));

    // A copy of a statement that names no address is not enough.
    let open = json!({"iss": "https://vendor.example", "software_id": "s1"});
    let body = created(&register(&world, &with(&sign(&key, &open)), None).await);
    assert_eq!(body["registration_state"], "pending");

    let stranger = sign(&key, &json!({"iss": "https://stranger.example"}));
    register(&world, &with(&stranger), None).await.refused(400, "unapproved_software_statement", 108_011);
    let expired = json!({"iss": "https://vendor.example", "exp": world.now().seconds() - 3600});
    for wrong in [
        sign(&other, &claims),
        sign(&key, &expired),
        sign(&key, &json!({"iss": "https://vendor.example", "exp": "soon"})),
        sign(&key, &json!({"software_id": "s1"})),
        sign(&key, &json!({"iss": "https://vendor.example", "aud": "somebody", "sub": "a"})),
        key.sign("at+jwt", &claims).unwrap(),
        "nonsense".to_owned(),
        "a.b.c".to_owned(),
        format!("eyJhbGciOiJub25lIn0.{}.", statement.split('.').nth(1).unwrap()),
    ] {
        register(&world, &with(&wrong), None).await.refused(400, "invalid_software_statement", 108_010);
    }
}

#[tokio::test]
async fn a_client_that_is_switched_off_stops_at_once() {
    let world = World::new().await;
    let portal = world.system("portal");
    let mut browser = world.browser();
    let tokens = portal.connect(&mut browser, &WANG, "openid").await;
    let decide = async |decision| {
        let moment = world.app.moment();
        let mut tx = world.app.db.begin().await.unwrap();
        let changed = desk::decide(&mut tx, &moment, "portal", decision).await.unwrap();
        client_end::revoke_all(&mut tx, &moment, "portal", "client_disabled").await.unwrap();
        tx.commit().await.unwrap();
        changed
    };
    let pushed = portal.pushed(&portal.ask("openid")).await;
    assert!(decide(Decision::Disable).await && !decide(Decision::Disable).await);
    portal.userinfo(&tokens.access).await.refused(401, "invalid_token", 104_006);
    world.later(5);
    portal.refresh(&tokens.refresh.clone().unwrap()).await.refused(403, "unauthorized_client", 101_004);
    // A request that it pushed before is no way around.
    let page = browser.get(&pushed).await;
    assert!(page.answer.body.contains("101004"), "{}", page.answer.body);
    let page = browser.get(&portal.ask("openid").address()).await;
    assert!(page.answer.body.contains("101004") && page.answer.body.contains("停用"));
    // Declaring it again does not switch it on.
    world.apply(crate::support::town::state()).await;
    assert!(decide(Decision::Enable).await);
    world.later(5);
    portal.refresh(&tokens.refresh.unwrap()).await.refused(400, "invalid_grant", 103_020);
    portal.connect(&mut browser, &WANG, "openid").await;
}

#[tokio::test]
async fn a_new_secret_and_the_one_before_work_side_by_side() {
    let world = World::new().await;
    let portal = world.system("portal");
    let client = world.app.clients.find("portal").await.unwrap().unwrap();
    let moment = world.app.moment();
    let mut tx = world.app.db.begin().await.unwrap();
    let day = Duration::from_secs(24 * 3600);
    let expires_at = Some(moment.now + 10 * day);
    let fresh =
        desk::rotate_secret(&mut tx, &moment, &world.app.keys, (&client, day, expires_at)).await.unwrap();
    tx.commit().await.unwrap();
    world.later(5);
    let new = portal.showing(Credential::Basic(fresh.expose().to_owned()));
    for either in [&portal, &new] {
        assert_eq!(either.introspect("x").await.good()["active"], false);
    }
    world.later(24 * 3600);
    portal.introspect("x").await.refused(401, "invalid_client", 101_010);
    new.introspect("x").await.good();
    world.later(9 * 24 * 3600);
    new.introspect("x").await.refused(401, "invalid_client", 101_010);
}

#[tokio::test]
async fn the_pages_show_what_a_client_says_about_itself() {
    let world = World::new().await;
    let picture = serving("\u{89}not a picture".to_owned()).await;
    let mut body = plain();
    for (name, value) in [
        ("client_name#en", "Own system"),
        ("logo_uri", picture.as_str()),
        ("policy_uri", "https://policy.example/privacy"),
        ("tos_uri", "https://terms.example/tos"),
        ("tos_uri#en", "https://terms.example/en"),
    ] {
        body[name] = json!(value);
    }
    let body = created(&register(&world, &body, None).await);
    let own = party_of(&world, &body);
    let mut browser = world.browser();
    let sign_in = browser.get(&own.ask("openid profile").address()).await;
    let consent = browser.sign_in_on(&sign_in, &WANG).await;
    assert_eq!(consent.name(), "consent");
    let logo = format!("/logo?client_id={}", own.client_id);
    for page in [&sign_in, &consent] {
        for part in [
            "href=\"https://policy.example/privacy\"",
            "href=\"https://terms.example/tos\"",
            "policy.example",
            logo.as_str(),
            "自助系统",
        ] {
            assert!(page.answer.body.contains(part), "{part} is not in {}", page.answer.body);
        }
        assert!(!page.answer.body.contains(&picture), "nothing is loaded from elsewhere");
    }
    let english =
        browser.get(&own.ask("openid").with("ui_locales", "en").with("prompt", "login").address()).await;
    for part in ["Own system", "https://terms.example/en"] {
        assert!(english.answer.body.contains(part), "{part}");
    }
    let answer = Call::get(&logo).send(&world.router).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("image/svg+xml")));
    assert!(answer.body.contains(">自</text>"));
    assert_eq!(Call::get("/logo?client_id=nobody").send(&world.router).await.status, 404);
}

/// Two changes at once: one goes in, the other is told to look again; nothing is half of both.
#[tokio::test]
async fn changes_at_once_do_not_mix() {
    let world = World::new().await;
    let body = created(&register(&world, &plain(), None).await);
    let (place, token) = (path(&body["registration_client_uri"]), text(&body, "registration_access_token"));
    let put = |number: usize| {
        let name = format!("第 {number} 次");
        let new = json!({"client_id": body["client_id"], "redirect_uris": [format!("https://own.example/{number}")], "client_name": name});
        send(&world, Call::with_body(Method::PUT, &place, new.to_string()), Some(token))
    };
    let all = futures_util::future::join_all((0..20).map(put)).await;
    assert!(all.iter().any(|answer| answer.status == 200));
    assert!(all.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 503)));
    let kept = send(&world, Call::get(&place), Some(token)).await.good();
    let number = text(&kept, "client_name").split(' ').nth(1).unwrap().to_owned();
    assert_eq!(kept["redirect_uris"], json!([format!("https://own.example/{number}")]));
    let gone = send(&world, Call::with_method(Method::DELETE, &place), Some(token));
    let again = send(&world, Call::with_method(Method::DELETE, &place), Some(token));
    let mut codes = [gone.await.status.as_u16(), again.await.status.as_u16()];
    codes.sort_unstable();
    assert_eq!(codes, [204, 401]);
}
