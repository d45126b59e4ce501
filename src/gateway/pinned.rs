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
            || ParsedCertificate::try_from(shown)
                .is_ok_and(|parsed| verify_server_name(&parsed, name).is_ok());
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::base::scratch::Scratch;
    use crate::gateway::Outgoing;
    use crate::gateway::guard::Guard;
    use crate::gateway::outgoing::OutgoingProblem;

    /// As `openssl req -x509` makes them: an authority of itself.
    fn self_signed(names: &[&str]) -> (CertificateDer<'static>, String, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2099, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        (certificate.der().clone(), certificate.pem(), key)
    }

    fn install() {
        drop(aws_lc_rs::default_provider().install_default());
    }

    #[test]
    fn the_very_certificate_counts_for_its_name_and_time() {
        install();
        let (own, _, _) = self_signed(&["a.example"]);
        let (other, _, _) = self_signed(&["a.example"]);
        let at = |year: u64| UnixTime::since_unix_epoch(Duration::from_secs((year - 1970) * 365 * 86_400));
        let judge = |reach, shown: &CertificateDer<'_>, name: &'static str, year| {
            let usual = Verifier::new(Arc::new(aws_lc_rs::default_provider())).unwrap();
            let pinned = Pinned { usual, own: vec![own.clone()], reach };
            pinned.is_own(shown, &ServerName::try_from(name).unwrap(), at(year))
        };
        assert!(judge(Reach::Public, &own, "a.example", 2030));
        assert!(!judge(Reach::Public, &own, "b.example", 2030));
        assert!(judge(Reach::PublicAndLoopback, &own, "b.example", 2030));
        assert!(!judge(Reach::PublicAndLoopback, &own, "a.example", 2015));
        assert!(!judge(Reach::PublicAndLoopback, &own, "a.example", 2110));
        assert!(!judge(Reach::PublicAndLoopback, &other, "a.example", 2030));
    }

    #[tokio::test]
    async fn a_server_with_the_certificate_named_is_called_and_no_other() {
        install();
        let (certificate, pem, key) = self_signed(&["localhost"]);
        let key = key.serialize_der().try_into().unwrap();
        let config =
            rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}/", socket.local_addr().unwrap().port());
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = socket.accept().await else { return };
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nhere";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            }
        });
        let (_, elses, _) = self_signed(&["localhost"]);
        for (pem, expected) in [(pem, Ok(b"here".to_vec())), (elses, Err(OutgoingProblem::NoConnection))] {
            let folder = Scratch::open();
            let file = folder.join("extra.pem");
            std::fs::write(&file, pem).unwrap();
            let guard = Guard::new(Reach::PublicAndLoopback, &[]);
            let outgoing = Outgoing::new(guard, Some(&file)).unwrap();
            assert_eq!(outgoing.get(&address, 64).await, expected);
        }
    }
}
