//! The tokens of one authorization: written in the caller's transaction, the ID token signed after its commit.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::access_token::{self, Carries, Issued, NewToken};
use super::claims::{self, Told};
use super::granted::Facts;
use super::token_text::{self, Says};
use super::verified::{self, Question};
use super::wanted::{self, Wanted};
use super::{Granted, refresh, release};
use crate::audit::{self, Event};
use crate::base::id::{FamilyId, ParticipationId};
use crate::base::{Fault, Moment, Timestamp};
use crate::client::{Client, Recipient, fapi};
use crate::crypto::Keys;
use crate::identity::subject;
use crate::protocol::claims_request::Place;
use crate::protocol::confirmation::{Confirmation, Sender};
use crate::protocol::id_token::{IdTokenClaims, half_hash};
use crate::protocol::scope::OPENID;
use crate::protocol::token_answer::{TokenAnswer, TokenType};
use crate::protocol::{GrantType, Refusal, Scope};
use crate::storage::Tx;

/// For whom tokens are issued, and how the client asked for them.
#[derive(Clone, Copy)]
pub struct Issuing<'a> {
    pub moment: &'a Moment,
    pub keys: &'a Keys,
    pub issuer: &'a str,
    pub client: &'a Client,
    /// The key the caller has shown it holds; every token issued here is bound to it.
    pub confirmation: Option<&'a Confirmation>,
    /// Whose key ID tokens are encrypted to, if the client registered that.
    pub recipient: Option<&'a Recipient>,
    /// For what the caller wants the token, within what was granted.
    pub wanted: &'a Wanted,
}

/// What was written, before anything is signed.
#[derive(Serialize, Deserialize)]
pub struct Written {
    issued: Issued,
    carries: Carries,
    refresh_token: Option<String>,
    scope: Scope,
    /// Claims about the person that the ID token was asked to carry.
    about: Map<String, Value>,
}

impl Written {
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// Of the access token's life.
    pub fn seconds_left(&self, now: Timestamp) -> u64 {
        self.issued.expires_at.since(now).as_secs()
    }

    /// Claims more for the ID token.
    pub fn tell(&mut self, claims: Map<String, Value>) {
        self.about.extend(claims);
    }
}

impl Issuing<'_> {
    /// RFC 9449 §5, RFC 8705 §4: refresh tokens of a public client are bound too; those of others are bound to the
    /// client, which shows who it is each time. What began bound stays bound.
    pub fn bind(&self, facts: &mut Facts) {
        facts.confirmation = self.confirmation.filter(|_| self.client.is_public()).cloned();
        facts.sender = Sender::of(self.confirmation);
    }

    /// What an access token carries, narrowed to what is wanted of a grant.
    pub fn carries(&self, facts: &Facts) -> Result<Carries, Refusal> {
        wanted::of_grant(self.client, self.wanted, facts, self.confirmation)
    }

    /// What the client's token about itself carries.
    pub fn own_carries(&self) -> Result<Carries, Refusal> {
        wanted::of_client(self.client, self.wanted, self.confirmation)
    }
}

/// Writes the first tokens of a family. `scope` is what the access token carries.
pub async fn write(
    tx: &mut Tx,
    to: &Issuing<'_>,
    family: &FamilyId,
    (granted, scope): (&Granted, Scope),
) -> Result<Result<Written, Refusal>, Fault> {
    let refresh_token = match to.client.may_use(GrantType::RefreshToken) {
        true => Some(refresh::issue(tx, to.moment, family).await?),
        false => None,
    };
    write_with(tx, to, family, (granted, scope), refresh_token).await
}

/// The same where the refresh token is there already. At a refresh `scope` may be less than was granted.
pub async fn write_with(
    tx: &mut Tx,
    to: &Issuing<'_>,
    family: &FamilyId,
    (granted, scope): (&Granted, Scope),
    refresh_token: Option<String>,
) -> Result<Result<Written, Refusal>, Fault> {
    let carries = match to.carries(&granted.facts) {
        Ok(carries) => carries,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let new =
        NewToken { client: to.client, family: Some(family), scope: &scope, carries: &carries, parent: None };
    let issued = access_token::issue(tx, to.moment, &new).await?;
    let about = about(tx, to, granted, Told::ByUserinfo).await?;
    Ok(Ok(Written { issued, carries, refresh_token, scope, about }))
}

/// Signs and puts the answer together; nothing is stored any more.
pub fn answer(
    to: &Issuing<'_>,
    granted: &Granted,
    sid: &ParticipationId,
    written: Written,
) -> Result<TokenAnswer, Fault> {
    let Written { issued, carries, refresh_token, scope, about } = written;
    let answer = access_answer(to, issued, Some(granted), (scope, carries))?;
    let id_token = match answer.scope.contains(OPENID) {
        true => {
            let beside = Beside { access_token: Some(&answer.access_token), ..Beside::default() };
            Some(id_token(to, granted, sid, (&beside, about))?)
        }
        false => None,
    };
    Ok(TokenAnswer { refresh_token, id_token, ..answer })
}

/// The answer with an access token alone.
pub fn access_answer(
    to: &Issuing<'_>,
    issued: Issued,
    granted: Option<&Granted>,
    (scope, carries): (Scope, Carries),
) -> Result<TokenAnswer, Fault> {
    Ok(TokenAnswer {
        expires_in: issued.seconds(),
        access_token: text(to, issued, granted, (&scope, &carries))?,
        issued_token_type: None,
        token_type: TokenType::of(to.confirmation),
        refresh_token: None,
        scope,
        id_token: None,
        authorization_details: carries.details,
    })
}

/// What the client gets of an access token that was written.
pub fn text(
    to: &Issuing<'_>,
    issued: Issued,
    granted: Option<&Granted>,
    (scope, carries): (&Scope, &Carries),
) -> Result<String, Fault> {
    token_text::of(to.keys, issued, &Says { issuer: to.issuer, client: to.client, granted, scope, carries })
}

/// Claims about the person for the ID token; read only when something was asked for there.
pub async fn about(
    tx: &mut Tx,
    to: &Issuing<'_>,
    granted: &Granted,
    scopes: Told,
) -> Result<Map<String, Value>, Fault> {
    if !claims::id_token_needs_person(granted, scopes) {
        return Ok(Map::new());
    }
    let about = release::about(tx, to.keys, granted).await?;
    let mut told = claims::for_id_token(&about, granted, scopes);
    let question = Question {
        about: &about,
        granted,
        sector: &to.client.sector,
        place: Place::IdToken,
        now: to.moment.now,
    };
    let verified = verified::tell(tx, to.keys, &question).await?;
    told.extend(verified.map(|value| ("verified_claims".to_owned(), value)));
    if claims::releases_number(&told) {
        let event = Event::NumberReleased { person: &granted.person, client: &granted.client_id };
        audit::record(tx, to.moment, event).await?;
    }
    Ok(told)
}

const ID_TOKEN_SECONDS: i64 = 600;

/// What an ID token is handed over beside, and vouches for by a hash (OIDC Core §3.3.2.11).
#[derive(Default)]
pub struct Beside<'a> {
    pub access_token: Option<&'a str>,
    pub code: Option<&'a str>,
    pub state: Option<&'a str>,
}

pub fn id_token(
    to: &Issuing<'_>,
    granted: &Granted,
    sid: &ParticipationId,
    (beside, about): (&Beside<'_>, Map<String, Value>),
) -> Result<String, Fault> {
    let algorithm = to.client.id_token_algorithm;
    let sub = subject::of_person(to.keys, &to.client.sector, &granted.person);
    let iat = to.moment.now.seconds();
    let mut token =
        IdTokenClaims::new(to.issuer, sub, to.client.client_id.as_str(), iat, iat + ID_TOKEN_SECONDS);
    let facts = &granted.facts;
    token.auth_time = Some(facts.auth_time.seconds());
    token.nonce = facts.nonce.clone();
    token.acr = Some(facts.acr);
    token.amr = facts.amr.clone();
    token.sid = fapi::tells_session(to.client).then(|| sid.to_string());
    let hash = |text: Option<&str>| text.map(|text| half_hash(algorithm, text));
    token.at_hash = hash(beside.access_token);
    token.c_hash = hash(beside.code);
    token.s_hash = hash(beside.state);
    token.tell(about);
    let signed = to.keys.signing.signer(algorithm)?.sign("JWT", &token)?;
    match to.recipient {
        Some(recipient) => recipient.seal(&*to.moment.random, &signed),
        None => Ok(signed),
    }
}
