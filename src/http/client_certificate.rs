//! The client certificate of a request: of its own connection, or as a trusted proxy passes it on (RFC 8705 §6.5, RFC 9440).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Extensions, HeaderMap};

use super::client_ip;
use crate::base::ClientCertificate;
use crate::config::Settings;
use crate::crypto::certificate::{Certificate, from_pem};
use crate::protocol::urlencoded;

const MOST_HEADER: usize = 48 * 1024;

/// What a trusted proxy says goes before what its own connection shows; nobody else's headers are read.
pub fn of(extensions: &Extensions, headers: &HeaderMap, settings: &Settings) -> Option<ClientCertificate> {
    let peer = client_ip::peer(extensions);
    if settings.trusted_proxies.iter().any(|block| block.contains(peer)) {
        let mut passed = settings.client_cert_headers.iter().flat_map(|name| headers.get_all(name));
        let passed = passed.by_ref().filter(|value| !value.is_empty()).collect::<Vec<_>>();
        match passed.as_slice() {
            [] => {}
            [one] => return read(one.as_bytes()),
            // One of them came from further away than the proxy.
            _ => {
                tracing::warn!("a proxy passed more than one client certificate; none of them counts");
                return None;
            }
        }
    }
    extensions.get::<ClientCertificate>().cloned()
}

fn read(value: &[u8]) -> Option<ClientCertificate> {
    let der =
        if value.len() > MOST_HEADER { None } else { byte_sequence(value).or_else(|| escaped_pem(value)) };
    if der.is_none() {
        tracing::warn!("a proxy passed a client certificate that cannot be read");
    }
    ClientCertificate::of_chain(vec![der?])
}

/// RFC 9440 §2.1: `:` base64 of the DER `:`.
fn byte_sequence(value: &[u8]) -> Option<Vec<u8>> {
    let encoded = value.strip_prefix(b":")?.strip_suffix(b":")?;
    let der = STANDARD.decode(encoded).ok()?;
    Certificate::parse(&der).ok().map(|_| der)
}

/// URL-encoded PEM, as nginx writes `$ssl_client_escaped_cert`. A plus sign stands for itself there.
fn escaped_pem(value: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(value).ok()?.replace('+', "%2B");
    let pem = urlencoded::decode(text.as_bytes()).ok()?;
    from_pem(pem.as_bytes()).ok()
}
