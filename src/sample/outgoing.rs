//! The one way out: the calls of the OpenID client library carried by reqwest, with limits.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};

use crate::base::Fault;

/// Sends one request to the identity service; the client library takes it as its HTTP client.
pub type Caller = Box<dyn Fn(HttpRequest) -> Answer + Send + Sync>;

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, CallFailed>> + Send>>;

/// The identity service did not answer as HTTP answers.
#[derive(Debug, thiserror::Error)]
pub enum CallFailed {
    #[error("no answer")]
    Unanswered(#[source] reqwest::Error),
    #[error("answer larger than {LARGEST_ANSWER} bytes")]
    TooLarge,
    #[error("malformed answer")]
    Malformed(#[source] http::Error),
}

/// A caller that trusts the certificates of the machine and those in `extra_ca`. Redirects are not followed: an answer
/// of a token or userinfo endpoint that sends a client elsewhere is not one (OpenID Connect Core §3.1.3.3, §5.3.2).
pub fn caller(extra_ca: Option<&Path>) -> Result<Caller, Fault> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(10))
        .no_proxy();
    if let Some(path) = extra_ca {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    let client =
        builder.build().map_err(|e| Fault::broken("sample: the HTTP client cannot be built").because(e))?;
    Ok(Box::new(move |request| {
        let client = client.clone();
        Box::pin(async move { exchange(&client, request).await })
    }))
}

const LARGEST_ANSWER: usize = 1024 * 1024;

fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, Fault> {
    let place = || format!("sample: extra certificates {} cannot be read as PEM", path.display());
    let pem = std::fs::read(path).map_err(|e| Fault::broken(place()).because(e))?;
    reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| Fault::broken(place()).because(e))
}

async fn exchange(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, CallFailed> {
    let request = reqwest::Request::try_from(request).map_err(CallFailed::Unanswered)?;
    let mut response = client.execute(request).await.map_err(CallFailed::Unanswered)?;
    let mut answer = http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(CallFailed::Unanswered)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(CallFailed::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    answer.body(body).map_err(CallFailed::Malformed)
}
