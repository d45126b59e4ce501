//! The logout token of OpenID Connect Back-Channel Logout 1.0: what §2.6 demands before anybody is signed out.

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::person::Person;
use crate::base::Timestamp;

/// Tolerated between the clocks of the two systems.
pub const LEEWAY: Duration = Duration::from_secs(60);

/// A valid logout token's meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logout {
    pub sub: Option<String>,
    pub sid: Option<String>,
    pub jti: String,
    pub exp: Timestamp,
}

impl Logout {
    /// Whether a session is one of those to end: every identifier the token names must be the session's.
    pub fn means(&self, person: &Person) -> bool {
        let sub_fits = self.sub.as_ref().is_none_or(|sub| *sub == person.sub);
        let sid_fits = self.sid.as_ref().is_none_or(|sid| person.sid.as_ref() == Some(sid));
        sub_fits && sid_fits
    }
}

/// For whom and when a token must be valid.
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub now: Timestamp,
}

/// Why a logout token was refused; the text goes back to the identity service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not a signed JWT")]
    Malformed,
    #[error("this typ or crit is not that of a logout token")]
    WrongType,
    #[error("the algorithm is not accepted")]
    WrongAlgorithm,
    #[error("no published key fits")]
    UnknownKey,
    #[error("the signature does not match")]
    WrongSignature,
    #[error("a required claim is missing, repeated or of the wrong type")]
    WrongClaims,
    #[error("iss is another issuer")]
    WrongIssuer,
    #[error("aud does not name this client")]
    WrongAudience,
    #[error("issued in the future")]
    FromTheFuture,
    #[error("expired")]
    Expired,
    #[error("events does not name a back-channel logout")]
    WrongEvents,
    #[error("nonce is prohibited in a logout token")]
    HasNonce,
    #[error("neither sub nor sid")]
    NamesNobody,
    #[error("jti was used before")]
    Replayed,
}

/// The token's meaning, after every check but the one for replay.
pub fn verify(token: &str, keys: &JwkSet, expected: &Expected) -> Result<Logout, Refused> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused_header(token))?;
    check_header(&header)?;
    let key = fitting_key(&header, keys)?;
    let claims = signed_claims(token, header.alg, key)?;
    check_claims(claims, expected)
}

const ACCEPTED: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: String,
    events: Events,
    sub: Option<String>,
    sid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    nonce: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Even `"nonce": null` is a nonce.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// `none` and unknown algorithms cannot be read as a header; say so rather than "malformed".
fn refused_header(token: &str) -> Refused {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [header, _, _] = parts[..] else { return Refused::Malformed };
    let header = URL_SAFE_NO_PAD.decode(header).ok();
    let header: Option<serde_json::Value> = header.and_then(|json| serde_json::from_slice(&json).ok());
    match header.as_ref().and_then(|header| header.get("alg")) {
        Some(serde_json::Value::String(_)) => Refused::WrongAlgorithm,
        _ => Refused::Malformed,
    }
}

fn check_header(header: &Header) -> Result<(), Refused> {
    // §2.6 (2): never `none`; and our secret signs nothing here, so no HMAC either.
    if !ACCEPTED.contains(&header.alg) {
        return Err(Refused::WrongAlgorithm);
    }
    // §2.4: `logout+jwt` is recommended and not required; any other kind of token is not a logout token (RFC 8725 §3.11).
    let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
    let kind_fits = matches!(kind.as_deref(), None | Some("jwt" | "logout+jwt" | "application/logout+jwt"));
    // RFC 7515 §4.1.11: we understand no critical extension.
    if !kind_fits || header.crit.is_some() {
        return Err(Refused::WrongType);
    }
    Ok(())
}

fn fitting_key<'a>(header: &Header, keys: &'a JwkSet) -> Result<&'a Jwk, Refused> {
    let mut fitting = keys.keys.iter().filter(|key| {
        let named = header.kid.is_none() || key.common.key_id == header.kid;
        let signs = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let same = key.common.key_algorithm.is_none_or(|alg| alg == KeyAlgorithm::from(header.alg));
        named && signs && same
    });
    match (fitting.next(), fitting.next()) {
        (Some(key), None) => Ok(key),
        _ => Err(Refused::UnknownKey),
    }
}

fn signed_claims(token: &str, alg: Algorithm, key: &Jwk) -> Result<Claims, Refused> {
    use jsonwebtoken::errors::ErrorKind;
    let key = DecodingKey::from_jwk(key).map_err(|_| Refused::UnknownKey)?;
    let mut validation = Validation::new(alg);
    // The signature is checked here; times and names below, by our own clock.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode::<Claims>(token, &key, &validation) {
        Ok(data) => Ok(data.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::Json(_) => Refused::WrongClaims,
            ErrorKind::InvalidAlgorithm => Refused::WrongAlgorithm,
            _ => Refused::WrongSignature,
        }),
    }
}

fn check_claims(claims: Claims, expected: &Expected) -> Result<Logout, Refused> {
    // §2.6 (3): iss, aud, iat and exp as in an ID token (OpenID Connect Core §3.1.3.7).
    if claims.iss != expected.issuer {
        return Err(Refused::WrongIssuer);
    }
    let named = match &claims.aud {
        Audience::One(aud) => aud == expected.client_id,
        Audience::Several(all) => all.iter().any(|aud| aud == expected.client_id),
    };
    if !named {
        return Err(Refused::WrongAudience);
    }
    let exp = Timestamp::from_seconds(claims.exp);
    if Timestamp::from_seconds(claims.iat) > expected.now + LEEWAY {
        return Err(Refused::FromTheFuture);
    }
    if exp + LEEWAY <= expected.now {
        return Err(Refused::Expired);
    }
    // §2.6 (4) to (6).
    if claims.sub.is_none() && claims.sid.is_none() {
        return Err(Refused::NamesNobody);
    }
    if claims.events.logout.is_none() {
        return Err(Refused::WrongEvents);
    }
    if claims.nonce {
        return Err(Refused::HasNonce);
    }
    Ok(Logout { sub: claims.sub, sid: claims.sid, jti: claims.jti, exp })
}

#[cfg(test)]
mod tests;
