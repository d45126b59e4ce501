//! What a client registers about itself (RFC 7591, RFC 7592): every member read, judged, and printed again.
//! Lines: the request, the claims of a software statement.

use serde_json::Value;
use tongyao::base::Locale;
use tongyao::client::{Powers, Profile, demands};
use tongyao::protocol::redirect::RedirectForm;
use tongyao::protocol::registration::{Submitted, description};
use tongyao::protocol::{ClientMetadata, RedirectUri, Scope};
use url::Url;

use super::pieces::{client, is_graphic, lines, object, reached};

pub const PLACES: &[&str] = &["sound", "refused", "a client", "powers"];

pub fn run(data: &[u8]) {
    let [request, statement] = lines::<2>(data);
    has_powers(&request);
    let Ok(mut submitted) = Submitted::parse(&request) else { return };
    is_judged(&submitted);
    assert!(submitted.problems_of_replacement("").len() <= 8);
    if let Some(claims) = object(&statement) {
        submitted.overrule(&claims);
        is_judged(&submitted);
    }
}

fn is_judged(submitted: &Submitted) {
    match submitted.metadata(&"openid".parse::<Scope>().unwrap(), |_| {}) {
        Ok(metadata) => is_sound(&metadata),
        Err(problems) => {
            assert!(!problems.is_empty());
            reached("refused");
            let told = description(&problems);
            assert!(told.len() <= 2300 && told.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{told}");
            assert!(!told.contains(['"', '\\']), "{told}");
        }
    }
}

/// What passed every check can be kept, read again, and used without a fault.
pub fn is_sound(metadata: &ClientMetadata) {
    reached("sound");
    assert_eq!(metadata.check(), []);
    let kept = serde_json::to_string(metadata).unwrap();
    let again: ClientMetadata = serde_json::from_str(&kept).unwrap();
    if again != *metadata {
        // Numbers inside a JWK set may be rounded once.
        assert!(metadata.jwks.is_some(), "{kept}");
    }
    for text in metadata.redirect_uris.iter().chain(&metadata.post_logout_redirect_uris) {
        let uri: RedirectUri = text.parse().unwrap();
        assert!(uri.suits(metadata.application_type).is_ok() && is_graphic(&uri.csp_source()));
        assert!(!uri.csp_source().contains([';', ',', '\'']), "{text}");
    }
    let called = [
        &metadata.jwks_uri,
        &metadata.initiate_login_uri,
        &metadata.backchannel_logout_uri,
        &metadata.frontchannel_logout_uri,
        &metadata.sector_identifier_uri,
        &metadata.backchannel_client_notification_endpoint,
    ];
    for text in called.into_iter().flatten() {
        assert_ne!(text.parse::<RedirectUri>().unwrap().form(), RedirectForm::PrivateScheme, "{text}");
    }
    for locale in Locale::ALL {
        let shown = [metadata.name(locale), metadata.policy(locale), metadata.terms(locale)];
        assert!(shown.into_iter().flatten().all(|text| !text.chars().any(char::is_control)), "{shown:?}");
        let (client, logo) = (metadata.client_uri.as_deref(), metadata.logo_uri.as_deref());
        for link in [metadata.policy(locale), metadata.terms(locale), client, logo].into_iter().flatten() {
            assert!(Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")), "{link}");
            assert!(!link.chars().any(|c| c.is_control() || c.is_whitespace()), "{link:?}");
        }
    }
    assert!(metadata.allowed_resources.iter().all(|one| is_graphic(one)));
    for profile in Profile::ALL {
        if demands::conflict(profile, metadata).is_none() {
            reached("a client");
            let client = client(profile, metadata.clone());
            let keys = client.keys.iter().flat_map(|set| &set.keys);
            assert!(keys.count() + client.encryption_keys.len() <= 64);
            assert!(client.sector.len() <= 2048 && !client.sector.is_empty());
            let redirects = &metadata.redirect_uris;
            assert!(redirects.iter().all(|uri| client.find_redirect(uri).is_some()));
        }
    }
}

/// What an operator declares beside it.
fn has_powers(text: &str) {
    let Some(members) = object(text) else { return };
    let known = members.into_iter().filter(|(name, _)| Powers::MEMBERS.contains(&name.as_str()));
    match Powers::from_members(known.collect()) {
        Ok(powers) => {
            let again: Powers = serde_json::from_value(serde_json::to_value(&powers).unwrap()).unwrap();
            assert!(again == powers || powers.trusted_issuers.iter().any(|one| one.jwks.is_some()));
            assert!(powers.resource_identifiers.iter().all(|one| is_graphic(one)));
            if powers != Powers::default() {
                reached("powers");
            }
            let members = serde_json::to_value(&powers).unwrap();
            let Value::Object(members) = members else { panic!("{members}") };
            assert_eq!(Powers::from_members(members), Ok(powers));
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|(_, what)| what.chars().count() <= 200));
        }
    }
}
