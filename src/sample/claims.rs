//! What the identity service tells about a person, believed only after every check: the ID token and userinfo.

use std::sync::Arc;

use openidconnect::core::{CoreGenderClaim, CoreJsonWebKey};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, IdTokenClaims, IdTokenVerifier, Nonce,
    SignatureVerificationError, UserInfoClaims,
};

use super::person::Person;
use super::provider::{ACCEPTED_SIGNATURES, Known, OtherClaims, Provider, Sent, SignedIdToken, Unreachable};
use super::relying::SampleRp;
use crate::base::Timestamp;

/// Why nothing is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    Unreachable,
    /// Something that came is not what it must be; the text says which check.
    Unsound(&'static str),
}

impl From<Unreachable> for Doubt {
    fn from(_: Unreachable) -> Self {
        Doubt::Unreachable
    }
}

/// An ID token as the token endpoint gave it.
pub struct Received<'a> {
    pub id_token: &'a SignedIdToken,
    pub access_token: &'a AccessToken,
    /// The one that was sent. Where none was sent none may come: such a token belongs to another flow.
    pub nonce: Option<&'a Nonce>,
}

/// Checks the ID token; a key that is not known yet is looked for once more (OpenID Connect Core §10.1.1).
pub async fn read_id_token(
    rp: &SampleRp,
    known: &Arc<Known>,
    received: &Received<'_>,
) -> Result<Person, Doubt> {
    let now = rp.settings.clock.now();
    let first = received.check(&rp.provider, known, now);
    let outcome = match first {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            let anew = rp.provider.known_anew().await?;
            received.check(&rp.provider, &anew, now)
        }
        other => other,
    };
    outcome.map_err(|error| {
        let what = failed_check(&error);
        tracing::warn!(check = what, "sample: an ID token was refused");
        Doubt::Unsound(what)
    })
}

/// Userinfo about the same `sub` as the ID token's (OpenID Connect Core §5.3.2).
pub async fn read_userinfo(
    rp: &SampleRp,
    known: &Known,
    access_token: AccessToken,
    sub: &str,
) -> Result<serde_json::Map<String, serde_json::Value>, Doubt> {
    let sub = openidconnect::SubjectIdentifier::new(sub.to_owned());
    let client = rp.provider.client(known);
    let request =
        client.user_info(access_token, Some(sub)).map_err(|_| Doubt::Unsound("userinfo_endpoint"))?;
    let answer: Sent<Result<UserInfoClaims<OtherClaims, CoreGenderClaim>, _>> =
        Box::pin(request.request_async(rp.provider.caller()));
    match answer.await {
        Ok(claims) => Ok(members(&claims)),
        Err(openidconnect::UserInfoError::Request(error)) => {
            tracing::warn!(%error, "sample: the userinfo endpoint did not answer");
            Err(Doubt::Unreachable)
        }
        Err(_) => Err(Doubt::Unsound("userinfo")),
    }
}

impl Received<'_> {
    /// OpenID Connect Core §3.1.3.7: signature, iss, aud, exp, iat, nonce; §3.1.3.8: at_hash.
    fn check(
        &self,
        provider: &Provider,
        known: &Known,
        now: Timestamp,
    ) -> Result<Person, ClaimsVerificationError> {
        let client = provider.client(known);
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ACCEPTED_SIGNATURES)
            .set_time_fn(move || chrono::DateTime::from_timestamp_micros(now.micros()).unwrap_or_default())
            .set_issue_time_verifier_fn(move |issued| issued_recently(now, issued.timestamp()));
        let claims = self.claims(&verifier)?;
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

    fn claims(
        &self,
        verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
    ) -> Result<&IdTokenClaims<OtherClaims, CoreGenderClaim>, ClaimsVerificationError> {
        match self.nonce {
            Some(nonce) => self.id_token.claims(verifier, nonce),
            None => self.id_token.claims(verifier, no_nonce),
        }
    }
}

fn no_nonce(nonce: Option<&Nonce>) -> Result<(), String> {
    if nonce.is_none() { Ok(()) } else { Err("nonce".to_owned()) }
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

fn members(claims: &impl serde::Serialize) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(claims) {
        Ok(serde_json::Value::Object(mut members)) => {
            members.retain(|_, value| !value.is_null());
            members
        }
        _ => serde_json::Map::new(),
    }
}
