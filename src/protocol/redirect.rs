//! Redirect URIs: what may be registered, when an asked one is the registered one, and the URL of the answer.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use super::text::{travels_as_text, words};
use super::urlencoded::encode_pairs;

const MOST_CHARACTERS: usize = 2048;

words! {
    /// `application_type` (OpenID Connect Dynamic Client Registration §2).
    ApplicationType, "application_type must be web or native" {
        Web = "web",
        Native = "native",
    }
}

/// An address that could be registered: https, http on loopback, or a private-use scheme. Kept and compared as the
/// text it came as, never normalised.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(String);

/// The three kinds of redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectForm {
    Https,
    /// `http://localhost`, `http://127.0.0.1` or `http://[::1]`.
    Loopback,
    /// `com.example.app:/callback` (RFC 8252 §7.1).
    PrivateScheme,
}

/// Why a text is not a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectProblem {
    #[error("is longer than 2048 characters")]
    TooLong,
    #[error("is not an absolute URI")]
    NotAbsolute,
    #[error("has a character that must be percent-encoded")]
    BadCharacter,
    #[error("has a wildcard; every address is registered in full")]
    Wildcard,
    #[error("has a fragment (RFC 6749 §3.1.2)")]
    Fragment,
    #[error("has a user name or password")]
    UserInfo,
    #[error("has no plain host")]
    BadHost,
    #[error("is http, which is allowed for localhost, 127.0.0.1 and [::1] only")]
    HttpNotLoopback,
    #[error("has a scheme other than https or a reversed domain name of yours")]
    BadScheme,
    #[error("has a private-use scheme, which only native applications may use")]
    NativeOnly,
}

impl RedirectUri {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn form(&self) -> RedirectForm {
        if self.0.starts_with("https://") {
            RedirectForm::Https
        } else if self.0.starts_with("http://") {
            RedirectForm::Loopback
        } else {
            RedirectForm::PrivateScheme
        }
    }

    /// Whether an application of this type may register it.
    pub fn suits(&self, application: ApplicationType) -> Result<(), RedirectProblem> {
        match (self.form(), application) {
            (RedirectForm::PrivateScheme, ApplicationType::Web) => Err(RedirectProblem::NativeOnly),
            _ => Ok(()),
        }
    }

    /// Whether `asked` is this registered address: byte for byte (RFC 9700 §2.1), but a native application on a
    /// literal loopback address may choose its port anew each time (RFC 8252 §7.3).
    pub fn accepts(&self, asked: &RedirectUri, application: ApplicationType) -> bool {
        if self.0 == asked.0 {
            return true;
        }
        application == ApplicationType::Native
            && loopback_without_port(&self.0)
                .is_some_and(|registered| loopback_without_port(&asked.0) == Some(registered))
    }

    /// The host, lower case, without port; `None` for private-use schemes.
    pub fn host(&self) -> Option<String> {
        if self.form() == RedirectForm::PrivateScheme {
            return None;
        }
        Url::parse(&self.0).ok()?.host_str().map(str::to_owned)
    }

    /// Whether the host is the machine of whoever opens it (RFC 6761 §6.3, RFC 5735 §3).
    pub fn is_local(&self) -> bool {
        match Url::parse(&self.0).as_ref().map(Url::host) {
            Ok(Some(Host::Domain(name))) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Ok(Some(Host::Ipv4(address))) => address.is_loopback(),
            Ok(Some(Host::Ipv6(address))) => address.is_loopback(),
            Ok(None) | Err(_) => false,
        }
    }

    /// A source expression for a content security policy: `https://rp.example:8443` or `com.example.app:`.
    pub fn csp_source(&self) -> String {
        match (self.form(), Url::parse(&self.0)) {
            (RedirectForm::PrivateScheme, Ok(url)) => format!("{}:", url.scheme()),
            (_, Ok(url)) => url.origin().ascii_serialization(),
            // Never reached by a parsed value; 'none' is the harmless answer.
            (_, Err(_)) => "'none'".to_owned(),
        }
    }

    /// The URL with answer parameters added to whatever query it has (RFC 6749 §4.1.2).
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> String {
        if pairs.is_empty() {
            return self.0.clone();
        }
        let joint = match self.0.find('?') {
            None => "?",
            Some(at) if at + 1 == self.0.len() || self.0.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{joint}{}", self.0, encode_pairs(pairs))
    }

    /// The URL with answer parameters as its fragment (Multiple Response Types §2.1).
    pub fn with_fragment(&self, pairs: &[(&str, &str)]) -> String {
        format!("{}#{}", self.0, encode_pairs(pairs))
    }
}

impl FromStr for RedirectUri {
    type Err = RedirectProblem;

    fn from_str(text: &str) -> Result<Self, RedirectProblem> {
        if text.len() > MOST_CHARACTERS {
            return Err(RedirectProblem::TooLong);
        }
        characters(text)?;
        let url = Url::parse(text).map_err(|_| RedirectProblem::NotAbsolute)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RedirectProblem::UserInfo);
        }
        if let Some(rest) = text.strip_prefix("https://") {
            plain_authority(rest, &url)?;
        } else if let Some(rest) = text.strip_prefix("http://") {
            let host = plain_authority(rest, &url)?;
            if !["localhost", "127.0.0.1", "[::1]"].contains(&host) {
                return Err(RedirectProblem::HttpNotLoopback);
            }
        } else {
            private_scheme(text, &url)?;
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

travels_as_text!(RedirectUri);

/// Only characters of RFC 3986: browsers repair others (`\`, tabs, spaces) into addresses we did not compare.
fn characters(text: &str) -> Result<(), RedirectProblem> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'#' => return Err(RedirectProblem::Fragment),
            b'*' => return Err(RedirectProblem::Wildcard),
            b'%' => {
                let escape = bytes.get(at + 1..at + 3);
                if !escape.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return Err(RedirectProblem::BadCharacter);
                }
            }
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                return Err(RedirectProblem::BadCharacter);
            }
            byte if !byte.is_ascii_graphic() => return Err(RedirectProblem::BadCharacter),
            _ => {}
        }
    }
    Ok(())
}

/// The host as written, if it is what the URL parser understands too: no user info, no numeric or escaped disguise,
/// no trailing dot.
fn plain_authority<'t>(rest: &'t str, url: &Url) -> Result<&'t str, RedirectProblem> {
    let authority = authority(rest)?;
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let host = &authority[..end];
    // RFC 1123 §2.1, and the underscore that some have; other signs would end a source of a policy (CSP 3 §2.2.1).
    let letters = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[:]".contains(&b));
    let plain = !host.is_empty()
        && letters
        && !host.ends_with('.')
        && url.host_str().is_some_and(|understood| host.eq_ignore_ascii_case(understood));
    if plain { Ok(host) } else { Err(RedirectProblem::BadHost) }
}

/// What stands before path and query. An empty user name is one too: the URL parser passes over it, others do not.
fn authority(rest: &str) -> Result<&str, RedirectProblem> {
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') { Err(RedirectProblem::UserInfo) } else { Ok(authority) }
}

/// RFC 8252 §7.1: a reversed domain name, so the scheme has a dot; this shuts out `javascript:` and its kin.
fn private_scheme(text: &str, url: &Url) -> Result<(), RedirectProblem> {
    let rest = text.strip_prefix(url.scheme()).and_then(|rest| rest.strip_prefix(':'));
    rest.and_then(|rest| rest.strip_prefix("//")).map_or(Ok(""), authority)?;
    match rest {
        Some(rest) if url.scheme().contains('.') && !rest.is_empty() => Ok(()),
        _ => Err(RedirectProblem::BadScheme),
    }
}

/// Literal loopback address and what follows the port; `localhost` does not count (RFC 8252 §8.3).
fn loopback_without_port(text: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|literal| {
        let rest = text.strip_prefix(literal)?;
        let rest = match rest.strip_prefix(':') {
            Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => rest,
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((literal, rest))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uri(text: &str) -> RedirectUri {
        text.parse().unwrap()
    }

    #[test]
    fn what_may_be_registered() {
        use RedirectProblem::*;
        let cases = [
            ("https://rp.example/cb?x=1", Ok(())),
            ("https://rp.example:8443", Ok(())),
            ("http://localhost:8001/cb", Ok(())),
            ("http://[::1]/cb", Ok(())),
            ("com.example.app:/cb", Ok(())),
            ("com.example.app://cb", Ok(())),
            ("http://rp.example/cb", Err(HttpNotLoopback)),
            ("http://localhost.evil.example/cb", Err(HttpNotLoopback)),
            ("http://2130706433/cb", Err(BadHost)),
            ("https://rp.example./cb", Err(BadHost)),
            ("https:///rp.example/cb", Err(BadHost)),
            ("https:rp.example/cb", Err(BadScheme)),
            ("HTTPS://rp.example/cb", Err(BadScheme)),
            ("https://rp%2Eexample/cb", Err(BadHost)),
            ("https://rp.example;sandbox/cb", Err(BadHost)),
            ("https://rp.example,x/cb", Err(BadHost)),
            ("https://'self'/cb", Err(BadHost)),
            ("https://user@rp.example/cb", Err(UserInfo)),
            ("https://rp.example@evil.example/cb", Err(UserInfo)),
            ("https://@rp.example/cb", Err(UserInfo)),
            ("com.example.app://@", Err(UserInfo)),
            ("com.example.app://@cb", Err(UserInfo)),
            ("com.example.app:/cb@2", Ok(())),
            ("https://rp.example/cb#", Err(Fragment)),
            ("https://*.rp.example/cb", Err(Wildcard)),
            ("https://rp.example\\@evil.example/", Err(BadCharacter)),
            ("https://rp.example/\tcb", Err(BadCharacter)),
            ("https://rp.example/%zz", Err(BadCharacter)),
            ("https://例子.example/cb", Err(BadCharacter)),
            ("javascript:alert(1)", Err(BadScheme)),
            ("data:text/html,x", Err(BadScheme)),
            ("myapp:/cb", Err(BadScheme)),
            ("com.example.app:", Err(BadScheme)),
            ("/cb", Err(NotAbsolute)),
            ("", Err(NotAbsolute)),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<RedirectUri>().map(|_| ()), expected, "{text}");
        }
        assert_eq!(uri("com.example.app:/cb").suits(ApplicationType::Web), Err(NativeOnly));
        assert_eq!(uri("com.example.app:/cb").suits(ApplicationType::Native), Ok(()));
    }

    #[test]
    fn compares_byte_for_byte() {
        let registered = uri("https://rp.example/cb");
        for asked in [
            "https://rp.example/cb/",
            "https://rp.example/CB",
            "https://RP.example/cb",
            "https://rp.example:443/cb",
            "https://rp.example/cb?",
            "https://rp.example/%63b",
            "https://rp.example/x/..;/cb",
        ] {
            assert!(!registered.accepts(&uri(asked), ApplicationType::Native), "{asked}");
        }
        assert!(registered.accepts(&uri("https://rp.example/cb"), ApplicationType::Web));
    }

    #[test]
    fn only_native_loopback_may_change_its_port() {
        let cases = [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true),
            ("http://[::1]:1/cb", "http://[::1]:2/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false),
            ("http://127.0.0.1/cb", "http://[::1]:51004/cb", false),
            ("http://localhost/cb", "http://localhost:51004/cb", false),
            ("https://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false),
        ];
        for (registered, asked, native) in cases {
            let (registered, asked) = (uri(registered), uri(asked));
            assert_eq!(registered.accepts(&asked, ApplicationType::Native), native, "{asked}");
            assert!(!registered.accepts(&asked, ApplicationType::Web), "{asked}");
        }
    }

    #[test]
    fn answers_are_added_to_what_is_there() {
        let pairs = [("code", "a b&c"), ("state", "中")];
        let cases = [
            ("https://rp.example/cb", "https://rp.example/cb?code=a%20b%26c&state=%E4%B8%AD"),
            ("https://rp.example/cb?x=1+2", "https://rp.example/cb?x=1+2&code=a%20b%26c&state=%E4%B8%AD"),
            ("https://rp.example/cb?", "https://rp.example/cb?code=a%20b%26c&state=%E4%B8%AD"),
            ("https://rp.example/cb?x=1&", "https://rp.example/cb?x=1&code=a%20b%26c&state=%E4%B8%AD"),
        ];
        for (registered, expected) in cases {
            assert_eq!(uri(registered).with_query(&pairs), expected);
        }
        assert_eq!(uri("https://rp.example/cb").with_query(&[]), "https://rp.example/cb");
        assert_eq!(
            uri("com.a.b:/cb?x=1").with_fragment(&[("id_token", "j.w.t")]),
            "com.a.b:/cb?x=1#id_token=j.w.t"
        );
    }

    #[test]
    fn names_its_place() {
        assert_eq!(uri("https://rp.example:8443/cb").csp_source(), "https://rp.example:8443");
        assert_eq!(uri("com.example.app:/cb").csp_source(), "com.example.app:");
        assert_eq!(uri("https://RP.example/cb").host().as_deref(), Some("rp.example"));
        assert_eq!(uri("com.example.app:/cb").host(), None);
    }

    proptest! {
        #[test]
        fn takes_any_text(text in "(https?://|[a-z.]{1,5}:)?.{0,60}") {
            if let Ok(read) = text.parse::<RedirectUri>() {
                prop_assert_eq!(read.as_str(), text.as_str());
                prop_assert!(read.accepts(&read, ApplicationType::Web));
            }
        }

        #[test]
        fn an_answer_reads_back(state in "[^\0]{0,40}", query in "(\\?[a-z=&]{0,8})?") {
            let registered = uri(&format!("https://rp.example/cb{query}"));
            let answer = Url::parse(&registered.with_query(&[("state~", &state)])).unwrap();
            let last = answer.query_pairs().last().unwrap();
            prop_assert_eq!(last, ("state~".into(), state.into()));
        }
    }
}
