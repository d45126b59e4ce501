//! Back-channel logout: the due messages of the outbox are signed, posted and settled (OIDC Back-Channel Logout 1.0).

use std::sync::Arc;

use super::Stop;
use super::outbox::{self, Outbox, Reached};
use crate::app::App;
use crate::base::{Fault, Moment};
use crate::client::{Client, Purpose, SealProblem};
use crate::protocol::logout::LogoutTokenClaims;
use crate::session::delivery::{self, Due};
use crate::storage::outbox::{Miss, Share};

/// Sends everything that is due and waits for every answer; how many messages that were.
pub async fn run_once(app: Arc<App>) -> Result<usize, Fault> {
    outbox::run_once(Logouts(app)).await
}

pub(super) async fn run(app: Arc<App>, stop: Stop) {
    outbox::run(Logouts(app), stop).await;
}

#[derive(Clone)]
struct Logouts(Arc<App>);

impl Outbox for Logouts {
    type Message = Due;

    const NAME: &'static str = "logout";

    async fn rung(&self) {
        self.0.wake.rung().await;
    }

    async fn due(&self) -> Result<Vec<Share>, Fault> {
        delivery::due(&self.0.db, &self.0.moment()).await
    }

    async fn claim(&self, shares: &[Share]) -> Result<Vec<Due>, Fault> {
        delivery::claim(&self.0.db, &self.0.moment(), shares).await
    }

    fn client_of(due: &Due) -> &str {
        &due.client_id
    }

    async fn deliver(&self, due: Due) -> Result<(), Fault> {
        let app = &self.0;
        let result = outbox::counted::<Self>(due.id.as_str(), tell(app, &due).await)?;
        let tried = delivery::settle(&app.db, &app.moment(), &due, &result).await?;
        if let Err(miss) = &result {
            let (client, attempts, reason) = (due.client_id.as_str(), due.attempts, miss.reason());
            let result = tried.word();
            tracing::warn!(client, delivery = %due.id, attempts, reason, result, "a client was not told of a logout");
        }
        metrics::counter!("tongyao_logout_deliveries_total", "result" => tried.word()).increment(1);
        Ok(())
    }
}

/// What became of it. The address is the one registered now.
async fn tell(app: &App, due: &Due) -> Result<Reached, Fault> {
    let missed = |why: &str| Ok(Err(Miss::ForNow(why.to_owned())));
    let Some(client) = app.clients.find(&due.client_id).await? else {
        return missed("the client is gone");
    };
    let Some(uri) = client.metadata.backchannel_logout_uri.as_ref() else {
        return missed("the client has no address for it any more");
    };
    let moment = app.moment();
    let signed = token(app, &moment, &client, due)?;
    let sealed = app.authenticator.trust.seal(&moment, &client, (Purpose::LogoutToken, signed)).await;
    let token = match sealed {
        Ok(token) => token,
        Err(SealProblem::Refused(_)) => return missed("no key to encrypt to"),
        Err(SealProblem::Fault(fault)) => return Err(fault),
    };
    let answer = app.outgoing.post_form(uri.as_str(), &[("logout_token", &token)]).await;
    Ok(answer.map_err(|problem| Miss::ForNow(problem.to_string())))
}

/// A new token each time: a client that keeps every `jti` it saw must not take a second try for a replay (§2.6).
fn token(app: &App, moment: &Moment, client: &Client, due: &Due) -> Result<String, Fault> {
    let jti = moment.random.token(16);
    let issuer = app.settings.issuer.as_str();
    let mut claims = LogoutTokenClaims::new(issuer, &due.sub, &due.client_id, jti, moment.now.seconds());
    claims.sid = Some(due.sid.clone());
    app.keys.signing.signer(client.id_token_algorithm)?.sign(LogoutTokenClaims::TYP, &claims)
}
