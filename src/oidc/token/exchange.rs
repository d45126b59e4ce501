//! The token exchange grant (RFC 8693): a system passes a person's token on, narrowed, and says that it acts.

use std::sync::Arc;

use super::super::error::Problem;
use super::{Asked, issue};
use crate::audit::{self, Event};
use crate::base::Fault;
use crate::client::Client;
use crate::client::powers::{ExchangeRule, Semantics};
use crate::grant::access_token::{self, AccessToken, NewToken};
use crate::grant::exchange::{self, Exchanged};
use crate::protocol::Refusal;
use crate::protocol::token_answer::TokenAnswer;
use crate::protocol::token_exchange::{TokenExchange, TokenTypeId};

/// What was decided before anything is written.
struct Decided {
    target: Arc<Client>,
    semantics: Semantics,
    exchanged: Exchanged,
}

pub(super) async fn exchange(asked: &Asked<'_>, wanted: &TokenExchange) -> Result<TokenAnswer, Problem> {
    let subject = find(asked, wanted.subject_token.expose()).await?;
    let subject = subject.ok_or(Refusal::SubjectTokenInvalid)?;
    match decide(asked, wanted, &subject).await {
        Ok(decided) => write(asked, &subject, decided).await,
        Err(Problem::Refused(refusal)) => {
            note(asked, &subject, refusal).await?;
            Err(refusal.into())
        }
        Err(fault) => Err(fault),
    }
}

async fn decide(
    asked: &Asked<'_>,
    wanted: &TokenExchange,
    subject: &AccessToken,
) -> Result<Decided, Problem> {
    let (client, now) = (asked.client, asked.moment.now);
    let rules = exchange::rules(client, &subject.client_id);
    if rules.is_empty() {
        return Err(Refusal::ExchangeNotAllowed.into());
    }
    let shown = (now, asked.confirmation.as_ref());
    exchange::check_subject(client, subject, shown)?;
    if let Some(token) = &wanted.actor_token {
        let actor = find(asked, token.expose()).await?.ok_or(Refusal::ActorTokenInvalid)?;
        exchange::check_actor(client, &actor, shown)?;
    }
    let (rule, target) = target(asked, wanted, &rules).await?;
    let audience = exchange::audience(&target, &wanted.resources)?;
    let mut exchanged =
        exchange::narrow((client, rule), subject, (&target, audience), wanted.scope.as_ref())?;
    exchanged.carries.confirmation = asked.confirmation.clone();
    Ok(Decided { target, semantics: rule.semantics, exchanged })
}

/// The one client that everything named as target means, and the rule that allows it.
async fn target<'r>(
    asked: &Asked<'_>,
    wanted: &TokenExchange,
    rules: &[&'r ExchangeRule],
) -> Result<(&'r ExchangeRule, Arc<Client>), Problem> {
    if wanted.audiences.is_empty() && wanted.resources.is_empty() {
        return Err(Refusal::TargetMissing.into());
    }
    for rule in rules {
        for id in &rule.to {
            let Some(client) = asked.app.clients.find(id).await? else { continue };
            let named = wanted.audiences.iter().all(|audience| audience == id);
            let owns = &client.powers.resource_identifiers;
            if named && wanted.resources.iter().all(|resource| owns.contains(resource)) {
                return Ok((rule, client));
            }
        }
    }
    Err(Refusal::TargetUnknown.into())
}

async fn write(asked: &Asked<'_>, subject: &AccessToken, decided: Decided) -> Result<TokenAnswer, Problem> {
    let family = subject.family.as_ref().ok_or(Refusal::SubjectTokenInvalid)?;
    let Exchanged { scope, carries, parent } = decided.exchanged;
    let new = NewToken {
        client_id: &asked.client.client_id,
        family: Some(&family.id),
        scope: &scope,
        carries: &carries,
        format: asked.client.metadata.access_token_format,
        parent: Some(&parent),
    };
    let mut tx = asked.app.db.begin().await?;
    // Whoever revokes the subject token from now on waits until the new one is written, and reaches it.
    if !access_token::hold(&mut tx, &subject.key).await? {
        return Err(Refusal::SubjectTokenInvalid.into());
    }
    let issued = access_token::issue(&mut tx, asked.moment, &new).await?;
    let printed = scope.to_string();
    let event = Event::TokenExchanged {
        person: &family.granted.person,
        client: &asked.client.client_id,
        family: &family.id,
        holder: &subject.client_id,
        target: &decided.target.client_id,
        scope: &printed,
        semantics: word(decided.semantics),
    };
    audit::record(&mut tx, asked.moment, event).await?;
    tx.commit().await?;
    Ok(TokenAnswer {
        expires_in: issued.seconds(),
        access_token: issue::text(asked, issued, Some(&family.granted), (&scope, &carries))?,
        authorization_details: carries.details,
        issued_token_type: Some(TokenTypeId::AccessToken),
        token_type: issue::token_type(asked),
        refresh_token: None,
        scope,
        id_token: None,
    })
}

/// A refused exchange of a token that exists is worth knowing: somebody tries what was not declared.
async fn note(asked: &Asked<'_>, subject: &AccessToken, refusal: Refusal) -> Result<(), Fault> {
    let event = Event::ExchangeRefused {
        person: subject.person(),
        client: &asked.client.client_id,
        holder: &subject.client_id,
        error_code: refusal.number(),
    };
    let mut tx = asked.app.db.begin().await?;
    audit::record(&mut tx, asked.moment, event).await?;
    tx.commit().await
}

async fn find(asked: &Asked<'_>, token: &str) -> Result<Option<AccessToken>, Fault> {
    access_token::find(&mut asked.app.db.read(), &asked.app.keys, asked.moment.now, token).await
}

fn word(semantics: Semantics) -> &'static str {
    match semantics {
        Semantics::Delegation => "delegation",
        Semantics::Impersonation => "impersonation",
    }
}
