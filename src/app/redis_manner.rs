//! Whether a Redis may hold the ephemeral state: a cluster cannot, and one that drops what it keeps should not.

use super::OpenProblem;
use crate::storage::Ephemeral;
use crate::storage::ephemeral::{Layout, Manner};

/// Refused where it cannot serve; else a warning, if there is one.
pub async fn examine_redis(ephemeral: &Ephemeral) -> Result<Option<String>, OpenProblem> {
    let Some(Manner { layout, evicts }) = ephemeral.manner().await.map_err(OpenProblem::Redis)? else {
        return Ok(None);
    };
    match layout {
        Layout::Cluster => Err(OpenProblem::RedisCluster),
        Layout::Single => Ok(evicts.map(|policy| warning(&policy))),
    }
}

fn warning(policy: &str) -> String {
    format!(
        "maxmemory-policy of Redis is {policy}: when it is full it silently drops counters and what was used once; set it to \
         noeviction"
    )
}
