//! Ephemeral state in this process: maps with expiry, bounded.

use std::collections::{HashMap, VecDeque};
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
    /// What those that yield weigh together.
    yielding_bytes: usize,
    /// Those that yield, the oldest first; some are gone already.
    yielding: VecDeque<(u64, String)>,
    turns: u64,
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
#[derive(PartialEq, Eq, Clone, Copy)]
enum Place {
    Kept,
    /// It gives way to younger ones of its kind; with its turn.
    Yielding(u64),
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
/// What anybody can have kept without being known is at most half of it, so that a flood of it crowds out its own kind alone.
const MOST_YIELDING_BYTES_A_SHARD: usize = MOST_BYTES_A_SHARD / 2;
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
        self.shard(key).insert(key, Entry::of(value, now + lifetime), now)
    }

    pub(super) fn put_yielding(&self, key: &str, value: &str, lifetime: Duration) -> Result<(), Fault> {
        let now = self.clock.now();
        self.shard(key).insert_yielding(key, Entry::of(value, now + lifetime), now)
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

    pub(super) fn consume(&self, key: &str, trace: &str) -> Consumed {
        let now = self.clock.now();
        let mut shard = self.shard(key);
        let Some(entry) = shard.live(key, now) else { return Consumed::Absent };
        match std::mem::replace(&mut entry.held, Held::Trace(trace.to_owned())) {
            Held::Value(value) => {
                let place = entry.place;
                shard.lighten(place, value.len());
                shard.burden(place, trace.len());
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
        let entry = Entry { held: Held::Count(1), expires_at: now + lifetime, place: Place::Kept };
        shard.insert(key, entry, now)?;
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
        self.burden(entry.place, weight);
        self.entries.insert(key.to_owned(), entry);
        Ok(())
    }

    fn insert_yielding(&mut self, key: &str, entry: Entry, now: Timestamp) -> Result<(), Fault> {
        let weight = weight(key, &entry);
        while self.yielding_bytes + weight > MOST_YIELDING_BYTES_A_SHARD && self.yield_oldest() {}
        self.turns += 1;
        self.insert(key, Entry { place: Place::Yielding(self.turns), ..entry }, now)?;
        if self.yielding.len() > self.entries.len() * 2 + FIRST_SWEEP {
            self.forget_gone();
        }
        self.yielding.push_back((self.turns, key.to_owned()));
        Ok(())
    }

    /// Whether there was one.
    fn yield_oldest(&mut self) -> bool {
        let Some((turn, key)) = self.yielding.pop_front() else { return false };
        if self.entries.get(&key).is_some_and(|entry| entry.place == Place::Yielding(turn)) {
            self.remove(&key);
        }
        true
    }

    fn forget_gone(&mut self) {
        let entries = &self.entries;
        self.yielding.retain(|(turn, key)| {
            entries.get(key).is_some_and(|entry| entry.place == Place::Yielding(*turn))
        });
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.lighten(entry.place, weight(key, &entry));
        }
    }

    fn burden(&mut self, place: Place, bytes: usize) {
        self.bytes += bytes;
        if place != Place::Kept {
            self.yielding_bytes += bytes;
        }
    }

    fn lighten(&mut self, place: Place, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        if place != Place::Kept {
            self.yielding_bytes = self.yielding_bytes.saturating_sub(bytes);
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
        self.forget_gone();
        (self.bytes, self.yielding_bytes) = (0, 0);
        let weights: Vec<_> =
            self.entries.iter().map(|(key, entry)| (entry.place, weight(key, entry))).collect();
        for (place, weight) in weights {
            self.burden(place, weight);
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
        assert!(weighed(&memory));
    }

    /// Whether what is written down is what the entries weigh.
    fn weighed(memory: &Memory) -> bool {
        memory.shards.iter().all(|shard| {
            let shard = shard.lock().unwrap();
            let of = |counts: fn(&Entry) -> bool| {
                let counted = shard.entries.iter().filter(|(_, entry)| counts(entry));
                counted.map(|(key, entry)| weight(key, entry)).sum::<usize>()
            };
            let yielding = of(|entry| entry.place != Place::Kept);
            (shard.bytes, shard.yielding_bytes) == (of(|_| true), yielding)
        })
    }

    #[test]
    fn a_flood_of_what_yields_crowds_out_its_own_kind_alone() {
        let (clock, memory) = memory();
        memory.put("code", "facts", MINUTE).unwrap();
        let large = "x".repeat(16 * 1024);
        memory.put_yielding("oldest", &large, MINUTE).unwrap();
        let most = 2 * SHARDS * MOST_BYTES_A_SHARD / large.len();
        assert!((0..most).all(|n| memory.put_yielding(&format!("r{n}"), &large, MINUTE).is_ok()));
        assert_eq!((memory.get("oldest"), memory.get("code")), (None, Some("facts".into())));
        assert!((0..1_000).all(|n| memory.put(&format!("code{n}"), &large, MINUTE).is_ok()));
        assert!(memory.get(&format!("r{}", most - 1)).is_some() && weighed(&memory));
        // Whoever goes on is young again.
        memory.put_yielding(&format!("r{}", most - 1), "changed", MINUTE).unwrap();
        memory.consume(&format!("r{}", most - 2), "trace");
        memory.delete(&format!("r{}", most - 3));
        assert!(weighed(&memory));
        clock.advance(MINUTE);
        memory.shards.iter().for_each(|shard| shard.lock().unwrap().sweep(clock.now()));
        assert!(
            weighed(&memory) && memory.shards.iter().all(|shard| shard.lock().unwrap().yielding.is_empty())
        );
    }
}
