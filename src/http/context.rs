//! The context of one request: the moment, the language, the browser, the cookies; and how an answer takes them along.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, LOCATION, ORIGIN, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, Uri};

use super::around::RequestName;
use super::client_ip;
use super::cookie::{Cookie, Cookies, Transport};
use super::form::Form;
use crate::app::App;
use crate::base::{Actor, Fault, Locale, Moment};
use crate::crypto::mac::digest;
use crate::grant::trace::Trace;
use crate::protocol::urlencoded;
use crate::session::{Session, sso};

/// Everything a handler knows before it reads what was asked.
#[derive(Clone)]
pub struct Context {
    pub app: Arc<App>,
    pub moment: Moment,
    /// The steps of this request, kept should it be refused.
    pub trace: Trace,
    pub locale: Locale,
    pub text: TextSize,
    pub transport: Transport,
    /// The address asked for, as it was asked; of a form, with what it carries of the way.
    pub uri: Uri,
    /// Whether the language was chosen here, or only guessed from the browser's settings.
    chosen: Chosen,
    sent_by: SentBy,
    browser: Browser,
    cookies: Cookies,
    device: String,
    set: Vec<String>,
}

/// Whether the page is shown large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextSize {
    #[default]
    Normal,
    Large,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chosen {
    ByPerson,
    Guessed,
}

/// Where a request comes from, as far as its cookies are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SentBy {
    Anything,
    FormElsewhere,
}

/// The browser's own secret.
#[derive(Clone)]
struct Browser {
    secret: String,
    fresh: bool,
}

const YEAR_SECONDS: i64 = 365 * 24 * 3600;
/// What a page is asked for by: the request it stands on the way of, the system that asks, or the page of ours that waits
/// behind it.
const ON_THE_WAY: [&str; 3] = ["request", "from", "next"];
const LONGEST_ON_THE_WAY: usize = 1024;

impl Context {
    pub fn of(app: &Arc<App>, parts: &Parts) -> Self {
        let transport = if app.settings.is_https() { Transport::Https } else { Transport::Plain };
        let cookies = Cookies::of(&parts.headers);
        let query = parts.uri.query().unwrap_or_default();
        let moment = Moment {
            now: app.clock.now(),
            random: app.random.clone(),
            request_id: RequestName::of(&parts.extensions),
            client_ip: client_ip::of(&parts.extensions, &parts.headers, &app.settings.trusted_proxies),
            certificate: None,
            actor: Actor::Anonymous,
        };
        let browser = match cookies.get(Cookie::Browser, transport).filter(|secret| is_secret(secret)) {
            Some(secret) => Browser { secret: secret.to_owned(), fresh: false },
            None => Browser { secret: moment.random.token(32), fresh: true },
        };
        let header = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let mut context = Self {
            app: app.clone(),
            locale: header(ACCEPT_LANGUAGE).and_then(Locale::of_accept_language).unwrap_or_default(),
            chosen: Chosen::Guessed,
            sent_by: match header(ORIGIN) {
                Some(origin) if parts.method == Method::POST && origin != app.settings.issuer => {
                    SentBy::FormElsewhere
                }
                _ => SentBy::Anything,
            },
            text: TextSize::Normal,
            device: device(header(USER_AGENT).unwrap_or_default()),
            uri: own_address(&parts.uri),
            set: Vec::new(),
            trace: parts.extensions.get::<Trace>().cloned().unwrap_or_default(),
            moment,
            transport,
            browser,
            cookies,
        };
        context.read_language(query);
        context.read_text_size(query);
        context
    }

    /// The digest that ties a waiting request or a form to this browser.
    pub fn browser(&self) -> String {
        digest(&self.browser.secret)
    }

    /// The same, unless this browser has not yet said which it is.
    pub fn known_browser(&self) -> Option<String> {
        (!self.cookies_kept_back()).then(|| self.browser())
    }

    /// Whether the browser may have cookies that it did not send: with a form of another site it keeps those back that are
    /// `SameSite=Lax` (RFC 6265bis §5.8.3), and sends them to where that form is redirected.
    pub fn cookies_kept_back(&self) -> bool {
        self.sent_by == SentBy::FormElsewhere && self.browser.fresh
    }

    /// Whether the browser brought none of our cookies although nothing kept it from it: it forgets them, or takes none.
    pub fn brought_no_cookie(&self) -> bool {
        self.sent_by == SentBy::Anything && self.browser.fresh
    }

    pub fn cookie(&self, cookie: Cookie) -> Option<&str> {
        self.cookies.get(cookie, self.transport)
    }

    /// The citizen's living session; one read.
    pub async fn session(&self) -> Result<Option<Session>, Fault> {
        match self.cookie(Cookie::Session) {
            Some(secret) => sso::find(&mut self.app.db.read(), self.moment.now, secret).await,
            None => Ok(None),
        }
    }

    /// Browser and system in two words, for the person's list of devices.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The language a department asked for (`ui_locales`), unless the person chose one here.
    pub fn prefer(&mut self, ui_locales: Option<&str>) {
        if self.chosen == Chosen::Guessed
            && let Some(locale) = ui_locales.and_then(Locale::of_ui_locales)
        {
            self.locale = locale;
        }
    }

    /// A cookie that the answer will carry.
    pub fn set_cookie(&mut self, cookie: Cookie, value: &str, seconds: Option<i64>) {
        self.set.push(cookie.set(self.transport, value, seconds));
    }

    pub fn remove_cookie(&mut self, cookie: Cookie) {
        self.set.push(cookie.remove(self.transport));
    }

    /// The page that answers a form has an address too, which shows it again: what the form says of the way it is on
    /// belongs to it.
    pub fn stay_on_the_way(&mut self, form: &Form) {
        for name in ON_THE_WAY {
            let given = form.get(name).filter(|value| !value.is_empty() && value.len() <= LONGEST_ON_THE_WAY);
            let named = parameter(self.uri.query().unwrap_or_default(), name).is_some();
            if let (Some(value), false) = (given, named)
                && let Ok(uri) = self.href_with(name, value).parse()
            {
                self.uri = uri;
            }
        }
    }

    /// Where this page is shown again.
    pub fn here(&self) -> String {
        self.uri.path_and_query().map_or_else(String::new, ToString::to_string)
    }

    /// The same address with one query parameter set: how the language and size switches work without script.
    pub fn href_with(&self, name: &str, value: &str) -> String {
        let query = self.uri.query().unwrap_or_default();
        let kept = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
        let set = format!("{name}={}", urlencoded::encode(value));
        let all: Vec<&str> = kept.chain(std::iter::once(set.as_str())).collect();
        format!("{}?{}", self.uri.path(), all.join("&"))
    }

    /// `303 See Other`: the next request is a GET, whatever this one was (RFC 9110 §15.4.4).
    pub fn redirect(&self, to: &str) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(location) = HeaderValue::from_str(to) {
            response.headers_mut().insert(LOCATION, location);
        }
        self.finish(response)
    }

    /// Puts our cookies on an answer and keeps it out of caches.
    pub fn finish(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        // A cookie that was only kept back must not be replaced: the forms in other tabs belong to it.
        let named = self.browser.fresh && !self.cookies_kept_back();
        let browser =
            named.then(|| Cookie::Browser.set(self.transport, &self.browser.secret, Some(YEAR_SECONDS)));
        for cookie in self.set.iter().cloned().chain(browser) {
            if let Ok(value) = HeaderValue::from_str(&cookie) {
                headers.append(SET_COOKIE, value);
            }
        }
        response
    }

    fn read_language(&mut self, query: &str) {
        if let Some(locale) = parameter(query, "lang").and_then(Locale::of_tag) {
            self.set_cookie(Cookie::Language, locale.tag(), Some(YEAR_SECONDS));
            (self.locale, self.chosen) = (locale, Chosen::ByPerson);
        } else if let Some(locale) = self.cookie(Cookie::Language).and_then(Locale::of_tag) {
            (self.locale, self.chosen) = (locale, Chosen::ByPerson);
        }
    }

    fn read_text_size(&mut self, query: &str) {
        let asked = parameter(query, "elder");
        if let Some(value @ ("0" | "1")) = asked {
            self.set_cookie(Cookie::Elder, value, Some(YEAR_SECONDS));
        }
        let large = asked.or_else(|| self.cookies.get(Cookie::Elder, self.transport)) == Some("1");
        self.text = if large { TextSize::Large } else { TextSize::Normal };
    }
}

impl FromRequestParts<Arc<App>> for Context {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::of(app, parts))
    }
}

/// The address as a link of ours may repeat it. One that begins with two slashes, or what a browser takes for them, is
/// another host's there (URL Standard §4.4, relative slash state); nothing of ours stands at such a path.
fn own_address(asked: &Uri) -> Uri {
    let whole = asked.path_and_query().map_or("/", |whole| whole.as_str());
    let rest = whole.trim_start_matches(['/', '\\']);
    if whole.len() - rest.len() < 2 {
        return asked.clone();
    }
    format!("/{rest}").parse().unwrap_or_default()
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Two words of ours for what the header says; never the header itself.
fn device(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 7] = [
        ("MicroMessenger", "WeChat"),
        ("Edg", "Edge"),
        ("Firefox", "Firefox"),
        ("HeadlessChrome", "Chrome"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("HarmonyOS", "HarmonyOS"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let word = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, word)| *word)
    };
    match (word(&BROWSERS), word(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} · {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => String::new(),
    }
}
