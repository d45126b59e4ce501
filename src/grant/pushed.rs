//! Pushed authorization requests (RFC 9126): kept under a name nobody can guess, opened within 90 seconds by the client
//! that pushed them, and answered once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::id::RequestId;
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::mac::digest;
use crate::protocol::AuthorizeRequest;
use crate::protocol::request_object::Carried;
use crate::session::detour;
use crate::storage::ephemeral::Use;
use crate::storage::{Consumed, Ephemeral, Share};

/// A request that was pushed and passed every check.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pushed {
    pub request: AuthorizeRequest,
    pub carried: Carried,
    /// Until then a browser may bring it; who has begun by then has as long as any waiting request.
    pub expires_at: Timestamp,
}

/// What is under a `request_uri`.
pub enum Found {
    Waiting(Box<Pushed>),
    /// The client has had its answer.
    Answered,
    Unknown,
}

/// How long a `request_uri` may be opened (FAPI 2.0 Security Profile §5.3.2.2: less than 600 seconds).
pub const LIFETIME: Duration = Duration::from_secs(90);

/// Who has opened it in time has as long as any waiting request.
const KEPT: Duration = LIFETIME.saturating_add(detour::LIFETIME);

/// RFC 9126 §2.2.
const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// It was the request of the client that pushed it; any browser may bring it. Who comes again soon is told so; remembered for
/// longer, those that are answered would crowd out those that wait, where all of a province's systems share an address.
const ANSWERED: Use<'_> = Use { by: "", trace: "", remembered: LIFETIME };

/// The name under which a `request_uri` is kept; none for one that is not ours.
pub fn name(request_uri: &str) -> Option<String> {
    request_uri.strip_prefix(URN).map(digest)
}

/// Keeps a request; its `request_uri`.
pub async fn keep(ephemeral: &Ephemeral, moment: &Moment, pushed: &Pushed) -> Result<String, Fault> {
    let request_uri = format!("{URN}{}", moment.random.token(32));
    let text = serde_json::to_string(pushed)
        .map_err(|error| Fault::broken("writing a pushed request").because(error))?;
    let key = key(&digest(&request_uri[URN.len()..]));
    ephemeral.put_yielding((&key, &text), KEPT, &share(moment)).await?;
    Ok(request_uri)
}

pub async fn find(ephemeral: &Ephemeral, name: &str) -> Result<Found, Fault> {
    if let Some(text) = ephemeral.get(&key(name)).await? {
        // Written by another build: as good as expired.
        return Ok(
            serde_json::from_str(&text).map_or(Found::Unknown, |pushed| Found::Waiting(Box::new(pushed)))
        );
    }
    match ephemeral.consume(&key(name), ANSWERED).await? {
        Consumed::Used(_) => Ok(Found::Answered),
        Consumed::Live(_) | Consumed::Others | Consumed::Absent => Ok(Found::Unknown),
    }
}

/// Takes a request for its answer; of any number at once exactly one may answer.
pub async fn answer(ephemeral: &Ephemeral, name: &str) -> Result<bool, Fault> {
    Ok(matches!(ephemeral.consume(&key(name), ANSWERED).await?, Consumed::Live(_)))
}

/// Notes under which id this browser's way through the request waits, so that coming again goes on with it.
pub async fn begin(
    ephemeral: &Ephemeral,
    moment: &Moment,
    (name, browser): (&str, &str),
    id: &RequestId,
) -> Result<(), Fault> {
    let key = begun_key(name, browser);
    ephemeral.put_yielding((&key, id.as_str()), detour::LIFETIME, &share(moment)).await
}

pub async fn begun(ephemeral: &Ephemeral, name: &str, browser: &str) -> Result<Option<RequestId>, Fault> {
    let id = ephemeral.get(&begun_key(name, browser)).await?;
    Ok(id.and_then(|id| id.parse().ok()))
}

fn share(moment: &Moment) -> Share {
    Share::of_place(&moment.place().to_string())
}

fn key(name: &str) -> String {
    format!("pushed:{name}")
}

fn begun_key(name: &str, browser: &str) -> String {
    format!("pushed-way:{name}:{browser}")
}
