//! The staff whose pages these are: signed in and at a window, or sent to say so first.

use std::future::Future;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::typed::{self, Kept};
use crate::app::App;
use crate::base::id::StaffId;
use crate::base::{Actor, Fault, Secret};
use crate::hall::clerk_session::{self, Presence, Touch};
use crate::hall::{ClerkSession, Desk, window};
use crate::http::context::Context;
use crate::http::cookie::Cookie;
use crate::http::csrf::Posted;
use crate::http::form::Form;
use crate::http::paths;
use crate::http::shown::PageProblem;
use crate::protocol::urlencoded;
use crate::web::pages::hall::DeskBar;

/// A member of staff who is signed in.
pub struct Staff {
    pub context: Context,
    pub session: ClerkSession,
}

/// A clerk at a window.
pub struct Seated {
    pub context: Context,
    pub session: ClerkSession,
    pub desk: Desk,
}

/// A form sent from one of our pages.
pub struct Sent<By> {
    pub by: By,
    pub form: Form,
}

/// Why the page is not shown.
pub enum Away {
    First(Box<First>),
    Elsewhere(Box<Response>),
    Problem(PageProblem),
}

/// A page that comes before the one asked for, and leads back to it.
pub struct First {
    context: Context,
    page: &'static str,
    why: Option<&'static str>,
    /// Whose session it is, or was.
    clerk: Option<StaffId>,
}

/// Whoever has to be there for a page.
pub trait Present: Sized + Send {
    fn or_away(context: Context) -> impl Future<Output = Result<Self, Away>> + Send;
}

/// The word in the sign-in page's address for a session that was locked.
pub const IDLE: &str = "idle";
/// The same for a session that has ended otherwise.
pub const OVER: &str = "over";
/// The same for one that ended while something was typed.
pub const KEPT: &str = "kept";
const LONGEST_NEXT: usize = 512;

/// Who the cookie says is here.
pub async fn presence(context: &Context, touch: Touch) -> Result<Presence, Fault> {
    let Some(secret) = context.cookie(Cookie::Staff) else { return Ok(Presence::Absent) };
    let app = &context.app;
    clerk_session::resume(&app.db, &app.keys, &context.moment, (&Secret::new(secret), touch)).await
}

/// A page of the hall as a place to go on to: one slash at the start, nothing a browser could read as another host.
pub fn hall_path(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    let ours = text.starts_with(paths::HALL) && text.len() <= LONGEST_NEXT && plain;
    // Going on to these would go in a circle.
    let gate =
        [paths::HALL_SIGN_IN, paths::HALL_SIGN_OUT, paths::HALL_WINDOW].iter().any(|p| text.starts_with(p));
    (ours && !gate).then(|| text.to_owned())
}

/// Whoever has to be there for a form. Where another page comes first, what was typed is kept.
pub async fn sent_by<By: Present>(context: Context, form: &Form) -> Result<By, Away> {
    match By::or_away(context).await {
        Err(Away::First(first)) => Err(Away::First(Box::new(first.keeping(form).await?))),
        found => found,
    }
}

impl Staff {
    /// The bar on top of the page.
    pub async fn bar(&self) -> Result<DeskBar, Fault> {
        bar(&self.context, &self.session).await
    }
}

impl Seated {
    pub async fn bar(&self) -> Result<DeskBar, Fault> {
        bar(&self.context, &self.session).await
    }
}

async fn bar(context: &Context, session: &ClerkSession) -> Result<DeskBar, Fault> {
    let id = session.clerk.hall.as_deref().unwrap_or_default();
    let hall = window::find(&mut context.app.db.read(), id).await?;
    Ok(DeskBar {
        hall: hall.map_or_else(|| id.to_owned(), |hall| hall.name.in_language(context.locale).to_owned()),
        window: session.window.clone(),
        clerk: session.clerk.name.clone(),
    })
}

impl Present for Staff {
    async fn or_away(mut context: Context) -> Result<Self, Away> {
        let (why, clerk) = match presence(&context, Touch::Act).await? {
            Presence::Here(session) => {
                context.moment.actor = Actor::Staff(session.clerk.id.clone());
                return Ok(Self { context, session });
            }
            Presence::Idle(clerk) => (Some(IDLE), Some(clerk)),
            // A page that asked by itself, or one in another tab, may have met the lock first.
            Presence::Over(clerk) => (Some(OVER), Some(clerk)),
            Presence::Absent => (context.cookie(Cookie::Staff).map(|_| OVER), None),
        };
        // The key to an ended session opens nothing; it stays, because a form in another tab is kept by whose it was.
        if why.is_some() && clerk.is_none() {
            context.remove_cookie(Cookie::Staff);
        }
        Err(Away::First(Box::new(First { context, page: paths::HALL_SIGN_IN, why, clerk })))
    }
}

impl Present for Seated {
    async fn or_away(context: Context) -> Result<Self, Away> {
        let Staff { context, session } = Staff::or_away(context).await?;
        match session.desk() {
            Some(desk) => Ok(Self { context, session, desk }),
            None => {
                let clerk = Some(session.clerk.id);
                Err(Away::First(Box::new(First { context, page: paths::HALL_WINDOW, why: None, clerk })))
            }
        }
    }
}

impl FromRequestParts<Arc<App>> for Staff {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Away> {
        Self::or_away(Context::of(app, parts)).await
    }
}

impl FromRequestParts<Arc<App>> for Seated {
    type Rejection = Away;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Away> {
        Self::or_away(Context::of(app, parts)).await
    }
}

impl<By: Present> FromRequest<Arc<App>> for Sent<By> {
    type Rejection = Away;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Away> {
        let Posted { context, form } = Posted::from_request(request, app).await?;
        Ok(Self { by: sent_by(context, &form).await?, form })
    }
}

impl Away {
    pub fn to(context: &Context, address: &str) -> Self {
        Away::Elsewhere(Box::new(context.redirect(address)))
    }
}

impl First {
    async fn keeping(mut self, form: &Form) -> Result<Self, Fault> {
        if let Some(clerk) = &self.clerk
            && typed::keep(&self.context, clerk, form).await? == Kept::Typed
        {
            self.why = self.why.map(|_| KEPT);
        }
        Ok(self)
    }

    fn address(&self) -> String {
        let asked = self.context.uri.path_and_query().map(|asked| asked.as_str());
        let next = asked.and_then(hall_path).map(|next| format!("next={}", urlencoded::encode(&next)));
        let why = self.why.map(|why| format!("why={why}"));
        let query: Vec<String> = next.into_iter().chain(why).collect();
        if query.is_empty() { self.page.to_owned() } else { format!("{}?{}", self.page, query.join("&")) }
    }
}

impl From<PageProblem> for Away {
    fn from(problem: PageProblem) -> Self {
        Away::Problem(problem)
    }
}

impl From<Fault> for Away {
    fn from(fault: Fault) -> Self {
        Away::Problem(fault.into())
    }
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        match self {
            Away::First(first) => first.context.redirect(&first.address()),
            Away::Elsewhere(redirect) => *redirect,
            Away::Problem(problem) => problem.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_hall_are_gone_on_to() {
        for good in ["/hall/", "/hall/?code=12345678901234567", "/hall/visits/vis_1/card"] {
            assert_eq!(hall_path(good).as_deref(), Some(good));
        }
        let long = format!("/hall/{}", "a".repeat(600));
        for bad in [
            "",
            "/",
            "/account/",
            "//evil.example/hall/",
            "https://evil.example/hall/",
            "/hall/\r\nb",
            "/hall/\\evil",
            "/hall/sign-in?next=/hall/sign-in",
            "/hall/window",
            "/hall/sign-out",
            &long,
        ] {
            assert_eq!(hall_path(bad), None, "{bad}");
        }
    }
}
