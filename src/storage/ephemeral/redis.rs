//! Ephemeral state in Redis: what makes several nodes one service.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Script};

use super::Consumed;
use crate::base::{Fault, Timestamp};

#[derive(Clone)]
pub(super) struct Redis {
    connection: ConnectionManager,
    prefix: Arc<str>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    consume: Script,
    count: Script,
}

// The first byte says what is held: `L` live, `U` used.
const CONSUME: &str = r"
local held = redis.call('GET', KEYS[1])
if not held then return nil end
if string.sub(held, 1, 1) == 'L' then redis.call('SET', KEYS[1], 'U' .. ARGV[1], 'KEEPTTL') end
return held
";

const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
";

const ANSWER_WITHIN: Duration = Duration::from_secs(2);

impl Redis {
    pub(super) async fn connect(url: &str, prefix: &str) -> Result<Self, Fault> {
        let connection =
            ConnectionManager::new_with_config(client(url)?, config()).await.map_err(unreachable)?;
        Ok(Self::of(connection, prefix))
    }

    pub(super) fn connect_when_needed(url: &str, prefix: &str) -> Result<Self, Fault> {
        let connection =
            ConnectionManager::new_lazy_with_config(client(url)?, config()).map_err(unreachable)?;
        Ok(Self::of(connection, prefix))
    }

    fn of(connection: ConnectionManager, prefix: &str) -> Self {
        let scripts = Scripts { consume: Script::new(CONSUME), count: Script::new(COUNT) };
        Self { connection, prefix: prefix.into(), scripts: Arc::new(scripts) }
    }

    pub(super) async fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        let mut connection = self.connection.clone();
        connection.pset_ex(self.key(key), format!("L{value}"), millis(lifetime)).await.map_err(away)
    }

    pub(super) async fn put_new(&self, key: &str, value: &str, lifetime: Duration) -> Result<bool, Fault> {
        let mut connection = self.connection.clone();
        let options = redis::SetOptions::default()
            .conditional_set(redis::ExistenceCheck::NX)
            .with_expiration(redis::SetExpiry::PX(millis(lifetime)));
        let kept: Option<String> =
            connection.set_options(self.key(key), format!("L{value}"), options).await.map_err(away)?;
        Ok(kept.is_some())
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<String>, Fault> {
        let mut connection = self.connection.clone();
        let held: Option<String> = connection.get(self.key(key)).await.map_err(away)?;
        Ok(held.and_then(|held| held.strip_prefix('L').map(str::to_owned)))
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), Fault> {
        let mut connection = self.connection.clone();
        connection.del(self.key(key)).await.map_err(away)
    }

    pub(super) async fn consume(&self, key: &str, trace: &str) -> Result<Consumed, Fault> {
        let mut connection = self.connection.clone();
        let held: Option<String> = self
            .scripts
            .consume
            .key(self.key(key))
            .arg(trace)
            .invoke_async(&mut connection)
            .await
            .map_err(away)?;
        Ok(match held {
            None => Consumed::Absent,
            Some(held) => match held.strip_prefix('L') {
                Some(value) => Consumed::Live(value.to_owned()),
                None => Consumed::Used(held.trim_start_matches('U').to_owned()),
            },
        })
    }

    pub(super) async fn count(&self, key: &str, lifetime: Duration) -> Result<u64, Fault> {
        let mut connection = self.connection.clone();
        let script = &self.scripts.count;
        script.key(self.key(key)).arg(millis(lifetime)).invoke_async(&mut connection).await.map_err(away)
    }

    pub(super) async fn counted(&self, keys: &[&str]) -> Result<Vec<u64>, Fault> {
        let mut connection = self.connection.clone();
        let names: Vec<String> = keys.iter().map(|key| self.key(key)).collect();
        let counts: Vec<Option<u64>> = connection.mget(names).await.map_err(away)?;
        Ok(counts.into_iter().map(Option::unwrap_or_default).collect())
    }

    pub(super) async fn clock(&self) -> Result<Timestamp, Fault> {
        let mut connection = self.connection.clone();
        let (seconds, _micros): (i64, i64) =
            redis::cmd("TIME").query_async(&mut connection).await.map_err(away)?;
        Ok(Timestamp::from_seconds(seconds))
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

fn client(url: &str) -> Result<redis::Client, Fault> {
    redis::Client::open(url)
        .map_err(|_| Fault::broken("TONGYAO_REDIS_URL is not a valid redis:// or rediss:// URL"))
}

fn config() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(ANSWER_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN))
        .set_number_of_retries(2)
}

fn millis(lifetime: Duration) -> u64 {
    u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn unreachable(error: redis::RedisError) -> Fault {
    Fault::unavailable("Redis cannot be reached").because(error)
}

fn away(error: redis::RedisError) -> Fault {
    Fault::unavailable("Redis did not answer").because(error)
}
