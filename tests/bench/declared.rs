//! The people and systems of the bench, as declared state for `tongyao apply`.

use serde_json::{Value, json};

pub const PEOPLE: usize = 200;
pub const CLIENTS: usize = 20;
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
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub secret: String,
    pub redirect_uri: String,
}

/// The `n`th client of a kind; kinds alternate.
pub fn client(signed: Signed, n: usize) -> Client {
    let number = 2 * (n % (CLIENTS / 2)) + usize::from(signed == Signed::Rs256);
    numbered_client(number)
}

fn numbered_client(number: usize) -> Client {
    Client {
        id: format!("bench-{number}"),
        secret: format!("bench-secret-{number}-0123456789abcdef0123456789abcdef"),
        redirect_uri: format!("https://bench-{number}.example/cb"),
    }
}

/// Login name and password of the `n`th person.
pub fn login(n: usize) -> (String, String) {
    let number = n % PEOPLE;
    (format!("bench{number:04}"), format!("Quiet-Harbour-{number:04}"))
}

pub fn state() -> Value {
    json!({
        "departments": [{"id": "bench", "name": "压力测试局", "level": "city"}],
        "clients": (0..CLIENTS).map(declared_client).collect::<Vec<_>>(),
        "people": (0..PEOPLE).map(declared_person).collect::<Vec<_>>(),
    })
}

fn declared_client(number: usize) -> Value {
    let client = numbered_client(number);
    json!({
        "client_id": client.id,
        "client_secret": client.secret,
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

fn declared_person(number: usize) -> Value {
    let (login_name, password) = login(number);
    json!({
        "id_type": "resident_id",
        "id_number": resident_id(number),
        "name": format!("测试{number:04}"),
        "phone": format!("139{number:08}"),
        "login_name": login_name,
        "password": password,
        "loa": 1,
    })
}

/// A number of the right form that belongs to nobody: birth dates in the 1890s (GB 11643, ISO 7064 MOD 11-2).
fn resident_id(number: usize) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body = format!("1101051890{:02}{:02}{:03}", 1 + number / 28 % 12, 1 + number % 28, number % 1000);
    let sum: u32 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = char::from(b"10X98765432"[(sum % 11) as usize]);
    format!("{body}{check}")
}
