//! The post: due messages of an outbox are claimed, of each client as many as it has turns, sent side by side and settled.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::{Stop, rounds};
use crate::base::{Fault, Trouble};
use crate::storage::outbox::{Miss, Share};

/// An outbox and how a message of it is sent.
pub(super) trait Outbox: Clone + Send + Sync + 'static {
    type Message: Send + 'static;

    /// In the log.
    const NAME: &'static str;

    /// Comes back when something was queued.
    fn rung(&self) -> impl Future<Output = ()> + Send;

    /// The clients that messages are due for, longest waiting first.
    fn due(&self) -> impl Future<Output = Result<Vec<Share>, Fault>> + Send;

    /// Claims due messages, of each client its share.
    fn claim(&self, shares: &[Share]) -> impl Future<Output = Result<Vec<Self::Message>, Fault>> + Send;

    fn client_of(message: &Self::Message) -> &str;

    /// One try, settled. While a part is away the message stays claimed; it is due again when its lease is over.
    fn deliver(&self, message: Self::Message) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What became of a try.
pub(super) type Reached = Result<(), Miss>;

/// Messages one client gets at once. No more of a client's are claimed: one that hangs keeps nobody's place but its own.
const AT_ONCE_TO_A_CLIENT: usize = 8;
/// Messages under way to all clients together: more than a hundred clients may hang in the same moment.
const UNDER_WAY: usize = 1024;
/// Clients of one claim, which is one transaction.
const CLIENTS_AT_ONCE: usize = 64;
const ROUND: Duration = Duration::from_secs(2);

/// Sends everything that is due and waits for every answer; how many messages that were.
pub(super) async fn run_once<O: Outbox>(outbox: O) -> Result<usize, Fault> {
    let mut post = Post::new(outbox);
    let mut sent = 0;
    loop {
        match post.send_due().await? {
            0 if post.under_way.is_empty() => return Ok(sent),
            0 => post.collect_one().await,
            more => sent += more,
        }
    }
}

/// Every round, at once when something was queued, and when an answer makes room for what waits.
pub(super) async fn run<O: Outbox>(outbox: O, stop: Stop) {
    let mut post = Post::new(outbox.clone());
    let mut ticks = interval(ROUND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let said = stop.said();
    tokio::pin!(said);
    loop {
        tokio::select! {
            () = &mut said => break,
            () = outbox.rung() => {}
            _ = ticks.tick() => {}
            Some(result) = post.under_way.join_next(), if post.held_back => note::<O>(result),
        }
        post.collect_ready();
        loop {
            match post.send_due().await {
                Ok(0) => break,
                Ok(_) => {}
                Err(fault) => {
                    rounds::note(O::NAME, &fault);
                    break;
                }
            }
        }
    }
    while !post.under_way.is_empty() {
        post.collect_one().await;
    }
}

/// A try in which ours broke counts like any other, so that no message is tried for ever. While a part is away nothing
/// was tried.
pub(super) fn counted<O: Outbox>(message: &str, result: Result<Reached, Fault>) -> Result<Reached, Fault> {
    match result {
        Err(fault) if fault.trouble() != Trouble::Unavailable => {
            tracing::error!(job = O::NAME, message, ?fault, "a try failed by a fault of ours");
            Ok(Err(Miss::ForNow("a fault of ours".to_owned())))
        }
        tried => tried,
    }
}

/// The messages under way.
struct Post<O> {
    outbox: O,
    under_way: JoinSet<Result<(), Fault>>,
    turns: HashMap<String, Arc<Semaphore>>,
    /// Whether messages are due that there was no room for.
    held_back: bool,
}

impl<O: Outbox> Post<O> {
    fn new(outbox: O) -> Self {
        Self { outbox, under_way: JoinSet::new(), turns: HashMap::new(), held_back: false }
    }

    /// Claims what is due, as far as there is room, and begins to send it; how many messages.
    async fn send_due(&mut self) -> Result<usize, Fault> {
        let due = self.outbox.due().await?;
        let shares = self.shares(&due);
        self.held_back = count(&due) > count(&shares);
        if shares.is_empty() {
            return Ok(0);
        }
        let claimed = self.outbox.claim(&shares).await?;
        let messages = claimed.len();
        for message in claimed {
            let client = O::client_of(&message).to_owned();
            let turns = self.turns.entry(client).or_insert_with(turns).clone();
            // As many were claimed as there were turns.
            let Ok(turn) = turns.try_acquire_owned() else { continue };
            self.under_way.spawn(send(self.outbox.clone(), message, turn));
        }
        Ok(messages)
    }

    /// Of each client as many as it has turns, of all together as many as there is room.
    fn shares(&self, due: &[Share]) -> Vec<Share> {
        let mut room = UNDER_WAY.saturating_sub(self.under_way.len());
        let mut shares = Vec::new();
        for share in due {
            let turns = self.turns.get(&share.client_id);
            let free = turns.map_or(AT_ONCE_TO_A_CLIENT, |turns| turns.available_permits());
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
            note::<O>(result);
        }
        self.turns.retain(|_, turns| turns.available_permits() < AT_ONCE_TO_A_CLIENT);
    }

    async fn collect_one(&mut self) {
        if let Some(result) = self.under_way.join_next().await {
            note::<O>(result);
        }
    }
}

async fn send<O: Outbox>(outbox: O, message: O::Message, _turn: OwnedSemaphorePermit) -> Result<(), Fault> {
    outbox.deliver(message).await
}

fn count(shares: &[Share]) -> i64 {
    shares.iter().map(|share| share.messages).sum()
}

fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE_TO_A_CLIENT))
}

fn note<O: Outbox>(result: Result<Result<(), Fault>, JoinError>) {
    match result {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => rounds::note(O::NAME, &fault),
        Err(error) => rounds::note(O::NAME, &Fault::broken("a delivery ended by itself").because(error)),
    }
}
