//! Certificates made for one run: the server's own, and one for each system that speaks mutual TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, PKCS_ECDSA_P256_SHA256, SanType,
};
use reqwest::Client as Http;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// One authority for both sides.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

/// Files the server is started with.
#[derive(Clone)]
pub struct Files {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Whether connections are used again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    Kept,
    /// A whole handshake for every request, nothing resumed.
    Each,
}

impl Authority {
    /// Makes the authority and the server's certificate, and writes them below `folder`.
    pub fn set_up(folder: &Path) -> Result<(Self, Files)> {
        let (authority, pem) = Self::new()?;
        let server = authority.certify("localhost")?;
        let at = |name: &str| folder.join(name);
        let files =
            Files { authority: at("ca.pem"), certificate: at("server.pem"), key: at("server-key.pem") };
        fs::write(&files.authority, pem)?;
        fs::write(&files.certificate, server.0.pem())?;
        fs::write(&files.key, server.1.serialize_pem())?;
        Ok((authority, files))
    }

    fn new() -> Result<(Self, String)> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = named("bench authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key)?;
        let (pem, certificate) = (certificate.pem(), certificate.der().clone());
        Ok((Self { issuer: Issuer::new(params, key), certificate }, pem))
    }

    /// Speaks HTTP/1.1, as the rows without TLS do, and shows a certificate of this name to the server.
    pub fn http(&self, name: &str, connections: Connections) -> Result<Http> {
        let (certificate, key) = self.certify(name)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| anyhow!(error))?;
        let mut config = self.trusting()?.with_client_auth_cert(vec![certificate.der().clone()], key)?;
        let most_idle = match connections {
            Connections::Kept => 512,
            Connections::Each => 0,
        };
        if connections == Connections::Each {
            config.resumption = Resumption::disabled();
        }
        Ok(plain(Http::builder().tls_backend_preconfigured(config).pool_max_idle_per_host(most_idle))?)
    }

    /// Shows no certificate.
    pub fn http_without(&self) -> Result<Http> {
        let config = self.trusting()?.with_no_client_auth();
        Ok(plain(Http::builder().tls_backend_preconfigured(config))?)
    }

    fn trusting(&self) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone())?;
        Ok(ClientConfig::builder().with_root_certificates(roots))
    }

    fn certify(&self, name: &str) -> Result<(rcgen::Certificate, KeyPair)> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = named(name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names = vec![SanType::DnsName(name.to_owned().try_into()?)];
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok((certificate, key))
    }
}

fn plain(builder: reqwest::ClientBuilder) -> reqwest::Result<Http> {
    let builder = builder.redirect(reqwest::redirect::Policy::none()).no_proxy().http1_only();
    builder.timeout(Duration::from_secs(60)).build()
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    params
}
