//! A visit in the hands of the clerk who asks for its page, and a form sent from such a page.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::Response;
use http::request::Parts;

use super::desk::Said;
use super::staff::{self, Away, Seated};
use super::{place, typed};
use crate::app::App;
use crate::base::id::VisitId;
use crate::hall::{At, StepRefusal, Visit, visit};
use crate::http::address::Path;
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::form::Form;
use crate::http::paths;
use crate::http::shown::{PageProblem, Problem};
use crate::web::answer::Answer;

/// A visit of this clerk.
pub struct Held {
    pub seated: Seated,
    pub visit: Visit,
}

/// A step of this clerk in a visit.
pub struct Deed {
    pub held: Held,
    pub form: Form,
    /// Which state of the visit the page was made from.
    pub version: i64,
}

impl Held {
    pub fn context(&self) -> &Context {
        &self.seated.context
    }

    /// To the page that fits the visit's state.
    pub fn onward(&self) -> Response {
        self.to(paths::HALL_VISIT)
    }

    pub fn to(&self, page: &str) -> Response {
        self.context().redirect(&paths::of_visit(page, &self.visit.id))
    }

    async fn find(seated: Seated, id: &str) -> Result<Self, Away> {
        let gone = || PageProblem::from(Problem::NotFound);
        let id: VisitId = id.parse().map_err(|_| gone())?;
        let visit = visit::find(&mut seated.context.app.db.read(), &id).await?.ok_or_else(gone)?;
        let here = visit.hall.as_ref() == Some(&seated.desk.hall);
        match &visit.clerk {
            Some(clerk) if here && *clerk == seated.desk.clerk => Ok(Self { seated, visit }),
            // Put back meanwhile, perhaps in another tab.
            None if here => Err(Away::to(&seated.context, &Said::Moved.desk())),
            _ => {
                let problem = match visit.seat() {
                    Some(seat) => {
                        Problem::AnotherWindow(place::named(&seated.context, &seated.desk, &seat).await?)
                    }
                    None => Problem::Forbidden,
                };
                Err(PageProblem::from(problem).into())
            }
        }
    }
}

impl Deed {
    pub fn at(&self) -> At<'_> {
        At { desk: &self.held.seated.desk, visit: &self.held.visit.id, version: self.version }
    }

    /// The step came too late or from the wrong window: back to the desk, which says so. Nothing was done twice.
    pub fn refused(&self, refusal: StepRefusal) -> Answer {
        match refusal {
            StepRefusal::NotFound => Err(Problem::NotFound.into()),
            StepRefusal::NotYours => {
                Ok(self.held.context().redirect(&Said::Elsewhere.desk_of(&self.held.visit.id)))
            }
            StepRefusal::Moved => Ok(self.held.context().redirect(&Said::Moved.desk())),
        }
    }
}

impl FromRequestParts<Arc<App>> for Held {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Away> {
        let Path(id) = Path::from_request_parts(parts, app).await?;
        Self::find(Seated::from_request_parts(parts, app).await?, &id).await
    }
}

impl FromRequest<Arc<App>> for Deed {
    type Rejection = Away;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Away> {
        let (mut parts, body) = request.into_parts();
        let Path(id) = Path::from_request_parts(&mut parts, app).await?;
        let Posted { context, form } = Posted::from_request(Request::from_parts(parts, body), app).await?;
        let held = Held::find(staff::sent_by(context, &form).await?, &id).await?;
        typed::forget(held.context(), &held.seated.desk.clerk).await?;
        let version = form.get("version").and_then(|text| text.parse().ok());
        let version = version.ok_or(PageProblem::from(Problem::BadRequest))?;
        Ok(Self { held, form, version })
    }
}
