//! The citizen's page of a visit: its code, how far it is, and the confirmation that ties it to the account.

use askama::Template;

use super::ticket::{HallPlace, Ticket};
use crate::http::paths;
use crate::http::shown::Entrance;
use crate::web::chrome::Chrome;
use crate::web::form::{Field, FormErrors};
use crate::web::messages::{Ticket as TicketText, Visit};

/// How far the visit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VisitState {
    /// There is no visit.
    #[default]
    Absent,
    Open,
    /// Put back at the window, without a code of their own: the clerk's list knows them.
    PutBack,
    AtCounter,
    /// Verified; the window has not started the binding.
    Passed,
    AwaitingBinding,
    Bound,
    FailedRetryable,
    FailedFinal,
    Expired,
    /// Verified, and nobody tied it to an account in time.
    Lapsed,
    Cancelled,
    /// There is no visit, and at the highest level none is needed.
    NotNeeded,
}

impl VisitState {
    /// As the poll names it.
    pub const fn word(self) -> &'static str {
        match self {
            VisitState::Absent => "absent",
            VisitState::Open => "open",
            VisitState::PutBack => "put_back",
            VisitState::AtCounter => "at_counter",
            VisitState::Passed => "passed",
            VisitState::AwaitingBinding => "awaiting_binding",
            VisitState::Bound => "bound",
            VisitState::FailedRetryable => "failed_retryable",
            VisitState::FailedFinal => "failed_final",
            VisitState::Expired => "expired",
            VisitState::Lapsed => "lapsed",
            VisitState::Cancelled => "cancelled",
            VisitState::NotNeeded => "not_needed",
        }
    }

    /// What the page says of it: in its title too, which tells whoever waits what has become of it.
    pub(super) fn heading(self, m: Visit) -> &'static str {
        match self {
            VisitState::Absent => m.none(),
            VisitState::Open => m.step_open(),
            VisitState::PutBack => m.put_back(),
            VisitState::AtCounter => m.at_counter(),
            VisitState::Passed => m.passed(),
            VisitState::AwaitingBinding => m.binding(),
            VisitState::Bound => m.bound(),
            VisitState::FailedRetryable => m.failed_retryable(),
            VisitState::FailedFinal => m.failed_final(),
            VisitState::Expired => m.expired(),
            VisitState::Lapsed => m.lapsed(),
            VisitState::Cancelled => m.cancelled(),
            VisitState::NotNeeded => m.not_needed(),
        }
    }

    /// Whether the next step is awaited.
    pub fn is_under_way(self) -> bool {
        use VisitState::{AtCounter, AwaitingBinding, Open, Passed, PutBack};
        matches!(self, Open | PutBack | AtCounter | Passed | AwaitingBinding)
    }

    /// Whether the citizen can give it up on line.
    pub fn may_cancel(self) -> bool {
        matches!(self, VisitState::Open | VisitState::PutBack)
    }

    /// What the button that asks for a visit says.
    pub(super) fn enrol_label(self, m: Visit) -> &'static str {
        if self == VisitState::PutBack { m.put_back_enrol() } else { m.enrol() }
    }

    /// Whether a new visit can be asked for.
    pub fn may_enrol(self) -> bool {
        use VisitState::{Absent, Cancelled, Expired, FailedRetryable, Lapsed, NotNeeded, PutBack};
        matches!(self, Absent | PutBack | FailedRetryable | Expired | Lapsed | Cancelled | NotNeeded)
    }
}

/// The form that ties the verification to the account.
#[derive(Debug, Clone, Default)]
pub struct BindingForm {
    /// Where it posts to: `paths::bind(token)` or the visit page itself.
    pub action: String,
    /// `number`: two digits.
    pub number: Field,
    pub tries_left: u32,
}

/// `data-page="visit"`: posts `csrf` and `action` = `enrol` or `cancel` to `/account/visit`; `number`, or `action` =
/// `refuse`, to `binding.action`.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "visit.html")]
pub struct VisitPage {
    pub chrome: Chrome,
    pub visit: VisitState,
    /// While the visit is open.
    pub ticket: Option<Ticket>,
    pub halls: Vec<HallPlace>,
    /// While the visit awaits the binding in this account.
    pub binding: Option<BindingForm>,
    /// Answers `{"state":"…"}`; the page reloads when the state is another one.
    pub poll_href: Option<String>,
    /// The state the page was made in, as the poll names it.
    pub state: String,
    /// The authorization request that waits, as `(service, href)`.
    pub continue_to: Option<(String, String)>,
    pub receipt_href: Option<String>,
    /// Where the code of the slip is entered, if the window handed one out.
    pub slip_href: Option<String>,
    /// What is wrong with the whole page.
    pub problem: Option<String>,
    /// What was just done.
    pub notice: Option<String>,
    /// The system whose request has run out meanwhile.
    pub came_from: Option<Entrance>,
    /// Where whoever is the wrong person signs out (`action` = `switch`).
    pub switch_action: Option<String>,
    /// This page, with the request that waits.
    pub here: String,
}

/// One step of the progress line.
struct Step {
    label: &'static str,
    state: &'static str,
    class: &'static str,
}

impl VisitPage {
    fn m(&self) -> Visit {
        Visit(self.chrome.locale)
    }

    fn t(&self) -> TicketText {
        TicketText(self.chrome.locale)
    }

    fn errors(&self) -> FormErrors {
        let whole = FormErrors::new().and("visit-title", self.problem.clone());
        self.binding.iter().fold(whole, |errors, form| errors.and_field("number", &form.number))
    }

    /// That the request is over, and what to do about it.
    fn late(&self, from: &Entrance) -> String {
        match self.visit {
            VisitState::Bound | VisitState::NotNeeded => self.m().late_verified(&from.name),
            _ => self.m().late(&from.name),
        }
    }

    fn can_enrol(&self) -> bool {
        self.visit.may_enrol()
    }

    /// Whether asking for a visit is not what the page is about.
    fn is_enrolling_aside(&self) -> bool {
        matches!(self.visit, VisitState::PutBack | VisitState::NotNeeded)
    }

    fn steps(&self) -> Vec<Step> {
        let m = self.m();
        let Some(now) = self.step_now() else { return Vec::new() };
        [m.step_open(), m.step_counter(), m.step_decided(), m.step_binding(), m.step_bound()]
            .into_iter()
            .enumerate()
            .map(|(at, label)| {
                let (state, class) = match at.cmp(&now) {
                    std::cmp::Ordering::Less => (m.state_done(), "step-done"),
                    std::cmp::Ordering::Equal => (m.state_now(), "step-now"),
                    std::cmp::Ordering::Greater => (m.state_next(), "step-next"),
                };
                Step { label, state, class }
            })
            .collect()
    }

    /// The step under way; five once all are done; none for a visit that ended otherwise.
    fn step_now(&self) -> Option<usize> {
        match self.visit {
            VisitState::Open => Some(0),
            VisitState::PutBack | VisitState::AtCounter => Some(1),
            VisitState::Passed => Some(2),
            VisitState::AwaitingBinding => Some(3),
            VisitState::Bound => Some(5),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::Locale;
    use crate::web::pages::StepUpPage;

    const ALL: [VisitState; 13] = [
        VisitState::Absent,
        VisitState::Open,
        VisitState::PutBack,
        VisitState::AtCounter,
        VisitState::Passed,
        VisitState::AwaitingBinding,
        VisitState::Bound,
        VisitState::FailedRetryable,
        VisitState::FailedFinal,
        VisitState::Expired,
        VisitState::Lapsed,
        VisitState::Cancelled,
        VisitState::NotNeeded,
    ];

    fn title(page: &impl Template) -> String {
        let html = page.render().unwrap();
        let (title, _) =
            html.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).unwrap();
        title.to_owned()
    }

    #[test]
    fn what_a_page_has_become_is_said_by_its_title() {
        for locale in Locale::ALL {
            let chrome = Chrome { locale, ..Chrome::default() };
            let visit = |visit| title(&VisitPage { chrome: chrome.clone(), visit, ..VisitPage::default() });
            let step_up =
                |visit| title(&StepUpPage { chrome: chrome.clone(), visit, ..StepUpPage::default() });
            assert_eq!(ALL.map(visit).into_iter().collect::<BTreeSet<_>>().len(), ALL.len());
            assert_eq!(ALL.map(step_up).into_iter().collect::<BTreeSet<_>>().len(), ALL.len());
        }
    }
}
