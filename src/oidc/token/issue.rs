//! The tokens of one authorization: written in the caller's transaction, the ID token signed after its commit.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::error::Problem;
use super::{Asked, wanted};
use crate::audit::{self, Event};
use crate::base::id::{FamilyId, ParticipationId};
use crate::base::{Fault, Timestamp};
use crate::client::fapi;
use crate::grant::access_token::{self, Carries, Issued, NewToken};
use crate::grant::claims::Told;
use crate::grant::token_text::{self, Says};
use crate::grant::verified::{self, Question};
use crate::grant::{Granted, claims, refresh, release};
use crate::identity::subject;
use crate::protocol::claims_request::Place;
use crate::protocol::id_token::{IdTokenClaims, half_hash};
use crate::protocol::scope::OPENID;
use crate::protocol::token_answer::{TokenAnswer, TokenType};
use crate::protocol::{GrantType, Scope};
use crate::storage::Tx;

/// What was written, before anything is signed.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    issued: Issued,
    carries: Carries,
    refresh_token: Option<String>,
    scope: Scope,
    /// Claims about the person that the ID token was asked to carry.
    about: Map<String, Value>,
}

impl Written {
    pub(super) fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// Of the access token's life.
    pub(super) fn seconds_left(&self, now: Timestamp) -> u64 {
        self.issued.expires_at.since(now).as_secs()
    }

    /// Claims more for the ID token.
    pub(super) fn tell(&mut self, claims: Map<String, Value>) {
        self.about.extend(claims);
    }
}

/// Writes the first tokens of a family. `scope` is what the access token carries.
pub(super) async fn write(
    tx: &mut Tx,
    asked: &Asked<'_>,
    family: &FamilyId,
    (granted, scope): (&Granted, Scope),
) -> Result<Written, Problem> {
    let refresh_token = match asked.client.may_use(GrantType::RefreshToken) {
        true => Some(refresh::issue(tx, asked.moment, family).await?),
        false => None,
    };
    write_with(tx, asked, family, (granted, scope), refresh_token).await
}

/// The same where the refresh token is there already. At a refresh `scope` may be less than was granted.
pub(super) async fn write_with(
    tx: &mut Tx,
    asked: &Asked<'_>,
    family: &FamilyId,
    (granted, scope): (&Granted, Scope),
    refresh_token: Option<String>,
) -> Result<Written, Problem> {
    let carries = wanted::of_grant(asked, &granted.facts)?;
    let new = NewToken {
        client_id: &granted.client_id,
        family: Some(family),
        scope: &scope,
        carries: &carries,
        format: asked.client.metadata.access_token_format,
        parent: None,
    };
    let issued = access_token::issue(tx, asked.moment, &new).await?;
    let about = about(tx, asked, granted, Told::ByUserinfo).await?;
    Ok(Written { issued, carries, refresh_token, scope, about })
}

/// Signs and puts the answer together; nothing is stored any more.
pub(super) fn answer(
    asked: &Asked<'_>,
    granted: &Granted,
    sid: &ParticipationId,
    written: Written,
) -> Result<TokenAnswer, Fault> {
    let Written { issued, carries, refresh_token, scope, about } = written;
    let expires_in = issued.seconds();
    let access_token = text(asked, issued, Some(granted), (&scope, &carries))?;
    let id_token = match scope.contains(OPENID) {
        true => {
            let beside = Beside { access_token: Some(&access_token), ..Beside::default() };
            Some(id_token(asked, granted, sid, (&beside, about))?)
        }
        false => None,
    };
    Ok(TokenAnswer {
        access_token,
        issued_token_type: None,
        token_type: token_type(asked),
        expires_in,
        refresh_token,
        scope,
        id_token,
        authorization_details: carries.details,
    })
}

/// What the client gets of an access token that was written.
pub(super) fn text(
    asked: &Asked<'_>,
    issued: Issued,
    granted: Option<&Granted>,
    (scope, carries): (&Scope, &Carries),
) -> Result<String, Fault> {
    let issuer = asked.app.settings.issuer.as_str();
    token_text::of(&asked.app.keys, issued, &Says { issuer, client: asked.client, granted, scope, carries })
}

pub(super) fn token_type(asked: &Asked<'_>) -> TokenType {
    TokenType::of(asked.confirmation.as_ref())
}

/// Claims about the person for the ID token; read only when something was asked for there.
pub(super) async fn about(
    tx: &mut Tx,
    asked: &Asked<'_>,
    granted: &Granted,
    scopes: Told,
) -> Result<Map<String, Value>, Fault> {
    if !claims::id_token_needs_person(granted, scopes) {
        return Ok(Map::new());
    }
    let about = release::about(tx, &asked.app.keys, granted).await?;
    let mut told = claims::for_id_token(&about, granted, scopes);
    let question = Question {
        about: &about,
        granted,
        sector: &asked.client.sector,
        place: Place::IdToken,
        now: asked.moment.now,
    };
    let verified = verified::tell(tx, &asked.app.keys, &question).await?;
    told.extend(verified.map(|value| ("verified_claims".to_owned(), value)));
    if claims::releases_number(&told) {
        let event = Event::NumberReleased { person: &granted.person, client: &granted.client_id };
        audit::record(tx, asked.moment, event).await?;
    }
    Ok(told)
}

const ID_TOKEN_SECONDS: i64 = 600;

/// What an ID token is handed over beside, and vouches for by a hash (OIDC Core §3.3.2.11).
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub(super) access_token: Option<&'a str>,
    pub(super) code: Option<&'a str>,
    pub(super) state: Option<&'a str>,
}

pub(super) fn id_token(
    asked: &Asked<'_>,
    granted: &Granted,
    sid: &ParticipationId,
    (beside, about): (&Beside<'_>, Map<String, Value>),
) -> Result<String, Fault> {
    let algorithm = asked.client.id_token_algorithm;
    let sub = subject::of_person(&asked.app.keys, &asked.client.sector, &granted.person);
    let iat = asked.moment.now.seconds();
    let mut token = IdTokenClaims::new(
        asked.app.settings.issuer.as_str(),
        sub,
        asked.client.client_id.as_str(),
        iat,
        iat + ID_TOKEN_SECONDS,
    );
    let facts = &granted.facts;
    token.auth_time = Some(facts.auth_time.seconds());
    token.nonce = facts.nonce.clone();
    token.acr = Some(facts.acr);
    token.amr = facts.amr.clone();
    token.sid = fapi::tells_session(asked.client).then(|| sid.to_string());
    let hash = |text: Option<&str>| text.map(|text| half_hash(algorithm, text));
    token.at_hash = hash(beside.access_token);
    token.c_hash = hash(beside.code);
    token.s_hash = hash(beside.state);
    token.tell(about);
    let signed = asked.app.keys.signing.signer(algorithm)?.sign("JWT", &token)?;
    match &asked.recipient {
        Some(recipient) => recipient.seal(&*asked.moment.random, &signed),
        None => Ok(signed),
    }
}
