//! An authorization request that waits while a person signs in or consents; bound to the browser that brought it, or that
//! comes first where that one kept back its cookies.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::id::{DecoupledId, PersonId, RequestId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::protocol::AuthorizeRequest;
use crate::storage::Ephemeral;

/// What is kept of a request while pages are shown.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    pub request: AuthorizeRequest,
    /// The digest of the browser's own cookie: a link to somebody else's request leads nowhere. None until a browser comes
    /// that says which it is.
    pub browser: Option<String>,
    /// Kept here as well as by the store, so that it means the same whichever store keeps it.
    pub expires_at: Timestamp,
    /// Who showed who they are for this very request: what `prompt=login` and `max_age` ask for. Told by the page itself,
    /// never by comparing times, for clocks are stepped; and of no use to another person who comes to the browser.
    #[serde(default)]
    pub signed_in_by: Option<PersonId>,
    /// Who allowed something on the consent page of this very request. Another person who comes to the browser has not.
    #[serde(default)]
    pub consented_by: Option<PersonId>,
    /// The person `id_token_hint` or the `sub` claim names, as the client knows them.
    pub expected_sub: Option<String>,
    /// Names the request in errors, from its first moment on.
    pub txn: String,
    /// The pushed request this is, by its digest: it is answered once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<String>,
    /// The person left the way; the next answer tells the client.
    pub left: Option<Left>,
    /// Set where the answer goes to another device instead of back through this browser.
    #[serde(default)]
    pub decoupled: Option<DecoupledId>,
}

impl Pending {
    /// Whether this person has just signed in for this very request.
    pub fn is_signed_in(&self, person: &PersonId) -> bool {
        self.signed_in_by.as_ref() == Some(person)
    }
}

/// How a person left the way through a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    SignIn,
    Consent,
    StepUp,
}

/// Time enough to find the card, not enough to be found by somebody else; a window visit takes longer and comes back by the department.
pub const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Keeps a request; the id goes into the pages' addresses.
pub async fn keep(ephemeral: &Ephemeral, moment: &Moment, pending: &Pending) -> Result<RequestId, Fault> {
    let id = RequestId::new(moment);
    update(ephemeral, &id, pending).await?;
    Ok(id)
}

pub async fn update(ephemeral: &Ephemeral, id: &RequestId, pending: &Pending) -> Result<(), Fault> {
    let text =
        serde_json::to_string(pending).map_err(|error| Fault::broken("writing a request").because(error))?;
    ephemeral.put_yielding(&key(id), &text, LIFETIME).await
}

/// The request that waits, if it is this browser's; it is from now on where it was nobody's.
pub async fn find(
    ephemeral: &Ephemeral,
    now: Timestamp,
    id: &RequestId,
    browser: &str,
) -> Result<Option<Pending>, Fault> {
    let Some(text) = ephemeral.get(&key(id)).await? else { return Ok(None) };
    // Written by another build: as good as expired.
    let pending: Option<Pending> = serde_json::from_str(&text).ok();
    let Some(mut pending) = pending.filter(|pending| pending.expires_at > now) else { return Ok(None) };
    if pending.browser.is_none() {
        pending.browser = Some(browser.to_owned());
        update(ephemeral, id, &pending).await?;
    }
    Ok(Some(pending).filter(|pending| pending.browser.as_deref() == Some(browser)))
}

/// The mark of a page that asks one person about a request: nobody else can make it, or is shown the page by it.
pub fn shown_to(keys: &Keys, id: &RequestId, person: &PersonId) -> String {
    keys.mac.of(Purpose::ShownTo, &[id.as_str().as_bytes(), person.as_str().as_bytes()])
}

pub fn is_shown_to(keys: &Keys, id: &RequestId, person: &PersonId, mark: &str) -> bool {
    keys.mac.matches(Purpose::ShownTo, &[id.as_str().as_bytes(), person.as_str().as_bytes()], mark)
}

pub async fn delete(ephemeral: &Ephemeral, id: &RequestId) -> Result<(), Fault> {
    ephemeral.delete(&key(id)).await
}

fn key(id: &RequestId) -> String {
    format!("pending:{id}")
}
