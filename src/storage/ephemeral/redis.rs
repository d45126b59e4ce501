//! Ephemeral state in Redis: what makes several nodes one service.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Script};

use super::{Consumed, Counter, Manner, Share, Use};
use crate::base::{Fault, Timestamp};

#[derive(Clone)]
pub(super) struct Redis {
    connection: ConnectionManager,
    prefix: Arc<str>,
    scripts: Arc<Scripts>,
}

struct Scripts {
    put_yielding: Script,
    delete: Script,
    consume: Script,
    count: Script,
    count_below: Script,
}

macro_rules! with_shares {
    ($file:literal) => {
        concat!(include_str!("redis/shares.lua"), include_str!($file))
    };
}

const PUT_YIELDING: &str = with_shares!("redis/put_yielding.lua");
const DELETE: &str = with_shares!("redis/delete.lua");
const CONSUME: &str = with_shares!("redis/consume.lua");

const COUNT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
";

// Adding nothing is a write too, which a full Redis refuses (`noeviction`); it leaves no key behind.
const COUNT_BELOW: &str = r"
local counts, reached = {}, false
for i, key in ipairs(KEYS) do
  counts[i] = tonumber(redis.call('GET', key) or 0)
  reached = reached or counts[i] >= tonumber(ARGV[3 * i - 1])
end
if reached then return counts end
for i, key in ipairs(KEYS) do
  local count = redis.call('INCRBY', key, ARGV[3 * i - 2])
  if count == 0 then redis.call('DEL', key)
  elseif counts[i] == 0 then redis.call('PEXPIRE', key, ARGV[3 * i]) end
end
return counts
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
        let scripts = Scripts {
            put_yielding: Script::new(PUT_YIELDING),
            delete: Script::new(DELETE),
            consume: Script::new(CONSUME),
            count: Script::new(COUNT),
            count_below: Script::new(COUNT_BELOW),
        };
        Self { connection, prefix: prefix.into(), scripts: Arc::new(scripts) }
    }

    pub(super) async fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        let mut connection = self.connection.clone();
        connection.pset_ex(self.key(key), format!("L{value}"), millis(lifetime)).await.map_err(away)
    }

    pub(super) async fn put_yielding(
        &self,
        (key, value): (&str, &str),
        lifetime: Duration,
        share: &Share,
    ) -> Result<(), Fault> {
        let mut connection = self.connection.clone();
        let mut call = self.scripts.put_yielding.prepare_invoke();
        let (kind, owner) = (share.kind, &share.owner);
        call.key(self.key(key)).key(self.ledger());
        call.key(self.key(&format!("share:{}", kind.name())));
        call.key(self.key(&format!("share:{}:{owner}", kind.name())));
        call.arg(value).arg(millis(lifetime)).arg(kind.most()).arg(kind.most_of_one());
        call.invoke_async(&mut connection).await.map_err(away)
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
        let script = &self.scripts.delete;
        script.key(self.key(key)).key(self.ledger()).invoke_async(&mut connection).await.map_err(away)
    }

    pub(super) async fn consume(&self, key: &str, using: Use<'_>) -> Result<Consumed, Fault> {
        let mut connection = self.connection.clone();
        let held: Option<String> = self
            .scripts
            .consume
            .key(self.key(key))
            .key(self.ledger())
            .arg(using.by)
            .arg(using.trace)
            .arg(millis(using.remembered))
            .invoke_async(&mut connection)
            .await
            .map_err(away)?;
        Ok(match held.as_deref().map(|held| held.split_at(1)) {
            None => Consumed::Absent,
            Some(("L", value)) => Consumed::Live(value[using.by.len()..].to_owned()),
            Some(("U", trace)) => Consumed::Used(trace[using.by.len()..].to_owned()),
            Some(_) => Consumed::Others,
        })
    }

    pub(super) async fn count(&self, key: &str, lifetime: Duration) -> Result<u64, Fault> {
        let mut connection = self.connection.clone();
        let script = &self.scripts.count;
        script.key(self.key(key)).arg(millis(lifetime)).invoke_async(&mut connection).await.map_err(away)
    }

    pub(super) async fn count_below(&self, counters: &[Counter]) -> Result<Vec<u64>, Fault> {
        let mut connection = self.connection.clone();
        let mut call = self.scripts.count_below.prepare_invoke();
        for counter in counters {
            call.key(self.key(&counter.key));
            call.arg(counter.add).arg(counter.most).arg(millis(counter.lifetime));
        }
        call.invoke_async(&mut connection).await.map_err(away)
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

    pub(super) async fn manner(&self) -> Result<Manner, Fault> {
        let mut connection = self.connection.clone();
        match redis::cmd("INFO").query_async::<String>(&mut connection).await {
            Ok(info) => Ok(Manner::of_info(&info)),
            // It answers, and not this: the user may not ask, or the command has another name.
            Err(error) if error.code().is_some() => Ok(Manner::of_info("")),
            Err(error) => Err(away(error)),
        }
    }

    fn ledger(&self) -> String {
        self.key("shares")
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
