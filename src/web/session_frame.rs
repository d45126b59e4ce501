//! The OP iframe (OpenID Connect Session Management 1.0 §3.2): the one page of ours that clients show in a frame of theirs.

use askama::Template;
use axum::response::{Html, IntoResponse};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};

use super::answer::Answer;
use super::assets;
use crate::base::Fault;
use crate::http::around::MayBeFramed;
use crate::http::csp;

/// Nothing of the person is in it: its script reads a cookie that holds no secret.
#[derive(Template)]
#[template(path = "session_frame.html")]
struct SessionFrame {
    script: String,
}

pub async fn get() -> Answer {
    let frame = SessionFrame { script: assets::url("session.js") };
    let html = frame.render().map_err(|error| Fault::broken("drawing a page").because(error))?;
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp::FRAMED));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response.extensions_mut().insert(MayBeFramed);
    Ok(response)
}
