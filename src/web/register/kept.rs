//! The code that a person with an account has typed, kept over their sign-in: for their browser, for themselves alone, and
//! never in an address.

use std::time::Duration;

use crate::base::{Fault, Timestamp};
use crate::hall::Answer;
use crate::hall::slip;
use crate::http::context::Context;
use crate::session::Session;

/// Time to find the password; the slip is still there after it.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Keeps a code that was looked at and is good. Its end is kept beside it, so that it means the same whichever store keeps it.
pub(super) async fn keep(context: &Context, typed: &str) -> Result<(), Fault> {
    let end = (context.moment.now + LIFETIME).micros();
    context.app.ephemeral.put(&key(context), &format!("{end} {typed}"), LIFETIME).await
}

/// The code that this browser sent, while it can still be redeemed by who is signed in now.
pub(super) async fn find(context: &Context, session: &Session) -> Result<Option<String>, Fault> {
    let app = &context.app;
    let kept = app.ephemeral.get(&key(context)).await?;
    let Some(typed) = kept.as_deref().and_then(|kept| alive(kept, context.moment.now)) else {
        return Ok(None);
    };
    let own = match slip::look(&app.db, &app.keys, &context.moment, typed).await? {
        Answer::Done(continuation) => continuation.person == session.person,
        Answer::Refused(_) => false,
    };
    Ok(own.then(|| typed.to_owned()))
}

pub(super) async fn forget(context: &Context) -> Result<(), Fault> {
    context.app.ephemeral.delete(&key(context)).await
}

fn alive(kept: &str, now: Timestamp) -> Option<&str> {
    let (end, typed) = kept.split_once(' ')?;
    end.parse().ok().filter(|end: &i64| now.micros() < *end).map(|_| typed)
}

fn key(context: &Context) -> String {
    format!("slip-typed:{}", context.browser())
}
