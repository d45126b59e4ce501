//! The relying systems' side: authorization requests, and the calls a system makes to the service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::header::AUTHORIZATION;
use reqwest::{Client as Http, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::browser::Browser;
use crate::declared::{self, Client, Credential, SCOPE, Signed};
use crate::key::Prover;
use crate::server::Server;

const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The service as its discovery document describes it.
#[derive(Clone)]
pub struct World {
    pub http: Http,
    endpoints: Arc<Endpoints>,
}

#[derive(Deserialize)]
struct Endpoints {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    introspection_endpoint: String,
    pushed_authorization_request_endpoint: String,
    device_authorization_endpoint: String,
}

/// An authorization request about to be sent.
struct Ask {
    parameters: Vec<(&'static str, String)>,
    verifier: String,
    state: String,
}

/// A request the service has taken from the client (RFC 9126).
pub struct Pushed {
    ask: Ask,
    request_uri: String,
}

/// What a device was given (RFC 8628 §3.2).
#[derive(Deserialize)]
pub struct Started {
    device_code: String,
    pub user_code: String,
    pub verification_uri_complete: String,
}

/// A code and what is needed to redeem it.
pub struct Code {
    code: String,
    verifier: String,
}

#[derive(Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
}

impl World {
    pub async fn discover(server: &Server) -> Result<Self> {
        let http = Http::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(512)
            .timeout(Duration::from_secs(60))
            .build()?;
        Self::discover_by(http, server).await
    }

    /// The same for whoever speaks in another way.
    pub async fn discover_by(http: Http, server: &Server) -> Result<Self> {
        let address = format!("{}/.well-known/openid-configuration", server.issuer);
        let endpoints = http.get(address).send().await?.error_for_status()?.json().await?;
        Ok(Self { http, endpoints: Arc::new(endpoints) })
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.http.clone())
    }

    /// Where a clerk begins.
    pub fn desk(&self) -> String {
        format!("{}/hall/", self.endpoints.issuer)
    }

    /// Sends the browser through an authorization request and takes the code it comes back with.
    pub async fn authorize(
        &self,
        browser: &mut Browser,
        client: &Client,
        login: Option<&(String, String)>,
    ) -> Result<Code> {
        self.authorize_for(browser, client, login, SCOPE).await
    }

    /// The same for another scope.
    pub async fn authorize_for(
        &self,
        browser: &mut Browser,
        client: &Client,
        login: Option<&(String, String)>,
        scope: &str,
    ) -> Result<Code> {
        let ask = Ask::new(client, scope);
        let address = Url::parse_with_params(&self.endpoints.authorization_endpoint, &ask.parameters)?;
        self.open(browser, client, login, (&address, ask)).await
    }

    /// Hands an authorization request over directly.
    pub async fn push(&self, client: &Client) -> Result<Pushed> {
        #[derive(Deserialize)]
        struct Answer {
            request_uri: String,
        }
        let ask = Ask::new(client, SCOPE);
        let fields: Vec<_> = ask.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let endpoint = &self.endpoints.pushed_authorization_request_endpoint;
        let answer: Answer = self.direct(endpoint, client, &fields).await?.json().await?;
        Ok(Pushed { ask, request_uri: answer.request_uri })
    }

    /// Sends the browser to a request that was pushed.
    pub async fn authorize_pushed(
        &self,
        browser: &mut Browser,
        client: &Client,
        pushed: Pushed,
    ) -> Result<Code> {
        let parameters = [("client_id", &client.id), ("request_uri", &pushed.request_uri)];
        let address = Url::parse_with_params(&self.endpoints.authorization_endpoint, parameters)?;
        self.open(browser, client, None, (&address, pushed.ask)).await
    }

    async fn open(
        &self,
        browser: &mut Browser,
        client: &Client,
        login: Option<&(String, String)>,
        (address, ask): (&Url, Ask),
    ) -> Result<Code> {
        let back = browser.go_through(address.as_str(), &client.redirect_uri, login).await?;
        ensure!(parameter(&back, "state").as_deref() == Some(&ask.state), "another state came back");
        match parameter(&back, "code") {
            Some(code) => Ok(Code { code, verifier: ask.verifier }),
            None => bail!("the client was told {:?}", parameter(&back, "error")),
        }
    }

    pub async fn redeem(&self, client: &Client, code: &Code) -> Result<Tokens> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code.code),
            ("redirect_uri", &client.redirect_uri),
            ("code_verifier", &code.verifier),
        ];
        self.token(client, &fields).await
    }

    pub async fn refresh(&self, client: &Client, refresh_token: &str) -> Result<Tokens> {
        self.token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub async fn client_credentials(&self, client: &Client) -> Result<Tokens> {
        self.token(client, &[("grant_type", "client_credentials")]).await
    }

    /// A code for a device to show and one for it to ask with.
    pub async fn start_device(&self, client: &Client) -> Result<Started> {
        let endpoint = &self.endpoints.device_authorization_endpoint;
        Ok(self.direct(endpoint, client, &[("scope", SCOPE)]).await?.json().await?)
    }

    /// Asks for the tokens of a device whose person has answered.
    pub async fn poll(&self, client: &Client, started: &Started) -> Result<Tokens> {
        self.token(client, &[("grant_type", DEVICE), ("device_code", &started.device_code)]).await
    }

    /// Asks while the person has not answered.
    pub async fn poll_pending(&self, client: &Client, started: &Started) -> Result<()> {
        let fields = [("grant_type", DEVICE), ("device_code", &started.device_code)];
        let request = self.asking(&self.endpoints.token_endpoint, client, &fields)?;
        let said: Value = request.send().await?.json().await?;
        ensure!(said["error"] == "authorization_pending", "{}", said["error"]);
        Ok(())
    }

    /// A key for proofs, with its first nonce: a proof without one is refused with it (RFC 9449 §8).
    pub async fn prover(&self) -> Result<Arc<Prover>> {
        let (prover, client) = (Prover::new()?, declared::client(Signed::Es256, 0));
        let fields = [("grant_type", "client_credentials")];
        let request = self.asking(&self.endpoints.token_endpoint, &client, &fields)?.build()?;
        let said: Value = prover.send(&self.http, request, None).await?.json().await?;
        ensure!(said["error"] == "use_dpop_nonce", "no nonce was asked for: {}", said["error"]);
        Ok(prover)
    }

    /// As Bearer, or with a proof where the client's tokens are bound to a key.
    pub async fn userinfo(&self, client: &Client, access_token: &str) -> Result<()> {
        let request = self.http.get(&self.endpoints.userinfo_endpoint);
        let response = match &client.prover {
            None => request.bearer_auth(access_token).send().await?,
            Some(prover) => {
                let request = request.header(AUTHORIZATION, format!("DPoP {access_token}")).build()?;
                prover.send(&self.http, request, Some(access_token)).await?
            }
        };
        let claims: Value = answered(response).await?.json().await?;
        ensure!(claims["sub"].is_string(), "userinfo without sub");
        Ok(())
    }

    pub async fn introspect(&self, client: &Client, access_token: &str) -> Result<()> {
        let endpoint = &self.endpoints.introspection_endpoint;
        let said: Value = self.direct(endpoint, client, &[("token", access_token)]).await?.json().await?;
        ensure!(said["active"] == true, "introspection says the token is not active");
        Ok(())
    }

    /// The smallest answer there is.
    pub async fn greet(&self) -> Result<()> {
        let address = format!("{}/health/live", self.endpoints.issuer);
        answered(self.http.get(address).send().await?).await.map(drop)
    }

    async fn token(&self, client: &Client, fields: &[(&str, &str)]) -> Result<Tokens> {
        let response = self.direct(&self.endpoints.token_endpoint, client, fields).await?;
        response.json().await.context("the token answer")
    }

    /// A call of a system that shows who it is, with a proof where its tokens are bound to a key.
    async fn direct(&self, endpoint: &str, client: &Client, fields: &[(&str, &str)]) -> Result<Response> {
        let request = self.asking(endpoint, client, fields)?;
        let response = match &client.prover {
            None => request.send().await?,
            Some(prover) => prover.send(&self.http, request.build()?, None).await?,
        };
        answered(response).await
    }

    fn asking(&self, endpoint: &str, client: &Client, fields: &[(&str, &str)]) -> Result<RequestBuilder> {
        let request = self.http.post(endpoint);
        let mut fields = fields.to_vec();
        let named = fields.iter().any(|(name, _)| *name == "client_id");
        Ok(match &client.credential {
            Credential::Secret(secret) => {
                request.form(&fields).header(AUTHORIZATION, basic(&client.id, secret))
            }
            Credential::Key(key) => {
                let assertion = key.assertion(&client.id, &self.endpoints.issuer)?;
                fields.extend([("client_assertion_type", ASSERTION), ("client_assertion", &assertion)]);
                request.form(&fields)
            }
            Credential::Certificate => {
                if !named {
                    fields.push(("client_id", &client.id));
                }
                request.form(&fields)
            }
        })
    }
}

impl Ask {
    /// With everything a careful client sends.
    fn new(client: &Client, scope: &str) -> Self {
        let (verifier, state) = (random_word(), random_word());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", client.id.clone()),
            ("redirect_uri", client.redirect_uri.clone()),
            ("scope", scope.to_owned()),
            ("state", state.clone()),
            ("nonce", random_word()),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256".to_owned()),
        ];
        Self { parameters, verifier, state }
    }
}

async fn answered(response: Response) -> Result<Response> {
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, path) = (response.status(), response.url().path().to_string());
    bail!("{status} from {path}: {}", response.text().await?.chars().take(200).collect::<String>())
}

/// RFC 6749 §2.3.1; ids and secrets of the bench need no form encoding.
fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{client_id}:{secret}")))
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn random_word() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
