//! Back-channel logout: the due messages of the outbox are signed, posted and settled (OIDC Back-Channel Logout 1.0).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Stop, rounds};
use crate::app::App;
use crate::base::{Fault, Moment};
use crate::client::Client;
use crate::protocol::logout::LogoutTokenClaims;
use crate::session::delivery::{self, Due, State};

/// Messages one client gets at once; one that hangs holds up nobody else's.
const AT_ONCE_TO_A_CLIENT: usize = 16;
/// Messages under way to all clients together.
const UNDER_WAY: usize = 256;
const A_CLAIM: i64 = 16;
/// A message that waits this long for its client's earlier ones counts as tried; shorter than its lease.
const WAIT_FOR_TURN: Duration = Duration::from_secs(10);
const ROUND: Duration = Duration::from_secs(2);

/// Sends everything that is due and waits for every answer; how many messages that were.
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

/// Every round, and at once when a logout was queued.
pub(super) async fn run(app: Arc<App>, stop: Stop) {
    let mut post = Post::new(app.clone());
    let mut ticks = interval(ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let said = stop.said();
    tokio::pin!(said);
    loop {
        tokio::select! {
            () = &mut said => break,
            () = app.wake.rung() => {}
            _ = ticks.tick() => {}
        }
        post.collect_ready();
        loop {
            match post.send_due().await {
                Ok(0) => break,
                Ok(_) => {}
                Err(fault) => {
                    rounds::note("logout", &fault);
                    break;
                }
            }
        }
    }
    post.collect_all().await;
}

/// The messages under way.
struct Post {
    app: Arc<App>,
    under_way: JoinSet<Result<(), Fault>>,
    turns: HashMap<String, Arc<Semaphore>>,
}

impl Post {
    fn new(app: Arc<App>) -> Self {
        Self { app, under_way: JoinSet::new(), turns: HashMap::new() }
    }

    /// Claims what is due, as far as there is room, and begins to send it; how many messages.
    async fn send_due(&mut self) -> Result<usize, Fault> {
        if self.under_way.len() >= UNDER_WAY {
            return Ok(0);
        }
        let claimed = delivery::claim(&self.app.db, &self.app.moment(), A_CLAIM).await?;
        for due in &claimed {
            let turn = self.turns.entry(due.client_id.clone()).or_insert_with(turns).clone();
            self.under_way.spawn(deliver(self.app.clone(), due.clone(), turn));
        }
        Ok(claimed.len())
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
        Ok(Err(fault)) => rounds::note("logout", &fault),
        Err(error) => rounds::note("logout", &Fault::broken("a delivery ended by itself").because(error)),
    }
}

/// One try. A fault of ours leaves the message claimed; it is due again when its lease is over.
async fn deliver(app: Arc<App>, due: Due, turn: Arc<Semaphore>) -> Result<(), Fault> {
    let result = match timeout(WAIT_FOR_TURN, turn.acquire()).await {
        Ok(_turn) => tell(&app, &due).await?,
        Err(_) => Err("earlier messages are not answered".to_owned()),
    };
    let state = delivery::settle(&app.db, &app.moment(), &due, result).await?;
    let result = match state {
        State::Delivered => "delivered",
        State::Failed => "given_up",
        State::Pending | State::None => "retry",
    };
    metrics::counter!("tongyao_logout_deliveries_total", "result" => result).increment(1);
    Ok(())
}

/// What became of it, in words of ours.
async fn tell(app: &App, due: &Due) -> Result<Result<(), String>, Fault> {
    let Some(client) = app.clients.find(&due.client_id).await? else {
        return Ok(Err("the client is gone".to_owned()));
    };
    let Some(uri) = client.metadata.backchannel_logout_uri.as_ref() else {
        return Ok(Err("the client has no address for it any more".to_owned()));
    };
    let token = token(app, &app.moment(), &client, due)?;
    let answer = app.outgoing.post_form(uri.as_str(), &[("logout_token", &token)]).await;
    Ok(answer.map_err(|problem| problem.to_string()))
}

/// A new token each time: a client that keeps every `jti` it saw must not take a second try for a replay (§2.6).
fn token(app: &App, moment: &Moment, client: &Client, due: &Due) -> Result<String, Fault> {
    let jti = moment.random.token(16);
    let issuer = app.settings.issuer.as_str();
    let mut claims = LogoutTokenClaims::new(issuer, &due.sub, &due.client_id, jti, moment.now.seconds());
    claims.sid = Some(due.sid.clone());
    app.keys.signing.signer(client.id_token_algorithm)?.sign("logout+jwt", &claims)
}
