//! The resolved settings: typed, with units and defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::cidr::Cidr;
use super::log_filter::LogFilter;
use super::raw::{Raw, SettingsProblem};
use super::stores::DatabasePlace;
use super::{check, stores};
use crate::base::Secret;

/// Everything that is set from outside.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Without a slash at the end.
    pub issuer: String,
    pub listen: SocketAddr,
    pub database: DatabasePlace,
    pub redis: Option<Secret>,
    pub data_dir: PathBuf,
    pub keys_dir: PathBuf,
    pub metrics_listen: Option<SocketAddr>,
    pub sandbox: bool,
    pub tls: Option<Tls>,
    pub trusted_proxies: Vec<Cidr>,
    pub client_ca: Option<PathBuf>,
    /// Headers in which a trusted proxy passes the client certificate, in small letters.
    pub client_cert_headers: Vec<String>,
    /// Another address of ours for mutual TLS, without a slash at the end.
    pub mtls_url: Option<String>,
    pub dpop_nonce: DpopNonce,
    pub extra_ca: Option<PathBuf>,
    pub allow_loopback: bool,
    /// Private networks that outgoing calls may reach beside public addresses.
    pub intranet: Vec<Cidr>,
    pub reader_url: Option<Url>,
    pub reader_keys: Option<PathBuf>,
    pub registration: Registration,
    pub session_lifetime: Duration,
    pub password_memory_kib: u32,
    pub password_passes: u32,
    /// Absent: keys are rotated by hand only.
    pub keys_rotate_after: Option<Duration>,
    pub log: LogFilter,
    pub log_format: LogFormat,
}

/// The service's own certificate.
#[derive(Debug, Clone)]
pub struct Tls {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Who may register clients (RFC 7591).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    Off,
    /// Who holds an initial access token, or a statement of a trusted publisher.
    Token,
    /// Anyone; an operator decides about each. In the sandbox nobody needs to.
    Open,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Json,
    Plain,
}

/// Whose DPoP proofs must carry a nonce (RFC 9449 §8); it is offered to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DpopNonce {
    Offered,
    /// Those of clients with a FAPI 2.0 profile.
    Fapi,
    Required,
}

impl Settings {
    pub fn resolve(raw: &Raw) -> Result<Self, SettingsProblem> {
        let data_dir = PathBuf::from(raw.get("TONGYAO_DATA_DIR").unwrap_or("data"));
        let settings = Self {
            issuer: issuer(raw)?,
            listen: parse(raw, "TONGYAO_LISTEN", "127.0.0.1:8000", "address:port is wanted")?,
            database: stores::database(raw, &data_dir)?,
            redis: stores::redis(raw)?,
            keys_dir: raw.get("TONGYAO_KEYS_DIR").map_or_else(|| data_dir.join("keys"), PathBuf::from),
            metrics_listen: optional(raw, "TONGYAO_METRICS_LISTEN", "address:port is wanted")?,
            sandbox: yes(raw, "TONGYAO_SANDBOX")?,
            tls: tls(raw)?,
            trusted_proxies: networks(raw, "TONGYAO_TRUSTED_PROXIES")?,
            intranet: networks(raw, "TONGYAO_INTRANET")?,
            client_ca: raw.get("TONGYAO_CLIENT_CA").map(PathBuf::from),
            client_cert_headers: client_cert_headers(raw)?,
            mtls_url: raw
                .get("TONGYAO_MTLS_URL")
                .map(|text| address(text, "TONGYAO_MTLS_URL"))
                .transpose()?,
            dpop_nonce: dpop_nonce(raw)?,
            extra_ca: raw.get("TONGYAO_EXTRA_CA").map(PathBuf::from),
            allow_loopback: yes(raw, "TONGYAO_ALLOW_LOOPBACK")?,
            reader_url: optional(raw, "TONGYAO_READER_URL", "an absolute URL is wanted")?,
            reader_keys: raw.get("TONGYAO_READER_KEYS").map(PathBuf::from),
            registration: registration(raw)?,
            session_lifetime: Duration::from_secs(
                3600 * u64::from(number(raw, "TONGYAO_SESSION_HOURS", 12, 1, 72)?),
            ),
            password_memory_kib: number(raw, "TONGYAO_PASSWORD_MEMORY_KIB", 19_456, 8_192, 1_048_576)?,
            password_passes: number(raw, "TONGYAO_PASSWORD_PASSES", 2, 1, 10)?,
            keys_rotate_after: days(number(raw, "TONGYAO_KEYS_ROTATE_AFTER", 90, 0, 3650)?),
            log: log_filter(raw)?,
            log_format: log_format(raw)?,
            data_dir,
        };
        check::together(&settings, yes(raw, "TONGYAO_SANDBOX_FORCE")?)?;
        Ok(settings)
    }

    /// Whether browsers reach us by https, so that cookies may be `Secure` and `__Host-`.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https://")
    }

    /// Whether client certificates can reach the service: over its own TLS, or through a trusted proxy.
    pub fn has_mutual_tls(&self) -> bool {
        self.tls.is_some() || !self.trusted_proxies.is_empty() && !self.client_cert_headers.is_empty()
    }

    /// Every address under which programs know a path of ours.
    pub fn machine_urls(&self, path: &str) -> Vec<String> {
        std::iter::once(&self.issuer).chain(&self.mtls_url).map(|base| format!("{base}{path}")).collect()
    }

    /// The hosts of those addresses, as certificates name them.
    pub fn hosts(&self) -> Vec<String> {
        let urls = std::iter::once(&self.issuer).chain(&self.mtls_url);
        let host = |url: &String| {
            Some(match Url::parse(url).ok()?.host()? {
                Host::Domain(name) => name.to_owned(),
                Host::Ipv4(address) => address.to_string(),
                Host::Ipv6(address) => address.to_string(),
            })
        };
        urls.filter_map(host).collect()
    }

    /// An absolute address of ours.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

fn issuer(raw: &Raw) -> Result<String, SettingsProblem> {
    let name = "TONGYAO_ISSUER";
    address(raw.get(name).unwrap_or("http://localhost:8000"), name)
}

fn address(text: &str, name: &'static str) -> Result<String, SettingsProblem> {
    let text = text.trim_end_matches('/');
    let bad = |what: &str| SettingsProblem::BadValue { name, value: text.to_owned(), what: what.to_owned() };
    let url = Url::parse(text).map_err(|_| bad("an absolute URL is wanted"))?;
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
        return Err(bad("https is wanted; http only on localhost"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(bad("scheme, host and port only"));
    }
    Ok(text.to_owned())
}

fn tls(raw: &Raw) -> Result<Option<Tls>, SettingsProblem> {
    match (raw.get("TONGYAO_TLS_CERT"), raw.get("TONGYAO_TLS_KEY")) {
        (Some(cert), Some(key)) => Ok(Some(Tls { cert: cert.into(), key: key.into() })),
        (None, None) => Ok(None),
        _ => Err(SettingsProblem::Contradiction(
            "TONGYAO_TLS_CERT and TONGYAO_TLS_KEY belong together: set both or neither".to_owned(),
        )),
    }
}

fn networks(raw: &Raw, name: &'static str) -> Result<Vec<Cidr>, SettingsProblem> {
    let list = raw.get(name).unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty());
    list.map(|item| {
        item.parse().map_err(|what| SettingsProblem::BadValue { name, value: item.to_owned(), what })
    })
    .collect()
}

fn client_cert_headers(raw: &Raw) -> Result<Vec<String>, SettingsProblem> {
    let name = "TONGYAO_CLIENT_CERT_HEADER";
    match raw.get(name) {
        None => Ok(vec!["client-cert".to_owned(), "x-ssl-client-cert".to_owned()]),
        Some("none") => Ok(Vec::new()),
        Some(text) if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            Ok(vec![text.to_ascii_lowercase()])
        }
        Some(text) => Err(SettingsProblem::BadValue {
            name,
            value: text.to_owned(),
            what: "the name of one header, or none, is wanted".to_owned(),
        }),
    }
}

fn dpop_nonce(raw: &Raw) -> Result<DpopNonce, SettingsProblem> {
    let name = "TONGYAO_DPOP_NONCE";
    match raw.get(name) {
        Some("offered") => Ok(DpopNonce::Offered),
        None | Some("fapi") => Ok(DpopNonce::Fapi),
        Some("required") => Ok(DpopNonce::Required),
        Some(other) => Err(SettingsProblem::BadValue {
            name,
            value: other.to_owned(),
            what: "offered, fapi or required is wanted".to_owned(),
        }),
    }
}

/// The sandbox has no real people to protect, and tools that test it register themselves.
fn registration(raw: &Raw) -> Result<Registration, SettingsProblem> {
    let name = "TONGYAO_REGISTRATION";
    match raw.get(name) {
        None if yes(raw, "TONGYAO_SANDBOX")? => Ok(Registration::Open),
        None | Some("token") => Ok(Registration::Token),
        Some("off") => Ok(Registration::Off),
        Some("open") => Ok(Registration::Open),
        Some(other) => Err(SettingsProblem::BadValue {
            name,
            value: other.to_owned(),
            what: "off, token or open is wanted".to_owned(),
        }),
    }
}

fn log_filter(raw: &Raw) -> Result<LogFilter, SettingsProblem> {
    let name = "TONGYAO_LOG";
    let Some(text) = raw.get(name) else { return Ok(LogFilter::default()) };
    text.parse().map_err(|what: &str| SettingsProblem::BadValue {
        name,
        value: text.to_owned(),
        what: what.to_owned(),
    })
}

fn log_format(raw: &Raw) -> Result<LogFormat, SettingsProblem> {
    let name = "TONGYAO_LOG_FORMAT";
    match raw.get(name) {
        None | Some("json") => Ok(LogFormat::Json),
        Some("plain") => Ok(LogFormat::Plain),
        Some(other) => Err(SettingsProblem::BadValue {
            name,
            value: other.to_owned(),
            what: "json or plain is wanted".to_owned(),
        }),
    }
}

/// None for zero.
fn days(count: u32) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(24 * 3600 * u64::from(count)))
}

fn yes(raw: &Raw, name: &'static str) -> Result<bool, SettingsProblem> {
    match raw.get(name) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(SettingsProblem::BadValue {
            name,
            value: other.to_owned(),
            what: "true or false is wanted".to_owned(),
        }),
    }
}

fn optional<T: std::str::FromStr>(
    raw: &Raw,
    name: &'static str,
    what: &str,
) -> Result<Option<T>, SettingsProblem> {
    raw.get(name)
        .map(|text| {
            text.parse().map_err(|_| SettingsProblem::BadValue {
                name,
                value: text.to_owned(),
                what: what.to_owned(),
            })
        })
        .transpose()
}

fn parse<T: std::str::FromStr>(
    raw: &Raw,
    name: &'static str,
    default: &str,
    what: &str,
) -> Result<T, SettingsProblem> {
    let text = raw.get(name).unwrap_or(default);
    text.parse().map_err(|_| SettingsProblem::BadValue {
        name,
        value: text.to_owned(),
        what: what.to_owned(),
    })
}

fn number(
    raw: &Raw,
    name: &'static str,
    default: u32,
    least: u32,
    most: u32,
) -> Result<u32, SettingsProblem> {
    let what = format!("a whole number from {least} to {most} is wanted");
    let Some(value) = optional::<u32>(raw, name, &what)? else { return Ok(default) };
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(SettingsProblem::BadValue { name, value: value.to_string(), what })
    }
}
