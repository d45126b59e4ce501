//! Who is signed in at this system: in memory for reading, in one small file so that a restart signs nobody out.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::logout_token::Logout;
use super::person::Person;
use crate::base::time::Clock;
use crate::base::{Fault, Timestamp};

/// What a browser's cookie leads to.
pub enum Seen {
    Nobody,
    SignedIn(Box<Person>),
    /// The identity service ended the session by a back-channel logout.
    EndedElsewhere,
}

/// What became of a logout token.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// So many sessions ended; none is a success too (Back-Channel Logout §2.7).
    Ended(usize),
    /// The same token came before.
    Replayed,
}

/// The sessions of one system. What a method acknowledged is on disk.
pub struct Sessions {
    file: PathBuf,
    clock: Arc<dyn Clock>,
    book: Mutex<Book>,
}

impl Sessions {
    /// Opens the file, or begins without one; makes the folder when it is missing.
    pub fn open(folder: &Path, name: &str, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let file = folder.join(format!("{name}-sessions.json"));
        let place = |what: &str| format!("sample: {}: {what}", file.display());
        std::fs::create_dir_all(folder)
            .map_err(|e| Fault::broken(place("its folder cannot be made")).because(e))?;
        let book = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                Fault::broken(place("not a sessions file; remove it to sign everybody out")).because(e)
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Book::default(),
            Err(e) => return Err(Fault::broken(place("cannot be read")).because(e)),
        };
        Ok(Self { file, clock, book: Mutex::new(book) })
    }

    /// Signs a person in under the browser's new `token`, and out of the session of its `previous` one.
    pub async fn begin(&self, token: &str, previous: Option<&str>, person: Person) -> Result<(), Fault> {
        self.change(|book, now| {
            previous.and_then(|token| book.sessions.remove(&fingerprint(token)));
            book.sessions.insert(fingerprint(token), Entry { at: now, state: State::Live(Box::new(person)) });
        })
        .await
    }

    pub async fn find(&self, token: &str) -> Seen {
        let book = self.book.lock().await;
        match book.sessions.get(&fingerprint(token)) {
            Some(entry) if entry.lasts(self.clock.now()) => match &entry.state {
                State::Live(person) => Seen::SignedIn(person.clone()),
                State::Ended => Seen::EndedElsewhere,
            },
            _ => Seen::Nobody,
        }
    }

    /// Signs this browser out here; the person who was signed in, if anyone was.
    pub async fn end(&self, token: &str) -> Result<Option<Person>, Fault> {
        self.change(|book, now| match book.sessions.remove(&fingerprint(token)) {
            Some(Entry { at, state: State::Live(person) }) if now.since(at) < LASTS => Some(*person),
            _ => None,
        })
        .await
    }

    /// Ends every session a logout token means: the one of its `sid`, or all of its `sub` where it names no `sid`
    /// (Back-Channel Logout §2.7).
    pub async fn end_by(&self, logout: &Logout) -> Result<Heard, Fault> {
        self.change(|book, now| {
            if book.heard.insert(logout.jti.clone(), logout.exp).is_some() {
                return Heard::Replayed;
            }
            let mut ended = 0;
            for entry in book.sessions.values_mut() {
                if matches!(&entry.state, State::Live(person) if logout.means(person)) {
                    *entry = Entry { at: now, state: State::Ended };
                    ended += 1;
                }
            }
            Heard::Ended(ended)
        })
        .await
    }

    /// Ends the session that the identity service knows as `sid`; how many there were.
    pub async fn end_of_sid(&self, sid: &str) -> Result<usize, Fault> {
        self.change(|book, now| {
            let mut ended = 0;
            for entry in book.sessions.values_mut() {
                if matches!(&entry.state, State::Live(person) if person.sid.as_deref() == Some(sid)) {
                    *entry = Entry { at: now, state: State::Ended };
                    ended += 1;
                }
            }
            ended
        })
        .await
    }

    /// Changes a copy, writes it, and only then believes it: a full disk changes nothing.
    async fn change<T>(&self, act: impl FnOnce(&mut Book, Timestamp) -> T) -> Result<T, Fault> {
        let mut book = self.book.lock().await;
        let now = self.clock.now();
        let mut next = book.clone();
        next.forget_what_is_over(now);
        let outcome = act(&mut next, now);
        let bytes = serde_json::to_vec(&next).map_err(|e| Fault::broken("sample sessions").because(e))?;
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || replace(&file, &bytes))
            .await
            .map_err(|e| Fault::broken("sample sessions").because(e))?
            .map_err(|e| Fault::unavailable("sample: the sessions file cannot be written").because(e))?;
        *book = next;
        Ok(outcome)
    }
}

/// A sample system's session lasts at most a working day.
const LASTS: Duration = Duration::from_secs(12 * 3600);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Book {
    sessions: HashMap<String, Entry>,
    /// Logout tokens already heard, by `jti`, until they expire by themselves.
    heard: HashMap<String, Timestamp>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
enum State {
    Live(Box<Person>),
    Ended,
}

impl Entry {
    fn lasts(&self, now: Timestamp) -> bool {
        now.since(self.at) < LASTS
    }
}

impl Book {
    fn forget_what_is_over(&mut self, now: Timestamp) {
        self.sessions.retain(|_, entry| entry.lasts(now));
        self.heard.retain(|_, exp| now < *exp + super::logout_token::LEEWAY);
    }
}

/// The file holds no cookie: whoever reads it cannot become anybody.
fn fingerprint(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

/// Writes beside the file and renames: a reader finds the old or the new, never half.
fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("json.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&beside)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    std::fs::rename(&beside, file)?;
    match file.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::scratch::Scratch;
    use crate::base::time::ManualClock;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn person(sub: &str, sid: &str) -> Person {
        Person {
            sub: sub.into(),
            sid: Some(sid.into()),
            acr: None,
            id_token: String::new(),
            id_token_claims: serde_json::Map::new(),
            userinfo: serde_json::Map::new(),
        }
    }

    fn logout(sub: Option<&str>, sid: Option<&str>, jti: &str) -> Logout {
        Logout {
            sub: sub.map(str::to_owned),
            sid: sid.map(str::to_owned),
            jti: jti.into(),
            exp: START + Duration::from_secs(120),
        }
    }

    fn open(folder: &Scratch) -> (Sessions, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(START));
        (Sessions::open(folder.path(), "test", clock.clone()).unwrap(), clock)
    }

    #[tokio::test]
    async fn a_restart_signs_nobody_out() {
        let folder = Scratch::open();
        let (sessions, _) = open(&folder);
        sessions.begin("cookie", None, person("a", "1")).await.unwrap();
        drop(sessions);
        let (again, clock) = open(&folder);
        assert!(matches!(again.find("cookie").await, Seen::SignedIn(person) if person.sub == "a"));
        assert!(matches!(again.find("another").await, Seen::Nobody));
        clock.advance(LASTS);
        assert!(matches!(again.find("cookie").await, Seen::Nobody));
    }

    #[tokio::test]
    async fn the_file_is_private_and_holds_no_cookie() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Scratch::open();
        let (sessions, _) = open(&folder);
        sessions.begin("cookie-of-a-browser", None, person("a", "1")).await.unwrap();
        let file = folder.join("test-sessions.json");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!std::fs::read_to_string(&file).unwrap().contains("cookie-of-a-browser"));
    }

    #[tokio::test]
    async fn a_logout_ends_what_it_means_and_only_once() {
        let folder = Scratch::open();
        let (sessions, _) = open(&folder);
        for (cookie, sub, sid) in [("c1", "a", "1"), ("c2", "a", "2"), ("c3", "b", "3")] {
            sessions.begin(cookie, None, person(sub, sid)).await.unwrap();
        }
        assert_eq!(sessions.end_by(&logout(Some("b"), Some("1"), "j0")).await.unwrap(), Heard::Ended(0));
        assert_eq!(sessions.end_by(&logout(None, Some("1"), "j1")).await.unwrap(), Heard::Ended(1));
        assert_eq!(sessions.end_by(&logout(Some("a"), None, "j1")).await.unwrap(), Heard::Replayed);
        assert!(matches!(sessions.find("c1").await, Seen::EndedElsewhere));
        assert!(matches!(sessions.find("c2").await, Seen::SignedIn(_)));
        assert_eq!(sessions.end_by(&logout(Some("a"), None, "j2")).await.unwrap(), Heard::Ended(1));
        assert!(matches!(sessions.find("c3").await, Seen::SignedIn(_)));
        let (again, _) = open(&folder);
        assert_eq!(again.end_by(&logout(Some("b"), None, "j2")).await.unwrap(), Heard::Replayed);
    }

    #[tokio::test]
    async fn a_browser_ends_the_session_it_names_and_no_other() {
        let folder = Scratch::open();
        let (sessions, _) = open(&folder);
        for (cookie, sid) in [("c1", "1"), ("c2", "2")] {
            sessions.begin(cookie, None, person("a", sid)).await.unwrap();
        }
        assert_eq!(sessions.end_of_sid("1").await.unwrap(), 1);
        assert_eq!(sessions.end_of_sid("1").await.unwrap(), 0);
        assert!(matches!(sessions.find("c1").await, Seen::EndedElsewhere));
        assert!(matches!(sessions.find("c2").await, Seen::SignedIn(_)));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_changes_nothing() {
        let folder = Scratch::open();
        let (sessions, _) = open(&folder);
        sessions.begin("c1", None, person("a", "1")).await.unwrap();
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(sessions.begin("c2", Some("c1"), person("b", "2")).await.is_err());
        assert!(matches!(sessions.find("c1").await, Seen::SignedIn(_)));
        assert!(matches!(sessions.find("c2").await, Seen::Nobody));
    }

    #[test]
    fn a_damaged_file_stops_the_start_with_what_to_do() {
        let folder = Scratch::open();
        std::fs::write(folder.join("test-sessions.json"), b"{").unwrap();
        let fault = Sessions::open(folder.path(), "test", Arc::new(ManualClock::at(START))).err().unwrap();
        assert!(fault.to_string().contains("remove it"), "{fault}");
    }
}
