//! The picture of a client, from our own address: its logo, or the first letter of its name.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;

use super::answer::Answer;
use crate::client::Client;
use crate::client::logo::Picture;
use crate::http::address::Query;
use crate::http::context::Context;
use crate::http::shown::Problem;

#[derive(Deserialize)]
pub struct Asked {
    client_id: String,
}

pub async fn get(context: Context, Query(asked): Query<Asked>) -> Answer {
    let app = &context.app;
    let client = app.clients.find(&asked.client_id).await?.ok_or(Problem::NotFound)?;
    // Nothing is fetched on the account of a client that nobody has looked at.
    let uri = client.metadata.logo_uri.as_deref().filter(|_| client.usable().is_ok());
    let picture = match uri {
        Some(uri) => app.logos.find(context.moment.now, uri).await,
        None => None,
    };
    Ok(match picture {
        Some(picture) => sent(&picture),
        None => sent(&initial(&context, &client)),
    })
}

fn sent(picture: &Picture) -> Response {
    let mut response = picture.bytes.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(picture.media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=600"));
    response
}

fn initial(context: &Context, client: &Client) -> Picture {
    let first = client.name(context.locale).chars().find(|c| c.is_alphanumeric()).unwrap_or('·');
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\"><rect width=\"48\" height=\"48\" rx=\"8\" fill=\"#1f5eff\"/>\
         <text x=\"24\" y=\"33\" font-size=\"26\" font-family=\"sans-serif\" text-anchor=\"middle\" fill=\"#fff\">{first}</text></svg>"
    );
    Picture { media_type: "image/svg+xml", bytes: svg.into_bytes() }
}
