//! Until when a certificate is valid (RFC 5280 §4.1.2.5), and for which hosts it is made (RFC 9525).

use std::path::Path;

use chrono::NaiveDateTime;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use crate::base::Timestamp;

/// `notAfter` of the first certificate in a PEM file.
pub fn expires_at(path: &Path) -> Option<Timestamp> {
    let certificate = CertificateDer::from_pem_file(path).ok()?;
    not_after(certificate.as_ref())
}

/// Those of the hosts that the first certificate in a PEM file is not made for: browsers refuse it there.
pub fn not_made_for(path: &Path, hosts: Vec<String>) -> Vec<String> {
    let Ok(certificate) = CertificateDer::from_pem_file(path) else { return Vec::new() };
    let Ok(parsed) = ParsedCertificate::try_from(&certificate) else { return Vec::new() };
    let fits = |host: &String| {
        ServerName::try_from(host.as_str()).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
    };
    hosts.into_iter().filter(|host| !fits(host)).collect()
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = element(fields)?.2;
    }
    // Serial number, signature algorithm and issuer come before.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (tag, validity, _) = element(fields)?;
    let (_, _, after_not_before) = element(validity)?;
    let (kind, time, _) = element(after_not_before)?;
    if tag == SEQUENCE { read_time(kind, std::str::from_utf8(time).ok()?) } else { None }
}

/// Tag, content, and what follows, of one DER element (X.690 §8.1).
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..=0x7f => (short, rest),
        long @ 0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn read_time(kind: u8, text: &str) -> Option<Timestamp> {
    let full = match kind {
        // Years from 50 are of the last century (RFC 5280 §4.1.2.5.1).
        UTC_TIME => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let at = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?;
    Some(Timestamp::from_seconds(at.and_utc().timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::scratch::Scratch;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, 0x82, (content.len() >> 8) as u8, content.len() as u8];
        bytes.extend_from_slice(content);
        bytes
    }

    fn certificate(kind: u8, end: &str) -> Vec<u8> {
        let validity = [der(UTC_TIME, b"260101000000Z"), der(kind, end.as_bytes())].concat();
        let before = [der(VERSION, b"x"), der(0x02, b"1"), der(SEQUENCE, b"alg"), der(SEQUENCE, b"issuer")];
        let fields = [before.concat(), der(SEQUENCE, &validity)].concat();
        der(SEQUENCE, &der(SEQUENCE, &fields))
    }

    #[test]
    fn reads_the_end_of_a_certificate() {
        let cases = [
            (UTC_TIME, "271231235959Z", Some("2027-12-31T23:59:59Z")),
            (UTC_TIME, "991231235959Z", Some("1999-12-31T23:59:59Z")),
            (GENERALIZED_TIME, "20501231235959Z", Some("2050-12-31T23:59:59Z")),
            (UTC_TIME, "271331235959Z", None),
            (0x0c, "271231235959Z", None),
        ];
        for (kind, text, expected) in cases {
            let end = not_after(&certificate(kind, text)).map(Timestamp::rfc3339);
            assert_eq!(end.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn says_for_which_host_it_is_not_made() {
        let folder = Scratch::open();
        let file = folder.join("cert.pem");
        let names = ["id.example.gov.cn", "*.apps.example", "10.0.0.1"].map(str::to_owned).to_vec();
        std::fs::write(&file, rcgen::generate_simple_self_signed(names).unwrap().cert.pem()).unwrap();
        let hosts = ["id.example.gov.cn", "a.apps.example", "10.0.0.1", "other.example", "10.0.0.2"];
        let wrong = not_made_for(&file, hosts.map(str::to_owned).to_vec());
        assert_eq!(wrong, ["other.example", "10.0.0.2"]);
    }

    #[test]
    fn a_cut_certificate_has_no_end() {
        let whole = certificate(UTC_TIME, "271231235959Z");
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
    }
}
