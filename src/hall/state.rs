//! The states of a visit and the table of steps between them.

use std::fmt;
use std::str::FromStr;

/// Where a visit stands.
///
/// Nothing enters `Draft`, `Referred`, `FraudHold`, `Cleared` and `Denied` yet. They are here because the schema counts on
/// them (one open visit per person, what runs out), and because a node of this version must read and leave alone what a
/// later one wrote beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Begun on line, not yet complete.
    Draft,
    /// Waits for the person to come to a window.
    Open,
    /// A clerk has it in hand.
    AtCounter,
    /// The clerk has decided; a failed visit ends here.
    Decided,
    /// The person is verified; what was proved is not tied to an account yet.
    AwaitingBinding,
    /// What was proved counts for the account.
    Bound,
    Expired,
    Cancelled,
    /// A second officer has to decide.
    Referred,
    /// Stopped because the account seems to be somebody else's.
    FraudHold,
    Cleared,
    Denied,
}

/// How a decided visit ended for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// The person may come again.
    FailedRetryable,
    FailedFinal,
}

/// The word names no state or outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a visit")]
pub struct NotAState;

/// Every step there is; whatever is not here is refused.
///
/// Referral and hold lead back into the line through: a second officer's decision is a decision, and a cleared hold goes
/// on where it was stopped.
pub const STEPS: &[(State, State)] = &[
    (State::Draft, State::Open),
    (State::Draft, State::Expired),
    (State::Draft, State::Cancelled),
    (State::Open, State::AtCounter),
    (State::Open, State::Expired),
    (State::Open, State::Cancelled),
    (State::AtCounter, State::Open),
    (State::AtCounter, State::Decided),
    (State::AtCounter, State::Referred),
    (State::AtCounter, State::Expired),
    (State::AtCounter, State::Cancelled),
    (State::Referred, State::Decided),
    (State::Referred, State::FraudHold),
    (State::Referred, State::Expired),
    (State::Decided, State::AwaitingBinding),
    (State::AwaitingBinding, State::Bound),
    (State::AwaitingBinding, State::FraudHold),
    (State::AwaitingBinding, State::Expired),
    (State::FraudHold, State::Cleared),
    (State::FraudHold, State::Denied),
    (State::Cleared, State::AwaitingBinding),
];

impl State {
    pub const ALL: [State; 12] = [
        State::Draft,
        State::Open,
        State::AtCounter,
        State::Decided,
        State::AwaitingBinding,
        State::Bound,
        State::Expired,
        State::Cancelled,
        State::Referred,
        State::FraudHold,
        State::Cleared,
        State::Denied,
    ];

    /// Whether the table has a step from here to `next`.
    pub fn may_become(self, next: State) -> bool {
        STEPS.contains(&(self, next))
    }

    /// Whether the visit is the one open visit its person may have.
    pub fn is_open(self) -> bool {
        use State::{AtCounter, AwaitingBinding, Draft, FraudHold, Open, Referred};
        matches!(self, Draft | Open | AtCounter | AwaitingBinding | Referred | FraudHold)
    }

    /// Whether time alone can end it.
    pub fn can_expire(self) -> bool {
        self.may_become(State::Expired)
    }

    /// The word in the database, in audit and for pages that ask again.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Draft => "draft",
            State::Open => "open",
            State::AtCounter => "at_counter",
            State::Decided => "decided",
            State::AwaitingBinding => "awaiting_binding",
            State::Bound => "bound",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
            State::Referred => "referred",
            State::FraudHold => "fraud_hold",
            State::Cleared => "cleared",
            State::Denied => "denied",
        }
    }
}

impl Outcome {
    pub const ALL: [Outcome; 3] = [Outcome::Passed, Outcome::FailedRetryable, Outcome::FailedFinal];

    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::FailedRetryable => "failed_retryable",
            Outcome::FailedFinal => "failed_final",
        }
    }
}

impl FromStr for State {
    type Err = NotAState;

    fn from_str(word: &str) -> Result<Self, NotAState> {
        State::ALL.into_iter().find(|state| state.as_str() == word).ok_or(NotAState)
    }
}

impl FromStr for Outcome {
    type Err = NotAState;

    fn from_str(word: &str) -> Result<Self, NotAState> {
        Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == word).ok_or(NotAState)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use State as S;

    /// From each state, where it may go; written a second time so that a slip in the table shows.
    const ALLOWED: [(S, &[S]); 12] = [
        (S::Draft, &[S::Open, S::Expired, S::Cancelled]),
        (S::Open, &[S::AtCounter, S::Expired, S::Cancelled]),
        (S::AtCounter, &[S::Open, S::Decided, S::Referred, S::Expired, S::Cancelled]),
        (S::Decided, &[S::AwaitingBinding]),
        (S::AwaitingBinding, &[S::Bound, S::FraudHold, S::Expired]),
        (S::Bound, &[]),
        (S::Expired, &[]),
        (S::Cancelled, &[]),
        (S::Referred, &[S::Decided, S::FraudHold, S::Expired]),
        (S::FraudHold, &[S::Cleared, S::Denied]),
        (S::Cleared, &[S::AwaitingBinding]),
        (S::Denied, &[]),
    ];

    #[test]
    fn every_step_not_in_the_table_is_refused() {
        for (from, allowed) in ALLOWED {
            for to in S::ALL {
                assert_eq!(from.may_become(to), allowed.contains(&to), "{from} → {to}");
            }
        }
    }

    /// Every list of states in a text of statements.
    fn lists(text: &str) -> Vec<Vec<State>> {
        let lists = text.split("state IN (").skip(1).map(|rest| rest.split(')').next().unwrap());
        lists
            .map(|list| list.split(", ").map(|word| word.trim_matches('\'').parse().unwrap()).collect())
            .collect()
    }

    #[test]
    fn the_schema_and_the_statements_mean_the_same_states() {
        let of =
            |means: fn(S) -> bool| S::ALL.into_iter().filter(|state| means(*state)).collect::<HashSet<_>>();
        let (open, expiring) = (of(S::is_open), of(S::can_expire));
        let lists_of =
            |text: &str| lists(text).into_iter().map(HashSet::from_iter).collect::<Vec<HashSet<S>>>();
        let start = include_str!("../../migrations/0001_start.sql");
        assert_eq!(lists_of(&start[start.find("INDEX visit_open ").unwrap()..])[0], open);
        assert_eq!(lists_of(include_str!("visit.rs")), [open]);
        let growth = include_str!("../../migrations/0013_growth.sql");
        assert_eq!(lists_of(growth), std::slice::from_ref(&expiring));
        assert_eq!(lists_of(include_str!("expire.rs")), [expiring]);
    }

    #[test]
    fn words_read_back() {
        for state in S::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse(), Ok(outcome));
        }
        for word in ["", "Open", "open ", "passed"] {
            assert_eq!(word.parse::<State>(), Err(NotAState), "{word}");
        }
    }

    #[test]
    fn a_hold_never_becomes_a_binding_without_being_cleared() {
        assert!(!S::FraudHold.may_become(S::Bound) && !S::FraudHold.may_become(S::AwaitingBinding));
        assert!(!S::Decided.may_become(S::Bound));
    }
}
