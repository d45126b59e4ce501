//! How a person stands with a client at this moment: their evidence and their consent, in one round trip.

use crate::base::Fault;
use crate::base::Timestamp;
use crate::identity::assurance::{self, Assurance};
use crate::identity::store::proof;
use crate::identity::{Evidence, EvidenceKind};
use crate::session::Session;
use crate::sql;
use crate::storage::{FromRow, Run};

use super::consent::Consent;

/// Evidence and consent.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    pub evidence: Vec<Evidence>,
    pub consent: Option<Consent>,
}

#[derive(FromRow)]
struct Row {
    what: String,
    one: String,
    two: String,
    three: String,
    four: String,
    at: i64,
    until: Option<i64>,
    revoked_at: Option<i64>,
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
            "SELECT 'evidence' AS what, kind AS one, methods AS two, '' AS three, '' AS four, at, valid_until AS until, revoked_at
             FROM evidence WHERE person_id = $1 AND account_id = $2
             UNION ALL
             SELECT 'consent' AS what, scope AS one, claims AS two, details AS three, declined AS four, granted_at AS at,
                    expires_at AS until, withdrawn_at AS revoked_at
             FROM consent WHERE person_id = $1 AND client_id = $3 AND withdrawn_at IS NULL",
            session.person.as_str(),
            session.account.as_str(),
            client,
        ))
        .await?;
    let mut standing = Standing::default();
    for row in rows {
        if row.what == "consent" {
            let columns = (row.one.as_str(), row.two.as_str(), row.three.as_str(), row.four.as_str());
            standing.consent = Some(Consent::parse(client, columns, (row.at, row.until))?);
        } else {
            let times = (row.at, row.until, row.revoked_at);
            standing.evidence.push(proof::parse(session.account.as_str(), (&row.one, &row.two), times)?);
        }
    }
    standing.evidence.sort_by_key(|evidence| evidence.at);
    Ok(standing)
}
