//! Mutual TLS (RFC 8705): clients that show a certificate, tokens bound to it, over our own TLS and through a proxy.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderName;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};
use tongyao::crypto::certificate::digest_of;
use tongyao::server::tls::Asks;

use crate::support::certificates::{Authority, Certified, Validity};
use crate::support::encrypted::Encrypted;
use crate::support::wire::Call;
use crate::support::{Answer, WANG, World};

const LOCALHOST: &str = "localhost";

/// A system that acts for itself and shows who it is by its connection.
fn system(id: &str, more: Value) -> Value {
    let mut client = json!({
        "client_id": id, "department": "data", "redirect_uris": [], "grant_types": ["client_credentials"],
        "response_types": [], "scope": "tasks.read", "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_certificate_bound_access_tokens": true,
    });
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client
}

/// A file that goes with the test.
struct Bundle(PathBuf);

impl Bundle {
    fn of(authority: &Authority) -> Self {
        let path = std::env::temp_dir().join(format!("tongyao-ca-{}.pem", uuid::Uuid::new_v4().simple()));
        std::fs::write(&path, &authority.pem).unwrap();
        Self(path)
    }

    async fn world(&self) -> World {
        World::new_with(&[("TONGYAO_CLIENT_CA", self.0.to_str().unwrap())]).await
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn fields(client_id: &str) -> Vec<(&str, &str)> {
    vec![("grant_type", "client_credentials"), ("client_id", client_id)]
}

async fn token(world: &World, client_id: &str, shown: Option<&Certified>) -> Answer {
    let call = Call::post("/oidc/token", &fields(client_id));
    shown.into_iter().fold(call, |call, certified| call.knowing(certified.shown())).send(&world.router).await
}

#[tokio::test]
async fn a_certified_client_is_known_by_the_one_name_it_registered() {
    let authority = Authority::new("authority");
    let bundle = Bundle::of(&authority);
    let world = bundle.world().await;
    let names = [
        ("dn", json!({"tls_client_auth_subject_dn": "CN=app1, O=市民之家, C=CN"})),
        ("dns", json!({"tls_client_auth_san_dns": "APP1.example"})),
        ("uri", json!({"tls_client_auth_san_uri": "urn:system:app1"})),
        ("ip", json!({"tls_client_auth_san_ip": "192.0.2.7"})),
        ("email", json!({"tls_client_auth_san_email": "app1@EXAMPLE.cn"})),
    ];
    let clients: Vec<Value> = names.iter().map(|(id, more)| system(id, more.clone())).collect();
    world.apply(json!({"clients": clients})).await;
    let own = authority.certify("app1", Validity::Now);
    let other = authority.certify("app2", Validity::Now);
    for (id, _) in &names {
        let body = token(&world, id, Some(&own)).await.good();
        // RFC 8705 §3: a token bound to a certificate is still of type Bearer.
        assert_eq!(body["token_type"], "Bearer", "{id}");
        let told = world.system("machine").introspect(body["access_token"].as_str().unwrap()).await.good();
        assert_eq!(told["cnf"]["x5t#S256"], digest_of(&own.der), "{id}");
        if *id != "ip" {
            token(&world, id, Some(&other)).await.refused(401, "invalid_client", 101_033);
        }
    }
    token(&world, "dn", None).await.refused(401, "invalid_client", 101_030);
    let expired = authority.certify("app1", Validity::Over);
    token(&world, "dn", Some(&expired)).await.refused(401, "invalid_client", 101_032);
    let strangers = Authority::new("authority").certify("app1", Validity::Now);
    token(&world, "dn", Some(&strangers)).await.refused(401, "invalid_client", 101_031);
    token(&world, "dn", Some(&Certified::self_signed("app1"))).await.refused(401, "invalid_client", 101_031);
    // A secret is no certificate.
    let call = Call::post("/oidc/token", &[fields("dn"), vec![("client_secret", "x")]].concat());
    call.knowing(own.shown()).send(&world.router).await.refused(401, "invalid_client", 101_008);
}

#[tokio::test]
async fn a_certificate_counts_only_within_its_time_by_the_services_clock() {
    let authority = Authority::new("authority");
    let bundle = Bundle::of(&authority);
    let world = bundle.world().await;
    world
        .apply(json!({"clients": [system("dns", json!({"tls_client_auth_san_dns": "app1.example"}))]}))
        .await;
    let (now, ahead) =
        (authority.certify("app1", Validity::Now), authority.certify("app1", Validity::NotYet));
    token(&world, "dns", Some(&now)).await.good();
    token(&world, "dns", Some(&ahead)).await.refused(401, "invalid_client", 101_032);
    let start_of_2041 = 2_240_611_200;
    world.later(u64::try_from(start_of_2041 - world.now().seconds()).unwrap());
    token(&world, "dns", Some(&ahead)).await.good();
    token(&world, "dns", Some(&now)).await.refused(401, "invalid_client", 101_032);
}

#[tokio::test]
async fn without_an_authority_no_certificate_is_believed() {
    let world = World::new().await;
    world.apply(json!({"clients": [system("dn", json!({"tls_client_auth_subject_dn": "CN=app1"}))]})).await;
    let own = Authority::new("authority").certify("app1", Validity::Now);
    token(&world, "dn", Some(&own)).await.refused(401, "invalid_client", 101_031);
}

#[tokio::test]
async fn a_self_signed_certificate_is_known_by_its_key() {
    let (own, other) = (Certified::self_signed("app1"), Certified::self_signed("app1"));
    let client = json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [own.jwk()]},
    });
    let world = World::with_clients(&[system("own", client)]).await;
    token(&world, "own", Some(&own)).await.good();
    token(&world, "own", Some(&other)).await.refused(401, "invalid_client", 101_034);
    token(&world, "own", None).await.refused(401, "invalid_client", 101_030);
}

#[tokio::test]
async fn a_bound_token_needs_its_certificate_at_userinfo() {
    let (own, other) = (Certified::self_signed("app1"), Certified::self_signed("app1"));
    let client = json!({
        "client_id": "web", "department": "data", "redirect_uris": ["https://web.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid profile", "consent": "implicit",
        "token_endpoint_auth_method": "none", "tls_client_certificate_bound_access_tokens": true,
    });
    let world = World::with_clients(&[client]).await;
    let web =
        crate::support::RelyingParty::new(&world, "web", crate::support::relying_party::Credential::Public);
    let redeem = async |shown: Option<&Certified>| {
        let ask = web.ask("openid profile");
        let code = world.browser().pass(&ask, &WANG).await.code();
        let call = web.exchanging(&code, &ask);
        shown.into_iter().fold(call, |call, one| call.knowing(one.shown())).send(&world.router).await
    };
    redeem(None).await.refused(400, "invalid_request", 104_038);
    let body = redeem(Some(&own)).await.good();
    let userinfo = |shown: Option<&Certified>| {
        let token = body["access_token"].as_str().unwrap();
        let call = Call::get("/oidc/userinfo").header(AUTHORIZATION, &format!("Bearer {token}"));
        shown.into_iter().fold(call, |call, one| call.knowing(one.shown()))
    };
    userinfo(Some(&own)).send(&world.router).await.good();
    userinfo(Some(&other)).send(&world.router).await.refused(401, "invalid_token", 104_035);
    userinfo(None).send(&world.router).await.refused(401, "invalid_token", 104_035);
    // RFC 8705 §4: the refresh token of a public client too.
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", body["refresh_token"].as_str().unwrap())];
    let stolen = web.asking("/oidc/token", &fields).knowing(other.shown());
    stolen.send(&world.router).await.refused(400, "invalid_grant", 104_037);
    web.asking("/oidc/token", &fields).knowing(own.shown()).send(&world.router).await.good();
}

const RFC_9440: HeaderName = HeaderName::from_static("client-cert");
const NGINX: HeaderName = HeaderName::from_static("x-ssl-client-cert");

/// As nginx writes `$ssl_client_escaped_cert`.
fn escaped(certified: &Certified) -> String {
    percent_encoding::utf8_percent_encode(&certified.pem, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn byte_sequence(certified: &Certified) -> String {
    format!(":{}:", BASE64_STANDARD.encode(&certified.der))
}

#[tokio::test]
async fn only_a_trusted_proxy_passes_certificates() {
    let own = Certified::self_signed("app1");
    let client = json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [own.jwk()]},
    });
    let clients = json!({"clients": [system("own", client)]});
    let trusting = World::new_with(&[("TONGYAO_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let others = World::new_with(&[("TONGYAO_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let pinned = World::new_with(&[
        ("TONGYAO_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("TONGYAO_CLIENT_CERT_HEADER", "X-SSL-Client-Cert"),
    ])
    .await;
    for world in [&trusting, &others, &pinned] {
        world.apply(clients.clone()).await;
    }
    let call = || Call::post("/oidc/token", &fields("own"));
    let (nginx, rfc) = (escaped(&own), byte_sequence(&own));
    call().header(NGINX, &nginx).send(&trusting.router).await.good();
    call().header(RFC_9440, &rfc).send(&trusting.router).await.good();
    call().header(NGINX, &nginx).send(&pinned.router).await.good();
    for (world, headers) in [
        (&others, vec![(NGINX, nginx.as_str())]),
        (&others, vec![(RFC_9440, rfc.as_str())]),
        (&pinned, vec![(RFC_9440, rfc.as_str())]),
        (&trusting, vec![(RFC_9440, rfc.as_str()), (NGINX, nginx.as_str())]),
        (&trusting, vec![(NGINX, nginx.as_str()), (NGINX, nginx.as_str())]),
        (&trusting, vec![(NGINX, "nonsense")]),
        (&trusting, vec![(NGINX, "%FF%00")]),
        (&trusting, vec![(RFC_9440, ":AAAA:")]),
        (&trusting, vec![(NGINX, "")]),
    ] {
        let call = headers.into_iter().fold(call(), |call, (name, value)| call.header(name, value));
        call.send(&world.router).await.refused(401, "invalid_client", 101_030);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_our_own_tls_a_client_shows_its_certificate() {
    let authority = Authority::new("authority");
    let bundle = Bundle::of(&authority);
    let world = bundle.world().await;
    let self_signed = Certified::self_signed("app2");
    let own_key = json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [self_signed.jwk()]},
    });
    let dn = json!({"tls_client_auth_subject_dn": "CN=app1,O=市民之家,C=CN"});
    world.apply(json!({"clients": [system("dn", dn), system("own", own_key)]})).await;
    let certified = authority.certify("app1", Validity::Now);
    let service = Encrypted::start(&world, Asks::Everybody).await;
    let body = |id: &str| format!("grant_type=client_credentials&client_id={id}");

    let answer = service.post(LOCALHOST, "/oidc/token", Some(&certified), &body("dn")).await.good();
    let told = world.system("machine").introspect(answer["access_token"].as_str().unwrap()).await.good();
    assert_eq!(told["cnf"]["x5t#S256"], digest_of(&certified.der));
    service.post(LOCALHOST, "/oidc/token", Some(&self_signed), &body("own")).await.good();
    let crossed = service.post(LOCALHOST, "/oidc/token", Some(&self_signed), &body("dn")).await;
    crossed.refused(401, "invalid_client", 101_031);
    let none = service.post(LOCALHOST, "/oidc/token", None, &body("dn")).await;
    none.refused(401, "invalid_client", 101_030);
    // The token of a client itself tells nothing about a person, with the certificate or without.
    let token = answer["access_token"].as_str().unwrap();
    let answer = service.get(LOCALHOST, "/oidc/userinfo", Some(&certified), token).await;
    answer.refused(401, "invalid_token", 104_007);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_an_address_for_mutual_tls_browsers_are_not_asked() {
    let own = Certified::self_signed("app1");
    let client = json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [own.jwk()]},
    });
    let world = World::with_clients(&[system("own", client)]).await;
    let service = Encrypted::start(&world, Asks::at(Some("https://mtls.localhost:8443"))).await;
    let body = "grant_type=client_credentials&client_id=own";
    service.post("mtls.localhost", "/oidc/token", Some(&own), body).await.good();
    let elsewhere = service.post(LOCALHOST, "/oidc/token", Some(&own), body).await;
    elsewhere.refused(401, "invalid_client", 101_030);
}

#[tokio::test]
async fn discovery_says_what_works_here() {
    let metadata =
        async |world: &World| Call::get("/.well-known/openid-configuration").send(&world.router).await.good();
    let methods = |document: &Value| document["token_endpoint_auth_methods_supported"].to_string();
    let plain = metadata(&World::new().await).await;
    assert!(!methods(&plain).contains("tls_client_auth") && plain.get("mtls_endpoint_aliases").is_none());
    assert_eq!(plain["tls_client_certificate_bound_access_tokens"], false);

    let proxies = ("TONGYAO_TRUSTED_PROXIES", "127.0.0.0/8");
    let proxied = metadata(&World::new_with(&[proxies]).await).await;
    assert!(methods(&proxied).contains("\"self_signed_tls_client_auth\""));
    assert!(!methods(&proxied).contains("\"tls_client_auth\""));
    assert_eq!(proxied["mtls_endpoint_aliases"]["token_endpoint"], proxied["token_endpoint"]);

    let bundle = Bundle::of(&Authority::new("authority"));
    let ca = ("TONGYAO_CLIENT_CA", bundle.0.to_str().unwrap());
    let url = ("TONGYAO_MTLS_URL", "https://mtls.id.example");
    let full = metadata(&World::new_with(&[proxies, ca, url]).await).await;
    assert!(methods(&full).contains("\"tls_client_auth\""));
    assert_eq!(full["tls_client_certificate_bound_access_tokens"], true);
    assert_eq!(full["mtls_endpoint_aliases"]["userinfo_endpoint"], "https://mtls.id.example/oidc/userinfo");

    let none = ("TONGYAO_CLIENT_CERT_HEADER", "none");
    let off = metadata(&World::new_with(&[proxies, ca, none]).await).await;
    assert!(!methods(&off).contains("tls_client_auth"));
}
