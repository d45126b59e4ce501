//! Ephemeral state in this process: maps with expiry, bounded.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Consumed;
use crate::base::time::Clock;
use crate::base::{Fault, Timestamp};

pub(super) struct Memory {
    clock: Arc<dyn Clock>,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<String, Entry>,
    /// What the entries weigh together.
    bytes: usize,
    /// Expired entries are swept when the map has grown to this: amortised, one look an entry.
    sweep_at: usize,
    /// A full map is swept once a second at most.
    swept_at: Option<Timestamp>,
}

struct Entry {
    held: Held,
    expires_at: Timestamp,
}

enum Held {
    Value(String),
    Trace(String),
    Count(u64),
}

const SHARDS: usize = 16;
const FIRST_SWEEP: usize = 1024;
/// Above this a flood of requests would eat the machine; refusing new ones keeps the others served.
const MOST_ENTRIES_A_SHARD: usize = 100_000;
/// The same for requests of many kilobytes each: 256 MiB in all.
const MOST_BYTES_A_SHARD: usize = 16 * 1024 * 1024;
const FULL_SWEEP_EVERY: Duration = Duration::from_secs(1);
/// What an entry weighs beside its texts, about.
const ENTRY_BYTES: usize = 160;

impl Memory {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let shards =
            (0..SHARDS).map(|_| Mutex::new(Shard { sweep_at: FIRST_SWEEP, ..Shard::default() })).collect();
        Self { clock, hasher: RandomState::new(), shards }
    }

    pub(super) fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        let now = self.clock.now();
        let entry = Entry { held: Held::Value(value.to_owned()), expires_at: now + lifetime };
        self.shard(key).insert(key, entry, now)
    }

    pub(super) fn put_new(&self, key: &str, value: &str, lifetime: Duration) -> Result<bool, Fault> {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        if shard.live(key, now).is_some() {
            return Ok(false);
        }
        let entry = Entry { held: Held::Value(value.to_owned()), expires_at: now + lifetime };
        shard.insert(key, entry, now)?;
        Ok(true)
    }

    pub(super) fn get(&self, key: &str) -> Option<String> {
        let now = self.clock.now();
        match &self.shard(key).live(key, now)?.held {
            Held::Value(value) => Some(value.clone()),
            Held::Trace(_) | Held::Count(_) => None,
        }
    }

    pub(super) fn delete(&self, key: &str) {
        self.shard(key).remove(key);
    }

    pub(super) fn consume(&self, key: &str, trace: &str) -> Consumed {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        let Some(entry) = shard.live(key, now) else { return Consumed::Absent };
        match std::mem::replace(&mut entry.held, Held::Trace(trace.to_owned())) {
            Held::Value(value) => {
                shard.bytes = (shard.bytes + trace.len()).saturating_sub(value.len());
                Consumed::Live(value)
            }
            Held::Trace(first) => {
                entry.held = Held::Trace(first.clone());
                Consumed::Used(first)
            }
            Held::Count(count) => {
                entry.held = Held::Count(count);
                Consumed::Absent
            }
        }
    }

    pub(super) fn count(&self, key: &str, lifetime: Duration) -> Result<u64, Fault> {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        if let Some(Entry { held: Held::Count(count), .. }) = shard.live(key, now) {
            *count += 1;
            return Ok(*count);
        }
        shard.insert(key, Entry { held: Held::Count(1), expires_at: now + lifetime }, now)?;
        Ok(1)
    }

    pub(super) fn counted(&self, key: &str) -> u64 {
        let now = self.clock.now();
        match self.shard(key).live(key, now) {
            Some(Entry { held: Held::Count(count), .. }) => *count,
            _ => 0,
        }
    }

    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn live(&mut self, key: &str, now: Timestamp) -> Option<&mut Entry> {
        self.entries.get_mut(key).filter(|entry| entry.expires_at > now)
    }

    fn insert(&mut self, key: &str, entry: Entry, now: Timestamp) -> Result<(), Fault> {
        let weight = weight(key, &entry);
        self.make_room(now, weight)?;
        self.remove(key);
        self.bytes += weight;
        self.entries.insert(key.to_owned(), entry);
        Ok(())
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes = self.bytes.saturating_sub(weight(key, &entry));
        }
    }

    fn make_room(&mut self, now: Timestamp, weight: usize) -> Result<(), Fault> {
        let rested = self.swept_at.is_none_or(|at| now < at || now.since(at) >= FULL_SWEEP_EVERY);
        let due = match self.is_full_with(weight) {
            true => rested,
            false => self.entries.len() >= self.sweep_at,
        };
        if due {
            self.sweep(now);
        }
        if self.is_full_with(weight) {
            return Err(Fault::unavailable("the in-process ephemeral store is full"));
        }
        Ok(())
    }

    fn is_full_with(&self, weight: usize) -> bool {
        self.entries.len() >= MOST_ENTRIES_A_SHARD || self.bytes + weight > MOST_BYTES_A_SHARD
    }

    fn sweep(&mut self, now: Timestamp) {
        self.entries.retain(|_, entry| entry.expires_at > now);
        self.bytes = self.entries.iter().map(|(key, entry)| weight(key, entry)).sum();
        self.sweep_at = (self.entries.len() * 2).clamp(FIRST_SWEEP, MOST_ENTRIES_A_SHARD);
        self.swept_at = Some(now);
    }
}

fn weight(key: &str, entry: &Entry) -> usize {
    let text = match &entry.held {
        Held::Value(text) | Held::Trace(text) => text.len(),
        Held::Count(_) => 0,
    };
    ENTRY_BYTES + key.len() + text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::ManualClock;

    fn memory() -> (Arc<ManualClock>, Memory) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_000)));
        (clock.clone(), Memory::new(clock))
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn consumes_once_and_remembers_the_first_trace() {
        let (clock, memory) = memory();
        memory.put("code", "facts", MINUTE).unwrap();
        assert_eq!(memory.consume("code", "first"), Consumed::Live("facts".into()));
        assert_eq!(memory.consume("code", "second"), Consumed::Used("first".into()));
        assert_eq!(memory.consume("code", "third"), Consumed::Used("first".into()));
        assert_eq!(memory.get("code"), None);
        clock.advance(MINUTE);
        assert_eq!(memory.consume("code", "late"), Consumed::Absent);
    }

    #[test]
    fn counters_start_again_after_their_life() {
        let (clock, memory) = memory();
        assert_eq!(memory.count("tries", MINUTE).unwrap(), 1);
        assert_eq!(memory.count("tries", MINUTE).unwrap(), 2);
        clock.advance(MINUTE);
        assert_eq!(memory.counted("tries"), 0);
        assert_eq!(memory.count("tries", MINUTE).unwrap(), 1);
    }

    #[test]
    fn a_taken_key_is_not_taken_again_before_it_expires() {
        let (clock, memory) = memory();
        assert!(memory.put_new("jti", "", MINUTE).unwrap());
        assert!(!memory.put_new("jti", "", MINUTE).unwrap());
        clock.advance(MINUTE);
        assert!(memory.put_new("jti", "", MINUTE).unwrap());
    }

    #[test]
    fn expired_entries_are_swept_and_a_flood_is_refused() {
        let (clock, memory) = memory();
        let one_shard = SHARDS * MOST_ENTRIES_A_SHARD * 2;
        let refused = (0..one_shard).find(|n| memory.put(&format!("k{n}"), "", MINUTE).is_err());
        assert!(refused.is_some());
        clock.advance(MINUTE);
        assert!((0..100).all(|n| memory.put(&format!("n{n}"), "", MINUTE).is_ok()));
    }

    #[test]
    fn large_values_fill_it_too_and_what_is_consumed_makes_room() {
        let (clock, memory) = memory();
        let large = "x".repeat(1024 * 1024);
        let most = MOST_BYTES_A_SHARD / large.len() * SHARDS;
        let kept = (0..2 * most).filter(|n| memory.put(&format!("k{n}"), &large, MINUTE).is_ok()).count();
        assert!(kept < most, "{kept}");
        for n in 0..2 * most {
            memory.consume(&format!("k{n}"), "trace");
        }
        assert!((0..SHARDS).all(|n| memory.put(&format!("n{n}"), &large, MINUTE).is_ok()));
        clock.advance(MINUTE);
        assert!((0..SHARDS).all(|n| memory.put(&format!("m{n}"), &large, MINUTE).is_ok()));
        assert!(memory.shards.iter().all(|shard| {
            let shard = shard.lock().unwrap();
            shard.bytes == shard.entries.iter().map(|(key, entry)| weight(key, entry)).sum::<usize>()
        }));
    }
}
