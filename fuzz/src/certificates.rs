//! Client certificates (RFC 8705): DER, PEM, the headers of proxies, and distinguished names.
//! A first line `names` is followed by lines `type value`; what begins with dashes or a colon came in a header, anything
//! else is DER.

use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::extract::ConnectInfo;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Extensions, HeaderMap, HeaderValue};
use tongyao::config::Settings;
use tongyao::config::raw::Raw;
use tongyao::crypto::certificate::{Certificate, digest_of, from_pem};
use tongyao::http::client_certificate;
use tongyao::protocol::distinguished_name::DistinguishedName;

use super::pieces::{is_graphic, reached, text};

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let mut raw = Raw::default();
    raw.set("TONGYAO_TRUSTED_PROXIES", "10.0.0.0/8".to_owned()).unwrap();
    Settings::resolve(&raw).unwrap()
});

pub const PLACES: &[&str] = &["DER", "PEM", "in a header", "name", "name read back"];

pub fn run(data: &[u8]) {
    let text = text(data);
    if let Some(names) = text.strip_prefix("names\n") {
        names.lines().take(1).for_each(is_a_name);
        return names_read_back(names);
    }
    is_passed_by_trusted_proxies_only(data);
    is_a_certificate(data);
    if let Ok(der) = from_pem(data) {
        reached("PEM");
        assert!(data.len() <= 32 * 1024);
        is_a_certificate(&der);
        let pem =
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&der));
        assert_eq!(from_pem(pem.as_bytes()), Ok(der));
    }
}

fn is_a_certificate(der: &[u8]) {
    let Ok(read) = Certificate::parse(der) else { return };
    reached("DER");
    assert_eq!(Certificate::parse(der).as_ref(), Ok(&read));
    assert!(digest_of(der).len() == 43 && is_graphic(&digest_of(der)));
    assert!(read.key.as_ref().is_none_or(|key| key.len() == 43));
    let names = &read.names;
    let listed = names.dns.iter().chain(&names.uris).chain(&names.emails).map(String::len).sum::<usize>();
    assert!(listed + 4 * names.addresses.len() <= der.len());
    // One more byte makes it another thing.
    assert!(Certificate::parse(&[der, &[0]].concat()).is_err());
}

fn is_passed_by_trusted_proxies_only(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("client-cert", value.clone());
    let of = |peer: &str, headers: &HeaderMap| {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        client_certificate::of(&extensions, headers, &SETTINGS)
    };
    assert!(of("192.0.2.1:443", &headers).is_none());
    if let Some(passed) = of("10.1.2.3:443", &headers) {
        reached("in a header");
        assert!(Certificate::parse(passed.leaf()).is_ok() && passed.intermediates().is_empty());
        headers.append("client-cert", value);
        assert!(of("10.1.2.3:443", &headers).is_none());
    }
}

fn is_a_name(text: &str) {
    let Ok(name) = text.parse::<DistinguishedName>() else { return };
    reached("name");
    assert!(text.len() <= 2048);
    // RFC 4517 §4.2.11: neither case nor spaces around a value make another name.
    assert_eq!(format!(" {text}").parse().as_ref(), Ok(&name), "{text}");
    assert_ne!(format!("{text},CN=another").parse().as_ref(), Ok(&name));
}

/// A name out of a certificate, written as RFC 4514 §2.4 wants it, is the name again.
fn names_read_back(names: &str) {
    let attributes: Vec<(&str, &str)> =
        names.lines().take(8).filter_map(|line| line.split_once(' ')).collect();
    let dotted = |kind: &&(&str, &str)| {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        kind.0.contains('.') && kind.0.split('.').all(number)
    };
    let attributes: Vec<_> = attributes.iter().filter(dotted).collect();
    if attributes.is_empty() {
        return;
    }
    let relative = attributes.iter().map(|(kind, value)| vec![((*kind).to_owned(), (*value).to_owned())]);
    let shown = DistinguishedName::of_certificate(relative.collect());
    let written: Vec<String> =
        attributes.iter().rev().map(|(kind, value)| format!("{kind}={}", escaped(value))).collect();
    let written = written.join(",");
    if written.len() <= 2048 {
        reached("name read back");
        assert_eq!(written.parse::<DistinguishedName>().as_ref(), Ok(&shown), "{written}");
    }
}

fn escaped(value: &str) -> String {
    let mut text = String::new();
    for (at, c) in value.char_indices() {
        let edge = at == 0 || at + c.len_utf8() == value.len();
        if "\"+,;<>\\=".contains(c) || c == '#' && at == 0 || c == ' ' && edge {
            text.push('\\');
            text.push(c);
        } else if c.is_control() {
            c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| text.push_str(&format!("\\{byte:02x}")));
        } else {
            text.push(c);
        }
    }
    text
}
