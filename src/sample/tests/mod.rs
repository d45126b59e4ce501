//! The systems from a browser's side, against an identity service that can be told to answer wrongly.

mod fake_provider;
mod hotline;
pub mod issuer;
mod preview;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use self::fake_provider::FakeProvider;
use self::issuer::Issuer;
use super::{RelyingSettings, department, portal};
use crate::base::random::Seeded;
use crate::base::scratch::Scratch;
use crate::base::time::ManualClock;
use crate::base::{Fault, Secret, Timestamp};

const START: i64 = 1_800_000_000;

/// A system, its identity service, and one browser.
struct Scene {
    router: Router,
    fake: Arc<FakeProvider>,
    clock: Arc<ManualClock>,
    settings: RelyingSettings,
    cookies: BTreeMap<String, String>,
    _folder: Scratch,
}

struct Seen {
    status: StatusCode,
    location: Option<String>,
    body: String,
}

impl Scene {
    async fn of(system: fn(RelyingSettings) -> Result<Router, Fault>) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let fake = FakeProvider::start(START).await;
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(START)));
        let folder = Scratch::open();
        let settings = RelyingSettings {
            issuer: fake.issuer.clone(),
            client_id: "app".into(),
            client_secret: Secret::new("a secret"),
            base_url: "http://rp.test:8001".into(),
            neighbour_url: Some("http://rp.test:8002".into()),
            hotline_url: Some("http://rp.test:8001/hotline".into()),
            data_dir: folder.path().to_owned(),
            extra_ca: None,
            random: Arc::new(Seeded::new(7)),
            clock: clock.clone(),
        };
        let router = system(settings.clone()).unwrap();
        Self { router, fake, clock, settings, cookies: BTreeMap::new(), _folder: folder }
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> Seen {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        for line in response.headers().get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("; HttpOnly; SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        let location = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Seen { status, location, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&mut self, path: &str) -> Seen {
        self.send("GET", path, "").await
    }

    /// To the identity service; what it answers to `/callback`, not yet opened.
    async fn visit_provider(&mut self) -> String {
        let there = self.get("/login").await.location.unwrap();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let response = client.build().unwrap().get(there).send().await.unwrap();
        let back = response.headers()[header::LOCATION].to_str().unwrap().to_owned();
        back.strip_prefix("http://rp.test:8001").unwrap().to_owned()
    }

    async fn sign_in(&mut self) -> Seen {
        let back = self.visit_provider().await;
        self.get(&back).await
    }

    async fn log_out_behind(&mut self, over: &Value) -> Seen {
        let token = self.fake.logout_token(over);
        self.send("POST", "/backchannel-logout", &format!("logout_token={token}")).await
    }
}

#[tokio::test]
async fn a_person_signs_in_at_the_portal_and_stays_through_a_restart() {
    let mut scene = Scene::of(portal).await;
    assert!(scene.get("/").await.body.contains(r#"data-page="portal-home""#));
    let signed_in = scene.sign_in().await;
    assert_eq!((signed_in.status, signed_in.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    assert_eq!(scene.fake.asked.lock().unwrap()["scope"], "openid profile phone");
    scene.router = portal(scene.settings.clone()).unwrap();
    let home = scene.get("/").await.body;
    for told in ["张三", "13800000001", "urn:tongyao:loa:3", "p1", "s1", r#"data-page="portal-signed-in""#]
    {
        assert!(home.contains(told), "{told}: {home}");
    }
    assert!(scene.get("/?lang=en").await.body.contains("Hello, "));
    assert!(scene.get("/").await.body.contains("Hello, "), "the chosen language is remembered");
}

#[tokio::test]
async fn what_the_identity_service_says_is_escaped() {
    let mut scene = Scene::of(portal).await;
    *scene.fake.userinfo.lock().unwrap() = json!({"name": "<script>x</script>", "<b>": {"a": "<i>"}});
    scene.sign_in().await;
    let home = scene.get("/").await.body;
    assert!(!home.contains("<script") && !home.contains("<b>") && !home.contains("<i>"), "{home}");
}

#[tokio::test]
async fn an_unsound_id_token_signs_nobody_in() {
    let cases = [
        (json!({"iss": "https://other.example"}), "iss"),
        (json!({"aud": "another"}), "aud"),
        (json!({"aud": ["app", "another"]}), "aud"),
        (json!({"nonce": "another"}), "nonce"),
        (json!({"nonce": null}), "nonce"),
        (json!({"exp": START - 1}), "exp or iat"),
        (json!({"iat": START - 601}), "exp or iat"),
        (json!({"iat": START + 61}), "exp or iat"),
        (json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "at_hash"),
    ];
    let mut scene = Scene::of(portal).await;
    for (over, check) in cases {
        *scene.fake.id_token.lock().unwrap() = over.clone();
        let seen = scene.sign_in().await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{over}");
        assert!(seen.body.contains(&format!("check_failed: {check}<")), "{over}: {}", seen.body);
    }
    *scene.fake.id_token.lock().unwrap() = json!({});
    *scene.fake.userinfo.lock().unwrap() = json!({"sub": "p2"});
    assert!(scene.sign_in().await.body.contains("check_failed: userinfo<"));
    assert!(scene.get("/").await.body.contains("portal-home"));
}

#[tokio::test]
async fn a_new_signing_key_is_found_and_a_strange_one_refused() {
    let mut scene = Scene::of(portal).await;
    assert_eq!(scene.sign_in().await.status, StatusCode::SEE_OTHER);
    *scene.fake.signer.lock().unwrap() = Issuer::new("k2");
    scene.clock.advance(Duration::from_secs(11));
    assert_eq!(scene.sign_in().await.status, StatusCode::SEE_OTHER);
    *scene.fake.signer.lock().unwrap() = Issuer::new("k2");
    assert!(scene.sign_in().await.body.contains("check_failed: signature<"));
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_asked_and_from_its_issuer() {
    let mut scene = Scene::of(portal).await;
    let back = scene.visit_provider().await;
    let browser = scene.cookies.remove("portal_browser").unwrap();
    assert!(scene.get(&back).await.body.contains("login-expired"));
    scene.cookies.insert("portal_browser".into(), browser);
    assert_eq!(scene.get(&back).await.status, StatusCode::SEE_OTHER);
    assert!(scene.get(&back).await.body.contains("login-expired"));
    for path in ["/callback", "/callback?state=x&code=y", "/callback?state=a&state=b", "/callback?state=%FF"]
    {
        assert_eq!(scene.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    for iss in [json!("https://other.example"), Value::Null] {
        *scene.fake.answer.lock().unwrap() = json!({"iss": iss});
        assert!(scene.sign_in().await.body.contains("check_failed: iss<"), "{iss}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_identity_service_is_explained() {
    let mut scene = Scene::of(department).await;
    let cases = [
        ("access_denied", "access-denied"),
        ("unmet_authentication_requirements", "level-too-low"),
        ("server_error", "unreachable"),
        ("invalid_scope", "login-refused"),
    ];
    for (error, page) in cases {
        *scene.fake.answer.lock().unwrap() =
            json!({"code": null, "error": error, "error_description": "<b>why</b>"});
        let seen = scene.sign_in().await;
        assert!(seen.body.contains(&format!(r#"data-page="{page}""#)), "{error}: {}", seen.body);
        assert!(seen.body.contains(error) && !seen.body.contains("<b>"), "{error}");
    }
}

#[tokio::test]
async fn the_department_asks_for_level_3_and_looks_whether_it_came() {
    let mut scene = Scene::of(department).await;
    for acr in [json!("urn:tongyao:loa:2"), json!("3"), Value::Null] {
        *scene.fake.id_token.lock().unwrap() = json!({"acr": acr});
        let seen = scene.sign_in().await;
        assert_eq!(seen.status, StatusCode::FORBIDDEN, "{acr}");
        assert!(seen.body.contains(r#"data-page="level-too-low""#), "{acr}");
        assert!(!scene.cookies.contains_key("hrss_session"));
    }
    assert_eq!(scene.fake.asked.lock().unwrap()["acr_values"], "urn:tongyao:loa:3");
    assert_eq!(scene.fake.asked.lock().unwrap()["scope"], "openid profile real_name");
    *scene.fake.id_token.lock().unwrap() = json!({});
    *scene.fake.userinfo.lock().unwrap() = json!({"loa_reached_at": START, "loa_reached_by": "window"});
    assert_eq!(scene.sign_in().await.status, StatusCode::SEE_OTHER);
    let home = scene.get("/").await.body;
    assert!(
        home.contains("hrss-signed-in") && home.contains("2027-01-15 16:00") && home.contains("政务大厅窗口")
    );
}

#[tokio::test]
async fn signing_out_tells_the_identity_service() {
    let mut scene = Scene::of(portal).await;
    scene.sign_in().await;
    let stolen = scene.cookies["portal_session"].clone();
    let out = scene.send("POST", "/logout", "").await;
    let url = url::Url::parse(&out.location.unwrap()).unwrap();
    let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(url.path(), "/logout");
    assert_eq!(asked["post_logout_redirect_uri"], scene.settings.post_logout_redirect_uri());
    assert_eq!(asked["client_id"], "app");
    assert_eq!(asked["id_token_hint"].split('.').count(), 3);
    scene.cookies.insert("portal_session".into(), stolen);
    assert!(scene.get("/").await.body.contains("portal-home"));
    let path = format!("/signed-out?state={}", asked["state"]);
    assert!(scene.get(&path).await.body.contains(r#"data-page="signed-out""#));
    assert_eq!(scene.get(&path).await.location.as_deref(), Some("/"));
}

#[tokio::test]
async fn a_back_channel_logout_ends_the_session_and_says_so() {
    let mut scene = Scene::of(portal).await;
    scene.sign_in().await;
    let refused = scene.log_out_behind(&json!({"sid": "s1", "aud": "another"})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(serde_json::from_str::<Value>(&refused.body).unwrap()["error_description"].is_string());
    assert_eq!(scene.log_out_behind(&json!({"sid": "s2"})).await.status, StatusCode::OK);
    assert!(scene.get("/").await.body.contains("portal-signed-in"));
    assert_eq!(scene.log_out_behind(&json!({"sid": "s1", "jti": "j2"})).await.status, StatusCode::OK);
    assert!(scene.get("/").await.body.contains(r#"data-notice="ended-elsewhere""#));
    let again = scene.log_out_behind(&json!({"sid": "s1", "jti": "j2"})).await;
    assert!(again.body.contains("jti was used before"), "{}", again.body);
    for body in ["", "logout_token=a&logout_token=b", "logout_token=%FF", "x"] {
        assert_eq!(scene.send("POST", "/backchannel-logout", body).await.status, StatusCode::BAD_REQUEST);
    }
    scene.sign_in().await;
    assert!(scene.get("/").await.body.contains("portal-signed-in"));
}

/// OIDC Core §4: whoever sends a person here may name our identity service, and no other.
#[tokio::test]
async fn others_may_begin_a_sign_in_with_our_issuer_only() {
    let mut scene = Scene::of(portal).await;
    let ours = url::form_urlencoded::byte_serialize(scene.settings.issuer.as_bytes()).collect::<String>();
    let begun = scene.get(&format!("/login?iss={ours}")).await;
    assert!(begun.location.is_some_and(|location| location.starts_with(&scene.settings.issuer)));
    for foreign in ["iss=https%3A%2F%2Fevil.example".to_owned(), format!("iss={ours}&iss={ours}")] {
        let seen = scene.get(&format!("/login?{foreign}")).await;
        assert_eq!((seen.status, seen.location), (StatusCode::BAD_REQUEST, None), "{foreign}");
    }
}

#[tokio::test]
async fn without_the_identity_service_a_plain_page_and_later_a_sign_in() {
    let mut scene = Scene::of(portal).await;
    let settings = scene.settings.clone();
    // A port that was just free: nobody listens there.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lonely = RelyingSettings { issuer: format!("http://{nobody}"), ..settings };
    scene.router = portal(lonely).unwrap();
    let seen = scene.get("/login").await;
    assert_eq!(seen.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(seen.body.contains(r#"data-page="unreachable""#));
    let told = scene.log_out_behind(&json!({"sid": "s1"})).await;
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
}
