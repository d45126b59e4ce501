//! Floods of what the ephemeral store keeps: each crowds out itself, and nothing else; the same in both stores.

use std::time::Duration;

use tongyao::storage::ephemeral::{Consumed, Counter, Use};
use tongyao::storage::{Ephemeral, Share};

use crate::support::World;

const MINUTE: Duration = Duration::from_secs(60);
const MIB: usize = 1024 * 1024;

fn large() -> String {
    "x".repeat(128 * 1024)
}

async fn kept(store: &Ephemeral, names: impl Iterator<Item = String>) -> usize {
    let mut kept = 0;
    for name in names {
        kept += store.get(&name).await.unwrap().map_or(0, |value| value.len());
    }
    kept
}

#[tokio::test]
async fn who_has_much_kept_crowds_out_themselves() {
    let world = World::empty().await;
    let store = &world.app.ephemeral;
    store.put("stays", "s", MINUTE).await.unwrap();
    let (place, account) = (Share::of_place, Share::of_account);
    for (own, other, most) in [
        (place("203.0.113.1"), place("203.0.113.2"), 16 * MIB),
        (account("acc_1"), account("acc_2"), 8 * MIB),
    ] {
        store.put_yielding(("others", "o"), MINUTE, &other).await.unwrap();
        for n in 0..300 {
            store.put_yielding((&format!("r{n}"), &large()), MINUTE, &own).await.unwrap();
        }
        for (name, is_kept) in [("stays", true), ("others", true), ("r0", false), ("r299", true)] {
            assert_eq!(store.get(name).await.unwrap().is_some(), is_kept, "{name} {own:?}");
        }
        let own_bytes = kept(store, (0..300).map(|n| format!("r{n}"))).await;
        assert!((most / 3..=most).contains(&own_bytes), "{own_bytes} {own:?}");
    }
}

#[tokio::test]
async fn where_all_have_too_much_who_has_most_loses_their_oldest() {
    let world = World::empty().await;
    let store = &world.app.ephemeral;
    store.put("stays", "s", MINUTE).await.unwrap();
    store.put_yielding(("code", "c"), MINUTE, &Share::of_account("acc_1")).await.unwrap();
    let citizen = Share::of_place("198.51.100.1");
    store.put_yielding(("citizen", "waits"), MINUTE, &citizen).await.unwrap();
    let names = || (0..2_400).map(|n| format!("r{n}"));
    for (n, name) in names().enumerate() {
        let place = Share::of_place(&format!("203.0.113.{}", n % 20));
        store.put_yielding((&name, &large()), MINUTE, &place).await.unwrap();
    }
    for name in ["stays", "code", "citizen", "r2399"] {
        assert!(store.get(name).await.unwrap().is_some(), "{name}");
    }
    let of = |from: usize| names().skip(from).take(240);
    let (first, last) = (kept(store, of(0)).await, kept(store, of(2_160)).await);
    assert!(first < last / 4, "{first} {last}");
    let bytes = kept(store, names()).await;
    assert!((96 * MIB..=128 * MIB).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn the_oldest_goes_however_long_it_would_have_lived() {
    let world = World::empty().await;
    let store = &world.app.ephemeral;
    let place = Share::of_place("203.0.113.1");
    for n in 0..300 {
        store.put_yielding((&format!("long{n}"), &large()), 60 * MINUTE, &place).await.unwrap();
    }
    for n in 0..20 {
        store.put_yielding((&format!("short{n}"), "s"), MINUTE, &place).await.unwrap();
    }
    let short = kept(store, (0..20).map(|n| format!("short{n}"))).await;
    assert_eq!(short, 20);
    // A trace may outlive what is younger, and stands where that stood which it is of.
    let using = Use { by: "", trace: "t", remembered: 60 * MINUTE };
    for n in 250..300 {
        store.consume(&format!("long{n}"), using).await.unwrap();
    }
    // So many that each of the parts a store is cut into gets its fill, however the names fall.
    for n in 0..800 {
        store.put_yielding((&format!("then{n}"), &large()), MINUTE, &place).await.unwrap();
        assert!(store.get(&format!("then{n}")).await.unwrap().is_some(), "{n}");
    }
    assert_eq!(store.consume("long299", using).await.unwrap(), Consumed::Absent);
}

#[tokio::test]
async fn what_is_used_or_deleted_weighs_no_more_than_what_stays_of_it() {
    let world = World::empty().await;
    let store = &world.app.ephemeral;
    let account = Share::of_account("acc_1");
    let using = Use { by: "portal\n", trace: "t", remembered: MINUTE };
    let value = format!("portal\n{}", "x".repeat(64 * 1024));
    store.put_yielding(("first", "f"), MINUTE, &account).await.unwrap();
    for n in 0..300 {
        let (used, deleted) = (format!("u{n}"), format!("d{n}"));
        store.put_yielding((&used, &value), MINUTE, &account).await.unwrap();
        store.put_yielding((&deleted, &value), MINUTE, &account).await.unwrap();
        store.delete(&deleted).await.unwrap();
        let live = store.consume(&used, using).await.unwrap();
        assert!(matches!(live, Consumed::Live(text) if text.len() == 64 * 1024));
    }
    assert!(store.get("first").await.unwrap().is_some());
    for n in 0..300 {
        let used = store.consume(&format!("u{n}"), using).await.unwrap();
        assert_eq!(used, Consumed::Used("t".to_owned()), "{n}");
    }
}

#[tokio::test]
async fn what_is_somebodys_is_used_by_nobody_else() {
    let world = World::empty().await;
    let store = &world.app.ephemeral;
    store.put("code", "a\nfacts", MINUTE).await.unwrap();
    let consume = async |by| store.consume("code", Use { by, trace: "t", remembered: MINUTE }).await.unwrap();
    assert_eq!(consume("b\n").await, Consumed::Others);
    assert_eq!(consume("a\n").await, Consumed::Live("facts".to_owned()));
    assert_eq!(consume("b\n").await, Consumed::Others);
    assert_eq!(consume("a\n").await, Consumed::Used("t".to_owned()));
}

#[tokio::test]
async fn counters_are_counted_together_or_not_at_all() {
    let world = World::empty().await;
    let store = &world.app.ephemeral;
    let counter = |key: &str, add, most| Counter { key: key.to_owned(), add, most, lifetime: MINUTE };
    let both =
        async |add| store.count_below(&[counter("a", add, 2), counter("b", add, u64::MAX)]).await.unwrap();
    for (add, before) in [(0, [0, 0]), (1, [0, 0]), (0, [1, 1]), (1, [1, 1]), (1, [2, 2])] {
        assert_eq!(both(add).await, before, "{add}");
    }
    assert_eq!(store.counted(&["a", "b"]).await.unwrap(), [2, 2]);
}
