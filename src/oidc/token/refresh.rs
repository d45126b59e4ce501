//! The refresh grant (RFC 6749 §6): one transaction; a replay is committed before it is refused.

use super::super::error::Problem;
use super::Asked;
use crate::audit::{self, Event};
use crate::base::Secret;
use crate::client::policy;
use crate::grant::issue;
use crate::grant::refresh::{self, Presented, Redeemed, Renewal, Turn};
use crate::protocol::token_answer::TokenAnswer;
use crate::protocol::{Refusal, Scope};

pub(super) async fn exchange(
    asked: &Asked<'_>,
    token: &Secret,
    scope: Option<Scope>,
) -> Result<TokenAnswer, Problem> {
    if !token.expose().starts_with(refresh::PREFIX) {
        return Err(Refusal::RefreshUnknown.into());
    }
    let mut tx = asked.app.db.begin().await?;
    let client = asked.client.client_id.as_str();
    let presented = Presented {
        client_id: client,
        token: token.expose(),
        rotation: policy::rotation(asked.client),
        confirmation: asked.confirmation.as_ref(),
    };
    let renewal = match refresh::redeem(&mut tx, asked.moment, &asked.app.keys, &presented).await? {
        Redeemed::Good(renewal) => *renewal,
        Redeemed::Refused(refusal) => {
            tx.commit().await?;
            return Err(refusal.into());
        }
    };
    let Renewal { family, token, turn } = renewal;
    let mut granted = family.granted;
    granted.narrow_to(asked.client);
    let scope = granted.narrowed(scope)?;
    let to = asked.issuing();
    let written = issue::write_with(&mut tx, &to, &family.id, (&granted, scope), Some(token)).await??;
    let person = &granted.person;
    let event = match turn {
        Turn::First => Event::TokensRefreshed { person, client, family: &family.id },
        Turn::Again => Event::RefreshRepeated { person, client, family: &family.id },
    };
    audit::record(&mut tx, asked.moment, event).await?;
    tx.commit().await?;
    // OIDC Core §12.2: a refreshed ID token carries no nonce of the first request.
    granted.facts.nonce = None;
    Ok(issue::answer(&to, &granted, &family.sid, written)?)
}
