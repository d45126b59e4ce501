//! The SSO session of a browser: a person, their proofs, and a secret that changes whenever the session gains something.

use std::time::Duration;

use super::proof::{self, Proof};
use crate::audit::{self, Event};
use crate::base::id::{AccountId, ParticipationId, PersonId, SessionId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::mac::digest;
use crate::identity::Rank;
use crate::sql;
use crate::storage::{Run, Statement, Tx, record};

/// A living session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub person: PersonId,
    pub account: AccountId,
    pub proofs: Vec<Proof>,
    pub device: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A session with the secret that its cookie carries; told once, kept as a digest.
pub struct Opened {
    pub session: Session,
    pub secret: String,
}

/// Who signed in, how, on what.
pub struct SignedIn<'a> {
    pub person: &'a PersonId,
    pub account: &'a AccountId,
    pub proof: Proof,
    /// Browser and system in two words, for the person's list of devices; never the whole header.
    pub device: &'a str,
    pub lifetime: Duration,
}

/// A session that no browser holds.
pub struct Apart<'a> {
    pub person: &'a PersonId,
    pub account: &'a AccountId,
    /// Those of the session in which the person said yes.
    pub proofs: &'a [Proof],
    /// The name of the device or system, for the person's list of devices.
    pub device: &'a str,
    pub expires_at: Timestamp,
}

record! {
    /// A session as the database keeps it.
    pub struct Row {
        pub id: String,
        pub person_id: String,
        pub account_id: String,
        pub proofs: String,
        pub device: String,
        pub created_at: i64,
        pub expires_at: i64,
    }
}

impl Session {
    /// When the person last showed who they are: `auth_time`.
    pub fn auth_time(&self) -> Timestamp {
        self.proofs.iter().map(|proof| proof.at).max().unwrap_or(self.created_at)
    }

    pub fn amr(&self) -> Vec<&'static str> {
        proof::amr(&self.proofs)
    }

    pub fn rank(&self) -> Rank {
        proof::rank(&self.proofs)
    }
}

/// The living session of a cookie's secret.
pub async fn find(run: &mut impl Run, now: Timestamp, secret: &str) -> Result<Option<Session>, Fault> {
    if !may_be_secret(secret) {
        return Ok(None);
    }
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT id, person_id, account_id, proofs, device, created_at, expires_at FROM sso_session
             WHERE secret_digest = $1 AND ended_at IS NULL AND expires_at > $2",
            digest(secret),
            now,
        ))
        .await?;
    row.map(Row::session).transpose()
}

/// What cannot be a secret of ours costs no look-up.
pub fn may_be_secret(text: &str) -> bool {
    text.len() == SECRET_CHARACTERS
}

/// Signs in. The browser's session of the same person goes on under a new secret with the proof added; that of
/// somebody else has been ended by the caller before.
pub async fn sign_in(
    tx: &mut Tx,
    moment: &Moment,
    present: Option<&Session>,
    signed_in: &SignedIn<'_>,
) -> Result<Opened, Fault> {
    let renewed = match present.filter(|session| session.person == *signed_in.person) {
        Some(session) => renew(tx, moment, session, Some(signed_in.proof)).await?,
        None => None,
    };
    let opened = match renewed {
        Some(opened) => opened,
        None => open(tx, moment, signed_in).await?,
    };
    let method = signed_in.proof.method.word();
    audit::record(
        tx,
        moment,
        Event::SignedIn { person: signed_in.person, session: &opened.session.id, method },
    )
    .await?;
    Ok(opened)
}

/// Gives a session a new secret, and a proof where there is one: what was known before a step-up is worth nothing after it.
/// `None`: it has ended.
pub async fn renew(
    tx: &mut Tx,
    moment: &Moment,
    session: &Session,
    proof: Option<Proof>,
) -> Result<Option<Opened>, Fault> {
    let secret = moment.random.token(SECRET_BYTES);
    let mut proofs = session.proofs.clone();
    if let Some(proof) = proof {
        proofs.retain(|old| old.method != proof.method);
        proofs.push(proof);
    }
    let renewed = tx
        .execute(sql!(
            "UPDATE sso_session SET secret_digest = $2, proofs = $3 WHERE id = $1 AND ended_at IS NULL",
            session.id.as_str(),
            digest(&secret),
            print(&proofs)?,
        ))
        .await?;
    Ok((renewed > 0).then(|| Opened { session: Session { proofs, ..session.clone() }, secret }))
}

/// Opens the session of a device or a system that a person let in from elsewhere. Nobody is told its secret: no browser
/// has it, and only its end is everybody's to see.
pub async fn open_apart(tx: &mut Tx, moment: &Moment, apart: &Apart<'_>) -> Result<SessionId, Fault> {
    let id = SessionId::new(moment);
    tx.execute(sql!(
        "INSERT INTO sso_session (id, secret_digest, person_id, account_id, proofs, device, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id.as_str(),
        digest(&moment.random.token(SECRET_BYTES)),
        apart.person.as_str(),
        apart.account.as_str(),
        print(apart.proofs)?,
        apart.device,
        moment.now,
        apart.expires_at,
    ))
    .await?;
    Ok(id)
}

/// The person behind a client's part in a session, alive or ended.
pub async fn person_of_part(
    run: &mut impl Run,
    sid: &ParticipationId,
    client: &str,
) -> Result<Option<PersonId>, Fault> {
    let row: Option<(String,)> = run
        .optional(sql!(
            "SELECT sso_session.person_id FROM participation
             JOIN sso_session ON sso_session.id = participation.session_id
             WHERE participation.id = $1 AND participation.client_id = $2",
            sid.as_str(),
            client,
        ))
        .await?;
    let broken = |_| Fault::inconsistent("sso_session", sid.as_str(), "person_id is not an id");
    row.map(|(person,)| person.parse().map_err(broken)).transpose()
}

/// Lets a living session go on until `until`.
pub async fn extend(tx: &mut Tx, moment: &Moment, id: &SessionId, until: Timestamp) -> Result<(), Fault> {
    tx.execute(sql!(
        "UPDATE sso_session SET expires_at = $2 WHERE id = $1 AND ended_at IS NULL AND expires_at > $3",
        id.as_str(),
        until,
        moment.now,
    ))
    .await
    .map(|_| ())
}

/// Every living session of a person: who ends them all leaves none out, however many a thief has begun.
pub async fn all_of_person(
    run: &mut impl Run,
    now: Timestamp,
    person: &PersonId,
) -> Result<Vec<SessionId>, Fault> {
    let rows: Vec<(String,)> = run
        .all(sql!(
            "SELECT id FROM sso_session WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2",
            person.as_str(),
            now,
        ))
        .await?;
    let broken = |id: &str| Fault::inconsistent("sso_session", id, "not an id");
    rows.iter().map(|(id,)| id.parse().map_err(|_| broken(id))).collect()
}

/// The living sessions of a person, newest first, as many as a page shows.
pub async fn list_of_person(
    run: &mut impl Run,
    now: Timestamp,
    person: &PersonId,
) -> Result<Vec<Session>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT id, person_id, account_id, proofs, device, created_at, expires_at FROM sso_session
             WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY id DESC LIMIT 100",
            person.as_str(),
            now,
        ))
        .await?;
    rows.into_iter().map(Row::session).collect()
}

/// Whose session it is, living or not.
pub async fn person_of(run: &mut impl Run, session: &SessionId) -> Result<Option<PersonId>, Fault> {
    let row: Option<(String,)> =
        run.optional(sql!("SELECT person_id FROM sso_session WHERE id = $1", session.as_str())).await?;
    row.map(|(id,)| id.parse().map_err(|_| Fault::inconsistent("sso_session", &id, "person_id is not an id")))
        .transpose()
}

const SECRET_BYTES: usize = 32;
const SECRET_CHARACTERS: usize = 43;

/// Removes sessions that ended before, once no family hangs on them, and with each who saw it and who was told of its end.
/// Two nodes at once may choose different sessions in each statement: one that still has children stays for the next batch.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![
        sql!(
            "DELETE FROM logout_delivery WHERE session_id IN (
                 SELECT id FROM sso_session WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            most,
        ),
        sql!(
            "DELETE FROM participation WHERE session_id IN (
                 SELECT id FROM sso_session WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            most,
        ),
        sql!(
            "DELETE FROM sso_session WHERE id IN (
                 SELECT id FROM sso_session WHERE expires_at < $1
                   AND NOT EXISTS (SELECT 1 FROM token_family WHERE token_family.session_id = sso_session.id)
                   AND NOT EXISTS (SELECT 1 FROM participation WHERE participation.session_id = sso_session.id)
                   AND NOT EXISTS (SELECT 1 FROM logout_delivery WHERE logout_delivery.session_id = sso_session.id)
                 ORDER BY expires_at, id LIMIT $2)",
            before,
            most,
        ),
    ]
}

async fn open(tx: &mut Tx, moment: &Moment, signed_in: &SignedIn<'_>) -> Result<Opened, Fault> {
    let secret = moment.random.token(SECRET_BYTES);
    let session = Session {
        id: SessionId::new(moment),
        person: signed_in.person.clone(),
        account: signed_in.account.clone(),
        proofs: vec![signed_in.proof],
        device: signed_in.device.to_owned(),
        created_at: moment.now,
        expires_at: moment.now + signed_in.lifetime,
    };
    tx.execute(sql!(
        "INSERT INTO sso_session (id, secret_digest, person_id, account_id, proofs, device, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        session.id.as_str(),
        digest(&secret),
        session.person.as_str(),
        session.account.as_str(),
        print(&session.proofs)?,
        session.device.as_str(),
        session.created_at,
        session.expires_at,
    ))
    .await?;
    Ok(Opened { session, secret })
}

fn print(proofs: &[Proof]) -> Result<String, Fault> {
    serde_json::to_string(proofs).map_err(|error| Fault::broken("writing proofs").because(error))
}

impl Row {
    pub fn session(self) -> Result<Session, Fault> {
        let broken = |what| Fault::inconsistent("sso_session", &self.id, what);
        Ok(Session {
            id: self.id.parse().map_err(|_| broken("not an id"))?,
            person: self.person_id.parse().map_err(|_| broken("person_id is not an id"))?,
            account: self.account_id.parse().map_err(|_| broken("account_id is not an id"))?,
            proofs: serde_json::from_str(&self.proofs).map_err(|_| broken("proofs cannot be read"))?,
            device: self.device.clone(),
            created_at: Timestamp::from_micros(self.created_at),
            expires_at: Timestamp::from_micros(self.expires_at),
        })
    }
}
