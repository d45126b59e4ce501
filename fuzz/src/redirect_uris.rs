//! Redirect URIs: what may be registered, which asked address is the registered one, and the URL of an answer.
//! Lines: the registered address, the asked one, a value of the answer.

use serde_json::json;
use tongyao::protocol::logout::front_channel_address;
use tongyao::protocol::redirect::{ApplicationType, RedirectForm};
use tongyao::protocol::{ClientMetadata, RedirectUri};
use url::Url;

use super::pieces::{is_graphic, lines, reached};

pub const PLACES: &[&str] = &["https", "loopback", "private scheme", "another port"];

pub fn run(data: &[u8]) {
    let [registered, asked, value] = lines::<3>(data);
    let (one, other) = (registered.parse::<RedirectUri>().ok(), asked.parse::<RedirectUri>().ok());
    for (uri, text) in [(&one, &registered), (&other, &asked)] {
        if let Some(uri) = uri {
            is_an_address_and_nothing_else(uri, text);
            carries_an_answer(uri, &value);
        }
    }
    if let (Some(one), Some(other)) = (&one, &other) {
        is_the_registered_one(one, other);
    }
}

fn is_an_address_and_nothing_else(uri: &RedirectUri, text: &str) {
    assert_eq!(uri.as_str(), text);
    assert_eq!(uri.to_string().parse::<RedirectUri>().as_ref(), Ok(uri));
    assert!(text.len() <= 2048 && is_graphic(text), "{text}");
    assert!(!text.contains(['#', '\\', '"', '<', '>', '*']), "{text}");
    let url = Url::parse(text).unwrap();
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    // The header of a policy has the source between its own words (CSP 3 §2.2.1): it adds none.
    let source = uri.csp_source();
    assert!(is_graphic(&source) && !source.contains([';', ',', '\'']), "{source}");
    match uri.form() {
        RedirectForm::Https => {
            reached("https");
            assert_eq!(url.scheme(), "https");
            is_plain_host(&uri.host().unwrap());
        }
        RedirectForm::Loopback => {
            reached("loopback");
            assert!(["localhost", "127.0.0.1", "[::1]"].contains(&url.host_str().unwrap()), "{text}");
        }
        RedirectForm::PrivateScheme => {
            reached("private scheme");
            assert!(url.scheme().contains('.') && uri.host().is_none(), "{text}");
            assert!(uri.suits(ApplicationType::Web).is_err());
        }
    }
    assert!(uri.suits(ApplicationType::Native).is_ok());
}

fn is_plain_host(host: &str) {
    let name = host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b));
    let literal = host.starts_with('[') && host.ends_with(']');
    assert!(name || literal, "{host}");
}

/// RFC 9700 §2.1 and RFC 8252 §7.3: byte for byte, but for the port of a literal loopback address.
fn is_the_registered_one(registered: &RedirectUri, asked: &RedirectUri) {
    let same = registered.as_str() == asked.as_str();
    assert_eq!(registered.accepts(asked, ApplicationType::Web), same);
    let native = registered.accepts(asked, ApplicationType::Native);
    assert_eq!(native, asked.accepts(registered, ApplicationType::Native));
    if native && !same {
        reached("another port");
        let portless = |uri: &RedirectUri| {
            let mut url = Url::parse(uri.as_str()).unwrap();
            url.set_port(None).unwrap();
            url
        };
        assert_eq!(portless(registered), portless(asked));
        assert_eq!((registered.form(), asked.form()), (RedirectForm::Loopback, RedirectForm::Loopback));
        assert!(!asked.as_str().starts_with("http://localhost"), "{asked}");
        let path = |uri: &RedirectUri| uri.as_str().splitn(4, '/').nth(3).map(str::to_owned);
        assert_eq!(path(registered), path(asked));
    }
    for application in [ApplicationType::Web, ApplicationType::Native] {
        let members = json!({"post_logout_redirect_uris": [registered], "application_type": application});
        let metadata: ClientMetadata = serde_json::from_value(members).unwrap();
        assert_eq!(metadata.post_logout_redirect(asked).is_some(), registered.accepts(asked, application));
    }
}

fn carries_an_answer(uri: &RedirectUri, value: &str) {
    let pairs = [("code", "c"), ("state", value)];
    let answer = uri.with_query(&pairs);
    assert!(answer.starts_with(uri.as_str()) && is_graphic(&answer));
    let (before, after) = (Url::parse(uri.as_str()).unwrap(), Url::parse(&answer).unwrap());
    assert_eq!(after.path(), before.path());
    assert_eq!((after.scheme(), after.host(), after.port()), (before.scheme(), before.host(), before.port()));
    let told: Vec<_> = after.query_pairs().collect();
    let last = &told[told.len() - 2..];
    assert_eq!(last, [("code".into(), "c".into()), ("state".into(), value.into())]);
    let answer = uri.with_fragment(&pairs);
    let (address, fragment) = answer.split_once('#').unwrap();
    assert!(address == uri.as_str() && is_graphic(fragment) && !fragment.contains('#'));
    let read: Vec<_> = url::form_urlencoded::parse(fragment.as_bytes()).collect();
    assert_eq!(read, [("code".into(), "c".into()), ("state".into(), value.into())]);
    let frame = front_channel_address(uri, Some(("https://id.example", value)));
    assert!(Url::parse(&frame).is_ok() && is_graphic(&frame));
}
