//! Ending a session: one row per client that saw it, in the same transaction; a job tells them.

use std::collections::HashMap;

use crate::audit::{self, Event};
use crate::base::id::{DeliveryId, ParticipationId, PersonId, SessionId};
use crate::base::{Fault, Moment, Timestamp, Trouble};
use crate::client::{Client, Clients};
use crate::crypto::Keys;
use crate::identity::subject;
use crate::session::front::Front;
use crate::sql;
use crate::storage::{Db, Run, Tx, record};

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The person signed out here or at a department.
    SignedOut,
    /// The person ended it from another device.
    EndedElsewhere,
    /// Somebody else signed in with the same browser.
    OtherPerson,
    /// An operator ended it.
    EndedByOperator,
}

impl Reason {
    pub fn word(self) -> &'static str {
        match self {
            Reason::SignedOut => "signed_out",
            Reason::EndedElsewhere => "ended_elsewhere",
            Reason::OtherPerson => "other_person",
            Reason::EndedByOperator => "ended_by_operator",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Reason::SignedOut, Reason::EndedElsewhere, Reason::OtherPerson, Reason::EndedByOperator]
            .into_iter()
            .find(|reason| reason.word() == word)
    }

    /// Only a sign-out has a page in the browser of the session, which can load the addresses of clients.
    fn front(self) -> Front {
        match self {
            Reason::SignedOut => Front::Waiting,
            Reason::EndedElsewhere | Reason::OtherPerson | Reason::EndedByOperator => Front::Unable,
        }
    }
}

/// Who ends whose session, and the registries that know the clients.
pub struct Ending<'a> {
    pub keys: &'a Keys,
    pub clients: &'a Clients,
    pub person: &'a PersonId,
    pub reason: Reason,
}

record! {
    struct Participation {
        id: String,
        client_id: String,
    }
}

record! {
    struct UseRow {
        session_id: String,
        client_id: String,
        first_at: i64,
        last_at: i64,
    }
}

record! {
    struct Late {
        session_id: String,
        person_id: String,
        end_reason: Option<String>,
    }
}

/// Notes a client's part in a session, should the session live. It is called `sid` unless it has a name.
pub fn enter(tx: &mut Tx, moment: &Moment, (session, client): (&SessionId, &str), sid: &ParticipationId) {
    tx.later(sql!(
        "INSERT INTO participation (id, session_id, client_id, first_at, last_at)
         SELECT CAST($1 AS TEXT), id, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($4 AS BIGINT) FROM sso_session
         WHERE id = $2 AND ended_at IS NULL AND expires_at > $4
         ON CONFLICT (session_id, client_id) DO UPDATE SET last_at = excluded.last_at",
        sid.as_str(),
        session.as_str(),
        client,
        moment.now,
    ));
}

/// A part's name as it is kept.
pub fn part(id: &str) -> Result<ParticipationId, Fault> {
    id.parse().map_err(|_| Fault::inconsistent("participation", id, "not an id"))
}

/// Ends a session of `ending.person` and queues the logout for every client that saw it; whether it was still alive.
pub async fn end(
    tx: &mut Tx,
    moment: &Moment,
    session: &SessionId,
    ending: &Ending<'_>,
) -> Result<bool, Fault> {
    let ended = tx
        .execute(sql!(
            "UPDATE sso_session SET ended_at = $3, end_reason = $4 WHERE id = $1 AND person_id = $2 AND ended_at IS NULL",
            session.as_str(),
            ending.person.as_str(),
            moment.now,
            ending.reason.word(),
        ))
        .await?;
    if ended == 0 {
        return Ok(false);
    }
    let reason = ending.reason.word();
    audit::record(tx, moment, Event::SessionEnded { person: ending.person, session, reason }).await?;
    queue(tx, moment, session, ending).await?;
    Ok(true)
}

/// Ends each of these sessions of one person that still lives; how many did.
pub async fn end_each(
    tx: &mut Tx,
    moment: &Moment,
    sessions: &[SessionId],
    ending: &Ending<'_>,
) -> Result<usize, Fault> {
    let mut ended = 0;
    for session in sessions {
        ended += usize::from(end(tx, moment, session, ending).await?);
    }
    Ok(ended)
}

/// A client's use of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub client_id: String,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// What clients did with the living sessions of a person: by session, newest use first; one read for all of them.
pub async fn uses_of_person(
    run: &mut impl Run,
    now: Timestamp,
    person: &PersonId,
) -> Result<HashMap<SessionId, Vec<Use>>, Fault> {
    let rows: Vec<UseRow> = run
        .all(sql!(
            "SELECT participation.session_id, participation.client_id, participation.first_at, participation.last_at
             FROM sso_session JOIN participation ON participation.session_id = sso_session.id
             WHERE sso_session.person_id = $1 AND sso_session.ended_at IS NULL AND sso_session.expires_at > $2
             ORDER BY participation.last_at DESC, participation.id LIMIT 2000",
            person.as_str(),
            now,
        ))
        .await?;
    let mut uses: HashMap<SessionId, Vec<Use>> = HashMap::new();
    for row in rows {
        let session = row
            .session_id
            .parse()
            .map_err(|_| Fault::inconsistent("participation", &row.session_id, "session is not an id"))?;
        uses.entry(session).or_default().push(Use {
            client_id: row.client_id,
            first_at: Timestamp::from_micros(row.first_at),
            last_at: Timestamp::from_micros(row.last_at),
        });
    }
    Ok(uses)
}

/// A client may get tokens in the very moment the session ends; those late ones are told by this sweep. How many.
pub async fn queue_late(db: &Db, moment: &Moment, keys: &Keys, clients: &Clients) -> Result<usize, Fault> {
    let late: Vec<Late> = db
        .read()
        .all(sql!(
            "SELECT DISTINCT participation.session_id, sso_session.person_id, sso_session.end_reason FROM sso_session
             JOIN participation ON participation.session_id = sso_session.id
             LEFT JOIN logout_delivery ON logout_delivery.session_id = participation.session_id
                  AND logout_delivery.client_id = participation.client_id
             WHERE sso_session.ended_at > $1 AND logout_delivery.id IS NULL LIMIT 100",
            moment.now - LATE_WITHIN,
        ))
        .await?;
    let mut queued = 0;
    for row in &late {
        match queue_late_of(row, db, moment, (keys, clients)).await {
            Ok(()) => queued += 1,
            Err(fault) if fault.trouble() == Trouble::Unavailable => return Err(fault),
            Err(fault) => tracing::error!(?fault, "late clients of a session are not told: a fault of ours"),
        }
    }
    Ok(queued)
}

async fn queue_late_of(
    row: &Late,
    db: &Db,
    moment: &Moment,
    (keys, clients): (&Keys, &Clients),
) -> Result<(), Fault> {
    let broken = |what| Fault::inconsistent("sso_session", &row.session_id, what);
    let person = row.person_id.parse().map_err(|_| broken("person"))?;
    let session = row.session_id.parse().map_err(|_| broken("not an id"))?;
    let mut tx = db.begin().await?;
    let reason = row.end_reason.as_deref().and_then(Reason::parse).unwrap_or(Reason::SignedOut);
    let ending = Ending { keys, clients, person: &person, reason };
    queue(&mut tx, moment, &session, &ending).await?;
    tx.commit().await
}

const LATE_WITHIN: std::time::Duration = std::time::Duration::from_secs(600);

async fn queue(tx: &mut Tx, moment: &Moment, session: &SessionId, ending: &Ending<'_>) -> Result<(), Fault> {
    let participations: Vec<Participation> = tx
        .all(sql!(
            "SELECT id, client_id FROM participation WHERE session_id = $1 ORDER BY id",
            session.as_str()
        ))
        .await?;
    for participation in participations {
        let Some(client) = ending.clients.find_in(tx, &participation.client_id).await? else { continue };
        insert_delivery(tx, moment, session, (&participation, &client), ending).await?;
    }
    Ok(())
}

async fn insert_delivery(
    tx: &mut Tx,
    moment: &Moment,
    session: &SessionId,
    (participation, client): (&Participation, &Client),
    ending: &Ending<'_>,
) -> Result<(), Fault> {
    let back = client.metadata.backchannel_logout_uri.is_some();
    let front = client.metadata.frontchannel_logout_uri.as_ref().map(|_| ending.reason.front());
    let written = tx
        .execute(sql!(
            "INSERT INTO logout_delivery (id, session_id, client_id, sid, sub, state, attempts, next_at, created_at, settled_at, front)
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, $8, $9) ON CONFLICT DO NOTHING",
            DeliveryId::new(moment).as_str(),
            session.as_str(),
            client.client_id.as_str(),
            participation.id.as_str(),
            subject::of_person(ending.keys, &client.sector, ending.person),
            if back { "pending" } else { "none" },
            moment.now,
            (!back).then_some(moment.now),
            front.map(Front::word),
        ))
        .await?;
    if written == 1 && (back || front.is_some()) {
        let sid = part(&participation.id)?;
        let (person, client) = (ending.person, client.client_id.as_str());
        audit::record(tx, moment, Event::LogoutQueued { person, client, session, sid: &sid }).await?;
    }
    Ok(())
}

/// The person leaves one client and stays signed in: that client is no longer part of the session.
pub async fn leave(tx: &mut Tx, session: &SessionId, client: &str) -> Result<(), Fault> {
    tx.execute(sql!(
        "DELETE FROM participation WHERE session_id = $1 AND client_id = $2",
        session.as_str(),
        client,
    ))
    .await
    .map(|_| ())
}
