//! Certificates made for one test: authorities, and the systems they vouch for.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, PKCS_ECDSA_P256_SHA256, SanType,
};
use serde_json::{Value, json};
use tongyao::base::ClientCertificate;

/// An authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

/// A certificate with its key.
pub struct Certified {
    pub pem: String,
    pub der: Vec<u8>,
    pub key: KeyPair,
}

/// When a certificate is valid, around the clock of the tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    Now,
    Over,
    /// From 2040 on.
    NotYet,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = params(name, Validity::Now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A client certificate with every kind of name.
    pub fn certify(&self, name: &str, validity: Validity) -> Certified {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = params(name, validity);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let text = |text: String| Ia5String::try_from(text).unwrap();
        params.subject_alt_names = vec![
            SanType::DnsName(text(format!("{name}.example"))),
            SanType::URI(text(format!("urn:system:{name}"))),
            SanType::IpAddress("192.0.2.7".parse().unwrap()),
            SanType::Rfc822Name(text(format!("{name}@example.cn"))),
        ];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certified { pem: certificate.pem(), der: certificate.der().to_vec(), key }
    }

    /// A server certificate for localhost.
    pub fn certify_server(&self, hosts: &[&str]) -> Certified {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = params("server", Validity::Now);
        params.subject_alt_names =
            hosts.iter().map(|host| SanType::DnsName((*host).to_owned().try_into().unwrap())).collect();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Certified { pem: certificate.pem(), der: certificate.der().to_vec(), key }
    }
}

impl Certified {
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = params(name, Validity::Now).self_signed(&key).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().to_vec(), key }
    }

    /// The public key, as its owner registers it.
    pub fn jwk(&self) -> Value {
        let [4, point @ ..] = self.key.public_key_raw() else { panic!("a P-256 point") };
        let (x, y) = point.split_at(32);
        let printed = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "kty": "EC", "crv": "P-256", "x": printed(x), "y": printed(y),
            "x5c": [BASE64_STANDARD.encode(&self.der)],
        })
    }

    /// As a connection would show it.
    pub fn shown(&self) -> ClientCertificate {
        ClientCertificate::of_chain(vec![self.der.clone()]).unwrap()
    }
}

/// `C=CN, O=市民之家, CN=name`.
fn params(name: &str, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "CN");
    params.distinguished_name.push(DnType::OrganizationName, "市民之家");
    params.distinguished_name.push(DnType::CommonName, name);
    let year = |year| rcgen::date_time_ymd(year, 1, 1);
    (params.not_before, params.not_after) = match validity {
        Validity::Now => (year(2020), year(2040)),
        Validity::Over => (year(2020), year(2025)),
        Validity::NotYet => (year(2040), year(2050)),
    };
    params
}
