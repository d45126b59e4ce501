//! CIBA's push (Core 1.0 §10.3): tokens that are delivered to the client instead of being fetched.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::unasked;
use crate::app::App;
use crate::base::id::{FamilyId, ParticipationId};
use crate::base::{Fault, Moment};
use crate::client::{Client, Purpose, Recipient, SealProblem};
use crate::grant::decoupled::{self, TellClient, Waiting};
use crate::grant::issue::{self, Written};
use crate::grant::notice::Content;
use crate::grant::{Granted, entry, family};
use crate::protocol::error_answer::ErrorAnswer;
use crate::protocol::id_token::half_hash;
use crate::protocol::token_answer::TokenAnswer;
use crate::protocol::{GrantType, Refusal};
use crate::session::sso;
use crate::storage::Tx;

/// What waits in the outbox.
#[derive(Serialize, Deserialize)]
struct Parcel {
    auth_req_id: String,
    sid: ParticipationId,
    granted: Granted,
    written: Written,
}

/// Whether the ID token can be encrypted, found before anything is written. Where it cannot the person may try again.
pub(in crate::oidc) async fn reachable(app: &App, moment: &Moment, client: &Client) -> Result<(), Fault> {
    let found = app.authenticator.trust.recipient(moment.now, client, Purpose::IdToken).await;
    let found = found.map_err(|refusal| Fault::unavailable("a client's encryption key").because(refusal));
    found.map(drop)
}

/// Issues the tokens in the caller's transaction; nothing is signed yet. None: the consent was withdrawn in this moment.
pub(in crate::oidc) async fn tokens(
    tx: &mut Tx,
    (app, moment): (&App, &Moment),
    client: &Client,
    (found, granted, told): (&Waiting, &Granted, &TellClient),
) -> Result<Option<Content>, Fault> {
    if !decoupled::redeem(tx, moment, &found.id).await? {
        return Err(Fault::broken("what was just allowed cannot be redeemed"));
    }
    sso::extend(tx, moment, &granted.session, moment.now + app.settings.session_lifetime).await?;
    let Ok(sid) = entry::participate(tx, moment, granted).await? else { return Ok(None) };
    let id = FamilyId::new(moment);
    family::insert(tx, moment, (&id, &sid), granted).await?;
    let to = unasked((app, moment), (client, None));
    let written = issue::write(tx, &to, &id, (granted, granted.scope.clone())).await?;
    let written =
        written.map_err(|refusal| Fault::broken("what was granted is not covered").because(refusal))?;
    metrics::counter!("tongyao_tokens_issued_total", "grant" => GrantType::Ciba.as_str()).increment(1);
    let parcel = Parcel { auth_req_id: told.auth_req_id.clone(), sid, granted: granted.clone(), written };
    let text = serde_json::to_string(&parcel);
    let text = text.map_err(|error| Fault::broken("writing a push").because(error))?;
    Ok(Some(Content::Unsigned(text)))
}

/// What is posted; tokens are signed for each try.
pub(in crate::oidc) async fn print(
    app: &App,
    moment: &Moment,
    client: &Client,
    content: &Content,
) -> Result<String, SealProblem> {
    match content {
        Content::Ready(json) => Ok(json.clone()),
        Content::Unsigned(parcel) => {
            let recipient = app.authenticator.trust.recipient(moment.now, client, Purpose::IdToken).await;
            let recipient = recipient.map_err(SealProblem::Refused)?;
            let parcel = serde_json::from_str(parcel)
                .map_err(|_| Fault::broken("reading a push"))
                .map_err(SealProblem::Fault)?;
            sign((app, moment), (client, recipient), parcel).map_err(SealProblem::Fault)
        }
    }
}

fn sign(
    (app, moment): (&App, &Moment),
    (client, recipient): (&Client, Option<Recipient>),
    parcel: Parcel,
) -> Result<String, Fault> {
    let to = unasked((app, moment), (client, recipient.as_ref()));
    let Parcel { auth_req_id, sid, granted, mut written } = parcel;
    // §10.3.1: the ID token is a detached signature over the whole notice.
    let mut bound = Map::new();
    bound.insert("urn:openid:params:jwt:claim:auth_req_id".to_owned(), json!(auth_req_id));
    if let Some(refresh) = written.refresh_token() {
        let hash = half_hash(client.id_token_algorithm, refresh);
        bound.insert("urn:openid:params:jwt:claim:rt_hash".to_owned(), json!(hash));
    }
    written.tell(bound);
    let left = written.seconds_left(moment.now);
    let answer = TokenAnswer { expires_in: left, ..issue::answer(&to, &granted, &sid, written)? };
    let answer =
        serde_json::to_value(&answer).map_err(|error| Fault::broken("writing a push").because(error))?;
    Ok(with_id(answer, &auth_req_id))
}

/// §12: what is posted instead of tokens.
pub(in crate::oidc) fn refusal(told: &TellClient, refusal: Refusal, txn: &str) -> String {
    metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
    let answer = serde_json::to_value(ErrorAnswer::new(refusal, None, txn)).unwrap_or_default();
    with_id(answer, &told.auth_req_id)
}

fn with_id(mut answer: Value, auth_req_id: &str) -> String {
    if let Some(members) = answer.as_object_mut() {
        members.insert("auth_req_id".to_owned(), json!(auth_req_id));
    }
    answer.to_string()
}
