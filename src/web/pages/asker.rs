//! What the system that asks says about itself: its picture, its home, its privacy policy and its terms.

use askama::filters::urlencode_strict;
use url::Url;

use crate::base::Locale;
use crate::client::Client;
use crate::http::paths;
use crate::web::messages::Asker as Words;

/// A link that leads away from us; the host says where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwayLink {
    pub href: String,
    pub text: String,
    pub host: String,
}

/// Shown on the way through a request, where a client registered something of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asker {
    /// Our own address of its picture.
    pub logo: Option<String>,
    pub links: Vec<AwayLink>,
}

impl Asker {
    pub fn of(locale: Locale, client: &Client) -> Self {
        let words = Words(locale);
        let metadata = &client.metadata;
        let links = [
            (words.home(), metadata.client_uri.as_deref()),
            (words.policy(), metadata.policy(locale)),
            (words.terms(), metadata.terms(locale)),
        ];
        let links = links.into_iter().filter_map(|(text, uri)| away(text, uri?)).collect();
        let logo = metadata.logo_uri.as_ref().map(|_| address(&client.client_id));
        Self { logo, links }
    }

    pub fn is_silent(&self) -> bool {
        self.logo.is_none() && self.links.is_empty()
    }
}

fn address(client_id: &str) -> String {
    let id = urlencode_strict(client_id).map(|id| id.to_string()).unwrap_or_default();
    format!("{}?client_id={id}", paths::LOGO)
}

fn away(text: &str, uri: &str) -> Option<AwayLink> {
    let url = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    let host = url.host_str()?.to_owned();
    Some(AwayLink { href: url.to_string(), text: text.to_owned(), host })
}
