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
    /// The names by which somebody has signed in here, as `signin::known_browser` writes them.
    Known,
    Language,
    Elder,
    /// The last logout of this browser, so that its page can be shown again.
    SignedOut,
    /// The OP browser state: read by our script inside pages of clients (Session Management §3.2), and no secret.
    State,
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
            Cookie::Known => "tongyao_known",
            Cookie::Language => "tongyao_language",
            Cookie::Elder => "tongyao_elder",
            Cookie::SignedOut => "tongyao_signed_out",
            Cookie::State => "tongyao_state",
        };
        match transport {
            Transport::Https => format!("__Host-{name}"),
            Transport::Plain => name.to_owned(),
        }
    }

    /// A `Set-Cookie` value. `seconds` to live; none: until the browser closes.
    pub fn set(self, transport: Transport, value: &str, seconds: Option<i64>) -> String {
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{}={value}; Path=/; {}{age}", self.name(transport), self.marks(transport))
    }

    /// Browsers take `SameSite=None` only with `Secure` (RFC 6265bis §5.7); on localhost every port is the same site.
    fn marks(self, transport: Transport) -> &'static str {
        match (self, transport) {
            (Cookie::State, Transport::Https) => "SameSite=None; Secure",
            (Cookie::State, Transport::Plain) => "SameSite=Lax",
            (_, Transport::Https) => "HttpOnly; SameSite=Lax; Secure",
            (_, Transport::Plain) => "HttpOnly; SameSite=Lax",
        }
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
