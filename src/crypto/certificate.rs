//! Client certificates (RFC 8705): who they name, which key they carry, and whether an authority we trust issued them.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use serde_json::{Map, Value, json};
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Reader, SliceReader, Tag, Tagged};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::base::{ClientCertificate, Timestamp};
use crate::protocol::distinguished_name::DistinguishedName;
use crate::protocol::thumbprint::thumbprint;

/// What a certificate says of its owner.
#[derive(Debug, PartialEq, Eq)]
pub struct Certificate {
    pub subject: DistinguishedName,
    pub names: AlternativeNames,
    /// The thumbprint of its key as a JWK (RFC 7638); absent for a kind of key we do not know.
    pub key: Option<String>,
}

/// The subject alternative names (RFC 5280 §4.2.1.6).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    pub dns: Vec<String>,
    pub uris: Vec<String>,
    pub addresses: Vec<IpAddr>,
    pub emails: Vec<String>,
}

/// The bytes are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate")]
pub struct NotACertificate;

/// Why a chain does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainProblem {
    /// A certificate of it has expired or is not valid yet.
    OutOfTime,
    /// It leads to no authority of ours, or is not made for client authentication.
    Untrusted,
}

/// The authorities whose client certificates count (`TONGYAO_CLIENT_CA`).
#[derive(Clone)]
pub struct ClientAuthorities(Arc<dyn ClientCertVerifier>);

/// Why the authorities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesProblem {
    #[error("TONGYAO_CLIENT_CA {path}: {cause}")]
    Unreadable { path: String, cause: std::io::Error },
    #[error("TONGYAO_CLIENT_CA {0}: it holds no PEM certificate of an authority")]
    NoAuthority(String),
}

const MOST_PEM: usize = 32 * 1024;

/// `x5t#S256` (RFC 8705 §3.1): SHA-256 of the DER, as base64url.
pub fn digest_of(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, der))
}

/// The first certificate of a PEM text, as DER.
pub fn from_pem(pem: &[u8]) -> Result<Vec<u8>, NotACertificate> {
    if pem.len() > MOST_PEM {
        return Err(NotACertificate);
    }
    let der = CertificateDer::from_pem_slice(pem).map_err(|_| NotACertificate)?;
    Certificate::parse(&der).map(|_| der.as_ref().to_vec())
}

impl Certificate {
    pub fn parse(der: &[u8]) -> Result<Self, NotACertificate> {
        let parsed = x509_cert::Certificate::from_der(der).map_err(|_| NotACertificate)?;
        let fields = &parsed.tbs_certificate;
        let relative_names = fields.subject.0.iter().map(|relative| {
            relative
                .0
                .iter()
                .map(|pair| (pair.oid.to_string(), text(pair.value.tag(), pair.value.value())))
                .collect()
        });
        Ok(Self {
            subject: DistinguishedName::of_certificate(relative_names.collect()),
            names: alternative_names(fields.extensions.as_deref().unwrap_or_default())?,
            key: jwk(&fields.subject_public_key_info).and_then(|jwk| thumbprint(&jwk).ok()),
        })
    }
}

impl ClientAuthorities {
    /// Reads a PEM bundle.
    pub fn read(path: &Path) -> Result<Self, AuthoritiesProblem> {
        let shown = || path.display().to_string();
        let pem =
            std::fs::read(path).map_err(|cause| AuthoritiesProblem::Unreadable { path: shown(), cause })?;
        let none = || AuthoritiesProblem::NoAuthority(shown());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate.map_err(|_| none())?).map_err(|_| none())?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        verifier.map(Self).map_err(|_| none())
    }

    /// RFC 5280 §6: the chain, its times, and its purpose.
    pub fn verify(&self, now: Timestamp, shown: &ClientCertificate) -> Result<(), ChainProblem> {
        use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        let leaf = CertificateDer::from(shown.leaf());
        let above: Vec<_> =
            shown.intermediates().iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let seconds = u64::try_from(now.seconds()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        match self.0.verify_client_cert(&leaf, &above, now) {
            Ok(_) => Ok(()),
            Err(rustls::Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            )) => Err(ChainProblem::OutOfTime),
            Err(_) => Err(ChainProblem::Untrusted),
        }
    }
}

impl fmt::Debug for ClientAuthorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientAuthorities")
    }
}

/// A value of a relative name as text. What is no text gets one that no registration can have.
fn text(tag: Tag, bytes: &[u8]) -> String {
    let decoded = match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => String::from_utf8(bytes.to_vec()).ok(),
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            String::from_utf16(&units).ok().filter(|_| rest.is_empty())
        }
        _ => None,
    };
    decoded.unwrap_or_else(|| format!("\0{}", digest_of(bytes)))
}

fn alternative_names(extensions: &[x509_cert::ext::Extension]) -> Result<AlternativeNames, NotACertificate> {
    const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
    let mut names = AlternativeNames::default();
    for extension in extensions.iter().filter(|extension| extension.extn_id == SUBJECT_ALT_NAME) {
        let parsed =
            SubjectAltName::from_der(extension.extn_value.as_bytes()).map_err(|_| NotACertificate)?;
        for name in &parsed.0 {
            match name {
                GeneralName::DnsName(name) => names.dns.push(name.to_string()),
                GeneralName::UniformResourceIdentifier(uri) => names.uris.push(uri.to_string()),
                GeneralName::Rfc822Name(email) => names.emails.push(email.to_string()),
                GeneralName::IpAddress(octets) => names.addresses.extend(address(octets.as_bytes())),
                _ => {}
            }
        }
    }
    Ok(names)
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// The key as a JWK: RSA (RFC 8017 A.1.1), the curves of RFC 5480, Ed25519 (RFC 8410).
fn jwk(info: &SubjectPublicKeyInfoOwned) -> Option<Map<String, Value>> {
    const RSA: &str = "1.2.840.113549.1.1.1";
    const EC: &str = "1.2.840.10045.2.1";
    const ED25519: &str = "1.3.101.112";
    let key = info.subject_public_key.as_bytes()?;
    let printed = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = match info.algorithm.oid.to_string().as_str() {
        RSA => {
            let (n, e) = rsa(key).ok()?;
            json!({"kty": "RSA", "n": printed(&n), "e": printed(&e)})
        }
        EC => {
            let curve: ObjectIdentifier = info.algorithm.parameters.as_ref()?.decode_as().ok()?;
            let curve = match curve.to_string().as_str() {
                "1.2.840.10045.3.1.7" => "P-256",
                "1.3.132.0.34" => "P-384",
                "1.3.132.0.35" => "P-521",
                _ => return None,
            };
            // An uncompressed point (SEC 1 §2.3.3).
            let [4, point @ ..] = key else { return None };
            let (x, y) = point.split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": printed(x), "y": printed(y)})
        }
        ED25519 => json!({"kty": "OKP", "crv": "Ed25519", "x": printed(key)}),
        _ => return None,
    };
    jwk.as_object().cloned()
}

fn rsa(key: &[u8]) -> x509_cert::der::Result<(Vec<u8>, Vec<u8>)> {
    SliceReader::new(key)?.sequence(|reader| {
        let (n, e): (UintRef<'_>, UintRef<'_>) = (reader.decode()?, reader.decode()?);
        Ok((n.as_bytes().to_vec(), e.as_bytes().to_vec()))
    })
}
