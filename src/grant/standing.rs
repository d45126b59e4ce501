//! How a person stands with a client at this moment: their evidence, their consent and the client's part in the
//! session, in one round trip.

use crate::base::Fault;
use crate::base::Timestamp;
use crate::base::id::ParticipationId;
use crate::crypto::mac::digest;
use crate::identity::assurance::{self, Assurance};
use crate::identity::store::proof;
use crate::identity::{Evidence, EvidenceKind};
use crate::session::{Session, ending, sso};
use crate::sql;
use crate::storage::{Run, record};

use super::consent::Consent;

/// Evidence, consent, and the client's part in the session.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    pub evidence: Vec<Evidence>,
    pub consent: Option<Consent>,
    /// Where the client has had tokens in this session already.
    pub sid: Option<ParticipationId>,
}

record! {
    struct Row {
        what: String,
        id: String,
        one: String,
        two: String,
        three: String,
        four: String,
        at: i64,
        until: Option<i64>,
        revoked_at: Option<i64>,
    }
}

record! {
    struct WithSession {
        row: Row,
        person_id: String,
        account_id: String,
    }
}

impl Standing {
    pub fn assurance(&self, now: Timestamp) -> Assurance {
        assurance::level(&self.evidence, now)
    }

    /// The kind of evidence the level rests on.
    pub fn reached_by(&self, assurance: &Assurance) -> Option<EvidenceKind> {
        assurance.by.and_then(|index| self.evidence.get(index)).map(|evidence| evidence.kind)
    }
}

/// How the person of a session stands with a client.
pub async fn find(run: &mut impl Run, session: &Session, client: &str) -> Result<Standing, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT 'evidence' AS what, id, kind AS one, methods AS two, '' AS three, '' AS four, at, valid_until AS until,
                    revoked_at
             FROM evidence WHERE person_id = $1 AND account_id = $2
             UNION ALL
             SELECT 'consent' AS what, id, scope AS one, claims AS two, details AS three, declined AS four, granted_at AS at,
                    expires_at AS until, withdrawn_at AS revoked_at
             FROM consent WHERE person_id = $1 AND client_id = $3 AND withdrawn_at IS NULL",
            session.person.as_str(),
            session.account.as_str(),
            client,
        ))
        .await?;
    of(rows, session, client)
}

/// The living session of a cookie's secret, and how its person stands with a client; one read for both.
pub async fn find_with_session(
    run: &mut impl Run,
    now: Timestamp,
    secret: &str,
    client: &str,
) -> Result<Option<(Session, Standing)>, Fault> {
    if !sso::may_be_secret(secret) {
        return Ok(None);
    }
    let mut rows: Vec<WithSession> = run
        .all(sql!(
            "WITH live AS (
                 SELECT id, person_id, account_id, proofs, device, created_at, expires_at FROM sso_session
                 WHERE secret_digest = $1 AND ended_at IS NULL AND expires_at > $2
             )
             SELECT 'session' AS what, proofs AS one, device AS two, '' AS three, '' AS four, created_at AS at,
                    expires_at AS until, CAST(NULL AS BIGINT) AS revoked_at, id, person_id, account_id
             FROM live
             UNION ALL
             SELECT 'evidence', evidence.kind, evidence.methods, '', '', evidence.at, evidence.valid_until,
                    evidence.revoked_at, '', '', ''
             FROM live JOIN evidence ON evidence.person_id = live.person_id AND evidence.account_id = live.account_id
             UNION ALL
             SELECT 'consent', consent.scope, consent.claims, consent.details, consent.declined, consent.granted_at,
                    consent.expires_at, consent.withdrawn_at, consent.id, '', ''
             FROM live JOIN consent ON consent.person_id = live.person_id
             WHERE consent.client_id = $3 AND consent.withdrawn_at IS NULL
             UNION ALL
             SELECT 'part', participation.id, '', '', '', participation.first_at, NULL, NULL, '', '', ''
             FROM live JOIN participation ON participation.session_id = live.id
             WHERE participation.client_id = $3",
            digest(secret),
            now,
            client,
        ))
        .await?;
    let Some(place) = rows.iter().position(|row| row.row.what == "session") else { return Ok(None) };
    let session = rows.swap_remove(place).session()?;
    let standing = of(rows.into_iter().map(|row| row.row).collect(), &session, client)?;
    Ok(Some((session, standing)))
}

fn of(rows: Vec<Row>, session: &Session, client: &str) -> Result<Standing, Fault> {
    let mut standing = Standing::default();
    for row in rows {
        let columns = (row.one.as_str(), row.two.as_str(), row.three.as_str(), row.four.as_str());
        match row.what.as_str() {
            "consent" => {
                standing.consent = {
                    let names = (row.id.as_str(), client);
                    Some(Consent::parse(names, columns, (row.at, row.until))?)
                }
            }
            "part" => standing.sid = Some(ending::part(&row.one)?),
            _ => {
                let times = (row.at, row.until, row.revoked_at);
                standing.evidence.push(proof::parse(session.account.as_str(), (&row.one, &row.two), times)?);
            }
        }
    }
    standing.evidence.sort_by_key(|evidence| evidence.at);
    Ok(standing)
}

impl WithSession {
    fn session(self) -> Result<Session, Fault> {
        let row = sso::Row {
            id: self.row.id,
            person_id: self.person_id,
            account_id: self.account_id,
            proofs: self.row.one,
            device: self.row.two,
            created_at: self.row.at,
            expires_at: self.row.until.unwrap_or_default(),
        };
        row.session()
    }
}
