//! Signing a person in: the way to the identity service (code flow with PKCE), and everything checked on the way back.

use openidconnect::core::CoreResponseType;
use openidconnect::{
    AccessToken, AuthenticationContextClass, AuthenticationFlow, AuthorizationCode, CsrfToken, LanguageTag,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RequestTokenError, Scope, TokenResponse,
};
use serde::Deserialize;

use super::claims::{self, Doubt, Received};
use super::person::Person;
use super::provider::{Known, OpenIdClient, Sent, SignedIdToken, Unreachable};
use super::relying::SampleRp;
use super::system::acr_of_level;
use crate::base::Locale;

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

impl From<Doubt> for Refusal {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Unreachable => Refusal::Unreachable,
            Doubt::Unsound(check) => Refusal::Unsound(check),
        }
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
    let received = Received { id_token: &id_token, access_token: &access_token, nonce: Some(&login.nonce) };
    let mut person = claims::read_id_token(rp, &known, &received).await?;
    check_level(rp, &person)?;
    person.userinfo = claims::read_userinfo(rp, &known, access_token, &person.sub).await?;
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

/// `acr_values` only asks: what was reached is in `acr` and must be looked at (OpenID Connect Core §3.1.2.1).
fn check_level(rp: &SampleRp, person: &Person) -> Result<(), Refusal> {
    let Some(demanded) = rp.system.demanded_level() else { return Ok(()) };
    match person.level() {
        Some(level) if level >= demanded => Ok(()),
        reached => Err(Refusal::LevelTooLow { reached, demanded }),
    }
}
