//! The citizen whose pages these are: signed in, or sent to sign in and back.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::app::App;
use crate::base::{Actor, Fault};
use crate::http::context::Context;
use crate::http::csrf::Posted;
use crate::http::form::Form;
use crate::http::paths;
use crate::http::shown::PageProblem;
use crate::identity::store::person::{self, Person};
use crate::protocol::urlencoded;
use crate::session::Session;
use crate::web::answer;
use crate::web::chrome::Chrome;

/// A citizen at one of their own pages.
pub struct Citizen {
    pub context: Context,
    pub session: Session,
    pub person: Person,
}

/// A form that a citizen sent from one of their own pages.
pub struct Sent {
    pub citizen: Citizen,
    pub form: Form,
}

/// Why the page is not shown.
pub enum Away {
    ToSignIn(Box<Response>),
    Problem(PageProblem),
}

impl Citizen {
    /// Whoever the cookie's session belongs to; one read for the session and two for the person.
    pub async fn find(mut context: Context) -> Result<Result<Self, Context>, Fault> {
        let Some(session) = context.session().await? else { return Ok(Err(context)) };
        let app = &context.app;
        let person = person::find(&mut app.db.read(), &app.keys, &session.person)
            .await?
            .ok_or_else(|| Fault::inconsistent("sso_session", session.id.as_str(), "of nobody on record"))?;
        context.moment.actor = Actor::Person(session.person.clone());
        Ok(Ok(Self { context, session, person }))
    }

    /// The frame of the page, with who is signed in.
    pub fn chrome(&self) -> Chrome {
        Chrome { signed_in: Some(self.person.masked_name()), ..answer::chrome(&self.context) }
    }

    async fn or_away(context: Context) -> Result<Self, Away> {
        match Self::find(context).await {
            Ok(Ok(citizen)) => Ok(citizen),
            Ok(Err(context)) => Err(Away::ToSignIn(Box::new(context.redirect(&sign_in_and_back(&context))))),
            Err(fault) => Err(Away::Problem(fault.into())),
        }
    }
}

/// Only the path goes along: it is one of our routes, so what comes back through `next` is short and ours.
fn sign_in_and_back(context: &Context) -> String {
    format!("{}?next={}", paths::SIGN_IN, urlencoded::encode(context.uri.path()))
}

impl FromRequestParts<Arc<App>> for Citizen {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Away> {
        Self::or_away(Context::of(app, parts)).await
    }
}

impl FromRequest<Arc<App>> for Sent {
    type Rejection = Away;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Away> {
        let Posted { context, form } = Posted::from_request(request, app).await.map_err(Away::Problem)?;
        Ok(Self { citizen: Citizen::or_away(context).await?, form })
    }
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        match self {
            Away::ToSignIn(redirect) => *redirect,
            Away::Problem(problem) => problem.into_response(),
        }
    }
}
