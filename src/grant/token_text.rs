//! What a client gets of an access token that was written: the opaque text itself, or a signed `at+jwt` (RFC 9068).

use super::access_token::{Carries, Issued};
use super::granted::Granted;
use crate::base::Fault;
use crate::client::Client;
use crate::crypto::Keys;
use crate::identity::subject;
use crate::protocol::Scope;
use crate::protocol::access_token::{AccessTokenClaims, AccessTokenFormat, TYP};

/// What a signed token says beside its times.
pub struct Says<'a> {
    pub issuer: &'a str,
    pub client: &'a Client,
    /// Absent for a client's own token.
    pub granted: Option<&'a Granted>,
    pub scope: &'a Scope,
    pub carries: &'a Carries,
}

/// The text of a token; sign after the commit. The algorithm is the one of the client's ID tokens.
pub fn of(keys: &Keys, issued: Issued, says: &Says<'_>) -> Result<String, Fault> {
    match issued.format {
        AccessTokenFormat::Opaque => Ok(issued.secret),
        AccessTokenFormat::Jwt => {
            let signer = keys.signing.signer(says.client.id_token_algorithm)?;
            signer.sign(TYP, &claims(keys, issued, says))
        }
    }
}

/// Who a token is about, as the sector it is for knows them.
pub fn subject(keys: &Keys, client: &Client, granted: Option<&Granted>, carries: &Carries) -> String {
    match granted {
        Some(granted) => {
            let sector = carries.sector.as_deref().unwrap_or(&client.sector);
            subject::of_person(keys, sector, &granted.person)
        }
        // RFC 9068 §2.2: a token of the client itself is about the client.
        None => client.client_id.clone(),
    }
}

fn claims(keys: &Keys, issued: Issued, says: &Says<'_>) -> AccessTokenClaims {
    let Says { issuer, client, granted, scope, carries } = says;
    let facts = granted.map(|granted| &granted.facts);
    AccessTokenClaims {
        iss: (*issuer).to_owned(),
        sub: subject(keys, client, *granted, carries),
        aud: carries.told_audience(issuer),
        client_id: client.client_id.clone(),
        exp: issued.expires_at.seconds(),
        iat: issued.issued_at.seconds(),
        jti: issued.secret,
        scope: (*scope).clone(),
        auth_time: facts.map(|facts| facts.auth_time.seconds()),
        acr: facts.map(|facts| facts.acr),
        amr: facts.map(|facts| facts.amr.clone()).unwrap_or_default(),
        cnf: carries.confirmation.clone(),
        act: carries.actor.clone(),
        authorization_details: carries.details.clone(),
    }
}
