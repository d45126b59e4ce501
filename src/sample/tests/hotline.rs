//! The hotline's desk: how it asks, how it waits, and what it believes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use super::{START, Scene, Seen};
use crate::sample::{RelyingSettings, hotline};

const HINT: &str = "11010519491231002X";

impl Scene {
    async fn at_the_desk() -> Self {
        let mut scene = Self::of(hotline).await;
        scene.get("/hotline").await.is("hotline-ask");
        scene
    }

    /// Fills in a fresh form.
    async fn ask(&mut self, login_hint: &str) -> Seen {
        let form = self.get("/hotline").await.form();
        self.send_form(&form, login_hint).await
    }

    async fn send_form(&mut self, form: &str, login_hint: &str) -> Seen {
        let fields = [("form", form), ("login_hint", login_hint), ("matter", "card")];
        self.send("POST", "/hotline/ask", &serde_urlencoded::to_string(fields).unwrap()).await
    }

    async fn later(&mut self, seconds: u64) -> Seen {
        self.clock.advance(Duration::from_secs(seconds));
        self.get("/hotline").await
    }

    fn refuse_polls(&self, errors: &[(u16, &'static str)]) {
        self.fake.refusals.lock().unwrap().extend(errors);
    }

    fn times_asked(&self) -> u32 {
        self.fake.times_asked.load(Ordering::SeqCst)
    }

    fn times_polled(&self) -> u32 {
        self.fake.times_polled.load(Ordering::SeqCst)
    }
}

impl Seen {
    #[track_caller]
    fn is(&self, page: &str) -> &Self {
        assert!(self.body.contains(&format!(r#"data-page="{page}""#)), "{page}: {}", self.body);
        self
    }

    /// The text between two marks.
    fn between(&self, before: &str, after: &str) -> String {
        let (_, rest) = self.body.split_once(before).unwrap_or_else(|| panic!("{before}: {}", self.body));
        rest.split_once(after).unwrap().0.to_owned()
    }

    fn form(&self) -> String {
        self.between(r#"name="form" value=""#, "\"")
    }

    fn code(&self) -> String {
        self.between(r#"data-field="code">"#, "<")
    }

    /// Seconds until the page looks again by itself.
    fn refresh(&self) -> String {
        self.between(r#"http-equiv="refresh" content=""#, ";url=/hotline\"")
    }
}

#[tokio::test]
async fn the_operator_asks_the_caller_allows_and_the_name_appears() {
    let mut scene = Scene::at_the_desk().await;
    *scene.fake.userinfo.lock().unwrap() =
        json!({"loa_reached_at": START, "loa_reached_by": "window_verification"});
    scene.refuse_polls(&[(400, "authorization_pending")]);
    let sent = scene.ask(&format!(" {HINT} ")).await;
    assert_eq!((sent.status, sent.location.as_deref()), (StatusCode::SEE_OTHER, Some("/hotline")));

    let waiting = scene.get("/hotline").await;
    let code = waiting.is("hotline-waiting").code();
    assert_eq!(waiting.refresh(), "5");
    let asked = scene.fake.asked.lock().unwrap().clone();
    assert_eq!(asked["login_hint"], HINT);
    assert_eq!(asked["scope"], "openid real_name");
    assert_eq!(asked["claims"], r#"{"userinfo":{"name":{"essential":true}}}"#);
    assert_eq!(asked["binding_message"], format!("{code} 社会保障卡补办"));
    assert_eq!(scene.times_polled(), 0, "nobody asks before the interval is over");

    scene.later(5).await.is("hotline-waiting");
    scene.later(4).await.is("hotline-waiting");
    assert_eq!(scene.times_polled(), 1, "looking at the page oftener asks no oftener");
    let caller = scene.later(1).await;
    for told in ["张三", "urn:tongyao:loa:3", "政务大厅窗口现场核验", "2027-01-15 16:00", &code] {
        assert!(caller.is("hotline-caller").body.contains(told), "{told}: {}", caller.body);
    }
    scene.later(60).await.is("hotline-caller");
    assert_eq!(scene.times_polled(), 2, "an answer is fetched once");

    let over = scene.send("POST", "/hotline/over", "").await;
    assert_eq!(over.location.as_deref(), Some("/hotline"));
    let form = scene.get("/hotline").await;
    assert!(!form.is("hotline-ask").body.contains("张三"));
}

#[tokio::test]
async fn what_the_caller_said_is_in_no_address_no_cookie_and_no_later_page() {
    let mut scene = Scene::at_the_desk().await;
    let sent = scene.ask(HINT).await;
    assert!(!format!("{:?}{:?}", sent.location, scene.cookies).contains(HINT));
    for seconds in [0, 5] {
        assert!(!scene.later(seconds).await.body.contains(HINT));
    }
    assert_eq!(scene.send("GET", &format!("/hotline/ask?login_hint={HINT}"), "").await.status, 405);
    assert!(!scene.settings.data_dir.join("hotline-sessions.json").exists(), "a caller is not kept on disk");
}

#[tokio::test]
async fn slow_down_and_silence_are_honoured() {
    let mut scene = Scene::at_the_desk().await;
    scene.refuse_polls(&[
        (400, "slow_down"),
        (503, "server_error"),
        (429, "x"),
        (400, "authorization_pending"),
    ]);
    scene.ask(HINT).await;
    assert_eq!(scene.later(5).await.refresh(), "10", "five seconds more");
    scene.later(9).await;
    assert_eq!(scene.times_polled(), 1);
    let silent = scene.later(1).await;
    assert_eq!(silent.refresh(), "20", "no answer: ever more seldom");
    assert!(silent.body.contains(r#"data-notice="unreachable""#));
    assert_eq!(scene.later(20).await.refresh(), "40");
    let heard = scene.later(40).await;
    assert_eq!(heard.is("hotline-waiting").refresh(), "10");
    assert!(!heard.body.contains(r#"data-notice="unreachable""#));
    scene.later(10).await.is("hotline-caller");
}

#[tokio::test]
async fn each_ending_is_told_and_asked_for_no_more() {
    let cases = [
        ("access_denied", "hotline-denied"),
        ("expired_token", "hotline-expired"),
        ("unmet_authentication_requirements", "hotline-level"),
        ("invalid_grant", "hotline-refused"),
    ];
    for (error, page) in cases {
        let mut scene = Scene::at_the_desk().await;
        scene.refuse_polls(&[(400, error)]);
        scene.ask(HINT).await;
        let over = scene.later(5).await;
        assert!(!over.is(page).body.contains("<b>"), "{error}");
        scene.later(60).await.is(page);
        assert_eq!(scene.times_polled(), 1, "{error}");
        scene.send("POST", "/hotline/over", "").await;
        scene.get("/hotline").await.is("hotline-ask");
    }
}

#[tokio::test]
async fn a_question_ends_when_its_time_is_over_whatever_the_service_says() {
    for error in ["authorization_pending", "slow_down", "invalid_grant", "server_error"] {
        let mut scene = Scene::at_the_desk().await;
        scene.refuse_polls(&[(if error == "server_error" { 500 } else { 400 }, error)]);
        scene.ask(HINT).await;
        scene.later(120).await.is("hotline-expired");
    }
    let mut scene = Scene::at_the_desk().await;
    scene.ask(HINT).await;
    scene.later(121).await.is("hotline-caller");
}

#[tokio::test]
async fn an_unsound_answer_makes_nobody_known() {
    let cases = [
        (json!({"iss": "https://other.example"}), "iss"),
        (json!({"aud": "another"}), "aud"),
        (json!({"aud": ["app", "another"]}), "aud"),
        (json!({"nonce": "of another flow"}), "nonce"),
        (json!({"exp": START - 1}), "exp or iat"),
        (json!({"iat": START - 601}), "exp or iat"),
        (json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), "at_hash"),
    ];
    for (over, check) in cases {
        let mut scene = Scene::at_the_desk().await;
        *scene.fake.id_token.lock().unwrap() = over.clone();
        scene.ask(HINT).await;
        let seen = scene.later(5).await;
        assert!(seen.is("hotline-refused").body.contains(&format!("check_failed: {check}<")), "{over}");
        assert!(!seen.body.contains("张三"), "{over}");
    }
    let mut scene = Scene::at_the_desk().await;
    *scene.fake.userinfo.lock().unwrap() = json!({"sub": "p2"});
    scene.ask(HINT).await;
    assert!(scene.later(5).await.is("hotline-refused").body.contains("check_failed: userinfo<"));
}

#[tokio::test]
async fn why_nobody_was_asked_is_said_above_the_form() {
    let mut scene = Scene::at_the_desk().await;
    let cases = [
        ((400, "unknown_user_id"), 422),
        ((429, "temporarily_unavailable"), 429),
        ((503, "server_error"), 503),
        ((400, "invalid_scope"), 502),
        ((401, "invalid_client"), 502),
    ];
    for (refusal, status) in cases {
        *scene.fake.not_taken.lock().unwrap() = Some(refusal);
        let seen = scene.ask(HINT).await;
        assert_eq!(seen.is("hotline-ask").status, status, "{refusal:?}");
        assert!(seen.body.contains(r#"role="alert""#) && !seen.body.contains("<b>"), "{}", seen.body);
        assert!(seen.body.contains(&format!("value=\"{HINT}\"")), "what was typed can be corrected");
        scene.get("/hotline").await.is("hotline-ask");
    }
    let asked = scene.times_asked();
    for wrong in ["", "  ", "a\u{1}b", &"a".repeat(513)] {
        assert_eq!(scene.ask(wrong).await.is("hotline-ask").status, 422, "{wrong:?}");
    }
    let form = scene.get("/hotline").await.form();
    let no_matter =
        scene.send("POST", "/hotline/ask", &format!("form={form}&login_hint=a&matter=other")).await;
    assert_eq!(no_matter.is("hotline-ask").status, 422);
    for body in ["", "login_hint=a", "form=a&login_hint=a&login_hint=b", "form=%FF"] {
        assert_eq!(scene.send("POST", "/hotline/ask", body).await.status, StatusCode::SEE_OTHER, "{body}");
    }
    assert_eq!(scene.times_asked(), asked, "none of these reached the service");
    let escaped = scene.ask("\"><script>").await;
    assert!(escaped.status == StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_asks_once_and_the_next_form_is_about_the_next_caller() {
    let mut scene = Scene::at_the_desk().await;
    let first = scene.get("/hotline").await.form();
    let second = scene.get("/hotline").await.form();
    scene.send_form(&first, HINT).await;
    scene.send_form(&first, HINT).await;
    assert_eq!(scene.times_asked(), 1);
    scene.later(5).await.is("hotline-caller");
    scene.send_form(&second, "somebody-else").await;
    assert_eq!(scene.times_asked(), 2);
    assert!(!scene.get("/hotline").await.is("hotline-waiting").body.contains("张三"));
    scene.later(5).await.is("hotline-caller");
    *scene.fake.not_taken.lock().unwrap() = Some((400, "unknown_user_id"));
    scene.send_form("third", "a-third").await.is("hotline-ask");
    scene.get("/hotline").await.is("hotline-ask");
}

#[tokio::test]
async fn a_desk_is_its_browsers_own() {
    let mut scene = Scene::at_the_desk().await;
    scene.ask(HINT).await;
    let mine = scene.cookies.clone();
    scene.cookies.clear();
    // What another site's form would send: without the cookie.
    let stranger = scene.send_form("f", HINT).await;
    assert_eq!((stranger.status, scene.times_asked()), (StatusCode::SEE_OTHER, 1));
    scene.send("POST", "/hotline/over", "").await;
    scene.later(5).await.is("hotline-ask");
    assert_eq!(scene.times_polled(), 0);
    scene.cookies = mine;
    scene.get("/hotline").await.is("hotline-caller");
    scene.later(1800).await.is("hotline-ask");
}

#[tokio::test]
async fn the_desk_has_its_own_files_and_both_languages() {
    let mut scene = Scene::at_the_desk().await;
    assert!(scene.get("/hotline/style.css").await.body.contains(".hotline"));
    assert!(scene.get("/hotline/icon.svg").await.body.starts_with("<svg"));
    let missing = scene.get("/hotline/nothing").await;
    assert_eq!(missing.is("not-found").status, StatusCode::NOT_FOUND);
    assert!(missing.body.contains(r#"href="/hotline""#));
    assert_eq!(scene.get("/hotline/").await.location.as_deref(), Some("/hotline"));
    scene.cookies.clear();
    assert!(scene.get("/hotline?lang=en").await.body.contains("Who is calling?"));
    scene.ask(HINT).await;
    assert_eq!(scene.fake.asked.lock().unwrap()["ui_locales"], "en");
    assert!(scene.get("/hotline").await.body.contains("Read this code to the caller"));
}

#[tokio::test]
async fn without_the_identity_service_nobody_is_asked_at_all() {
    let mut scene = Scene::at_the_desk().await;
    // A port that was just free: nobody listens there.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lonely = RelyingSettings { issuer: format!("http://{nobody}"), ..scene.settings.clone() };
    scene.router = hotline(lonely).unwrap();
    let seen = scene.ask(HINT).await;
    assert_eq!(seen.is("hotline-ask").status, StatusCode::SERVICE_UNAVAILABLE);
}
