//! An authorization request that waits while a person signs in or consents.

use serde::{Deserialize, Serialize};

use crate::base::id::{DecoupledId, PersonId, RequestId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::Keys;
use crate::crypto::mac::Purpose;
use crate::protocol::AuthorizeRequest;
use crate::session::detour::{self, Detour};
use crate::storage::Ephemeral;

/// What is kept of a request while pages are shown.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    pub request: AuthorizeRequest,
    /// Whose it is, by the digest of the cookie.
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

impl Detour for Pending {
    const KIND: &'static str = "pending";

    fn browser(&mut self) -> &mut Option<String> {
        &mut self.browser
    }
}

/// The request that waits, if it is this browser's; it is from now on where it was nobody's.
pub async fn find(
    ephemeral: &Ephemeral,
    moment: &Moment,
    (id, browser): (&RequestId, &str),
) -> Result<Option<Pending>, Fault> {
    let found: Option<Pending> = detour::find(ephemeral, moment, (id, browser)).await?;
    Ok(found.filter(|pending| pending.expires_at > moment.now))
}

/// Ends one whose answer went elsewhere. It is known a while longer: whoever opens its pages again is told what it was.
pub async fn end_elsewhere(
    ephemeral: &Ephemeral,
    moment: &Moment,
    (id, pending): (&RequestId, &Pending),
) -> Result<(), Fault> {
    let ended = Pending { expires_at: moment.now, ..pending.clone() };
    detour::update(ephemeral, moment, id, &ended).await
}

/// Whether what waits no longer was a question from elsewhere.
pub async fn was_elsewhere(
    ephemeral: &Ephemeral,
    moment: &Moment,
    (id, browser): (&RequestId, &str),
) -> Result<bool, Fault> {
    let found: Option<Pending> = detour::find(ephemeral, moment, (id, browser)).await?;
    Ok(found.is_some_and(|pending| pending.decoupled.is_some()))
}

/// The mark of a page that asks one person about a request: nobody else can make it, or is shown the page by it.
pub fn shown_to(keys: &Keys, id: &RequestId, person: &PersonId) -> String {
    keys.mac.of(Purpose::ShownTo, &[id.as_str().as_bytes(), person.as_str().as_bytes()])
}

pub fn is_shown_to(keys: &Keys, id: &RequestId, person: &PersonId, mark: &str) -> bool {
    keys.mac.matches(Purpose::ShownTo, &[id.as_str().as_bytes(), person.as_str().as_bytes()], mark)
}
