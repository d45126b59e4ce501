//! What the members of client metadata must say together.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;
use url::Url;

use super::{ClientMetadata, MetadataProblem, encryption, short_texts};
use crate::protocol::algorithm::AssertionAlgorithm;
use crate::protocol::ciba::DeliveryMode;
use crate::protocol::client_auth::ClientAuthMethod;
use crate::protocol::distinguished_name::DistinguishedName;
use crate::protocol::grant_type::GrantType;
use crate::protocol::redirect::{RedirectForm, RedirectUri};
use crate::protocol::resource::is_resource;
use crate::protocol::response::ResponseType;

const MOST_ADDRESSES: usize = 64;
const MOST_CHARACTERS: usize = 2048;
const MOST_NAME: usize = 100;
const MOST_KEYS: usize = 32;

type Rule = fn(&ClientMetadata, &mut Problems);

const RULES: [Rule; 13] = [
    redirects,
    post_logout_redirects,
    response_and_grant_types,
    client_authentication,
    mutual_tls,
    keys,
    addresses_outside,
    frontchannel_logout,
    for_people,
    sector,
    encryption,
    ciba,
    resources,
];

impl ClientMetadata {
    /// Everything that is wrong; empty when the client can be registered.
    pub fn check(&self) -> Vec<MetadataProblem> {
        let mut problems = Problems(Vec::new());
        for rule in RULES {
            rule(self, &mut problems);
        }
        problems.0
    }
}

struct Problems(Vec<MetadataProblem>);

impl Problems {
    fn add(&mut self, member: &str, what: impl AsRef<str>) {
        self.0.push(MetadataProblem::new(member, what));
    }

    fn add_unless(&mut self, holds: bool, member: &str, what: &str) {
        if !holds {
            self.add(member, what);
        }
    }
}

fn redirects(metadata: &ClientMetadata, problems: &mut Problems) {
    let needed = metadata.may_use(GrantType::AuthorizationCode) || metadata.may_use(GrantType::Implicit);
    let given = !metadata.redirect_uris.is_empty();
    problems.add_unless(
        given || !needed,
        "redirect_uris",
        "is needed for the grants authorization_code and implicit",
    );
    redirect_list(metadata, "redirect_uris", &metadata.redirect_uris, problems);
}

fn post_logout_redirects(metadata: &ClientMetadata, problems: &mut Problems) {
    redirect_list(metadata, "post_logout_redirect_uris", &metadata.post_logout_redirect_uris, problems);
}

fn redirect_list(metadata: &ClientMetadata, member: &str, list: &[String], problems: &mut Problems) {
    if list.len() > MOST_ADDRESSES {
        return problems.add(member, "has more than 64 addresses");
    }
    let mut seen = BTreeSet::new();
    for text in list {
        problems.add_unless(seen.insert(text), member, "names an address twice");
        let fit = text.parse::<RedirectUri>().and_then(|uri| uri.suits(metadata.application_type));
        if let Err(problem) = fit {
            problems.add(member, format!("{text:.100} {problem}"));
        }
    }
}

/// OpenID Connect Registration §2: each response type has its grant type.
fn response_and_grant_types(metadata: &ClientMetadata, problems: &mut Problems) {
    let code = metadata.may_use(GrantType::AuthorizationCode);
    let implicit = metadata.may_use(GrantType::Implicit);
    for kind in &metadata.response_types {
        // `code` alone is what is registered when nothing is said (RFC 7591 §2).
        if kind.gives_code() && !code && *kind != ResponseType::Code {
            problems.add("response_types", format!("{kind} needs the grant authorization_code"));
        }
        if (kind.gives_id_token() || kind.gives_access_token()) && !implicit {
            problems.add("response_types", format!("{kind} needs the grant implicit"));
        }
    }
    problems.add_unless(!metadata.grant_types.is_empty(), "grant_types", "is empty");
    problems.add_unless(
        !code || metadata.response_types.iter().any(|kind| kind.gives_code()),
        "response_types",
        "must have code for the grant authorization_code",
    );
    let gives_refresh = code || metadata.may_use(GrantType::DeviceCode) || metadata.may_use(GrantType::Ciba);
    problems.add_unless(
        gives_refresh || !metadata.may_use(GrantType::RefreshToken),
        "grant_types",
        "has refresh_token without a grant that gives one",
    );
}

fn client_authentication(metadata: &ClientMetadata, problems: &mut Problems) {
    let method = metadata.token_endpoint_auth_method;
    if method == ClientAuthMethod::PrivateKeyJwt {
        let given = has_keys(metadata) || metadata.jwks_uri.is_some();
        problems.add_unless(given, "jwks", "private_key_jwt needs jwks with a key, or jwks_uri");
    }
    // Beside any other method it governs nothing (OIDC Registration §2), and libraries send it with every registration.
    let fits = match (method, metadata.token_endpoint_auth_signing_alg) {
        (ClientAuthMethod::ClientSecretJwt, Some(algorithm)) => algorithm == AssertionAlgorithm::Hs256,
        (ClientAuthMethod::PrivateKeyJwt, Some(algorithm)) => algorithm.signing().is_some(),
        _ => true,
    };
    let what = "must be HS256 for client_secret_jwt, and no HMAC for private_key_jwt";
    problems.add_unless(fits, "token_endpoint_auth_signing_alg", what);
    // RFC 6749 §4.4: client credentials are for confidential clients only. So is what rests on being believed.
    let confidential = [
        (GrantType::ClientCredentials, "none cannot use the grant client_credentials"),
        (GrantType::TokenExchange, "none cannot use the grant token-exchange"),
    ];
    for (grant, what) in confidential {
        let fits = method != ClientAuthMethod::None || !metadata.may_use(grant);
        problems.add_unless(fits, "token_endpoint_auth_method", what);
    }
    // RFC 7521 §4.1: the assertion shows who the client is, and the client needs nothing else, while it does nothing else.
    let alone = metadata.grant_types.iter().all(|grant| *grant == GrantType::JwtBearer);
    let fits = method != ClientAuthMethod::None || !metadata.may_use(GrantType::JwtBearer) || alone;
    problems.add_unless(fits, "token_endpoint_auth_method", "none can use jwt-bearer as its only grant");
}

/// RFC 8705 §2.1.2 and §2.2.2.
fn mutual_tls(metadata: &ClientMetadata, problems: &mut Problems) {
    let method = metadata.token_endpoint_auth_method;
    if method == ClientAuthMethod::SelfSignedTlsClientAuth {
        let given = has_keys(metadata) || metadata.jwks_uri.is_some();
        problems.add_unless(given, "jwks", "self_signed_tls_client_auth needs jwks with a key, or jwks_uri");
    }
    let names = [
        &metadata.tls_client_auth_subject_dn,
        &metadata.tls_client_auth_san_dns,
        &metadata.tls_client_auth_san_uri,
        &metadata.tls_client_auth_san_ip,
        &metadata.tls_client_auth_san_email,
    ];
    let given = names.iter().filter(|name| name.is_some()).count();
    if method == ClientAuthMethod::TlsClientAuth {
        let member = "tls_client_auth_subject_dn";
        problems.add_unless(given == 1, member, "tls_client_auth needs exactly one tls_client_auth_ member");
    } else {
        problems.add_unless(
            given == 0,
            "token_endpoint_auth_method",
            "must be tls_client_auth for the tls_client_auth_ members",
        );
    }
    if let Some(Err(problem)) =
        metadata.tls_client_auth_subject_dn.as_ref().map(|text| text.parse::<DistinguishedName>())
    {
        problems.add("tls_client_auth_subject_dn", problem.to_string());
    }
    let address = metadata.tls_client_auth_san_ip.as_ref();
    let is_address = address.is_none_or(|text| text.parse::<IpAddr>().is_ok());
    problems.add_unless(is_address, "tls_client_auth_san_ip", "must be an IPv4 or IPv6 address");
    let short =
        names.iter().all(|name| name.as_ref().is_none_or(|text| (1..=MOST_CHARACTERS).contains(&text.len())));
    problems.add_unless(short, "tls_client_auth_subject_dn", "and its like must be 1 to 2048 characters");
}

/// RFC 7591 §2: `jwks` and `jwks_uri` exclude each other, and only public keys belong there.
fn keys(metadata: &ClientMetadata, problems: &mut Problems) {
    let both = has_keys(metadata) && metadata.jwks_uri.is_some();
    problems.add_unless(!both, "jwks", "and jwks_uri exclude each other");
    let Some(jwks) = &metadata.jwks else { return };
    if jwks.as_object().is_none_or(|members| members.get("keys").is_some_and(|keys| !keys.is_array())) {
        return problems.add("jwks", "is not a JWK set");
    }
    problems.add_unless(listed_keys(metadata).len() <= MOST_KEYS, "jwks", "has more than 32 keys");
    for key in listed_keys(metadata) {
        let kind = key.get("kty").and_then(Value::as_str);
        problems.add_unless(
            matches!(kind, Some("RSA" | "EC" | "OKP")),
            "jwks",
            "has a key whose kty is not RSA, EC or OKP",
        );
        let private =
            ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|part| key.get(part).is_some());
        problems.add_unless(
            !private,
            "jwks",
            "has a private or symmetric key: replace it, it is no longer secret",
        );
    }
}

fn has_keys(metadata: &ClientMetadata) -> bool {
    !listed_keys(metadata).is_empty()
}

pub(super) fn listed_keys(metadata: &ClientMetadata) -> &[Value] {
    let keys = metadata.jwks.as_ref().and_then(|jwks| jwks.get("keys")).and_then(Value::as_array);
    keys.map(Vec::as_slice).unwrap_or_default()
}

fn addresses_outside(metadata: &ClientMetadata, problems: &mut Problems) {
    let single = [
        ("jwks_uri", &metadata.jwks_uri),
        ("backchannel_logout_uri", &metadata.backchannel_logout_uri),
        ("frontchannel_logout_uri", &metadata.frontchannel_logout_uri),
        ("backchannel_client_notification_endpoint", &metadata.backchannel_client_notification_endpoint),
        ("initiate_login_uri", &metadata.initiate_login_uri),
    ];
    for (member, address) in single {
        if let Some(address) = address {
            machine_address(member, address, problems);
        }
    }
    problems.add_unless(
        metadata.request_uris.len() <= MOST_ADDRESSES,
        "request_uris",
        "has more than 64 addresses",
    );
    for address in metadata.request_uris.iter().take(MOST_ADDRESSES) {
        // OpenID Connect Registration §2: the fragment of a request_uri may carry the digest of its content.
        let without_fragment = address.split('#').next().unwrap_or_default();
        machine_address("request_uris", without_fragment, problems);
    }
}

/// https, or http on loopback for development.
fn machine_address(member: &str, address: &str, problems: &mut Problems) {
    match address.parse::<RedirectUri>() {
        Ok(uri) if uri.form() == RedirectForm::PrivateScheme => problems.add(member, "must be https"),
        Ok(_) => {}
        Err(problem) => problems.add(member, problem.to_string()),
    }
}

/// Front-Channel Logout §2: domain, port and scheme are those of a redirect URI.
fn frontchannel_logout(metadata: &ClientMetadata, problems: &mut Problems) {
    let Some(address) = &metadata.frontchannel_logout_uri else { return };
    let source = |text: &String| text.parse::<RedirectUri>().ok().map(|uri| uri.csp_source());
    let own = source(address);
    let fits = own.is_none() || metadata.redirect_uris.iter().any(|uri| source(uri) == own);
    problems.add_unless(fits, "frontchannel_logout_uri", "must be on the origin of a redirect URI");
}

fn for_people(metadata: &ClientMetadata, problems: &mut Problems) {
    let links = [
        ("client_uri", &metadata.client_uri),
        ("logo_uri", &metadata.logo_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ];
    for (member, link) in links {
        if let Some(link) = link {
            problems.add_unless(is_link(link), member, "is not an http or https address");
        }
    }
    for (name, text) in &metadata.localized {
        let fits = if name.starts_with("client_name#") { is_name(text) } else { is_link(text) };
        problems.add_unless(
            fits,
            name,
            "is not a name of 1 to 100 characters, or not an http or https address",
        );
    }
    if let Some(name) = &metadata.client_name {
        problems.add_unless(
            is_name(name),
            "client_name",
            "must be 1 to 100 characters, none of them invisible",
        );
    }
    problems.add_unless(metadata.contacts.len() <= 16, "contacts", "must be at most 16 texts");
    problems.0.extend(short_texts::problems(metadata));
}

fn is_name(text: &str) -> bool {
    (1..=MOST_NAME).contains(&text.chars().count())
        && !text.trim().is_empty()
        && !text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// What is not seen, or turns the text around it (Unicode TR 36 §2): a name must read as it is written.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn is_link(text: &str) -> bool {
    // The URL parser passes over tabs, line ends and spaces around; a link has none.
    text.len() <= MOST_CHARACTERS
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn encryption(metadata: &ClientMetadata, problems: &mut Problems) {
    problems.0.extend(encryption::problems(metadata));
}

/// CIBA Core 1.0 §4 and §5: a client that begins requests shows who it is, and can be reached where it wants to be told.
fn ciba(metadata: &ClientMetadata, problems: &mut Problems) {
    if !metadata.may_use(GrantType::Ciba) {
        return;
    }
    problems.add_unless(
        !metadata.is_public(),
        "token_endpoint_auth_method",
        "none cannot use the grant urn:openid:params:grant-type:ciba",
    );
    let reachable = metadata.backchannel_client_notification_endpoint.is_some();
    problems.add_unless(
        reachable || metadata.delivery_mode() == DeliveryMode::Poll,
        "backchannel_client_notification_endpoint",
        "is needed for the delivery modes ping and push",
    );
    let bound = metadata.dpop_bound_access_tokens || metadata.tls_client_certificate_bound_access_tokens;
    problems.add_unless(
        !bound || metadata.delivery_mode() != DeliveryMode::Push,
        "backchannel_token_delivery_mode",
        "push cannot bind tokens to a key: use poll or ping",
    );
    let signs = metadata.backchannel_authentication_request_signing_alg.is_some();
    let keys = has_keys(metadata) || metadata.jwks_uri.is_some();
    problems.add_unless(
        keys || !signs,
        "jwks",
        "backchannel_authentication_request_signing_alg needs jwks with a key, or jwks_uri",
    );
}

/// RFC 8707 §2.
fn resources(metadata: &ClientMetadata, problems: &mut Problems) {
    let resources = &metadata.allowed_resources;
    let fit = resources.len() <= MOST_ADDRESSES && resources.iter().all(|text| is_resource(text));
    problems.add_unless(fit, "allowed_resources", "must be at most 64 absolute URIs without fragment");
}

fn sector(metadata: &ClientMetadata, problems: &mut Problems) {
    if let Err(problem) = metadata.sector() {
        problems.0.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::protocol::client_metadata::wrong_members;

    #[test]
    fn a_plain_client_is_fine() {
        let key = json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y"});
        let fine = [
            json!({}),
            json!({"jwks": {}}),
            json!({"grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none"}),
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}),
            json!({"backchannel_logout_uri": "http://localhost:8001/logout"}),
            json!({"token_endpoint_auth_method": "client_secret_basic", "token_endpoint_auth_signing_alg": "RS256"}),
            json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=a,C=CN"}),
            json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "2001:db8::1"}),
            json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://a.example/jwks"}),
            json!({"frontchannel_logout_uri": "https://a.example/out", "client_name": "门户"}),
            json!({"redirect_uris": [], "grant_types": ["client_credentials"], "response_types": []}),
            json!({"grant_types": ["implicit"], "response_types": ["id_token", "id_token token"]}),
            json!({"redirect_uris": [], "grant_types": ["client_credentials"]}),
            json!({"redirect_uris": [], "token_endpoint_auth_method": "none",
                   "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "response_types": []}),
            json!({"grant_types": ["implicit", "authorization_code"], "response_types": ["code id_token"]}),
            json!({"allowed_resources": ["https://api.example/"], "authorization_details_types": ["gov_data"]}),
            json!({"application_type": "native", "redirect_uris": ["com.example.app:/cb"]}),
            json!({"request_uris": ["https://a.example/r#digest"], "policy_uri": "https://a.example/#政策"}),
        ];
        for with in fine {
            assert_eq!(wrong_members(with.clone()), Vec::<String>::new(), "{with}");
        }
    }

    #[test]
    fn each_rule_names_its_member() {
        let private = json!({"keys": [{"kty": "EC", "d": "x"}]});
        let cases = [
            (json!({"redirect_uris": []}), "redirect_uris"),
            (json!({"redirect_uris": ["http://a.example/cb"]}), "redirect_uris"),
            (json!({"redirect_uris": ["com.example.app:/cb"]}), "redirect_uris"),
            (json!({"redirect_uris": ["https://a.example/", "https://a.example/"]}), "redirect_uris"),
            (json!({"post_logout_redirect_uris": ["/out"]}), "post_logout_redirect_uris"),
            (json!({"response_types": ["code", "code id_token"]}), "response_types"),
            (json!({"response_types": ["code id_token"], "grant_types": ["implicit"]}), "response_types"),
            (
                json!({"response_types": ["id_token"], "grant_types": ["implicit", "authorization_code"]}),
                "response_types",
            ),
            (
                json!({"redirect_uris": [], "grant_types": ["implicit"], "response_types": ["id_token"]}),
                "redirect_uris",
            ),
            (json!({"allowed_resources": ["/api"]}), "allowed_resources"),
            (json!({"response_types": []}), "response_types"),
            (json!({"grant_types": [], "redirect_uris": []}), "grant_types"),
            (json!({"grant_types": ["refresh_token"]}), "grant_types"),
            (json!({"token_endpoint_auth_method": "private_key_jwt"}), "jwks"),
            (
                json!({"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "ES256"}),
                "token_endpoint_auth_signing_alg",
            ),
            (
                json!({"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "HS256",
                       "jwks_uri": "https://a.example/jwks"}),
                "token_endpoint_auth_signing_alg",
            ),
            (
                json!({"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]}),
                "token_endpoint_auth_method",
            ),
            (
                json!({"token_endpoint_auth_method": "none",
                       "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"]}),
                "token_endpoint_auth_method",
            ),
            (json!({"token_endpoint_auth_method": "tls_client_auth"}), "tls_client_auth_subject_dn"),
            (
                json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example",
                       "tls_client_auth_san_uri": "urn:a"}),
                "tls_client_auth_subject_dn",
            ),
            (
                json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "app1"}),
                "tls_client_auth_subject_dn",
            ),
            (
                json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "a.example"}),
                "tls_client_auth_san_ip",
            ),
            (json!({"tls_client_auth_san_dns": "a.example"}), "token_endpoint_auth_method"),
            (json!({"token_endpoint_auth_method": "self_signed_tls_client_auth"}), "jwks"),
            (json!({"jwks": private}), "jwks"),
            (json!({"jwks": {"keys": [{"kty": "RSA"}]}, "jwks_uri": "https://a.example/jwks"}), "jwks"),
            (json!({"jwks": []}), "jwks"),
            (json!({"jwks": {"keys": 1}}), "jwks"),
            (json!({"backchannel_logout_uri": "http://a.example/logout"}), "backchannel_logout_uri"),
            (json!({"backchannel_logout_uri": "com.example:/logout"}), "backchannel_logout_uri"),
            (json!({"frontchannel_logout_uri": "https://b.example/out"}), "frontchannel_logout_uri"),
            (json!({"initiate_login_uri": "http://a.example/login"}), "initiate_login_uri"),
            (json!({"initiate_login_uri": "com.example:/login"}), "initiate_login_uri"),
            (json!({"policy_uri": "javascript:alert(1)"}), "policy_uri"),
            (json!({"policy_uri": "https://a.example/p\nx"}), "policy_uri"),
            (json!({"logo_uri": " https://a.example/l"}), "logo_uri"),
            (json!({"client_name": ""}), "client_name"),
            (json!({"client_name": " \u{3000}"}), "client_name"),
            (json!({"client_name": "市局\u{202e}moc.live"}), "client_name"),
            (json!({"client_name#zh": "门\u{200b}户"}), "client_name#zh"),
            (json!({"client_name#en": "x".repeat(101)}), "client_name#en"),
            (json!({"contacts": ["x".repeat(255)]}), "contacts"),
            (json!({"contacts": ["a\nb"]}), "contacts"),
            (json!({"software_id": "x".repeat(255)}), "software_id"),
            (json!({"software_version": "a\u{0}b"}), "software_version"),
            (json!({"redirect_uris": ["https://a.example/", "https://b.example/"]}), "sector_identifier_uri"),
        ];
        for (with, member) in cases {
            assert_eq!(wrong_members(with.clone()), [member], "{with}");
        }
    }
}
