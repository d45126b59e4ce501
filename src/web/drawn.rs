//! Draws the pages that other surfaces only name: problems, and answers that the browser posts.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{REFERRER_POLICY, SET_COOKIE};
use http::request::Parts;

use super::answer::{Answer, chrome, page_with};
use super::pages::{ErrorPage, FormPostPage, Place};
use crate::app::App;
use crate::http::context::Context;
use crate::http::csp::Csp;
use crate::http::paths;
use crate::http::shown::{FormPost, Problem, Shown};

/// Draws for one request, whose language and text size are kept until it is answered.
pub struct Drawing(Context);

impl Drawing {
    pub fn of(app: &Arc<App>, request: &Parts) -> Self {
        Self(Context::of(app, request))
    }

    pub fn draw(&self, bare: Response) -> Response {
        let Some(shown) = bare.extensions().get::<Shown>() else { return bare };
        let drawn = match shown {
            Shown::Problem(problem) => draw_problem(&self.0, problem),
            Shown::FormPost(post) => draw_form_post(&self.0, post),
        };
        match drawn {
            Ok(drawn) => join(&bare, drawn),
            Err(problem) => problem.into_response(),
        }
    }
}

/// The status and the headers of the bare answer with the body of the drawn one. A cookie that both set is the bare one's:
/// a browser that is new has got another name in each.
fn join(bare: &Response, mut drawn: Response) -> Response {
    *drawn.status_mut() = bare.status();
    let set = |response: &Response| -> Vec<HeaderValue> {
        response.headers().get_all(SET_COOKIE).iter().cloned().collect()
    };
    let (of_bare, of_drawn) = (set(bare), set(&drawn));
    drawn.headers_mut().remove(SET_COOKIE);
    for cookie in
        of_drawn.into_iter().filter(|cookie| !of_bare.iter().any(|bare| named(bare) == named(cookie)))
    {
        drawn.headers_mut().append(SET_COOKIE, cookie);
    }
    for (name, value) in bare.headers().iter().filter(|(name, _)| *name != http::header::CONTENT_LENGTH) {
        drawn.headers_mut().append(name.clone(), value.clone());
    }
    drawn
}

/// The name of a cookie that is set.
fn named(cookie: &HeaderValue) -> Option<&[u8]> {
    cookie.as_bytes().split(|byte| *byte == b'=').next()
}

fn draw_problem(context: &Context, problem: &Problem) -> Answer {
    let mut drawn = ErrorPage::of(problem, chrome(context), context.moment.request_id.as_str());
    if let Problem::BadClient(refusal) = problem {
        let number = refusal.number();
        drawn = drawn
            .with_code(number.to_string())
            .explained(refusal.description(context.locale), paths::help_error(number));
    }
    if context.uri.path().starts_with(paths::HALL) {
        drawn = drawn.at(Place::Desk);
    }
    page_with(context, &drawn, &Csp::strict())
}

fn draw_form_post(context: &Context, post: &FormPost) -> Answer {
    let drawn = FormPostPage {
        chrome: chrome(context),
        client: post.client.clone(),
        action: post.action.as_str().to_owned(),
        parameters: post.parameters.clone(),
    };
    let mut answer = page_with(context, &drawn, &Csp::strict().form_to(post.action.csp_source()))?;
    // Else the browser would say `Origin: null` (Fetch §3.2), which filters before a client take for a forgery.
    answer.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    Ok(answer)
}
