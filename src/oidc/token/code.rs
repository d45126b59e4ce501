//! The authorization code grant (RFC 6749 §4.1.3): redeem first, check, then write everything in one transaction.

use super::super::error::Problem;
use super::Asked;
use crate::audit::{self, Event};
use crate::base::id::{FamilyId, ParticipationId};
use crate::base::{Fault, Secret, Trouble};
use crate::grant::code::{self, Code, Redeemed};
use crate::grant::trace::Kind;
use crate::grant::{entry, family, issue};
use crate::http::fault_log;
use crate::protocol::Refusal;
use crate::protocol::pkce::CodeVerifier;
use crate::protocol::token_answer::TokenAnswer;

/// What a client presents.
pub(super) struct Presented {
    pub(super) code: Secret,
    pub(super) redirect_uri: Option<String>,
    pub(super) verifier: Option<CodeVerifier>,
}

pub(super) async fn exchange(asked: &Asked<'_>, presented: &Presented) -> Result<TokenAnswer, Problem> {
    let secret = presented.code.expose();
    let (code, family) = match code::redeem(&asked.app.ephemeral, &asked.client.client_id, secret).await? {
        Redeemed::Fresh(code, family) => (code, family),
        Redeemed::Replayed(first) => return replayed(asked, &first).await,
        Redeemed::OtherClient => return Err(Refusal::CodeOtherClient.into()),
        Redeemed::Unknown => return Err(Refusal::CodeUnknown.into()),
    };
    asked.trace.note(asked.moment.now, Kind::CodeRedeemed, None);
    code.check(
        asked.moment.now,
        &code::Presented {
            client_id: &asked.client.client_id,
            redirect_uri: presented.redirect_uri.as_deref(),
            verifier: presented.verifier.as_ref(),
            confirmation: asked.confirmation.as_ref(),
        },
    )?;
    match write(asked, &code, &family).await {
        Err(Problem::Fault(fault)) if fault.trouble() == Trouble::Duplicate => replayed(asked, &family).await,
        Err(Problem::Fault(fault)) if fault.trouble() == Trouble::Unavailable => {
            // Whether it was written or not, a second exchange finds out. Kept back, the code would look stolen.
            if let Err(lost) = code::give_back(&asked.app.ephemeral, secret, &code).await {
                fault_log::note(&lost);
            }
            Err(fault.into())
        }
        answer => answer,
    }
}

async fn write(asked: &Asked<'_>, code: &Code, family: &FamilyId) -> Result<TokenAnswer, Problem> {
    let to = asked.issuing();
    let mut granted = code.granted.clone();
    to.bind(&mut granted.facts);
    let mut tx = asked.app.db.begin().await?;
    let expected = code.sid.clone().unwrap_or_else(|| ParticipationId::new(asked.moment));
    entry::enter(&mut tx, asked.moment, &granted, &expected);
    family::insert(&mut tx, asked.moment, (family, &expected), &granted).await?;
    let written = issue::write(&mut tx, &to, family, (&granted, granted.scope.clone())).await??;
    // Asked last: everything above goes to the database with it.
    let sid = entry::entered(&mut tx, asked.moment, &granted).await??;
    if sid != expected {
        family::rename_part(&mut tx, family, &sid);
    }
    tx.commit().await?;
    Ok(issue::answer(&to, &granted, &sid, written)?)
}

async fn replayed(asked: &Asked<'_>, family: &FamilyId) -> Result<TokenAnswer, Problem> {
    revoke(asked, family).await?;
    Err(Refusal::CodeReplayed.into())
}

/// RFC 6749 §4.1.2: a code used twice revokes what its first use got.
async fn revoke(asked: &Asked<'_>, family: &FamilyId) -> Result<(), Fault> {
    // The same code may be sent for ever: only the first replay changes anything and is on record.
    if family::is_revoked(&mut asked.app.db.read(), family).await? {
        return Ok(());
    }
    let mut tx = asked.app.db.begin().await?;
    if !family::revoke_once(&mut tx, asked.moment, family, "code_replayed").await? {
        return tx.undo().await;
    }
    let event = Event::CodeReplayed { client: &asked.client.client_id, family };
    audit::record(&mut tx, asked.moment, event).await?;
    tx.commit().await
}
