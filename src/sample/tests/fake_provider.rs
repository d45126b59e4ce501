//! An identity service that agrees to everything, and can be told to answer wrongly.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::issuer::{EVENT, Issuer};

type Parameters = HashMap<String, String>;

/// Where the fake is, and what it will say next.
pub struct FakeProvider {
    pub issuer: String,
    pub signer: Mutex<Issuer>,
    /// Members put over those of the ID token.
    pub id_token: Mutex<Value>,
    /// Members put over those of userinfo.
    pub userinfo: Mutex<Value>,
    /// Members put over those of the authorization answer; `null` takes one away.
    pub answer: Mutex<Value>,
    /// The last authorization request.
    pub asked: Mutex<Parameters>,
    /// What the backchannel endpoint refuses with next, instead of agreeing.
    pub not_taken: Mutex<Option<(u16, &'static str)>>,
    /// What the token endpoint refuses polls with, one after another, before it agrees.
    pub refusals: Mutex<VecDeque<(u16, &'static str)>>,
    pub times_asked: AtomicU32,
    pub times_polled: AtomicU32,
    pub now: i64,
}

impl FakeProvider {
    pub async fn start(now: i64) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Arc::new(Self {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            signer: Mutex::new(Issuer::new("k1")),
            id_token: Mutex::new(json!({})),
            userinfo: Mutex::new(json!({})),
            answer: Mutex::new(json!({})),
            asked: Mutex::default(),
            not_taken: Mutex::default(),
            refusals: Mutex::default(),
            times_asked: AtomicU32::new(0),
            times_polled: AtomicU32::new(0),
            now,
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(async |State(fake): Fake| Json(fake.signer.lock().unwrap().keys())))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/ciba", post(ciba))
            .route("/userinfo", get(userinfo))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn logout_token(&self, over: &Value) -> String {
        let mut claims = json!({
            "iss": self.issuer, "aud": "app", "iat": self.now, "exp": self.now + 120, "jti": "j1",
            "events": {EVENT: {}},
        });
        put(&mut claims, over);
        self.signer.lock().unwrap().sign_as("logout+jwt", &claims)
    }
}

type Fake = State<Arc<FakeProvider>>;

async fn configuration(State(fake): Fake) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", fake.issuer);
    Json(json!({
        "issuer": fake.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/jwks"), "end_session_endpoint": at("/logout"),
        "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_authentication_endpoint": at("/ciba"),
    }))
}

async fn authorize(State(fake): Fake, Query(asked): Query<Parameters>) -> Redirect {
    let mut answer = json!({"code": "c", "state": asked["state"], "iss": fake.issuer});
    put(&mut answer, &fake.answer.lock().unwrap());
    let query = serde_urlencoded::to_string(answer.as_object().unwrap()).unwrap();
    let back = format!("{}?{query}", asked["redirect_uri"]);
    *fake.asked.lock().unwrap() = asked;
    Redirect::to(&back)
}

/// Holds the client to its secret and to the PKCE challenge, as the real one does.
async fn token(State(fake): Fake, headers: HeaderMap, Form(form): Form<Parameters>) -> Response {
    if form["grant_type"] == "urn:openid:params:grant-type:ciba" {
        return polled(&fake, &headers, &form);
    }
    let asked = fake.asked.lock().unwrap().clone();
    let proof = URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    let fits = asked["code_challenge"] == proof
        && asked["code_challenge_method"] == "S256"
        && asked["redirect_uri"] == form["redirect_uri"]
        && headers["authorization"] == basic();
    if !fits {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    }
    tokens(&fake, json!({"nonce": asked["nonce"]}))
}

/// Takes the question of a client that shows its secret (CIBA Core 1.0 §7.1).
async fn ciba(State(fake): Fake, headers: HeaderMap, Form(form): Form<Parameters>) -> Response {
    fake.times_asked.fetch_add(1, Ordering::SeqCst);
    *fake.asked.lock().unwrap() = form;
    if let Some((status, error)) = fake.not_taken.lock().unwrap().take() {
        return refused(status, error);
    }
    if headers["authorization"] != basic() {
        return refused(401, "invalid_client");
    }
    Json(json!({"auth_req_id": "request-1", "expires_in": 120, "interval": 5})).into_response()
}

fn polled(fake: &FakeProvider, headers: &HeaderMap, form: &Parameters) -> Response {
    fake.times_polled.fetch_add(1, Ordering::SeqCst);
    if headers["authorization"] != basic() || form["auth_req_id"] != "request-1" {
        return refused(400, "invalid_grant");
    }
    match fake.refusals.lock().unwrap().pop_front() {
        Some((status, error)) => refused(status, error),
        None => tokens(fake, json!({})),
    }
}

fn refused(status: u16, error: &str) -> Response {
    let body = Json(json!({"error": error, "error_description": "<b>why</b>"}));
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("app:a+secret"))
}

fn tokens(fake: &FakeProvider, over: Value) -> Response {
    let hash = digest(&SHA256, b"access");
    let mut claims = json!({
        "iss": fake.issuer, "aud": "app", "sub": "p1", "sid": "s1", "iat": fake.now, "exp": fake.now + 300,
        "auth_time": fake.now - 40, "acr": "urn:tongyao:loa:3", "amr": ["pwd"],
        "at_hash": URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]),
    });
    put(&mut claims, &over);
    put(&mut claims, &fake.id_token.lock().unwrap());
    let id_token = fake.signer.lock().unwrap().sign_as("JWT", &claims);
    Json(json!({"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
        .into_response()
}

async fn userinfo(State(fake): Fake) -> Json<Value> {
    let mut claims = json!({"sub": "p1", "name": "张三", "phone_number": "13800000001"});
    put(&mut claims, &fake.userinfo.lock().unwrap());
    Json(claims)
}

fn put(claims: &mut Value, over: &Value) {
    let claims = claims.as_object_mut().unwrap();
    for (name, value) in over.as_object().unwrap() {
        claims.insert(name.clone(), value.clone());
    }
    claims.retain(|_, value| !value.is_null());
}
