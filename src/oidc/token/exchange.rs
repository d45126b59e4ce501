//! The token exchange grant (RFC 8693): a system passes a person's token on, narrowed, and says that it acts.

use std::sync::Arc;

use super::super::error::Problem;
use super::Asked;
use crate::audit::{self, Event};
use crate::base::Fault;
use crate::client::Client;
use crate::client::powers::Semantics;
use crate::grant::access_token::{self, AccessToken, NewToken};
use crate::grant::exchange::{self, Exchanged};
use crate::grant::{holder, issue};
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
    let mut subject = subject.ok_or(Refusal::SubjectTokenInvalid)?;
    let decided = match holder::of(&asked.app.clients, &mut subject).await? {
        Some(_) => decide(asked, wanted, &subject).await,
        None => Err(Refusal::SubjectTokenInvalid.into()),
    };
    match decided {
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
    let (rule, target) = exchange::target(&asked.app.clients, &rules, wanted).await??;
    let audience = exchange::audience(&target, &wanted.resources)?;
    let mut exchanged =
        exchange::narrow((client, rule), subject, (&target, audience), wanted.scope.as_ref())?;
    exchanged.carries.confirmation = asked.confirmation.clone();
    Ok(Decided { target, semantics: rule.semantics, exchanged })
}

async fn write(asked: &Asked<'_>, subject: &AccessToken, decided: Decided) -> Result<TokenAnswer, Problem> {
    let family = subject.family.as_ref().ok_or(Refusal::SubjectTokenInvalid)?;
    let Exchanged { scope, carries, parent } = decided.exchanged;
    let new = NewToken {
        client: asked.client,
        family: Some(&family.id),
        scope: &scope,
        carries: &carries,
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
    let answer = issue::access_answer(&asked.issuing(), issued, Some(&family.granted), (scope, carries))?;
    Ok(TokenAnswer { issued_token_type: Some(TokenTypeId::AccessToken), ..answer })
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
