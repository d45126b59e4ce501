//! Asking a person who is elsewhere, from the client's side: OpenID Connect CIBA Core 1.0 with polling.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use openidconnect::{HttpResponse, OAuth2TokenResponse, TokenResponse};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::{Ending, Heard, Rejection};
use super::claims::{self, Doubt, Received};
use super::person::Person;
use super::provider::{Known, Tokens, Unreachable};
use super::relying::SampleRp;
use crate::base::{Locale, Secret};

/// Whom to ask, and what to tell them.
pub struct Question<'a> {
    /// A login name, phone or ID number, as it was said.
    pub login_hint: &'a Secret,
    pub binding_message: &'a str,
    pub locale: Locale,
}

/// The service asks the person (§7.3).
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    pub auth_req_id: Secret,
    pub expires_in: Duration,
    pub interval: Duration,
}

/// Why the person is not asked (§13).
#[derive(Debug, PartialEq, Eq)]
pub enum NotTaken {
    UnknownPerson,
    /// Too much was asked lately, of this person or by this client.
    Busy,
    Unreachable,
    Rejected(Rejection),
}

/// What the token endpoint says to a question (§10.1.1, §11).
pub enum Answer {
    Tokens(Box<Tokens>),
    /// The question is open.
    Open(Heard),
    Over(Ending),
}

/// As long as somebody stays on the line.
const EXPIRY: &str = "180";
/// The name alone is asked for, beside what the scopes give: a hotline needs no date of birth.
const CLAIMS: &str = r#"{"userinfo":{"name":{"essential":true}}}"#;
const GRANT_TYPE: &str = "urn:openid:params:grant-type:ciba";

/// Has the service ask the person. What says who it is travels in the body of this one request and nowhere else.
pub async fn ask(rp: &SampleRp, question: &Question<'_>) -> Result<Taken, NotTaken> {
    let known = rp.provider.known().await.map_err(|Unreachable| NotTaken::Unreachable)?;
    let endpoint = known
        .backchannel_authentication_endpoint()
        .ok_or(NotTaken::Rejected(Rejection::Unsound("backchannel_authentication_endpoint")))?;
    let scope = format!("openid {}", rp.system.scopes().join(" "));
    let form = [
        ("scope", scope.as_str()),
        ("claims", CLAIMS),
        ("login_hint", question.login_hint.expose()),
        ("binding_message", question.binding_message),
        ("requested_expiry", EXPIRY),
        ("ui_locales", question.locale.tag()),
    ];
    match rp.provider.post(endpoint, &form).await {
        Ok(response) => taken(&response),
        Err(Unreachable) => Err(NotTaken::Unreachable),
    }
}

/// Asks once whether the person has answered.
pub async fn poll(rp: &SampleRp, known: &Known, auth_req_id: &Secret) -> Answer {
    let Some(endpoint) = known.token_endpoint() else { return over(Rejection::Unsound("token_endpoint")) };
    let form = [("grant_type", GRANT_TYPE), ("auth_req_id", auth_req_id.expose())];
    match rp.provider.post(endpoint, &form).await {
        Ok(response) => answer(&response),
        Err(Unreachable) => Answer::Open(Heard::Nothing),
    }
}

/// Who the tokens speak of. In `push` the ID token would have to name the `auth_req_id` too (§10.3.1); these came as the
/// answer to our own question.
pub async fn person(rp: &SampleRp, known: &Arc<Known>, tokens: &Tokens) -> Result<Person, Doubt> {
    let id_token = tokens.id_token().ok_or(Doubt::Unsound("id_token"))?;
    let received = Received { id_token, access_token: tokens.access_token(), nonce: None };
    let mut person = claims::read_id_token(rp, known, &received).await?;
    person.userinfo = claims::read_userinfo(rp, known, tokens.access_token().clone(), &person.sub).await?;
    Ok(person)
}

#[derive(Deserialize)]
struct TakenBody {
    auth_req_id: String,
    expires_in: u64,
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    error_description: Option<String>,
}

/// §7.3: five seconds where no interval is given.
const INTERVAL: u64 = 5;
const LONGEST_ID: usize = 1024;
/// However long the service would wait.
const LONGEST_WAIT: u64 = 1800;

fn taken(response: &HttpResponse) -> Result<Taken, NotTaken> {
    if response.status() != StatusCode::OK {
        return Err(not_taken(response));
    }
    let unsound = NotTaken::Rejected(Rejection::Unsound("backchannel response"));
    let Some(body) = read::<TakenBody>(response) else { return Err(unsound) };
    if !(1..=LONGEST_ID).contains(&body.auth_req_id.len()) || body.expires_in == 0 {
        return Err(unsound);
    }
    Ok(Taken {
        auth_req_id: Secret::new(body.auth_req_id),
        expires_in: Duration::from_secs(body.expires_in.min(LONGEST_WAIT)),
        interval: Duration::from_secs(body.interval.unwrap_or(INTERVAL).clamp(1, LONGEST_WAIT)),
    })
}

fn not_taken(response: &HttpResponse) -> NotTaken {
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        return NotTaken::Busy;
    }
    if response.status().is_server_error() {
        return NotTaken::Unreachable;
    }
    match refusal(response) {
        Some((error, _)) if error == "unknown_user_id" => NotTaken::UnknownPerson,
        Some((error, description)) => NotTaken::Rejected(Rejection::Refused { error, description }),
        None => NotTaken::Rejected(Rejection::Unsound("backchannel response")),
    }
}

fn answer(response: &HttpResponse) -> Answer {
    let (status, unsound) = (response.status(), Rejection::Unsound("token response"));
    if status == StatusCode::OK {
        return read::<Tokens>(response)
            .map_or_else(|| over(unsound), |tokens| Answer::Tokens(Box::new(tokens)));
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Answer::Open(Heard::Nothing);
    }
    let Some((error, description)) = refusal(response) else { return over(unsound) };
    match error.as_str() {
        "authorization_pending" => Answer::Open(Heard::Pending),
        "slow_down" => Answer::Open(Heard::SlowDown),
        "access_denied" => Answer::Over(Ending::Denied),
        "expired_token" => Answer::Over(Ending::Expired),
        "unmet_authentication_requirements" => Answer::Over(Ending::LevelUnmet),
        _ => over(Rejection::Refused { error, description }),
    }
}

fn over(rejection: Rejection) -> Answer {
    Answer::Over(Ending::Rejected(rejection))
}

/// RFC 6749 §5.2. Only a 4xx refuses; anything else is no answer of a token endpoint.
fn refusal(response: &HttpResponse) -> Option<(String, Option<String>)> {
    let body = response.status().is_client_error().then(|| read::<ErrorBody>(response))??;
    Some((body.error, body.error_description))
}

fn read<T: DeserializeOwned>(response: &HttpResponse) -> Option<T> {
    serde_json::from_slice(response.body()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> HttpResponse {
        http::Response::builder().status(status).body(body.as_bytes().to_vec()).unwrap()
    }

    fn unsound() -> NotTaken {
        NotTaken::Rejected(Rejection::Unsound("backchannel response"))
    }

    fn error(status: u16, error: &str) -> HttpResponse {
        response(status, &format!(r#"{{"error":"{error}","error_description":"why"}}"#))
    }

    #[test]
    fn reads_what_the_service_takes_and_no_half_of_it() {
        let said = |body: &str| taken(&response(200, body));
        let good = |interval| Taken {
            auth_req_id: Secret::new("a"),
            expires_in: Duration::from_secs(120),
            interval: Duration::from_secs(interval),
        };
        assert_eq!(said(r#"{"auth_req_id":"a","expires_in":120,"interval":7}"#), Ok(good(7)));
        assert_eq!(said(r#"{"auth_req_id":"a","expires_in":120,"more":{}}"#), Ok(good(5)));
        assert_eq!(said(r#"{"auth_req_id":"a","expires_in":120,"interval":0}"#), Ok(good(1)));
        let long = said(r#"{"auth_req_id":"a","expires_in":18446744073709551615}"#).unwrap();
        assert_eq!(long.expires_in, Duration::from_secs(LONGEST_WAIT));
        let endless = format!(r#"{{"auth_req_id":"{}","expires_in":9}}"#, "a".repeat(LONGEST_ID + 1));
        for body in [
            "",
            "{}",
            "<html>",
            r#"{"auth_req_id":"","expires_in":9}"#,
            r#"{"auth_req_id":"a","expires_in":0}"#,
            r#"{"auth_req_id":"a","expires_in":-1}"#,
            r#"{"auth_req_id":"a","expires_in":"9"}"#,
            r#"{"auth_req_id":"a"}"#,
            &endless,
        ] {
            assert_eq!(said(body), Err(unsound()), "{body:.60}");
        }
    }

    #[test]
    fn tells_the_reasons_apart_for_which_nobody_is_asked() {
        let refused =
            Rejection::Refused { error: "invalid_client".into(), description: Some("why".to_owned()) };
        let cases = [
            (error(400, "unknown_user_id"), NotTaken::UnknownPerson),
            (error(401, "invalid_client"), NotTaken::Rejected(refused)),
            (error(429, "temporarily_unavailable"), NotTaken::Busy),
            (error(503, "temporarily_unavailable"), NotTaken::Unreachable),
            (response(502, "<html>"), NotTaken::Unreachable),
            (response(400, "<html>"), unsound()),
            (response(302, ""), unsound()),
            (error(302, "unknown_user_id"), unsound()),
        ];
        for (response, expected) in cases {
            assert_eq!(taken(&response), Err(expected), "{response:?}");
        }
    }

    #[test]
    fn reads_each_answer_of_the_token_endpoint() {
        let word = |response: HttpResponse| match answer(&response) {
            Answer::Tokens(_) => "tokens",
            Answer::Open(Heard::Pending) => "pending",
            Answer::Open(Heard::SlowDown) => "slow down",
            Answer::Open(Heard::Nothing) => "nothing",
            Answer::Over(Ending::Denied) => "denied",
            Answer::Over(Ending::Expired) => "expired",
            Answer::Over(Ending::LevelUnmet) => "level",
            Answer::Over(Ending::Rejected(Rejection::Refused { .. })) => "refused",
            Answer::Over(Ending::Rejected(Rejection::Unsound(_))) => "unsound",
            Answer::Over(Ending::Lost) => "lost",
        };
        assert_eq!(word(response(200, r#"{"access_token":"a","token_type":"Bearer"}"#)), "tokens");
        let cases = [
            (400, "authorization_pending", "pending"),
            (400, "slow_down", "slow down"),
            (400, "access_denied", "denied"),
            (403, "access_denied", "denied"),
            (400, "expired_token", "expired"),
            (400, "unmet_authentication_requirements", "level"),
            (400, "invalid_grant", "refused"),
            (401, "invalid_client", "refused"),
            (429, "temporarily_unavailable", "nothing"),
            (500, "server_error", "nothing"),
            (503, "access_denied", "nothing"),
            (302, "access_denied", "unsound"),
        ];
        for (status, code, expected) in cases {
            assert_eq!(word(error(status, code)), expected, "{status} {code}");
        }
        for (status, body) in
            [(200, ""), (200, r#"{"error":"authorization_pending"}"#), (400, "no"), (204, "")]
        {
            assert_eq!(word(response(status, body)), "unsound", "{status} {body}");
        }
    }
}
