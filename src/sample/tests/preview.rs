//! Every page of both systems with lifelike contents; with `TONGYAO_PREVIEW_DIR` set they are written there, to be looked at.

use std::path::Path;

use askama::Template;
use serde_json::{Value, json};

use super::Scene;
use crate::base::Locale;
use crate::sample::pages::{Arrival, Frame, Notice, SignOut, SignedIn, Welcome};
use crate::sample::person::Person;
use crate::sample::relying::SampleRp;
use crate::sample::sign_in::Refusal;
use crate::sample::system::System;

#[tokio::test]
async fn every_page_says_its_name_in_both_languages_and_is_written_to_be_looked_at() {
    let folder = std::env::var_os("TONGYAO_PREVIEW_DIR");
    for system in [System::Portal, System::Department] {
        let scene = Scene::of(crate::sample::portal).await;
        let rp = SampleRp::new(system, scene.settings.clone()).unwrap();
        for locale in Locale::ALL {
            for (name, html) in shots(&rp, locale) {
                let title = html.split("<title>").nth(1).and_then(|rest| rest.split('<').next());
                assert!(title.is_some_and(|title| !title.trim().starts_with('·')), "{name}: {title:?}");
                assert!(html.contains(&format!("<html lang=\"{}\"", locale.tag())), "{name}");
                if let Some(folder) = &folder {
                    write(Path::new(folder), system, &format!("{name}.{}", locale.pick("zh", "en")), &html);
                }
            }
        }
    }
}

/// The systems' own addresses start at their root; side by side in one folder each has a prefix.
fn write(folder: &Path, system: System, name: &str, html: &str) {
    let prefix = system.prefix();
    let style = format!("{prefix}-style.css");
    let icon = format!("{prefix}-icon.svg");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::write(folder.join("assets").join(&style), system.stylesheet()).unwrap();
    std::fs::write(folder.join("assets").join(&icon), system.icon()).unwrap();
    let html = html
        .replace("\"/style.css\"", &format!("\"/assets/{style}\""))
        .replace("\"/icon.svg\"", &format!("\"/assets/{icon}\""));
    std::fs::write(folder.join(format!("sample-{prefix}-{name}.html")), html).unwrap();
}

fn shots(rp: &SampleRp, locale: Locale) -> Vec<(&'static str, String)> {
    let frame = || Frame { locale, rp };
    let refused = |refusal: Refusal| Notice::refused(frame(), &refusal).render().unwrap();
    let answered = |error: &str| {
        refused(Refusal::Answered { error: error.into(), description: Some("102014 a description".into()) })
    };
    let person = person(locale);
    vec![
        ("home", Welcome { frame: frame(), arrival: Arrival::Fresh }.render().unwrap()),
        ("home-ended", Welcome { frame: frame(), arrival: Arrival::EndedElsewhere }.render().unwrap()),
        ("signed-in", SignedIn { frame: frame(), person: &person }.render().unwrap()),
        ("sign-out", SignOut { frame: frame() }.render().unwrap()),
        ("signed-out", Notice::signed_out(frame()).render().unwrap()),
        ("not-found", Notice::not_found(frame()).render().unwrap()),
        ("broken", Notice::broken(frame()).render().unwrap()),
        ("unreachable", refused(Refusal::Unreachable)),
        ("unknown-login", refused(Refusal::UnknownLogin)),
        ("unsound", refused(Refusal::Unsound("nonce"))),
        ("level-too-low", refused(Refusal::LevelTooLow { reached: Some(1), demanded: 3 })),
        ("access-denied", answered("access_denied")),
        ("unmet", answered("unmet_authentication_requirements")),
        ("login-required", answered("login_required")),
        ("busy", answered("temporarily_unavailable")),
        ("refused", answered("invalid_request")),
    ]
}

fn person(locale: Locale) -> Person {
    let map = |value: Value| value.as_object().cloned().unwrap();
    let name = locale.pick("王小明", "Wang Xiaoming");
    Person {
        sub: "pw_3kX0hB1rjvYgq3c8h0l2m4n6p8r0t2v4x6z8".into(),
        sid: Some("sid_0193a1c2d3e4f5a6b7c8".into()),
        acr: Some("urn:tongyao:loa:3".into()),
        id_token: String::new(),
        id_token_claims: map(json!({
            "iss": "http://localhost:8000", "sub": "pw_3kX0hB1rjvYgq3c8h0l2m4n6p8r0t2v4x6z8", "aud": "portal",
            "iat": 1_800_000_000, "exp": 1_800_000_300, "auth_time": 1_799_999_990,
            "acr": "urn:tongyao:loa:3", "amr": ["pwd"], "nonce": "7JrXh0f3kPz2mQ8sVb1cYw",
        })),
        userinfo: map(json!({
            "sub": "pw_3kX0hB1rjvYgq3c8h0l2m4n6p8r0t2v4x6z8", "name": name, "phone_number": "+8613800000001",
            "loa": 3, "loa_reached_at": 1_799_000_000, "loa_reached_by": "window",
            "verified_claims": {"verification": {"trust_framework": "cn_idv", "time": "2026-11-22T10:05Z"},
                "claims": {"name": name}},
        })),
    }
}
