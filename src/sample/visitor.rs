//! The browser in front of a system: its language and its cookies.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::relying::SampleRp;
use crate::base::Locale;

/// What a request tells about its browser.
pub struct Visitor {
    pub locale: Locale,
    /// Set when the address itself chose the language, which is then remembered.
    pub chosen: Option<Locale>,
    /// Leads to a session.
    pub session: Option<String>,
    /// Binds sign-ins under way to this browser.
    pub browser: Option<String>,
}

impl FromRequestParts<Arc<SampleRp>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, rp: &Arc<SampleRp>) -> Result<Self, Infallible> {
        let cookie = |kind| read(&parts.headers, &name(rp, kind));
        let chosen = chosen_language(parts.uri.query().unwrap_or_default());
        let remembered = cookie(Kind::Language).and_then(|tag| Locale::of_tag(&tag));
        let header = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let preferred = header.and_then(Locale::of_accept_language);
        let locale = chosen.or(remembered).or(preferred).unwrap_or_default();
        let (session, browser) = (cookie(Kind::Session), cookie(Kind::Browser));
        Ok(Self { locale, chosen, session, browser })
    }
}

/// The cookies a system sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Session,
    Browser,
    Language,
}

/// A `Set-Cookie` that lasts as long as the browser is open.
pub fn set(rp: &SampleRp, kind: Kind, value: &str) -> (http::HeaderName, String) {
    (SET_COOKIE, format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{}", name(rp, kind), secure(rp)))
}

/// A `Set-Cookie` that takes the cookie away.
pub fn clear(rp: &SampleRp, kind: Kind) -> (http::HeaderName, String) {
    (SET_COOKIE, format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}", name(rp, kind), secure(rp)))
}

fn name(rp: &SampleRp, kind: Kind) -> String {
    let what = match kind {
        Kind::Session => "session",
        Kind::Browser => "browser",
        Kind::Language => "lang",
    };
    format!("{}_{what}", rp.system.prefix())
}

fn secure(rp: &SampleRp) -> &'static str {
    if rp.settings.base_url.starts_with("https:") { "; Secure" } else { "" }
}

fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, value)| *found == name && !value.is_empty())?;
    Some(value.to_owned())
}

fn chosen_language(query: &str) -> Option<Locale> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let (_, tag) = pairs.iter().find(|(name, _)| name == "lang")?;
    Locale::of_tag(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_cookie_only() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("hrss_session=b; xportal_session=c"));
        headers.append(COOKIE, HeaderValue::from_static("a=1; portal_session=d; b=2"));
        assert_eq!(read(&headers, "portal_session").as_deref(), Some("d"));
        assert_eq!(read(&headers, "hrss_session").as_deref(), Some("b"));
        assert_eq!(read(&headers, "session"), None);
    }

    #[test]
    fn a_garbled_query_chooses_no_language() {
        assert_eq!(chosen_language("lang=en"), Some(Locale::En));
        assert_eq!(chosen_language("x=1&lang=zh-Hans"), Some(Locale::ZhCn));
        assert_eq!(chosen_language("lang=%FF&&=&lang"), None);
    }
}
