//! Signing a person in: the way to the identity service (code flow with PKCE), and everything checked on the way back.

use std::sync::Arc;

use openidconnect::core::CoreGenderClaim;
use openidconnect::core::CoreResponseType;
use openidconnect::{
    AccessToken, AccessTokenHash, AuthenticationContextClass, AuthenticationFlow, AuthorizationCode,
    ClaimsVerificationError, CsrfToken, LanguageTag, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RequestTokenError, Scope, SignatureVerificationError, TokenResponse, UserInfoClaims,
};
use serde::Deserialize;

use super::person::Person;
use super::provider::{
    ACCEPTED_SIGNATURES, Known, OpenIdClient, OtherClaims, Provider, Sent, SignedIdToken, Unreachable,
};
use super::relying::SampleRp;
use super::system::acr_of_level;
use crate::base::{Locale, Timestamp};

/// Kept between the way there and the way back.
pub struct Login {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// The authorization answer as the browser brought it (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Deserialize)]
pub struct Answer {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum Refusal {
    /// No sign-in of this browser waits under this `state`.
    UnknownLogin,
    Unreachable,
    /// The answer names another issuer, or none where this one always names itself.
    WrongIssuer,
    /// The identity service said no.
    Answered {
        error: String,
        description: Option<String>,
    },
    /// Something that came back is not what it must be; the text says which check.
    Unsound(&'static str),
    /// Signed in, but below what this system demands.
    LevelTooLow {
        reached: Option<u8>,
        demanded: u8,
    },
}

impl From<Unreachable> for Refusal {
    fn from(_: Unreachable) -> Self {
        Refusal::Unreachable
    }
}

/// The address to send the browser to. `browser` is the cookie that must come back with the answer.
pub async fn begin(rp: &SampleRp, browser: &str, locale: Locale) -> Result<String, Unreachable> {
    let known = rp.provider.known().await?;
    let random = &rp.settings.random;
    let (state, nonce) = (CsrfToken::new(random.token(32)), Nonce::new(random.token(32)));
    let verifier = PkceCodeVerifier::new(random.token(32));
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    let client = rp.provider.client(&known);
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client
        .authorize_url(flow, move || state, move || nonce)
        .add_scopes(rp.system.scopes().iter().map(|scope| Scope::new((*scope).to_owned())))
        .add_ui_locale(LanguageTag::new(locale.tag().to_owned()))
        .set_pkce_challenge(challenge);
    if let Some(level) = rp.system.demanded_level() {
        request = request.add_auth_context_value(AuthenticationContextClass::new(acr_of_level(level)));
    }
    let (url, state, nonce) = request.url();
    let login = Login { nonce, verifier };
    rp.logins.begin(rp.settings.clock.now(), state.into_secret(), browser.to_owned(), login);
    Ok(url.into())
}

/// The person, if everything about the answer is sound.
pub async fn finish(rp: &SampleRp, browser: Option<&str>, answer: Answer) -> Result<Person, Refusal> {
    let login = known_login(rp, browser, &answer).ok_or(Refusal::UnknownLogin)?;
    let known = rp.provider.known().await?;
    check_issuer(&known, rp.provider.issuer(), &answer)?;
    if let Some(error) = answer.error {
        return Err(Refusal::Answered { error, description: answer.error_description });
    }
    let code = answer.code.ok_or(Refusal::Unsound("code"))?;
    let client = rp.provider.client(&known);
    let (id_token, access_token) = redeem(rp, &client, code, login.verifier).await?;
    let mut person = read_id_token(rp, &known, &id_token, &access_token, &login.nonce).await?;
    check_level(rp, &person)?;
    person.userinfo = read_userinfo(rp, &client, access_token, &person.sub).await?;
    Ok(person)
}

fn known_login(rp: &SampleRp, browser: Option<&str>, answer: &Answer) -> Option<Login> {
    rp.logins.finish(rp.settings.clock.now(), answer.state.as_deref()?, browser?)
}

/// RFC 9207 §2.4: compared letter for letter, and required where the issuer says it always comes.
fn check_issuer(known: &Known, issuer: &str, answer: &Answer) -> Result<(), Refusal> {
    match answer.iss.as_deref() {
        Some(iss) if iss == issuer => Ok(()),
        None if !known.names_itself_in_answers() => Ok(()),
        _ => Err(Refusal::WrongIssuer),
    }
}

async fn redeem(
    rp: &SampleRp,
    client: &OpenIdClient,
    code: String,
    verifier: PkceCodeVerifier,
) -> Result<(SignedIdToken, AccessToken), Refusal> {
    let request = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|_| Refusal::Unsound("token_endpoint"))?
        .set_pkce_verifier(verifier);
    let exchange: Sent<_> = Box::pin(request.request_async(rp.provider.caller()));
    let tokens = exchange.await.map_err(|error| match error {
        RequestTokenError::ServerResponse(answer) => Refusal::Answered {
            error: answer.error().to_string(),
            description: answer.error_description().cloned(),
        },
        RequestTokenError::Request(error) => {
            tracing::warn!(%error, "sample: the token endpoint did not answer");
            Refusal::Unreachable
        }
        _ => Refusal::Unsound("token response"),
    })?;
    let id_token = tokens.id_token().cloned().ok_or(Refusal::Unsound("id_token"))?;
    Ok((id_token, tokens.access_token().clone()))
}

/// Checks the ID token; a key that is not known yet is looked for once more (OpenID Connect Core §10.1.1).
async fn read_id_token(
    rp: &SampleRp,
    known: &Arc<Known>,
    id_token: &SignedIdToken,
    access_token: &AccessToken,
    nonce: &Nonce,
) -> Result<Person, Refusal> {
    let received = Received { id_token, access_token, nonce, now: rp.settings.clock.now() };
    let first = received.check(&rp.provider, known);
    let outcome = match first {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            let anew = rp.provider.known_anew().await?;
            received.check(&rp.provider, &anew)
        }
        other => other,
    };
    outcome.map_err(|error| {
        let what = failed_check(&error);
        tracing::warn!(check = what, "sample: an ID token was refused");
        Refusal::Unsound(what)
    })
}

struct Received<'a> {
    id_token: &'a SignedIdToken,
    access_token: &'a AccessToken,
    nonce: &'a Nonce,
    now: Timestamp,
}

impl Received<'_> {
    /// OpenID Connect Core §3.1.3.7: signature, iss, aud, exp, iat, nonce; §3.1.3.8: at_hash.
    fn check(&self, provider: &Provider, known: &Known) -> Result<Person, ClaimsVerificationError> {
        let client = provider.client(known);
        let now = self.now;
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ACCEPTED_SIGNATURES)
            .set_time_fn(move || chrono::DateTime::from_timestamp_micros(now.micros()).unwrap_or_default())
            .set_issue_time_verifier_fn(move |issued| issued_recently(now, issued.timestamp()));
        let claims = self.id_token.claims(&verifier, self.nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let signature = ClaimsVerificationError::SignatureVerification;
            let alg = self.id_token.signing_alg().map_err(signature)?;
            let key = self.id_token.signing_key(&verifier).map_err(signature)?;
            let actual = AccessTokenHash::from_token(self.access_token, alg, key)
                .map_err(|_| ClaimsVerificationError::Unsupported("at_hash".to_owned()))?;
            if actual != *expected {
                return Err(ClaimsVerificationError::Other("at_hash".to_owned()));
            }
        }
        Ok(Person {
            sub: claims.subject().to_string(),
            sid: claims.additional_claims().text("sid").map(str::to_owned),
            acr: claims.auth_context_ref().map(|acr| acr.to_string()),
            id_token: self.id_token.to_string(),
            id_token_claims: members(claims),
            userinfo: serde_json::Map::new(),
        })
    }
}

fn issued_recently(now: Timestamp, issued: i64) -> Result<(), String> {
    let age = now.seconds().saturating_sub(issued);
    if (-60..=600).contains(&age) { Ok(()) } else { Err("iat".to_owned()) }
}

/// Which check failed, without the token's contents.
fn failed_check(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "exp or iat",
        ClaimsVerificationError::InvalidAudience(_) => "aud",
        ClaimsVerificationError::InvalidIssuer(_) => "iss",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::InvalidSubject(_) => "sub",
        ClaimsVerificationError::SignatureVerification(_) => "signature",
        ClaimsVerificationError::Other(what) if what == "at_hash" => "at_hash",
        _ => "id_token",
    }
}

/// `acr_values` only asks: what was reached is in `acr` and must be looked at (OpenID Connect Core §3.1.2.1).
fn check_level(rp: &SampleRp, person: &Person) -> Result<(), Refusal> {
    let Some(demanded) = rp.system.demanded_level() else { return Ok(()) };
    match person.level() {
        Some(level) if level >= demanded => Ok(()),
        reached => Err(Refusal::LevelTooLow { reached, demanded }),
    }
}

/// Userinfo about the same `sub` as the ID token's (OpenID Connect Core §5.3.2).
async fn read_userinfo(
    rp: &SampleRp,
    client: &OpenIdClient,
    access_token: AccessToken,
    sub: &str,
) -> Result<serde_json::Map<String, serde_json::Value>, Refusal> {
    let sub = openidconnect::SubjectIdentifier::new(sub.to_owned());
    let request =
        client.user_info(access_token, Some(sub)).map_err(|_| Refusal::Unsound("userinfo_endpoint"))?;
    let answer: Sent<Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _>> =
        Box::pin(request.request_async(rp.provider.caller()));
    match answer.await {
        Ok(claims) => Ok(members(&claims)),
        Err(openidconnect::UserInfoError::Request(error)) => {
            tracing::warn!(%error, "sample: the userinfo endpoint did not answer");
            Err(Refusal::Unreachable)
        }
        Err(_) => Err(Refusal::Unsound("userinfo")),
    }
}

fn members(claims: &impl serde::Serialize) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(claims) {
        Ok(serde_json::Value::Object(mut members)) => {
            members.retain(|_, value| !value.is_null());
            members
        }
        _ => serde_json::Map::new(),
    }
}
