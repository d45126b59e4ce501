//! The service's own certificate: TLS 1.2 and 1.3, read again when its files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{cipher_suite as suite, default_provider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedCipherSuite};
use url::Url;

use super::any_certificate::AnyCertificate;
use crate::app::Wake;
use crate::config::Tls;

/// Why the certificate cannot be used; one line, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    #[error("{setting} {}: {cause}: name a PEM file that the user of the service may read", path.display())]
    Unreadable { setting: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("{setting} {}: it holds no PEM {what}: name the file that does", path.display())]
    NotPem { setting: &'static str, path: PathBuf, what: &'static str },
    #[error(
        "TONGYAO_TLS_CERT and TONGYAO_TLS_KEY do not fit together: {0}: name the key that this certificate was made for"
    )]
    Mismatch(rustls::Error),
}

/// All of TLS 1.3, and of TLS 1.2 what RFC 9325 §4.2 recommends: the FAPI profiles take nothing else.
const SUITES: [SupportedCipherSuite; 7] = [
    suite::TLS13_AES_256_GCM_SHA384,
    suite::TLS13_AES_128_GCM_SHA256,
    suite::TLS13_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What the service shows to whoever connects, and what it asks of them; cheap to clone, replaced while it serves.
#[derive(Clone)]
pub struct Identity {
    configs: Arc<RwLock<Configs>>,
    asks: Asks,
}

/// Who is asked for a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Everybody; who has none goes on without.
    Everybody,
    /// Who asks for this host: browsers, which come for the other one, are not bothered.
    At(String),
}

struct Configs {
    asking: Arc<ServerConfig>,
    silent: Arc<ServerConfig>,
}

impl Identity {
    /// Reads and checks certificate and key.
    pub fn load(tls: &Tls, asks: Asks) -> Result<Self, TlsProblem> {
        Ok(Self { configs: Arc::new(RwLock::new(Configs::load(tls)?)), asks })
    }

    /// For a connection that asks for this host.
    pub fn config_for(&self, host: Option<&str>) -> Arc<ServerConfig> {
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        let asked = match &self.asks {
            Asks::Everybody => true,
            Asks::At(wanted) => host.is_some_and(|host| host.eq_ignore_ascii_case(wanted)),
        };
        if asked { configs.asking.clone() } else { configs.silent.clone() }
    }

    fn replace(&self, configs: Configs) {
        *self.configs.write().unwrap_or_else(PoisonError::into_inner) = configs;
    }
}

impl Asks {
    /// `mtls_url` is the other address of the service, if it has one.
    pub fn at(mtls_url: Option<&str>) -> Self {
        let host =
            mtls_url.and_then(|url| Url::parse(url).ok()).and_then(|url| url.host_str().map(str::to_owned));
        host.map_or(Self::Everybody, Self::At)
    }
}

impl Configs {
    fn load(tls: &Tls) -> Result<Self, TlsProblem> {
        let provider = Arc::new(CryptoProvider { cipher_suites: SUITES.to_vec(), ..default_provider() });
        let builder = || {
            ServerConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&[&TLS13, &TLS12])
                .map_err(TlsProblem::Mismatch)
        };
        let any = Arc::new(AnyCertificate::new(provider.clone()));
        let asking =
            builder()?.with_client_cert_verifier(any).with_single_cert(chain(&tls.cert)?, key(&tls.key)?);
        let silent = builder()?.with_no_client_auth().with_single_cert(chain(&tls.cert)?, key(&tls.key)?);
        let speaking = |config: Result<ServerConfig, rustls::Error>| {
            let mut config = config.map_err(TlsProblem::Mismatch)?;
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            Ok(Arc::new(config))
        };
        Ok(Self { asking: speaking(asking)?, silent: speaking(silent)? })
    }
}

/// Takes a renewed certificate over, when told to or when a file has changed; one that cannot be used changes nothing.
pub async fn renew(tls: Tls, identity: Identity, reload: Arc<Wake>) {
    let mut round = tokio::time::interval(LOOK_AGAIN);
    let mut seen = changed(&tls);
    loop {
        tokio::select! {
            () = reload.rung() => seen = take_over(&tls, &identity),
            _ = round.tick() => if changed(&tls) != seen { seen = take_over(&tls, &identity) },
        }
    }
}

type Changed = [Option<SystemTime>; 2];

fn changed(tls: &Tls) -> Changed {
    [&tls.cert, &tls.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
}

fn take_over(tls: &Tls, identity: &Identity) -> Changed {
    let seen = changed(tls);
    match Configs::load(tls) {
        Ok(loaded) => {
            identity.replace(loaded);
            tracing::info!("the certificate was read again");
        }
        Err(problem) => tracing::error!(%problem, "the changed certificate is not used"),
    }
    seen
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let pem = read("TONGYAO_TLS_CERT", path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(not_pem("TONGYAO_TLS_CERT", path, "certificate")),
    }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsProblem> {
    let pem = zeroize::Zeroizing::new(read("TONGYAO_TLS_KEY", path)?);
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| not_pem("TONGYAO_TLS_KEY", path, "private key"))
}

fn read(setting: &'static str, path: &Path) -> Result<Vec<u8>, TlsProblem> {
    std::fs::read(path).map_err(|cause| TlsProblem::Unreadable { setting, path: path.to_owned(), cause })
}

fn not_pem(setting: &'static str, path: &Path, what: &'static str) -> TlsProblem {
    TlsProblem::NotPem { setting, path: path.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::scratch::Scratch;

    #[test]
    fn files_that_do_not_serve_are_told_with_what_to_do() {
        let scratch = Scratch::open();
        let pair = |names: [&str; 2]| {
            let made = rcgen::generate_simple_self_signed(["id.example".to_owned()]).unwrap();
            let [cert, key] = names.map(|name| scratch.join(name));
            std::fs::write(&cert, made.cert.pem()).unwrap();
            std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        };
        pair(["cert", "key"]);
        pair(["other-cert", "other-key"]);
        let said = |cert: &str, key: &str| {
            let tls = Tls { cert: scratch.join(cert), key: scratch.join(key) };
            Identity::load(&tls, Asks::Everybody).map(|_| ()).map_err(|problem| problem.to_string())
        };
        assert_eq!(said("cert", "key"), Ok(()));
        let cases = [
            ("none", "key", "TONGYAO_TLS_CERT", "name a PEM file that the user of the service may read"),
            ("cert", "", "TONGYAO_TLS_KEY", "name a PEM file that the user of the service may read"),
            ("key", "key", "TONGYAO_TLS_CERT", "it holds no PEM certificate: name the file that does"),
            ("cert", "other-key", "do not fit together", "name the key that this certificate was made for"),
        ];
        for (cert, key, what, advice) in cases {
            let said = said(cert, key).unwrap_err();
            assert!(said.contains(what) && said.contains(advice) && !said.contains('\n'), "{said}");
        }
    }
}
