//! The life of keys, on a real folder.

use super::*;
use crate::base::scratch::Scratch;
use crate::crypto::jwe::Decrypter;
use crate::protocol::encryption::KeyManagement;

const ES256: SigningAlgorithm = SigningAlgorithm::Es256;
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Place(Scratch);

impl Place {
    fn new() -> Self {
        Self(Scratch::open())
    }

    fn open<K: Kept>(&self, now: Timestamp) -> KeyStore<K> {
        let store = KeyStore::open(KeysFolder::make(&self.0.join("keys")).unwrap(), now).unwrap();
        store.complete(now).unwrap();
        store
    }
}

const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

fn kids<K: Kept>(store: &KeyStore<K>, algorithm: K::Algorithm, stage: Stage) -> Vec<String> {
    let view = store.view();
    let keys = view.keys().iter().filter(|key| key.key.algorithm() == algorithm && key.stage == stage);
    keys.map(|key| key.key.kid().to_owned()).collect()
}

fn rotate<K: Kept>(
    store: &KeyStore<K>,
    fresh: &Fresh<K>,
    occasion: Occasion,
    now: Timestamp,
) -> Result<Rotated, KeyStoreProblem> {
    let rotation = match store.prepare(fresh, occasion, now)? {
        Prepared::Ready(rotation) => rotation,
        Prepared::Hindered(hindrance) => return Ok(hindrance),
    };
    let kid = rotation.kid().to_owned();
    rotation.carry_out()?;
    store.reload(now)?;
    Ok(Rotated::Done { kid })
}

fn shows<K: Kept>(store: &KeyStore<K>, kid: &str) -> bool {
    store.view().published().iter().any(|key| key["kid"] == kid)
}

#[test]
fn a_system_that_caches_our_keys_for_ten_minutes_never_fails() {
    let place = Place::new();
    let store: KeyStore<Signer> = place.open(at(0));
    let next = kids(&store, ES256, Stage::Next).remove(0);
    let old = store.signer(ES256).unwrap().kid().to_owned();
    assert!(shows(&store, &next) && shows(&store, &old));

    let fresh = Fresh::make(ES256).unwrap();
    let early = rotate(&store, &fresh, Occasion::Wish, at(899)).unwrap();
    assert_eq!(early, Rotated::NotBefore(at(900)));
    assert_eq!(rotate(&store, &fresh, Occasion::Wish, at(900)).unwrap(), Rotated::Done { kid: next.clone() });

    // What signs now has been published for fifteen minutes; what has signed stays.
    assert_eq!(store.signer(ES256).unwrap().kid(), next);
    assert!(shows(&store, &next) && shows(&store, &old));
    assert_eq!(kids(&store, ES256, Stage::Retired), [old.as_str()]);

    // A second rotation must wait for the key that was made by the first.
    let second = Fresh::make(ES256).unwrap();
    for second_later in [900, 901, 1799] {
        let answer = rotate(&store, &second, Occasion::Wish, at(second_later)).unwrap();
        assert_eq!(answer, Rotated::NotBefore(at(1800)));
    }
    assert_eq!(store.signer(ES256).unwrap().kid(), next);
    let forced = rotate(&store, &second, Occasion::Emergency, at(901)).unwrap();
    assert!(matches!(forced, Rotated::Done { .. }), "{forced:?}");

    // A retired key leaves the published set in the end, and still checks what it has signed.
    store.reload(at(900) + 31 * DAY).unwrap();
    assert!(!shows(&store, &old) && store.view().by_kid(&old).is_some());
}

#[test]
fn the_schedule_rotates_once_however_many_nodes_there_are() {
    let place = Place::new();
    let nodes: Vec<KeyStore<Signer>> = (0..8).map(|_| place.open(at(0))).collect();
    let first = nodes[0].signer(ES256).unwrap().kid().to_owned();
    let day_89 = at(0) + 89 * DAY;
    assert!(nodes[0].view().due(90 * DAY, day_89).is_empty());
    let day_90 = at(0) + 90 * DAY;
    assert_eq!(nodes[0].view().due(90 * DAY, day_90), SigningAlgorithm::ALL);

    let occasion = Occasion::Schedule { after: 90 * DAY };
    let answers: Vec<Rotated> = std::thread::scope(|scope| {
        let try_it =
            |node: &KeyStore<Signer>| rotate(node, &Fresh::make(ES256).unwrap(), occasion, day_90).unwrap();
        let running: Vec<_> = nodes.iter().map(|node| scope.spawn(move || try_it(node))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|one| matches!(one, Rotated::Done { .. })).count(), 1, "{answers:?}");
    for node in &nodes {
        node.reload(day_90).unwrap();
        assert_eq!(kids(node, ES256, Stage::Retired), [first.as_str()]);
        assert_eq!(kids(node, ES256, Stage::Next).len(), 1);
        assert_eq!(node.signer(ES256).unwrap().kid(), nodes[0].signer(ES256).unwrap().kid());
    }
}

#[test]
fn the_world_encrypts_to_the_current_key_and_older_ones_still_open() {
    let place = Place::new();
    let store: KeyStore<Decrypter> = place.open(at(0));
    assert_eq!(store.view().published().len(), KeyManagement::ALL.len());
    let (alg, current) =
        (KeyManagement::EcdhEs, kids(&store, KeyManagement::EcdhEs, Stage::Current).remove(0));
    let next = kids(&store, alg, Stage::Next).remove(0);
    assert!(shows(&store, &current) && !shows(&store, &next));
    let key = store.view().by_kid(&current).unwrap().key.jwk().clone();
    assert_eq!((key["use"].as_str(), key["alg"].as_str()), (Some("enc"), Some("ECDH-ES")));
    assert!(key.get("d").is_none());
    rotate(&store, &Fresh::make(alg).unwrap(), Occasion::Wish, at(1000)).unwrap();
    assert!(!shows(&store, &current) && shows(&store, &next));
    assert!(store.view().by_kid(&current).is_some());
}

#[test]
fn what_was_lost_or_left_half_done_is_made_again() {
    let place = Place::new();
    let store: KeyStore<Signer> = place.open(at(0));
    let next = kids(&store, ES256, Stage::Next).remove(0);
    // A rotation that ended after its first step: two current keys, no next one.
    moved::<Signer>(&store.folder, &next, Stage::Current, at(5)).unwrap().put_in_place().unwrap();
    store.reload(at(6)).unwrap();
    assert_eq!(store.view().crowded(), [ES256]);
    let again: KeyStore<Signer> = place.open(at(6));
    assert_eq!(again.signer(ES256).unwrap().kid(), next);
    assert_eq!(kids(&again, ES256, Stage::Next).len(), 1);
}

#[test]
fn rs256_stands_first() {
    let place = Place::new();
    let store: KeyStore<Signer> = place.open(at(0));
    let (view, rs256) = (store.view(), store.signer(SigningAlgorithm::Rs256).unwrap());
    assert_eq!(view.published()[0]["kid"], rs256.kid());
    assert!(view.published().iter().all(|key| key["use"] == "sig" && key["kid"].is_string()));
}

#[test]
fn opening_makes_no_keys() {
    let place = Place::new();
    let folder = KeysFolder::make(&place.0.join("keys")).unwrap();
    let store: KeyStore<Signer> = KeyStore::open(folder, at(0)).unwrap();
    assert!(store.view().keys().is_empty() && store.folder.list("").unwrap().is_empty());
}

#[test]
fn a_rotation_that_is_given_up_changes_nothing() {
    let place = Place::new();
    let store: KeyStore<Signer> = place.open(at(0));
    let every = || {
        let files = std::fs::read_dir(place.0.join("keys")).unwrap();
        let mut files: Vec<_> = files
            .map(|file| file.unwrap().path())
            .map(|path| (std::fs::read(&path).unwrap(), path))
            .collect();
        files.sort();
        files
    };
    let (before, fresh) = (every(), Fresh::make(ES256).unwrap());
    let prepared = store.prepare(&fresh, Occasion::Wish, at(900)).unwrap();
    assert!(matches!(&prepared, Prepared::Ready(_)) && every() != before);
    drop(prepared);
    assert_eq!(every(), before);
    assert!(matches!(rotate(&store, &fresh, Occasion::Wish, at(900)).unwrap(), Rotated::Done { .. }));
}
