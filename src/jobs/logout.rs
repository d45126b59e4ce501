//! Back-channel logout: the due messages of the outbox are signed, posted and settled (OIDC Back-Channel Logout 1.0).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::{Stop, rounds};
use crate::app::App;
use crate::base::{Fault, Moment};
use crate::client::{Client, Purpose, SealProblem};
use crate::protocol::logout::LogoutTokenClaims;
use crate::session::delivery::{self, Due, Share, State};

/// Messages one client gets at once. No more of a client's are claimed: one that hangs keeps nobody's place but its own.
const AT_ONCE_TO_A_CLIENT: usize = 8;
/// Messages under way to all clients together: more than a hundred clients may hang in the same moment.
const UNDER_WAY: usize = 1024;
/// Clients of one claim, which is one transaction.
const CLIENTS_AT_ONCE: usize = 64;
const ROUND: Duration = Duration::from_secs(2);

/// Sends everything that is due and waits for every answer; how many messages that were.
pub async fn run_once(app: Arc<App>) -> Result<usize, Fault> {
    let mut post = Post::new(app);
    let mut sent = 0;
    loop {
        match post.send_due().await? {
            0 if post.under_way.is_empty() => return Ok(sent),
            0 => post.collect_one().await,
            more => sent += more,
        }
    }
}

/// Every round, at once when a logout was queued, and when an answer makes room for what waits.
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
            Some(result) = post.under_way.join_next(), if post.held_back => note(result),
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
    while !post.under_way.is_empty() {
        post.collect_one().await;
    }
}

/// The messages under way.
struct Post {
    app: Arc<App>,
    under_way: JoinSet<Result<(), Fault>>,
    turns: HashMap<String, Arc<Semaphore>>,
    /// Whether messages are due that there was no room for.
    held_back: bool,
}

impl Post {
    fn new(app: Arc<App>) -> Self {
        Self { app, under_way: JoinSet::new(), turns: HashMap::new(), held_back: false }
    }

    /// Claims what is due, as far as there is room, and begins to send it; how many messages.
    async fn send_due(&mut self) -> Result<usize, Fault> {
        let due = delivery::due(&self.app.db, &self.app.moment()).await?;
        let shares = self.shares(&due);
        self.held_back = due.iter().map(|share| share.messages).sum::<i64>()
            > shares.iter().map(|share| share.messages).sum::<i64>();
        if shares.is_empty() {
            return Ok(0);
        }
        let claimed = delivery::claim(&self.app.db, &self.app.moment(), &shares).await?;
        for due in &claimed {
            let turns = self.turns.entry(due.client_id.clone()).or_insert_with(turns).clone();
            // As many were claimed as there were turns.
            let Ok(turn) = turns.try_acquire_owned() else { continue };
            self.under_way.spawn(deliver(self.app.clone(), due.clone(), turn));
        }
        Ok(claimed.len())
    }

    /// Of each client as many as it has turns, of all together as many as there is room.
    fn shares(&self, due: &[Share]) -> Vec<Share> {
        let mut room = UNDER_WAY.saturating_sub(self.under_way.len());
        let mut shares = Vec::new();
        for share in due {
            let free = self
                .turns
                .get(&share.client_id)
                .map_or(AT_ONCE_TO_A_CLIENT, |turns| turns.available_permits());
            let messages = usize::try_from(share.messages).unwrap_or(usize::MAX).min(free).min(room);
            if messages > 0 && shares.len() < CLIENTS_AT_ONCE {
                room -= messages;
                shares.push(Share { client_id: share.client_id.clone(), messages: messages as i64 });
            }
        }
        shares
    }

    fn collect_ready(&mut self) {
        while let Some(result) = self.under_way.try_join_next() {
            note(result);
        }
        self.turns.retain(|_, turns| turns.available_permits() < AT_ONCE_TO_A_CLIENT);
    }

    async fn collect_one(&mut self) {
        if let Some(result) = self.under_way.join_next().await {
            note(result);
        }
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
async fn deliver(app: Arc<App>, due: Due, _turn: OwnedSemaphorePermit) -> Result<(), Fault> {
    let result = tell(&app, &due).await?;
    let reason = result.as_ref().err().cloned().unwrap_or_default();
    let state = delivery::settle(&app.db, &app.moment(), &due, result).await?;
    let result = match state {
        State::Delivered => "delivered",
        State::Failed => "given_up",
        State::Pending | State::None => "retry",
    };
    if state != State::Delivered {
        let (client, attempts) = (due.client_id.as_str(), due.attempts);
        tracing::warn!(client, delivery = %due.id, attempts, reason, result, "a client was not told of a logout");
    }
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
    let moment = app.moment();
    let signed = token(app, &moment, &client, due)?;
    let sealed = app.authenticator.trust.seal(&moment, &client, (Purpose::LogoutToken, signed)).await;
    let token = match sealed {
        Ok(token) => token,
        Err(SealProblem::Refused(_)) => return Ok(Err("no key to encrypt to".to_owned())),
        Err(SealProblem::Fault(fault)) => return Err(fault),
    };
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
