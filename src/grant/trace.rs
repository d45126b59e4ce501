//! The steps behind a request that was refused: collected while it is answered, kept seven days for its client's department.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{Fault, Timestamp};
use crate::protocol::Refusal;
use crate::sql;
use crate::storage::{Db, Ephemeral, Limit, Run, Statement, record};

/// One step: words of ours and a time, never anything a stranger wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub at: Timestamp,
    pub kind: Kind,
    /// Which page, grant or way of authenticating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What a step was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Received,
    ClientFound,
    ClientAuthenticated,
    RequestChecked,
    PageShown,
    SignedIn,
    Consented,
    /// The person left the page named.
    Left,
    GrantRead,
    CodeRedeemed,
    Refused,
}

/// Collects the steps of one request; cheap to clone, and costs nothing until something is refused.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Collected>>);

#[derive(Debug, Default)]
struct Collected {
    client: Option<String>,
    steps: Vec<Step>,
    refused: Option<(Refusal, String)>,
}

/// A request that was refused, with what led there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub txn: String,
    pub client_id: String,
    pub endpoint: String,
    /// The six digits: a number that this build may not know any more.
    pub number: u32,
    pub steps: Vec<Step>,
    pub at: Timestamp,
}

/// Who asks: a department sees the requests of its own clients only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader<'a> {
    Department(&'a str),
    Operator,
}

pub const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// A request takes fewer; a loop shall not fill the table.
const MOST_STEPS: usize = 24;
/// An hour's traces of one client and share: enough to find a mistake, too few for a stranger to fill the disk.
const A_SHARE: Limit = Limit { name: "trace", most: 200, within: Duration::from_secs(3600) };
/// A step of a way that goes on (RFC 8628 §3.5, RFC 9449 §8): a device that waits, a first proof. No department asks
/// about these, and they would use up the hour's share of what it does ask about.
const GOES_ON: [Refusal; 2] = [Refusal::AuthorizationPending, Refusal::ProofNonceNeeded];

impl Trace {
    pub fn note(&self, at: Timestamp, kind: Kind, detail: Option<&str>) {
        let mut collected = self.collected();
        if collected.steps.len() < MOST_STEPS {
            collected.steps.push(Step { at, kind, detail: detail.map(str::to_owned) });
        }
    }

    /// Whose request it is; only then is anything kept.
    pub fn of_client(&self, client_id: &str) {
        self.collected().client = Some(client_id.to_owned());
    }

    /// The end of it, if it is one. The first refusal counts.
    pub fn refuse(&self, at: Timestamp, refusal: Refusal, txn: &str) {
        let mut collected = self.collected();
        if collected.refused.is_none() && !GOES_ON.contains(&refusal) {
            let detail = Some(refusal.number().to_string());
            collected.steps.push(Step { at, kind: Kind::Refused, detail });
            collected.refused = Some((refusal, txn.to_owned()));
        }
    }

    /// What is worth keeping: a refusal whose client is known.
    pub fn finish(&self, at: Timestamp, endpoint: &str) -> Option<Refused> {
        let mut collected = self.collected();
        let (refusal, txn) = collected.refused.take()?;
        let (endpoint, number) = (endpoint.to_owned(), refusal.number());
        let steps = std::mem::take(&mut collected.steps);
        Some(Refused { txn, client_id: collected.client.take()?, endpoint, number, steps, at })
    }

    fn collected(&self) -> std::sync::MutexGuard<'_, Collected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    /// Whose share of the hour it takes: what anybody can send in a client's name leaves the client's own alone.
    fn share(&self) -> &'static str {
        let authenticated = self.steps.iter().any(|step| step.kind == Kind::ClientAuthenticated);
        if authenticated { "client" } else { "anybody" }
    }
}

/// Keeps a refused request, unless its share of the hour is used up.
pub async fn keep(db: &Db, ephemeral: &Ephemeral, refused: &Refused) -> Result<(), Fault> {
    let share = format!("{}:{}", refused.share(), refused.client_id);
    if A_SHARE.count(ephemeral, refused.at, &share).await? > A_SHARE.most {
        return Ok(());
    }
    let steps = serde_json::to_string(&refused.steps)
        .map_err(|error| Fault::broken("writing a trace").because(error))?;
    let mut tx = db.begin().await?;
    tx.execute(sql!(
        "INSERT INTO trace (txn, client_id, endpoint, refusal, steps, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (txn) DO NOTHING",
        refused.txn.as_str(),
        refused.client_id.as_str(),
        refused.endpoint.as_str(),
        i64::from(refused.number),
        steps,
        refused.at,
    ))
    .await?;
    tx.commit().await
}

/// The trace of a `txn`, for those who may read it.
pub async fn find(
    run: &mut impl Run,
    now: Timestamp,
    reader: Reader<'_>,
    txn: &str,
) -> Result<Option<Refused>, Fault> {
    let department = match reader {
        Reader::Department(id) => Some(id),
        Reader::Operator => None,
    };
    let row: Option<Row> = run
        .optional(sql!(
            "SELECT trace.txn, trace.client_id, trace.endpoint, trace.refusal, trace.steps, trace.at
             FROM trace LEFT JOIN client ON client.client_id = trace.client_id
             WHERE trace.txn = $1 AND trace.at > $2
               AND (CAST($3 AS TEXT) IS NULL OR client.department_id = CAST($3 AS TEXT))",
            txn,
            now - KEPT,
            department,
        ))
        .await?;
    row.map(Row::refused).transpose()
}

/// Removes what was kept before, the oldest first.
pub fn over(before: Timestamp, most: i64) -> Vec<Statement> {
    vec![sql!(
        "DELETE FROM trace WHERE txn IN (SELECT txn FROM trace WHERE at < $1 ORDER BY at LIMIT $2)",
        before,
        most,
    )]
}

record! {
    struct Row {
        txn: String,
        client_id: String,
        endpoint: String,
        refusal: i64,
        steps: String,
        at: i64,
    }
}

impl Row {
    fn refused(self) -> Result<Refused, Fault> {
        let broken = |what| Fault::inconsistent("trace", &self.txn, what);
        Ok(Refused {
            steps: serde_json::from_str(&self.steps).map_err(|_| broken("steps cannot be read"))?,
            number: u32::try_from(self.refusal).map_err(|_| broken("refusal is no number of ours"))?,
            client_id: self.client_id.clone(),
            endpoint: self.endpoint.clone(),
            at: Timestamp::from_micros(self.at),
            txn: self.txn,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_told_to_ask_again_is_no_refusal_to_keep() {
        let (at, trace) = (Timestamp::from_seconds(1), Trace::default());
        trace.of_client("app1");
        trace.refuse(at, Refusal::AuthorizationPending, "t1");
        trace.refuse(at, Refusal::ProofNonceNeeded, "t2");
        assert_eq!(trace.finish(at, "/x"), None);
        trace.of_client("app1");
        trace.refuse(at, Refusal::SlowDown, "t3");
        assert_eq!(trace.finish(at, "/x").map(|refused| refused.txn).as_deref(), Some("t3"));
    }

    #[test]
    fn keeps_refusals_of_known_clients_and_nothing_else() {
        let at = Timestamp::from_seconds(1);
        let trace = Trace::default();
        trace.note(at, Kind::Received, None);
        assert_eq!(trace.finish(at, "/x"), None);
        trace.refuse(at, Refusal::PkceMissing, "t1");
        assert_eq!(trace.finish(at, "/x"), None);
        trace.of_client("app1");
        trace.refuse(at, Refusal::PkceMissing, "t2");
        trace.refuse(at, Refusal::CodeUnknown, "t3");
        let refused = trace.finish(at, "/x").unwrap();
        assert_eq!((refused.txn.as_str(), refused.number), ("t2", 102_014));
        assert_eq!(trace.finish(at, "/x"), None);
    }

    #[test]
    fn a_loop_adds_no_more_than_so_many_steps() {
        let (at, trace) = (Timestamp::from_seconds(1), Trace::default());
        trace.of_client("app1");
        for _ in 0..1_000 {
            trace.note(at, Kind::PageShown, Some("/sign-in"));
        }
        trace.refuse(at, Refusal::ConsentDenied, "t");
        assert_eq!(trace.finish(at, "/x").unwrap().steps.len(), MOST_STEPS + 1);
    }
}
