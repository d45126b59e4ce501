//! State that may be lost: codes, pending requests, counters. In process, or in Redis when there is more than one node.

mod memory;
mod redis;

use std::sync::Arc;
use std::time::Duration;

use super::tally::{Tally, Trip};
use crate::base::time::Clock;
use crate::base::{Fault, Timestamp};

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
    /// Somebody used it before and left this trace.
    Used(String),
    /// Never there, or expired.
    Absent,
}

const PING: &str = "ping";
const PING_LIVES: Duration = Duration::from_secs(1);

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

    /// Keeps what anybody may have kept without being known. In this process it gives way, the oldest first, where there is
    /// too much of it; Redis has a rule of its own for that (`maxmemory-policy`).
    pub async fn put_yielding(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => memory.put_yielding(key, value, lifetime),
            Engine::Redis(redis) => redis.put(key, value, lifetime).await,
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

    /// Takes what is under `key`, once, and leaves `trace` in its place for the rest of its life.
    pub async fn consume(&self, key: &str, trace: &str) -> Result<Consumed, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => Ok(memory.consume(key, trace)),
            Engine::Redis(redis) => redis.consume(key, trace).await,
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

    /// Several counters at once, in one round trip; a counter never counted is 0.
    pub async fn counted(&self, keys: &[&str]) -> Result<Vec<u64>, Fault> {
        self.tally.count(Trip::Ephemeral);
        match &self.engine {
            Engine::Memory(memory) => Ok(keys.iter().map(|key| memory.counted(key)).collect()),
            Engine::Redis(redis) => redis.counted(keys).await,
        }
    }

    /// The clock of the server that holds it; none in process.
    pub async fn clock(&self) -> Result<Option<Timestamp>, Fault> {
        match &self.engine {
            Engine::Memory(_) => Ok(None),
            Engine::Redis(redis) => redis.clock().await.map(Some),
        }
    }

    /// Answers when the store does its work: keeps something and gives it out once. A Redis that is full, a replica or of a
    /// user who may not run scripts reads as well as any other.
    pub async fn ping(&self) -> Result<(), Fault> {
        match &self.engine {
            Engine::Memory(memory) => memory.put(PING, "", PING_LIVES),
            Engine::Redis(redis) => {
                redis.put(PING, "", PING_LIVES).await?;
                redis.consume(PING, "").await.map(drop)
            }
        }
    }
}
