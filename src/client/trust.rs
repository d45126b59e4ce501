//! The keys of clients that keep them behind a `jwks_uri`: fetched with limits, kept ten minutes, outliving a failed fetch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use tokio::sync::{Mutex as Turn, Semaphore};
use tracing::Instrument;

use super::key_set::{encryption_keys, key_set};
use super::registration::Client;
use crate::base::Timestamp;
use crate::crypto::jwe::PublicKey;
use crate::gateway::Outgoing;
use crate::protocol::json::{Bounds, parse};

const FRESH: Duration = Duration::from_secs(10 * 60);
/// An address that was just asked is not asked again, whatever a request shows.
const PAUSE: Duration = Duration::from_secs(60);
/// Keys that could not be confirmed for a day are no longer believed.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const LARGEST: usize = 64 * 1024;
const MOST_ADDRESSES: usize = 1024;
/// Request objects fetched at once, whoever asks.
const MOST_REFERENCES: usize = 32;

/// An address of keys and whose they are. Every owner has them fetched for itself: what was fetched lately for another
/// client at the same address says nothing of one that has just registered.
#[derive(Debug, Clone, Copy)]
pub struct KeysAt<'a> {
    pub uri: &'a str,
    /// A `client_id`; empty where the address is nobody's in particular.
    pub owner: &'a str,
}

/// The keys behind addresses; cheap to clone.
#[derive(Clone)]
pub struct Trust {
    pub(super) outgoing: Outgoing,
    pub(super) references: Arc<Semaphore>,
    sets: Arc<Mutex<HashMap<String, Arc<Slot>>>>,
}

/// The keys behind an address could not be fetched, now or lately, and none are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys could not be fetched")]
pub struct KeysUnavailable;

#[derive(Default)]
struct Slot {
    held: Mutex<Held>,
    turn: Arc<Turn<()>>,
}

/// What an address gave: keys that sign, and keys that answers can be encrypted to.
#[derive(Clone)]
struct Published {
    signature: Arc<JwkSet>,
    encryption: Arc<[PublicKey]>,
}

#[derive(Clone, Default)]
struct Held {
    keys: Option<(Published, Timestamp)>,
    tried_at: Option<Timestamp>,
}

impl Trust {
    pub fn new(outgoing: Outgoing) -> Self {
        Self { outgoing, references: Arc::new(Semaphore::new(MOST_REFERENCES)), sets: Arc::default() }
    }

    /// The keys behind an address, at most ten minutes old unless it does not answer.
    pub async fn keys<'a>(
        &self,
        now: Timestamp,
        at: impl Into<KeysAt<'a>>,
    ) -> Result<Arc<JwkSet>, KeysUnavailable> {
        let at = at.into();
        let slot = self.slot(at);
        if slot.read().is_due(now) {
            self.refresh(&slot, now, at.uri).await;
        }
        slot.read().usable(now).map(|keys| keys.signature)
    }

    /// The keys behind an address that answers can be encrypted to.
    pub async fn encryption_keys(
        &self,
        now: Timestamp,
        at: KeysAt<'_>,
    ) -> Result<Arc<[PublicKey]>, KeysUnavailable> {
        self.keys(now, at).await?;
        self.slot(at).read().usable(now).map(|keys| keys.encryption)
    }

    /// The keys again, when none of the known ones serves; at most once a minute.
    pub async fn newer_encryption_keys(
        &self,
        now: Timestamp,
        at: KeysAt<'_>,
        known: &Arc<[PublicKey]>,
    ) -> Option<Arc<[PublicKey]>> {
        let slot = self.slot(at);
        if slot.read().may_try(now) {
            self.refresh(&slot, now, at.uri).await;
        }
        slot.read().usable(now).ok().map(|keys| keys.encryption).filter(|keys| !Arc::ptr_eq(keys, known))
    }

    /// The keys again, for a signature that none of the known ones fits; `None` when they were asked for within the
    /// last minute or have not changed.
    pub async fn newer_keys<'a>(
        &self,
        now: Timestamp,
        at: impl Into<KeysAt<'a>>,
        known: &Arc<JwkSet>,
    ) -> Option<Arc<JwkSet>> {
        let at = at.into();
        let slot = self.slot(at);
        if slot.read().may_try(now) {
            self.refresh(&slot, now, at.uri).await;
        }
        slot.read().usable(now).ok().map(|keys| keys.signature).filter(|keys| keys != known)
    }

    /// The fetch is a task of its own, which nobody who hangs up can stop in the middle: the address would be left alone
    /// for a minute with nothing learnt, and a stranger could keep it so.
    async fn refresh(&self, slot: &Arc<Slot>, now: Timestamp, uri: &str) {
        let has_keys = slot.read().keys.is_some();
        let turn = match slot.turn.clone().try_lock_owned() {
            Ok(turn) => turn,
            // Somebody is fetching: the old keys do for the meantime.
            Err(_) if has_keys => return,
            Err(_) => slot.turn.clone().lock_owned().await,
        };
        if !slot.read().may_try(now) {
            return;
        }
        slot.write().tried_at = Some(now);
        let (outgoing, slot, uri) = (self.outgoing.clone(), slot.clone(), uri.to_owned());
        let fetched = tokio::spawn(
            async move {
                let _turn = turn;
                match fetch(&outgoing, &uri).await {
                    Some(keys) => slot.write().keys = Some((keys, now)),
                    None => tracing::warn!("the keys behind a client's jwks_uri could not be fetched"),
                }
            }
            .in_current_span(),
        );
        // One that is stopped has learnt nothing, and the slot says so.
        let _ = fetched.await;
    }

    fn slot(&self, at: KeysAt<'_>) -> Arc<Slot> {
        // Neither holds a line break.
        let name = format!("{}\n{}", at.owner, at.uri);
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = sets.get(&name) {
            return slot.clone();
        }
        if sets.len() >= MOST_ADDRESSES {
            let oldest = sets.iter().min_by_key(|(_, slot)| slot.read().tried_at);
            if let Some(oldest) = oldest.map(|(uri, _)| uri.clone()) {
                sets.remove(&oldest);
            }
        }
        sets.entry(name).or_default().clone()
    }
}

async fn fetch(outgoing: &Outgoing, uri: &str) -> Option<Published> {
    let body = outgoing.get(uri, LARGEST).await.ok()?;
    let text = String::from_utf8(body).ok()?;
    let value = parse(&text, Bounds { bytes: LARGEST, depth: 8 }).ok()?;
    let signature = Arc::new(key_set(&value).ok()?);
    Some(Published { signature, encryption: encryption_keys(&value) })
}

impl<'a> From<&'a str> for KeysAt<'a> {
    fn from(uri: &'a str) -> Self {
        Self { uri, owner: "" }
    }
}

impl<'a> From<&'a String> for KeysAt<'a> {
    fn from(uri: &'a String) -> Self {
        Self { uri, owner: "" }
    }
}

impl Client {
    /// Where this client keeps its keys, if behind an address.
    pub(super) fn keys_at(&self) -> Option<KeysAt<'_>> {
        let uri = self.metadata.jwks_uri.as_deref()?;
        Some(KeysAt { uri, owner: &self.client_id })
    }
}

impl Slot {
    fn read(&self) -> Held {
        self.write().clone()
    }

    fn write(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn is_due(&self, now: Timestamp) -> bool {
        let fresh = self.keys.as_ref().is_some_and(|(_, at)| is_within(*at, now, FRESH));
        !fresh && self.may_try(now)
    }

    fn may_try(&self, now: Timestamp) -> bool {
        self.tried_at.is_none_or(|at| !is_within(at, now, PAUSE))
    }

    fn usable(&self, now: Timestamp) -> Result<Published, KeysUnavailable> {
        match &self.keys {
            Some((keys, at)) if now.since(*at) < LONGEST => Ok(keys.clone()),
            _ => Err(KeysUnavailable),
        }
    }
}

fn is_within(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    at <= now && now.since(at) < span
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;
    use serde_json::json;

    use super::*;
    use crate::client::authenticate::tests::outgoing;

    /// A department's web server: what it answers, and how often it was asked.
    struct Server {
        uri: String,
        answer: Arc<Mutex<Option<String>>>,
        asked: Arc<AtomicUsize>,
    }

    async fn server() -> Server {
        let answer: Arc<Mutex<Option<String>>> = Arc::default();
        let asked: Arc<AtomicUsize> = Arc::default();
        let (told, counted) = (answer.clone(), asked.clone());
        let handler = move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let text = told.lock().unwrap().clone();
            async move { text.ok_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/jwks", listener.local_addr().unwrap());
        let routes = axum::Router::new().route("/jwks", axum::routing::get(handler));
        tokio::spawn(async move { axum_server(listener, routes).await });
        Server { uri, answer, asked }
    }

    async fn axum_server(listener: tokio::net::TcpListener, routes: axum::Router) {
        let _ = axum::serve(listener, routes).await;
    }

    fn set(kid: &str) -> String {
        json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": kid},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "never"},
            {"kty": "quantum", "kid": "unknown"},
        ]})
        .to_string()
    }

    fn kids(keys: &JwkSet) -> Vec<&str> {
        keys.keys.iter().filter_map(|key| key.common.key_id.as_deref()).collect()
    }

    #[tokio::test]
    async fn keys_are_fetched_once_and_kept_when_the_address_fails() {
        let server = server().await;
        *server.answer.lock().unwrap() = Some(set("a"));
        let trust = Trust::new(outgoing());
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        let asked = || server.asked.load(Ordering::SeqCst);

        let first = trust.keys(at(0), &server.uri).await.unwrap();
        assert_eq!(kids(&first), ["a"]);
        trust.keys(at(599), &server.uri).await.unwrap();
        assert_eq!(asked(), 1);

        // The address fails: what is known stays, and it is asked at most once a minute.
        *server.answer.lock().unwrap() = None;
        for second in [600, 601, 659] {
            assert_eq!(kids(&trust.keys(at(second), &server.uri).await.unwrap()), ["a"]);
        }
        assert_eq!(asked(), 2);
        assert_eq!(trust.keys(at(24 * 3600), &server.uri).await, Err(KeysUnavailable));
    }

    #[tokio::test]
    async fn an_unknown_key_is_asked_for_once_a_minute() {
        let server = server().await;
        *server.answer.lock().unwrap() = Some(set("a"));
        let trust = Trust::new(outgoing());
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        let known = trust.keys(at(0), &server.uri).await.unwrap();
        *server.answer.lock().unwrap() = Some(set("b"));
        assert!(trust.newer_keys(at(59), &server.uri, &known).await.is_none());
        let newer = trust.newer_keys(at(60), &server.uri, &known).await.unwrap();
        assert_eq!(kids(&newer), ["b"]);
        assert!(trust.newer_keys(at(61), &server.uri, &newer).await.is_none());
        assert_eq!(server.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn who_hangs_up_leaves_the_fetch_going() {
        let server = server().await;
        *server.answer.lock().unwrap() = Some(set("a"));
        let trust = Trust::new(outgoing());
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        // One look at the future, so that it begins, and it is dropped as that of a caller who has gone.
        assert!(trust.keys(at(0), &server.uri).now_or_never().is_none());
        // Within the minute in which the address is not asked again.
        let known = settled(&trust, at(1), &server.uri).await;
        assert_eq!(kids(&known), ["a"]);
        *server.answer.lock().unwrap() = Some(set("b"));
        assert!(trust.newer_keys(at(60), &server.uri, &known).now_or_never().is_none());
        let newer = settled(&trust, at(61), &server.uri).await;
        assert_eq!(kids(&newer), ["b"]);
        assert_eq!(server.asked.load(Ordering::SeqCst), 2);
    }

    /// The keys, once whoever fetches them has had its turn.
    async fn settled(trust: &Trust, now: Timestamp, uri: &str) -> Arc<JwkSet> {
        drop(trust.slot(uri.into()).turn.lock().await);
        trust.keys(now, uri).await.unwrap()
    }

    #[tokio::test]
    async fn who_registers_the_same_address_anew_is_looked_up_anew() {
        let server = server().await;
        let trust = Trust::new(outgoing());
        let now = Timestamp::from_seconds(1_000_000);
        for (owner, kid) in [("first", "a"), ("second", "b")] {
            *server.answer.lock().unwrap() = Some(set(kid));
            let keys = trust.keys(now, KeysAt { uri: &server.uri, owner }).await.unwrap();
            assert_eq!(kids(&keys), [kid]);
        }
        let first = trust.keys(now, KeysAt { uri: &server.uri, owner: "first" }).await.unwrap();
        assert_eq!((kids(&first), server.asked.load(Ordering::SeqCst)), (vec!["a"], 2));
    }

    #[tokio::test]
    async fn what_is_not_a_key_set_gives_none() {
        let server = server().await;
        let huge = format!("{{\"keys\": [], \"x\": \"{}\"}}", "x".repeat(LARGEST));
        for (minute, text) in
            ["", "[]", "{\"keys\": 1}", "{\"keys\": [], \"keys\": []}", &huge].iter().enumerate()
        {
            *server.answer.lock().unwrap() = Some((*text).to_owned());
            let now = Timestamp::from_seconds(1_000_000 + 60 * i64::try_from(minute).unwrap());
            assert_eq!(
                Trust::new(outgoing()).keys(now, &server.uri).await,
                Err(KeysUnavailable),
                "{text:.40}"
            );
        }
    }
}
