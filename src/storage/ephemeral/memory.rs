//! Ephemeral state in this process: maps with expiry, bounded.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// What gives way, by the names of the bounds it is under.
    bounds: HashMap<Arc<str>, Under>,
    turns: u64,
    /// Expired entries are swept when the map has grown to this: amortised, one look an entry.
    sweep_at: usize,
    /// A full map is swept once a second at most.
    swept_at: Option<Timestamp>,
}

/// What is under one bound.
#[derive(Default)]
struct Under {
    bytes: usize,
    entries: usize,
    /// By their turns, the oldest first; some are gone already.
    oldest: VecDeque<(u64, String)>,
}

struct Entry {
    held: Held,
    expires_at: Timestamp,
    place: Place,
}

/// Whether an entry stays until it expires.
enum Place {
    Kept,
    /// It gives way to younger ones under the same bounds.
    Yielding {
        turn: u64,
        bounds: [Arc<str>; 2],
    },
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
const YIELDING_BYTES: usize = 240;

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
        self.turns += 1;
        let turn = self.turns;
        let names = share.bounds().map(|bound| Arc::from(bound.name));
        let entry = Entry { place: Place::Yielding { turn, bounds: names.clone() }, ..entry };
        let weight = weight(key, &entry);
        for bound in share.bounds() {
            let most = bound.most / SHARDS;
            while self.bytes_under(&bound.name) + weight > most && self.yield_oldest(&bound.name) {}
        }
        self.insert(key, entry, now)?;
        for name in names {
            if let Some(under) = self.bounds.get_mut(&name) {
                under.oldest.push_back((turn, key.to_owned()));
                under.forget_gone(&self.entries);
            }
        }
        Ok(())
    }

    fn bytes_under(&self, bound: &str) -> usize {
        self.bounds.get(bound).map_or(0, |under| under.bytes)
    }

    /// Whether there was one.
    fn yield_oldest(&mut self, bound: &str) -> bool {
        let oldest = self.bounds.get_mut(bound).and_then(|under| under.oldest.pop_front());
        let Some((turn, key)) = oldest else { return false };
        if self.entries.get(&key).is_some_and(|entry| entry.has_turn(turn)) {
            self.remove(&key);
        }
        true
    }

    fn enter(&mut self, key: &str, entry: Entry) {
        let weight = weight(key, &entry);
        self.bytes += weight;
        for name in entry.bounds() {
            let under = self.bounds.entry(name.clone()).or_default();
            under.bytes += weight;
            under.entries += 1;
        }
        self.entries.insert(key.to_owned(), entry);
    }

    /// In the same place: a trace is under the bounds of what it is of.
    fn replace(&mut self, key: &str, held: Held, expires_at: Timestamp) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let before = weight(key, entry);
        (entry.held, entry.expires_at) = (held, expires_at);
        let after = weight(key, entry);
        self.bytes = self.bytes.saturating_sub(before) + after;
        for name in entry.bounds() {
            if let Some(under) = self.bounds.get_mut(name) {
                under.bytes = under.bytes.saturating_sub(before) + after;
            }
        }
    }

    fn remove(&mut self, key: &str) {
        let Some(entry) = self.entries.remove(key) else { return };
        let weight = weight(key, &entry);
        self.bytes = self.bytes.saturating_sub(weight);
        for name in entry.bounds() {
            let Some(under) = self.bounds.get_mut(name) else { continue };
            under.bytes = under.bytes.saturating_sub(weight);
            under.entries = under.entries.saturating_sub(1);
            if under.entries == 0 {
                self.bounds.remove(name);
            }
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

impl Under {
    /// Amortised: when most of the queue is gone.
    fn forget_gone(&mut self, entries: &HashMap<String, Entry>) {
        if self.oldest.len() > self.entries * 2 + FIRST_SWEEP {
            self.oldest.retain(|(turn, key)| entries.get(key).is_some_and(|entry| entry.has_turn(*turn)));
        }
    }
}

impl Entry {
    fn of(value: &str, expires_at: Timestamp) -> Self {
        Self { held: Held::Value(value.to_owned()), expires_at, place: Place::Kept }
    }

    fn bounds(&self) -> &[Arc<str>] {
        match &self.place {
            Place::Kept => &[],
            Place::Yielding { bounds, .. } => bounds,
        }
    }

    fn has_turn(&self, at: u64) -> bool {
        matches!(self.place, Place::Yielding { turn, .. } if turn == at)
    }
}

fn weight(key: &str, entry: &Entry) -> usize {
    let text = match &entry.held {
        Held::Value(text) | Held::Trace(text) => text.len(),
        Held::Count(_) => 0,
    };
    let yielding = if entry.bounds().is_empty() { 0 } else { YIELDING_BYTES + 2 * key.len() };
    ENTRY_BYTES + yielding + key.len() + text
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
        let by = |trace| Use { by: "", trace, remembered: MINUTE * 2 };
        assert_eq!(memory.consume("code", by("first")), Consumed::Live("facts".into()));
        assert_eq!(memory.consume("code", by("second")), Consumed::Used("first".into()));
        clock.advance(MINUTE);
        assert_eq!(memory.consume("code", by("third")), Consumed::Used("first".into()));
        assert_eq!(memory.get("code"), None);
        clock.advance(MINUTE);
        assert_eq!(memory.consume("code", by("late")), Consumed::Absent);
    }

    #[test]
    fn what_is_somebodys_is_used_by_nobody_else() {
        let (_, memory) = memory();
        memory.put("code", "a\nfacts", MINUTE).unwrap();
        let by = |by| Use { by, trace: "trace", remembered: MINUTE };
        assert_eq!(memory.consume("code", by("b\n")), Consumed::Others);
        assert_eq!(memory.consume("code", by("a\n")), Consumed::Live("facts".into()));
        assert_eq!(memory.consume("code", by("b\n")), Consumed::Others);
        assert_eq!(memory.consume("code", by("a\n")), Consumed::Used("trace".into()));
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
            memory.consume(&format!("k{n}"), Use { by: "", trace: "trace", remembered: MINUTE });
        }
        assert!((0..SHARDS).all(|n| memory.put(&format!("n{n}"), &large, MINUTE).is_ok()));
        clock.advance(MINUTE);
        assert!((0..SHARDS).all(|n| memory.put(&format!("m{n}"), &large, MINUTE).is_ok()));
        assert!(weighed(&memory));
    }

    #[test]
    fn counters_are_counted_together_or_not_at_all() {
        let (_, memory) = memory();
        let counter = |key: &str, add, most| Counter { key: key.into(), add, most, lifetime: MINUTE };
        let both = |add| memory.count_below(&[counter("a", add, 2), counter("b", add, 9)]).unwrap();
        assert_eq!((both(1), both(0), both(1), both(1)), (vec![0, 0], vec![1, 1], vec![1, 1], vec![2, 2]));
        assert_eq!((memory.counted("a"), memory.counted("b")), (2, 2));
    }

    #[test]
    fn in_a_full_store_nothing_is_counted_and_adding_nothing_fails_as_well() {
        let (_, memory) = memory();
        memory.fill();
        let counter = |add| Counter { key: "probe".into(), add, most: 9, lifetime: MINUTE };
        for add in [0, 1] {
            assert!(memory.count_below(&[counter(add)]).is_err(), "{add}");
        }
    }

    impl Memory {
        pub(in super::super) fn fill(&self) {
            self.shards.iter().for_each(|shard| shard.lock().unwrap().bytes += MOST_BYTES_A_SHARD);
        }

        fn weighs(&self) -> usize {
            self.shards.iter().map(|shard| shard.lock().unwrap().bytes).sum()
        }
    }

    /// Whether what is written down is what the entries weigh.
    fn weighed(memory: &Memory) -> bool {
        memory.shards.iter().all(|shard| {
            let shard = shard.lock().unwrap();
            let of = |counts: &dyn Fn(&Entry) -> bool| {
                let counted = shard.entries.iter().filter(|(_, entry)| counts(entry));
                counted.map(|(key, entry)| weight(key, entry)).sum::<usize>()
            };
            let under = |(name, under): (&Arc<str>, &Under)| {
                under.bytes == of(&|entry| entry.bounds().contains(name)) && under.bytes > 0
            };
            shard.bytes == of(&|_| true) && shard.bounds.iter().all(under)
        })
    }

    #[test]
    fn a_flood_of_what_yields_crowds_out_its_own_kind_alone() {
        let (clock, memory) = memory();
        memory.put("code", "facts", MINUTE).unwrap();
        let large = "x".repeat(16 * 1024);
        let yielding = |key: &str, value: &str, place: usize| {
            memory.put_yielding((key, value), MINUTE, &Share::of_place(&place.to_string()))
        };
        yielding("oldest", &large, 0).unwrap();
        let most = 2 * SHARDS * MOST_BYTES_A_SHARD / large.len();
        assert!((0..most).all(|n| yielding(&format!("r{n}"), &large, n).is_ok()));
        assert_eq!((memory.get("oldest"), memory.get("code")), (None, Some("facts".into())));
        assert!((0..1_000).all(|n| memory.put(&format!("code{n}"), &large, MINUTE).is_ok()));
        assert!(memory.get(&format!("r{}", most - 1)).is_some() && weighed(&memory));
        // Whoever goes on is young again.
        yielding(&format!("r{}", most - 1), "changed", most - 1).unwrap();
        memory.consume(&format!("r{}", most - 2), Use { by: "", trace: "trace", remembered: MINUTE });
        memory.delete(&format!("r{}", most - 3));
        assert!(weighed(&memory));
        clock.advance(MINUTE);
        memory.shards.iter().for_each(|shard| shard.lock().unwrap().sweep(clock.now()));
        assert!(
            weighed(&memory) && memory.shards.iter().all(|shard| shard.lock().unwrap().bounds.is_empty())
        );
    }

    #[test]
    fn an_owner_crowds_out_themselves_before_others() {
        let (_, memory) = memory();
        let large = "x".repeat(16 * 1024);
        for (share, other) in
            [(Share::of_place("a"), Share::of_place("b")), (Share::of_account("a"), Share::of_account("b"))]
        {
            memory.put_yielding(("others", &large), MINUTE, &other).unwrap();
            let flood = 20_000;
            assert!(
                (0..flood).all(|n| memory.put_yielding((&format!("r{n}"), &large), MINUTE, &share).is_ok())
            );
            assert!(memory.get("others").is_some() && memory.get(&format!("r{}", flood - 1)).is_some());
            assert!(memory.get("r0").is_none() && memory.weighs() < 40 * 1024 * 1024 && weighed(&memory));
        }
    }
}
