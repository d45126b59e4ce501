//! The clients in memory: asked at every request, read from the database at most every five seconds each.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex as Turn;

use super::registration::Client;
use super::{shared_secret, store};
use crate::base::time::Clock;
use crate::base::{Fault, Secret, Timestamp};
use crate::crypto::Keys;
use crate::storage::{Db, Tx};

/// How long a change made elsewhere may go unseen.
const FRESH: Duration = Duration::from_secs(5);
const MOST_CLIENTS: usize = 4096;
/// A few strangers' ids are remembered for a moment, so that one repeated mistake is no stream of reads.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);
const MOST_UNKNOWN: usize = 64;
/// How many ids not yet known are looked for at once.
const TURNS: usize = 32;

/// The registered clients.
pub struct Clients {
    db: Db,
    clock: Arc<dyn Clock>,
    known: RwLock<HashMap<String, Arc<Known>>>,
    unknown: Mutex<VecDeque<(String, Timestamp)>>,
    hasher: RandomState,
    turns: Vec<Turn<()>>,
}

struct Known {
    held: Mutex<Held>,
    turn: Turn<()>,
}

struct Held {
    client: Arc<Client>,
    read_at: Timestamp,
}

impl Clients {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            known: RwLock::default(),
            unknown: Mutex::default(),
            hasher: RandomState::new(),
            turns: (0..TURNS).map(|_| Turn::new(())).collect(),
        }
    }

    /// The client of this id, as it was at most five seconds ago.
    pub async fn find(&self, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
        if !Client::is_id(client_id) {
            return Ok(None);
        }
        match self.known(client_id) {
            Some(known) => self.find_known(client_id, &known).await,
            None => self.find_new(client_id).await,
        }
    }

    /// The same inside a transaction, by its own connection: whoever holds one must not wait for another.
    pub async fn find_in(&self, tx: &mut Tx, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
        match self.known(client_id).and_then(|known| self.fresh(&known)) {
            Some(client) => Ok(Some(client)),
            None => Ok(store::find(tx, client_id).await?.map(Arc::new)),
        }
    }

    /// The secret that a client signs with; read each time, since few clients do.
    pub async fn shared_secret(&self, keys: &Keys, client_id: &str) -> Result<Option<Secret>, Fault> {
        shared_secret::find(&mut self.db.read(), keys, client_id).await
    }

    /// After a change made here: the next request reads it anew. Other nodes see it within five seconds.
    pub fn forget(&self, client_id: &str) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(client_id);
    }

    async fn find_known(&self, client_id: &str, known: &Known) -> Result<Option<Arc<Client>>, Fault> {
        if let Some(client) = self.fresh(known) {
            return Ok(Some(client));
        }
        let _turn = known.turn.lock().await;
        // Whoever had the turn before us has read it.
        if let Some(client) = self.fresh(known) {
            return Ok(Some(client));
        }
        let read_at = self.clock.now();
        match store::find(&mut self.db.read(), client_id).await? {
            Some(client) => {
                let client = Arc::new(client);
                *unpoisoned(&known.held) = Held { client: client.clone(), read_at };
                Ok(Some(client))
            }
            None => {
                self.known.write().unwrap_or_else(PoisonError::into_inner).remove(client_id);
                Ok(None)
            }
        }
    }

    async fn find_new(&self, client_id: &str) -> Result<Option<Arc<Client>>, Fault> {
        if self.is_unknown(client_id) {
            return Ok(None);
        }
        // Strangers' ids wait for one another here, never a client that is known.
        let turn = self.hasher.hash_one(client_id) as usize % TURNS;
        let _turn = self.turns[turn].lock().await;
        if let Some(known) = self.known(client_id) {
            return Ok(Some(unpoisoned(&known.held).client.clone()));
        }
        if self.is_unknown(client_id) {
            return Ok(None);
        }
        let read_at = self.clock.now();
        match store::find(&mut self.db.read(), client_id).await? {
            Some(client) => Ok(Some(self.remember(Arc::new(client), read_at))),
            None => {
                self.remember_unknown(client_id, read_at);
                Ok(None)
            }
        }
    }

    fn known(&self, client_id: &str) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(client_id).cloned()
    }

    fn fresh(&self, known: &Known) -> Option<Arc<Client>> {
        let held = unpoisoned(&known.held);
        is_within(held.read_at, self.clock.now(), FRESH).then(|| held.client.clone())
    }

    fn remember(&self, client: Arc<Client>, read_at: Timestamp) -> Arc<Client> {
        let held = Mutex::new(Held { client: client.clone(), read_at });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_CLIENTS {
            let oldest = known.iter().min_by_key(|(_, one)| unpoisoned(&one.held).read_at);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                known.remove(&oldest);
            }
        }
        known.insert(client.client_id.clone(), Arc::new(Known { held, turn: Turn::new(()) }));
        client
    }

    fn is_unknown(&self, client_id: &str) -> bool {
        let now = self.clock.now();
        let unknown = unpoisoned(&self.unknown);
        unknown.iter().any(|(id, at)| id == client_id && is_within(*at, now, UNKNOWN_FOR))
    }

    fn remember_unknown(&self, client_id: &str, at: Timestamp) {
        let mut unknown = unpoisoned(&self.unknown);
        if unknown.len() >= MOST_UNKNOWN {
            unknown.pop_front();
        }
        unknown.push_back((client_id.to_owned(), at));
    }
}

/// A clock stepped back makes everything old rather than eternal.
fn is_within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    at <= now && now.since(at) < span
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::ManualClock;
    use crate::client::authenticate::tests::{Ground, ground};

    fn reads(ground: &Ground) -> u64 {
        ground.tally.counts().reads
    }

    #[tokio::test]
    async fn a_cached_client_costs_no_read_for_five_seconds() {
        let ground = ground().await;
        ground.register("app1", serde_json::json!({"client_name": "旧"}), None).await;
        let before = reads(&ground);
        for _ in 0..10 {
            assert!(ground.clients.find("app1").await.unwrap().is_some());
        }
        assert_eq!(reads(&ground) - before, 1);

        ground.register("app1", serde_json::json!({"client_name": "新"}), None).await;
        ground.clock.advance(Duration::from_millis(4_999));
        let name = |client: Arc<Client>| client.metadata.client_name.clone().unwrap();
        assert_eq!(name(ground.clients.find("app1").await.unwrap().unwrap()), "旧");
        ground.clock.advance(Duration::from_millis(1));
        assert_eq!(name(ground.clients.find("app1").await.unwrap().unwrap()), "新");
        assert_eq!(reads(&ground) - before, 2);
    }

    #[tokio::test]
    async fn many_at_once_cause_one_read() {
        let ground = ground().await;
        ground.register("app1", serde_json::json!({}), None).await;
        for _ in 0..2 {
            let before = reads(&ground);
            let all = futures_util::future::join_all((0..50).map(|_| ground.clients.find("app1"))).await;
            assert!(all.into_iter().all(|found| found.unwrap().is_some()));
            assert_eq!(reads(&ground) - before, 1);
            ground.clock.advance(Duration::from_secs(6));
        }
    }

    #[tokio::test]
    async fn strangers_are_bounded() {
        let ground = ground().await;
        let before = reads(&ground);
        for bad in ["", "a\nb", "客户", "a\0", &"x".repeat(129)] {
            assert!(ground.clients.find(bad).await.unwrap().is_none());
        }
        assert_eq!(reads(&ground), before);
        for _ in 0..3 {
            assert!(ground.clients.find("nobody").await.unwrap().is_none());
        }
        assert_eq!(reads(&ground) - before, 1);
        for number in 0..200 {
            assert!(ground.clients.find(&format!("nobody-{number}")).await.unwrap().is_none());
        }
        assert_eq!(unpoisoned(&ground.clients.unknown).len(), MOST_UNKNOWN);
        assert!(ground.clients.known.read().unwrap().is_empty());
        // One that is registered afterwards is found a moment later.
        ground.register("nobody-199", serde_json::json!({}), None).await;
        ground.clock.advance(Duration::from_secs(1));
        assert!(ground.clients.find("nobody-199").await.unwrap().is_some());
    }

    #[test]
    fn a_clock_stepped_back_makes_entries_old() {
        let clock = ManualClock::at(Timestamp::from_seconds(100));
        let now = clock.now();
        assert!(is_within(now, now, FRESH));
        assert!(!is_within(now, Timestamp::from_seconds(40), FRESH));
    }
}
