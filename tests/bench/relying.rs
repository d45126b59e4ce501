//! The relying systems' side: authorization requests, and the calls a system makes to the service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use reqwest::{Client as Http, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::browser::Browser;
use crate::declared::{Client, SCOPE};
use crate::server::Server;

/// The service as its discovery document describes it.
#[derive(Clone)]
pub struct World {
    pub http: Http,
    endpoints: Arc<Endpoints>,
}

#[derive(Deserialize)]
struct Endpoints {
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    introspection_endpoint: String,
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
        let address = format!("{}/.well-known/openid-configuration", server.issuer);
        let endpoints = http.get(address).send().await?.error_for_status()?.json().await?;
        Ok(Self { http, endpoints: Arc::new(endpoints) })
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.http.clone())
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
        let (verifier, state) = (random_word(), random_word());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let address = Url::parse_with_params(
            &self.endpoints.authorization_endpoint,
            [
                ("response_type", "code"),
                ("client_id", &client.id),
                ("redirect_uri", &client.redirect_uri),
                ("scope", scope),
                ("state", &state),
                ("nonce", &random_word()),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ],
        )?;
        let back = browser.go_through(address.as_str(), &client.redirect_uri, login).await?;
        ensure!(parameter(&back, "state").as_deref() == Some(&state), "another state came back");
        match parameter(&back, "code") {
            Some(code) => Ok(Code { code, verifier }),
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

    pub async fn userinfo(&self, access_token: &str) -> Result<()> {
        let request = self.http.get(&self.endpoints.userinfo_endpoint).bearer_auth(access_token);
        let claims: Value = answered(request).await?.json().await?;
        ensure!(claims["sub"].is_string(), "userinfo without sub");
        Ok(())
    }

    pub async fn introspect(&self, client: &Client, access_token: &str) -> Result<()> {
        let request = self.http.post(&self.endpoints.introspection_endpoint).form(&[("token", access_token)]);
        let said: Value = answered(request.header("authorization", basic(client))).await?.json().await?;
        ensure!(said["active"] == true, "introspection says the token is not active");
        Ok(())
    }

    async fn token(&self, client: &Client, fields: &[(&str, &str)]) -> Result<Tokens> {
        let request = self.http.post(&self.endpoints.token_endpoint).form(fields);
        let response = answered(request.header("authorization", basic(client))).await?;
        response.json().await.context("the token answer")
    }
}

async fn answered(request: RequestBuilder) -> Result<Response> {
    let response = request.send().await?;
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, path) = (response.status(), response.url().path().to_string());
    bail!("{status} from {path}: {}", response.text().await?.chars().take(200).collect::<String>())
}

/// RFC 6749 §2.3.1; ids and secrets of the bench need no form encoding.
fn basic(client: &Client) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", client.id, client.secret)))
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn random_word() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
