//! What the OpenID Foundation's plans for FAPI 2.0 (Security Profile, Message Signing) ask, in each variant: a black box
//! spoken to as the suite speaks.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderName, Method};
use serde_json::{Value, json};
use tongyao::config::Tls;
use tongyao::crypto::signer::{Signer, generate};
use tongyao::protocol::SigningAlgorithm;
use tongyao::protocol::dpop::token_digest;
use tongyao::server::tls::{Asks, Identity};

use crate::support::certificates::{Authority, Certified, Validity};
use crate::support::key_holder::{DPOP, KeyHolder};
use crate::support::relying_party::Credential;
use crate::support::wire::Call;
use crate::support::world::ISSUER;
use crate::support::wrong_assertions::wrong_assertions;
use crate::support::{Answer, Ask, Page, RelyingParty, WANG, World};

const INTERACTION: HeaderName = HeaderName::from_static("x-fapi-interaction-id");

/// `client_auth_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    PrivateKeyJwt,
    MutualTls,
}

/// `sender_constrain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Binds {
    Dpop,
    MutualTls,
}

/// `openid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    OpenIdConnect,
    PlainOauth,
}

type Variant = (Shows, Binds, Kind);

const KEY_DPOP: Variant = (Shows::PrivateKeyJwt, Binds::Dpop, Kind::OpenIdConnect);

/// The two clients of a plan.
struct Suite {
    world: World,
    bundle: PathBuf,
    one: Party,
    two: Party,
    variant: Variant,
}

struct Party {
    client: RelyingParty,
    signer: Arc<Signer>,
    holder: KeyHolder,
    certificate: Certified,
    variant: Variant,
    nonce: RefCell<String>,
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
fn declared(id: &str, signer: &Signer, (shows, binds, kind): Variant, more: &Value) -> Value {
    let callback = format!("https://{id}.example/cb");
    let mut client = json!({
        "client_id": id, "department": "data", "client_name": id, "consent": "implicit", "profile": "fapi2",
        "redirect_uris": [callback, format!("{callback}?dummy1=lorem&dummy2=ipsum")],
        "grant_types": ["authorization_code", "refresh_token"], "id_token_signed_response_alg": "ES256",
        "scope": match kind { Kind::OpenIdConnect => "openid profile", Kind::PlainOauth => "profile" },
        "jwks": {"keys": [signer.jwk()]},
    });
    match shows {
        Shows::PrivateKeyJwt => client["token_endpoint_auth_method"] = json!("private_key_jwt"),
        Shows::MutualTls => {
            client["token_endpoint_auth_method"] = json!("tls_client_auth");
            client["tls_client_auth_san_dns"] = json!(format!("{id}.example"));
        }
    }
    match binds {
        Binds::Dpop => client["dpop_bound_access_tokens"] = json!(true),
        Binds::MutualTls => client["tls_client_certificate_bound_access_tokens"] = json!(true),
    }
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
}

impl Suite {
    async fn of(variant: Variant) -> Self {
        Self::with(variant, json!({})).await
    }

    async fn with(variant: Variant, more: Value) -> Self {
        let authority = Authority::new("authority");
        let bundle =
            std::env::temp_dir().join(format!("tongyao-suite-{}.pem", uuid::Uuid::new_v4().simple()));
        std::fs::write(&bundle, &authority.pem).unwrap();
        let world = World::new_with(&[("TONGYAO_CLIENT_CA", bundle.to_str().unwrap())]).await;
        let signers = [signer(SigningAlgorithm::Es256), signer(SigningAlgorithm::Es256)];
        let ids = ["one", "two"];
        let clients: Vec<Value> =
            ids.iter().zip(&signers).map(|(id, signer)| declared(id, signer, variant, &more)).collect();
        world.apply(json!({ "clients": clients })).await;
        let party = |id: &str, signer: &Arc<Signer>| {
            let credential = match variant.0 {
                Shows::PrivateKeyJwt => Credential::Key(signer.clone()),
                Shows::MutualTls => Credential::Public,
            };
            Party {
                client: RelyingParty::new(&world, id, credential),
                signer: signer.clone(),
                holder: KeyHolder::new(),
                certificate: authority.certify(id, Validity::Now),
                variant,
                nonce: RefCell::default(),
            }
        };
        let (one, two) = (party(ids[0], &signers[0]), party(ids[1], &signers[1]));
        Self { world, bundle, one, two, variant }
    }

    fn scope(&self) -> &'static str {
        if self.variant.2 == Kind::OpenIdConnect { "openid" } else { "profile" }
    }

    fn ask(&self, party: &Party) -> Ask {
        let ask = party.client.ask(self.scope());
        if self.variant.2 == Kind::OpenIdConnect { ask } else { ask.without("nonce") }
    }

    async fn push(&self, party: &Party, ask: &Ask) -> Answer {
        let call = self.pushing(party, ask);
        party.connected(call).send(&self.world.router).await
    }

    fn pushing(&self, party: &Party, ask: &Ask) -> Call {
        let query = ask.address();
        let fields: Vec<(String, String)> =
            serde_urlencoded::from_str(query.split_once('?').unwrap().1).unwrap();
        let named = party.variant.0 == Shows::MutualTls;
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .filter(|(name, _)| !named || name != "client_id")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        party.client.asking("/oidc/par", &fields)
    }

    /// Pushed, opened, signed in: where the browser ends.
    async fn pass(&self, party: &Party, ask: &Ask) -> Page {
        let answer = self.push(party, ask).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let mut browser = self.world.browser();
        let page =
            browser.get(&party.client.address_of(answer.json()["request_uri"].as_str().unwrap())).await;
        browser.sign_in_on(&page, &WANG).await
    }

    async fn code(&self, party: &Party, ask: &Ask) -> String {
        self.pass(party, ask).await.code()
    }

    /// The token endpoint; where a nonce is asked for the same form once more, only the proof beside it is new.
    async fn token(&self, party: &Party, fields: &[(&str, &str)]) -> Answer {
        let form = party.client.form(fields);
        let mut answer = self.token_once(party, &form).await;
        if party.learns(&answer) {
            answer = self.token_once(party, &form).await;
        }
        answer
    }

    async fn token_once(&self, party: &Party, form: &str) -> Answer {
        let call = party.connected(party.client.sending("/oidc/token", form));
        let call = match self.variant.1 {
            Binds::Dpop => {
                let nonce = party.nonce.borrow().clone();
                call.header(DPOP, &party.holder.proof(&self.world, said(&nonce)))
            }
            Binds::MutualTls => call,
        };
        call.send(&self.world.router).await
    }

    async fn exchange(&self, party: &Party, ask: &Ask, code: &str) -> Answer {
        self.token(party, &redemption(party, ask, code)).await
    }

    async fn tokens(&self, party: &Party) -> Value {
        let ask = self.ask(party);
        let code = self.code(party, &ask).await;
        self.exchange(party, &ask, &code).await.good()
    }

    fn resource(&self) -> &'static str {
        if self.variant.2 == Kind::OpenIdConnect { "/oidc/userinfo" } else { "/sandbox/resource" }
    }

    /// The resource, asked as a token of this variant is shown.
    async fn call(&self, party: &Party, token: &str) -> Answer {
        let mut answer = self.calling(party, token, json!({})).send(&self.world.router).await;
        if party.learns(&answer) {
            answer = self.calling(party, token, json!({})).send(&self.world.router).await;
        }
        answer
    }

    fn calling(&self, party: &Party, token: &str, changes: Value) -> Call {
        let path = self.resource();
        let call = party.connected(Call::get(path));
        match self.variant.1 {
            Binds::MutualTls => call.header(AUTHORIZATION, &format!("bEARER {token}")),
            Binds::Dpop => {
                let nonce = party.nonce.borrow().clone();
                let mut claims = json!({
                    "jti": uuid::Uuid::new_v4().to_string(), "htm": "GET", "htu": format!("{ISSUER}{path}"),
                    "iat": self.world.now().seconds(), "ath": token_digest(token),
                });
                let members = claims.as_object_mut().unwrap();
                members.extend(said(&nonce).as_object().unwrap().clone());
                members.extend(changes.as_object().unwrap().clone());
                members.retain(|_, value| !value.is_null());
                let proof = party.holder.sign(json!({}), claims);
                call.header(AUTHORIZATION, &format!("dpOP {token}")).header(DPOP, &proof)
            }
        }
    }
}

impl Party {
    fn connected(&self, call: Call) -> Call {
        if self.variant.0 == Shows::MutualTls || self.variant.1 == Binds::MutualTls {
            call.knowing(self.certificate.shown())
        } else {
            call
        }
    }

    fn learns(&self, answer: &Answer) -> bool {
        let asked = answer.status.is_client_error() && answer.json()["error"] == "use_dpop_nonce";
        if asked {
            *self.nonce.borrow_mut() = answer.header("dpop-nonce").unwrap().to_owned();
        }
        asked
    }
}

fn said(nonce: &str) -> Value {
    if nonce.is_empty() { json!({}) } else { json!({ "nonce": nonce }) }
}

fn redemption<'a>(party: &'a Party, ask: &'a Ask, code: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &party.client.redirect_uri),
        ("code_verifier", &ask.verifier),
    ]
}

fn names(page: &Page) -> Vec<String> {
    let mut names: Vec<String> = page.left_to().query_pairs().map(|(name, _)| name.into_owned()).collect();
    names.sort();
    names
}

fn error_of(answer: &Answer) -> (u16, String) {
    let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), error)
}

fn every_variant() -> impl Iterator<Item = Variant> {
    [Shows::PrivateKeyJwt, Shows::MutualTls].into_iter().flat_map(|shows| {
        [Binds::Dpop, Binds::MutualTls].into_iter().flat_map(move |binds| {
            [Kind::OpenIdConnect, Kind::PlainOauth].into_iter().map(move |kind| (shows, binds, kind))
        })
    })
}

#[tokio::test]
async fn the_happy_flow_goes_through_in_every_variant() {
    for variant in every_variant() {
        let suite = Suite::of(variant).await;
        let (world, one, two) = (&suite.world, &suite.one, &suite.two);
        let ask = suite.ask(one);
        let page = suite.pass(one, &ask).await;
        assert_eq!(names(&page), ["code", "iss", "state"], "{variant:?}");
        let body = suite.exchange(one, &ask, &page.code()).await.good();
        let bound = if variant.1 == Binds::Dpop { "DPoP" } else { "Bearer" };
        assert_eq!(body["token_type"], bound, "{variant:?}");
        match variant.2 {
            Kind::PlainOauth => assert_eq!(body.get("id_token"), None),
            Kind::OpenIdConnect => {
                let claims = one.client.id_claims(body["id_token"].as_str().unwrap()).await;
                let known =
                    ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash"];
                let more: Vec<_> = claims
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter(|name| !known.contains(&name.as_str()))
                    .collect();
                assert!(more.is_empty(), "{more:?}");
            }
        }

        // The resource names the exchange as it was told, and refuses a token in the query.
        let token = body["access_token"].as_str().unwrap();
        let own = uuid::Uuid::new_v4().to_string();
        suite.call(one, token).await.good();
        let named = suite.calling(one, token, json!({})).header(INTERACTION, &own).send(&world.router).await;
        named.good();
        assert_eq!(named.header("x-fapi-interaction-id"), Some(own.as_str()));
        let in_query = Call::get(&format!("{}?access_token={token}", suite.resource()));
        assert!([400, 401].contains(&in_query.send(&world.router).await.status.as_u16()));

        // The second client: a registered address with a query, a nonce of 43 and a state of 128 characters.
        let callback = format!("{}?dummy1=lorem&dummy2=ipsum", two.client.redirect_uri);
        let mut ask = suite.ask(two).with("redirect_uri", &callback).with("state", &"s".repeat(128));
        if variant.1 == Binds::Dpop {
            ask = ask.with("dpop_jkt", &two.holder.thumbprint());
        }
        let page = suite.pass(two, &ask).await;
        assert_eq!(names(&page), ["code", "dummy1", "dummy2", "iss", "state"], "{variant:?}");
        let code = page.code();
        let mut fields = redemption(two, &ask, &code);
        fields[2].1 = &callback;
        let body = suite.token(two, &fields).await.good();
        let token = body["access_token"].as_str().unwrap();
        let answer = suite.call(two, token).await;
        answer.good();
        let fresh = answer.header("x-fapi-interaction-id").unwrap();
        assert!(uuid::Uuid::try_parse(fresh).is_ok(), "{fresh}");
        // Its token with the key or the certificate of the first.
        assert_eq!(suite.call(one, token).await.status, 401, "{variant:?}");
    }
}

/// `authorization_request_type=rar`: `CheckForAuthorizationDetailsInTokenResponse` wants the very details, a type unknown to
/// the service or wrong in form ends at the PAR endpoint.
#[tokio::test]
async fn details_that_were_asked_come_with_the_token() {
    let variant = (Shows::PrivateKeyJwt, Binds::Dpop, Kind::OpenIdConnect);
    let suite = Suite::with(variant, json!({"authorization_details_types": ["matter"]})).await;
    let details = json!([{"type": "matter", "actions": ["query"], "identifier": "m1"}]);
    let ask = suite.ask(&suite.one).with("authorization_details", &details.to_string());
    // In a signed request they are no text.
    let mut claims = ask.claims(suite.world.now().seconds());
    claims["authorization_details"] = details.clone();
    let signed = suite.one.signer.sign("oauth-authz-req+jwt", &claims).unwrap();
    let answer =
        suite.one.client.asking("/oidc/par", &[("request", &signed)]).send(&suite.world.router).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let mut browser = suite.world.browser();
    let address = suite.one.client.address_of(answer.json()["request_uri"].as_str().unwrap());
    let page = browser.get(&address).await;
    let page = browser.sign_in_on(&page, &WANG).await;
    let body = suite.exchange(&suite.one, &ask, &page.code()).await.good();
    assert_eq!(body["authorization_details"], details);
    for wrong in [json!([{"type": "f3a9c1"}]), json!([{"type": "gov_data", "actions": ["read"]}]), json!({})]
    {
        let ask = suite.ask(&suite.one).with("authorization_details", &wrong.to_string());
        let refused = error_of(&suite.push(&suite.one, &ask).await);
        assert_eq!(refused, (400, "invalid_authorization_details".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn a_code_serves_its_client_once_within_a_minute() {
    for variant in every_variant().filter(|variant| variant.2 == Kind::OpenIdConnect) {
        let suite = Suite::of(variant).await;
        let (one, two) = (&suite.one, &suite.two);
        let ask = suite.ask(one);
        let code = suite.code(one, &ask).await;
        let mut fields = redemption(one, &ask, &code);
        // Of another client, its credentials being right: invalid_grant.
        assert_eq!(error_of(&suite.token(two, &fields).await), (400, "invalid_grant".into()));
        let code = suite.code(one, &ask).await;
        fields[1].1 = &code;
        let without: Vec<_> = fields.iter().copied().filter(|(name, _)| *name != "code_verifier").collect();
        assert_eq!(error_of(&suite.token(one, &without).await), (400, "invalid_grant".into()));
        let code = suite.code(one, &ask).await;
        fields[1].1 = &code;
        let body = suite.token(one, &fields).await.good();
        suite.world.later(1);
        assert_eq!(error_of(&suite.token(one, &fields).await), (400, "invalid_grant".into()));
        assert_eq!(suite.call(one, body["access_token"].as_str().unwrap()).await.status, 401);
        let code = suite.code(one, &ask).await;
        suite.world.later(61);
        assert_eq!(error_of(&suite.exchange(one, &ask, &code).await), (400, "invalid_grant".into()));
    }
}

#[tokio::test]
async fn without_the_key_there_is_no_token() {
    for variant in every_variant() {
        let suite = Suite::of(variant).await;
        let one = &suite.one;
        let refresh = suite.tokens(one).await["refresh_token"].as_str().unwrap().to_owned();
        let ask = suite.ask(one);
        let code = suite.code(one, &ask).await;
        let renewal = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        for fields in [redemption(one, &ask, &code), renewal] {
            let bare = one.client.asking("/oidc/token", &fields);
            let bare = match variant {
                // The certificate of the authentication is not the key the client registered for.
                (Shows::MutualTls, Binds::Dpop, _) => bare.knowing(one.certificate.shown()),
                _ => bare,
            };
            let answer = bare.send(&suite.world.router).await;
            let expected = match variant {
                (Shows::MutualTls, Binds::MutualTls, _) => (401, "invalid_client"),
                _ => (400, "invalid_request"),
            };
            assert_eq!(error_of(&answer), (expected.0, expected.1.to_owned()), "{variant:?}");
        }
    }
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_and_is_not_replaced() {
    for variant in every_variant() {
        let suite = Suite::of(variant).await;
        let first = suite.tokens(&suite.one).await;
        let refresh = first["refresh_token"].as_str().unwrap();
        suite.world.later(1);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", suite.scope())];
        let again = suite.token(&suite.one, &fields).await.good();
        // FAPI 2.0 Security Profile §5.3.2.1 (9).
        assert_eq!(again["refresh_token"], refresh, "{variant:?}");
        assert_ne!(again["access_token"], first["access_token"]);
        assert_eq!(again.get("id_token").is_some(), variant.2 == Kind::OpenIdConnect);
        assert_eq!(error_of(&suite.token(&suite.two, &fields).await), (400, "invalid_grant".into()));
        if variant.1 == Binds::Dpop {
            // A confidential client may hold another key by then.
            let renewed = Party { holder: KeyHolder::new(), ..suite.two_keys() };
            suite.token(&renewed, &fields).await.good();
        }
    }
}

impl Suite {
    /// The first client again, for a test that changes what it holds.
    fn two_keys(&self) -> Party {
        Party {
            client: self.one.client.clone(),
            signer: self.one.signer.clone(),
            holder: KeyHolder::new(),
            certificate: Certified::self_signed("another"),
            variant: (self.variant.0, self.variant.1, self.variant.2),
            nonce: RefCell::new(self.one.nonce.borrow().clone()),
        }
        .certified_as(&self.one)
    }
}

impl Party {
    fn certified_as(mut self, other: &Party) -> Self {
        self.certificate = Certified {
            pem: other.certificate.pem.clone(),
            der: other.certificate.der.clone(),
            key: rcgen::KeyPair::generate().unwrap(),
        };
        self
    }
}

#[tokio::test]
async fn a_pushed_request_is_judged_when_it_is_pushed() {
    for variant in [KEY_DPOP, (Shows::MutualTls, Binds::MutualTls, Kind::PlainOauth)] {
        let suite = Suite::of(variant).await;
        let one = &suite.one;
        let ask = suite.ask(one);
        let cases = [
            (ask.clone().without("redirect_uri"), "invalid_request"),
            (ask.clone().with("redirect_uri", "https://one.example/cb/random"), "invalid_request"),
            (ask.clone().with("redirect_uri", "http://one.example/cb"), "invalid_request"),
            (ask.clone().with("response_type", "code id_token"), "unauthorized_client"),
            (ask.clone().with("response_type", "token"), "unsupported_response_type"),
            (ask.clone().without("code_challenge"), "invalid_request"),
            (ask.clone().with("code_challenge_method", "plain"), "invalid_request"),
            (ask.clone().with("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        ];
        for (ask, error) in cases {
            let answer = suite.push(one, &ask).await;
            assert_eq!(error_of(&answer), (400, error.to_owned()), "{ask:?}");
        }
        for method in [Method::PUT, Method::GET, Method::DELETE] {
            let answer =
                one.connected(Call::with_method(method, "/oidc/par")).send(&suite.world.router).await;
            assert_eq!(answer.status, 405);
        }
        let state = "s".repeat(1000);
        let long = ask.clone().with("state", &state).with("nonce", &"n".repeat(384));
        assert_eq!(suite.pass(one, &long).await.told("state"), Some(state));
        for less in ["state", "nonce"] {
            let page = suite.pass(one, &ask.clone().without(less)).await;
            assert_eq!(page.told("state").is_some(), less != "state");
            page.code();
        }
    }
}

#[tokio::test]
async fn a_request_uri_is_its_clients_for_ninety_seconds_and_answered_once() {
    let suite = Suite::of(KEY_DPOP).await;
    let (one, two) = (&suite.one, &suite.two);
    let ask = suite.ask(one);
    let pushed = async || {
        let body = suite.push(one, &ask).await.json();
        assert!((5..600).contains(&body["expires_in"].as_u64().unwrap()));
        body["request_uri"].as_str().unwrap().to_owned()
    };
    // Opened twice, answered at the second time; then it is used.
    let uri = pushed().await;
    let mut browser = suite.world.browser();
    assert!(browser.get(&one.client.address_of(&uri)).await.is("sign-in"));
    let page = browser.get(&one.client.address_of(&uri)).await;
    browser.sign_in_on(&page, &WANG).await.code();
    browser.get(&one.client.address_of(&uri)).await.person_is_refused(400, 102_062);
    let uri = pushed().await;
    browser.get(&two.client.address_of(&uri)).await.person_is_refused(400, 102_063);
    suite.world.later(91);
    browser.get(&one.client.address_of(&uri)).await.person_is_refused(400, 102_061);
    // What stands beside it in the browser's request counts for nothing.
    let uri = pushed().await;
    let beside = format!("{}&state=other&nonce=other&scope=profile", one.client.address_of(&uri));
    assert_eq!(browser.get(&beside).await.told("state").as_deref(), Some(ask.state.as_str()));
}

#[tokio::test]
async fn an_error_by_redirect_has_the_members_of_the_specification_alone() {
    let suite = Suite::of(KEY_DPOP).await;
    let one = &suite.one;
    let ask = suite.ask(one);
    let standard = ["error", "error_description", "error_uri", "iss", "state"];
    // Not pushed.
    let page = suite.world.browser().get(&ask.address()).await;
    assert_eq!(
        (names(&page), page.told("error").as_deref()),
        (standard.map(str::to_owned).to_vec(), Some("invalid_request"))
    );
    let help = page.told("error_uri").unwrap();
    assert!(help.starts_with(&format!("{ISSUER}/help/errors/102028?txn=")), "{help}");
    let path = help.strip_prefix(ISSUER).unwrap();
    assert_eq!(suite.world.browser().get(path).await.status(), 200);
    // The person says no, at the page of a second client with its query.
    let callback = format!("{}?dummy1=lorem&dummy2=ipsum", suite.two.client.redirect_uri);
    let ask = suite.ask(&suite.two).with("redirect_uri", &callback);
    let answer = suite.push(&suite.two, &ask).await;
    let mut browser = suite.world.browser();
    let address = suite.two.client.address_of(answer.json()["request_uri"].as_str().unwrap());
    let page = browser.get(&address).await;
    let page = browser.submit(&page, &[("action", "cancel")]).await;
    assert_eq!(page.told("error").as_deref(), Some("access_denied"));
    let mut all: Vec<String> =
        standard.iter().chain(&["dummy1", "dummy2"]).map(|name| (*name).to_owned()).collect();
    all.sort();
    assert_eq!(names(&page), all);
}

#[tokio::test]
async fn an_assertion_is_for_the_issuer_alone_and_for_now() {
    let suite = Suite::of((Shows::PrivateKeyJwt, Binds::MutualTls, Kind::OpenIdConnect)).await;
    let one = &suite.one;
    let now = suite.world.now().seconds();
    let cases = [
        (json!({"aud": [ISSUER]}), false),
        (json!({"aud": [format!("{ISSUER}/oidc/par")]}), false),
        (json!({"aud": format!("{ISSUER}/oidc/par")}), false),
        (json!({"aud": format!("{ISSUER}/oidc/token")}), false),
        (json!({"aud": "https://other.example"}), false),
        (json!({"exp": now - 300}), false),
        (json!({"sub": null}), false),
        (json!({"iat": now + 8, "nbf": now + 8}), true),
        (json!({"iat": now + 65, "nbf": now + 65, "exp": now + 120}), false),
        (json!({}), true),
    ];
    for (changes, good) in cases {
        let assertion = one.client.assertion(&one.signer, changes.clone());
        let public = Suite::public(one);
        let query = suite.ask(one).address();
        let mut fields: Vec<(String, String)> =
            serde_urlencoded::from_str(query.split_once('?').unwrap().1).unwrap();
        fields.retain(|(name, _)| name != "client_id");
        fields.push(("client_assertion".into(), assertion));
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        fields.push(("client_assertion_type".into(), kind.into()));
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = public.asking("/oidc/par", &fields).send(&suite.world.router).await;
        match good {
            true => assert_eq!(answer.status, 201, "{changes}: {}", answer.body),
            false => assert_eq!(error_of(&answer), (401, "invalid_client".into()), "{changes}"),
        }
    }
    // Only the id; another's id with one's own key.
    let ask = suite.ask(one);
    let code = suite.code(one, &ask).await;
    let public = Suite::public(one).asking("/oidc/token", &redemption(one, &ask, &code));
    assert_eq!(error_of(&public.send(&suite.world.router).await), (401, "invalid_client".into()));
    let forged = suite.two.client.assertion(&one.signer, json!({}));
    let mut fields = redemption(one, &ask, &code);
    fields.extend([
        ("client_id", "two"),
        ("client_assertion", forged.as_str()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ]);
    let call = one.connected(Call::post("/oidc/token", &fields));
    assert_eq!(error_of(&call.send(&suite.world.router).await), (401, "invalid_client".into()));
}

/// At the pushed request; a system for itself begins at the token endpoint.
#[tokio::test]
async fn who_is_wrong_in_any_way_about_itself_is_refused_where_it_begins() {
    let heard = |answer: &Answer, what: &str| {
        let (status, error) = error_of(answer);
        let named = ["invalid_client", "invalid_request"].contains(&error.as_str());
        assert!([400, 401].contains(&status) && named, "{what}: {}", answer.body);
    };
    let suite = Suite::of(KEY_DPOP).await;
    let (world, one) = (&suite.world, &suite.one);
    let query = suite.ask(one).address();
    let asked: Vec<(String, String)> = serde_urlencoded::from_str(query.split_once('?').unwrap().1).unwrap();
    for (what, credential) in wrong_assertions(world, &one.client, &one.signer) {
        let said = credential.iter().map(|(name, value)| (*name, value.as_str()));
        let fields: Vec<(&str, &str)> =
            asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(said).collect();
        heard(&Call::post("/oidc/par", &fields).send(&world.router).await, what);
    }
    assert_eq!(suite.push(one, &suite.ask(one)).await.status, 201);

    let itself = json!({"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "scope": "tasks.read"});
    let suite = Suite::with((Shows::PrivateKeyJwt, Binds::Dpop, Kind::PlainOauth), itself).await;
    let (world, one) = (&suite.world, &suite.one);
    let grant = [("grant_type", "client_credentials"), ("scope", "tasks.read")];
    suite.token(one, &grant).await.good();
    for (what, credential) in wrong_assertions(world, &one.client, &one.signer) {
        let said = credential.iter().map(|(name, value)| (*name, value.as_str()));
        let mut fields: Vec<(&str, &str)> = grant.into_iter().chain(said).collect();
        if credential.is_empty() {
            fields.push(("client_id", &one.client.client_id));
        }
        heard(&suite.token_once(one, &serde_urlencoded::to_string(&fields).unwrap()).await, what);
    }
    suite.token(one, &grant).await.good();
}

impl Suite {
    fn public(party: &Party) -> RelyingParty {
        party.client.showing(Credential::Public)
    }
}

#[tokio::test]
async fn a_wrong_proof_is_no_proof_and_a_right_one_stays_right() {
    for kind in [Kind::OpenIdConnect, Kind::PlainOauth] {
        let suite = Suite::of((Shows::PrivateKeyJwt, Binds::Dpop, kind)).await;
        let one = &suite.one;
        let token = suite.tokens(one).await["access_token"].as_str().unwrap().to_owned();
        suite.call(one, &token).await.good();
        let router = &suite.world.router;
        let now = suite.world.now().seconds();
        let htu = format!("{ISSUER}{}", suite.resource());
        let (nonce, own) = (one.nonce.borrow().clone(), "Bearer".to_owned());
        let cases = [
            (json!({"jti": null}), false),
            (json!({"htm": null}), false),
            (json!({"htu": null}), false),
            (json!({"iat": null}), false),
            (json!({"ath": null}), false),
            (json!({"ath": token_digest("other")}), false),
            (json!({"htm": "PUT"}), false),
            (json!({"htu": "https://www.certification.openid.net/other"}), false),
            (json!({"iat": now + 3600}), false),
            (json!({"iat": now - 3600}), false),
            (json!({"iat": now + 3600, "nonce": null}), false),
            (json!({"iat": now - 3600, "nonce": null}), false),
            (json!({"htu": format!("{htu}?query=1#fragment")}), true),
            (json!({"htu": htu.replace("http://localhost", "HTTP://LOCALHOST")}), true),
            (json!({"iat": now + 10}), true),
            (json!({"iat": now - 10}), true),
            (json!({"nbf": now, "exp": now + 300}), true),
            (json!({"jti": "always-the-same"}), true),
            (json!({"jti": "always-the-same"}), false),
            (json!({"extra": {"of": ["any", "kind"]}}), true),
        ];
        for (changes, good) in cases {
            let answer = suite.calling(one, &token, changes.clone()).send(router).await;
            match good {
                true => drop(answer.good()),
                false => {
                    assert!([400, 401].contains(&answer.status.as_u16()), "{changes}");
                    assert_ne!(error_of(&answer).1, "use_dpop_nonce", "{changes}");
                }
            }
        }
        let claims = |jti: &str| json!({"jti": jti, "htm": "GET", "htu": htu, "iat": now, "nonce": nonce, "ath": token_digest(&token)});
        let shown = |proof: &str| {
            let call = Call::get(suite.resource()).header(AUTHORIZATION, &format!("DPoP {token}"));
            call.header(DPOP, proof)
        };
        let good = one.holder.sign(json!({}), claims("a"));
        let (head, tail) = good.rsplit_once('.').unwrap();
        let wrong = [
            one.holder.sign(json!({"typ": null}), claims("b")),
            one.holder.sign(json!({"typ": "jwt"}), claims("c")),
            one.holder.sign(json!({"alg": null}), claims("d")),
            one.holder.sign(json!({"alg": "none"}), claims("e")),
            one.holder.sign(json!({"alg": "RS256"}), claims("f")),
            one.holder.sign(json!({"jwk": null}), claims("g")),
            one.holder.sign(json!({"jwk": private(&one.holder.jwk())}), claims("h")),
            KeyHolder::new().sign(json!({}), claims("i")),
            format!("{head}.{}", tail.chars().rev().collect::<String>()),
            "not.a.jwt".to_owned(),
        ];
        for proof in wrong {
            let answer = shown(&proof).send(router).await;
            assert!([400, 401].contains(&answer.status.as_u16()), "{proof}");
        }
        let twice = shown(&good).header(DPOP, &one.holder.sign(json!({}), claims("j")));
        assert_eq!(twice.send(router).await.status, 401);
        let bare = Call::get(suite.resource()).header(AUTHORIZATION, &format!("DPoP {token}"));
        assert_eq!(bare.send(router).await.status, 401);
        let bearer = Call::get(suite.resource()).header(AUTHORIZATION, &format!("{own} {token}"));
        assert_eq!(bearer.send(router).await.status, 401);
        shown(&one.holder.sign(json!({"extra": "member"}), claims("k"))).send(router).await.good();
    }
}

fn private(jwk: &Value) -> Value {
    let mut jwk = jwk.clone();
    jwk["d"] = jwk["x"].clone();
    jwk
}

#[tokio::test]
async fn a_code_stays_with_the_key_it_was_asked_with() {
    let suite = Suite::of(KEY_DPOP).await;
    let one = &suite.one;
    let thief = KeyHolder::new();
    let ask = suite.ask(one);
    let at_push = |changes: Value| {
        let mut claims = json!({"htu": format!("{ISSUER}/oidc/par")});
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        one.holder.proof(&suite.world, claims)
    };
    let push = async |ask: &Ask| {
        let first = suite.pushing(one, ask).header(DPOP, &at_push(said(&one.nonce.borrow())));
        let first = first.send(&suite.world.router).await;
        match one.learns(&first) {
            false => first,
            true => {
                let nonce = one.nonce.borrow().clone();
                suite.pushing(one, ask).header(DPOP, &at_push(said(&nonce))).send(&suite.world.router).await
            }
        }
    };
    // dpop_jkt beside another proof: refused when it is pushed.
    let differing = ask.clone().with("dpop_jkt", &thief.thumbprint());
    assert_eq!(error_of(&push(&differing).await), (400, "invalid_request".into()));
    // Alone: refused when the code is exchanged.
    let code = suite.code(one, &differing).await;
    assert_eq!(error_of(&suite.exchange(one, &differing, &code).await), (400, "invalid_grant".into()));
    // With the proof: good with this key only.
    let uri = push(&ask).await.json()["request_uri"].as_str().unwrap().to_owned();
    let mut browser = suite.world.browser();
    let page = browser.get(&one.client.address_of(&uri)).await;
    let code = browser.sign_in_on(&page, &WANG).await.code();
    suite.exchange(one, &ask, &code).await.good();
}

#[tokio::test]
async fn message_signing_takes_signed_requests_and_gives_signed_answers() {
    let more = json!({"profile": "fapi2_message_signing"});
    let suite = Suite::with(KEY_DPOP, more).await;
    let (one, two) = (&suite.one, &suite.two);
    let now = suite.world.now().seconds();
    let ask = suite.ask(one).with("response_mode", "jwt");
    let object = |changes: Value| {
        let mut claims = ask.claims(now);
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    };
    let push = async |token: &str| {
        one.client.asking("/oidc/par", &[("request", token)]).send(&suite.world.router).await
    };
    let good = [
        json!({}),
        json!({"aud": ["https://other.example", ISSUER]}),
        json!({"nbf": now + 8}),
        json!({"state": null}),
        json!({"nonce": null}),
    ];
    for changes in good {
        let answer = push(&one.signer.sign("JWT", &object(changes.clone())).unwrap()).await;
        assert_eq!(answer.status, 201, "{changes}: {}", answer.body);
    }
    let invalid = "invalid_request_object";
    let bad = [
        (json!({"exp": null}), invalid),
        (json!({"nbf": null}), invalid),
        (json!({"exp": now - 300}), invalid),
        (json!({"exp": now + 70 * 60}), invalid),
        (json!({"nbf": now - 70 * 60}), invalid),
        (json!({"aud": "https://other.example/"}), invalid),
        (json!({"redirect_uri": null}), "invalid_request"),
        (json!({"request_uri": "https://www.example.com/"}), invalid),
    ];
    for (changes, error) in bad {
        let answer = push(&one.signer.sign("JWT", &object(changes.clone())).unwrap()).await;
        assert_eq!(error_of(&answer), (400, error.to_owned()), "{changes}");
    }
    let token = one.signer.sign("oauth-authz-req+jwt", &object(json!({}))).unwrap();
    let (head, tail) = token.rsplit_once('.').unwrap();
    let rsa = signer(SigningAlgorithm::Rs256);
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", head.split('.').nth(1).unwrap());
    let wrong = [
        unsigned,
        format!("{head}.{}", tail.chars().rev().collect::<String>()),
        two.signer.sign("JWT", &object(json!({}))).unwrap(),
        rsa.sign("JWT", &object(json!({}))).unwrap(),
    ];
    for token in wrong {
        assert_eq!(error_of(&push(&token).await), (400, invalid.to_owned()));
    }
    assert_eq!(error_of(&suite.push(one, &ask).await), (400, "invalid_request".into()));

    // JARM: the answer, and the error of who says no, are signed and hold what they must.
    let mut browser = suite.world.browser();
    for say in ["cancel", "yes"] {
        let uri = push(&token).await.json()["request_uri"].as_str().unwrap().to_owned();
        let page = browser.get(&one.client.address_of(&uri)).await;
        let page = match say {
            "cancel" => browser.submit(&page, &[("action", "cancel")]).await,
            _ => browser.sign_in_on(&page, &WANG).await,
        };
        assert_eq!(names(&page), ["response"]);
        let claims = one.client.signed_claims(&page.told("response").unwrap()).await;
        let mut members: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        match say {
            "cancel" => {
                assert_eq!(members, ["aud", "error", "error_description", "error_uri", "exp", "iss", "state"])
            }
            _ => assert_eq!(members, ["aud", "code", "exp", "iss", "state"]),
        }
    }
}

#[tokio::test]
async fn a_system_for_itself_gets_bound_tokens() {
    let more = json!({"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "scope": "tasks.read"});
    for shows in [Shows::PrivateKeyJwt, Shows::MutualTls] {
        for binds in [Binds::Dpop, Binds::MutualTls] {
            let suite = Suite::with((shows, binds, Kind::PlainOauth), more.clone()).await;
            let fields = [("grant_type", "client_credentials"), ("scope", "tasks.read")];
            let body = suite.token(&suite.one, &fields).await.good();
            assert_eq!((body.get("refresh_token"), body.get("id_token")), (None, None));
            let token = body["access_token"].as_str().unwrap();
            assert_eq!(suite.call(&suite.one, token).await.good()["scope"], "tasks.read");
            assert_eq!(suite.call(&suite.two, token).await.status, 401);
        }
    }
}

#[tokio::test]
async fn who_is_registered_for_openid_asks_for_it() {
    let suite = Suite::of(KEY_DPOP).await;
    let ask = suite.ask(&suite.one).with("scope", "profile");
    assert_eq!(error_of(&suite.push(&suite.one, &ask).await), (400, "invalid_scope".into()));
    let plain = Suite::of((Shows::PrivateKeyJwt, Binds::Dpop, Kind::PlainOauth)).await;
    let ask = plain.ask(&plain.one).with("scope", "openid");
    assert_eq!(error_of(&plain.push(&plain.one, &ask).await), (400, "invalid_scope".into()));
    // Such a token is no key to what userinfo tells.
    let token = plain.tokens(&plain.one).await["access_token"].as_str().unwrap().to_owned();
    let proof = plain.one.holder.resource_proof(&plain.world, &token, said(&plain.one.nonce.borrow()));
    KeyHolder::userinfo(&token, &proof).send(&plain.world.router).await.refused(
        403,
        "insufficient_scope",
        104_008,
    );
}

/// `CheckForUnexpectedParametersInServerMetadata` warns of a member it does not know, which are those outside IANA's register
/// of OAuth authorization server metadata and the specifications of OpenID Connect. Whoever adds one here looks there first.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    // RFC 8414, OpenID Connect Discovery.
    "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "registration_endpoint",
    "scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported", "acr_values_supported",
    "subject_types_supported", "id_token_signing_alg_values_supported", "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported", "userinfo_signing_alg_values_supported", "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported", "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported", "request_object_encryption_enc_values_supported",
    "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported", "display_values_supported",
    "claim_types_supported", "claims_supported", "service_documentation", "ui_locales_supported", "claims_parameter_supported",
    "request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration",
    "revocation_endpoint", "revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint", "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported", "code_challenge_methods_supported",
    // RFC 8628, 8705, 9126, 9207, 9396, 9449, 9701.
    "device_authorization_endpoint", "mtls_endpoint_aliases", "tls_client_certificate_bound_access_tokens",
    "pushed_authorization_request_endpoint", "require_pushed_authorization_requests",
    "authorization_response_iss_parameter_supported", "authorization_details_types_supported", "dpop_signing_alg_values_supported",
    "introspection_signing_alg_values_supported", "introspection_encryption_alg_values_supported",
    "introspection_encryption_enc_values_supported",
    // Logout, Session Management, Prompt Create, JARM, CIBA.
    "end_session_endpoint", "check_session_iframe", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
    "backchannel_logout_supported", "backchannel_logout_session_supported", "prompt_values_supported",
    "authorization_signing_alg_values_supported", "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported", "backchannel_authentication_endpoint",
    "backchannel_token_delivery_modes_supported", "backchannel_authentication_request_signing_alg_values_supported",
    "backchannel_user_code_parameter_supported",
    // Identity Assurance. The first is not in the suite's list: an explained warning.
    "verified_claims_supported", "trust_frameworks_supported", "claims_in_verified_claims_supported", "evidence_supported",
    "documents_supported", "documents_check_methods_supported", "electronic_records_supported",
];

#[tokio::test]
async fn the_metadata_says_what_the_plans_ask() {
    let suite = Suite::of(KEY_DPOP).await;
    let said = Call::get("/.well-known/openid-configuration").send(&suite.world.router).await.good();
    let oauth = Call::get("/.well-known/oauth-authorization-server").send(&suite.world.router).await.good();
    assert_eq!(said, oauth);
    let has = |member: &str, value: &str| said[member].as_array().unwrap().contains(&json!(value));
    for member in [
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
        "backchannel_authentication_request_signing_alg_values_supported",
    ] {
        assert!(has(member, "PS256") && has(member, "ES256") && has(member, "EdDSA"), "{member}");
    }
    assert!(!has("dpop_signing_alg_values_supported", "RS256"));
    for (member, value) in [
        ("response_types_supported", "code"),
        ("response_modes_supported", "jwt"),
        ("code_challenge_methods_supported", "S256"),
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("scopes_supported", "openid"),
        ("scopes_supported", "profile"),
        ("grant_types_supported", "refresh_token"),
        ("grant_types_supported", "urn:openid:params:grant-type:ciba"),
    ] {
        assert!(has(member, value), "{member}");
    }
    for (member, value) in said.as_object().unwrap() {
        assert!(KNOWN.contains(&member.as_str()), "{member} is in no register");
        let sound = match member.as_str() {
            "mtls_endpoint_aliases" => value.is_object(),
            _ if value.is_array() => {
                member.ends_with("_supported") && value.as_array().unwrap().iter().all(Value::is_string)
            }
            _ => value.is_boolean() || value.as_str().is_some_and(|text| url::Url::parse(text).is_ok()),
        };
        assert!(sound, "{member}: {value}");
    }
    assert!(said["require_pushed_authorization_requests"].is_boolean());
    assert_eq!(said["authorization_response_iss_parameter_supported"], true);
    assert!(said["tls_client_certificate_bound_access_tokens"].is_boolean());
}

/// RFC 9325 §4.2: of TLS 1.2 the FAPI 2.0 plans take these four and no other. The FAPI-CIBA plan takes the two with RSA
/// alone (FAPI 1.0 Advanced §8.5): there the certificate must have an RSA key, with which the other two are never agreed on.
#[tokio::test]
async fn our_own_tls_offers_what_is_recommended_alone() {
    let server = Authority::new("authority").certify_server(&["localhost"]);
    let folder = std::env::temp_dir().join(format!("tongyao-tls-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&folder).unwrap();
    let tls = Tls { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&tls.cert, &server.pem).unwrap();
    std::fs::write(&tls.key, server.key.serialize_pem()).unwrap();
    for asks in [Asks::Everybody, Asks::At("mtls.example".into())] {
        let identity = Identity::load(&tls, asks).unwrap();
        let config = identity.config_for(Some("localhost"));
        let mut old: Vec<String> = (config.crypto_provider().cipher_suites.iter())
            .filter(|suite| suite.tls13().is_none())
            .map(|suite| format!("{:?}", suite.suite()))
            .collect();
        old.sort();
        assert_eq!(
            old,
            [
                "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            ]
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
