//! The context of a program's request: no browser, no cookies; the moment, and the language it asked for, if any.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, Method};

use super::around::RequestName;
use super::{client_certificate, client_ip};
use crate::app::App;
use crate::base::{Actor, Locale, Moment};
use crate::grant::trace::Trace;

/// Everything an endpoint for programs knows before it reads what was asked.
pub struct Machine {
    pub app: Arc<App>,
    pub moment: Moment,
    /// The steps of this request, kept should it be refused.
    pub trace: Trace,
    pub asked: Option<Locale>,
    pub method: Method,
    /// The path asked for, as it was asked.
    pub path: String,
    headers: HeaderMap,
}

impl Machine {
    /// The `Authorization` header; bytes that are no text count as malformed text, never as absent.
    pub fn authorization(&self) -> Option<String> {
        self.headers.get(AUTHORIZATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// Every value of a header; bytes that are no text count as malformed text.
    pub fn all(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }

    pub fn header(&self, name: http::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl FromRequestParts<Arc<App>> for Machine {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let moment = Moment {
            now: app.clock.now(),
            random: app.random.clone(),
            request_id: RequestName::of(&parts.extensions),
            client_ip: client_ip::of(&parts.extensions, &parts.headers, &app.settings.trusted_proxies),
            certificate: client_certificate::of(&parts.extensions, &parts.headers, &app.settings),
            actor: Actor::Anonymous,
        };
        let language = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let asked = language.and_then(Locale::of_accept_language);
        let trace = parts.extensions.get::<Trace>().cloned().unwrap_or_default();
        let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
        Ok(Self { app: app.clone(), moment, trace, asked, method, path, headers: parts.headers.clone() })
    }
}
