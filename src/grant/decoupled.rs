//! A request whose answer comes from another device: of a device with a code (RFC 8628), or begun by a client (CIBA).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Granted;
use crate::audit::{self, Event};
use crate::base::id::{DecoupledId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::mac::{Purpose, digest};
use crate::crypto::seal::Place;
use crate::protocol::AuthorizeRequest;
use crate::protocol::ciba::DeliveryMode;
use crate::protocol::device::UserCode;
use crate::session::Proof;
use crate::session::sso::{self, Apart};
use crate::sql;
use crate::storage::{Guesses, Limit, Run, Statement, Tx, record};

/// At the codes of devices (RFC 8628 §5.1). A phone network puts many citizens behind one address, and people mistype; 30
/// guesses at 2^34 codes come to nothing.
pub const USER_CODE_GUESSES: Guesses =
    Guesses(Limit { name: "user-code", most: 30, within: Duration::from_secs(600) });

/// Who waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Device,
    Ciba,
}

/// How the request stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    Pending,
    /// The person said yes; the tokens are not fetched yet.
    Allowed(Box<Granted>),
    Denied,
    /// The person's level did not suffice.
    Unmet,
    /// The tokens are issued.
    Redeemed,
    /// Nobody answered in time.
    Expired,
}

/// How the person, or what they lack, ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Denied,
    Unmet,
}

/// What the client asks, and what the person reads about it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ask {
    pub request: AuthorizeRequest,
    /// What the device shows, so that the person can compare.
    pub user_code: Option<UserCode>,
    /// Where or what the device is, in the words of a client that has shown who it is.
    pub device_name: Option<String>,
    /// CIBA Core 1.0 §7.1.
    pub binding_message: Option<String>,
    /// Where a client that does not poll is told.
    pub told: Option<TellClient>,
}

/// What a ping or a push carries (CIBA Core 1.0 §10.2, §10.3).
#[derive(Clone, Serialize, Deserialize)]
pub struct TellClient {
    pub mode: DeliveryMode,
    pub auth_req_id: String,
    pub notification_token: String,
}

/// A request about to be kept.
pub struct NewDecoupled<'a> {
    pub kind: Kind,
    pub client_id: &'a str,
    /// Known from the beginning where the client names the person.
    pub person: Option<&'a PersonId>,
    /// 256 bits: the `device_code` or `auth_req_id`.
    pub secret: &'a str,
    pub ask: &'a Ask,
    pub lifetime: Duration,
}

/// What became of keeping one.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    New(DecoupledId),
    /// Its user code is another one's at this moment.
    CodeTaken,
}

/// A request as its client finds it.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: DecoupledId,
    pub client_id: String,
    pub state: State,
    pub expires_at: Timestamp,
}

/// A request that waits for a person.
#[derive(Clone)]
pub struct Waiting {
    pub id: DecoupledId,
    pub kind: Kind,
    pub client_id: String,
    pub person: Option<PersonId>,
    pub ask: Ask,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

record! {
    struct FoundRow {
        id: String,
        client_id: String,
        state: String,
        granted: Option<String>,
        expires_at: i64,
    }
}

record! {
    struct WaitingRow {
        id: String,
        kind: String,
        client_id: String,
        person_id: Option<String>,
        ask: Vec<u8>,
        created_at: i64,
        expires_at: i64,
    }
}

/// Keeps a request.
pub async fn insert(
    tx: &mut Tx,
    moment: &Moment,
    keys: &Keys,
    new: &NewDecoupled<'_>,
) -> Result<Kept, Fault> {
    let id = DecoupledId::new(moment);
    let ask =
        serde_json::to_string(new.ask).map_err(|error| Fault::broken("writing an ask").because(error))?;
    let written = tx
        .execute(sql!(
            "INSERT INTO decoupled_request (id, kind, secret_digest, code_digest, client_id, person_id, ask, state, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9) ON CONFLICT DO NOTHING",
            id.as_str(),
            new.kind.word(),
            digest(new.secret),
            new.ask.user_code.as_ref().map(|code| code_digest(keys, code)),
            new.client_id,
            new.person.map(PersonId::as_str),
            keys.seal.seal(&*moment.random, place(id.as_str()), &ask)?,
            moment.now,
            moment.now + new.lifetime,
        ))
        .await?;
    if written == 0 {
        return Ok(Kept::CodeTaken);
    }
    let event = Event::DecoupledAsked { person: new.person, client: new.client_id, kind: new.kind.word() };
    audit::record(tx, moment, event).await?;
    Ok(Kept::New(id))
}

/// The request of a `device_code` or `auth_req_id`, in whatever state; one read.
pub async fn find_by_secret(run: &mut impl Run, kind: Kind, secret: &str) -> Result<Option<Found>, Fault> {
    let row: Option<FoundRow> = run
        .optional(sql!(
            "SELECT id, client_id, state, granted, expires_at FROM decoupled_request
             WHERE secret_digest = $1 AND kind = $2",
            digest(secret),
            kind.word(),
        ))
        .await?;
    row.map(FoundRow::found).transpose()
}

/// The request that waits under a code somebody typed.
pub async fn find_by_code(
    run: &mut impl Run,
    keys: &Keys,
    now: Timestamp,
    code: &UserCode,
) -> Result<Option<Waiting>, Fault> {
    let row: Option<WaitingRow> = run
        .optional(sql!(
            "SELECT id, kind, client_id, person_id, ask, created_at, expires_at FROM decoupled_request
             WHERE code_digest = $1 AND state = 'pending' AND expires_at > $2",
            code_digest(keys, code),
            now,
        ))
        .await?;
    row.map(|row| row.waiting(keys)).transpose()
}

/// A request that still waits.
pub async fn find_waiting(
    run: &mut impl Run,
    keys: &Keys,
    now: Timestamp,
    id: &DecoupledId,
) -> Result<Option<Waiting>, Fault> {
    let row: Option<WaitingRow> = run
        .optional(sql!(
            "SELECT id, kind, client_id, person_id, ask, created_at, expires_at FROM decoupled_request
             WHERE id = $1 AND state = 'pending' AND expires_at > $2",
            id.as_str(),
            now,
        ))
        .await?;
    row.map(|row| row.waiting(keys)).transpose()
}

/// What waits for a person's answer, newest first.
pub async fn list_of_person(
    run: &mut impl Run,
    keys: &Keys,
    now: Timestamp,
    person: &PersonId,
) -> Result<Vec<Waiting>, Fault> {
    let rows: Vec<WaitingRow> = run
        .all(sql!(
            "SELECT id, kind, client_id, person_id, ask, created_at, expires_at FROM decoupled_request
             WHERE person_id = $1 AND state = 'pending' AND expires_at > $2 ORDER BY id DESC LIMIT 50",
            person.as_str(),
            now,
        ))
        .await?;
    rows.into_iter().map(|row| row.waiting(keys)).collect()
}

record! {
    /// What waits for a person: of all clients and of one, how many, and when the first ends by itself (microseconds).
    pub struct Crowd {
        pub waiting: i64,
        pub first_ends: Option<i64>,
        pub own: i64,
        pub first_own_ends: Option<i64>,
    }
}

/// What waits for a person already, and what of it a client has asked. Held to the end of the transaction: whoever looks at
/// the same time waits, and counts what is written here.
pub async fn crowd(tx: &mut Tx, now: Timestamp, person: &PersonId, client: &str) -> Result<Crowd, Fault> {
    tx.later(sql!("UPDATE person SET updated_at = updated_at WHERE id = $1", person.as_str()));
    tx.one(sql!(
        "SELECT COUNT(*) AS waiting, MIN(expires_at) AS first_ends,
             COUNT(CASE WHEN client_id = $3 THEN 1 END) AS own,
             MIN(CASE WHEN client_id = $3 THEN expires_at END) AS first_own_ends
         FROM decoupled_request
         WHERE person_id = $1 AND state = 'pending' AND expires_at > $2",
        person.as_str(),
        now,
        client,
    ))
    .await
}

/// The person said yes: what was granted now hangs on a session of its own, which ends with the request unless the
/// tokens are fetched. `None`: it does not wait any more.
pub async fn allow(
    tx: &mut Tx,
    moment: &Moment,
    (waiting, device): (&Waiting, &str),
    (granted, proofs): (Granted, &[Proof]),
) -> Result<Option<Granted>, Fault> {
    let apart = Apart {
        person: &granted.person,
        account: &granted.account,
        proofs,
        device,
        expires_at: waiting.expires_at,
    };
    let session = sso::open_apart(tx, moment, &apart).await?;
    let granted = Granted { session, ..granted };
    let text = serde_json::to_string(&granted)
        .map_err(|error| Fault::broken("writing what was granted").because(error))?;
    // CIBA: nobody but the person the client named.
    let allowed = tx
        .execute(sql!(
            "UPDATE decoupled_request SET state = 'allowed', granted = $3, person_id = $2, code_digest = NULL, settled_at = $4
             WHERE id = $1 AND state = 'pending' AND expires_at > $4 AND (person_id IS NULL OR person_id = $2)",
            waiting.id.as_str(),
            granted.person.as_str(),
            text,
            moment.now,
        ))
        .await?;
    if allowed == 0 {
        return Ok(None);
    }
    let (person, client, session) = (&granted.person, waiting.client_id.as_str(), &granted.session);
    audit::record(tx, moment, Event::DecoupledAllowed { person, client, session, kind: waiting.kind.word() })
        .await?;
    Ok(Some(granted))
}

/// The person said no, or cannot say yes; whether it still waited.
pub async fn close(
    tx: &mut Tx,
    moment: &Moment,
    waiting: &Waiting,
    (person, closing): (&PersonId, Closing),
) -> Result<bool, Fault> {
    let closed = tx
        .execute(sql!(
            "UPDATE decoupled_request SET state = $3, person_id = $2, code_digest = NULL, settled_at = $4
             WHERE id = $1 AND state = 'pending' AND expires_at > $4 AND (person_id IS NULL OR person_id = $2)",
            waiting.id.as_str(),
            person.as_str(),
            closing.word(),
            moment.now,
        ))
        .await?;
    if closed == 0 {
        return Ok(false);
    }
    let (client, kind) = (waiting.client_id.as_str(), waiting.kind.word());
    audit::record(tx, moment, Event::DecoupledRefused { person, client, kind, reason: closing.word() })
        .await?;
    Ok(true)
}

/// Takes what was allowed; of any number at once exactly one gets it.
pub async fn redeem(tx: &mut Tx, moment: &Moment, id: &DecoupledId) -> Result<bool, Fault> {
    let redeemed = tx
        .execute(sql!(
            "UPDATE decoupled_request SET state = 'redeemed', granted = NULL, settled_at = $2
             WHERE id = $1 AND state = 'allowed' AND expires_at > $2",
            id.as_str(),
            moment.now,
        ))
        .await?;
    Ok(redeemed == 1)
}

/// Whether a request's time is over that nobody has noted yet.
pub async fn any_expired(run: &mut impl Run, now: Timestamp) -> Result<bool, Fault> {
    let row: Option<(String,)> = run
        .optional(sql!(
            "SELECT id FROM decoupled_request WHERE state = 'pending' AND expires_at <= $1 LIMIT 1",
            now,
        ))
        .await?;
    Ok(row.is_some())
}

/// Notes up to a hundred of them, once each; those that can be opened. One that cannot holds up nobody else's.
pub async fn expire(tx: &mut Tx, keys: &Keys, now: Timestamp) -> Result<Vec<Waiting>, Fault> {
    let rows: Vec<WaitingRow> = tx
        .all(sql!(
            "UPDATE decoupled_request SET state = 'expired', code_digest = NULL, settled_at = $1
             WHERE state = 'pending' AND id IN (
                 SELECT id FROM decoupled_request WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT 100)
             RETURNING id, kind, client_id, person_id, ask, created_at, expires_at",
            now,
        ))
        .await?;
    let unopened = |fault: &Fault| tracing::error!(?fault, "a request ends untold: it cannot be opened");
    Ok(rows.into_iter().filter_map(|row| row.waiting(keys).inspect_err(unopened).ok()).collect())
}

/// Removes requests that ended before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM decoupled_request WHERE id IN (
             SELECT id FROM decoupled_request WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
        before,
        most,
    )]
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Device => "device",
            Kind::Ciba => "ciba",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Kind::Device, Kind::Ciba].into_iter().find(|kind| kind.word() == word)
    }
}

impl Closing {
    fn word(self) -> &'static str {
        match self {
            Closing::Denied => "denied",
            Closing::Unmet => "unmet",
        }
    }
}

impl FoundRow {
    fn found(self) -> Result<Found, Fault> {
        let broken = |what| Fault::inconsistent("decoupled_request", &self.id, what);
        let state = match (self.state.as_str(), &self.granted) {
            ("pending", None) => State::Pending,
            ("allowed", Some(text)) => {
                State::Allowed(serde_json::from_str(text).map_err(|_| broken("granted cannot be read"))?)
            }
            ("denied", None) => State::Denied,
            ("unmet", None) => State::Unmet,
            ("redeemed", None) => State::Redeemed,
            ("expired", None) => State::Expired,
            _ => return Err(broken("state and granted contradict each other")),
        };
        Ok(Found {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            state,
            expires_at: Timestamp::from_micros(self.expires_at),
            client_id: self.client_id,
        })
    }
}

impl WaitingRow {
    fn waiting(self, keys: &Keys) -> Result<Waiting, Fault> {
        let broken = |what| Fault::inconsistent("decoupled_request", &self.id, what);
        let ask = keys.seal.open(place(&self.id), &self.ask)?;
        let person = self.person_id.as_deref().map(str::parse).transpose();
        Ok(Waiting {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            kind: Kind::parse(&self.kind).ok_or_else(|| broken("kind is not known"))?,
            person: person.map_err(|_| broken("person_id is not an id"))?,
            ask: serde_json::from_str(&ask).map_err(|_| broken("ask cannot be read"))?,
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
            client_id: self.client_id,
        })
    }
}

/// Eight letters carry 34 bits: only a keyed digest hides them.
fn code_digest(keys: &Keys, code: &UserCode) -> String {
    keys.mac.of(Purpose::UserCode, &[code.letters().as_bytes()])
}

fn place(row: &str) -> Place<'_> {
    Place { table: "decoupled_request", column: "ask", row }
}
