//! Reads a body whole before anything else looks at the request, and refuses what is too large, too slow or broken.
//!
//! So whoever answers early, without the body, never cuts off a sender in the middle of it: in HTTP/1 the sender would
//! not read the answer (RFC 9112 §9.6), in HTTP/2 its stream would be reset (RFC 9113 §8.1).

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use futures_util::StreamExt;
use http::header::CONTENT_LENGTH;
use tokio::time::timeout;

use crate::http::shown::Problem;

/// What no request of ours exceeds; handlers take less.
pub const MOST_BYTES: usize = 128 * 1024;

/// Read and thrown away so that the sender gets to reading the answer; beyond it the connection is cut.
const MOST_DISCARDED: usize = 4 * 1024 * 1024;

/// Of its own, apart from the time we take to answer: a slow sender is no fault of ours (RFC 9110 §15.5.9).
const WITHIN: Duration = Duration::from_secs(30);

/// The request with its body at hand.
pub async fn read(request: Request) -> Result<Request, Problem> {
    if request.body().is_end_stream() { Ok(request) } else { read_within(WITHIN, request).await }
}

async fn read_within(limit: Duration, request: Request) -> Result<Request, Problem> {
    let announced = announced(&request);
    let (parts, body) = request.into_parts();
    let reading =
        async { if announced > MOST_BYTES as u64 { too_large(body).await } else { whole(body).await } };
    let body = timeout(limit, reading).await.map_err(|_late| Problem::TooSlow)?;
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

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_the_senders_fault() {
        for announced in ["9", "900000"] {
            let pieces = stream::once(async { Ok::<_, io::Error>("a=b") }).chain(stream::pending());
            let request = Request::post("/oidc/token").header(CONTENT_LENGTH, announced);
            let request = request.body(Body::from_stream(pieces)).unwrap();
            let read = read_within(Duration::ZERO, request).await;
            assert_eq!(read.err(), Some(Problem::TooSlow), "{announced}");
        }
    }
}
