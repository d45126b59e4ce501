//! The pictures of clients: fetched by the service with the guards of every outgoing call and shown from its own address,
//! so that a sign-in page loads nothing from elsewhere and tells nobody who looks at it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::base::Timestamp;
use crate::gateway::Outgoing;

/// A picture as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// The pictures behind addresses.
pub struct Logos {
    outgoing: Outgoing,
    shelf: Arc<Shelf>,
    turns: Arc<Semaphore>,
}

#[derive(Default)]
struct Shelf {
    held: Mutex<HashMap<String, Held>>,
}

#[derive(Clone)]
struct Held {
    picture: Option<Arc<Picture>>,
    at: Timestamp,
}

const FRESH: Duration = Duration::from_secs(24 * 3600);
/// An address that gave nothing is not asked again for a while, however many people look.
const PAUSE: Duration = Duration::from_secs(600);
const LARGEST: usize = 128 * 1024;
const MOST: usize = 128;
/// Fetched at once; who comes while these are busy sees the initial instead.
const TURNS: usize = 4;

impl Logos {
    pub fn new(outgoing: Outgoing) -> Self {
        Self { outgoing, shelf: Arc::default(), turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// The picture behind `uri`, if there is one that browsers show without running anything.
    pub async fn find(&self, now: Timestamp, uri: &str) -> Option<Arc<Picture>> {
        if let Some(held) = self.shelf.held(now, uri) {
            return held.picture;
        }
        let turn = self.turns.clone().try_acquire_owned().ok()?;
        // Noted before the call: others are not kept waiting for a slow server.
        self.shelf.keep(uri, Held { picture: None, at: now });
        let (outgoing, shelf, uri) = (self.outgoing.clone(), self.shelf.clone(), uri.to_owned());
        // A task of its own, which nobody who hangs up can stop in the middle: the note would stand, and the initial
        // would be shown for the whole of the pause.
        let fetched = tokio::spawn(async move {
            let _turn = turn;
            let picture = fetch(&outgoing, &uri).await.map(Arc::new)?;
            shelf.keep(&uri, Held { picture: Some(picture.clone()), at: now });
            Some(picture)
        });
        fetched.await.ok().flatten()
    }
}

impl Shelf {
    fn held(&self, now: Timestamp, uri: &str) -> Option<Held> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(uri).cloned()?;
        let span = if held.picture.is_some() { FRESH } else { PAUSE };
        (held.at <= now && now.since(held.at) < span).then_some(held)
    }

    fn keep(&self, uri: &str, new: Held) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST
            && !held.contains_key(uri)
            && let Some(oldest) = held.iter().min_by_key(|(_, one)| one.at).map(|(uri, _)| uri.clone())
        {
            held.remove(&oldest);
        }
        held.insert(uri.to_owned(), new);
    }
}

async fn fetch(outgoing: &Outgoing, uri: &str) -> Option<Picture> {
    let bytes = outgoing.get(uri, LARGEST).await.ok()?;
    Some(Picture { media_type: media_type(&bytes)?, bytes })
}

/// By its first bytes, never by what the server says; SVG is a document that may run scripts and is none of these.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if begins(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        Some("image/gif")
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::client::authenticate::tests::outgoing;

    #[test]
    fn only_pictures_are_pictures() {
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(media_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"<html>", b"", b"RIFF", b"GIF88a"] {
            assert_eq!(media_type(other), None);
        }
    }

    #[tokio::test]
    async fn an_address_that_gives_nothing_is_left_alone_and_the_store_is_bounded() {
        let logos = Logos::new(outgoing());
        let now = Timestamp::from_seconds(1_800_000_000);
        assert_eq!(logos.find(now, "http://169.254.169.254/latest/meta-data").await, None);
        assert!(logos.shelf.held(now, "http://169.254.169.254/latest/meta-data").is_some());
        assert!(logos.shelf.held(now + PAUSE, "http://169.254.169.254/latest/meta-data").is_none());
        for number in 0..2 * MOST {
            logos.shelf.keep(&format!("https://a.example/{number}"), Held { picture: None, at: now });
        }
        assert_eq!(logos.shelf.held.lock().unwrap().len(), MOST);
    }

    #[tokio::test]
    async fn who_hangs_up_leaves_the_fetch_going() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/logo", listener.local_addr().unwrap());
        let picture = axum::routing::get(async || &b"\x89PNG\r\n\x1a\nrest"[..]);
        let routes = axum::Router::new().route("/logo", picture);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let logos = Logos::new(outgoing());
        let now = Timestamp::from_seconds(1_800_000_000);
        // One look at the future, so that it begins, and it is dropped as that of a caller who has gone.
        assert!(logos.find(now, &uri).now_or_never().is_none());
        let every_turn = logos.turns.acquire_many(u32::try_from(TURNS).unwrap()).await.unwrap();
        drop(every_turn);
        assert_eq!(logos.find(now, &uri).await.unwrap().media_type, "image/png");
    }
}
