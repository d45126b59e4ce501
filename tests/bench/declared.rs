//! The people and systems of the bench, as declared state for `tongyao apply`.

use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::key::{Key, Prover};

pub const PEOPLE: usize = 200;
pub const CLIENTS: usize = 20;
/// Each with one window and one clerk.
pub const HALLS: usize = 16;
/// The window of each hall.
pub const WINDOW: &str = "A01";
/// Asked for in every flow.
pub const SCOPE: &str = "openid profile";

/// Which signature a client wants on its ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Es256,
    Rs256,
}

impl Signed {
    pub const BOTH: [Self; 2] = [Self::Es256, Self::Rs256];

    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// A relying system as the driver knows it.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub credential: Credential,
    pub redirect_uri: String,
    /// The key its tokens are bound to, if they are.
    pub prover: Option<Arc<Prover>>,
}

/// How a system shows who it is.
#[derive(Clone)]
pub enum Credential {
    Secret(String),
    /// `private_key_jwt`.
    Key(Arc<Key>),
    /// `tls_client_auth`: its connection shows it.
    Certificate,
}

/// Somebody at a window, as the driver knows them.
pub struct Officer {
    pub login: String,
    pub password: String,
}

/// What stands on a person's card.
pub struct Card {
    pub number: String,
    pub name: String,
}

/// The name in the certificate of `certified`.
pub const CERTIFIED: &str = "bench-certified";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The key of the FAPI clients.
static KEY: LazyLock<Arc<Key>> = LazyLock::new(|| Arc::new(Key::new().expect("an ES256 key can be made")));

/// The `n`th client of a kind; kinds alternate.
pub fn client(signed: Signed, n: usize) -> Client {
    let number = 2 * (n % (CLIENTS / 2)) + usize::from(signed == Signed::Rs256);
    numbered_client(number)
}

/// A client of the FAPI 2.0 security profile, with a key for its proofs.
pub fn fapi(prover: Arc<Prover>) -> Client {
    Client { prover: Some(prover), ..named("bench-fapi", Credential::Key(KEY.clone())) }
}

/// A device that shows a code.
pub fn kiosk() -> Client {
    named("bench-kiosk", Credential::Secret(secret("kiosk")))
}

/// A client of mutual TLS whose tokens are bound to its certificate.
pub fn certified() -> Client {
    named(CERTIFIED, Credential::Certificate)
}

fn numbered_client(number: usize) -> Client {
    named(&format!("bench-{number}"), Credential::Secret(secret(&number.to_string())))
}

fn named(id: &str, credential: Credential) -> Client {
    Client { id: id.to_owned(), credential, redirect_uri: format!("https://{id}.example/cb"), prover: None }
}

fn secret(of: &str) -> String {
    format!("bench-secret-{of}-0123456789abcdef0123456789abcdef")
}

/// Login name and password of the `n`th person.
pub fn login(number: usize) -> (String, String) {
    (format!("bench{number:04}"), format!("Quiet-Harbour-{number:04}"))
}

/// The card of the `n`th person.
pub fn card(number: usize) -> Card {
    Card { number: resident_id(number), name: format!("测试{number:04}") }
}

/// The clerk of the `n`th hall.
pub fn clerk(number: usize) -> Officer {
    Officer { login: format!("bench-clerk-{number:02}"), password: format!("Steady-Window-{number:02}") }
}

/// Everybody and everything, with so many people.
pub fn state(people: usize) -> Value {
    json!({
        "departments": [{"id": "bench", "name": "压力测试局", "level": "city"}],
        "clients": (0..CLIENTS).map(declared_client).chain([
            declared_fapi(), declared_kiosk(), declared_certified(),
        ]).collect::<Vec<_>>(),
        "people": (0..people).map(declared_person).collect::<Vec<_>>(),
        "halls": (0..HALLS).map(declared_hall).collect::<Vec<_>>(),
        "staff": (0..HALLS).map(declared_clerk).collect::<Vec<_>>(),
    })
}

fn declared_client(number: usize) -> Value {
    let client = numbered_client(number);
    json!({
        "client_id": client.id,
        "client_secret": secret(&number.to_string()),
        "client_name": format!("压力测试系统 {number}"),
        "department": "bench",
        "redirect_uris": [client.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile offline_access",
        "id_token_signed_response_alg": Signed::BOTH[number % 2].name(),
        "profile": "default",
        "consent": "implicit",
    })
}

fn declared_fapi() -> Value {
    json!({
        "client_id": "bench-fapi",
        "client_name": "压力测试银行",
        "department": "bench",
        "redirect_uris": ["https://bench-fapi.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [KEY.jwk()]},
        "scope": "openid profile",
        "id_token_signed_response_alg": "ES256",
        "profile": "fapi2",
        "consent": "implicit",
    })
}

fn declared_kiosk() -> Value {
    json!({
        "client_id": "bench-kiosk",
        "client_secret": secret("kiosk"),
        "client_name": "压力测试终端",
        "department": "bench",
        "grant_types": [DEVICE, "refresh_token"],
        "response_types": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile",
        "id_token_signed_response_alg": "ES256",
    })
}

fn declared_certified() -> Value {
    json!({
        "client_id": CERTIFIED,
        "client_name": "压力测试专网系统",
        "department": "bench",
        "redirect_uris": [format!("https://{CERTIFIED}.example/cb")],
        "grant_types": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": format!("CN={CERTIFIED}"),
        "tls_client_certificate_bound_access_tokens": true,
        "scope": "openid profile",
        "id_token_signed_response_alg": "ES256",
        "consent": "implicit",
    })
}

fn declared_person(number: usize) -> Value {
    let ((login_name, password), card) = (login(number), card(number));
    json!({
        "id_type": "resident_id",
        "id_number": card.number,
        "name": card.name,
        "phone": format!("139{number:08}"),
        "login_name": login_name,
        "password": password,
        "loa": 1,
    })
}

fn declared_hall(number: usize) -> Value {
    json!({
        "id": hall(number),
        "name": format!("压力测试大厅 {number}"),
        "department": "bench",
        "windows": [WINDOW],
    })
}

fn declared_clerk(number: usize) -> Value {
    let officer = clerk(number);
    json!({
        "login": officer.login,
        "name": format!("测试窗口{number:02}"),
        "roles": ["clerk"],
        "hall": hall(number),
        "password": officer.password,
    })
}

fn hall(number: usize) -> String {
    format!("bench-hall-{number:02}")
}

/// A number of the right form that belongs to nobody: birth dates in the 1890s (GB 11643, ISO 7064 MOD 11-2).
fn resident_id(number: usize) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!("1101051890{:02}{:02}{:03}", 1 + number / 28 % 12, 1 + number % 28, number % 1000);
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = char::from(b"10X98765432"[(sum % 11) as usize]);
    format!("{body}{check}")
}
