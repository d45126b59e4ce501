//! A body that is far too large is answered with a page, not with a cut connection.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use http::header::CONTENT_LENGTH;

use crate::http::shown::{Problem, Shown};

/// What no request of ours exceeds; handlers read less.
pub const MOST_BYTES: usize = 128 * 1024;

/// Read and thrown away so that the sender gets to reading the answer (RFC 9112 §9.6); beyond it the connection is cut.
const MOST_DISCARDED: usize = 4 * 1024 * 1024;

/// A layer: refuses what announces itself as larger.
pub async fn refuse(request: Request, next: Next) -> Response {
    if announced(&request) <= MOST_BYTES as u64 {
        return next.run(request).await;
    }
    discard(request.into_body()).await;
    Shown::Problem(Problem::TooLarge).into_response()
}

fn announced(request: &Request) -> u64 {
    let header = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    header.and_then(|text| text.parse().ok()).unwrap_or(0)
}

async fn discard(body: Body) {
    let mut chunks = body.into_data_stream();
    let mut discarded = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        discarded += chunk.len();
        if discarded > MOST_DISCARDED {
            break;
        }
    }
}
