//! The tokens of one authorization: written in the caller's transaction, the ID token signed after its commit.

use serde_json::{Map, Value};

use super::Asked;
use crate::audit::{self, Event};
use crate::base::Fault;
use crate::base::id::{FamilyId, ParticipationId};
use crate::grant::access_token::{self, Carries, NewToken};
use crate::grant::{Granted, claims, refresh, release};
use crate::identity::subject;
use crate::protocol::confirmation::Confirmation;
use crate::protocol::id_token::{IdTokenClaims, half_hash};
use crate::protocol::scope::OPENID;
use crate::protocol::token_answer::{TokenAnswer, TokenType};
use crate::protocol::{GrantType, Scope};
use crate::storage::Tx;

/// What was written, before anything is signed.
pub(super) struct Written {
    access_token: String,
    refresh_token: Option<String>,
    scope: Scope,
    /// Claims about the person that the ID token was asked to carry.
    about: Map<String, Value>,
}

/// Writes the tokens of a family. `scope` is what the access token carries: at a refresh it may be less than was granted.
pub(super) async fn write(
    tx: &mut Tx,
    asked: &Asked<'_>,
    family: &FamilyId,
    (granted, scope): (&Granted, Scope),
) -> Result<Written, Fault> {
    let carries = Carries {
        confirmation: asked.confirmation.clone(),
        audience: granted.facts.resources.clone(),
        details: granted.facts.details.clone(),
        actor: None,
    };
    let new =
        NewToken { client_id: &granted.client_id, family: Some(family), scope: &scope, carries: &carries };
    let access_token = access_token::issue(tx, asked.moment, &new).await?;
    let refresh_token = match asked.client.may_use(GrantType::RefreshToken) {
        true => Some(refresh::issue(tx, asked.moment, family).await?),
        false => None,
    };
    let about = about(tx, asked, granted).await?;
    Ok(Written { access_token, refresh_token, scope, about })
}

/// Signs and puts the answer together; nothing is stored any more.
pub(super) fn answer(
    asked: &Asked<'_>,
    granted: &Granted,
    sid: &ParticipationId,
    written: Written,
) -> Result<TokenAnswer, Fault> {
    let id_token = match written.scope.contains(OPENID) {
        true => Some(id_token(asked, granted, sid, &written)?),
        false => None,
    };
    Ok(TokenAnswer {
        access_token: written.access_token,
        token_type: token_type(asked),
        expires_in: access_token::LIFETIME.as_secs(),
        refresh_token: written.refresh_token,
        scope: written.scope,
        id_token,
    })
}

pub(super) fn token_type(asked: &Asked<'_>) -> TokenType {
    match asked.confirmation {
        Some(Confirmation::Key(_)) => TokenType::Dpop,
        Some(Confirmation::Certificate(_)) | None => TokenType::Bearer,
    }
}

/// Claims about the person for the ID token; read only when something was asked for there.
async fn about(tx: &mut Tx, asked: &Asked<'_>, granted: &Granted) -> Result<Map<String, Value>, Fault> {
    if !claims::id_token_needs_person(granted) {
        return Ok(Map::new());
    }
    let about = release::about(tx, &asked.app.keys, granted).await?;
    let told = claims::for_id_token(&about, granted);
    if claims::releases_number(&told) {
        let event = Event::NumberReleased { person: &granted.person, client: &granted.client_id };
        audit::record(tx, asked.moment, event).await?;
    }
    Ok(told)
}

const ID_TOKEN_SECONDS: i64 = 600;

fn id_token(
    asked: &Asked<'_>,
    granted: &Granted,
    sid: &ParticipationId,
    written: &Written,
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
    token.sid = Some(sid.to_string());
    token.at_hash = Some(half_hash(algorithm, &written.access_token));
    token.tell(written.about.clone());
    let signed = asked.app.keys.signing.signer(algorithm)?.sign("JWT", &token)?;
    match &asked.recipient {
        Some(recipient) => recipient.seal(&*asked.moment.random, &signed),
        None => Ok(signed),
    }
}
