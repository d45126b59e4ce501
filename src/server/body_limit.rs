//! Reads a body whole before anything else looks at the request, and refuses what is too large or broken.
//!
//! So whoever answers early, without the body, never cuts off a sender in the middle of it: in HTTP/1 the sender would
//! not read the answer (RFC 9112 §9.6), in HTTP/2 its stream would be reset (RFC 9113 §8.1).

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use futures_util::StreamExt;
use http::header::CONTENT_LENGTH;

use crate::http::shown::Problem;

/// What no request of ours exceeds; handlers take less.
pub const MOST_BYTES: usize = 128 * 1024;

/// Read and thrown away so that the sender gets to reading the answer; beyond it the connection is cut.
const MOST_DISCARDED: usize = 4 * 1024 * 1024;

/// The request with its body at hand.
pub async fn read(request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let announced = announced(&request);
    let (parts, body) = request.into_parts();
    let body = if announced > MOST_BYTES as u64 { too_large(body).await } else { whole(body).await };
    Ok(Request::from_parts(parts, Body::from(body?)))
}

fn announced(request: &Request) -> u64 {
    let header = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    header.and_then(|text| text.parse().ok()).unwrap_or(0)
}

async fn whole(body: Body) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk.map_err(|_| Problem::BadBody)?);
        if bytes.len() > MOST_BYTES {
            return too_large(Body::from_stream(chunks)).await;
        }
    }
    Ok(bytes)
}

async fn too_large(body: Body) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut discarded = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        discarded += chunk.len();
        if discarded > MOST_DISCARDED {
            break;
        }
    }
    Err(Problem::TooLarge)
}
