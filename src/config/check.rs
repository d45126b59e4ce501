//! Checks across settings: each alone may be right and two together wrong.

use std::net::{IpAddr, SocketAddr};

use super::raw::SettingsProblem;
use super::settings::Settings;

/// A rule across settings: what is wrong when it does not hold.
type Rule = fn(&Settings, bool) -> Option<&'static str>;

const RULES: &[Rule] = &[
    |settings, forced| {
        (settings.sandbox && settings.is_https() && !forced).then_some(
            "TONGYAO_SANDBOX=true with an https issuer: sample people and fake gateways do not belong on a real address; \
             remove it, or set TONGYAO_SANDBOX_FORCE=true if this is a test installation",
        )
    },
    |settings, _| {
        (settings.allow_loopback && !settings.sandbox).then_some(
            "TONGYAO_ALLOW_LOOPBACK=true is for the sandbox only: set TONGYAO_SANDBOX=true or remove it",
        )
    },
    |settings, _| {
        (settings.tls.is_some() && !settings.is_https())
            .then_some("TONGYAO_TLS_CERT is set, but TONGYAO_ISSUER begins with http: make it https")
    },
    |settings, _| {
        settings.metrics_listen.is_some_and(|metrics| are_one_door(settings.listen, metrics)).then_some(
            "TONGYAO_METRICS_LISTEN is the address and port of TONGYAO_LISTEN: the figures have a port of their own, give it another",
        )
    },
    |settings, _| {
        (settings.mtls_url.is_some() && !settings.has_mutual_tls()).then_some(
            "TONGYAO_MTLS_URL is set, but no client certificate can reach the service: set TONGYAO_TLS_CERT, \
             or TONGYAO_TRUSTED_PROXIES",
        )
    },
];

pub(super) fn together(settings: &Settings, sandbox_forced: bool) -> Result<(), SettingsProblem> {
    match RULES.iter().find_map(|rule| rule(settings, sandbox_forced)) {
        Some(problem) => Err(SettingsProblem::Contradiction(problem.to_owned())),
        None => Ok(()),
    }
}

/// Whether both cannot be listened on at once; port 0 means any that is free.
fn are_one_door(one: SocketAddr, other: SocketAddr) -> bool {
    let holds = |one: IpAddr, other: IpAddr| {
        // `::` takes the addresses of IPv4 too.
        one == other || one.is_unspecified() && (one.is_ipv6() || other.is_ipv4())
    };
    one.port() != 0
        && one.port() == other.port()
        && (holds(one.ip(), other.ip()) || holds(other.ip(), one.ip()))
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;
    use crate::config::raw::Raw;

    fn resolve(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let raw =
            Raw::read(None, pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
                .map_err(|problem| problem.to_string())?;
        Settings::resolve(&raw).map_err(|problem| problem.to_string())
    }

    #[test]
    fn what_contradicts_is_refused_with_what_to_do() {
        let https = ("TONGYAO_ISSUER", "https://id.example.gov.cn");
        let cases: &[(&[(&str, &str)], &str)] = &[
            (&[https, ("TONGYAO_SANDBOX", "true")], "TONGYAO_SANDBOX_FORCE"),
            (&[("TONGYAO_ALLOW_LOOPBACK", "true")], "TONGYAO_SANDBOX=true"),
            (&[("TONGYAO_TLS_CERT", "a"), ("TONGYAO_TLS_KEY", "b")], "make it https"),
            (&[https, ("TONGYAO_TLS_CERT", "a")], "both or neither"),
            (&[("TONGYAO_ISSUER", "http://id.example.gov.cn")], "https is wanted"),
            (&[("TONGYAO_ISSUER", "https://id.example/path")], "scheme, host and port only"),
            (&[("TONGYAO_DATABASE_URL", "mysql://u:p@h/d")], "postgres://"),
            (&[("TONGYAO_SESSION_HOURS", "0")], "from 1 to 72"),
            (&[("TONGYAO_SANDBOX", "yes")], "true or false"),
            (&[https, ("TONGYAO_MTLS_URL", "https://mtls.example")], "TONGYAO_TLS_CERT"),
            (&[("TONGYAO_MTLS_URL", "https://mtls.example/x")], "scheme, host and port only"),
            (&[("TONGYAO_CLIENT_CERT_HEADER", "a b")], "one header"),
            (&[("TONGYAO_DPOP_NONCE", "yes")], "offered, fapi or required"),
            (&[("TONGYAO_TRUSTED_PROXIES", "10.0.0.0/40")], "prefix"),
            (&[("TONGYAO_LOG", "warning")], "off, error, warn, info, debug or trace"),
            (&[("TONGYAO_DATABASE_URL", "postgres://u:sec ret@h:abc/d")], "user:password@host:port/database"),
            (&[("TONGYAO_REDIS_URL", "http://x")], "rediss://"),
            (&[("TONGYAO_REDIS_URL", "memcached://h")], "redis+unix://"),
            (&[("TONGYAO_REDIS_URL", "redis://:sec ret@h:abc/")], "rediss://"),
            (&[("TONGYAO_REDIS_URL", "redis://h/first")], "rediss://"),
            (&[("TONGYAO_METRICS_LISTEN", "127.0.0.1:8000")], "TONGYAO_LISTEN"),
        ];
        for (pairs, expected) in cases {
            let problem = resolve(pairs).unwrap_err();
            assert!(problem.contains(expected), "{pairs:?}: {problem}");
        }
        for (name, value) in [
            ("TONGYAO_DATABASE_URL", "mysql://u:secret@h/d"),
            ("TONGYAO_DATABASE_URL", "postgres://u:secret@h:abc/d"),
            ("TONGYAO_DATABASE_URL", "u:secret@h/d"),
            ("TONGYAO_REDIS_URL", "redis://:secret@h:abc/"),
        ] {
            let problem = resolve(&[(name, value)]).unwrap_err();
            assert!(!problem.contains("secret"), "{problem}");
        }
    }

    #[test]
    fn addresses_of_stores_are_taken_as_they_are_written() {
        let fine = [
            ("TONGYAO_DATABASE_URL", "postgres://tongyao@db.internal/tongyao"),
            ("TONGYAO_DATABASE_URL", "postgresql://u:p%40ss@[::1]:5432/d?sslmode=require"),
            ("TONGYAO_DATABASE_URL", "postgres:///d?host=/run/postgresql&user=u"),
            ("TONGYAO_REDIS_URL", "redis://127.0.0.1:6379"),
            ("TONGYAO_REDIS_URL", "rediss://user:p%40ss@cache.internal/1"),
            ("TONGYAO_REDIS_URL", "redis+unix:///run/redis.sock"),
        ];
        for pair in fine {
            assert!(resolve(&[pair]).is_ok(), "{pair:?}");
        }
    }

    #[test]
    fn one_port_is_not_given_twice() {
        let cases = [
            ("127.0.0.1:8000", "127.0.0.1:8000", true),
            ("127.0.0.1:8000", "0.0.0.0:8000", true),
            ("[::]:8000", "10.0.0.5:8000", true),
            ("[::]:8000", "0.0.0.0:8000", true),
            ("0.0.0.0:8000", "[::1]:8000", false),
            ("10.0.0.5:8000", "127.0.0.1:8000", false),
            ("127.0.0.1:8000", "127.0.0.1:9100", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ];
        for (one, other, expected) in cases {
            for (one, other) in [(one, other), (other, one)] {
                let door = super::are_one_door(one.parse().unwrap(), other.parse().unwrap());
                assert_eq!(door, expected, "{one} {other}");
            }
        }
    }

    #[test]
    fn the_default_is_a_local_service_on_embedded_storage() {
        let settings = resolve(&[]).unwrap();
        assert_eq!(settings.issuer, "http://localhost:8000");
        assert!(settings.redis.is_none() && !settings.sandbox && !settings.is_https());
    }
}
