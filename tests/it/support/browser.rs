//! A person's browser: cookies, redirects, forms. It never leaves the service: where it would, it stops and says where to.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::extract::ConnectInfo;
use http::StatusCode;
use http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName, ORIGIN, USER_AGENT};
use url::Url;

use super::html::{self, Form};
use super::relying_party::Ask;
use super::town::Citizen;
use super::wire::{Answer, Call};
use super::world::ISSUER;

/// More redirects than any way through the service has.
const MOST_STEPS: usize = 12;
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// One browser with cookies of its own.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    language: &'static str,
    address: IpAddr,
}

/// What a browser shows, or where it was sent away to.
#[derive(Debug, Clone)]
pub struct Page {
    pub path: String,
    pub answer: Answer,
    left_to: Option<Url>,
}

impl Browser {
    pub fn new(router: Router) -> Self {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self { router, cookies: BTreeMap::new(), language: "zh-CN", address }
    }

    pub fn speaking(self, language: &'static str) -> Self {
        Self { language, ..self }
    }

    /// The same browser at another address of the network.
    pub fn at(self, address: &str) -> Self {
        Self { address: address.parse().unwrap(), ..self }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Goes to a path or an address of the service, and where it is sent on to.
    pub async fn get(&mut self, address: &str) -> Page {
        let call = Call::get(path_of(address)).header(SEC_FETCH_SITE, "none");
        let answer = self.exchange(call).await;
        self.follow(path_of(address).to_owned(), answer).await
    }

    /// Fills in the first form of the page that has controls for `fields`, and sends it with all it holds.
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> Page {
        let mut form = page.form(fields);
        for (name, value) in fields {
            form.set(name, value);
        }
        self.send(page, &form).await
    }

    /// Sends a form as it is.
    pub async fn send(&mut self, page: &Page, form: &Form) -> Page {
        let to = if form.action.is_empty() { page.path.clone() } else { path_of(&form.action).to_owned() };
        self.post(&to, &form.fields()).await
    }

    /// Sends fields without a page, from this browser.
    pub async fn post(&mut self, to: &str, fields: &[(&str, &str)]) -> Page {
        let call = Call::post(to, fields).header(ORIGIN, ISSUER).header(SEC_FETCH_SITE, "same-origin");
        let answer = self.exchange(call).await;
        self.follow(to.to_owned(), answer).await
    }

    /// Posts what stands in the query of an address, from a page of another site: the browser keeps its cookies back, which
    /// are `SameSite=Lax`, and sends them to where it is redirected (RFC 6265bis §5.8.3).
    pub async fn post_from_elsewhere(&mut self, address: &str) -> Page {
        let (to, query) = path_of(address).split_once('?').unwrap();
        let fields: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let call = Call::post(to, &fields)
            .header(ORIGIN, "https://portal.example")
            .header(SEC_FETCH_SITE, "cross-site");
        let kept_back = std::mem::take(&mut self.cookies);
        let answer = self.exchange(call).await;
        let set = std::mem::replace(&mut self.cookies, kept_back);
        self.cookies.extend(set);
        self.follow(to.to_owned(), answer).await
    }

    /// Signs in on the page that asks for it.
    pub async fn sign_in_on(&mut self, page: &Page, citizen: &Citizen) -> Page {
        assert_eq!(page.name(), "sign-in");
        self.submit(page, &[("username", citizen.login_name), ("password", citizen.password)]).await
    }

    /// Signs in for one's own pages.
    pub async fn sign_in(&mut self, citizen: &Citizen) -> Page {
        let page = self.get("/sign-in").await;
        self.sign_in_on(&page, citizen).await
    }

    /// Signs in although somebody else is signed in: the way on which a system asks for a new sign-in.
    pub async fn sign_in_as(&mut self, citizen: &Citizen) -> Page {
        let token = self.get("/device").await.input("csrf").unwrap();
        let fields =
            [("csrf", token.as_str()), ("username", citizen.login_name), ("password", citizen.password)];
        self.post("/sign-in", &fields).await
    }

    /// Goes through an authorization request, signing in and allowing where asked; ends away from the service, or
    /// on a page that neither pays.
    pub async fn pass(&mut self, ask: &Ask, citizen: &Citizen) -> Page {
        let mut page = self.get(&ask.address()).await;
        if page.is("sign-in") {
            page = self.sign_in_on(&page, citizen).await;
        }
        if page.is("consent") {
            page = self.submit(&page, &[("decision", "allow")]).await;
        }
        page
    }

    /// What a script of the page asks for: one answer, not followed.
    pub async fn fetch(&mut self, call: Call) -> Answer {
        self.exchange(call.header(SEC_FETCH_SITE, "same-origin")).await
    }

    async fn follow(&mut self, mut path: String, mut answer: Answer) -> Page {
        for _ in 0..MOST_STEPS {
            let Some(location) = answer.header("location") else {
                return Page { path, answer, left_to: None };
            };
            let url = Url::parse(ISSUER).unwrap().join(location).unwrap();
            if url.origin().ascii_serialization() != ISSUER {
                return Page { path, answer, left_to: Some(url) };
            }
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            path = path_of(url.as_str()).to_owned();
            answer = self.exchange(Call::get(&path).header(SEC_FETCH_SITE, "same-origin")).await;
        }
        panic!("after {MOST_STEPS} redirects still at {path}");
    }

    async fn exchange(&mut self, call: Call) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let call = call
            .knowing(ConnectInfo(SocketAddr::new(self.address, 40_000)))
            .header(COOKIE, &cookies.join("; "))
            .header(ACCEPT_LANGUAGE, self.language)
            .header(USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        let answer = call.send(&self.router).await;
        for header in answer.headers.get_all("set-cookie") {
            self.keep(header.to_str().unwrap());
        }
        answer
    }

    fn keep(&mut self, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Page {
    /// `data-page`.
    pub fn name(&self) -> String {
        self.assert_here();
        let main = html::find(&self.answer.body, "main");
        main.and_then(|tag| tag.attribute("data-page").map(str::to_owned)).unwrap_or_default()
    }

    /// Whether this is the page, and not the way out.
    pub fn is(&self, name: &str) -> bool {
        self.left_to.is_none() && self.name() == name
    }

    /// Whether the browser is still at the service.
    pub fn is_here(&self) -> bool {
        self.left_to.is_none()
    }

    /// What a person reads on it.
    pub fn text(&self) -> String {
        html::text(&self.answer.body)
    }

    /// What a person reads between the head and the foot, which are the same on every page.
    pub fn main_text(&self) -> String {
        let body = &self.answer.body;
        let main = body
            .split_once("<main")
            .and_then(|(_, rest)| rest.split_once("</main>"))
            .map_or(body.as_str(), |(main, _)| main);
        html::text(&format!("<main{main}"))
    }

    pub fn status(&self) -> u16 {
        self.answer.status.as_u16()
    }

    /// The value that stands in an input.
    pub fn input(&self, name: &str) -> Option<String> {
        let inputs = html::all(&self.answer.body, "input");
        let input = inputs.iter().find(|tag| tag.attribute("name") == Some(name))?;
        Some(input.attribute("value").unwrap_or_default().to_owned())
    }

    /// The value of the first attribute of a name, in whatever tag.
    pub fn data(&self, attribute: &str) -> Option<String> {
        html::attribute(&self.answer.body, attribute)
    }

    /// What stands beside an input as wrong with it.
    pub fn error_beside(&self, input: &str) -> Option<String> {
        html::text_of(&self.answer.body, &format!("{input}-error"))
    }

    /// The first form that is sent to an address that ends like this.
    #[track_caller]
    pub fn form_to(&self, ending: &str) -> Form {
        self.assert_here();
        html::forms(&self.answer.body)
            .into_iter()
            .find(|form| form.action.ends_with(ending))
            .unwrap_or_else(|| panic!("{} has no form to {ending}: {}", self.path, self.text()))
    }

    /// The values of every button of a name.
    pub fn buttons(&self, name: &str) -> Vec<String> {
        let buttons = html::all(&self.answer.body, "button");
        let named = buttons.iter().filter(|tag| tag.attribute("name") == Some(name));
        named.filter_map(|tag| tag.attribute("value").map(str::to_owned)).collect()
    }

    /// The addresses of the links.
    pub fn links(&self) -> Vec<String> {
        let links = html::all(&self.answer.body, "a");
        links.iter().filter_map(|tag| tag.attribute("href").map(str::to_owned)).collect()
    }

    /// Where the page says it goes on.
    pub fn next(&self) -> Option<String> {
        let links = html::all(&self.answer.body, "a");
        let next = links.iter().find(|tag| tag.attribute("rel") == Some("next"))?;
        next.attribute("href").map(str::to_owned)
    }

    /// The first form with a control for each of these.
    #[track_caller]
    pub fn form(&self, fields: &[(&str, &str)]) -> Form {
        self.assert_here();
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        html::forms(&self.answer.body)
            .into_iter()
            .find(|form| form.takes(fields))
            .unwrap_or_else(|| panic!("{} has no form with {names:?}: {}", self.path, self.text()))
    }

    /// Where the browser was sent away to.
    #[track_caller]
    pub fn left_to(&self) -> &Url {
        self.left_to.as_ref().unwrap_or_else(|| panic!("still at {}: {}", self.path, self.text()))
    }

    /// A parameter of the address the browser was sent away to.
    #[track_caller]
    pub fn told(&self, name: &str) -> Option<String> {
        self.left_to().query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A parameter of the fragment the browser was sent away with.
    #[track_caller]
    pub fn told_in_fragment(&self, name: &str) -> Option<String> {
        let fragment = self.left_to().fragment().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(fragment.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The code the client was told.
    #[track_caller]
    pub fn code(&self) -> String {
        self.told("code").unwrap_or_else(|| panic!("no code but {:?}", self.told("error_description")))
    }

    /// The stable number of the refusal the client was told: of its own parameter, or of the page that explains it.
    #[track_caller]
    pub fn error_number(&self) -> Option<String> {
        let told = |name: &str| self.told(name).or_else(|| self.told_in_fragment(name));
        told("error_code").or_else(|| {
            let page: Url = told("error_uri")?.parse().unwrap();
            page.path_segments()?.next_back().map(str::to_owned)
        })
    }

    /// Asserts that the client was told of a refusal, by `error` and the stable number of the rule.
    #[track_caller]
    pub fn client_is_refused(&self, error: &str, code: u32) {
        let told = (self.told("error"), self.error_number());
        assert_eq!(
            told,
            (Some(error.to_owned()), Some(code.to_string())),
            "{:?}",
            self.told("error_description")
        );
        assert_eq!(self.told("code"), None);
        assert_eq!(self.told("iss").as_deref(), Some(ISSUER));
    }

    /// Asserts that the person sees an error page that names the rule, and is sent nowhere.
    #[track_caller]
    pub fn person_is_refused(&self, status: u16, code: u32) {
        assert!(self.left_to.is_none(), "sent to {:?}", self.left_to);
        assert_eq!((self.name().as_str(), self.status()), ("error", status));
        assert!(self.text().contains(&code.to_string()), "{}", self.text());
    }

    #[track_caller]
    fn assert_here(&self) {
        assert!(self.left_to.is_none(), "sent away to {:?}", self.left_to);
    }
}

/// Path and query of an address of the service.
fn path_of(address: &str) -> &str {
    let path = address.strip_prefix(ISSUER).unwrap_or(address);
    assert!(path.starts_with('/'), "{address} is not the service's");
    path
}
