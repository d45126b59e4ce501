//! Clients that show who they are by mutual TLS: `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 §2).

use std::net::IpAddr;

use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;

use super::authenticate::{AuthenticationProblem, Authenticator};
use super::registration::Client;
use crate::base::{ClientCertificate, Moment, Timestamp};
use crate::crypto::certificate::{Certificate, ChainProblem};
use crate::protocol::client_auth::ClientAuthMethod;
use crate::protocol::distinguished_name::DistinguishedName;
use crate::protocol::thumbprint::thumbprint;
use crate::protocol::{ClientMetadata, Refusal};

impl Authenticator {
    /// Whether the certificate of this connection is the client's.
    pub(super) async fn check_certificate(
        &self,
        moment: &Moment,
        client: &Client,
    ) -> Result<(), AuthenticationProblem> {
        let shown = moment.certificate.as_ref().ok_or(Refusal::CertificateMissing)?;
        let certificate = Certificate::parse(shown.leaf()).map_err(|_| Refusal::CertificateUntrusted)?;
        if client.metadata.token_endpoint_auth_method == ClientAuthMethod::SelfSignedTlsClientAuth {
            return Ok(self.check_own_key(moment.now, client, &certificate).await?);
        }
        self.check_chain(moment.now, shown)?;
        match carries_registered_name(&client.metadata, &certificate) {
            true => Ok(()),
            false => Err(Refusal::CertificateOtherSubject.into()),
        }
    }

    fn check_chain(&self, now: Timestamp, shown: &ClientCertificate) -> Result<(), Refusal> {
        let authorities = self.authorities.as_ref().ok_or(Refusal::CertificateUntrusted)?;
        authorities.verify(now, shown).map_err(|problem| match problem {
            ChainProblem::OutOfTime => Refusal::CertificateExpired,
            ChainProblem::Untrusted => Refusal::CertificateUntrusted,
        })
    }

    /// RFC 8705 §2.2: the key counts, not who signed the certificate or when it ends.
    async fn check_own_key(
        &self,
        now: Timestamp,
        client: &Client,
        certificate: &Certificate,
    ) -> Result<(), Refusal> {
        let shown = certificate.key.as_deref().ok_or(Refusal::CertificateOtherKey)?;
        let Some(at) = client.keys_at() else {
            let known = client.keys.as_ref().is_some_and(|keys| holds(keys, shown));
            return if known { Ok(()) } else { Err(Refusal::CertificateOtherKey) };
        };
        let keys = self.trust.keys(now, at).await.map_err(|_| Refusal::ClientKeysUnavailable)?;
        if holds(&keys, shown) {
            return Ok(());
        }
        // The client may have published the key since.
        match self.trust.newer_keys(now, at, &keys).await {
            Some(newer) if holds(&newer, shown) => Ok(()),
            _ => Err(Refusal::CertificateOtherKey),
        }
    }
}

fn holds(keys: &JwkSet, wanted: &str) -> bool {
    keys.keys.iter().any(|key| match serde_json::to_value(key) {
        Ok(Value::Object(members)) => thumbprint(&members).is_ok_and(|known| known == wanted),
        _ => false,
    })
}

/// RFC 8705 §2.1.2: the one name the client registered.
fn carries_registered_name(metadata: &ClientMetadata, certificate: &Certificate) -> bool {
    let names = &certificate.names;
    if let Some(subject) = &metadata.tls_client_auth_subject_dn {
        return subject.parse::<DistinguishedName>().is_ok_and(|subject| subject == certificate.subject);
    }
    if let Some(host) = &metadata.tls_client_auth_san_dns {
        return names.dns.iter().any(|name| name.eq_ignore_ascii_case(host));
    }
    if let Some(uri) = &metadata.tls_client_auth_san_uri {
        return names.uris.contains(uri);
    }
    if let Some(address) = &metadata.tls_client_auth_san_ip {
        return address.parse::<IpAddr>().is_ok_and(|address| names.addresses.contains(&address));
    }
    metadata
        .tls_client_auth_san_email
        .as_ref()
        .is_some_and(|email| names.emails.iter().any(|name| same(name, email)))
}

/// RFC 5321 §2.4: the host has no case, the mailbox may.
fn same(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((mailbox, host)), Some((other_mailbox, other_host))) => {
            mailbox == other_mailbox && host.eq_ignore_ascii_case(other_host)
        }
        _ => false,
    }
}
