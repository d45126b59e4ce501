//! Every page with lifelike contents, checked in both languages and both modes; with `TONGYAO_PREVIEW_DIR` set, the pages
//! and the assets are also written there, to be looked at.

mod account;
mod citizen;
mod elsewhere;
mod hall;

use std::path::PathBuf;

use super::assets;
use super::chrome::{Chrome, Elder, Sandbox};
use super::qr;
use crate::base::Locale;

/// One page as it is sent.
pub(super) struct Shot {
    name: String,
    html: String,
}

impl Shot {
    fn of(name: impl Into<String>, page: &impl askama::Template) -> Self {
        Self { name: name.into(), html: page.render().unwrap() }
    }
}

/// A frame as the handlers make it.
fn chrome(locale: Locale, elder: Elder) -> Chrome {
    Chrome {
        locale,
        elder,
        sandbox: Sandbox::On,
        service: None,
        from: None,
        here: "/sign-in".into(),
        language_href: "/sign-in?lang=en".into(),
        elder_href: "/sign-in?elder=1".into(),
        typed: Vec::new(),
        csrf: "csrf-token".into(),
        signed_in: None,
    }
}

fn sample_qr(text: &str) -> String {
    qr::svg(text, "QR").unwrap()
}

fn shots(locale: Locale, elder: Elder) -> Vec<Shot> {
    let chrome = chrome(locale, elder);
    citizen::shots(&chrome).into_iter().chain(elsewhere::shots(&chrome)).chain(hall::shots(&chrome)).collect()
}

fn everything() -> Vec<(String, Locale, Shot)> {
    let mut all = Vec::new();
    for locale in Locale::ALL {
        for elder in [Elder::Off, Elder::On] {
            let suffix =
                format!("{}{}", locale.pick("zh", "en"), if elder == Elder::On { "-elder" } else { "" });
            all.extend(
                shots(locale, elder)
                    .into_iter()
                    .map(|shot| (format!("{}.{suffix}", shot.name), locale, shot)),
            );
        }
    }
    all
}

#[test]
fn every_page_keeps_the_rules_of_all_pages() {
    for (name, locale, shot) in everything() {
        let html = &shot.html;
        assert_eq!(html.matches("<h1").count(), 1, "{name}: exactly one h1");
        assert_eq!(html.matches("<main ").count(), 1, "{name}: exactly one main");
        let page =
            html.split("data-page=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        assert!(!page.is_empty() && page.trim() == page, "{name}: data-page {page:?}");
        assert!(html.contains(&format!("<html lang=\"{}\"", locale.tag())), "{name}: language");
        assert!(html.contains("12345"), "{name}: help line");
        assert!(
            html.contains("data-switch=\"language\"") && html.contains("data-switch=\"elder\""),
            "{name}: switches"
        );
        let title =
            html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
        assert!(!title.trim().starts_with('-'), "{name}: title");
        let region = "<p class=\"sr\" role=\"status\" data-became></p>";
        assert_eq!(html.matches(region).count(), 1, "{name}: where it is read out what the page has become");
    }
}

#[test]
fn no_page_needs_more_than_the_strict_policy_allows() {
    for (name, _, shot) in everything() {
        let html = shot.html.to_ascii_lowercase();
        assert!(!html.contains("style="), "{name}: inline style");
        assert!(!html.contains("<style"), "{name}: style element");
        assert!(!html.contains("javascript:"), "{name}: script address");
        for tag in html.split("<script").skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            assert!(tag.contains("src=\"/assets/"), "{name}: inline script");
        }
        for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
            assert!(!has_handler(tag), "{name}: event handler in <{tag}>");
            // A frame shows a system's address; the policy of that page names it.
            if tag.starts_with("iframe ") {
                continue;
            }
            let loaded = tag.split("src=\"").nth(1).or_else(|| tag.starts_with("link ").then_some(tag));
            assert!(
                loaded.is_none_or(|address| address.contains("/assets/")),
                "{name}: foreign request in <{tag}>"
            );
        }
    }
}

fn has_handler(tag: &str) -> bool {
    tag.split_whitespace().skip(1).any(|attribute| attribute.starts_with("on") && attribute.contains('='))
}

#[test]
fn every_form_carries_the_token_except_the_one_that_leaves_us() {
    for (name, _, shot) in everything() {
        for form in shot.html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let leaves = form.contains("id=\"form-post\"");
            assert_eq!(form.contains("name=\"csrf\""), !leaves, "{name}: {form}");
        }
    }
}

#[test]
fn every_label_hint_and_error_leads_to_an_element() {
    for (name, _, shot) in everything() {
        let html = &shot.html;
        for attribute in ["for=\"", "aria-describedby=\"", "aria-labelledby=\"", "href=\"#"] {
            for ids in html
                .split(&format!(" {attribute}"))
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap_or_default())
            {
                for id in ids.split_whitespace() {
                    assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{name}: {attribute}{id}");
                }
            }
        }
    }
}

#[test]
fn chinese_is_punctuated_in_full_width() {
    for (name, locale, shot) in everything() {
        let text = text_of(&shot.html);
        let letters: Vec<char> = text.chars().collect();
        for pair in letters.windows(2) {
            let half_width = is_chinese(pair[0]) && ",.;:!?()".contains(pair[1]);
            assert!(!half_width || locale == Locale::En, "{name}: {}{}", pair[0], pair[1]);
        }
    }
}

/// What is read on the page, without tags and scripts.
fn text_of(html: &str) -> String {
    html.split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text.trim())
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

#[test]
fn english_pages_hold_no_chinese_but_the_switch() {
    // The samples are English here, so only the switch to Chinese remains.
    const SWITCH: &str = "中文";
    for (name, locale, shot) in everything() {
        if locale == Locale::ZhCn {
            continue;
        }
        for line in text_of(&shot.html).lines().filter(|line| line.chars().any(is_chinese)) {
            assert!(line == SWITCH, "{name}: {line}");
        }
    }
}

#[test]
fn writes_the_pages_to_look_at_them() {
    let Some(folder) = std::env::var_os("TONGYAO_PREVIEW_DIR").map(PathBuf::from) else { return };
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    for path in ["app.css", "app.js", "form-post.js", "reader.js", "signed-out.js", "favicon.svg"] {
        std::fs::write(folder.join("assets").join(path), assets::find(path).unwrap().bytes).unwrap();
    }
    for (name, _, shot) in everything() {
        std::fs::write(folder.join(format!("{name}.html")), shot.html).unwrap();
    }
}
