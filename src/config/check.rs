//! Checks across settings: each alone may be right and two together wrong.

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
        ];
        for (pairs, expected) in cases {
            let problem = resolve(pairs).unwrap_err();
            assert!(problem.contains(expected), "{pairs:?}: {problem}");
        }
        assert!(
            !resolve(&[("TONGYAO_DATABASE_URL", "mysql://u:secret@h/d")]).unwrap_err().contains("secret")
        );
    }

    #[test]
    fn the_default_is_a_local_service_on_embedded_storage() {
        let settings = resolve(&[]).unwrap();
        assert_eq!(settings.issuer, "http://localhost:8000");
        assert!(settings.redis.is_none() && !settings.sandbox && !settings.is_https());
    }
}
