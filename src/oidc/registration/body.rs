//! The JSON body of a registration, bounded before it is read.

use axum::body::to_bytes;
use axum::extract::Request;
use http::header::CONTENT_TYPE;

use crate::protocol::Refusal;
use crate::protocol::registration::MOST_BYTES;

/// The text of an `application/json` body.
pub(super) async fn json(request: Request) -> Result<String, Refusal> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let bytes = to_bytes(body, MOST_BYTES).await.map_err(|_| Refusal::RequestTooLarge)?;
    if kind != "application/json" {
        return Err(Refusal::RegistrationNotJson);
    }
    String::from_utf8(bytes.into()).map_err(|_| Refusal::RegistrationMalformed)
}
