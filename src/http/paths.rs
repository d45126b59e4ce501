//! Every URL of the service as a constant or a function: the one place where surfaces meet.

use crate::base::id::{DecoupledId, ReceiptId, RequestId, VisitId};

pub const HOME: &str = "/";
pub const HELP: &str = "/help";
/// For the engineers of departments: every refusal, and one of them.
pub const HELP_ERRORS: &str = "/help/errors";
pub const HELP_ERROR: &str = "/help/errors/{number}";
pub const ASSETS: &str = "/assets";

// The provider (all of it found through discovery).
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
pub const JWKS: &str = "/oidc/jwks";
pub const AUTHORIZE: &str = "/oidc/authorize";
pub const TOKEN: &str = "/oidc/token";
pub const USERINFO: &str = "/oidc/userinfo";
pub const INTROSPECT: &str = "/oidc/introspect";
pub const REVOKE: &str = "/oidc/revoke";
pub const END_SESSION: &str = "/oidc/logout";
pub const CHECK_SESSION: &str = "/oidc/session";
/// Pushed authorization requests (RFC 9126).
pub const PUSH: &str = "/oidc/par";
pub const REGISTRATION: &str = "/oidc/register";
pub const REGISTRATION_CLIENT: &str = "/oidc/register/{id}";

pub const DEVICE_AUTHORIZATION: &str = "/oidc/device";
pub const CIBA: &str = "/oidc/ciba";

// Pages on the way through an authorization request.
pub const SIGN_IN: &str = "/sign-in";
pub const CONSENT: &str = "/consent";
pub const STEP_UP: &str = "/step-up";
pub const CONTINUE: &str = "/continue";
pub const SIGN_OUT: &str = "/sign-out";
pub const SIGNED_OUT: &str = "/signed-out";
pub const SIGNED_OUT_STATE: &str = "/signed-out/state";
pub const SIGNED_OUT_ASKED: &str = "/signed-out/asked";
pub const REGISTER: &str = "/register";
pub const REGISTERED: &str = "/register/done";
/// The picture of a client: `?client_id=`.
pub const LOGO: &str = "/logo";

/// Where a person types the code of a device (RFC 8628 §3.3).
pub const DEVICE: &str = "/device";
/// What became of a request that another device or a client waits for.
pub const ANSWERED: &str = "/answered";

// The citizen's own pages.
pub const ACCOUNT: &str = "/account/";
pub const ACCOUNT_AS_TYPED: &str = "/account";
pub const ACCOUNT_VISIT: &str = "/account/visit";
pub const ACCOUNT_VISIT_STATE: &str = "/account/visit/state";
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
pub const ACCOUNT_CONSENTS: &str = "/account/consents";
pub const ACCOUNT_HISTORY: &str = "/account/history";
pub const ACCOUNT_REQUESTS: &str = "/account/requests";
pub const ACCOUNT_REQUEST: &str = "/account/requests/{id}";
pub const ACCOUNT_SERVICES: &str = "/account/services";
pub const BIND: &str = "/bind/{token}";

// The hall.
pub const HALL: &str = "/hall/";
pub const HALL_AS_TYPED: &str = "/hall";
pub const HALL_SIGN_IN: &str = "/hall/sign-in";
pub const HALL_SIGN_OUT: &str = "/hall/sign-out";
pub const HALL_WINDOW: &str = "/hall/window";
pub const HALL_OPEN: &str = "/hall/open";
pub const HALL_WALK_IN: &str = "/hall/walk-in";
pub const HALL_VISIT: &str = "/hall/visits/{id}";
pub const HALL_CARD: &str = "/hall/visits/{id}/card";
pub const HALL_COMPARE: &str = "/hall/visits/{id}/compare";
pub const HALL_DECIDE: &str = "/hall/visits/{id}/decide";
/// Answers `{"state":"…"}` to a page that waits.
pub const HALL_STATE: &str = "/hall/visits/{id}/state";
pub const HALL_BINDING: &str = "/hall/visits/{id}/binding";
pub const HALL_CONTINUATION: &str = "/hall/visits/{id}/continuation";
pub const HALL_SLIP: &str = "/hall/visits/{id}/slip";
pub const HALL_RELEASE: &str = "/hall/visits/{id}/release";

// For anyone.
pub const RECEIPT: &str = "/receipts/{id}";

// The sandbox.
pub const SANDBOX_READER: &str = "/sandbox/reader";
pub const SANDBOX_READER_CARD: &str = "/sandbox/reader/card";

pub const SANDBOX_INBOX: &str = "/sandbox/inbox";
pub const SANDBOX_CIBA: &str = "/sandbox/ciba";
pub const SANDBOX_RESOURCE: &str = "/sandbox/resource";

// Operation.
pub const HEALTH_LIVE: &str = "/health/live";
pub const HEALTH_READY: &str = "/health/ready";
pub const METRICS: &str = "/metrics";

/// Where a client that registered itself is managed.
pub fn registration_client(client_id: &str) -> String {
    REGISTRATION_CLIENT.replace("{id}", client_id)
}

/// Addresses below `/oidc/` that people's browsers are sent to.
const FOR_BROWSERS: [&str; 3] = [AUTHORIZE, END_SESSION, CHECK_SESSION];

/// Whether programs call this path, so that even what goes wrong outside its handler is told as JSON.
pub fn is_for_programs(path: &str) -> bool {
    let provider = path.starts_with("/oidc/") || path.starts_with("/.well-known/");
    provider && !FOR_BROWSERS.contains(&path)
}

/// Addresses on the way that a client sends a browser: in by an authorization request, or out.
const WAYS: [&str; 10] =
    [AUTHORIZE, SIGN_IN, REGISTER, REGISTERED, CONSENT, STEP_UP, CONTINUE, END_SESSION, SIGN_OUT, SIGNED_OUT];

pub fn is_of_a_way(path: &str) -> bool {
    WAYS.contains(&path)
}

/// A page of the way through the request that waits under `request`.
pub fn for_request(page: &str, request: &RequestId) -> String {
    format!("{page}?request={request}")
}

/// The question of a request, for the one person whose mark it has.
pub fn consent(request: &RequestId, shown_to: &str) -> String {
    format!("{CONSENT}?request={request}&shown_to={shown_to}")
}

/// The page of one request that waits for a citizen.
pub fn account_request(id: &DecoupledId) -> String {
    ACCOUNT_REQUEST.replace("{id}", id.as_str())
}

pub fn help_error(number: u32) -> String {
    HELP_ERROR.replace("{number}", &number.to_string())
}

/// The page of a refusal, with the `txn` of the request that was refused.
pub fn help_error_of(number: u32, txn: &str) -> String {
    format!("{}?txn={txn}", help_error(number))
}

pub fn bind(token: &str) -> String {
    BIND.replace("{token}", token)
}

pub fn receipt(id: &ReceiptId) -> String {
    RECEIPT.replace("{id}", id.as_str())
}

/// A page of one visit at the window: `of_visit(HALL_CARD, &id)`.
pub fn of_visit(page: &str, id: &VisitId) -> String {
    page.replace("{id}", id.as_str())
}
