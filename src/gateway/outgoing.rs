//! The one outgoing client: time limits, size limits, no redirects, guarded addresses.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::guard::{Guard, GuardedResolver};
use super::pinned;
use crate::base::Fault;

/// Calls other parties; cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    client: reqwest::Client,
    guard: Guard,
}

/// Why a call gave nothing usable; a word for logs and for the department's console.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingProblem {
    #[error("the address may not be called")]
    Forbidden,
    #[error("no connection")]
    NoConnection,
    #[error("no answer in time")]
    Timeout,
    #[error("answered {0}")]
    Status(u16),
    #[error("the answer is too large")]
    TooLarge,
    #[error("the answer cannot be read")]
    Unreadable,
}

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

impl Outgoing {
    /// `extra_ca`: a PEM file trusted beside the public authorities.
    pub fn new(guard: Guard, extra_ca: Option<&Path>) -> Result<Self, Fault> {
        let broken = |error: reqwest::Error| Fault::broken("making the outgoing client").because(error);
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .pool_max_idle_per_host(8)
            .user_agent(concat!("tongyao/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(GuardedResolver { guard: guard.clone() }));
        if let Some(path) = extra_ca {
            builder = builder.tls_backend_preconfigured(pinned::config(path, guard.reach())?);
        }
        Ok(Self { client: builder.build().map_err(broken)?, guard })
    }

    /// Posts a form; any 2xx is success. The answer's body is not read.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Result<(), OutgoingProblem> {
        let url = self.guarded(url)?;
        send(self.client.post(url).form(form)).await.map(drop)
    }

    /// Posts JSON under a bearer token of the other party; any 2xx is success. The answer's body is not read.
    pub async fn post_json(&self, url: &str, token: &str, json: String) -> Result<(), OutgoingProblem> {
        let url = self.guarded(url)?;
        let call = self.client.post(url).bearer_auth(token).header("content-type", "application/json");
        send(call.body(json)).await.map(drop)
    }

    /// Gets a document of at most `most` bytes.
    pub async fn get(&self, url: &str, most: usize) -> Result<Vec<u8>, OutgoingProblem> {
        let url = self.guarded(url)?;
        let mut answer = send(self.client.get(url)).await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(problem)? {
            if body.len() + chunk.len() > most {
                return Err(OutgoingProblem::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn guarded(&self, url: &str) -> Result<Url, OutgoingProblem> {
        self.guard.admits(url).ok_or(OutgoingProblem::Forbidden)
    }
}

/// Any 2xx is an answer.
async fn send(call: reqwest::RequestBuilder) -> Result<reqwest::Response, OutgoingProblem> {
    let answer = call.send().await.map_err(problem)?;
    match answer.status() {
        status if status.is_success() => Ok(answer),
        status => Err(OutgoingProblem::Status(status.as_u16())),
    }
}

fn problem(error: reqwest::Error) -> OutgoingProblem {
    if error.is_timeout() {
        OutgoingProblem::Timeout
    } else if error.is_connect() || error.is_request() {
        OutgoingProblem::NoConnection
    } else {
        OutgoingProblem::Unreadable
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::response::Redirect;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;
    use crate::gateway::guard::Reach;

    fn outgoing(reach: Reach) -> Outgoing {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Outgoing::new(Guard::new(reach, &[]), None).unwrap()
    }

    /// Answers `/far` with a redirect to `/near`, and `/huge` with more than anybody wants.
    async fn server() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let routes = Router::new()
            .route("/near", get(async || "here"))
            .route("/far", get(async || Redirect::temporary("/near")))
            .route("/huge", get(async || "x".repeat(1 << 20)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        port
    }

    #[tokio::test]
    async fn an_address_that_leads_elsewhere_or_says_too_much_is_refused() {
        let port = server().await;
        let near = outgoing(Reach::PublicAndLoopback);
        let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
        assert_eq!(near.get(&url("near"), 64).await, Ok(b"here".to_vec()));
        assert_eq!(near.get(&url("far"), 64).await, Err(OutgoingProblem::Status(307)));
        assert_eq!(near.get(&url("huge"), 1024).await, Err(OutgoingProblem::TooLarge));
    }

    /// A name is judged by what it leads to at the moment of the call, so that rebinding it later changes nothing.
    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let port = server().await;
        let outside = outgoing(Reach::Public);
        let by_name = outside.get(&format!("http://localhost:{port}/near"), 64).await;
        assert_eq!(by_name, Err(OutgoingProblem::NoConnection));
        for inside in [
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://169.254.169.254/",
        ] {
            assert_eq!(outside.get(inside, 64).await, Err(OutgoingProblem::Forbidden), "{inside}");
        }
        for scheme in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "data:text/plain,x", "x"] {
            assert_eq!(outside.get(scheme, 64).await, Err(OutgoingProblem::Forbidden), "{scheme}");
        }
    }
}
