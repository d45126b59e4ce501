//! One exchange with the service: a request through its router, the answer read to its end.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

/// What the service answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// A request to be; headers are added one by one.
pub struct Call {
    builder: http::request::Builder,
    body: String,
}

impl Call {
    pub fn get(address: &str) -> Self {
        Self::with_method(Method::GET, address)
    }

    pub fn with_method(method: Method, address: &str) -> Self {
        Self { builder: Request::builder().method(method).uri(address), body: String::new() }
    }

    /// A form, as HTML forms and OAuth clients send it.
    pub fn post(address: &str, fields: &[(&str, &str)]) -> Self {
        Self::post_form(address, serde_urlencoded::to_string(fields).unwrap())
    }

    /// A form that is written out already.
    pub fn post_form(address: &str, form: String) -> Self {
        Self::post_body(address, form).header(CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// Any body; the caller says of what type.
    pub fn post_body(address: &str, body: String) -> Self {
        Self { builder: Request::builder().method(Method::POST).uri(address), body }
    }

    /// The same with any method.
    pub fn with_body(method: Method, address: &str, body: String) -> Self {
        Self { builder: Request::builder().method(method).uri(address), body }
    }

    pub fn header(self, name: HeaderName, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// What a layer below the router would have found out.
    pub fn knowing<T: Clone + Send + Sync + 'static>(self, extension: T) -> Self {
        Self { builder: self.builder.extension(extension), ..self }
    }

    pub async fn send(self, router: &Router) -> Answer {
        let mut request = self.builder.body(Body::from(self.body)).unwrap();
        request.headers_mut().entry(HOST).or_insert(HeaderValue::from_static("localhost:8000"));
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 8 * 1024 * 1024).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{} is no JSON ({error}): {}", self.status, self.body))
    }

    /// The JSON of a success.
    #[track_caller]
    pub fn good(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.json()
    }

    /// Asserts a refusal: its status, its `error`, and the name of the rule behind it (the stable six digits).
    #[track_caller]
    pub fn refused(&self, status: u16, error: &str, code: u32) {
        let body = self.json();
        let said = (self.status.as_u16(), body["error"].as_str(), body["error_code"].as_str());
        assert_eq!(said, (status, Some(error), Some(code.to_string().as_str())), "{}", self.body);
        assert_eq!(self.header("cache-control"), Some("no-store"));
        // Who is told to come again is told when (RFC 6585 §4), and nobody else is.
        let wait = self.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap());
        assert_eq!(wait.is_some_and(|seconds| seconds > 0), matches!(status, 429 | 503), "{wait:?}");
    }

    /// Seconds to wait, as the answer says.
    pub fn retry_after(&self) -> u64 {
        self.header("retry-after").unwrap().parse().unwrap()
    }
}
