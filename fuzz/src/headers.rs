//! Headers of browsers and proxies: cookies, languages, who is behind the proxy, kinds of body.
//! Lines: `Cookie`, `Accept-Language` (read as `Accept` too), `X-Forwarded-For`, `Content-Type`, trusted networks separated by commas.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderValue};
use tongyao::base::Locale;
use tongyao::config::cidr::Cidr;
use tongyao::http::client_ip;
use tongyao::http::cookie::{Cookie, Cookies, Transport};
use tongyao::http::form::is_form;
use tongyao::protocol::introspection::SignedIntrospection;

use super::pieces::{lines, reached};

const COOKIES: [Cookie; 7] = [
    Cookie::Session,
    Cookie::Staff,
    Cookie::Browser,
    Cookie::Language,
    Cookie::Elder,
    Cookie::SignedOut,
    Cookie::State,
];

pub const PLACES: &[&str] = &["cookie", "language", "accept", "form", "forwarded"];

pub fn run(data: &[u8]) {
    let [cookies, languages, forwarded, kind, networks] = lines::<5>(data);
    has_cookies(&cookies);
    speaks(&languages);
    accepts(&languages);
    let trusted: Vec<Cidr> =
        networks.split(',').take(4).filter_map(|block| block.trim().parse().ok()).collect();
    comes_from(&forwarded, &trusted);
    if is_form(&kind) {
        reached("form");
        assert!(
            kind.to_ascii_lowercase().trim_start().starts_with("application/x-www-form-urlencoded"),
            "{kind}"
        );
    }
}

fn has_cookies(line: &str) {
    let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("cookie", value);
    let read = Cookies::of(&headers);
    for cookie in COOKIES {
        for transport in [Transport::Https, Transport::Plain] {
            let Some(value) = read.get(cookie, transport) else { continue };
            reached("cookie");
            assert!(line.contains(value) && !value.contains(';'), "{value}");
            let set = cookie.set(transport, value, Some(1));
            let name = set.split('=').next().unwrap();
            assert_eq!(name.starts_with("__Host-"), transport == Transport::Https);
            // RFC 6265 §5.4: what one answer sets is what the next request has.
            let pair = set.split(';').next().unwrap().to_owned();
            let mut next = HeaderMap::new();
            next.insert("cookie", HeaderValue::from_str(&pair).unwrap());
            assert_eq!(Cookies::of(&next).get(cookie, transport), Some(value.trim_end()), "{pair}");
        }
    }
}

/// The signed answer is given to nobody who has not named it.
fn accepts(line: &str) {
    if SignedIntrospection::is_wanted(line) {
        reached("accept");
        assert!(line.to_ascii_lowercase().contains(SignedIntrospection::MEDIA_TYPE), "{line}");
    }
}

fn speaks(line: &str) {
    if let Some(locale) = Locale::of_accept_language(line) {
        reached("language");
        assert!(line.to_ascii_lowercase().contains(&locale.tag()[..2]), "{line}");
        assert_eq!(Locale::of_tag(locale.tag()), Some(locale));
    }
    if let Some(locale) = Locale::of_ui_locales(line) {
        assert!(line.split(' ').any(|tag| Locale::of_tag(tag) == Some(locale)));
    }
}

/// Who is not trusted says nothing; each trusted hop says who came to it.
fn comes_from(line: &str, trusted: &[Cidr]) {
    let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", value);
    for peer in ["192.0.2.7:1", "[2001:db8::7]:1", "10.0.0.7:1"] {
        let peer: SocketAddr = peer.parse().unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer));
        let client = client_ip::of(&extensions, &headers, trusted);
        let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
        if !is_trusted(peer.ip()) {
            assert_eq!(client, peer.ip());
        }
        if client != peer.ip() {
            reached("forwarded");
            let hops: Vec<Option<IpAddr>> = line
                .split(',')
                .map(|hop| hop.trim().parse::<IpAddr>().ok().map(|ip| ip.to_canonical()))
                .collect();
            let at = hops.iter().rposition(|hop| *hop == Some(client)).unwrap();
            let behind = hops[at + 1..].iter();
            assert!(behind.clone().all(|hop| hop.is_some_and(is_trusted)), "{line}");
        }
    }
}
