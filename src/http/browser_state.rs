//! The OP browser state of OpenID Connect Session Management 1.0 §3.2: a value that any page of ours may read in the browser,
//! another one whenever the sign-in is another one.

use axum::response::Response;
use http::HeaderValue;
use http::header::SET_COOKIE;

use super::context::Context;
use super::cookie::Cookie;
use crate::crypto::mac::Purpose;
use crate::protocol::RedirectUri;
use crate::protocol::redirect::RedirectForm;
use crate::protocol::session_state::session_state;

/// A keyed digest of the session's secret, which changes at each sign-in, step-up and gain of a level; it says nothing
/// about the secret.
pub fn of_secret(context: &Context, secret: &str) -> String {
    context.app.keys.mac.of(Purpose::BrowserState, &[secret.as_bytes()])
}

/// Somebody signs in, or shows more: `seconds` as long as the session.
pub fn signed_in(context: &mut Context, secret: &str, seconds: Option<i64>) {
    let state = of_secret(context, secret);
    context.set_cookie(Cookie::State, &state, seconds);
}

/// The sign-out leaves a value of nobody: a state that is there and another one is a clearer answer than none.
pub fn signed_out(context: &mut Context) {
    let state = context.moment.random.token(16);
    context.set_cookie(Cookie::State, &state, Some(SIGNED_OUT_SECONDS));
}

/// `session_state` for the answer to a client at this address; none where no page can ask (a private-use scheme), or
/// nobody is signed in.
pub fn session_state_of(context: &Context, client_id: &str, redirect_uri: &RedirectUri) -> Option<String> {
    let secret = context.cookie(Cookie::Session)?;
    if redirect_uri.form() == RedirectForm::PrivateScheme {
        return None;
    }
    let salt = context.moment.random.token(12);
    Some(session_state(client_id, &redirect_uri.csp_source(), &of_secret(context, secret), &salt))
}

/// The answer with the browser's state on it, where the browser lost it or holds another.
pub fn keep(context: &Context, mut answer: Response) -> Response {
    let Some(secret) = context.cookie(Cookie::Session) else { return answer };
    let state = of_secret(context, secret);
    if context.cookie(Cookie::State) != Some(state.as_str()) {
        // It outlives the session at most until the browser closes.
        if let Ok(value) = HeaderValue::from_str(&Cookie::State.set(context.transport, &state, None)) {
            answer.headers_mut().append(SET_COOKIE, value);
        }
    }
    answer
}

const SIGNED_OUT_SECONDS: i64 = 30 * 24 * 3600;
