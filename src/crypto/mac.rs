//! Keyed digests for purposes that must not mix, and the plain digest of tokens that carry 256 bits themselves.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// What a keyed digest is for; a digest made for one purpose never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    ClientSecret,
    Csrf,
    VisitCode,
    CardReading,
    Pairwise,
    Fingerprint,
    KeyCheck,
    AuditSeal,
    UserCode,
    RegistrationToken,
    RefreshSuccessor,
    BrowserState,
    DpopNonce,
    ShownTo,
    SimulatedReader,
    KnownBrowser,
}

/// An HMAC-SHA256 key.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The keyed digest of `parts` as base64url. Each part is preceded by its length, so parts cannot run into one another.
    pub fn of(&self, purpose: Purpose, parts: &[&[u8]]) -> String {
        URL_SAFE_NO_PAD.encode(self.tag(purpose, parts))
    }

    /// 32 secret bytes of a purpose, the same wherever this key is.
    pub fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        derived.iter_mut().zip(self.tag(purpose, &[]).as_ref()).for_each(|(to, from)| *to = *from);
        derived
    }

    fn tag(&self, purpose: Purpose, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose.label().as_bytes());
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }

    /// Whether `claimed` is that digest, in constant time.
    pub fn matches(&self, purpose: Purpose, parts: &[&[u8]], claimed: &str) -> bool {
        constant_time::verify_slices_are_equal(self.of(purpose, parts).as_bytes(), claimed.as_bytes()).is_ok()
    }
}

impl Purpose {
    fn label(self) -> &'static str {
        match self {
            Purpose::ClientSecret => "client-secret\0",
            Purpose::Csrf => "csrf\0",
            Purpose::VisitCode => "visit-code\0",
            Purpose::CardReading => "card-reading\0",
            Purpose::Pairwise => "pairwise\0",
            Purpose::Fingerprint => "fingerprint\0",
            Purpose::KeyCheck => "key-check\0",
            Purpose::AuditSeal => "audit-seal\0",
            Purpose::UserCode => "user-code\0",
            Purpose::RegistrationToken => "registration-token\0",
            Purpose::RefreshSuccessor => "refresh-successor\0",
            Purpose::BrowserState => "browser-state\0",
            Purpose::DpopNonce => "dpop-nonce\0",
            Purpose::ShownTo => "shown-to\0",
            Purpose::SimulatedReader => "simulated-reader\0",
            Purpose::KnownBrowser => "known-browser\0",
        }
    }
}

/// SHA-256 as base64url: how bearer tokens, codes and cookies are kept, since they carry 256 bits of their own.
pub fn digest(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}
