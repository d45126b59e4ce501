//! A simulated browser: cookies, redirects followed by hand, forms filled in. It never visits a client.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client as Http, RequestBuilder, StatusCode};
use url::Url;

use crate::html;

/// More redirects than any way through the service has.
const MOST_STEPS: usize = 12;

/// One person's browser. Clones share connections but not cookies.
#[derive(Clone)]
pub struct Browser {
    http: Http,
    cookies: BTreeMap<String, String>,
}

/// A page somebody reads.
pub struct Page {
    at: Url,
    pub body: String,
}

/// What one request brought.
struct Answer {
    status: StatusCode,
    location: Option<String>,
    body: String,
}

/// What the person types where a page asks for it.
struct Enters<'a> {
    login: Option<&'a (String, String)>,
    user_code: Option<&'a str>,
}

/// Where a way through the service ends.
enum End {
    /// At the client, with its answer.
    Back(Url),
    /// With the word that the answer went to another device.
    Answered,
}

impl Browser {
    /// `http` must not follow redirects by itself.
    pub fn new(http: Http) -> Self {
        Self { http, cookies: BTreeMap::new() }
    }

    /// Goes to `address` and on, signing in where asked, until the service sends the browser back to the client;
    /// returns that address, which is not visited.
    pub async fn go_through(
        &mut self,
        address: &str,
        back: &str,
        login: Option<&(String, String)>,
    ) -> Result<Url> {
        match self.walk(address, Some(back), &Enters { login, user_code: None }).await? {
            End::Back(address) => Ok(address),
            End::Answered => bail!("the answer went elsewhere"),
        }
    }

    /// Opens the address that a device shows, sends its code, and allows what is asked.
    pub async fn allow(&mut self, address: &str, user_code: &str) -> Result<()> {
        match self.walk(address, None, &Enters { login: None, user_code: Some(user_code) }).await? {
            End::Answered => Ok(()),
            End::Back(_) => bail!("a device has no address to go back to"),
        }
    }

    /// Opens a page; redirects are followed.
    pub async fn open(&mut self, address: &str) -> Result<Page> {
        let at = Url::parse(address)?;
        let answer = self.get(&at).await?;
        self.land(at, answer).await
    }

    /// Fills in a form of the page and sends it.
    pub async fn send_form(
        &mut self,
        page: &Page,
        form: Option<html::Form>,
        entered: &[(&str, &str)],
    ) -> Result<Page> {
        let form = form.with_context(|| format!("the form is missing at {}", page.at.path()))?;
        let entered = entered.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string()));
        let fields: Vec<_> = form.hidden.into_iter().chain(entered).collect();
        let at = page.at.join(&form.action)?;
        let answer = self.post(&at, &fields).await?;
        self.land(at, answer).await
    }

    async fn land(&mut self, mut at: Url, mut answer: Answer) -> Result<Page> {
        for _ in 0..MOST_STEPS {
            let Some(location) = &answer.location else {
                ensure!(answer.status.is_success(), "{} at {}", answer.status, at.path());
                return Ok(Page { at, body: answer.body });
            };
            at = at.join(location)?;
            answer = self.get(&at).await?;
        }
        bail!("after {MOST_STEPS} redirects still at {}", at.path())
    }

    async fn walk(&mut self, address: &str, back: Option<&str>, enters: &Enters<'_>) -> Result<End> {
        let mut at = Url::parse(address)?;
        let mut answer = self.get(&at).await?;
        for _ in 0..MOST_STEPS {
            if let Some(location) = &answer.location {
                if back.is_some_and(|back| location.starts_with(back)) {
                    return Ok(End::Back(Url::parse(location)?));
                }
                at = at.join(location)?;
                answer = self.get(&at).await?;
                continue;
            }
            ensure!(answer.status.is_success(), "{} at {}", answer.status, at.path());
            if html::page_name(&answer.body).as_deref() == Some("answered") {
                return Ok(End::Answered);
            }
            let (form, mut fields) = page_to_answer(&answer.body, enters, &at)?;
            fields.extend(form.hidden);
            at = at.join(&form.action)?;
            answer = self.post(&at, &fields).await?;
        }
        bail!("after {MOST_STEPS} steps still at {}", at.path())
    }

    async fn get(&mut self, at: &Url) -> Result<Answer> {
        let request = self.http.get(at.clone());
        self.exchange(request).await
    }

    async fn post(&mut self, at: &Url, fields: &[(String, String)]) -> Result<Answer> {
        let request =
            self.http.post(at.clone()).header("origin", at.origin().ascii_serialization()).form(fields);
        self.exchange(request).await
    }

    async fn exchange(&mut self, request: RequestBuilder) -> Result<Answer> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await?;
        for header in response.headers().get_all(SET_COOKIE) {
            self.keep(header.to_str()?);
        }
        let location =
            response.headers().get(LOCATION).map(|value| value.to_str().map(str::to_string)).transpose()?;
        Ok(Answer { status: response.status(), location, body: response.text().await? })
    }

    fn keep(&mut self, set_cookie: &str) {
        let Some((name, value)) = set_cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        if set_cookie.to_ascii_lowercase().contains("max-age=0") || value.is_empty() {
            self.cookies.remove(name.trim());
        } else {
            self.cookies.insert(name.trim().to_string(), value.to_string());
        }
    }
}

/// The form to send on this page, and what a person enters.
fn page_to_answer(body: &str, enters: &Enters<'_>, at: &Url) -> Result<(html::Form, Vec<(String, String)>)> {
    let field = |name: &str, value: &str| (name.to_string(), value.to_string());
    if let (Some(form), Some((username, password))) = (html::form_with(body, "password"), enters.login) {
        return Ok((form, vec![field("username", username), field("password", password)]));
    }
    if let (Some(form), Some(code)) = (html::form_with(body, "user_code"), enters.user_code) {
        return Ok((form, vec![field("user_code", code)]));
    }
    let page = html::page_name(body).unwrap_or_else(|| "an unnamed page".to_string());
    let form =
        html::form_with(body, "decision").with_context(|| format!("stuck on {page} at {}", at.path()))?;
    Ok((form, vec![field("decision", "allow")]))
}
