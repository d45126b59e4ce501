//! Forms come from our own pages in this very browser: a token tied to the browser's secret, and the browser's own word.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use http::header::ORIGIN;

use super::context::Context;
use super::form::{Form, NotAForm};
use super::shown::{PageProblem, Problem};
use crate::app::App;
use crate::crypto::mac::Purpose;

/// A form that one of our pages sent from this browser.
pub struct Posted {
    pub context: Context,
    pub form: Form,
}

/// The token a page's forms carry.
pub fn token(context: &Context) -> String {
    context.app.keys.mac.of(Purpose::Csrf, &[context.browser().as_bytes()])
}

/// Whether the browser says, or the token shows, that a form is not ours.
pub fn check(context: &Context, headers: &HeaderMap, form: &Form) -> Result<(), Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Fetch Metadata: present in every current browser, absent in scripts and old ones.
    let cross = header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    // `null` says nothing: a page whose policy hides where it comes from sends it even to itself (Fetch §3.1).
    let foreign = header(ORIGIN.as_str())
        .is_some_and(|origin| origin != "null" && origin != context.app.settings.issuer);
    let browser = context.browser();
    let given = form.raw("csrf").unwrap_or_default();
    let ours = context.app.keys.mac.matches(Purpose::Csrf, &[browser.as_bytes()], given);
    match ours {
        _ if cross || foreign => Err(Problem::StaleForm),
        true => Ok(()),
        // The same page would be refused for ever, however often it is opened again.
        false if context.brought_no_cookie() => Err(Problem::NoCookies),
        false => Err(Problem::StaleForm),
    }
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = PageProblem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, PageProblem> {
        let (parts, body) = request.into_parts();
        let mut context = Context::of(app, &parts);
        let form = Form::read(&parts.headers, body).await.map_err(|problem| match problem {
            NotAForm::Malformed => Problem::BadRequest,
            NotAForm::TooLarge => Problem::TooLarge,
        })?;
        check(&context, &parts.headers, &form)?;
        context.stay_on_the_way(&form);
        Ok(Self { context, form })
    }
}
