//! What the OpenID Foundation's plan for FAPI-CIBA asks, for each client authentication and for poll and ping: a black box
//! spoken to as the suite speaks.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::HeaderName;
use http::StatusCode;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tongyao::client::dynamic::desk;
use tongyao::crypto::signer::{Signer, generate};
use tongyao::jobs::notices;
use tongyao::protocol::SigningAlgorithm;

use crate::support::certificates::{Authority, Certified, Validity};
use crate::support::listener::Listener;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::wrong_assertions::wrong_assertions;
use crate::support::{Answer, LI, RelyingParty, World};

const GRANT: &str = "urn:openid:params:grant-type:ciba";
const TOKEN: &str = "notify-0123456789abcdefghij";
const MTLS: &str = "https://mtls.tongyao.example";
const INTERACTION: HeaderName = HeaderName::from_static("x-fapi-interaction-id");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    PrivateKeyJwt,
    MutualTls,
}

struct Suite {
    world: World,
    bundle: PathBuf,
    one: Party,
    two: Party,
    sent: AtomicU32,
}

struct Party {
    client: RelyingParty,
    signer: Arc<Signer>,
    certificate: Certified,
}

impl Drop for Suite {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.bundle));
    }
}

fn signer(algorithm: SigningAlgorithm) -> Arc<Signer> {
    Arc::new(Signer::from_pkcs8(algorithm, &generate(algorithm).unwrap()).unwrap())
}

/// As `docs/CERTIFICATION.md` declares it.
fn declared(id: &str, signer: &Signer, shows: Shows, more: &Value) -> Value {
    let mut client = json!({
        "client_id": id, "department": "data", "client_name": id, "profile": "fapi2", "consent": "implicit",
        "grant_types": [GRANT, "refresh_token"], "response_types": [], "scope": "openid profile",
        "jwks": {"keys": [signer.jwk()]}, "id_token_signed_response_alg": "PS256",
        "tls_client_certificate_bound_access_tokens": true, "backchannel_token_delivery_mode": "poll",
    });
    match shows {
        Shows::PrivateKeyJwt => client["token_endpoint_auth_method"] = json!("private_key_jwt"),
        Shows::MutualTls => {
            client["token_endpoint_auth_method"] = json!("tls_client_auth");
            client["tls_client_auth_san_dns"] = json!(format!("{id}.example"));
        }
    }
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
}

impl Suite {
    async fn of(shows: Shows) -> Self {
        Self::with(shows, json!({})).await
    }

    async fn pinging(listener: &Listener) -> Self {
        let more = json!({
            "backchannel_token_delivery_mode": "ping", "backchannel_client_notification_endpoint": listener.address,
        });
        Self::with(Shows::PrivateKeyJwt, more).await
    }

    async fn with(shows: Shows, more: Value) -> Self {
        let authority = Authority::new("authority");
        let bundle = std::env::temp_dir().join(format!("tongyao-ciba-{}.pem", uuid::Uuid::new_v4().simple()));
        std::fs::write(&bundle, &authority.pem).unwrap();
        let settings = [
            ("TONGYAO_CLIENT_CA", bundle.to_str().unwrap()),
            ("TONGYAO_MTLS_URL", MTLS),
            ("TONGYAO_TRUSTED_PROXIES", "192.0.2.1/32"),
        ];
        let world = World::new_with(&settings).await;
        let signers = [signer(SigningAlgorithm::Ps256), signer(SigningAlgorithm::Ps256)];
        let ids = ["one", "two"];
        let clients: Vec<Value> =
            ids.iter().zip(&signers).map(|(id, signer)| declared(id, signer, shows, &more)).collect();
        world.apply(json!({ "clients": clients })).await;
        let party = |id: &str, signer: &Arc<Signer>| {
            let credential = match shows {
                Shows::PrivateKeyJwt => Credential::Key(signer.clone()),
                Shows::MutualTls => Credential::Public,
            };
            Party {
                client: RelyingParty::new(&world, id, credential),
                signer: signer.clone(),
                certificate: authority.certify(id, Validity::Now),
            }
        };
        let (one, two) = (party(ids[0], &signers[0]), party(ids[1], &signers[1]));
        Self { world, bundle, one, two, sent: AtomicU32::new(0) }
    }

    /// The claims of a signed request; `null` takes one away.
    fn claims(&self, party: &Party, changes: Value) -> Value {
        let now = self.world.now().seconds();
        let mut claims = json!({
            "iss": party.client.client_id, "aud": ISSUER, "iat": now, "nbf": now, "exp": now + 300,
            "jti": format!("request-{}", self.sent.fetch_add(1, Ordering::Relaxed)), "scope": "openid",
            "login_hint": LI.login_name, "client_notification_token": TOKEN,
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    async fn ask(&self, party: &Party, changes: Value) -> Answer {
        let token = party.signer.sign("JWT", &self.claims(party, changes)).unwrap();
        self.send(party, &token).await
    }

    async fn send(&self, party: &Party, token: &str) -> Answer {
        let call = party.client.asking("/oidc/ciba", &[("request", token)]);
        call.knowing(party.certificate.shown()).send(&self.world.router).await
    }

    async fn begin(&self, party: &Party, changes: Value) -> String {
        let body = self.ask(party, changes).await.good();
        assert!(body["expires_in"].is_u64() && body["interval"].is_u64());
        body["auth_req_id"].as_str().unwrap().to_owned()
    }

    async fn token(&self, party: &Party, fields: &[(&str, &str)]) -> Answer {
        let call = party.client.asking("/oidc/token", fields);
        call.knowing(party.certificate.shown()).send(&self.world.router).await
    }

    async fn poll(&self, party: &Party, id: &str) -> Answer {
        self.token(party, &[("grant_type", GRANT), ("auth_req_id", id)]).await
    }

    /// `automated_ciba_approval_url`: posted with nothing in the body.
    async fn says(&self, id: &str, action: &str) {
        let address = format!("/sandbox/ciba?auth_req_id={id}&action={action}");
        Call::with_body(http::Method::POST, &address, String::new()).send(&self.world.router).await.good();
    }

    async fn userinfo(&self, token: &str, certificate: &Certified) -> Answer {
        let call = Call::get("/oidc/userinfo").header(AUTHORIZATION, &format!("Bearer {token}"));
        call.knowing(certificate.shown()).send(&self.world.router).await
    }

    async fn delivered(&self) {
        notices::run_once(self.world.app.clone()).await.unwrap();
    }
}

fn error_of(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn said(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

#[tokio::test]
async fn both_clients_go_through_and_their_tokens_are_their_own() {
    for shows in [Shows::PrivateKeyJwt, Shows::MutualTls] {
        let suite = Suite::of(shows).await;
        let (one, two) = (&suite.one, &suite.two);
        let id = suite.begin(one, json!({})).await;
        assert_eq!(error_of(&suite.poll(one, &id).await), said(400, "authorization_pending"));
        suite.world.later(5);
        assert_eq!(error_of(&suite.poll(one, &id).await), said(400, "authorization_pending"));
        suite.says(&id, "allow").await;
        let answer = suite.poll(one, &id).await;
        let body = answer.good();
        assert_eq!(
            (answer.header("cache-control"), &body["token_type"]),
            (Some("no-store"), &json!("Bearer"))
        );
        let claims = one.client.id_claims(body["id_token"].as_str().unwrap()).await;
        assert_eq!((claims.get("c_hash"), claims.get("s_hash")), (None, None));
        let token = body["access_token"].as_str().unwrap();
        // FAPI 1.0 Baseline §6.2.1 (11).
        let own = uuid::Uuid::new_v4().to_string();
        let call = Call::get("/oidc/userinfo").header(AUTHORIZATION, &format!("Bearer {token}"));
        let call = call.knowing(one.certificate.shown()).header(INTERACTION, &own);
        assert_eq!(call.send(&suite.world.router).await.header("x-fapi-interaction-id"), Some(own.as_str()));

        let acr = json!({"acr_values": "urn:tongyao:loa:3", "requested_expiry": 300});
        let id = suite.begin(two, acr).await;
        suite.says(&id, "allow").await;
        let body = suite.poll(two, &id).await.good();
        let claims = two.client.id_claims(body["id_token"].as_str().unwrap()).await;
        assert_eq!(claims["acr"], "urn:tongyao:loa:3");
        let token = body["access_token"].as_str().unwrap();
        let answer = suite.userinfo(token, &two.certificate).await;
        answer.good();
        assert!(uuid::Uuid::try_parse(answer.header("x-fapi-interaction-id").unwrap()).is_ok());
        assert_eq!(suite.userinfo(token, &one.certificate).await.status, 401);
        assert_eq!(error_of(&suite.poll(two, &id).await), said(400, "invalid_grant"));

        let refresh = body["refresh_token"].as_str().unwrap();
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        suite.world.later(1);
        suite.token(two, &fields).await.good();
        assert_eq!(error_of(&suite.token(one, &fields).await), said(400, "invalid_grant"));
        // Another client's; without the certificate.
        let id = suite.begin(one, json!({})).await;
        assert_eq!(error_of(&suite.poll(two, &id).await), said(400, "invalid_grant"));
        let bare = one.client.asking("/oidc/token", &[("grant_type", GRANT), ("auth_req_id", &id)]);
        let bare = error_of(&bare.send(&suite.world.router).await);
        let expected =
            if shows == Shows::MutualTls { (401, "invalid_client") } else { (400, "invalid_request") };
        assert_eq!(bare, said(expected.0, expected.1));
    }
}

#[tokio::test]
async fn the_person_refuses_or_does_not_answer() {
    let suite = Suite::of(Shows::PrivateKeyJwt).await;
    let one = &suite.one;
    let id = suite.begin(one, json!({})).await;
    suite.says(&id, "deny").await;
    assert_eq!(error_of(&suite.poll(one, &id).await), said(400, "access_denied"));
    for expiry in [json!(30), json!("30")] {
        let body = suite.ask(one, json!({"requested_expiry": expiry})).await.good();
        assert_eq!(body["expires_in"], 30);
        suite.world.later(31);
        let id = body["auth_req_id"].as_str().unwrap();
        assert_eq!(error_of(&suite.poll(one, id).await), said(400, "expired_token"));
    }
    // Twenty polls at once are slowed down and nothing worse.
    let id = suite.begin(one, json!({})).await;
    for _ in 0..20 {
        let (status, error) = error_of(&suite.poll(one, &id).await);
        assert!(status == 400 && ["authorization_pending", "slow_down"].contains(&error.as_str()), "{error}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_invalid_request() {
    refuses_what_is_wrong(&Suite::of(Shows::PrivateKeyJwt).await).await;
}

/// `client_registration=dynamic_client`: what the suite registers, which is neither a profile nor a scope. An operator says
/// yes first: such a client reaches people who are not there.
#[tokio::test]
async fn clients_that_register_themselves_are_held_to_the_same() {
    for shows in [Shows::PrivateKeyJwt, Shows::MutualTls] {
        let mut suite = Suite::of(shows).await;
        for place in [0, 1] {
            let party = if place == 0 { &mut suite.one } else { &mut suite.two };
            let mut keys = vec![party.signer.jwk().clone()];
            let method = match shows {
                Shows::PrivateKeyJwt => "private_key_jwt",
                Shows::MutualTls => {
                    keys.push(party.certificate.jwk());
                    "self_signed_tls_client_auth"
                }
            };
            let body = json!({
                "client_name": "conformance", "grant_types": [GRANT], "response_types": [], "jwks": {"keys": keys},
                "backchannel_user_code_parameter": false, "backchannel_token_delivery_mode": "poll",
                "backchannel_authentication_request_signing_alg": "PS256", "id_token_signed_response_alg": "PS256",
                "token_endpoint_auth_method": method, "tls_client_certificate_bound_access_tokens": true,
            });
            let answer = Call::post_body("/oidc/register", body.to_string())
                .header(http::header::CONTENT_TYPE, "application/json")
                .send(&suite.world.router)
                .await;
            assert_eq!(answer.status, 201, "{}", answer.body);
            let told = answer.json();
            assert_eq!(told["registration_state"], "pending");
            party.client.client_id = told["client_id"].as_str().unwrap().to_owned();
            let mut tx = suite.world.app.db.begin().await.unwrap();
            let moment = suite.world.app.moment();
            assert!(desk::approve(&mut tx, &moment, &party.client.client_id, None).await.unwrap());
            tx.commit().await.unwrap();
        }
        refuses_what_is_wrong(&suite).await;
        let (one, two) = (&suite.one, &suite.two);
        let id = suite.begin(one, json!({})).await;
        suite.says(&id, "allow").await;
        let body = suite.poll(one, &id).await.good();
        one.client.id_claims(body["id_token"].as_str().unwrap()).await;
        let token = body["access_token"].as_str().unwrap();
        suite.userinfo(token, &one.certificate).await.good();
        assert_eq!(suite.userinfo(token, &two.certificate).await.status, 401);
    }
}

async fn refuses_what_is_wrong(suite: &Suite) {
    let one = &suite.one;
    let now = suite.world.now().seconds();
    let wrong = [
        json!({"aud": null}),
        json!({"aud": "https://other.example"}),
        json!({"iss": null}),
        json!({"iss": "two"}),
        json!({"exp": null}),
        json!({"exp": now - 300}),
        json!({"exp": now + 70 * 60}),
        json!({"iat": null}),
        json!({"nbf": null}),
        json!({"nbf": now + 600}),
        json!({"nbf": now - 70 * 60}),
        json!({"jti": null}),
        json!({"id_token_hint": "a.b.c"}),
        json!({"login_hint": null}),
    ];
    for changes in wrong {
        let answer = suite.ask(one, changes.clone()).await;
        assert_eq!(error_of(&answer), said(400, "invalid_request"), "{changes}");
    }
    let claims = suite.claims(one, json!({}));
    let signed = one.signer.sign("JWT", &claims).unwrap();
    let none = format!("eyJhbGciOiJub25lIn0.{}.", signed.split('.').nth(1).unwrap());
    let rs256 = signer(SigningAlgorithm::Rs256).sign("JWT", &claims).unwrap();
    let others = suite.two.signer.sign("JWT", &claims).unwrap();
    for token in [none, rs256, others] {
        assert_eq!(error_of(&suite.send(one, &token).await), said(400, "invalid_request"));
    }
    let plain = [("scope", "openid"), ("login_hint", LI.login_name)];
    let answer = one
        .client
        .asking("/oidc/ciba", &plain)
        .knowing(one.certificate.shown())
        .send(&suite.world.router)
        .await;
    assert_eq!(error_of(&answer), said(400, "invalid_request"));
    // A message that is too long to be shown says so; a short one of any writing is shown.
    let long = format!("1234 👍🏿 品川 Lorem ipsum dolor sit amet, {}", "consectetur ".repeat(30));
    let answer = suite.ask(one, json!({"binding_message": long})).await;
    assert_eq!(error_of(&answer), said(400, "invalid_binding_message"));
    suite.begin(one, json!({"binding_message": "1234"})).await;
}

#[tokio::test]
async fn an_assertion_may_be_made_for_any_of_our_names() {
    let suite = Suite::of(Shows::PrivateKeyJwt).await;
    let one = &suite.one;
    let send = async |changes: Value| {
        let assertion = one.client.assertion(&one.signer, changes);
        let token = one.signer.sign("JWT", &suite.claims(one, json!({}))).unwrap();
        let fields = [
            ("request", token.as_str()),
            ("client_assertion", &assertion),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ];
        Call::post("/oidc/ciba", &fields).send(&suite.world.router).await
    };
    let named = [
        ISSUER.to_owned(),
        format!("{ISSUER}/oidc/token"),
        format!("{ISSUER}/oidc/ciba"),
        format!("{MTLS}/oidc/token"),
        format!("{MTLS}/oidc/ciba"),
    ];
    for aud in named {
        send(json!({ "aud": aud })).await.good();
    }
    for aud in [json!("https://other.example/oidc/token"), json!([ISSUER, "https://other.example"])] {
        assert_eq!(error_of(&send(json!({ "aud": aud })).await), said(401, "invalid_client"));
    }
    // Only the id; RS256.
    let public = one.client.showing(Credential::Public);
    let token = one.signer.sign("JWT", &suite.claims(one, json!({}))).unwrap();
    let answer = public.asking("/oidc/ciba", &[("request", &token)]).send(&suite.world.router).await;
    assert_eq!(error_of(&answer), said(401, "invalid_client"));
    let rs256 = one.client.showing(Credential::Key(signer(SigningAlgorithm::Rs256)));
    let answer = rs256.asking("/oidc/ciba", &[("request", &token)]).send(&suite.world.router).await;
    assert_eq!(error_of(&answer), said(401, "invalid_client"));
}

#[tokio::test]
async fn who_is_wrong_in_any_way_about_itself_is_refused() {
    let suite = Suite::of(Shows::PrivateKeyJwt).await;
    let (world, one) = (&suite.world, &suite.one);
    for (what, credential) in wrong_assertions(world, &one.client, &one.signer) {
        let token = one.signer.sign("JWT", &suite.claims(one, json!({}))).unwrap();
        let mut fields = vec![("request", token.as_str())];
        fields.extend(credential.iter().map(|(name, value)| (*name, value.as_str())));
        if credential.is_empty() {
            fields.push(("client_id", &one.client.client_id));
        }
        let (status, error) = error_of(&Call::post("/oidc/ciba", &fields).send(&world.router).await);
        assert!(
            [said(401, "invalid_client"), said(400, "invalid_request")].contains(&(status, error)),
            "{what}"
        );
    }
    suite.begin(one, json!({})).await;
}

#[tokio::test]
async fn one_client_does_not_show_anothers_certificate() {
    let suite = Suite::of(Shows::MutualTls).await;
    let token = suite.one.signer.sign("JWT", &suite.claims(&suite.one, json!({}))).unwrap();
    let call = suite.two.client.asking("/oidc/ciba", &[("request", &token)]);
    let answer = call.knowing(suite.one.certificate.shown()).send(&suite.world.router).await;
    assert_eq!(error_of(&answer), said(401, "invalid_client"));
    let id = suite.begin(&suite.two, json!({})).await;
    let call = suite.two.client.asking("/oidc/token", &[("grant_type", GRANT), ("auth_req_id", &id)]);
    let answer = call.knowing(suite.one.certificate.shown()).send(&suite.world.router).await;
    assert_eq!(error_of(&answer), said(401, "invalid_client"));
}

#[tokio::test]
async fn a_ping_is_sent_once_whatever_its_receiver_answers() {
    let answers = [
        StatusCode::NO_CONTENT,
        StatusCode::OK,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::MOVED_PERMANENTLY,
    ];
    for status in answers {
        let listener = Listener::start().await;
        listener.answer_with(status);
        let suite = Suite::pinging(&listener).await;
        for action in ["allow", "deny"] {
            let before = listener.heard().len();
            let id = suite.begin(&suite.one, json!({})).await;
            suite.says(&id, action).await;
            for pause in [0, 3, 20, 120, 600] {
                suite.world.later(pause);
                suite.delivered().await;
                if pause == 3 {
                    let answer = suite.poll(&suite.one, &id).await;
                    match action {
                        "allow" => drop(answer.good()),
                        _ => assert_eq!(error_of(&answer), said(400, "access_denied")),
                    }
                }
            }
            let heard = listener.heard();
            assert_eq!(heard.len(), before + 1, "{status} {action}");
            let body: Value = serde_json::from_str(heard.last().unwrap()).unwrap();
            assert_eq!(body, json!({ "auth_req_id": id }));
            assert_eq!(listener.authorizations().last().unwrap(), &format!("Bearer {TOKEN}"));
        }
    }
}

/// CIBA Core 1.0 §7.1: a token for the notification may have 1024 characters, and the second client's has.
#[tokio::test]
async fn a_ping_shows_the_longest_token_there_may_be() {
    let listener = Listener::start().await;
    let suite = Suite::pinging(&listener).await;
    let longest = "n".repeat(1024);
    let id = suite.begin(&suite.one, json!({"client_notification_token": longest})).await;
    suite.says(&id, "allow").await;
    suite.delivered().await;
    assert_eq!(listener.authorizations(), [format!("Bearer {longest}")]);
    let answer = suite.ask(&suite.one, json!({"client_notification_token": "n".repeat(1025)})).await;
    assert_eq!(error_of(&answer), said(400, "invalid_request"));
}

#[tokio::test]
async fn a_ping_that_found_nobody_is_sent_again() {
    let listener = Listener::start().await;
    listener.answer_with(StatusCode::BAD_GATEWAY);
    let suite = Suite::pinging(&listener).await;
    let id = suite.begin(&suite.one, json!({})).await;
    suite.says(&id, "allow").await;
    suite.delivered().await;
    listener.answer_with(StatusCode::NO_CONTENT);
    suite.world.later(3);
    suite.delivered().await;
    assert_eq!(listener.heard().len(), 2);
}
