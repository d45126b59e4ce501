//! What clients of the FAPI profiles are told in an ID token: what the specifications name, and what they do something with.

use super::registration::Client;
use crate::protocol::GrantType;

/// Whether ID tokens tell `sid`: of a strict client only where something is done with it.
pub fn tells_session(client: &Client) -> bool {
    let metadata = &client.metadata;
    let hears_of_logout =
        metadata.backchannel_logout_uri.is_some() || metadata.frontchannel_logout_uri.is_some();
    // CIBA Core 1.0 §7.1: as `id_token_hint` such a token leads back to the person.
    !client.profile.is_fapi2() || hears_of_logout || metadata.may_use(GrantType::Ciba)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Profile;
    use crate::client::registration::tests::client;

    #[test]
    fn a_strict_client_hears_of_the_session_where_it_hears_of_its_end() {
        let mut plain = client(json!({}));
        assert!(tells_session(&plain));
        plain.profile = Profile::Fapi2;
        assert!(!tells_session(&plain));
        let mut hearing = client(json!({"backchannel_logout_uri": "https://app.example/out"}));
        hearing.profile = Profile::Fapi2MessageSigning;
        assert!(tells_session(&hearing));
    }
}
