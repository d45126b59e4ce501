//! The JWT bearer grant (RFC 7523 §2.1): a system acting for itself by its own signature, or by that of an issuer declared for it.

use std::sync::Arc;

use serde_json::{Value, json};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;

use super::access_token::SECRET;
use crate::support::look::Look;
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::{Answer, RelyingParty, World, all_at_once};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const PLATFORM: &str = "https://platform.example";

struct Ground {
    world: World,
    /// The key of the system itself.
    own: Signer,
    /// The key of the issuer that may sign for the other one.
    platform: Signer,
}

fn signer() -> Signer {
    let key = generate(SigningAlgorithm::Es256).unwrap();
    Signer::from_pkcs8(SigningAlgorithm::Es256, &key).unwrap()
}

async fn ground() -> Ground {
    let (own, platform) = (signer(), signer());
    let common = |id: &str, with: Value| {
        let mut client = json!({
            "client_id": id, "department": "hrss", "redirect_uris": [], "response_types": [], "grant_types": [GRANT],
            "scope": "tasks.read tasks.write", "allowed_resources": ["https://api.example/"],
        });
        client.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        client
    };
    let clients = [
        common(
            "robot",
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [own.jwk()]}}),
        ),
        // As the guide has it: without a secret.
        common(
            "keyless",
            json!({
                "token_endpoint_auth_method": "none",
                "trusted_issuers": [{
                    "issuer": PLATFORM, "subject": "namespace:keyless", "jwks": {"keys": [platform.jwk()]}, "scope": "tasks.read",
                }],
            }),
        ),
        common(
            "workload",
            json!({
                "client_secret": SECRET,
                "trusted_issuers": [{
                    "issuer": PLATFORM, "subject": "namespace:tasks", "jwks": {"keys": [platform.jwk()]}, "scope": "tasks.read",
                }],
            }),
        ),
    ];
    Ground { world: World::with_clients(&clients).await, own, platform }
}

impl Ground {
    fn claims(&self, iss: &str, sub: &str, changed: Value) -> Value {
        let now = self.world.now().seconds();
        let mut claims = json!({
            "iss": iss, "sub": sub, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": uuid::Uuid::new_v4().to_string(),
        });
        claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        claims
    }

    fn of_robot(&self, changed: Value) -> String {
        self.own.sign("JWT", &self.claims("robot", "robot", changed)).unwrap()
    }

    fn of_platform(&self, changed: Value) -> String {
        self.platform.sign("JWT", &self.claims(PLATFORM, "namespace:tasks", changed)).unwrap()
    }

    async fn send(&self, assertion: &str, with: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("grant_type", GRANT), ("assertion", assertion)];
        fields.extend(with);
        Call::post("/oidc/token", &fields).send(&self.world.router).await
    }
}

#[tokio::test]
async fn a_system_acts_for_itself_by_its_own_signature() {
    let ground = ground().await;
    let with = [("scope", "tasks.read"), ("resource", "https://api.example/")];
    let body = ground.send(&ground.of_robot(json!({})), &with).await.good();
    assert_eq!((&body["scope"], &body["token_type"]), (&json!("tasks.read"), &json!("Bearer")));
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let at_endpoint = ground.of_robot(json!({"aud": [format!("{ISSUER}/oidc/token")]}));
    assert_eq!(ground.send(&at_endpoint, &[]).await.good()["scope"], "tasks.read tasks.write");
    // It may also show who it is as it does elsewhere.
    let robot = RelyingParty::new(&ground.world, "robot", Credential::Key(Arc::new(signer())));
    let wrong = robot.token(&[("grant_type", GRANT), ("assertion", &ground.of_robot(json!({})))]).await;
    wrong.refused(401, "invalid_client", 101_013);
}

#[tokio::test]
async fn an_issuer_declared_for_a_system_signs_for_it() {
    let ground = ground().await;
    let workload = [("client_id", "workload")];
    let narrow = [("client_id", "workload"), ("scope", "tasks.read")];
    ground.send(&ground.of_platform(json!({})), &narrow).await.good();
    // More than was declared of this issuer.
    ground.send(&ground.of_platform(json!({})), &workload).await.refused(400, "invalid_scope", 102_010);
    // It may show its secret as well.
    let shown = RelyingParty::new(&ground.world, "workload", Credential::Basic(SECRET.to_owned()));
    let assertion = ground.of_platform(json!({}));
    let fields = [("grant_type", GRANT), ("assertion", assertion.as_str()), ("scope", "tasks.read")];
    shown.token(&fields).await.good();
    // The issuer signs for this subject and this system only.
    let other = ground.of_platform(json!({"sub": "namespace:other"}));
    ground.send(&other, &narrow).await.refused(400, "invalid_grant", 103_042);
    let robots = [("client_id", "robot"), ("scope", "tasks.read")];
    ground.send(&ground.of_platform(json!({})), &robots).await.refused(400, "invalid_grant", 103_042);
    // A key that signs for one issuer does not sign for another.
    let posing = ground.of_platform(json!({"iss": "workload", "sub": "workload"}));
    ground.send(&posing, &narrow).await.refused(400, "invalid_grant", 103_042);
}

#[tokio::test]
async fn a_system_without_a_secret_has_the_assertions_of_its_issuer_and_nothing_else() {
    let ground = ground().await;
    let of = |changed: Value| {
        let mut claims = json!({"sub": "namespace:keyless"});
        claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        ground.of_platform(claims)
    };
    let named = [("client_id", "keyless"), ("scope", "tasks.read")];
    let token = ground.send(&of(json!({})), &named).await.good()["access_token"].as_str().unwrap().to_owned();
    // Its name alone opens nothing, and no other assertion does.
    let stranger = signer().sign("JWT", &ground.claims(PLATFORM, "namespace:keyless", json!({}))).unwrap();
    ground.send(&stranger, &named).await.refused(400, "invalid_grant", 103_042);
    ground.send(&of(json!({"sub": "namespace:tasks"})), &named).await.refused(400, "invalid_grant", 103_042);
    ground.send(&of(json!({"sub": "keyless", "iss": "keyless"})), &named).await.refused(
        400,
        "invalid_grant",
        103_042,
    );
    let router = &ground.world.router;
    let grant = [("grant_type", "client_credentials"), ("client_id", "keyless")];
    Call::post("/oidc/token", &grant).send(router).await.refused(400, "unauthorized_client", 103_003);
    let ask = [("token", token.as_str()), ("client_id", "keyless")];
    Call::post("/oidc/introspect", &ask).send(router).await.refused(403, "unauthorized_client", 105_003);
}

#[tokio::test]
async fn an_assertion_is_refused_for_each_reason() {
    let ground = ground().await;
    let now = ground.world.now().seconds();
    let stranger = signer().sign("JWT", &ground.claims("robot", "robot", json!({}))).unwrap();
    let nobody = ground.own.sign("JWT", &ground.claims("nobody", "nobody", json!({}))).unwrap();
    let access = ground.own.sign("at+jwt", &ground.claims("robot", "robot", json!({}))).unwrap();
    let both = json!({"aud": [ISSUER, "https://other.example"]});
    let cases = [
        (stranger, 103_042),
        (nobody, 103_042),
        (access, 103_041),
        (ground.of_robot(json!({"iss": "portal"})), 103_042),
        (ground.of_robot(json!({"exp": now - 31})), 103_044),
        (ground.of_robot(json!({"exp": now + 331})), 103_044),
        (ground.of_robot(json!({"nbf": now + 31})), 103_044),
        (ground.of_robot(json!({"aud": "https://other.example"})), 103_043),
        (ground.of_robot(both), 103_043),
        (ground.of_robot(json!({"jti": null})), 103_041),
        (ground.of_robot(json!({"exp": null})), 103_041),
        ("eyJhbGciOiJub25lIn0.eyJpc3MiOiJyb2JvdCIsInN1YiI6InJvYm90In0.".to_owned(), 103_042),
        ("not.a.token".to_owned(), 103_041),
        ("x".to_owned(), 103_041),
    ];
    for (assertion, code) in cases {
        ground.send(&assertion, &[]).await.refused(400, "invalid_grant", code);
    }
    Call::post("/oidc/token", &[("grant_type", GRANT)]).send(&ground.world.router).await.refused(
        400,
        "invalid_request",
        103_040,
    );
    // A refusal that is not about the assertion uses nothing up.
    let once = ground.of_robot(json!({}));
    ground.send(&once, &[("scope", "tasks.delete")]).await.refused(400, "invalid_scope", 102_010);
    ground.send(&once, &[]).await.good();
    ground.send(&once, &[]).await.refused(400, "invalid_grant", 103_045);
    // Systems without the grant are not even known.
    let portal = ground.own.sign("JWT", &ground.claims("portal", "portal", json!({}))).unwrap();
    ground.send(&portal, &[]).await.refused(400, "invalid_grant", 103_042);
}

/// Overheard as one thing it must not work as the other: the two say the same, word for word (RFC 7523 §3).
#[tokio::test]
async fn an_assertion_works_once_whatever_it_is_used_as() {
    const KIND: (&str, &str) =
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let ground = ground().await;
    let (first, second) = (ground.of_robot(json!({})), ground.of_robot(json!({})));
    ground.send(&first, &[]).await.good();
    let shown = ground.send(&second, &[KIND, ("client_assertion", &first)]).await;
    shown.refused(401, "invalid_client", 101_016);
    let third = ground.of_robot(json!({}));
    ground.send(&second, &[KIND, ("client_assertion", &third)]).await.good();
    ground.send(&third, &[]).await.refused(400, "invalid_grant", 103_045);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_uses_at_once_of_one_assertion_give_one_token() {
    let ground = Arc::new(ground().await);
    let assertion = ground.of_robot(json!({}));
    let tries = (0..50).map(|_| {
        let (ground, assertion) = (ground.clone(), assertion.clone());
        async move { ground.send(&assertion, &[]).await }
    });
    let answers = all_at_once(tries).await;
    let (good, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((good.len(), refused.len()), (1, 49));
    refused.iter().for_each(|answer| answer.refused(400, "invalid_grant", 103_045));
}

/// An assertion names a client before anybody believes it.
#[tokio::test]
async fn the_trace_believes_no_assertion_before_it_is_read() {
    let ground = ground().await;
    let forged = signer().sign("JWT", &ground.claims("robot", "robot", json!({}))).unwrap();
    ground.send(&forged, &[]).await.refused(400, "invalid_grant", 103_042);
    let own = ground.of_robot(json!({}));
    ground.send(&own, &[("scope", "tasks.delete")]).await.refused(400, "invalid_scope", 102_010);
    let steps = Look::at(&ground.world).await.texts("SELECT steps FROM trace ORDER BY refusal DESC").await;
    let authenticated: Vec<bool> = steps.iter().map(|steps| steps.contains("client_authenticated")).collect();
    assert_eq!(authenticated, [false, true]);
}
