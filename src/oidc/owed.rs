//! The one question of the authorization loop: what does this person still owe before the client gets its answer? Pure.

use crate::base::Timestamp;
use crate::client::Client;
use crate::grant::asked::Asked;
use crate::grant::level::{self, Reached};
use crate::grant::pending::{Left, Pending};
use crate::grant::standing::Standing;
use crate::identity::Level;
use crate::protocol::prompt::Prompt;
use crate::protocol::{Acr, Refusal};
use crate::session::Session;

/// Everything the answer depends on.
pub struct Question<'a> {
    pub pending: &'a Pending,
    pub client: &'a Client,
    pub asked: &'a Asked,
    pub session: Option<&'a Session>,
    pub standing: &'a Standing,
    /// The session's person as this client knows them.
    pub sub: Option<&'a str>,
    pub now: Timestamp,
}

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// The client may have its code; this is told as `acr`.
    Nothing(Acr),
    SignIn,
    /// A new account is asked for (`prompt=create`).
    Register,
    /// The person must be verified better, at least so well.
    StepUp(Level),
    Consent,
    /// No page can pay it.
    Refuse(Refusal),
}

type Check = fn(&Question<'_>) -> Option<Owed>;

/// In this order: nobody is asked to consent who would then be told that their level is too low.
const CHECKS: [Check; 6] = [left, signed_in, expected_person, fresh_enough, level_reached, consented];

/// What is owed first; nothing when every check passes.
pub fn owed(question: &Question<'_>) -> Owed {
    if let Some(owed) = CHECKS.iter().find_map(|check| check(question)) {
        return owed;
    }
    match reached(question) {
        Some(Reached::Yes(acr)) => Owed::Nothing(acr),
        _ => Owed::Refuse(Refusal::LevelUnknown),
    }
}

/// What a client hears when a page is owed and `prompt=none` forbids it (OIDC Core §3.1.2.6).
pub fn without_pages(owed: Owed) -> Owed {
    match owed {
        Owed::SignIn | Owed::Register => Owed::Refuse(Refusal::LoginRequired),
        Owed::Consent => Owed::Refuse(Refusal::ConsentRequired),
        Owed::StepUp(_) => Owed::Refuse(Refusal::LevelTooLow),
        paid => paid,
    }
}

fn left(question: &Question<'_>) -> Option<Owed> {
    question.pending.left.map(|left| {
        Owed::Refuse(match left {
            Left::SignIn => Refusal::SignInCancelled,
            Left::Consent => Refusal::ConsentDenied,
            Left::StepUp => Refusal::LevelTooLow,
        })
    })
}

fn signed_in(question: &Question<'_>) -> Option<Owed> {
    let prompt = question.pending.request.prompt;
    match question.session {
        None if prompt.contains(Prompt::Create) => Some(Owed::Register),
        None => Some(Owed::SignIn),
        Some(_) => None,
    }
}

/// OIDC Core §3.1.2.1 (`id_token_hint`), §5.5.1 (`sub`): another person than the one named is no answer.
fn expected_person(question: &Question<'_>) -> Option<Owed> {
    let expected = question.pending.expected_sub.as_deref()?;
    if question.sub == Some(expected) {
        return None;
    }
    // Who has just signed in for this very request will not become somebody else by doing it again.
    Some(if question.pending.is_signed_in(&question.session?.person) {
        Owed::Refuse(Refusal::PersonOther)
    } else {
        Owed::SignIn
    })
}

/// `prompt=login`, `select_account`, `create`, and `max_age` (OIDC Core §3.1.2.1); `max_age=0` always asks again.
fn fresh_enough(question: &Question<'_>) -> Option<Owed> {
    let session = question.session?;
    if question.pending.is_signed_in(&session.person) {
        return None;
    }
    let request = &question.pending.request;
    let again =
        [Prompt::Login, Prompt::SelectAccount].into_iter().any(|prompt| request.prompt.contains(prompt));
    let create = request.prompt.contains(Prompt::Create);
    let max_age = request.max_age.or(question.client.metadata.default_max_age);
    let too_old = max_age.is_some_and(|most| question.now.since(session.auth_time()).as_secs() >= most);
    match (create, again || too_old) {
        (true, _) => Some(Owed::Register),
        (false, true) => Some(Owed::SignIn),
        (false, false) => None,
    }
}

fn level_reached(question: &Question<'_>) -> Option<Owed> {
    match reached(question)? {
        Reached::Yes(_) => None,
        Reached::PersonTooLow(level) => Some(Owed::StepUp(level)),
        Reached::Never => Some(Owed::Refuse(Refusal::LevelUnknown)),
    }
}

fn consented(question: &Question<'_>) -> Option<Owed> {
    let (pending, standing) = (question.pending, question.standing);
    // The page answers `prompt=consent`, for whoever answered it. What it wrote counts as it stands now: the person may
    // have taken it back since.
    let asks = pending.request.prompt.contains(Prompt::Consent);
    let again = asks && pending.consented_by.as_ref() != Some(&question.session?.person);
    let needed =
        question.asked.needs_consent(question.client.consent, standing.consent.as_ref(), question.now);
    (again || needed).then_some(Owed::Consent)
}

fn reached(question: &Question<'_>) -> Option<Reached> {
    let session = question.session?;
    let wanted = level::wanted(&question.pending.request, question.client);
    Some(wanted.judge(question.standing.assurance(question.now).level, session.rank()))
}
