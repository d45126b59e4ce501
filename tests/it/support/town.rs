//! The people and systems of the tests, as declared state.

use serde_json::{Value, json};

/// A citizen as a test knows them.
#[derive(Debug, Clone, Copy)]
pub struct Citizen {
    pub name: &'static str,
    pub masked_name: &'static str,
    pub number: &'static str,
    pub phone: &'static str,
    pub login_name: &'static str,
    pub password: &'static str,
    pub email: &'static str,
    pub level: u8,
}

/// At level 1.
pub const WANG: Citizen = Citizen {
    name: "欧阳晓棠",
    masked_name: "*阳晓棠",
    number: "11010519491231002X",
    phone: "13912345601",
    login_name: "wang-citizen",
    password: "Quiet-Harbour-01",
    email: "planted.address@example.cn",
    level: 1,
};

/// At level 3.
pub const LI: Citizen = Citizen {
    name: "李沐川",
    masked_name: "*沐川",
    number: "440524188001010014",
    phone: "13912345602",
    login_name: "li-citizen",
    password: "Quiet-Harbour-02",
    email: "second.address@example.cn",
    level: 3,
};

pub const PORTAL_SECRET: &str = "portal-secret-0123456789abcdef";
pub const OFFICE_SECRET: &str = "office-secret-0123456789abcdef";
pub const MACHINE_SECRET: &str = "machine-secret-0123456789abcdef";
pub const LEGACY_SECRET: &str = "legacy-secret-0123456789abcdef";

/// Everybody and everything.
pub fn state() -> Value {
    json!({
        "departments": [
            {"id": "data", "name": "市大数据局", "level": "city"},
            {"id": "hrss", "name": "市人社局", "name#en": "HR Bureau", "level": "city"},
        ],
        "clients": [portal(), office(), app(), machine(), legacy()],
        "people": [person(&WANG), person(&LI)],
    })
}

fn person(citizen: &Citizen) -> Value {
    json!({
        "id_type": "resident_id", "id_number": citizen.number, "name": citizen.name, "phone": citizen.phone,
        "login_name": citizen.login_name, "password": citizen.password, "loa": citizen.level,
        "claims": {"email": citizen.email, "email_verified": true},
    })
}

/// Asks people, by secret in the header.
fn portal() -> Value {
    json!({
        "client_id": "portal", "client_secret": PORTAL_SECRET, "department": "data", "client_name": "市民门户",
        "redirect_uris": ["https://portal.example/cb"],
        "post_logout_redirect_uris": ["https://portal.example/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile email phone real_name id_number offline_access",
        "id_token_signed_response_alg": "ES256",
    })
}

/// Need not ask, by secret in the body, without refresh tokens.
fn office() -> Value {
    json!({
        "client_id": "office", "client_secret": OFFICE_SECRET, "department": "hrss", "client_name": "社保业务系统",
        "redirect_uris": ["https://office.example/cb"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "openid profile real_name",
        "consent": "implicit",
    })
}

/// A public client on a phone.
fn app() -> Value {
    json!({
        "client_id": "app", "department": "data", "client_name": "市民手机应用",
        "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": "openid profile",
        "consent": "implicit",
    })
}

/// A system that acts for itself.
fn machine() -> Value {
    json!({
        "client_id": "machine", "client_secret": MACHINE_SECRET, "department": "hrss", "client_name": "数据交换",
        "redirect_uris": [], "grant_types": ["client_credentials"], "response_types": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "tasks.read tasks.write",
    })
}

/// An old system that cannot do PKCE.
fn legacy() -> Value {
    json!({
        "client_id": "legacy", "client_secret": LEGACY_SECRET, "department": "hrss", "client_name": "旧系统",
        "redirect_uris": ["https://legacy.example/cb"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid", "profile": "legacy", "consent": "implicit",
    })
}
