//! How often a client may ask whether a person has answered (RFC 8628 §3.5, CIBA Core 1.0 §11): a count of its haste is kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::id::DecoupledId;
use crate::base::{Fault, Moment, Timestamp};
use crate::storage::Ephemeral;

/// Seconds a client waits between two questions, as it is told.
pub const INTERVAL: Duration = Duration::from_secs(5);
/// RFC 8628 §3.5: each `slow_down` adds this much.
const MORE: Duration = Duration::from_secs(5);
/// Networks and timers jitter: a client that keeps the interval is never told to slow down.
const FORGIVEN: Duration = Duration::from_secs(1);
/// A client that never slows down is not driven beyond this.
const MOST_HASTE: u32 = 11;
const KEPT: Duration = Duration::from_secs(3600);

/// Whether a question came in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Steady,
    TooFast,
}

#[derive(Serialize, Deserialize)]
struct Asked {
    at: Timestamp,
    haste: u32,
}

/// Notes a question. Two at the very same instant may both count as steady; that harms nobody.
pub async fn asked(ephemeral: &Ephemeral, moment: &Moment, id: &DecoupledId) -> Result<Pace, Fault> {
    let key = format!("pace:{id}");
    let before: Option<Asked> = ephemeral.get(&key).await?.and_then(|text| serde_json::from_str(&text).ok());
    let haste = before.as_ref().map_or(0, |before| before.haste);
    let early = before.is_some_and(|before| moment.now.since(before.at) + FORGIVEN < interval(haste));
    let haste = if early { (haste + 1).min(MOST_HASTE) } else { haste };
    let text = serde_json::to_string(&Asked { at: moment.now, haste })
        .map_err(|error| Fault::broken("writing a pace").because(error))?;
    ephemeral.put(&key, &text, KEPT).await?;
    Ok(if early { Pace::TooFast } else { Pace::Steady })
}

fn interval(haste: u32) -> Duration {
    INTERVAL + MORE * haste
}
