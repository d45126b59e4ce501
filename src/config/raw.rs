//! The settings as they are written: a TOML file, overridden by `TONGYAO_*` environment variables. Unknown names are refused.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Why the settings cannot be read; one line each.
#[derive(Debug, thiserror::Error)]
pub enum SettingsProblem {
    #[error("the settings file {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("the settings file {}: {what}", path.display())]
    Malformed { path: PathBuf, what: String },
    #[error("{name} is not a setting; the names are in docs/guides/settings.md (is it {nearest}?)")]
    UnknownName { name: String, nearest: &'static str },
    #[error("the value of the environment variable {name} is not UTF-8 text: set it anew, or unset it")]
    NotText { name: String },
    #[error("the settings file {}: {key} begins with tongyao_: names in the file have no prefix ({})", path.display(), without_prefix(key))]
    Prefixed { path: PathBuf, key: String },
    #[error("{name} = {value:?}: {what}")]
    BadValue { name: &'static str, value: String, what: String },
    #[error("{0}")]
    Contradiction(String),
}

/// Every setting by its environment name, with what it means: the one list that file, environment, docs and `doctor` share.
pub const NAMES: &[(&str, &str)] = &[
    (
        "TONGYAO_ISSUER",
        "the service's public address, e.g. https://id.example.gov.cn; no path, no slash at the end",
    ),
    ("TONGYAO_LISTEN", "address and port to listen on (127.0.0.1:8000)"),
    ("TONGYAO_DATABASE_URL", "sqlite:///absolute/path.db or postgres://user:password@host/database"),
    ("TONGYAO_REDIS_URL", "redis:// or rediss://; absent: ephemeral state in process, for one node"),
    ("TONGYAO_DATA_DIR", "where the embedded database and keys stand when nothing else is said (./data)"),
    ("TONGYAO_KEYS_DIR", "the keys folder, mode 700 (DATA_DIR/keys)"),
    ("TONGYAO_METRICS_LISTEN", "address and port of /metrics; absent: no metrics are served"),
    ("TONGYAO_SANDBOX", "true allows sample people, fake gateways, /sandbox pages; never in production"),
    ("TONGYAO_SANDBOX_FORCE", "true allows the sandbox under an https issuer"),
    ("TONGYAO_TLS_CERT", "PEM chain; with TONGYAO_TLS_KEY the service serves https itself"),
    ("TONGYAO_TLS_KEY", "PEM private key of TONGYAO_TLS_CERT"),
    ("TONGYAO_TRUSTED_PROXIES", "CIDRs whose forwarding headers count, separated by commas; none by default"),
    (
        "TONGYAO_CLIENT_CA",
        "PEM of the authorities whose client certificates count for tls_client_auth; absent: none",
    ),
    (
        "TONGYAO_CLIENT_CERT_HEADER",
        "the one header in which trusted proxies pass the client certificate, or none (Client-Cert and X-SSL-Client-Cert)",
    ),
    (
        "TONGYAO_MTLS_URL",
        "another address of the service, for mutual TLS, e.g. https://mtls.id.example.gov.cn; absent: the issuer",
    ),
    (
        "TONGYAO_DPOP_NONCE",
        "whose DPoP proofs must carry a nonce: offered (nobody's), fapi or required (fapi)",
    ),
    ("TONGYAO_EXTRA_CA", "PEM trusted for the service's own outgoing calls"),
    ("TONGYAO_ALLOW_LOOPBACK", "true lets outgoing calls to clients reach loopback (sandbox only)"),
    (
        "TONGYAO_INTRANET",
        "CIDRs of the government intranet that the service's own outgoing calls may reach, separated by commas; none by default",
    ),
    ("TONGYAO_READER_URL", "the card reader bridge on the clerk's machine, e.g. http://127.0.0.1:9123/card"),
    ("TONGYAO_READER_KEYS", "JWK Set file with the public keys of the registered card readers"),
    (
        "TONGYAO_REGISTRATION",
        "who may register clients at /oidc/register: off, token (who holds an initial access token), open (token; open in the sandbox)",
    ),
    ("TONGYAO_SESSION_HOURS", "how long a person stays signed in, 1-72 (12)"),
    ("TONGYAO_PASSWORD_MEMORY_KIB", "argon2id memory in KiB, 8192-1048576 (19456)"),
    ("TONGYAO_PASSWORD_PASSES", "argon2id passes, 1-10 (2)"),
    (
        "TONGYAO_KEYS_ROTATE_AFTER",
        "days after which the service rotates its own keys, 0-3650; 0: only by hand (90)",
    ),
    ("TONGYAO_LOG", "a level, and levels of parts, e.g. info or info,tongyao::oidc=debug (info)"),
    ("TONGYAO_LOG_FORMAT", "json or plain (json)"),
];

const PREFIX: &str = "TONGYAO_";

/// What the command line reads itself; not a setting, but not a mistake either.
const OF_THE_COMMAND_LINE: &str = "TONGYAO_CONFIG";

/// How names of the project's own tests begin.
const OF_TESTS: &[&str] = &["TONGYAO_TEST_", "TONGYAO_BENCH_", "TONGYAO_PREVIEW_"];

/// Name → text, file first, environment over it.
#[derive(Debug, Default, Clone)]
pub struct Raw(BTreeMap<&'static str, String>);

impl Raw {
    /// Reads `file` if given, then lays `environment` over it.
    pub fn read(
        file: Option<&Path>,
        environment: impl Iterator<Item = (impl Into<OsString>, impl Into<OsString>)>,
    ) -> Result<Self, SettingsProblem> {
        let mut raw = Self::default();
        if let Some(path) = file {
            raw.read_file(path)?;
        }
        for (name, value) in environment {
            // A name that is no text is none of ours, and is told as such when it begins like one.
            let name = name.into().to_string_lossy().into_owned();
            if name.starts_with(PREFIX) && !is_passed_over(&name) {
                let value = value.into().into_string();
                let value = value.map_err(|_| SettingsProblem::NotText { name: name.clone() })?;
                raw.set(&name, value)?;
            }
        }
        Ok(raw)
    }

    /// The text of a setting; an empty one counts as absent.
    pub fn get(&self, name: &'static str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub fn set(&mut self, name: &str, value: String) -> Result<(), SettingsProblem> {
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((known, _)) => {
                self.0.insert(known, value);
                Ok(())
            }
            None => Err(SettingsProblem::UnknownName { name: name.to_owned(), nearest: nearest(name) }),
        }
    }

    fn read_file(&mut self, path: &Path) -> Result<(), SettingsProblem> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| SettingsProblem::Unreadable { path: path.to_owned(), cause })?;
        let malformed = |what: String| SettingsProblem::Malformed { path: path.to_owned(), what };
        let table: toml::Table = text.parse().map_err(|error| malformed(told(&text, &error)))?;
        for (key, value) in table {
            if without_prefix(&key) != key {
                return Err(SettingsProblem::Prefixed { path: path.to_owned(), key });
            }
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(yes) => yes.to_string(),
                toml::Value::Array(items) => items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| malformed(format!("{key} is a list of something else than texts")))?
                    .join(","),
                _ => return Err(malformed(format!("{key} is neither text, number, true/false nor a list"))),
            };
            self.set(&format!("{PREFIX}{}", key.to_uppercase()), text)?;
        }
        Ok(())
    }
}

fn is_passed_over(name: &str) -> bool {
    name == OF_THE_COMMAND_LINE || OF_TESTS.iter().any(|prefix| name.starts_with(prefix))
}

fn without_prefix(key: &str) -> &str {
    match key.get(..PREFIX.len()) {
        Some(start) if start.eq_ignore_ascii_case(PREFIX) => &key[PREFIX.len()..],
        _ => key,
    }
}

/// What is wrong with the text, and where.
fn told(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.chars().rev().take_while(|letter| *letter != '\n').count();
    let what: Vec<&str> = error.message().lines().collect();
    format!("line {line}, column {column}: {}", what.join(", "))
}

/// The known name that shares the most letters at the start, then at the end.
fn nearest(name: &str) -> &'static str {
    let likeness = |known: &str| {
        let start = known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        let end = known.bytes().rev().zip(name.bytes().rev()).take_while(|(a, b)| a == b).count();
        start + end
    };
    let names = NAMES.iter().map(|(known, _)| *known).chain([OF_THE_COMMAND_LINE]);
    names.filter(|known| *known != name).max_by_key(|known| likeness(known)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::base::scratch::Scratch;

    #[test]
    fn an_unknown_name_stops_the_start_and_names_its_neighbour() {
        let problem = Raw::read(None, [("TONGYAO_DATABASE".to_owned(), "x".to_owned())].into_iter())
            .unwrap_err()
            .to_string();
        assert!(problem.contains("TONGYAO_DATABASE is not a setting"), "{problem}");
        assert!(problem.contains("TONGYAO_DATABASE_URL"), "{problem}");
    }

    #[test]
    fn what_only_begins_like_a_name_that_is_passed_over_is_unknown() {
        for name in ["TONGYAO_CONFIG_FILE", "TONGYAO_CONFIGURATION", "TONGYAO_CONFIGS", "TONGYAO_TESTING"] {
            let read = Raw::read(None, [(name.to_owned(), "x".to_owned())].into_iter());
            let problem = read.unwrap_err().to_string();
            assert!(problem.starts_with(&format!("{name} is not a setting")), "{problem}");
            assert!(!name.contains("_CONFIG") || problem.contains("is it TONGYAO_CONFIG?"), "{problem}");
        }
    }

    fn of_file(text: &str) -> Result<Raw, String> {
        let folder = Scratch::open();
        let path = folder.join("tongyao.toml");
        std::fs::write(&path, text).unwrap();
        Raw::read(Some(&path), std::iter::empty::<(String, String)>()).map_err(|problem| problem.to_string())
    }

    #[test]
    fn the_file_tells_the_place_of_what_is_wrong() {
        let cases = [
            ("listen = \"127.0.0.1:1\"\nissuer = http://x\n", "line 2, column 10"),
            ("a = 1\nb = \"\n", "line 2, column 6"),
            ("名 = 1", "line 1, column 1"),
            ("TONGYAO_ISSUER = \"http://localhost\"", "names in the file have no prefix (ISSUER)"),
            ("tongyao_issuer = \"http://localhost\"", "names in the file have no prefix (issuer)"),
            ("config = \"x\"", "TONGYAO_CONFIG is not a setting"),
        ];
        for (text, expected) in cases {
            let problem = of_file(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
        assert_eq!(of_file("listen = \"127.0.0.1:1\"").unwrap().get("TONGYAO_LISTEN"), Some("127.0.0.1:1"));
    }

    #[test]
    fn a_variable_that_is_no_text_is_refused_by_its_name() {
        let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
        let read = |name: &[u8], value: &[u8]| {
            let environment = [(bytes(name), bytes(value))].into_iter();
            Raw::read(None, environment).map_err(|problem| problem.to_string())
        };
        let problem = read(b"TONGYAO_KEYS_DIR", b"/keys/secret\xff").unwrap_err();
        assert!(
            problem.contains("TONGYAO_KEYS_DIR is not UTF-8") && !problem.contains("secret"),
            "{problem}"
        );
        assert!(read(b"TONGYAO_KEYS_DIR\xff", b"/keys").unwrap_err().contains("is not a setting"));
        for (name, value) in [(&b"PATH"[..], &b"/bin\xff"[..]), (b"\xff", b"x"), (b"TONGYAO_CONFIG", b"\xff")]
        {
            assert!(read(name, value).is_ok());
        }
    }

    #[test]
    fn foreign_and_test_variables_are_passed_over() {
        let environment = [
            ("PATH", "/bin"),
            ("TONGYAO_TEST_DATABASE_URL", "x"),
            ("TONGYAO_CONFIG", "x"),
            ("TONGYAO_LISTEN", "127.0.0.1:1"),
        ];
        let raw =
            Raw::read(None, environment.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned()))).unwrap();
        assert_eq!(raw.get("TONGYAO_LISTEN"), Some("127.0.0.1:1"));
    }
}
