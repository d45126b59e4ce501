//! Consent: what a person said a client may know, remembered per client, withdrawn with one act.

use std::time::Duration;

use crate::audit::{self, Event};
use crate::base::id::{ConsentId, PersonId};
use crate::base::{Fault, Moment, Timestamp};
use crate::protocol::{Details, Scope};
use crate::sql;
use crate::storage::{Run, Tx, record};

/// What a person answered a client, the last time they were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Names it from the first yes to the withdrawal; a yes after that is another one.
    pub id: ConsentId,
    pub client_id: String,
    pub scope: Scope,
    /// Single claims beyond the scopes (the `claims` parameter), by name.
    pub claims: Vec<String>,
    /// What was allowed in detail (RFC 9396).
    pub details: Details,
    /// Items asked for and declined: remembered, so that nobody is asked again and again.
    pub declined: Vec<String>,
    pub granted_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// The answer to be remembered.
pub struct Answer<'a> {
    pub person: &'a PersonId,
    pub client: &'a str,
    pub scope: &'a Scope,
    pub claims: &'a [String],
    pub details: &'a Details,
    pub declined: &'a [String],
}

record! {
    struct Row {
        id: String,
        client_id: String,
        scope: String,
        claims: String,
        details: String,
        declined: String,
        granted_at: i64,
        expires_at: Option<i64>,
    }
}

/// A remembered consent ends after a year: people forget what they agreed to.
pub const LIFETIME: Duration = Duration::from_secs(365 * 24 * 3600);

impl Consent {
    /// Whether everything asked for was answered, yes or no.
    pub fn answers(&self, scope: &Scope, claims: &[String], now: Timestamp) -> bool {
        let alive = self.expires_at.is_none_or(|end| end > now);
        let declined = |item: &str| self.declined.iter().any(|one| one == item);
        alive
            && scope.iter().all(|item| self.scope.contains(item) || declined(item))
            && claims.iter().all(|claim| self.claims.contains(claim) || declined(&format!("claim:{claim}")))
    }

    /// Columns as they are read in a row, here or together with something else.
    pub(super) fn parse(
        (id, client_id): (&str, &str),
        (scope, claims, details, declined): (&str, &str, &str, &str),
        (granted_at, expires_at): (i64, Option<i64>),
    ) -> Result<Self, Fault> {
        let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let broken = |what| Fault::inconsistent("consent", id, what);
        Ok(Self {
            id: id.parse().map_err(|_| broken("not an id"))?,
            client_id: client_id.to_owned(),
            scope: scope.parse().map_err(|_| broken("scope cannot be read"))?,
            claims: words(claims),
            // Of a type that is no longer known: the person is asked again.
            details: serde_json::from_str(details).unwrap_or_default(),
            declined: words(declined),
            granted_at: Timestamp::from_micros(granted_at),
            expires_at: expires_at.map(Timestamp::from_micros),
        })
    }
}

/// Remembers an answer. What was granted before and not asked now stays granted.
pub async fn give(tx: &mut Tx, moment: &Moment, answer: &Answer<'_>) -> Result<(), Fault> {
    let before = take(tx, answer.person, answer.client).await?;
    let declined_now = |item: &str| answer.declined.iter().any(|one| one == item);
    let mut scope = answer.scope.clone();
    let mut claims = answer.claims.to_vec();
    let mut details = answer.details.clone();
    if let Some(before) = before.filter(|before| before.expires_at.is_none_or(|end| end > moment.now)) {
        for item in before.scope.iter().filter(|item| !declined_now(item)) {
            if let Ok(one) = item.parse() {
                scope = scope.union(&one);
            }
        }
        let kept = before.claims.into_iter().filter(|claim| !declined_now(&format!("claim:{claim}")));
        claims.extend(kept.collect::<Vec<_>>());
        details = details.joined(&before.details);
        claims.sort();
        claims.dedup();
    }
    let (scope, declined, details) = (scope.to_string(), answer.declined.join(" "), printed(&details)?);
    tx.execute(sql!(
        "INSERT INTO consent (id, person_id, client_id, scope, claims, declined, granted_at, expires_at, details)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (person_id, client_id) DO UPDATE SET
             id = CASE WHEN consent.withdrawn_at IS NULL THEN consent.id ELSE excluded.id END,
             scope = excluded.scope, claims = excluded.claims, declined = excluded.declined,
             granted_at = excluded.granted_at, expires_at = excluded.expires_at, details = excluded.details, withdrawn_at = NULL",
        ConsentId::new(moment).as_str(),
        answer.person.as_str(),
        answer.client,
        scope.as_str(),
        claims.join(" "),
        declined.as_str(),
        moment.now,
        moment.now + LIFETIME,
        details,
    ))
    .await?;
    let event = Event::ConsentGiven {
        person: answer.person,
        client: answer.client,
        scope: &scope,
        details: &answer.details.types(),
        declined: &declined,
    };
    audit::record(tx, moment, event).await
}

/// Takes a consent back, and with it every token it carries; whether there was one.
pub async fn withdraw(tx: &mut Tx, moment: &Moment, person: &PersonId, client: &str) -> Result<bool, Fault> {
    let withdrawn = tx
        .execute(sql!(
            "UPDATE consent SET withdrawn_at = $3, scope = '', claims = '', declined = '', details = ''
             WHERE person_id = $1 AND client_id = $2 AND withdrawn_at IS NULL",
            person.as_str(),
            client,
            moment.now,
        ))
        .await?;
    if withdrawn == 0 {
        return Ok(false);
    }
    super::family::revoke_of_client(tx, moment, person, client, "consent_withdrawn").await?;
    audit::record(tx, moment, Event::ConsentWithdrawn { person, client }).await?;
    Ok(true)
}

/// Holds a consent to the end of the transaction, should it still stand: whoever withdraws it from now on waits, and
/// reaches what is written here. Whether it stands is for the next statement to ask. The row stays as it is: on SQLite,
/// where nobody else writes meanwhile, that puts no page into the log; on PostgreSQL it is the lock.
pub(super) fn hold(tx: &mut Tx, id: &ConsentId) {
    tx.later(sql!(
        "UPDATE consent SET withdrawn_at = NULL WHERE id = $1 AND withdrawn_at IS NULL",
        id.as_str()
    ));
}

/// What the person let clients know, newest first.
pub async fn list(run: &mut impl Run, person: &PersonId) -> Result<Vec<Consent>, Fault> {
    let rows: Vec<Row> = run
        .all(sql!(
            "SELECT id, client_id, scope, claims, details, declined, granted_at, expires_at FROM consent
             WHERE person_id = $1 AND withdrawn_at IS NULL ORDER BY granted_at DESC LIMIT 500",
            person.as_str(),
        ))
        .await?;
    rows.into_iter().map(Row::consent).collect()
}

/// None is the empty text.
fn printed(details: &Details) -> Result<String, Fault> {
    if details.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(details).map_err(|error| Fault::broken("writing consent").because(error))
}

/// What stands, held to the end of the transaction: what is withdrawn meanwhile must not come back with what is added.
async fn take(tx: &mut Tx, person: &PersonId, client: &str) -> Result<Option<Consent>, Fault> {
    let row: Option<Row> = tx
        .optional(sql!(
            "UPDATE consent SET withdrawn_at = NULL WHERE person_id = $1 AND client_id = $2 AND withdrawn_at IS NULL
             RETURNING id, client_id, scope, claims, details, declined, granted_at, expires_at",
            person.as_str(),
            client,
        ))
        .await?;
    row.map(Row::consent).transpose()
}

impl Row {
    fn consent(self) -> Result<Consent, Fault> {
        Consent::parse(
            (&self.id, &self.client_id),
            (&self.scope, &self.claims, &self.details, &self.declined),
            (self.granted_at, self.expires_at),
        )
    }
}
