//! The desk: today's visits, opening one by its code, starting one from the card.

use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use url::Url;

use super::staff::{Seated, Sent};
use super::{place, typed};
use crate::base::Fault;
use crate::base::id::VisitId;
use crate::hall::code::CodeProblem;
use crate::hall::counter::{self, CardSeen, Line, TakeRefusal, Whose};
use crate::hall::state::Outcome;
use crate::hall::{Answer as Stepped, State, Visit, statistics, visit};
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::paths;
use crate::http::shown::Problem;
use crate::web::answer::{Answer, chrome, page};
use crate::web::form::Field;
use crate::web::messages::HallDesk;
use crate::web::pages::hall::{DayFigures, HallDeskPage, QueueLine, QueuePerson, QueueState, QueueStep};

#[derive(Deserialize, Default)]
pub struct Asked {
    /// From the QR code of a visit.
    code: Option<String>,
    said: Option<String>,
    /// The visit of which it is said.
    visit: Option<String>,
}

/// What the desk tells a clerk who comes back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Released,
    Abandoned,
    /// The visit has moved on since the page was made.
    Moved,
    /// Another clerk has it.
    Elsewhere,
    /// Cancelled, or its time is over.
    Over,
}

/// A code, or the address a QR code holds; no more is read or shown again.
const LONGEST_TYPED: usize = 256;

pub async fn get(seated: Seated, Query(asked): Query<Asked>) -> Answer {
    let code = match asked.code.as_deref() {
        Some(scanned) => code_in(scanned),
        None => kept(&seated).await?,
    };
    let said = match asked.said.as_deref().and_then(Said::of_word) {
        Some(said) => told(&seated, said, asked.visit.as_deref()).await?,
        None => Told::default(),
    };
    show(&seated, Field::of(code), said).await
}

/// Opens a visit by its code, or takes one that waits in the list.
pub async fn open(Sent { by: seated, form }: Sent<Seated>) -> Answer {
    if let Some(id) = form.get("visit") {
        return take(&seated, id).await;
    }
    typed::forget(&seated.context, &seated.desk.clerk).await?;
    let typed = form.get("code").unwrap_or_default();
    let code = code_in(typed);
    let (app, moment) = (&seated.context.app, &seated.context.moment);
    match counter::take_by_code(&app.db, &app.keys, moment, (&seated.desk, &code)).await? {
        Stepped::Done(visit) => Ok(to_card(&seated.context, &visit)),
        Stepped::Refused(refusal) => {
            let shown: String = typed.chars().take(LONGEST_TYPED).collect();
            let status = match refusal {
                TakeRefusal::AnotherWindow(_) => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let wrong = Field::wrong(shown, message(&seated, refusal).await?);
            let mut response = show(&seated, wrong, Told::default()).await?;
            *response.status_mut() = status;
            Ok(response)
        }
    }
}

/// Starts a visit for somebody without a code. A second click leads to the same visit.
pub async fn walk_in(Sent { by: seated, .. }: Sent<Seated>) -> Answer {
    let (app, moment) = (&seated.context.app, &seated.context.moment);
    let visit = counter::walk_in(&app.db, moment, &seated.desk).await?;
    Ok(seated.context.redirect(&paths::of_visit(paths::HALL_CARD, &visit.id)))
}

/// What only a form does; who comes here otherwise, after signing in again for example, is shown the desk.
pub async fn instead(context: Context) -> Answer {
    Ok(context.redirect(paths::HALL))
}

impl Said {
    const ALL: [Said; 5] = [Said::Released, Said::Abandoned, Said::Moved, Said::Elsewhere, Said::Over];

    /// The desk's address with this message.
    pub fn desk(self) -> String {
        format!("{}?said={}", paths::HALL, self.word())
    }

    /// The same, where it is said of one visit.
    pub fn desk_of(self, visit: &VisitId) -> String {
        format!("{}&visit={visit}", self.desk())
    }

    fn word(self) -> &'static str {
        match self {
            Said::Released => "released",
            Said::Abandoned => "abandoned",
            Said::Moved => "moved",
            Said::Elsewhere => "elsewhere",
            Said::Over => "over",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.word() == word)
    }

    fn told(self, m: HallDesk) -> Told {
        match self {
            Said::Released => Told::done(m.released()),
            Said::Abandoned => Told::done(m.abandoned()),
            Said::Moved => Told::not_done(m.moved()),
            Said::Elsewhere => Told::not_done(m.taken_elsewhere()),
            Said::Over => Told::not_done(m.visit_over()),
        }
    }
}

/// What was done, or why it was not.
#[derive(Default)]
struct Told {
    done: Option<String>,
    conflict: Option<String>,
}

impl Told {
    fn done(text: impl Into<String>) -> Self {
        Self { done: Some(text.into()), conflict: None }
    }

    fn not_done(text: impl Into<String>) -> Self {
        Self { done: None, conflict: Some(text.into()) }
    }
}

/// Of a visit that another clerk still has, the window is named.
async fn told(seated: &Seated, said: Said, of: Option<&str>) -> Result<Told, Fault> {
    let context = &seated.context;
    let m = HallDesk(context.locale);
    let Some(id) = of.and_then(|id| id.parse().ok()).filter(|_| said == Said::Elsewhere) else {
        return Ok(said.told(m));
    };
    let found: Option<Visit> = visit::find(&mut context.app.db.read(), &id).await?;
    match found
        .filter(|visit| visit.clerk.as_ref() != Some(&seated.desk.clerk))
        .and_then(|visit| visit.seat())
    {
        Some(seat) => {
            Ok(Told::not_done(m.taken_elsewhere_at(place::named(context, &seated.desk, &seat).await?)))
        }
        None => Ok(said.told(m)),
    }
}

/// The code that was typed before the clerk had to sign in, or say at which window.
async fn kept(seated: &Seated) -> Result<String, Fault> {
    let form = typed::find(&seated.context, &seated.desk.clerk, paths::HALL_OPEN).await?;
    Ok(form.and_then(|form| form.get("code").map(str::to_owned)).unwrap_or_default())
}

async fn take(seated: &Seated, id: &str) -> Answer {
    let id: VisitId = id.parse().map_err(|_| Problem::NotFound)?;
    let (app, moment) = (&seated.context.app, &seated.context.moment);
    match counter::take(&app.db, moment, &seated.desk, &id).await? {
        Stepped::Done(visit) => Ok(to_card(&seated.context, &visit)),
        Stepped::Refused(refusal) => {
            let desk = match refusal {
                TakeRefusal::AnotherWindow(_) => Said::Elsewhere.desk_of(&id),
                TakeRefusal::Expired | TakeRefusal::Cancelled => Said::Over.desk(),
                TakeRefusal::Over => Said::Moved.desk(),
                TakeRefusal::Unknown | TakeRefusal::Code(_) => return Err(Problem::NotFound.into()),
            };
            Ok(seated.context.redirect(&desk))
        }
    }
}

fn to_card(context: &Context, visit: &Visit) -> Response {
    context.redirect(&paths::of_visit(paths::HALL_VISIT, &visit.id))
}

/// The code in what was typed or scanned: a scanner types the whole address that the QR code holds.
fn code_in(typed: &str) -> String {
    let typed: String = typed.chars().take(LONGEST_TYPED).collect();
    let address = Url::parse(typed.trim()).ok();
    let code = address
        .as_ref()
        .and_then(|address| address.query_pairs().find(|(name, _)| name == "code"))
        .map(|(_, code)| code.into_owned());
    code.unwrap_or(typed)
}

async fn message(seated: &Seated, refusal: TakeRefusal) -> Result<String, Fault> {
    let m = HallDesk(seated.context.locale);
    let said = match refusal {
        TakeRefusal::Code(CodeProblem::Empty) => m.no_code(),
        TakeRefusal::Code(CodeProblem::Form) => m.code_form(),
        TakeRefusal::Code(CodeProblem::TypedWrongly) => m.code_digit(),
        TakeRefusal::Unknown => m.code_unknown(),
        TakeRefusal::Expired => m.code_expired(),
        TakeRefusal::Cancelled => m.code_cancelled(),
        TakeRefusal::Over => m.code_over(),
        TakeRefusal::AnotherWindow(Some(seat)) => {
            return Ok(m.code_elsewhere(place::named(&seated.context, &seated.desk, &seat).await?));
        }
        TakeRefusal::AnotherWindow(None) => m.code_put_back(),
    };
    Ok(said.to_owned())
}

async fn show(seated: &Seated, code: Field, told: Told) -> Answer {
    let context = &seated.context;
    let (app, moment) = (&context.app, &context.moment);
    let lines = counter::list_today(&app.db, &app.keys, moment, &seated.desk).await?;
    let drawn = HallDeskPage {
        chrome: chrome(context),
        bar: seated.bar().await?,
        code,
        queue: lines.into_iter().map(|line| queued(line, context)).collect(),
        figures: figures(seated).await?,
        done: told.done,
        conflict: told.conflict,
    };
    page(context, &drawn)
}

async fn figures(seated: &Seated) -> Result<DayFigures, Fault> {
    let today = statistics::today(&seated.context.app.db, &seated.context.moment, &seated.desk).await?;
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(DayFigures {
        done: count(today.decided),
        passed: count(today.passed),
        mean_minutes: today.mean_minutes.map(count),
    })
}

fn queued(line: Line, context: &Context) -> QueueLine {
    let state = state_of(&line, context);
    let seen = !matches!(state, QueueState::Ended | QueueState::Open);
    QueueLine {
        time: clock(&line),
        next: match line.whose {
            Whose::Mine if seen => QueueStep::Open(paths::of_visit(paths::HALL_VISIT, &line.id)),
            Whose::Nobodys if state == QueueState::Open => QueueStep::Take(line.id),
            _ => QueueStep::None,
        },
        person: person(line.masked_name, line.card, state),
        window: line.window,
        state,
    }
}

/// After the visit nothing of the card is kept: whoever is nameless then is not on record.
fn person(masked_name: Option<String>, card: CardSeen, state: QueueState) -> QueuePerson {
    match (masked_name, card, state) {
        (Some(name), ..) => QueuePerson::Known(name),
        (None, CardSeen::NotYet, QueueState::AtCounter | QueueState::Open) => QueuePerson::Unread,
        (None, ..) => QueuePerson::NotOnRecord,
    }
}

/// `10:05`: when it was taken in hand, or last touched.
fn clock(line: &Line) -> String {
    let at = line.started_at.unwrap_or(line.updated_at).for_people();
    at.rsplit(' ').next().unwrap_or_default().to_owned()
}

fn state_of(line: &Line, context: &Context) -> QueueState {
    let slip = line.slip_until.is_some_and(|until| until > context.moment.now);
    match line.state {
        State::Draft | State::Open => QueueState::Open,
        State::AtCounter | State::Referred | State::FraudHold | State::Cleared => QueueState::AtCounter,
        State::AwaitingBinding if slip => QueueState::Continuation,
        State::AwaitingBinding => QueueState::AwaitingBinding,
        State::Bound => QueueState::Bound,
        State::Decided => match line.outcome {
            Some(Outcome::FailedRetryable) => QueueState::FailedRetryable,
            Some(Outcome::FailedFinal) => QueueState::FailedFinal,
            Some(Outcome::Passed) | None => QueueState::Passed,
        },
        State::Denied => QueueState::FailedFinal,
        State::Expired | State::Cancelled => QueueState::Ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_code_typed_or_scanned_as_an_address() {
        for typed in [
            "12345678901234567",
            "http://localhost:8000/hall/?code=12345678901234567",
            " https://id.example/hall/?lang=en&code=12345678901234567 ",
        ] {
            assert_eq!(code_in(typed), "12345678901234567", "{typed}");
        }
        assert_eq!(code_in("1234 5678"), "1234 5678");
        assert_eq!(code_in(&"9".repeat(100_000)).len(), LONGEST_TYPED);
        for typed in ["", "http://", "https://id.example/hall/?code="] {
            assert!(code_in(typed).len() <= typed.len());
        }
    }
}
