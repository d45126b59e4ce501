//! The code that a person with an account has typed, kept over their sign-in: for their browser, for themselves alone, and
//! never in an address.

use std::time::Duration;

use crate::base::Fault;
use crate::hall::Answer;
use crate::hall::slip;
use crate::http::context::Context;
use crate::session::Session;

/// Time to find the password; the slip is still there after it.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Keeps a code that was looked at and is good.
pub(super) async fn keep(context: &Context, typed: &str) -> Result<(), Fault> {
    context.app.ephemeral.put(&key(context), typed, LIFETIME).await
}

/// The code that this browser sent, while it can still be redeemed by who is signed in now.
pub(super) async fn find(context: &Context, session: &Session) -> Result<Option<String>, Fault> {
    let app = &context.app;
    let Some(typed) = app.ephemeral.get(&key(context)).await? else { return Ok(None) };
    let own = match slip::look(&app.db, &app.keys, &context.moment, &typed).await? {
        Answer::Done(continuation) => continuation.person == session.person,
        Answer::Refused(_) => false,
    };
    Ok(own.then_some(typed))
}

pub(super) async fn forget(context: &Context) -> Result<(), Fault> {
    context.app.ephemeral.delete(&key(context)).await
}

fn key(context: &Context) -> String {
    format!("slip-typed:{}", context.browser())
}
