//! Asked for a nonce (RFC 9449 §8), a client sends the same form again, assertion and all, and only its proof is new.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm::Es256;

use crate::support::key_holder::DPOP;
use crate::support::relying_party::Credential;
use crate::support::world::ISSUER;
use crate::support::{Answer, KeyHolder, RelyingParty, WANG, World};

const BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "tasks.read")];

/// A bank of the FAPI profile: every proof of its must carry a nonce.
struct Ground {
    world: World,
    bank: RelyingParty,
    signer: Arc<Signer>,
    holder: KeyHolder,
}

async fn ground() -> Ground {
    let world = World::new().await;
    let signer = Arc::new(Signer::from_pkcs8(Es256, &generate(Es256).unwrap()).unwrap());
    let bank = json!({
        "client_id": "bank", "department": "data", "redirect_uris": ["https://bank.example/cb"], "profile": "fapi2",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", BEARER],
        "scope": "openid profile offline_access tasks.read", "consent": "implicit",
        "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [signer.jwk()]},
        "id_token_signed_response_alg": "ES256",
    });
    world.apply(json!({"clients": [bank]})).await;
    let bank = RelyingParty::new(&world, "bank", Credential::Key(signer.clone()));
    Ground { world, bank, signer, holder: KeyHolder::new() }
}

impl Ground {
    async fn send(&self, path: &str, form: &str, proof: &str) -> Answer {
        self.bank.sending(path, form).header(DPOP, proof).send(&self.world.router).await
    }

    fn proof(&self, path: &str, mut changes: Value) -> String {
        changes["htu"] = json!(format!("{ISSUER}{path}"));
        self.holder.proof(&self.world, changes)
    }

    /// A form that is sent until it is let in, and once more.
    async fn insist(&self, path: &str, form: &str) -> (Answer, Answer) {
        let without = self.proof(path, json!({}));
        let (first, cost) = self.world.trips(self.send(path, form, &without)).await;
        first.refused(400, "use_dpop_nonce", 104_031);
        assert_eq!((cost.ephemeral, cost.transactions), (0, 0), "a demand for a nonce writes nothing");
        let old = self.send(path, form, &self.proof(path, json!({"nonce": "old"}))).await;
        old.refused(400, "use_dpop_nonce", 104_031);
        let nonce = old.header("dpop-nonce").unwrap();
        let answer = self.send(path, form, &self.proof(path, json!({"nonce": nonce}))).await;
        let again = self.send(path, form, &self.proof(path, json!({"nonce": nonce}))).await;
        (answer, again)
    }

    async fn code(&self) -> (String, String) {
        let ask = self.bank.ask("openid profile offline_access");
        let mut browser = self.world.browser();
        let page = browser.get(&self.bank.pushed(&ask).await).await;
        (browser.sign_in_on(&page, &WANG).await.code(), ask.verifier)
    }
}

#[tokio::test]
async fn the_same_form_is_let_in_with_a_new_proof_and_then_never_again() {
    let ground = ground().await;
    let bank = &ground.bank;
    let token = async |fields: &[(&str, &str)]| {
        let (answer, again) = ground.insist("/oidc/token", &bank.form(fields)).await;
        again.refused(401, "invalid_client", 101_016);
        answer.good()
    };
    assert_eq!(token(&OWN).await["token_type"], "DPoP");
    let (code, verifier) = ground.code().await;
    let body = token(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &bank.redirect_uri),
        ("code_verifier", &verifier),
    ])
    .await;
    let refresh = body["refresh_token"].as_str().unwrap();
    token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
}

#[tokio::test]
async fn a_pushed_form_too() {
    let ground = ground().await;
    let ask = ground.bank.ask("openid profile");
    let address = ask.address();
    let (_, asked) = address.split_once('?').unwrap();
    let form = format!("{asked}&{}", ground.bank.form(&[]));
    let (answer, again) = ground.insist("/oidc/par", &form).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    again.refused(401, "invalid_client", 101_016);
}

/// Whether it stands alone or beside another one that shows who the client is.
#[tokio::test]
async fn an_assertion_that_is_the_grant_is_kept_as_well() {
    let ground = ground().await;
    let nameless = ground.bank.showing(Credential::Public);
    for (bank, refused) in
        [(&nameless, (400, "invalid_grant", 103_045)), (&ground.bank, (401, "invalid_client", 101_016))]
    {
        let grant = ground.bank.assertion(&ground.signer, json!({}));
        let form = bank.form(&[("grant_type", BEARER), ("assertion", &grant)]);
        let (answer, again) = ground.insist("/oidc/token", &form).await;
        assert_eq!(answer.good()["token_type"], "DPoP");
        again.refused(refused.0, refused.1, refused.2);
    }
}

/// Nothing has been done for a request whose proof is refused, so that it may be mended.
#[tokio::test]
async fn a_proof_that_is_wrong_uses_nothing_up() {
    let ground = ground().await;
    let nonce = ground.world.app.authenticator.dpop_nonce(ground.world.now());
    let form = ground.bank.form(&OWN);
    let proof = |changes: Value| ground.proof("/oidc/token", changes);
    let wrong = ground.send("/oidc/token", &form, &proof(json!({"nonce": nonce, "htm": "GET"}))).await;
    wrong.refused(400, "invalid_dpop_proof", 104_026);
    ground.send("/oidc/token", &form, &proof(json!({"nonce": nonce}))).await.good();
    // Without any proof there is none to mend.
    let form = ground.bank.form(&OWN);
    let without = ground.bank.sending("/oidc/token", &form).send(&ground.world.router).await;
    without.refused(400, "invalid_request", 104_039);
    let late = ground.send("/oidc/token", &form, &proof(json!({"nonce": nonce}))).await;
    late.refused(401, "invalid_client", 101_016);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_sendings_at_once_of_one_form_give_one_token() {
    let ground = ground().await;
    let nonce = ground.world.app.authenticator.dpop_nonce(ground.world.now());
    let proof = || ground.proof("/oidc/token", json!({"nonce": nonce}));
    let others = (0..50).map(|_| proof()).collect::<Vec<_>>();
    for (proofs, refused) in [
        (others, (401, "invalid_client", 101_016)),
        (vec![proof(); 50], (400, "invalid_dpop_proof", 104_029)),
    ] {
        let form = ground.bank.form(&OWN);
        let answers = join_all(proofs.iter().map(|proof| ground.send("/oidc/token", &form, proof))).await;
        let (good, rest): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!((good.len(), rest.len()), (1, 49));
        rest.iter().for_each(|answer| answer.refused(refused.0, refused.1, refused.2));
    }
}
