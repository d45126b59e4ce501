//! What clients of the FAPI profiles are told: what the specifications name, and nothing of ours beside it.

use super::policy::is_fapi2;
use super::registration::Client;
use crate::protocol::GrantType;

/// The members of an error that is told by redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorMembers {
    /// Those of RFC 6749 §4.1.2.1; number and `txn` stand in the address of `error_uri`.
    Standard,
    /// With ours beside them.
    Extended,
}

pub fn error_members(client: &Client) -> ErrorMembers {
    if is_fapi2(client.profile) { ErrorMembers::Standard } else { ErrorMembers::Extended }
}

/// Whether ID tokens tell `sid`: of a strict client only where something is done with it.
pub fn tells_session(client: &Client) -> bool {
    let metadata = &client.metadata;
    let hears_of_logout =
        metadata.backchannel_logout_uri.is_some() || metadata.frontchannel_logout_uri.is_some();
    // CIBA Core 1.0 §7.1: as `id_token_hint` such a token leads back to the person.
    !is_fapi2(client.profile) || hears_of_logout || metadata.may_use(GrantType::Ciba)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::Profile;
    use crate::client::registration::tests::client;

    #[test]
    fn strict_clients_are_told_what_the_specifications_name() {
        let mut plain = client(json!({}));
        assert_eq!((error_members(&plain), tells_session(&plain)), (ErrorMembers::Extended, true));
        plain.profile = Profile::Fapi2;
        assert_eq!((error_members(&plain), tells_session(&plain)), (ErrorMembers::Standard, false));
        let mut hearing = client(json!({"backchannel_logout_uri": "https://app.example/out"}));
        hearing.profile = Profile::Fapi2MessageSigning;
        assert!(tells_session(&hearing));
    }
}
