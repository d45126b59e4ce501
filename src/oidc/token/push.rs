//! CIBA's push (Core 1.0 §10.3): tokens that are delivered to the client instead of being fetched.

use serde_json::{Map, Value, json};

use super::super::error::Problem;
use super::wanted::Wanted;
use super::{Asked, issue};
use crate::app::App;
use crate::base::id::FamilyId;
use crate::base::{Fault, Moment};
use crate::client::{Client, Purpose, Recipient};
use crate::grant::decoupled::{self, TellClient, Waiting};
use crate::grant::trace::Trace;
use crate::grant::{Granted, family};
use crate::protocol::error_answer::ErrorAnswer;
use crate::protocol::id_token::half_hash;
use crate::protocol::{GrantType, Refusal};
use crate::session::{ending, sso};
use crate::storage::Tx;

/// Whose key the ID token is encrypted to, found before anything is written. Where it cannot be had the person may try again.
pub(in crate::oidc) async fn recipient(
    app: &App,
    moment: &Moment,
    client: &Client,
) -> Result<Option<Recipient>, Fault> {
    let found = app.authenticator.trust.recipient(moment.now, client, Purpose::IdToken).await;
    found.map_err(|refusal| Fault::unavailable("a client's encryption key").because(refusal))
}

/// Issues the tokens in the caller's transaction and prints what is posted.
pub(in crate::oidc) async fn tokens(
    tx: &mut Tx,
    (app, moment): (&App, &Moment),
    (client, recipient): (&Client, Option<Recipient>),
    (found, granted, told): (&Waiting, &Granted, &TellClient),
) -> Result<String, Fault> {
    let trace = Trace::default();
    let wanted = Wanted::default();
    let asked = Asked { app, moment, trace: &trace, client, confirmation: None, recipient, wanted };
    let lost = || Fault::broken("what was just allowed cannot be redeemed");
    if !decoupled::redeem(tx, moment, &found.id).await? {
        return Err(lost());
    }
    sso::extend(tx, moment, &granted.session, moment.now + app.settings.session_lifetime).await?;
    let sid = ending::participate(tx, moment, &granted.session, &client.client_id).await?.ok_or_else(lost)?;
    let id = FamilyId::new(moment);
    family::insert(tx, moment, (&id, &sid), granted).await?;
    let written = issue::write(tx, &asked, &id, (granted, granted.scope.clone())).await;
    let mut written = written.map_err(|problem| match problem {
        Problem::Fault(fault) => fault,
        Problem::Refused(refusal) => Fault::broken("what was granted is not covered").because(refusal),
    })?;
    // §10.3.1: the ID token is a detached signature over the whole notice.
    let mut bound = Map::new();
    bound.insert("urn:openid:params:jwt:claim:auth_req_id".to_owned(), json!(told.auth_req_id));
    if let Some(refresh) = written.refresh_token() {
        let hash = half_hash(client.id_token_algorithm, refresh);
        bound.insert("urn:openid:params:jwt:claim:rt_hash".to_owned(), json!(hash));
    }
    written.tell(bound);
    let answer = issue::answer(&asked, granted, &sid, written)?;
    metrics::counter!("tongyao_tokens_issued_total", "grant" => GrantType::Ciba.as_str()).increment(1);
    let answer =
        serde_json::to_value(&answer).map_err(|error| Fault::broken("writing a push").because(error))?;
    Ok(with_id(answer, told))
}

/// §12: what is posted instead of tokens.
pub(in crate::oidc) fn refusal(told: &TellClient, refusal: Refusal, txn: &str) -> String {
    metrics::counter!("tongyao_refusals_total", "code" => refusal.number().to_string()).increment(1);
    let answer = serde_json::to_value(ErrorAnswer::new(refusal, None, txn)).unwrap_or_default();
    with_id(answer, told)
}

fn with_id(mut answer: Value, told: &TellClient) -> String {
    if let Some(members) = answer.as_object_mut() {
        members.insert("auth_req_id".to_owned(), json!(told.auth_req_id));
    }
    answer.to_string()
}
