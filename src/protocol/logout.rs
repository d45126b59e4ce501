//! Logout asked by a client (RP-Initiated Logout 1.0) and logout told to a client (Back-Channel Logout 1.0).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::client_auth::is_client_id;
use super::params::Params;
use super::redirect::RedirectUri;
use super::refusal::Refusal;

const MOST_TOKEN: usize = 8192;
const MOST_STATE: usize = 2048;
const MOST_HINT: usize = 512;

/// The member of `events` that makes a token a logout token.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a client asks for when its person wants to leave. Everything is optional (RP-Initiated Logout §2).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct LogoutRequest {
    pub id_token_hint: Option<String>,
    pub logout_hint: Option<String>,
    pub client_id: Option<String>,
    pub post_logout_redirect_uri: Option<RedirectUri>,
    pub state: Option<String>,
    pub ui_locales: Option<String>,
}

impl LogoutRequest {
    /// Reads the parameters. Problems are for a page: the address has not been proved to be the client's.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let client_id = params.get("client_id");
        if client_id.is_some_and(|text| !is_client_id(text)) {
            return Err(Refusal::ClientIdMalformed);
        }
        let redirect = params.get("post_logout_redirect_uri").map(str::parse).transpose();
        let request = Self {
            id_token_hint: text(params, "id_token_hint", MOST_TOKEN, Refusal::LogoutHintInvalid)?,
            logout_hint: text(params, "logout_hint", MOST_HINT, Refusal::LogoutHintMalformed)?,
            client_id: client_id.map(str::to_owned),
            post_logout_redirect_uri: redirect.map_err(|_| Refusal::LogoutRedirectMalformed)?,
            state: text(params, "state", MOST_STATE, Refusal::StateMalformed)?,
            ui_locales: text(params, "ui_locales", MOST_HINT, Refusal::LogoutHintMalformed)?,
        };
        // RP-Initiated Logout §3: without a client nobody can say whose address it is.
        let nameless = request.id_token_hint.is_none() && request.client_id.is_none();
        if nameless && request.post_logout_redirect_uri.is_some() {
            return Err(Refusal::LogoutClientMissing);
        }
        Ok(request)
    }
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// What a logout token says (Back-Channel Logout §2.4). It never has a `nonce`, so that it cannot pass for an ID
/// token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogoutTokenClaims {
    pub iss: String,
    /// The person as this client knows them.
    pub sub: String,
    /// The `client_id`.
    pub aud: String,
    /// Seconds since 1970.
    pub iat: i64,
    /// Seconds since 1970; within two minutes of `iat`.
    pub exp: i64,
    pub jti: String,
    /// The session that ended; absent when every session of the person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    events: Map<String, Value>,
}

/// How long a logout token lives, in seconds (Back-Channel Logout §2.4 recommends at most two minutes).
const LIFETIME: i64 = 120;

impl LogoutTokenClaims {
    /// The `typ` of the token (Back-Channel Logout §2.4).
    pub const TYP: &str = "logout+jwt";

    /// `iat` in seconds since 1970.
    pub fn new(
        iss: impl Into<String>,
        sub: impl Into<String>,
        aud: impl Into<String>,
        jti: String,
        iat: i64,
    ) -> Self {
        let mut events = Map::new();
        events.insert(LOGOUT_EVENT.to_owned(), Value::Object(Map::new()));
        Self {
            iss: iss.into(),
            sub: sub.into(),
            aud: aud.into(),
            iat,
            exp: iat.saturating_add(LIFETIME),
            jti,
            sid: None,
            events,
        }
    }
}

/// The address a browser loads to sign out of a client, with `iss` and `sid` where the client asked for them
/// (Front-Channel Logout §2: both or none).
pub fn front_channel_address(address: &RedirectUri, session: Option<(&str, &str)>) -> String {
    match session {
        Some((iss, sid)) => address.with_query(&[("iss", iss), ("sid", sid)]),
        None => address.as_str().to_owned(),
    }
}

fn text(params: &Params, name: &str, most: usize, refusal: Refusal) -> Result<Option<String>, Refusal> {
    match params.get(name) {
        Some(text) if text.len() > most || text.chars().any(char::is_control) => Err(refusal),
        found => Ok(found.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_client_asks() {
        let read = |body: &str| LogoutRequest::parse(&Params::parse(body).unwrap());
        assert_eq!(read(""), Ok(LogoutRequest::default()));
        let request =
            read("client_id=app1&post_logout_redirect_uri=https://a.example/out&state=s&id_token_hint=j.w.t")
                .unwrap();
        assert_eq!(request.post_logout_redirect_uri.unwrap().as_str(), "https://a.example/out");
        let cases = [
            ("post_logout_redirect_uri=https://a.example/out", Refusal::LogoutClientMissing),
            ("client_id=a&post_logout_redirect_uri=javascript:alert(1)", Refusal::LogoutRedirectMalformed),
            ("client_id=%0a", Refusal::ClientIdMalformed),
            ("state=%0a", Refusal::StateMalformed),
            (&format!("logout_hint={}", "x".repeat(513)), Refusal::LogoutHintMalformed),
            (&format!("id_token_hint={}", "x".repeat(8193)), Refusal::LogoutHintInvalid),
        ];
        for (body, expected) in cases {
            assert_eq!(read(body), Err(expected), "{body:.60}");
        }
    }

    #[test]
    fn names_the_session_beside_what_the_address_has() {
        let address: RedirectUri = "https://a.example/out?x=1".parse().unwrap();
        assert_eq!(front_channel_address(&address, None), "https://a.example/out?x=1");
        assert_eq!(
            front_channel_address(&address, Some(("https://id.example", "sid_1"))),
            "https://a.example/out?x=1&iss=https%3A%2F%2Fid.example&sid=sid_1"
        );
    }

    #[test]
    fn tells_a_logout() {
        let mut claims = LogoutTokenClaims::new("https://id.example", "s", "app1", "j".into(), 1000);
        claims.sid = Some("sid_1".into());
        let text = serde_json::to_string(&claims).unwrap();
        let expected = r#"{"iss":"https://id.example","sub":"s","aud":"app1","iat":1000,"exp":1120,"jti":"j","sid":"sid_1","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#;
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<LogoutTokenClaims>(&text).unwrap(), claims);
    }
}
