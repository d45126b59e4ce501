//! Authentication tried on a real database, with the ground that the other tests of this folder stand on.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::base::Moment;
use crate::base::random::System;
use crate::base::scratch::Scratch;
use crate::base::time::{Clock, ManualClock};
use crate::client::store::{self, NewClient};
use crate::client::{ConsentPolicy, Department, Profile, department, shared_secret};
use crate::config::DatabasePlace;
use crate::crypto::signer::{Signer, generate};
use crate::gateway::Outgoing;
use crate::gateway::guard::{Guard, Reach};
use crate::protocol::SigningAlgorithm;
use crate::protocol::client_auth::ClientAuthMethod;
use crate::storage::{Db, Tally, migrate};

pub(in crate::client) fn keys() -> (Arc<Keys>, Scratch) {
    let folder = Scratch::open();
    let keys = Keys::make(&folder.join("keys"), START, &System::default()).unwrap();
    (Arc::new(keys), folder)
}

pub(in crate::client) fn outgoing() -> Outgoing {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Outgoing::new(Guard::new(Reach::PublicAndLoopback, &[]), None).unwrap()
}

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://id.example";

/// An empty database with one department, and a clock turned by hand.
pub(in crate::client) struct Ground {
    pub(in crate::client) clients: Arc<Clients>,
    pub(in crate::client) clock: Arc<ManualClock>,
    pub(in crate::client) tally: Arc<Tally>,
    db: Db,
    keys: Arc<Keys>,
    _folder: Scratch,
}

pub(in crate::client) async fn ground() -> Ground {
    let (keys, folder) = keys();
    let tally = Arc::new(Tally::default());
    let place = DatabasePlace::Sqlite(folder.join("test.db"));
    let db = Db::open(&place, tally.clone()).await.unwrap();
    migrate::run(&place, &db).await.unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let clients = Arc::new(Clients::new(db.clone(), clock.clone()));
    let ground = Ground { clients, clock, tally, db, keys, _folder: folder };
    let mut tx = ground.db.begin().await.unwrap();
    let hrss = Department {
        id: "hrss".into(),
        parent: None,
        name: crate::base::Name::new("市人社局", None),
        level: "city".into(),
    };
    department::upsert(&mut tx, &ground.moment(), &hrss).await.unwrap();
    tx.commit().await.unwrap();
    ground
}

impl Ground {
    pub(in crate::client) async fn register(&self, client_id: &str, members: Value, secret: Option<&str>) {
        self.register_as(Profile::Default, client_id, (members, secret)).await;
    }

    async fn register_as(&self, profile: Profile, client_id: &str, (members, secret): (Value, Option<&str>)) {
        let digest = secret.map(|text| secret::digest(&self.keys, client_id, &Secret::new(text)));
        let new = NewClient {
            client_id,
            department_id: "hrss",
            metadata: &serde_json::from_value(members).unwrap(),
            profile,
            consent: ConsentPolicy::Explicit,
            secret_digest: digest.as_deref(),
        };
        let mut tx = self.db.begin().await.unwrap();
        store::upsert(&mut tx, &self.moment(), &new).await.unwrap();
        if let (ClientAuthMethod::ClientSecretJwt, Some(secret)) =
            (new.metadata.token_endpoint_auth_method, secret)
        {
            let secret = Secret::new(secret);
            shared_secret::keep(&mut tx, (&self.moment(), &self.keys), client_id, &secret).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    fn moment(&self) -> Moment {
        Moment::of_system(self.clock.now(), Arc::new(System::default()))
    }

    fn authenticator(&self) -> Authenticator {
        Authenticator {
            clients: self.clients.clone(),
            keys: self.keys.clone(),
            ephemeral: Ephemeral::in_process(self.clock.clone(), self.tally.clone()),
            trust: Trust::new(outgoing()),
            issuer: ISSUER.to_owned(),
            mutual_tls: None,
            authorities: None,
        }
    }

    async fn answer(&self, authenticator: &Authenticator, shown: ClientAuth) -> Result<String, Refusal> {
        let moment = self.moment();
        let answer =
            async { authenticator.authenticate(&moment, &shown).await?.take(&authenticator.ephemeral).await };
        match sendable(answer).await {
            Ok(client) => Ok(client.client_id.clone()),
            Err(AuthenticationProblem::Refused(refusal)) => Err(refusal),
            Err(AuthenticationProblem::Fault(fault)) => panic!("{fault:?}"),
        }
    }
}

/// Handlers run in tasks.
fn sendable<T: Send>(work: T) -> T {
    work
}

fn basic(client_id: &str, secret: &str) -> ClientAuth {
    ClientAuth::Basic { client_id: client_id.into(), client_secret: Secret::new(secret) }
}

fn post(client_id: &str, secret: &str) -> ClientAuth {
    ClientAuth::Post { client_id: client_id.into(), client_secret: Secret::new(secret) }
}

fn public(client_id: &str) -> ClientAuth {
    ClientAuth::Public { client_id: client_id.into() }
}

fn signer(algorithm: SigningAlgorithm) -> Signer {
    Signer::from_pkcs8(algorithm, &generate(algorithm).unwrap()).unwrap()
}

fn signed(signer: &Signer, changes: Value) -> ClientAuth {
    let mut claims = json!({
        "iss": "key", "sub": "key", "aud": ISSUER, "exp": START.seconds() + 60, "jti": "one"
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let assertion = Secret::new(signer.sign("JWT", &claims).unwrap());
    ClientAuth::Assertion { client_id: None, assertion }
}

#[tokio::test]
async fn only_the_registered_method_with_the_right_secret_will_do() {
    let ground = ground().await;
    ground.register("b", json!({}), Some("s1")).await;
    ground.register("p", json!({"token_endpoint_auth_method": "client_secret_post"}), Some("s2")).await;
    ground.register("n", json!({"token_endpoint_auth_method": "none"}), None).await;
    ground.register("lost", json!({}), None).await;
    let authenticator = ground.authenticator();
    let cases = [
        (basic("b", "s1"), Ok("b")),
        (post("p", "s2"), Ok("p")),
        (public("n"), Ok("n")),
        (basic("b", "s2"), Err(Refusal::ClientSecretWrong)),
        (basic("b", ""), Err(Refusal::ClientSecretWrong)),
        (basic("lost", ""), Err(Refusal::ClientSecretWrong)),
        (post("b", "s1"), Err(Refusal::ClientMethodWrong)),
        (basic("p", "s2"), Err(Refusal::ClientMethodWrong)),
        (public("b"), Err(Refusal::ClientMethodWrong)),
        (basic("n", "x"), Err(Refusal::ClientMethodWrong)),
        // Looks like a wrong secret.
        (basic("nobody", "x"), Err(Refusal::ClientSecretWrong)),
        (public("nobody"), Err(Refusal::ClientUnknown)),
    ];
    for (shown, expected) in cases {
        let label = format!("{shown:?}");
        assert_eq!(ground.answer(&authenticator, shown).await, expected.map(str::to_owned), "{label}");
    }
}

#[tokio::test]
async fn an_assertion_serves_once() {
    let ground = ground().await;
    for algorithm in SigningAlgorithm::ALL {
        let signer = signer(*algorithm);
        let method = ClientAuthMethod::PrivateKeyJwt.as_str();
        let members = json!({"token_endpoint_auth_method": method, "jwks": {"keys": [signer.jwk()]}});
        ground.register("key", members, None).await;
        ground.clock.advance(Duration::from_secs(5));
        let authenticator = ground.authenticator();
        let first = ground.answer(&authenticator, signed(&signer, json!({}))).await;
        assert_eq!(first, Ok("key".to_owned()), "{algorithm}");
        let second = ground.answer(&authenticator, signed(&signer, json!({"iat": START.seconds()}))).await;
        assert_eq!(second, Err(Refusal::ClientAssertionReplayed), "{algorithm}");
        let other = ground.answer(&authenticator, signed(&signer, json!({"jti": "two"}))).await;
        assert_eq!(other, Ok("key".to_owned()), "{algorithm}");
    }
}

#[tokio::test]
async fn an_assertion_by_another_key_or_algorithm_is_refused() {
    let ground = ground().await;
    let (own, other) = (signer(SigningAlgorithm::Es256), signer(SigningAlgorithm::Es256));
    let elsewhere = signer(SigningAlgorithm::EdDsa);
    let members = json!({
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
        "jwks": {"keys": [own.jwk(), elsewhere.jwk()]},
    });
    ground.register("key", members, None).await;
    let authenticator = ground.authenticator();
    let mismatched = match signed(&own, json!({})) {
        ClientAuth::Assertion { assertion, .. } => {
            ClientAuth::Assertion { client_id: Some("app2".into()), assertion }
        }
        shown => shown,
    };
    let garbage = ClientAuth::Assertion { client_id: Some("key".into()), assertion: Secret::new("a.b.c") };
    let cases = [
        (signed(&other, json!({})), Refusal::ClientAssertionSignatureWrong),
        (signed(&elsewhere, json!({})), Refusal::ClientAssertionSignatureWrong),
        (signed(&own, json!({"sub": "nobody"})), Refusal::ClientAssertionSignatureWrong),
        (signed(&own, json!({"iss": "nobody"})), Refusal::ClientAssertionSubjectWrong),
        (signed(&own, json!({"aud": "https://evil.example"})), Refusal::ClientAssertionAudienceWrong),
        (signed(&own, json!({"exp": START.seconds() - 60})), Refusal::ClientAssertionExpired),
        (signed(&own, json!({"exp": "soon"})), Refusal::ClientAssertionMalformed),
        (mismatched, Refusal::ClientIdMismatch),
        (garbage, Refusal::ClientAssertionMalformed),
    ];
    for (shown, expected) in cases {
        assert_eq!(ground.answer(&authenticator, shown).await, Err(expected));
    }
    assert_eq!(ground.answer(&authenticator, signed(&own, json!({}))).await, Ok("key".to_owned()));
}

/// An assertion under a shared secret.
fn shared(secret: &str, alg: &str, changes: Value) -> ClientAuth {
    use aws_lc_rs::hmac;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let mut claims = json!({
        "iss": "s", "sub": "s", "aud": ISSUER, "exp": START.seconds() + 60, "jti": "one"
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let head = URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": "JWT"}).to_string());
    let message = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    let assertion = Secret::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)));
    ClientAuth::Assertion { client_id: None, assertion }
}

#[tokio::test]
async fn a_shared_secret_signs_only_where_it_is_registered() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let ground = ground().await;
    ground.register("s", json!({"token_endpoint_auth_method": "client_secret_jwt"}), Some(SECRET)).await;
    let key = signer(SigningAlgorithm::Es256);
    let authenticator = ground.authenticator();
    let cases = [
        (shared(SECRET, "HS256", json!({})), Ok("s")),
        (shared(SECRET, "HS256", json!({})), Err(Refusal::ClientAssertionReplayed)),
        (
            shared("0123456789abcdef0123456789abcdeg", "HS256", json!({})),
            Err(Refusal::ClientAssertionSignatureWrong),
        ),
        (shared(SECRET, "none", json!({"jti": "n"})), Err(Refusal::ClientAssertionSignatureWrong)),
        (shared(SECRET, "ES256", json!({"jti": "e"})), Err(Refusal::ClientAssertionSignatureWrong)),
        (signed(&key, json!({"iss": "s", "sub": "s"})), Err(Refusal::ClientAssertionSignatureWrong)),
        (
            shared(SECRET, "HS256", json!({"jti": "a", "aud": "https://x.example"})),
            Err(Refusal::ClientAssertionAudienceWrong),
        ),
        // The secret itself is not shown any more.
        (basic("s", SECRET), Err(Refusal::ClientMethodWrong)),
        (post("s", SECRET), Err(Refusal::ClientMethodWrong)),
    ];
    for (shown, expected) in cases {
        assert_eq!(ground.answer(&authenticator, shown).await, expected.map(str::to_owned));
    }
    // A client with a secret of the usual kind does not sign with it, nor does one with a key.
    ground.register("s", json!({}), Some(SECRET)).await;
    let jwks = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk()]}});
    ground.clock.advance(Duration::from_secs(5));
    let plain = shared(SECRET, "HS256", json!({"jti": "b"}));
    assert_eq!(ground.answer(&authenticator, plain).await, Err(Refusal::ClientMethodWrong));
    ground.register("s", jwks, None).await;
    ground.clock.advance(Duration::from_secs(5));
    let confused = shared(&key.jwk().to_string(), "HS256", json!({"jti": "c"}));
    assert_eq!(ground.answer(&authenticator, confused).await, Err(Refusal::ClientAssertionSignatureWrong));
}

#[tokio::test]
async fn fapi_takes_the_issuer_alone_and_no_rs256() {
    let ground = ground().await;
    let (ps, rs) = (signer(SigningAlgorithm::Ps256), signer(SigningAlgorithm::Rs256));
    let members =
        json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [ps.jwk(), rs.jwk()]}});
    ground.register_as(Profile::Fapi2, "key", (members, None)).await;
    let authenticator = ground.authenticator();
    let endpoint = format!("{ISSUER}/oidc/token");
    let cases = [
        (signed(&ps, json!({})), Ok("key")),
        (signed(&ps, json!({"jti": "2", "aud": [ISSUER]})), Err(Refusal::ClientAssertionAudienceWrong)),
        (signed(&ps, json!({"jti": "3", "aud": endpoint})), Err(Refusal::ClientAssertionAudienceWrong)),
        (signed(&rs, json!({"jti": "4"})), Err(Refusal::ClientAssertionSignatureWrong)),
    ];
    for (shown, expected) in cases {
        assert_eq!(ground.answer(&authenticator, shown).await, expected.map(str::to_owned));
    }
}

#[tokio::test]
async fn a_token_of_another_kind_is_no_assertion() {
    let ground = ground().await;
    let key = signer(SigningAlgorithm::Es256);
    let members = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk()]}});
    ground.register("key", members, None).await;
    let claims =
        json!({"iss": "key", "sub": "key", "aud": ISSUER, "exp": START.seconds() + 60, "jti": "one"});
    let authenticator = ground.authenticator();
    let show = |typ: &str| {
        let assertion = Secret::new(key.sign(typ, &claims).unwrap());
        ClientAuth::Assertion { client_id: None, assertion }
    };
    for foreign in ["dpop+jwt", "logout+jwt", "at+jwt", "oauth-authz-req+jwt"] {
        let answer = ground.answer(&authenticator, show(foreign)).await;
        assert_eq!(answer, Err(Refusal::ClientAssertionTypeForeign), "{foreign}");
    }
    let answer = ground.answer(&authenticator, show("client-authentication+jwt")).await;
    assert_eq!(answer, Ok("key".to_owned()));
}

#[tokio::test]
async fn one_of_fifty_that_show_an_assertion_at_once_is_believed() {
    let ground = ground().await;
    let key = signer(SigningAlgorithm::EdDsa);
    let members = json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.jwk()]}});
    ground.register("key", members, None).await;
    let authenticator = ground.authenticator();
    let shown = signed(&key, json!({}));
    let all = (0..50).map(|_| ground.answer(&authenticator, shown.clone()));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_named() {
    let ground = ground().await;
    let members = json!({
        "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://169.254.169.254/jwks",
    });
    ground.register("key", members, None).await;
    let shown = signed(&signer(SigningAlgorithm::EdDsa), json!({}));
    let answer = ground.answer(&ground.authenticator(), shown).await;
    assert_eq!(answer, Err(Refusal::ClientKeysUnavailable));
}
