//! Whose certificates the outgoing client believes: the public authorities, those of TONGYAO_EXTRA_CA, and a certificate that
//! stands there itself. Servers of an intranet or a laboratory often have one that they signed themselves.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::guard::Reach;
use crate::base::Fault;

#[derive(Debug)]
struct Pinned {
    usual: Verifier,
    own: Vec<CertificateDer<'static>>,
    reach: Reach,
}

/// The TLS of the outgoing client with the certificates of a PEM file beside the public authorities.
pub(super) fn config(extra: &Path, reach: Reach) -> Result<ClientConfig, Fault> {
    let unreadable = || Fault::broken(format!("TONGYAO_EXTRA_CA {} cannot be read", extra.display()));
    let own: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(extra)
        .and_then(|certificates| certificates.collect())
        .map_err(|error| unreadable().because(error))?;
    if own.is_empty() {
        return Err(unreadable().because("it holds no PEM certificate"));
    }
    let broken = |error: Error| Fault::broken("making the outgoing client").because(error);
    let provider = match CryptoProvider::get_default() {
        Some(installed) => installed.clone(),
        None => Arc::new(aws_lc_rs::default_provider()),
    };
    let usual = Verifier::new_with_extra_roots(own.clone(), provider.clone()).map_err(broken)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { usual, own, reach }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

impl Pinned {
    /// The very certificate the operator named, for the name it carries and within its time. In the sandbox it need carry no
    /// name: tools make such certificates for themselves.
    fn is_own(&self, shown: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> bool {
        if !self.own.iter().any(|own| own == shown) {
            return false;
        }
        let named = self.reach == Reach::PublicAndLoopback
            || ParsedCertificate::try_from(shown).is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok());
        named && is_within_its_time(shown, now)
    }
}

fn is_within_its_time(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    Certificate::from_der(certificate).is_ok_and(|certificate| {
        let validity = certificate.tbs_certificate.validity;
        let (from, to) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        (from.as_secs()..=to.as_secs()).contains(&now.as_secs())
    })
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.is_own(end_entity, server_name, now) {
            return Ok(ServerCertVerified::assertion());
        }
        self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}
