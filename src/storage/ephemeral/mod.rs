//! State that may be lost: codes, pending requests, counters. In process, or in Redis when there is more than one node.

mod manner;
mod memory;
mod redis;
mod share;

use std::sync::Arc;
use std::time::Duration;

use super::tally::{Tally, Trip};
use crate::base::time::Clock;
use crate::base::{Fault, Timestamp};

pub use manner::{Layout, Manner};
pub use share::Share;

/// The ephemeral store; cheap to clone.
#[derive(Clone)]
pub struct Ephemeral {
    engine: Engine,
    tally: Arc<Tally>,
}

#[derive(Clone)]
enum Engine {
    Memory(Arc<memory::Memory>),
    Redis(redis::Redis),
}

/// What was found where something can be used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumed {
    /// It was there, and nobody else will get it.
    Live(String),
    /// They used it before and left this trace.
    Used(String),
    /// It is, or was, somebody else's; untouched.
    Others,
    /// Never there, or expired.
    Absent,
}

const PING: &str = "ping";
const PING_LIVES: Duration = Duration::from_secs(1);

/// How something that works once is used up.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// What the value begins with where it is theirs; empty where it is of whoever comes.
    pub by: &'a str,
    /// Stays in the place of the value.
    pub trace: &'a str,
    pub remembered: Duration,
}

/// One of several counters that are counted together.
#[derive(Debug, Clone)]
pub struct Counter {
    pub key: String,
    pub add: u64,
    /// Where one has come to so much, none of them is counted.
    pub most: u64,
    pub lifetime: Duration,
}

impl Ephemeral {
    pub fn in_process(clock: Arc<dyn Clock>, tally: Arc<Tally>) -> Self {
        Self { engine: Engine::Memory(Arc::new(memory::Memory::new(clock))), tally }
    }

    /// `prefix` keeps several services apart in one Redis.
    pub async fn in_redis(url: &str, prefix: &str, tally: Arc<Tally>) -> Result<Self, Fault> {
        Ok(Self { engine: Engine::Redis(redis::Redis::connect(url, prefix).await?), tally })
    }

    /// The same, not reached before it is needed.
    pub fn in_redis_when_needed(url: &str, prefix: &str, tally: Arc<Tally>) -> Result<Self, Fault> {
        Ok(Self { engine: Engine::Redis(redis::Redis::connect_when_needed(url, prefix)?), tally })
    }

    /// Keeps `value` under `key` for `lifetime`, over whatever was there.
    pub async fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => memory.put(key, value, lifetime),
            Engine::Redis(redis) => redis.put(key, value, lifetime).await,
        }
    }

    /// Keeps what gives way: the oldest of its owner where they have too much, of whoever has most where all have. A flood
    /// crowds out itself, and neither counters nor what others have kept.
    pub async fn put_yielding(
        &self,
        (key, value): (&str, &str),
        lifetime: Duration,
        share: &Share,
    ) -> Result<(), Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => memory.put_yielding((key, value), lifetime, share),
            Engine::Redis(redis) => redis.put_yielding((key, value), lifetime, share).await,
        }
    }

    /// Keeps `value` unless the key is taken; whether it was kept.
    pub async fn put_new(&self, key: &str, value: &str, lifetime: Duration) -> Result<bool, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => memory.put_new(key, value, lifetime),
            Engine::Redis(redis) => redis.put_new(key, value, lifetime).await,
        }
    }

    pub async fn get(&self, key: &str) -> Result<Option<String>, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => Ok(memory.get(key)),
            Engine::Redis(redis) => redis.get(key).await,
        }
    }

    pub async fn delete(&self, key: &str) -> Result<(), Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => {
                memory.delete(key);
                Ok(())
            }
            Engine::Redis(redis) => redis.delete(key).await,
        }
    }

    /// Takes what is under `key`, once, and leaves a trace in its place.
    pub async fn consume(&self, key: &str, using: Use<'_>) -> Result<Consumed, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => Ok(memory.consume(key, using)),
            Engine::Redis(redis) => redis.consume(key, using).await,
        }
    }

    /// Adds one to a counter that dies `lifetime` after its first count; the new count.
    pub async fn count(&self, key: &str, lifetime: Duration) -> Result<u64, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => memory.count(key, lifetime),
            Engine::Redis(redis) => redis.count(key, lifetime).await,
        }
    }

    /// Adds to several counters, unless one has come to its most; the counts before. One round trip, and a write whatever is
    /// added: where nothing can be written, adding nothing fails as well.
    pub async fn count_below(&self, counters: &[Counter]) -> Result<Vec<u64>, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => memory.count_below(counters),
            Engine::Redis(redis) => redis.count_below(counters).await,
        }
    }

    /// Several counters at once, in one round trip; a counter never counted is 0.
    pub async fn counted(&self, keys: &[&str]) -> Result<Vec<u64>, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => Ok(keys.iter().map(|key| memory.counted(key)).collect()),
            Engine::Redis(redis) => redis.counted(keys).await,
        }
    }

    /// As if it were full.
    #[cfg(test)]
    pub fn fill(&self) {
        if let Engine::Memory(memory) = &self.engine {
            memory.fill();
        }
    }

    /// The clock of the server that holds it; none in process.
    pub async fn clock(&self) -> Result<Option<Timestamp>, Fault> {
        match &self.engine {
            Engine::Memory(_) => Ok(None),
            Engine::Redis(redis) => redis.clock().await.map(Some),
        }
    }

    /// How the server that holds it keeps things; none in process.
    pub async fn manner(&self) -> Result<Option<Manner>, Fault> {
        match &self.engine {
            Engine::Memory(_) => Ok(None),
            Engine::Redis(redis) => redis.manner().await.map(Some),
        }
    }

    /// Answers when the store does its work: keeps something and gives it out once. A Redis that is full, a replica or of a
    /// user who may not run scripts reads as well as any other.
    pub async fn ping(&self) -> Result<(), Fault> {
        match &self.engine {
            Engine::Memory(memory) => memory.put(PING, "", PING_LIVES),
            Engine::Redis(redis) => {
                redis.put(PING, "", PING_LIVES).await?;
                redis.consume(PING, Use { by: "", trace: "", remembered: PING_LIVES }).await.map(drop)
            }
        }
    }
}
