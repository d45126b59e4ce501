//! CIBA's ping and push: the due notices of the outbox are posted to their clients and settled; who waited too long is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Stop, rounds};
use crate::app::App;
use crate::base::Fault;
use crate::gateway::outgoing::OutgoingProblem;
use crate::grant::notice::{self, Due, State, Tried};
use crate::oidc;

/// Notices one client gets at once; one that hangs holds up nobody else's.
const AT_ONCE_TO_A_CLIENT: usize = 8;
const UNDER_WAY: usize = 256;
const A_CLAIM: i64 = 16;
/// Shorter than the lease of a claim.
const WAIT_FOR_TURN: Duration = Duration::from_secs(10);
const ROUND: Duration = Duration::from_secs(2);

/// Sends everything that is due and waits for every answer; how many notices that were.
pub async fn run_once(app: Arc<App>) -> Result<usize, Fault> {
    let mut post = Post::new(app);
    let mut sent = 0;
    loop {
        match post.send_due().await? {
            0 if post.under_way.is_empty() => return Ok(sent),
            0 => post.collect_all().await,
            more => sent += more,
        }
    }
}

/// Every round, and at once when something was answered.
pub(super) async fn run(app: Arc<App>, stop: Stop) {
    let mut post = Post::new(app.clone());
    let mut ticks = interval(ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let said = stop.said();
    tokio::pin!(said);
    loop {
        tokio::select! {
            () = &mut said => break,
            () = app.notices.rung() => {}
            _ = ticks.tick() => {}
        }
        post.collect_ready();
        loop {
            match post.send_due().await {
                Ok(0) => break,
                Ok(_) => {}
                Err(fault) => {
                    rounds::note("notices", &fault);
                    break;
                }
            }
        }
    }
    post.collect_all().await;
}

/// The notices under way.
struct Post {
    app: Arc<App>,
    under_way: JoinSet<Result<(), Fault>>,
    turns: HashMap<String, Arc<Semaphore>>,
}

impl Post {
    fn new(app: Arc<App>) -> Self {
        Self { app, under_way: JoinSet::new(), turns: HashMap::new() }
    }

    /// Notes what has expired, claims what is due and begins to send it; how many notices.
    async fn send_due(&mut self) -> Result<usize, Fault> {
        if self.under_way.len() >= UNDER_WAY {
            return Ok(0);
        }
        let moment = self.app.moment();
        oidc::expire(&self.app, &moment).await?;
        let claimed = notice::claim(&self.app.db, &moment, &self.app.keys, A_CLAIM).await?;
        let count = claimed.len();
        for due in claimed {
            let turn = self.turns.entry(due.client_id.clone()).or_insert_with(turns).clone();
            self.under_way.spawn(deliver(self.app.clone(), due, turn));
        }
        Ok(count)
    }

    fn collect_ready(&mut self) {
        while let Some(result) = self.under_way.try_join_next() {
            note(result);
        }
        self.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
    }

    async fn collect_all(&mut self) {
        while let Some(result) = self.under_way.join_next().await {
            note(result);
        }
        self.turns.clear();
    }
}

fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE_TO_A_CLIENT))
}

fn note(result: Result<Result<(), Fault>, tokio::task::JoinError>) {
    match result {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => rounds::note("notices", &fault),
        Err(error) => rounds::note("notices", &Fault::broken("a notice ended by itself").because(error)),
    }
}

/// One try. A fault of ours leaves the notice claimed; it is due again when its lease is over.
async fn deliver(app: Arc<App>, due: Due, turn: Arc<Semaphore>) -> Result<(), Fault> {
    let tried = match timeout(WAIT_FOR_TURN, turn.acquire()).await {
        Ok(_turn) => tell(&app, &due).await?,
        Err(_) => Tried::Missed("earlier notices are not answered".to_owned()),
    };
    let result = match notice::settle(&app.db, &app.moment(), &due, &tried).await? {
        State::Delivered => "delivered",
        State::Failed => "given_up",
        State::Pending => "retry",
    };
    metrics::counter!("tongyao_client_notices_total", "result" => result).increment(1);
    Ok(())
}

/// What became of it. The address is the one registered now.
async fn tell(app: &App, due: &Due) -> Result<Tried, Fault> {
    let client = app.clients.find(&due.client_id).await?;
    let Some(uri) =
        client.and_then(|client| client.metadata.backchannel_client_notification_endpoint.clone())
    else {
        return Ok(Tried::Missed("the client has no address for it any more".to_owned()));
    };
    let answer = app.outgoing.post_json(&uri, &due.body.token, due.body.json.clone()).await;
    Ok(match answer {
        Ok(()) => Tried::Taken,
        Err(problem @ OutgoingProblem::Status(status)) if is_final(status) => {
            Tried::Refused(problem.to_string())
        }
        Err(problem) => Tried::Missed(problem.to_string()),
    })
}

/// Redirects are not followed, and an answer that blames the request is not asked for twice; those that only say "later" are.
fn is_final(status: u16) -> bool {
    (300..500).contains(&status) && ![408, 425, 429].contains(&status)
}
