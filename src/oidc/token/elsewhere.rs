//! The grants of devices and of CIBA (RFC 8628 §3.4, CIBA Core 1.0 §10.1): the client asks until the person has answered.

use super::super::error::Problem;
use super::Asked;
use crate::base::Secret;
use crate::base::id::FamilyId;
use crate::grant::decoupled::{self, Found, Kind, State};
use crate::grant::pace::{self, Pace};
use crate::grant::{Granted, entry, family, issue};
use crate::protocol::Refusal;
use crate::protocol::ciba::DeliveryMode;
use crate::protocol::token_answer::TokenAnswer;
use crate::session::sso;

pub(super) async fn exchange(asked: &Asked<'_>, kind: Kind, secret: &Secret) -> Result<TokenAnswer, Problem> {
    let words = Words::of(kind);
    if kind == Kind::Ciba && asked.client.metadata.delivery_mode() == DeliveryMode::Push {
        return Err(Refusal::CibaPushOnly.into());
    }
    let found = decoupled::find_by_secret(&mut asked.app.db.read(), kind, secret.expose()).await?;
    let found = found.ok_or(words.unknown)?;
    if found.client_id != asked.client.client_id {
        return Err(words.other_client.into());
    }
    let expired = found.expires_at <= asked.moment.now;
    match &found.state {
        State::Denied => Err(words.denied.into()),
        State::Unmet => Err(Refusal::LevelTooLow.into()),
        // Polls cross one another: a second one is no theft, and takes nothing away from the first.
        State::Redeemed => Err(words.used.into()),
        State::Expired => Err(words.expired.into()),
        State::Pending | State::Allowed(_) if expired => Err(words.expired.into()),
        State::Pending => Err(pending(asked, &found).await?.into()),
        State::Allowed(granted) => redeem(asked, &found, (granted, words.used)).await,
    }
}

/// The answers that differ by kind and mean the same.
struct Words {
    unknown: Refusal,
    other_client: Refusal,
    used: Refusal,
    expired: Refusal,
    denied: Refusal,
}

impl Words {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Device => Self {
                unknown: Refusal::DeviceCodeUnknown,
                other_client: Refusal::DeviceCodeOtherClient,
                used: Refusal::DeviceCodeUsed,
                expired: Refusal::DeviceCodeExpired,
                denied: Refusal::DeviceDenied,
            },
            Kind::Ciba => Self {
                unknown: Refusal::AuthReqIdUnknown,
                other_client: Refusal::AuthReqIdOtherClient,
                used: Refusal::AuthReqIdUsed,
                expired: Refusal::AuthReqIdExpired,
                denied: Refusal::CibaDenied,
            },
        }
    }
}

async fn pending(asked: &Asked<'_>, found: &Found) -> Result<Refusal, Problem> {
    Ok(match pace::asked(&asked.app.ephemeral, asked.moment, &found.id).await? {
        Pace::Steady => Refusal::AuthorizationPending,
        Pace::TooFast => Refusal::SlowDown,
    })
}

async fn redeem(
    asked: &Asked<'_>,
    found: &Found,
    (granted, used): (&Granted, Refusal),
) -> Result<TokenAnswer, Problem> {
    let (app, moment) = (asked.app, asked.moment);
    let mut tx = app.db.begin().await?;
    if !decoupled::redeem(&mut tx, moment, &found.id).await? {
        return Err(used.into());
    }
    // The person may have ended it from the list of devices in the meantime, or withdrawn the consent.
    let sid = entry::participate(&mut tx, moment, granted).await??;
    sso::extend(&mut tx, moment, &granted.session, moment.now + app.settings.session_lifetime).await?;
    let to = asked.issuing();
    let mut granted = granted.clone();
    to.bind(&mut granted.facts);
    let family = FamilyId::new(moment);
    family::insert(&mut tx, moment, (&family, &sid), &granted).await?;
    let written = issue::write(&mut tx, &to, &family, (&granted, granted.scope.clone())).await??;
    tx.commit().await?;
    Ok(issue::answer(&to, &granted, &sid, written)?)
}
