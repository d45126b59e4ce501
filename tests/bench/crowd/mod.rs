//! A crowd around the real people: rows as the product wrote them, copied by the database itself with ids, fingerprints
//! and sealed columns of their own, until there are as many people and sessions as wanted.

mod postgres;
mod sqlite;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::plan::Place;

/// How many there shall be in the end, those that the product made included.
#[derive(Clone, Copy)]
pub struct Crowd {
    /// Made by the product; the others are copies of these, each next to the one it is a copy of.
    pub real: u64,
    pub identities: u64,
    /// At most one for each identity.
    pub sessions: u64,
}

/// What the filling came to.
pub struct Filled {
    pub took: Duration,
    pub bytes: u64,
}

/// A table and how often each of its rows shall be there.
struct Multiplied {
    table: &'static str,
    times: u64,
}

/// A column of a table.
struct Column {
    name: String,
    sort: Sort,
}

/// What a copy has in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// An id: the same function of the original's everywhere, so that what belonged together still does.
    Id,
    /// A fingerprint or digest: 43 random characters of base64url.
    Digest,
    /// Random bytes, as many as the original's.
    Sealed,
    /// What the original has.
    Same,
}

/// What a database calls these things.
trait Dialect {
    /// The id of copy number `copy.n` of the row whose id is this; `spacing` apart from the copy before.
    fn id(&self, original: &str, spacing: u64) -> String;
    fn digest(&self) -> String;
    fn sealed(&self, original: &str) -> String;
    /// The rows of the template `original`, each with `copy.n` from 0 to `last`, one original after the other.
    fn rows(&self, template: &str, last: u64) -> String;
}

const PEOPLE: [&str; 5] = ["person", "document", "account", "handle", "evidence"];
const SESSIONS: [&str; 5] = ["sso_session", "participation", "token_family", "refresh_token", "access_token"];

const IDS: [&str; 8] =
    ["id", "person_id", "account_id", "document_id", "replaced_by", "session_id", "family_id", "sid"];
const DIGESTS: [&str; 3] = ["fingerprint", "secret_digest", "digest"];
/// What a copy's id shares with the original's: the prefix, the time, and enough of what is random to be the only one.
const SHARED_CHARACTERS: u32 = 30;
/// Then the copy's number, and one digit that is not the original's.
const NUMBER_DIGITS: u32 = 5;

/// Fills the database of a server that is not running.
pub async fn fill(place: &Place, crowd: Crowd) -> Result<Filled> {
    ensure!(crowd.identities >= crowd.sessions, "a session needs a person");
    ensure!(
        crowd.identities / crowd.real < 1 << (4 * NUMBER_DIGITS),
        "more than there are numbers for copies"
    );
    let began = Instant::now();
    let bytes = if let Some(file) = place.database_url.strip_prefix("sqlite://") {
        sqlite::fill(file, &crowd.tables()).await?
    } else if place.database_url.starts_with("postgres://") {
        postgres::fill(&place.database_url, &crowd.tables()).await?
    } else {
        bail!("neither SQLite nor PostgreSQL")
    };
    Ok(Filled { took: began.elapsed(), bytes })
}

impl Crowd {
    fn tables(self) -> Vec<Multiplied> {
        let each = |tables: [&'static str; 5], wanted: u64| {
            let times = (wanted / self.real).max(1);
            tables.map(|table| Multiplied { table, times })
        };
        each(PEOPLE, self.identities).into_iter().chain(each(SESSIONS, self.sessions)).collect()
    }
}

impl Multiplied {
    /// Where the rows that the product wrote wait meanwhile.
    fn template(&self) -> String {
        format!("crowd_{}", self.table)
    }

    fn insert(&self, dialect: &impl Dialect, columns: &[Column]) -> String {
        // Evenly before and after the original.
        let spacing = (1 << (4 * NUMBER_DIGITS)) / self.times;
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<_> = columns.iter().map(|column| column.value(dialect, spacing)).collect();
        let rows = dialect.rows(&self.template(), self.times - 1);
        format!("INSERT INTO {} ({}) SELECT {} FROM {rows}", self.table, names.join(", "), values.join(", "))
    }
}

impl Column {
    /// By its name and type, as either database tells them. Only what is sealed is bytes.
    fn told((name, kind): (String, String)) -> Self {
        let sort = if kind.eq_ignore_ascii_case("bytea") {
            Sort::Sealed
        } else if IDS.contains(&name.as_str()) {
            Sort::Id
        } else if DIGESTS.contains(&name.as_str()) {
            Sort::Digest
        } else {
            Sort::Same
        };
        Self { name, sort }
    }

    fn value(&self, dialect: &impl Dialect, spacing: u64) -> String {
        let original = format!("original.{}", self.name);
        let own = match self.sort {
            Sort::Id => dialect.id(&original, spacing),
            Sort::Digest => dialect.digest(),
            Sort::Sealed => dialect.sealed(&original),
            Sort::Same => return original,
        };
        format!("CASE WHEN copy.n = 0 OR {original} IS NULL THEN {original} ELSE {own} END")
    }
}
