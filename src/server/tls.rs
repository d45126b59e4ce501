//! The service's own certificate: TLS 1.2 and 1.3, read again when its files change.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Tls;

/// Why the certificate cannot be used; one line, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    #[error("{setting} {}: {cause}", path.display())]
    Unreadable { setting: &'static str, path: PathBuf, cause: std::io::Error },
    #[error("{setting} {}: it holds no PEM {what}", path.display())]
    NotPem { setting: &'static str, path: PathBuf, what: &'static str },
    #[error("TONGYAO_TLS_CERT and TONGYAO_TLS_KEY do not fit together: {0}")]
    Mismatch(rustls::Error),
}

const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Reads and checks certificate and key.
pub fn load(tls: &Tls) -> Result<ServerConfig, TlsProblem> {
    let chain = chain(&tls.cert)?;
    let key = key(&tls.key)?;
    let mut config = ServerConfig::builder_with_protocol_versions(&[&TLS13, &TLS12])
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsProblem::Mismatch)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Takes a renewed certificate over, on SIGHUP or when a file has changed; one that cannot be used changes nothing.
pub async fn renew(tls: Tls, config: RustlsConfig, stop: impl Future<Output = ()>) {
    tokio::pin!(stop);
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        tracing::error!("SIGHUP cannot be listened for; the certificate is not renewed");
        return;
    };
    let mut round = tokio::time::interval(LOOK_AGAIN);
    let mut seen = changed(&tls);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = hangup.recv() => seen = take_over(&tls, &config),
            _ = round.tick() => if changed(&tls) != seen { seen = take_over(&tls, &config) },
        }
    }
}

type Changed = [Option<SystemTime>; 2];

fn changed(tls: &Tls) -> Changed {
    [&tls.cert, &tls.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
}

fn take_over(tls: &Tls, config: &RustlsConfig) -> Changed {
    let seen = changed(tls);
    match load(tls) {
        Ok(loaded) => {
            config.reload_from_config(Arc::new(loaded));
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
