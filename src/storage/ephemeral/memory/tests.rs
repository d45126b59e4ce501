//! What gives way, what is used once, and what is counted.

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
        let yields = |entry: &Entry| matches!(entry.place, Place::Yielding(_));
        shard.bytes == of(&|_| true) && shard.shares.written() == of(&yields)
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
    assert!(weighed(&memory) && memory.shards.iter().all(|shard| shard.lock().unwrap().shares.is_empty()));
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
        assert!((0..flood).all(|n| memory.put_yielding((&format!("r{n}"), &large), MINUTE, &share).is_ok()));
        assert!(memory.get("others").is_some() && memory.get(&format!("r{}", flood - 1)).is_some());
        assert!(memory.get("r0").is_none() && memory.weighs() < 40 * 1024 * 1024 && weighed(&memory));
    }
}
