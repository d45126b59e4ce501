//! Ephemeral state in this process: maps with expiry, bounded.

mod shares;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::shares::{Claim, Shares};
use super::{Consumed, Counter, Share, Use};
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
    shares: Shares,
    /// Expired entries are swept when the map has grown to this: amortised, one look an entry.
    sweep_at: usize,
    /// A full map is swept once a second at most.
    swept_at: Option<Timestamp>,
}

struct Entry {
    held: Held,
    expires_at: Timestamp,
    place: Place,
}

/// Whether an entry stays until it expires.
enum Place {
    Kept,
    /// It gives way where there is too much of its share.
    Yielding(Claim),
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
/// And what is remembered of one that gives way.
const YIELDING_BYTES: usize = 400;

impl Memory {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let shards =
            (0..SHARDS).map(|_| Mutex::new(Shard { sweep_at: FIRST_SWEEP, ..Shard::default() })).collect();
        Self { clock, hasher: RandomState::new(), shards }
    }

    pub(super) fn put(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        let now = self.clock.now();
        self.shard(key).insert(key, Entry::of(value, now + lifetime), now)
    }

    pub(super) fn put_yielding(
        &self,
        (key, value): (&str, &str),
        lifetime: Duration,
        share: &Share,
    ) -> Result<(), Fault> {
        let now = self.clock.now();
        self.shard(key).insert_yielding(key, Entry::of(value, now + lifetime), share, now)
    }

    pub(super) fn put_new(&self, key: &str, value: &str, lifetime: Duration) -> Result<bool, Fault> {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        if shard.live(key, now).is_some() {
            return Ok(false);
        }
        shard.insert(key, Entry::of(value, now + lifetime), now)?;
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

    pub(super) fn consume(&self, key: &str, using: Use<'_>) -> Consumed {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        let theirs = |text: &str| text.strip_prefix(using.by).map(str::to_owned);
        let value = match shard.live(key, now).map(|entry| &entry.held) {
            Some(Held::Value(value)) => theirs(value),
            Some(Held::Trace(first)) => return theirs(first).map_or(Consumed::Others, Consumed::Used),
            Some(Held::Count(_)) | None => return Consumed::Absent,
        };
        let Some(value) = value else { return Consumed::Others };
        let held = Held::Trace(format!("{}{}", using.by, using.trace));
        shard.replace(key, held, now + using.remembered);
        Consumed::Live(value)
    }

    pub(super) fn count(&self, key: &str, lifetime: Duration) -> Result<u64, Fault> {
        self.add(key, 1, lifetime)
    }

    pub(super) fn count_below(&self, counters: &[Counter]) -> Result<Vec<u64>, Fault> {
        let counts: Vec<u64> = counters.iter().map(|counter| self.counted(&counter.key)).collect();
        let reached = counters.iter().zip(&counts).any(|(counter, count)| *count >= counter.most);
        if !reached {
            for counter in counters {
                self.add(&counter.key, counter.add, counter.lifetime)?;
            }
        }
        Ok(counts)
    }

    pub(super) fn counted(&self, key: &str) -> u64 {
        let now = self.clock.now();
        match self.shard(key).live(key, now) {
            Some(Entry { held: Held::Count(count), .. }) => *count,
            _ => 0,
        }
    }

    fn add(&self, key: &str, add: u64, lifetime: Duration) -> Result<u64, Fault> {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        if let Some(Entry { held: Held::Count(count), .. }) = shard.live(key, now) {
            *count += add;
            return Ok(*count);
        }
        let entry = Entry { held: Held::Count(add), expires_at: now + lifetime, place: Place::Kept };
        match add {
            // There must be room for it although it is not kept: what a try tells is no matter of what it adds.
            0 => shard.make_room(now, weight(key, &entry))?,
            _ => shard.insert(key, entry, now)?,
        }
        Ok(add)
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
        self.make_room(now, weight(key, &entry))?;
        self.remove(key);
        self.enter(key, entry);
        Ok(())
    }

    fn insert_yielding(
        &mut self,
        key: &str,
        entry: Entry,
        share: &Share,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let entry = Entry { place: Place::Yielding(self.shares.claim(share)), ..entry };
        let bytes = weight(key, &entry);
        while let Some(first) = self.shares.in_the_way_of(share, bytes).map(str::to_owned) {
            self.remove(&first);
        }
        self.insert(key, entry, now)
    }

    fn enter(&mut self, key: &str, entry: Entry) {
        let bytes = weight(key, &entry);
        self.bytes += bytes;
        if let Place::Yielding(claim) = &entry.place {
            self.shares.enter(claim, (key, bytes));
        }
        self.entries.insert(key.to_owned(), entry);
    }

    /// In the same place: a trace is where that was which it is of.
    fn replace(&mut self, key: &str, held: Held, expires_at: Timestamp) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let before = weight(key, entry);
        (entry.held, entry.expires_at) = (held, expires_at);
        let after = weight(key, entry);
        self.bytes = self.bytes.saturating_sub(before) + after;
        if let Place::Yielding(claim) = &entry.place {
            self.shares.become_as_heavy(claim, (before, after));
        }
    }

    fn remove(&mut self, key: &str) {
        let Some(entry) = self.entries.remove(key) else { return };
        let bytes = weight(key, &entry);
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Place::Yielding(claim) = &entry.place {
            self.shares.leave(claim, bytes);
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
        let expired = self.entries.iter().filter(|(_, entry)| entry.expires_at <= now);
        for key in expired.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            self.remove(&key);
        }
        self.sweep_at = (self.entries.len() * 2).clamp(FIRST_SWEEP, MOST_ENTRIES_A_SHARD);
        self.swept_at = Some(now);
    }
}

impl Entry {
    fn of(value: &str, expires_at: Timestamp) -> Self {
        Self { held: Held::Value(value.to_owned()), expires_at, place: Place::Kept }
    }
}

fn weight(key: &str, entry: &Entry) -> usize {
    let text = match &entry.held {
        Held::Value(text) | Held::Trace(text) => text.len(),
        Held::Count(_) => 0,
    };
    let yielding = match entry.place {
        Place::Kept => 0,
        Place::Yielding(_) => YIELDING_BYTES + key.len(),
    };
    ENTRY_BYTES + yielding + key.len() + text
}

#[cfg(test)]
mod tests;
