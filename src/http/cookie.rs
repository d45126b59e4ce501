//! Our cookies: their names, their marks, reading and writing them.

use http::HeaderMap;
use http::header::COOKIE;

/// Whether browsers reach us by https.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Https,
    /// http on localhost: no `Secure`, so no `__Host-` either.
    Plain,
}

/// Our cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The citizen's SSO session.
    Session,
    /// The staff's session.
    Staff,
    /// Names the browser itself: ties forms and waiting requests to it.
    Browser,
    Language,
    Elder,
    /// The last logout of this browser, so that its page can be shown again.
    SignedOut,
}

/// Cookie values a browser sent; bounded by the server's header limit.
#[derive(Debug, Clone, Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookie {
    /// `__Host-` binds a cookie to exactly this host over https (RFC 6265bis §4.1.3.2).
    fn name(self, transport: Transport) -> String {
        let name = match self {
            Cookie::Session => "tongyao_session",
            Cookie::Staff => "tongyao_staff",
            Cookie::Browser => "tongyao_browser",
            Cookie::Language => "tongyao_language",
            Cookie::Elder => "tongyao_elder",
            Cookie::SignedOut => "tongyao_signed_out",
        };
        match transport {
            Transport::Https => format!("__Host-{name}"),
            Transport::Plain => name.to_owned(),
        }
    }

    /// A `Set-Cookie` value. `seconds` to live; none: until the browser closes.
    pub fn set(self, transport: Transport, value: &str, seconds: Option<i64>) -> String {
        let secure = if transport == Transport::Https { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", self.name(transport))
    }

    /// A `Set-Cookie` value that removes it.
    pub fn remove(self, transport: Transport) -> String {
        self.set(transport, "", Some(0))
    }
}

impl Cookies {
    pub fn of(headers: &HeaderMap) -> Self {
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| {
            line.split(';').filter_map(|pair| {
                let (name, value) = pair.trim().split_once('=')?;
                Some((name.to_owned(), value.to_owned()))
            })
        });
        Self(pairs.take(64).collect())
    }

    pub fn get(&self, cookie: Cookie, transport: Transport) -> Option<&str> {
        let name = cookie.name(transport);
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
