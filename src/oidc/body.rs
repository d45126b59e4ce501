//! The body of a direct request: form parameters of at most 64 kB, read before anything is answered.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::header::CONTENT_TYPE;

use crate::http::form::is_form;
use crate::protocol::{Params, Refusal};

const MOST_BYTES: usize = 64 * 1024;

/// The parameters of a POST.
pub(super) async fn params(request: Request) -> Result<Params, Refusal> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let form = is_form(kind);
    let bytes = read(body).await?;
    if form { Params::parse(&bytes) } else { Err(Refusal::ContentTypeWrong) }
}

/// The parameters of a GET (its query) or a POST (its body).
pub(super) async fn query_or_params(request: Request) -> Result<Params, Refusal> {
    if request.method() == http::Method::POST {
        return params(request).await;
    }
    query(&request)
}

/// The parameters of a POST that may stand in its query instead (the sandbox's own addresses).
pub(super) async fn body_or_query(request: Request) -> Result<Params, Refusal> {
    if request.uri().query().is_none_or(str::is_empty) {
        return params(request).await;
    }
    query(&request)
}

fn query(request: &Request) -> Result<Params, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    if query.len() > MOST_BYTES { Err(Refusal::RequestTooLarge) } else { Params::parse(query) }
}

async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    to_bytes(body, MOST_BYTES).await.map(Vec::from).map_err(|_| Refusal::RequestTooLarge)
}
