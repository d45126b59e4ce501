//! The page of a request whose client needs a higher level than the person has: what is missing and how to get it.

use http::StatusCode;
use serde::Deserialize;

use super::account::citizen::Citizen;
use super::answer::Answer;
use super::chrome::Chrome;
use super::pages::{StepUpPage, StepUpProblem, VisitState};
use super::way::Way;
use super::{halls, progress, visit};
use crate::base::Fault;
use crate::grant::level::{self, Reached};
use crate::grant::pending::Left;
use crate::grant::standing;
use crate::hall::{self, enrol};
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::identity::Level;

#[derive(Deserialize)]
pub struct Waiting {
    #[serde(default)]
    request: String,
}

/// What stands between the person and the answer.
struct Gap {
    has: Level,
    needs: Level,
}

pub async fn get(mut context: Context, Query(waiting): Query<Waiting>) -> Answer {
    let way = match Way::find(&mut context, &waiting.request).await {
        Ok(way) => way,
        Err(problem) => return too_late(context, problem, None).await,
    };
    let citizen = match Citizen::find(context).await? {
        Ok(citizen) => citizen,
        Err(context) => return Ok(way.go_on(&context)),
    };
    match gap(&citizen, &way).await? {
        Some(gap) => show(&citizen, &way, &gap, None).await,
        None => Ok(way.go_on(&citizen.context)),
    }
}

/// `action` is `enrol`, `continue` or `leave`.
pub async fn post(Posted { mut context, form }: Posted) -> Answer {
    let way = match Way::find(&mut context, form.get("request").unwrap_or_default()).await {
        Ok(way) => way,
        Err(problem) => return too_late(context, problem, form.get("action")).await,
    };
    if form.get("action") == Some("leave") {
        return way.leave(&context, Left::StepUp).await;
    }
    let citizen = match Citizen::find(context).await? {
        Ok(citizen) => citizen,
        Err(context) => return Ok(way.go_on(&context)),
    };
    let Some(gap) = gap(&citizen, &way).await? else { return Ok(way.go_on(&citizen.context)) };
    match form.get("action") {
        Some("enrol") => enrol(&citizen, &way, &gap).await,
        Some("continue") => show(&citizen, &way, &gap, Some(StepUpProblem::NotYetVerified)).await,
        _ => Err(Problem::BadRequest.into()),
    }
}

/// A visit takes longer than a request waits: whoever is signed in goes on with the visit, and later from the client.
async fn too_late(context: Context, problem: PageProblem, action: Option<&str>) -> Answer {
    if !problem.is_over() {
        return Err(problem);
    }
    match Citizen::find(context).await? {
        Ok(citizen) if action == Some("enrol") => visit::enrol(citizen).await,
        Ok(citizen) => Ok(visit::back(&citizen)),
        Err(_) => Err(problem),
    }
}

/// Nothing when the request can go on, to its answer or to its refusal.
async fn gap(citizen: &Citizen, way: &Way) -> Result<Option<Gap>, Fault> {
    let (context, session) = (&citizen.context, &citizen.session);
    let mut read = context.app.db.read();
    let standing = standing::find(&mut read, session, &way.client.client_id).await?;
    let has = standing.assurance(context.moment.now).level;
    let wanted = level::wanted(&way.pending.request, &way.client);
    Ok(match wanted.judge(has, session.rank()) {
        Reached::PersonTooLow(needs) => Some(Gap { has, needs }),
        Reached::Yes(_) | Reached::Never => None,
    })
}

async fn enrol(citizen: &Citizen, way: &Way, gap: &Gap) -> Answer {
    let (context, session) = (&citizen.context, &citizen.session);
    let app = &context.app;
    let who = (&session.person, &session.account);
    match enrol::enrol(&app.db, &app.keys, &context.moment, who).await? {
        hall::Answer::Done(_) => Ok(context.redirect(&way.lasting(paths::STEP_UP))),
        hall::Answer::Refused(enrol::EnrolRefusal::NoTriesLeft) => {
            show(citizen, way, gap, Some(StepUpProblem::NoTriesLeft)).await
        }
    }
}

async fn show(citizen: &Citizen, way: &Way, gap: &Gap, problem: Option<StepUpProblem>) -> Answer {
    let context = &citizen.context;
    let progress = progress::find(context, &citizen.session).await?;
    let binding = progress.state == VisitState::AwaitingBinding;
    let slip = progress.slip_href(context).await?;
    let drawn = StepUpPage {
        chrome: Chrome {
            signed_in: citizen.chrome().signed_in,
            here: way.lasting(paths::STEP_UP),
            ..way.chrome(context)
        },
        request: way.id.to_string(),
        service: way.client.name(context.locale).to_owned(),
        has_level: gap.has.number(),
        needs_level: gap.needs.number(),
        visit: progress.state,
        ticket: progress.ticket(context)?,
        halls: halls::list(context).await?,
        binding_href: binding.then(|| way.lasting(paths::ACCOUNT_VISIT)),
        slip_href: slip.map(|page| paths::for_request(page, &way.id)),
        poll_href: progress.poll_href(),
        state: progress.state.word().to_owned(),
        problem,
    };
    let mut response = way.page(context, &drawn)?;
    if problem.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}
