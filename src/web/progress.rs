//! How far a citizen's visit to a window is, as their own pages show it.

use super::messages;
use super::pages::{Ticket, VisitState};
use super::qr;
use crate::base::Fault;
use crate::base::id::VisitId;
use crate::hall::bind::{self, Invitation};
use crate::hall::code::VisitCode;
use crate::hall::enrol;
use crate::hall::state::{Outcome, State};
use crate::hall::visit::Origin;
use crate::hall::{Visit, slip};
use crate::http::context::Context;
use crate::http::paths;
use crate::identity::Level;
use crate::identity::store::proof;
use crate::session::Session;

/// The visit that counts for a citizen now: the open one, else the newest.
#[derive(Debug, Default)]
pub struct Progress {
    pub state: VisitState,
    /// While the window waits for the two digits.
    pub invitation: Option<Invitation>,
    visit: Option<(Visit, Option<VisitCode>)>,
}

pub async fn find(context: &Context, session: &Session) -> Result<Progress, Fault> {
    let (app, moment) = (&context.app, &context.moment);
    let current = enrol::current(&app.db, &app.keys, moment, &session.person).await?;
    let Some(current) = current else {
        let state = without_visit(level(context, session).await?);
        return Ok(Progress { state, ..Progress::default() });
    };
    let stands = current.visit.state_at(moment.now);
    let invitation = match stands {
        State::AwaitingBinding => bind::invitation_of_person(&app.db, moment, &session.person).await?,
        _ => None,
    };
    let visit = &current.visit;
    let mut state = shown((stands, visit.origin, visit.outcome), invitation.as_ref());
    // What a visit proved may have lapsed since: then a new one is needed.
    if state == VisitState::Bound && level(context, session).await? < Level::InPerson {
        state = VisitState::Absent;
    }
    Ok(Progress { state, invitation, visit: Some((current.visit, current.code)) })
}

/// The level of the account that is signed in.
pub async fn level(context: &Context, session: &Session) -> Result<Level, Fault> {
    let evidence = proof::list_of_account(&mut context.app.db.read(), &session.account).await?;
    Ok(proof::assurance_of(&evidence, context.moment.now).level)
}

impl Progress {
    pub fn visit(&self) -> Option<&VisitId> {
        self.visit.as_ref().map(|(visit, _)| &visit.id)
    }

    /// The code to take along, while the visit waits for its citizen.
    pub fn ticket(&self, context: &Context) -> Result<Option<Ticket>, Fault> {
        match &self.visit {
            Some((visit, Some(code))) if self.state == VisitState::Open => {
                ticket(context, visit, code).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Where the code of the slip is entered, if the window handed one out.
    pub async fn slip_href(&self, context: &Context) -> Result<Option<&'static str>, Fault> {
        let Some(visit) = self.visit().filter(|_| self.state == VisitState::Passed) else { return Ok(None) };
        let until = slip::standing(&context.app.db, &context.moment, visit).await?;
        Ok(until.map(|_| paths::REGISTER))
    }

    /// What a page that waits asks every few seconds.
    pub fn poll_href(&self) -> Option<String> {
        self.state.is_under_way().then(|| paths::ACCOUNT_VISIT_STATE.to_owned())
    }
}

fn ticket(context: &Context, visit: &Visit, code: &VisitCode) -> Result<Ticket, Fault> {
    let code = code.digits();
    let address = format!("{}?code={code}", context.app.settings.url(paths::HALL));
    Ok(Ticket {
        qr_svg: qr::svg(&address, messages::Ticket(context.locale).qr())?,
        valid_until: visit.expires_at.for_people(),
        code,
    })
}

fn without_visit(level: Level) -> VisitState {
    if level < Level::InPerson { VisitState::Absent } else { VisitState::NotNeeded }
}

/// What a citizen is shown of a state: a second look by an officer is the hall's own business.
fn shown(
    (state, origin, outcome): (State, Origin, Option<Outcome>),
    invitation: Option<&Invitation>,
) -> VisitState {
    match (state, outcome) {
        (State::Open, _) if origin == Origin::WalkIn => VisitState::PutBack,
        (State::Draft | State::Open, _) => VisitState::Open,
        (State::AtCounter | State::Referred | State::FraudHold | State::Cleared, _) => VisitState::AtCounter,
        (State::AwaitingBinding, _) if invitation.is_some() => VisitState::AwaitingBinding,
        (State::AwaitingBinding, _) | (State::Decided, Some(Outcome::Passed)) => VisitState::Passed,
        (State::Decided, Some(Outcome::FailedFinal)) | (State::Denied, _) => VisitState::FailedFinal,
        (State::Decided, _) => VisitState::FailedRetryable,
        (State::Bound, _) => VisitState::Bound,
        (State::Expired, Some(Outcome::Passed)) => VisitState::Lapsed,
        (State::Expired, _) => VisitState::Expired,
        (State::Cancelled, _) => VisitState::Cancelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;

    fn invitation() -> Invitation {
        Invitation {
            visit: "vis_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            hall: None,
            expires_at: Timestamp::from_seconds(1),
            tries_left: 3,
        }
    }

    #[test]
    fn every_state_has_its_page() {
        use Outcome::{FailedFinal, FailedRetryable, Passed};
        let cases = [
            (State::Draft, None, VisitState::Open),
            (State::Open, None, VisitState::Open),
            (State::AtCounter, None, VisitState::AtCounter),
            (State::Referred, None, VisitState::AtCounter),
            (State::FraudHold, Some(Passed), VisitState::AtCounter),
            (State::Cleared, Some(Passed), VisitState::AtCounter),
            (State::Denied, Some(Passed), VisitState::FailedFinal),
            (State::Decided, Some(Passed), VisitState::Passed),
            (State::Decided, Some(FailedRetryable), VisitState::FailedRetryable),
            (State::Decided, Some(FailedFinal), VisitState::FailedFinal),
            (State::AwaitingBinding, Some(Passed), VisitState::Passed),
            (State::Bound, Some(Passed), VisitState::Bound),
            (State::Expired, None, VisitState::Expired),
            (State::Expired, Some(Passed), VisitState::Lapsed),
            (State::Cancelled, None, VisitState::Cancelled),
        ];
        for state in State::ALL {
            assert!(cases.iter().any(|(known, ..)| *known == state), "{state}");
        }
        for (state, outcome, expected) in cases {
            assert_eq!(shown((state, Origin::Online, outcome), None), expected, "{state}");
        }
    }

    #[test]
    fn who_was_put_back_without_a_code_has_a_page_of_their_own() {
        assert_eq!(shown((State::Open, Origin::WalkIn, None), None), VisitState::PutBack);
        assert_eq!(shown((State::AtCounter, Origin::WalkIn, None), None), VisitState::AtCounter);
    }

    #[test]
    fn a_visit_is_offered_to_lift_the_level_only_where_it_does() {
        assert_eq!(without_visit(Level::InPerson), VisitState::NotNeeded);
        assert_eq!(without_visit(Level::DataMatched), VisitState::Absent);
    }

    #[test]
    fn digits_are_asked_for_only_while_the_window_waits_for_them() {
        let (online, passed, offer) = (Origin::Online, Some(Outcome::Passed), invitation());
        let waits = shown((State::AwaitingBinding, online, passed), Some(&offer));
        assert_eq!(waits, VisitState::AwaitingBinding);
        assert_eq!(shown((State::Bound, online, passed), Some(&offer)), VisitState::Bound);
    }
}
