//! Client secrets: 256 bits, kept as a keyed digest, so that machine traffic costs no slow hash.

use crate::base::{Moment, Secret};
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::protocol::ClientMetadata;
use crate::protocol::client_auth::ClientAuthMethod;

const BYTES: usize = 32;

/// Whether a client of this metadata has a secret. One that signs with it has it sealed too (`shared_secret`).
pub fn is_needed(metadata: &ClientMetadata) -> bool {
    matches!(
        metadata.token_endpoint_auth_method,
        ClientAuthMethod::ClientSecretBasic
            | ClientAuthMethod::ClientSecretPost
            | ClientAuthMethod::ClientSecretJwt
    )
}

/// A new secret: 43 characters of base64url.
pub fn generate(moment: &Moment) -> Secret {
    Secret::new(moment.random.token(BYTES))
}

/// What the database keeps; of no use for another client.
pub fn digest(keys: &Keys, client_id: &str, secret: &Secret) -> String {
    keys.mac.of(Purpose::ClientSecret, &parts(client_id, secret))
}

/// Whether the secret is the one whose digest is kept. Without one the same work is done for nothing.
pub fn matches(keys: &Keys, client_id: &str, secret: &Secret, kept: Option<&str>) -> bool {
    keys.mac.matches(Purpose::ClientSecret, &parts(client_id, secret), kept.unwrap_or_default())
}

fn parts<'a>(client_id: &'a str, secret: &'a Secret) -> [&'a [u8]; 2] {
    [client_id.as_bytes(), secret.expose().as_bytes()]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Timestamp;
    use crate::base::random::Seeded;
    use crate::client::authenticate::tests::keys;

    #[test]
    fn a_secret_fits_its_own_client_only() {
        let (keys, _folder) = keys();
        let moment = Moment::of_system(Timestamp::from_seconds(1), Arc::new(Seeded::new(1)));
        let secret = generate(&moment);
        assert_eq!(secret.expose().len(), 43);
        let kept = digest(&keys, "app1", &secret);
        assert!(!kept.contains(secret.expose()));
        assert!(matches(&keys, "app1", &secret, Some(&kept)));
        assert!(!matches(&keys, "app2", &secret, Some(&kept)));
        assert!(!matches(&keys, "app1", &generate(&moment), Some(&kept)));
        assert!(!matches(&keys, "app1", &secret, None));
    }
}
