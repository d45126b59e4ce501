//! The landing page, the help page, and the files that pages need.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};

use super::answer::{Answer, chrome, chrome_of, page};
use super::assets;
use super::chrome::Chrome;
use super::pages::HomePage;
use crate::base::Fault;
use crate::http::address::Path;
use crate::http::context::Context;
use crate::http::fault_log;
use crate::http::shown::{PageProblem, Problem};

pub async fn get(context: Context) -> Answer {
    // The way in is shown although nobody can be looked up at the moment.
    let chrome = match signed_in(&context).await {
        Ok(chrome) => chrome,
        Err(fault) => {
            fault_log::note(&fault);
            chrome(&context)
        }
    };
    page(&context, &HomePage { chrome })
}

async fn signed_in(context: &Context) -> Result<Chrome, Fault> {
    chrome_of(context, context.session().await?.as_ref()).await
}

/// Addresses carry the hash of the content, so what they lead to never changes.
pub async fn asset(Path(path): Path, RawQuery(query): RawQuery) -> Result<Response, PageProblem> {
    let asset = assets::find(&path).ok_or(Problem::NotFound)?;
    let exact = query.as_deref() == Some(&format!("v={}", asset.version));
    let cache = if exact { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    let mut response = asset.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", asset.version)) {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}
