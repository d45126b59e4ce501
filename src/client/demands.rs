//! What a profile makes of a registration: what it decides where nothing is said, what it demands, what it forbids.

use serde_json::{Map, Value, json};

use super::registration::Profile;
use crate::protocol::algorithm::AssertionAlgorithm;
use crate::protocol::ciba::DeliveryMode;
use crate::protocol::client_auth::ClientAuthMethod;
use crate::protocol::redirect::{ApplicationType, RedirectForm, RedirectUri};
use crate::protocol::response::ResponseType;
use crate::protocol::{ClientMetadata, GrantType, SigningAlgorithm};

/// Says for a registration what it does not say and the profile decides: RS256, everybody else's default, is forbidden in
/// the FAPI profiles.
pub fn complete(profile: Profile, members: &mut Map<String, Value>) {
    if profile.is_fapi2() && members.get(ID_TOKEN_ALGORITHM).is_none_or(Value::is_null) {
        members.insert(ID_TOKEN_ALGORITHM.to_owned(), json!(SigningAlgorithm::Ps256));
    }
}

/// The registration with what its profile demands of the client anyway, so that it reads as it is judged. Of the two ways
/// to bind tokens a FAPI client may take either, so that neither wish is written down for it.
pub fn with_demands(profile: Profile, metadata: ClientMetadata) -> ClientMetadata {
    ClientMetadata {
        require_pushed_authorization_requests: profile.is_fapi2()
            || metadata.require_pushed_authorization_requests,
        require_signed_request_object: profile == Profile::Fapi2MessageSigning
            || metadata.require_signed_request_object,
        ..metadata
    }
}

const ID_TOKEN_ALGORITHM: &str = "id_token_signed_response_alg";

/// What a profile forbids in a registration: the member and what is wrong with it.
pub fn conflict(profile: Profile, metadata: &ClientMetadata) -> Option<(&'static str, &'static str)> {
    if !profile.is_fapi2() {
        return None;
    }
    // FAPI 2.0 Security Profile §5.3.2.1 and §5.4.1.
    let method = metadata.token_endpoint_auth_method;
    if method != ClientAuthMethod::PrivateKeyJwt && !method.is_mutual_tls() {
        return Some((
            "token_endpoint_auth_method",
            "must be private_key_jwt, tls_client_auth or self_signed_tls_client_auth in the FAPI 2.0 profiles",
        ));
    }
    // FAPI-CIBA §5.2.2 (3): the tokens of a push could not be bound to a key of the client.
    if metadata.may_use(GrantType::Ciba) && metadata.delivery_mode() == DeliveryMode::Push {
        return Some(("backchannel_token_delivery_mode", "must be poll or ping in the FAPI 2.0 profiles"));
    }
    let assertion = metadata.token_endpoint_auth_signing_alg.and_then(AssertionAlgorithm::signing);
    let algorithms = [
        (ID_TOKEN_ALGORITHM, Some(metadata.id_token_signed_response_alg)),
        ("userinfo_signed_response_alg", metadata.userinfo_signed_response_alg),
        ("introspection_signed_response_alg", metadata.introspection_signed_response_alg),
        ("token_endpoint_auth_signing_alg", assertion),
        ("request_object_signing_alg", metadata.request_object_signing_alg),
        ("authorization_signed_response_alg", metadata.authorization_signed_response_alg),
        (
            "backchannel_authentication_request_signing_alg",
            metadata.backchannel_authentication_request_signing_alg,
        ),
    ];
    if let Some((member, _)) = algorithms.iter().find(|(_, alg)| *alg == Some(SigningAlgorithm::Rs256)) {
        return Some((member, "must be PS256, ES256 or EdDSA in the FAPI 2.0 profiles"));
    }
    // FAPI 2.0 Security Profile §5.3.2.2.
    let front = metadata.response_types.iter().any(|kind| *kind != ResponseType::Code);
    if front || metadata.may_use(GrantType::Implicit) {
        return Some(("response_types", "must be code alone in the FAPI 2.0 profiles"));
    }
    if !metadata.redirect_uris.iter().all(|text| is_protected(text, metadata.application_type)) {
        return Some((
            "redirect_uris",
            "must be https in the FAPI 2.0 profiles, or loopback of a native application",
        ));
    }
    None
}

fn is_protected(redirect_uri: &str, application: ApplicationType) -> bool {
    let form = redirect_uri.parse::<RedirectUri>().map(|uri| uri.form());
    match form {
        Ok(RedirectForm::Https) => true,
        Ok(RedirectForm::Loopback) => application == ApplicationType::Native,
        Ok(RedirectForm::PrivateScheme) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::registration::tests::client;

    #[test]
    fn one_word_is_enough_for_fapi() {
        let completed = |profile, members: Value| {
            let Value::Object(mut members) = members else { panic!() };
            complete(profile, &mut members);
            with_demands(profile, ClientMetadata::from_members(members).unwrap())
        };
        for method in ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"] {
            for profile in [Profile::Fapi2, Profile::Fapi2MessageSigning] {
                let made = completed(profile, json!({"token_endpoint_auth_method": method}));
                assert_eq!(conflict(profile, &made), None);
                assert_eq!(made.id_token_signed_response_alg, SigningAlgorithm::Ps256);
                assert!(made.require_pushed_authorization_requests);
                assert_eq!(made.require_signed_request_object, profile == Profile::Fapi2MessageSigning);
                // Either way to bind tokens is open to it.
                assert!(!made.dpop_bound_access_tokens && !made.tls_client_certificate_bound_access_tokens);
            }
        }
        let algorithm =
            |value: Value| completed(Profile::Fapi2, json!({"id_token_signed_response_alg": value}));
        assert_eq!(algorithm(Value::Null).id_token_signed_response_alg, SigningAlgorithm::Ps256);
        assert_eq!(algorithm(json!("EdDSA")).id_token_signed_response_alg, SigningAlgorithm::EdDsa);
        // What is said is judged as said.
        assert_eq!(algorithm(json!("RS256")).id_token_signed_response_alg, SigningAlgorithm::Rs256);
        for profile in [Profile::Default, Profile::Legacy] {
            let made = completed(profile, json!({}));
            assert_eq!(made.id_token_signed_response_alg, SigningAlgorithm::Rs256);
            assert!(!made.require_pushed_authorization_requests && !made.require_signed_request_object);
        }
    }

    #[test]
    fn fapi_forbids_shared_secrets_and_rs256() {
        let of = |members| conflict(Profile::Fapi2, &client(members).metadata).map(|(member, _)| member);
        let jwt = "private_key_jwt";
        assert_eq!(of(json!({})), Some("token_endpoint_auth_method"));
        assert_eq!(of(json!({"token_endpoint_auth_method": jwt})), Some("id_token_signed_response_alg"));
        let good = json!({"token_endpoint_auth_method": jwt, "id_token_signed_response_alg": "ES256"});
        assert_eq!(of(good.clone()), None);
        let tls =
            json!({"token_endpoint_auth_method": "tls_client_auth", "id_token_signed_response_alg": "PS256"});
        assert_eq!(of(tls), None);
        for (member, value) in [
            ("request_object_signing_alg", json!("RS256")),
            ("authorization_signed_response_alg", json!("RS256")),
            ("userinfo_signed_response_alg", json!("RS256")),
            ("introspection_signed_response_alg", json!("RS256")),
            ("response_types", json!(["code", "code id_token"])),
            ("redirect_uris", json!(["http://localhost:9/cb"])),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            assert_eq!(of(bad), Some(member));
        }
        assert_eq!(conflict(Profile::Legacy, &client(json!({})).metadata), None);
    }
}
