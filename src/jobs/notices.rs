//! CIBA's ping and push: the due notices of the outbox are posted to their clients and settled; who waited too long is told.

use std::sync::Arc;

use super::Stop;
use super::outbox::{self, Outbox, Reached};
use crate::app::App;
use crate::base::Fault;
use crate::client::SealProblem;
use crate::gateway::outgoing::OutgoingProblem;
use crate::grant::notice::{self, Due};
use crate::oidc;
use crate::storage::outbox::{Miss, Share, Tried};

/// Sends everything that is due and waits for every answer; how many notices that were.
pub async fn run_once(app: Arc<App>) -> Result<usize, Fault> {
    outbox::run_once(Notices(app)).await
}

pub(super) async fn run(app: Arc<App>, stop: Stop) {
    outbox::run(Notices(app), stop).await;
}

#[derive(Clone)]
struct Notices(Arc<App>);

impl Outbox for Notices {
    type Message = Due;

    const NAME: &'static str = "notices";

    async fn rung(&self) {
        self.0.notices.rung().await;
    }

    /// What nobody answered in time becomes due first.
    async fn due(&self) -> Result<Vec<Share>, Fault> {
        let moment = self.0.moment();
        oidc::expire(&self.0, &moment).await?;
        notice::due(&self.0.db, &moment).await
    }

    async fn claim(&self, shares: &[Share]) -> Result<Vec<Due>, Fault> {
        notice::claim(&self.0.db, &self.0.moment(), &self.0.keys, shares).await
    }

    fn client_of(due: &Due) -> &str {
        &due.client_id
    }

    async fn deliver(&self, due: Due) -> Result<(), Fault> {
        let app = &self.0;
        let result = outbox::counted::<Self>(due.id.as_str(), tell(app, &due).await)?;
        let tried = notice::settle(&app.db, &app.moment(), &due, &result).await?;
        if let (Tried::GivenUp, Err(miss)) = (tried, &result) {
            let (client, attempts, reason) = (due.client_id.as_str(), due.attempts, miss.reason());
            tracing::warn!(client, notice = %due.id, attempts, reason, "a notice is given up");
        }
        metrics::counter!("tongyao_client_notices_total", "result" => tried.word()).increment(1);
        Ok(())
    }
}

/// What became of it. The address is the one registered now.
async fn tell(app: &App, due: &Due) -> Result<Reached, Fault> {
    let missed = |why: &str| Ok(Err(Miss::ForNow(why.to_owned())));
    let Some(body) = &due.body else { return missed("it cannot be opened") };
    let Some(client) = app.clients.find(&due.client_id).await? else {
        return missed("the client is gone");
    };
    let Some(uri) = client.metadata.backchannel_client_notification_endpoint.as_ref() else {
        return missed("the client has no address for it any more");
    };
    let json = match oidc::print_notice(app, &app.moment(), &client, &body.content).await {
        Ok(json) => json,
        Err(SealProblem::Refused(_)) => return missed("no key to encrypt to"),
        Err(SealProblem::Fault(fault)) => return Err(fault),
    };
    let answer = app.outgoing.post_json(uri, &body.token, json).await;
    Ok(answer.map_err(|problem| match problem {
        OutgoingProblem::Status(status) if is_final(status) => Miss::ForGood(problem.to_string()),
        _ => Miss::ForNow(problem.to_string()),
    }))
}

/// CIBA Core 1.0 §10.2: redirects are not followed, and an answer that blames the request is not asked for twice; those
/// that only say "later" are.
fn is_final(status: u16) -> bool {
    (300..500).contains(&status) && ![408, 425, 429].contains(&status)
}
