//! What a step of the hall answers: done, or refused by a rule.

use crate::base::Fault;

/// The answer of a step. A refusal is an answer, not a fault: what it has to leave behind is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T, R> {
    Done(T),
    Refused(R),
}

/// Why a step stops before its end; `?` carries both kinds. Whatever it began to write is undone.
pub(super) enum Stop<R> {
    Refused(R),
    Fault(Fault),
}

impl<R> From<Fault> for Stop<R> {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

/// A step's end as its callers see it.
pub(super) fn answer<T, R>(ended: Result<T, Stop<R>>) -> Result<Answer<T, R>, Fault> {
    match ended {
        Ok(done) => Ok(Answer::Done(done)),
        Err(Stop::Refused(refusal)) => Ok(Answer::Refused(refusal)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}
