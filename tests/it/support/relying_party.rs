//! A department's system: it sends people to the service and talks to it directly.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use axum::Router;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::AUTHORIZATION;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use tongyao::base::time::{Clock, ManualClock};
use tongyao::crypto::signer::Signer;
use uuid::Uuid;

use super::browser::Browser;
use super::town::{self, Citizen};
use super::wire::{Answer, Call};
use super::world::{ISSUER, World};

/// A system and how it shows who it is.
#[derive(Clone)]
pub struct RelyingParty {
    pub client_id: String,
    pub redirect_uri: String,
    credential: Credential,
    router: Router,
    clock: Arc<ManualClock>,
}

/// How a client authenticates.
#[derive(Clone)]
pub enum Credential {
    Basic(String),
    Post(String),
    Key(Arc<Signer>),
    /// `client_secret_jwt`.
    SigningSecret(String),
    Public,
}

/// An authorization request about to be sent.
#[derive(Debug, Clone)]
pub struct Ask {
    parameters: Vec<(String, String)>,
    pub verifier: String,
    pub nonce: String,
    pub state: String,
}

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub id: Option<String>,
    pub scope: String,
}

impl RelyingParty {
    pub fn new(world: &World, client_id: &str, credential: Credential) -> Self {
        Self {
            client_id: client_id.to_owned(),
            redirect_uri: format!("https://{client_id}.example/cb"),
            credential,
            router: world.router.clone(),
            clock: world.clock.clone(),
        }
    }

    pub(super) fn of_town(world: &World, client_id: &str) -> Self {
        let credential = match client_id {
            "portal" => Credential::Basic(town::PORTAL_SECRET.to_owned()),
            "office" => Credential::Post(town::OFFICE_SECRET.to_owned()),
            "machine" => Credential::Basic(town::MACHINE_SECRET.to_owned()),
            "legacy" => Credential::Basic(town::LEGACY_SECRET.to_owned()),
            "app" => Credential::Public,
            other => panic!("{other} is not a system of the town"),
        };
        Self::new(world, client_id, credential)
    }

    /// The same system with another credential.
    pub fn showing(&self, credential: Credential) -> Self {
        Self { credential, ..self.clone() }
    }

    /// A request with everything a careful client sends: PKCE, state, nonce.
    pub fn ask(&self, scope: &str) -> Ask {
        let (verifier, nonce, state) = (random_word(), random_word(), random_word());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", scope),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ask { parameters, verifier, nonce, state }
    }

    /// The whole way: the person is sent to the service, comes back, and the code is exchanged.
    pub async fn connect(&self, browser: &mut Browser, citizen: &Citizen, scope: &str) -> Tokens {
        let ask = self.ask(scope);
        let page = browser.pass(&ask, citizen).await;
        assert_eq!(page.told("state").as_ref(), Some(&ask.state));
        let answer = self.exchange(&page.code(), &ask).await;
        Tokens::of(&answer)
    }

    pub async fn exchange(&self, code: &str, ask: &Ask) -> Answer {
        self.exchanging(code, ask).send(&self.router).await
    }

    /// The exchange of a code, not sent yet: a proof or a certificate may be shown beside it.
    pub fn exchanging(&self, code: &str, ask: &Ask) -> Call {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &ask.verifier),
        ];
        self.asking("/oidc/token", &fields)
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.call("/oidc/token", fields).await
    }

    pub async fn introspect(&self, token: &str) -> Answer {
        self.call("/oidc/introspect", &[("token", token)]).await
    }

    /// Pushes a request (RFC 9126).
    pub async fn push(&self, ask: &Ask) -> Answer {
        let fields: Vec<(&str, &str)> =
            ask.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let named = matches!(self.credential, Credential::Post(_) | Credential::Public);
        let fields: Vec<_> = fields.into_iter().filter(|(name, _)| !named || *name != "client_id").collect();
        self.call("/oidc/par", &fields).await
    }

    /// The address of a request that was pushed.
    pub async fn pushed(&self, ask: &Ask) -> String {
        let answer = self.push(ask).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
        self.address_of(answer.json()["request_uri"].as_str().unwrap())
    }

    /// Where a browser opens a pushed request.
    pub fn address_of(&self, request_uri: &str) -> String {
        let query = [("client_id", self.client_id.as_str()), ("request_uri", request_uri)];
        format!("/oidc/authorize?{}", serde_urlencoded::to_string(query).unwrap())
    }

    pub async fn revoke(&self, token: &str) -> Answer {
        self.call("/oidc/revoke", &[("token", token)]).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Answer {
        let call = Call::get("/oidc/userinfo").header(AUTHORIZATION, &format!("Bearer {access_token}"));
        call.send(&self.router).await
    }

    /// The claims of an ID token, verified as a client must (OIDC Core §3.1.3.7).
    pub async fn id_claims(&self, id_token: &str) -> Value {
        let claims = self.signed_claims(id_token).await;
        let now = self.clock.now().seconds();
        assert!(claims["iat"].as_i64().unwrap() <= now && now < claims["exp"].as_i64().unwrap());
        claims
    }

    /// The claims of anything the service signed for this client; time is not looked at.
    pub async fn signed_claims(&self, token: &str) -> Value {
        let keys: JwkSet =
            serde_json::from_value(Call::get("/oidc/jwks").send(&self.router).await.good()).unwrap();
        let header = decode_header(token).unwrap();
        let key = keys.find(header.kid.as_deref().unwrap()).expect("the key is published");
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[&self.client_id]);
        // The clock of the test is not the machine's, and a signed userinfo answer has no end.
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["iss", "aud"]);
        decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
    }

    /// An assertion of who this client is (RFC 7523 §3), good for a minute; `null` takes a claim away.
    pub fn assertion(&self, signer: &Signer, changed: Value) -> String {
        let mut claims = self.assertion_claims();
        let members = claims.as_object_mut().unwrap();
        members.extend(changed.as_object().cloned().unwrap_or_default());
        members.retain(|_, value| !value.is_null());
        signer.sign("JWT", &claims).unwrap()
    }

    fn assertion_claims(&self) -> Value {
        let now = self.clock.now().seconds();
        json!({
            "iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "iat": now, "exp": now + 60, "jti": random_word(),
        })
    }

    fn assertion_by_secret(&self, secret: &str) -> String {
        let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(json!({"alg": "HS256"})), part(self.assertion_claims()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
    }

    /// Any endpoint that authenticates clients.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.call(path, fields).await
    }

    async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.asking(path, fields).send(&self.router).await
    }

    /// A request to a direct endpoint with this client's credential, not sent yet.
    pub fn asking(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        self.sending(path, &self.form(fields))
    }

    /// A form with this client's credential in it, which can be sent more than once.
    pub fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut fields = fields.to_vec();
        let assertion = match &self.credential {
            Credential::Key(signer) => self.assertion(signer, json!({})),
            Credential::SigningSecret(secret) => self.assertion_by_secret(secret),
            _ => String::new(),
        };
        match &self.credential {
            Credential::Basic(_) => {}
            Credential::Post(secret) => {
                fields.extend([("client_id", self.client_id.as_str()), ("client_secret", secret.as_str())]);
            }
            Credential::Key(_) | Credential::SigningSecret(_) => fields.extend([
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion.as_str()),
            ]),
            Credential::Public => fields.push(("client_id", &self.client_id)),
        }
        serde_urlencoded::to_string(fields).unwrap()
    }

    /// Such a form on its way, with the credential that stands beside it.
    pub fn sending(&self, path: &str, form: &str) -> Call {
        let call = Call::post_form(path, form.to_owned());
        let Credential::Basic(secret) = &self.credential else { return call };
        // RFC 6749 §2.3.1; the ids and secrets of the town need no form encoding.
        let pair = BASE64_STANDARD.encode(format!("{}:{secret}", self.client_id));
        call.header(AUTHORIZATION, &format!("Basic {pair}"))
    }
}

impl Ask {
    /// The request with a parameter set.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.and(name, value)
    }

    /// The request with a parameter more, whether or not it is there already.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    /// The parameters as the claims of a request object, from this client and good for five minutes.
    pub fn claims(&self, now: i64) -> Value {
        let mut claims = json!({"aud": ISSUER, "nbf": now, "exp": now + 300});
        for (name, value) in &self.parameters {
            claims[name] = json!(value);
        }
        claims["iss"] = claims["client_id"].clone();
        claims
    }

    /// The path and query to send a browser to.
    pub fn address(&self) -> String {
        format!("/oidc/authorize?{}", serde_urlencoded::to_string(&self.parameters).unwrap())
    }
}

impl Tokens {
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let body = answer.good();
        assert_eq!(body["token_type"], "Bearer");
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        Self {
            access: text("access_token").unwrap(),
            refresh: text("refresh_token"),
            id: text("id_token"),
            scope: text("scope").unwrap_or_default(),
        }
    }
}

fn random_word() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
