//! How a page leaves: drawn, with its frame, its policy and our cookies.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;

use super::chinese;
use super::chrome::{Chrome, Elder, Sandbox};
use crate::base::{Fault, Locale};
use crate::http::context::{Context, TextSize};
use crate::http::csp::Csp;
use crate::http::csrf;
use crate::http::shown::PageProblem;
use crate::identity::store::person;
use crate::session::Session;

/// What a page handler gives.
pub type Answer = Result<Response, PageProblem>;

/// The frame of a page for this request.
pub fn chrome(context: &Context) -> Chrome {
    let other_language = match context.locale {
        Locale::ZhCn => Locale::En,
        Locale::En => Locale::ZhCn,
    };
    let (elder, other_size) = match context.text {
        TextSize::Normal => (Elder::Off, "1"),
        TextSize::Large => (Elder::On, "0"),
    };
    Chrome {
        locale: context.locale,
        elder,
        sandbox: if context.app.settings.sandbox { Sandbox::On } else { Sandbox::Off },
        service: None,
        from: None,
        here: context.here(),
        language_href: context.href_with("lang", other_language.tag()),
        elder_href: context.href_with("elder", other_size),
        typed: Vec::new(),
        csrf: csrf::token(context),
        signed_in: None,
    }
}

/// The frame with the masked name of whoever is signed in; one read, none where nobody is.
pub async fn chrome_of(context: &Context, session: Option<&Session>) -> Result<Chrome, Fault> {
    let signed_in = match session {
        Some(session) => {
            let app = &context.app;
            let person = person::find(&mut app.db.read(), &app.keys, &session.person).await?;
            person.map(|person| person.masked_name())
        }
        None => None,
    };
    Ok(Chrome { signed_in, ..chrome(context) })
}

/// A page that needs nothing beyond the strict policy.
pub fn page(context: &Context, template: &impl Template) -> Answer {
    page_with(context, template, &Csp::strict())
}

/// A page with a policy of its own.
pub fn page_with(context: &Context, template: &impl Template, csp: &Csp) -> Answer {
    let html = template.render().map_err(|error| Fault::broken("drawing a page").because(error))?;
    let html = match context.locale {
        Locale::ZhCn => html,
        Locale::En => chinese::marked(&html),
    };
    let mut response = Html(html).into_response();
    if let Ok(value) = HeaderValue::from_str(&csp.header()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, value);
    }
    Ok(context.finish(response))
}
