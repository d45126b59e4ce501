//! The authorization code: 256 random bits, 60 seconds, once (RFC 6749 §4.1.2).
//!
//! It begins with the name of the family that its tokens will hang on. A family is written once, so that a code stays
//! single-use even where the ephemeral store has forgotten that it was used (a Redis that came back from an old snapshot).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Granted;
use crate::base::id::{FamilyId, ParticipationId};
use crate::base::{Fault, Moment, Timestamp};
use crate::crypto::mac::digest;
use crate::protocol::confirmation::Confirmation;
use crate::protocol::pkce::{CodeChallenge, CodeVerifier};
use crate::protocol::{RedirectUri, Refusal};
use crate::storage::ephemeral::Use;
use crate::storage::{Consumed, Ephemeral, Share};

/// What a code stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    pub granted: Granted,
    pub redirect_uri: RedirectUri,
    pub challenge: Option<CodeChallenge>,
    /// The thumbprint of the key whose holder alone may exchange the code (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// What the client's part in the session is called, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<ParticipationId>,
    pub issued_at: Timestamp,
}

/// What became of presenting a code.
#[derive(Debug)]
pub enum Redeemed {
    /// The first time: the tokens will hang on this family.
    Fresh(Box<Code>, FamilyId),
    /// It was used before, by whoever got this family.
    Replayed(FamilyId),
    /// It is, or was, another client's. Whoever found it on its way neither uses it up nor ends what hangs on it.
    OtherClient,
    Unknown,
}

/// What a client presents with a code.
pub struct Presented<'a> {
    pub client_id: &'a str,
    pub redirect_uri: Option<&'a str>,
    pub verifier: Option<&'a CodeVerifier>,
    /// What the caller has shown to hold.
    pub confirmation: Option<&'a Confirmation>,
}

const LIFETIME: Duration = Duration::from_secs(60);
/// 32 bytes as base64url.
const RANDOM_CHARACTERS: usize = 43;
/// A client that comes a little late is told so, and not that there was no such code.
const KEPT: Duration = LIFETIME.saturating_mul(2);
/// The trace of a used code outlives the code, so that a late replay still revokes.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Issues a code; one write.
pub async fn issue(ephemeral: &Ephemeral, moment: &Moment, code: &Code) -> Result<String, Fault> {
    let family = FamilyId::new(moment);
    let secret = format!("{}.{}", family.bare(), moment.random.token(32));
    keep(ephemeral, &secret, code).await?;
    Ok(secret)
}

/// Makes a code good again that was taken for an exchange which could not be written: the client may try once more.
pub async fn give_back(ephemeral: &Ephemeral, secret: &str, code: &Code) -> Result<(), Fault> {
    keep(ephemeral, secret, code).await
}

/// Takes a client's code, atomically and first: whatever happens next, nobody else gets it.
pub async fn redeem(ephemeral: &Ephemeral, client_id: &str, secret: &str) -> Result<Redeemed, Fault> {
    let Some(family) = family_of(secret) else { return Ok(Redeemed::Unknown) };
    let using = Use { by: &of_client(client_id), trace: family.as_str(), remembered: REMEMBERED };
    match ephemeral.consume(&key(secret), using).await? {
        Consumed::Live(text) => match serde_json::from_str(&text) {
            Ok(code) => Ok(Redeemed::Fresh(Box::new(code), family)),
            // Written by another build during an upgrade: as good as expired.
            Err(_) => Ok(Redeemed::Unknown),
        },
        Consumed::Used(_) => Ok(Redeemed::Replayed(family)),
        Consumed::Others => Ok(Redeemed::OtherClient),
        Consumed::Absent => Ok(Redeemed::Unknown),
    }
}

impl Code {
    /// Whether what the client presents fits; pure.
    pub fn check(&self, now: Timestamp, presented: &Presented<'_>) -> Result<(), Refusal> {
        if now >= self.issued_at + LIFETIME {
            return Err(Refusal::CodeExpired);
        }
        if self.granted.client_id != presented.client_id {
            return Err(Refusal::CodeOtherClient);
        }
        // RFC 6749 §4.1.3: identical to the one of the authorization request, which always carried one.
        match presented.redirect_uri {
            None => return Err(Refusal::CodeRedirectMissing),
            Some(uri) if uri != self.redirect_uri.as_str() => return Err(Refusal::CodeRedirectWrong),
            Some(_) => {}
        }
        if self.dpop_jkt.is_some() && self.dpop_jkt.as_deref() != key_shown(presented) {
            return Err(Refusal::CodeKeyWrong);
        }
        // RFC 7636 §4.6; RFC 9700 §2.1.1 against downgrade: no verifier without a challenge.
        match (&self.challenge, presented.verifier) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Refusal::VerifierUnexpected),
            (Some(_), None) => Err(Refusal::VerifierMissing),
            (Some(challenge), Some(verifier)) if challenge.verify(verifier) => Ok(()),
            (Some(_), Some(_)) => Err(Refusal::VerifierWrong),
        }
    }
}

fn key_shown<'a>(presented: &Presented<'a>) -> Option<&'a str> {
    match presented.confirmation {
        Some(Confirmation::Key(key)) => Some(key),
        Some(Confirmation::Certificate(_)) | None => None,
    }
}

async fn keep(ephemeral: &Ephemeral, secret: &str, code: &Code) -> Result<(), Fault> {
    let facts =
        serde_json::to_string(code).map_err(|error| Fault::broken("writing a code").because(error))?;
    let text = format!("{}{facts}", of_client(&code.granted.client_id));
    let share = Share::of_account(code.granted.account.as_str());
    ephemeral.put_yielding((&key(secret), &text), KEPT, &share).await
}

/// What the facts begin with, and the trace: the store looks at it before it takes anything. No `client_id` has a line end.
fn of_client(client_id: &str) -> String {
    format!("{client_id}\n")
}

/// What is no code of ours costs no look-up.
fn family_of(secret: &str) -> Option<FamilyId> {
    let (family, random) = secret.split_once('.')?;
    (random.len() == RANDOM_CHARACTERS).then(|| FamilyId::of_bare(family).ok()).flatten()
}

fn key(secret: &str) -> String {
    format!("code:{}", digest(secret))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::time::{Clock, ManualClock};
    use crate::storage::Tally;

    #[tokio::test]
    async fn what_is_no_code_of_ours_is_not_looked_for() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1)));
        let tally = Arc::new(Tally::default());
        let store = Ephemeral::in_process(clock.clone() as Arc<dyn Clock>, tally.clone());
        let long = format!("{}.{}", "a".repeat(65), "b".repeat(43));
        for text in ["", ".", "a.b", "no dot", "\u{e9}.x", &"x".repeat(10_000), &long] {
            assert!(matches!(redeem(&store, "portal", text).await.unwrap(), Redeemed::Unknown), "{text}");
        }
        assert_eq!(tally.counts().ephemeral, 0);
    }
}
