//! Sealing: every few seconds the new events are chained into a keyed digest, so that an edit, a loss or an insertion shows.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::base::id::SealId;
use crate::base::{Fault, Moment};
use crate::crypto::mac::{MacKey, Purpose};
use crate::sql;
use crate::storage::{Db, Run, Tx, record};

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything sealed is as it was written.
    Whole { events: i64, unsealed: i64, last: Option<Noted> },
    /// The first seal that does not hold, and why.
    Broken { seal: i64, what: &'static str },
}

/// A seal as somebody noted it where nobody of the database can write: `NUMBER:MAC`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    pub number: i64,
    pub mac: String,
}

/// More wait for the next seal.
pub const EVENTS_A_SEAL: i64 = 1_000;

record! {
    struct EventRow {
        id: String,
        at: i64,
        kind: String,
        result: String,
        actor_kind: String,
        actor_id: Option<String>,
        person_id: Option<String>,
        client_id: Option<String>,
        session_id: Option<String>,
        visit_id: Option<String>,
        request_id: String,
        facts: String,
    }
}

record! {
    struct SealRow {
        id: String,
        number: i64,
        events: i64,
        previous: String,
        digest: String,
        mac: String,
    }
}

/// Seals what is not sealed yet; how many events that were. Two nodes at once: one of them seals, the other's try is undone.
pub async fn seal(db: &Db, moment: &Moment, key: &MacKey) -> Result<u64, Fault> {
    let waiting: Option<(String,)> =
        db.read().optional(sql!("SELECT id FROM audit_event WHERE seal_id IS NULL LIMIT 1")).await?;
    if waiting.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let last = last(&mut tx).await?;
    let (number, previous) = last.map_or((1, String::new()), |seal| (seal.number + 1, seal.mac));
    let id = SealId::new(moment);
    let claimed = tx
        .execute(sql!(
            "INSERT INTO audit_seal (id, number, events, previous, digest, mac, sealed_at)
             VALUES ($1, $2, 0, $3, '', '', $4) ON CONFLICT DO NOTHING",
            id.as_str(),
            number,
            previous.as_str(),
            moment.now,
        ))
        .await?;
    if claimed == 0 {
        return Ok(0);
    }
    tx.execute(sql!(
        "UPDATE audit_event SET seal_id = $1
         WHERE id IN (SELECT id FROM audit_event WHERE seal_id IS NULL ORDER BY id LIMIT $2)",
        id.as_str(),
        EVENTS_A_SEAL,
    ))
    .await?;
    let events = events_of(&mut tx, id.as_str()).await?;
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let digest = digest(&events);
    let mac = chain(key, number, count, &previous, &digest);
    tx.execute(sql!(
        "UPDATE audit_seal SET events = $2, digest = $3, mac = $4 WHERE id = $1",
        id.as_str(),
        count,
        digest,
        mac.as_str(),
    ))
    .await?;
    tx.commit().await?;
    // Outside the database: who cuts off the newest seals there cannot cut them off here (`audit verify --expect`).
    let noted = Noted { number, mac };
    tracing::info!(seal = %noted, events = count, "audit log sealed");
    Ok(count.unsigned_abs())
}

/// Recomputes every seal from the rows. A chain whose newest seals are gone with their events holds: only who noted one of
/// them sees it.
pub async fn verify(db: &Db, key: &MacKey, noted: Option<&Noted>) -> Result<Verdict, Fault> {
    let (mut number, mut previous, mut events) = (0i64, String::new(), 0i64);
    loop {
        let next: Option<SealRow> = db
            .read()
            .optional(sql!(
                "SELECT id, number, events, previous, digest, mac FROM audit_seal WHERE number > $1 ORDER BY number LIMIT 1",
                number,
            ))
            .await?;
        let Some(seal) = next else { break };
        if let Some(what) = fault_of(db, key, &seal, number + 1, &previous).await? {
            return Ok(Verdict::Broken { seal: number + 1, what });
        }
        if noted.is_some_and(|noted| noted.number == seal.number && noted.mac != seal.mac) {
            return Ok(Verdict::Broken { seal: seal.number, what: "it is not the seal that was noted" });
        }
        events += seal.events;
        number = seal.number;
        previous = seal.mac;
    }
    if let Some(noted) = noted.filter(|noted| noted.number > number) {
        return Ok(Verdict::Broken {
            seal: noted.number,
            what: "the log ends before the seal that was noted",
        });
    }
    let (sealed, unsealed): (i64, i64) =
        db.read().one(sql!("SELECT COUNT(seal_id), COUNT(*) - COUNT(seal_id) FROM audit_event")).await?;
    if sealed != events {
        return Ok(Verdict::Broken { seal: number, what: "events carry a seal that does not exist" });
    }
    let last = (number > 0).then_some(Noted { number, mac: previous });
    Ok(Verdict::Whole { events, unsealed, last })
}

impl fmt::Display for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.mac)
    }
}

impl FromStr for Noted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (number, mac) = text.split_once(':').ok_or(NOT_NOTED)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or(NOT_NOTED)?;
        let whole = mac.len() == MAC_CHARACTERS;
        whole.then(|| Self { number, mac: mac.to_owned() }).ok_or(NOT_NOTED)
    }
}

const MAC_CHARACTERS: usize = 43;
const NOT_NOTED: &str = "must be NUMBER:MAC, as the last run or the log says it";

async fn fault_of(
    db: &Db,
    key: &MacKey,
    seal: &SealRow,
    expected: i64,
    previous: &str,
) -> Result<Option<&'static str>, Fault> {
    if seal.number != expected {
        return Ok(Some("a seal is missing"));
    }
    if seal.previous != previous {
        return Ok(Some("the chain is cut"));
    }
    let events = events_of(&mut db.read(), &seal.id).await?;
    if i64::try_from(events.len()).unwrap_or(i64::MAX) != seal.events {
        return Ok(Some("events were removed or added"));
    }
    if digest(&events) != seal.digest {
        return Ok(Some("an event was changed"));
    }
    if chain(key, seal.number, seal.events, previous, &seal.digest) != seal.mac {
        return Ok(Some("the seal was not made with this installation's key"));
    }
    Ok(None)
}

async fn last(tx: &mut Tx) -> Result<Option<SealRow>, Fault> {
    tx.optional(sql!(
        "SELECT id, number, events, previous, digest, mac FROM audit_seal ORDER BY number DESC LIMIT 1"
    ))
    .await
}

async fn events_of(run: &mut impl Run, seal: &str) -> Result<Vec<EventRow>, Fault> {
    run.all(sql!(
        "SELECT id, at, kind, result, actor_kind, actor_id, person_id, client_id, session_id, visit_id, request_id, facts
         FROM audit_event WHERE seal_id = $1 ORDER BY id",
        seal,
    ))
    .await
}

/// SHA-256 over every column of every event, each with its length in front.
fn digest(events: &[EventRow]) -> String {
    let mut context = Context::new(&SHA256);
    let mut put = |text: Option<&str>| {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        context.update(&length.to_be_bytes());
        context.update(text.unwrap_or_default().as_bytes());
    };
    for event in events {
        put(Some(&event.id));
        put(Some(&event.at.to_string()));
        put(Some(&event.kind));
        put(Some(&event.result));
        put(Some(&event.actor_kind));
        put(event.actor_id.as_deref());
        put(event.person_id.as_deref());
        put(event.client_id.as_deref());
        put(event.session_id.as_deref());
        put(event.visit_id.as_deref());
        put(Some(&event.request_id));
        put(Some(&event.facts));
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

fn chain(key: &MacKey, number: i64, events: i64, previous: &str, digest: &str) -> String {
    let (number, events) = (number.to_be_bytes(), events.to_be_bytes());
    key.of(Purpose::AuditSeal, &[&number, &events, previous.as_bytes(), digest.as_bytes()])
}
